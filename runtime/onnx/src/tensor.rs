use std::fmt;

use ndarray::{Array, ArrayView, ArrayViewD, CowArray, Dimension, IxDyn};
use ort::value::{DynValue, TensorElementType, ValueType};

use crate::{Error, ErrorKind, Result};

/// A tensor that is given to a graph. Views are not copied when they are contiguous and in
/// row-major order.
#[derive(Debug)]
pub enum Tensor<'a> {
    /// 32-bit floats.
    F32(CowArray<'a, f32, IxDyn>),
    /// 64-bit integers.
    I64(CowArray<'a, i64, IxDyn>),
    /// An output of an earlier run, still in the runtime's memory.
    Kept(&'a Kept),
}

impl Tensor<'_> {
    /// The element type.
    pub fn element(&self) -> Element {
        match self {
            Self::F32(_) => Element::F32,
            Self::I64(_) => Element::I64,
            Self::Kept(kept) => kept.element(),
        }
    }

    /// The shape.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::F32(array) => array.shape(),
            Self::I64(array) => array.shape(),
            Self::Kept(kept) => kept.shape(),
        }
    }
}

macro_rules! tensor_from {
    ($($element:ty => $variant:ident),+) => {$(
        impl<'a, D: Dimension> From<ArrayView<'a, $element, D>> for Tensor<'a> {
            fn from(view: ArrayView<'a, $element, D>) -> Self {
                Self::$variant(view.into_dyn().into())
            }
        }

        impl<D: Dimension> From<Array<$element, D>> for Tensor<'_> {
            fn from(array: Array<$element, D>) -> Self {
                Self::$variant(array.into_dyn().into())
            }
        }

        impl<'a, D: Dimension> From<&'a Array<$element, D>> for Tensor<'a> {
            fn from(array: &'a Array<$element, D>) -> Self {
                array.view().into()
            }
        }
    )+};
}
tensor_from!(f32 => F32, i64 => I64);

impl<'a> From<&'a Kept> for Tensor<'a> {
    fn from(kept: &'a Kept) -> Self {
        Self::Kept(kept)
    }
}

/// An output that stays in the runtime's memory, to be an input of a later run without a copy (a KV
/// cache, say).
pub struct Kept {
    name: String,
    element: Element,
    shape: Vec<usize>,
    pub(crate) value: DynValue,
}

impl Kept {
    pub(crate) fn new(name: &str, value: DynValue) -> Result<Self> {
        let ValueType::Tensor { ty, shape, .. } = value.dtype() else {
            return Err(mismatch(format!(
                "output `{name}` is {}, not a tensor",
                value.dtype()
            )));
        };
        let shape = shape
            .iter()
            .map(|&dim| usize::try_from(dim).unwrap_or(0))
            .collect();
        Ok(Self {
            name: name.to_owned(),
            element: (*ty).into(),
            shape,
            value,
        })
    }

    /// The output's name in the graph that made it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The element type.
    pub fn element(&self) -> Element {
        self.element
    }

    /// The shape.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The numbers, where they are; the element type and the number of axes are checked.
    pub fn view<T: FromTensor, D: Dimension>(&self) -> Result<ArrayView<'_, T, D>> {
        let view = if self.shape.contains(&0) {
            // The runtime may give a null pointer for no data.
            ArrayView::from_shape(IxDyn(&self.shape), &[])
                .map_err(|error| self.mismatch::<T>(D::NDIM, Some(error.into())))?
        } else {
            T::view(&self.value).map_err(|error| self.mismatch::<T>(D::NDIM, Some(error.into())))?
        };
        view.into_dimensionality()
            .map_err(|_| self.mismatch::<T>(D::NDIM, None))
    }

    fn mismatch<T: FromTensor>(
        &self,
        axes: Option<usize>,
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Error {
        let wanted = axes.map_or(String::new(), |axes| format!(" with {axes} axes"));
        let message = format!(
            "output `{}` is {} {:?}, not {}{wanted}",
            self.name,
            self.element,
            self.shape,
            T::ELEMENT
        );
        match source {
            Some(source) => Error::caused(ErrorKind::Mismatch, message, source),
            None => Error::new(ErrorKind::Mismatch, message),
        }
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kept({}: {} {:?})", self.name, self.element, self.shape)
    }
}

/// The element types that can be read from an output: `f32` and `i64`.
pub trait FromTensor: Clone + sealed::View {
    /// The element type's name in a graph.
    const ELEMENT: Element;
}

impl FromTensor for f32 {
    const ELEMENT: Element = Element::F32;
}

impl FromTensor for i64 {
    const ELEMENT: Element = Element::I64;
}

mod sealed {
    use super::{ArrayViewD, DynValue};

    pub trait View: Sized {
        #[doc(hidden)]
        fn view(value: &DynValue) -> ort::Result<ArrayViewD<'_, Self>>;
    }

    macro_rules! view {
        ($($element:ty),+) => {$(
            impl View for $element {
                fn view(value: &DynValue) -> ort::Result<ArrayViewD<'_, Self>> {
                    value.try_extract_array::<$element>()
                }
            }
        )+};
    }
    view!(f32, i64);
}

/// What a run gave: tensors by name, in the graph's order.
#[derive(Debug)]
pub struct Outputs {
    pub(crate) kept: Vec<Kept>,
}

impl Outputs {
    /// The names, in the graph's order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.kept.iter().map(Kept::name)
    }

    /// Reads an output in place.
    pub fn view<T: FromTensor, D: Dimension>(&self, name: &str) -> Result<ArrayView<'_, T, D>> {
        self.kept[self.index(name)?].view()
    }

    /// Takes an output as an array of our own (copied once).
    pub fn take<T: FromTensor, D: Dimension>(&mut self, name: &str) -> Result<Array<T, D>> {
        Ok(self.keep(name)?.view()?.to_owned())
    }

    /// Takes an output as it lies in the runtime's memory, to give it to a later run.
    pub fn keep(&mut self, name: &str) -> Result<Kept> {
        let index = self.index(name)?;
        Ok(self.kept.remove(index))
    }

    fn index(&self, name: &str) -> Result<usize> {
        self.kept
            .iter()
            .position(|kept| kept.name == name)
            .ok_or_else(|| {
                let names: Vec<_> = self.names().collect();
                mismatch(format!("no output `{name}` (left: {names:?})"))
            })
    }
}

/// An element type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Element {
    /// 32-bit floats.
    F32,
    /// 64-bit integers.
    I64,
    /// Anything else a graph may name; such tensors can be kept, not read.
    Other,
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::I64 => "i64",
            Self::Other => "of another element type",
        })
    }
}

impl From<TensorElementType> for Element {
    fn from(ty: TensorElementType) -> Self {
        match ty {
            TensorElementType::Float32 => Self::F32,
            TensorElementType::Int64 => Self::I64,
            _ => Self::Other,
        }
    }
}

/// The length of an axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dim {
    /// The same in every run.
    Fixed(usize),
    /// Known when the graph runs; the graph's name for it, or nothing.
    Free(String),
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(length) => write!(f, "{length}"),
            Self::Free(name) if name.is_empty() => f.write_str("?"),
            Self::Free(name) => f.write_str(name),
        }
    }
}

/// An input or output of a graph, as the graph declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Its element type.
    pub element: Element,
    /// Its axes.
    pub shape: Vec<Dim>,
}

impl Port {
    pub(crate) fn new(outlet: &ort::value::Outlet) -> Self {
        let name = outlet.name().to_owned();
        let ValueType::Tensor {
            ty,
            shape,
            dimension_symbols,
        } = outlet.dtype()
        else {
            return Self {
                name,
                element: Element::Other,
                shape: Vec::new(),
            };
        };
        let shape = shape.iter().zip(dimension_symbols.iter());
        let shape = shape.map(|(&dim, symbol)| {
            usize::try_from(dim).map_or_else(|_| Dim::Free(symbol.clone()), Dim::Fixed)
        });
        Self {
            name,
            element: (*ty).into(),
            shape: shape.collect(),
        }
    }

    /// Whether a tensor of this type and shape fits: as many axes, and every fixed length met.
    pub fn accepts(&self, element: Element, shape: &[usize]) -> bool {
        let wanted: Vec<_> = shape.iter().copied().map(Some).collect();
        self.fits(element, &wanted)
    }

    /// As [`accepts`](Self::accepts), with `None` for the axes whose length the caller leaves to
    /// the graph.
    pub fn fits(&self, element: Element, shape: &[Option<usize>]) -> bool {
        let met = |(dim, wanted): (&Dim, &Option<usize>)| match (dim, wanted) {
            (Dim::Fixed(length), Some(wanted)) => length == wanted,
            _ => true,
        };
        self.element == element
            && self.shape.len() == shape.len()
            && self.shape.iter().zip(shape).all(met)
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape: Vec<_> = self.shape.iter().map(Dim::to_string).collect();
        write!(f, "`{}` {} [{}]", self.name, self.element, shape.join(", "))
    }
}

pub(crate) fn mismatch(message: String) -> Error {
    Error::new(ErrorKind::Mismatch, message)
}
