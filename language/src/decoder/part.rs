//! A tensor of a cache, between two runs of a graph.
use foveate_onnx::{Kept, Tensor};
use ndarray::{Array3, ArrayView3, Axis, Slice};
use std::ops::Range;
use std::sync::Arc;

/// Keys or values, `[n_kv_heads, rows, head_dim]`: in the runtime's memory as the last run left
/// them, or in ours after they were cut. Never changed, so that forks share them.
#[derive(Clone)]
pub(super) enum Part {
    Kept(Arc<Kept>),
    Ours(Arc<Array3<f32>>),
}

impl Part {
    /// No rows yet.
    pub fn empty(heads: usize, width: usize) -> Self {
        Self::Ours(Arc::new(Array3::zeros((heads, 0, width))))
    }

    pub fn tensor(&self) -> Tensor<'_> {
        match self {
            Self::Kept(kept) => (&**kept).into(),
            Self::Ours(array) => array.view().into(),
        }
    }

    pub fn view(&self) -> Option<ArrayView3<'_, f32>> {
        match self {
            Self::Kept(kept) => kept.view().ok(),
            Self::Ours(array) => Some(array.view()),
        }
    }

    /// Rows held; 0 of a tensor that cannot be read.
    pub fn held(&self) -> usize {
        self.view().map_or(0, |view| view.dim().1)
    }

    pub fn bytes(&self) -> usize {
        self.view().map_or(0, |view| view.len() * size_of::<f32>())
    }

    /// A copy of some rows, as far as they are there; `None` of a tensor that cannot be read.
    pub fn rows(&self, rows: Range<usize>) -> Option<Self> {
        Some(Self::Ours(Arc::new(cut(self.view()?, rows))))
    }
}

impl From<Kept> for Part {
    fn from(kept: Kept) -> Self {
        Self::Kept(Arc::new(kept))
    }
}

/// Some rows of every head, `[heads, rows, width]`. Each head's rows lie together and are copied as
/// one piece: draft tokens that were wrong are cut off after nearly every run.
fn cut(kv: ArrayView3<'_, f32>, rows: Range<usize>) -> Array3<f32> {
    let (heads, held, width) = kv.dim();
    let rows = rows.start.min(held)..rows.end.min(held);
    let mut values = Vec::with_capacity(heads * rows.len() * width);
    for head in kv.outer_iter() {
        let kept = head.slice_axis_move(Axis(0), Slice::from(rows.clone()));
        match kept.as_slice() {
            Some(kept) => values.extend_from_slice(kept),
            None => values.extend(kept.iter()),
        }
    }
    Array3::from_shape_vec((heads, rows.len(), width), values)
        .unwrap_or_else(|_| unreachable!("heads x rows x width"))
}
