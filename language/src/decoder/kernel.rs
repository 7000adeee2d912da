//! What the decoders that run on `foveate-kernels` share: cache, calls, updates of matrices.
use crate::{Cache, Error, Lora, MatrixPath, Output, Result, Rows, Store, TokenId};
use foveate_kernels::{Input, Matrix, Update, Updates, half_split_row};
use ndarray::{Array2, Axis};
use std::borrow::Cow;
use std::sync::Arc;

/// Weights that are shared, and what is added to them.
pub(super) struct Kernel {
    pub inner: Arc<foveate_kernels::Decoder>,
    lora: Option<Updates>,
}

/// Which order the rows of q and k have where an update was trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pairs {
    /// Rotary pairs are neighbours, as in the kernels.
    Neighbours,
    /// They lie half a head apart, as in published models.
    HalfSplit,
}

impl Kernel {
    pub fn new(inner: foveate_kernels::Decoder) -> Self {
        Self {
            inner: Arc::new(inner),
            lora: None,
        }
    }

    pub fn new_cache(&self) -> Cache {
        Cache::new(Pages(self.inner.cache()))
    }

    pub fn forward(&self, cache: &mut Cache, rows: &Rows<'_>) -> Result<Output> {
        let Pages(pages) = cache.store::<Pages>()?;
        let c = self.inner.config();
        let needed = pages.len().saturating_add(rows.ids.len());
        if needed > c.context {
            let limit = c.context;
            return Err(Error::ContextFull { needed, limit });
        }
        let ids = ids(rows, c.vocab_size)?;
        let (found, expected) = (rows.extra.dim(), (rows.ids.len(), c.dim));
        if found != expected {
            let what = format!("extra is {found:?}, {expected:?} is expected");
            return Err(Error::decoder(what));
        }
        let extra = rows.extra.as_standard_layout();
        let input = Input {
            ids: &ids,
            extra: extra.as_slice(),
            positions: None,
            select: rows.select,
        };
        let output = self.inner.run_with(pages, input, self.lora.as_ref());
        let output = output.map_err(refused)?;
        let table = |values: Vec<f32>, width: usize| {
            Array2::from_shape_vec((rows.select.len(), width), values)
                .map_err(|e| Error::decoder(e.to_string()))
        };
        Ok(Output {
            logits: table(output.logits, c.vocab_size)?,
            hidden: table(output.hidden, c.dim)?,
        })
    }

    /// The same weights with `lora` beside them in float ([`Updates`]), and with what stood beside
    /// them before; `locate` finds the layer and the kind of a matrix.
    pub fn adapted(
        &self,
        lora: &Lora,
        pairs: Pairs,
        locate: impl Fn(&MatrixPath) -> Option<(usize, Matrix)>,
    ) -> Result<Self> {
        let updates = lora
            .updates()
            .iter()
            .map(|update| {
                let (layer, matrix) = locate(&update.name).ok_or_else(|| {
                    Error::decoder(format!("the decoder has no matrix {}", update.name))
                })?;
                let rotated = matches!(matrix, Matrix::Q | Matrix::K);
                let split = rotated && pairs == Pairs::HalfSplit;
                Ok(Update {
                    layer,
                    matrix,
                    a: update.a.iter().copied().collect(),
                    b: self.rows_of(&update.b, split),
                })
            })
            .collect::<Result<_>>()?;
        let updates = Updates::new(self.inner.config(), lora.rank(), lora.scale(), updates);
        let updates = updates.and_then(|updates| match &self.lora {
            Some(own) => own.plus(&updates),
            None => Ok(updates),
        });
        Ok(Self {
            inner: self.inner.clone(),
            lora: Some(updates.map_err(refused)?),
        })
    }

    /// The values of B in the kernels' order of rows. A wrong number of rows is left to the
    /// kernels' check.
    fn rows_of(&self, b: &Array2<f32>, split: bool) -> Vec<f32> {
        let (width, whole) = (self.inner.config().head_dim, b.nrows());
        if !split || !whole.is_multiple_of(width) {
            return b.iter().copied().collect();
        }
        let order: Vec<usize> = (0..whole).map(|r| half_split_row(r, width)).collect();
        b.select(Axis(0), &order).iter().copied().collect()
    }
}

/// The ids with those of replaced rows as the kernels expect them.
fn ids<'a>(rows: &Rows<'a>, vocab_size: usize) -> Result<Cow<'a, [TokenId]>> {
    let mut ids = Cow::Borrowed(rows.ids);
    let outside = |row: &TokenId| *row as usize >= vocab_size;
    if rows.replaced.is_empty() && !rows.ids.iter().any(outside) {
        return Ok(ids);
    }
    for &row in rows.replaced {
        let id = ids.to_mut().get_mut(row).ok_or_else(|| {
            let n = rows.ids.len();
            Error::decoder(format!("row {row} is to be replaced, of {n}"))
        })?;
        *id = Input::NO_TOKEN;
    }
    let mut plain = ids.iter().enumerate();
    match plain.find(|(row, id)| outside(id) && rows.replaced.binary_search(row).is_err()) {
        Some((_, id)) => Err(Error::decoder(format!(
            "token id {id} is outside the vocabulary of {vocab_size}"
        ))),
        None => Ok(ids),
    }
}

/// The kernels' error with its causes.
pub(super) fn refused(e: foveate_kernels::Error) -> Error {
    Error::Decoder {
        what: e.to_string(),
        source: Some(Box::new(e)),
    }
}

/// The kind of a matrix by its name in a path.
pub(super) fn matrix(name: &str) -> Option<Matrix> {
    Some(match name {
        "q" => Matrix::Q,
        "k" => Matrix::K,
        "v" => Matrix::V,
        "o" => Matrix::O,
        "ffn.gate" => Matrix::Gate,
        "ffn.up" => Matrix::Up,
        "ffn.down" => Matrix::Down,
        _ => return None,
    })
}

/// The kernels' cache.
struct Pages(foveate_kernels::Cache);

impl Store for Pages {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    fn fork(&self) -> Box<dyn Store> {
        Box::new(Self(self.0.fork()))
    }

    fn bytes(&self) -> usize {
        self.0.bytes()
    }
}
