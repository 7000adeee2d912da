//! What a model was taught beside its training: low-rank updates of its decoder, for one kind of
//! picture.
use crate::bundle::{self, Base, tensors};
use crate::{Error, Result};
use foveate_language::{Lora, LowRank, MatrixPath};
use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;
use std::path::Path;
use std::sync::Arc;

/// Version of the adapter's files that this library reads (`models/FORMAT.md`, *Adapters*).
const FORMAT: u32 = 1;
/// Largest `adapter.json` that is read.
const MAX_CARD: u64 = 1 << 20;
/// Highest rank: beyond it an update is no longer small beside the matrix.
const MAX_RANK: usize = 256;
/// Largest `adapter.safetensors`: updates of rank 256 on a decoder of a billion weights.
const LARGEST: u64 = 1 << 30;
/// Longest side of a matrix, as of `decoder.ffn_dim` in a bundle.
const MAX_SIDE: usize = 1 << 18;
/// Digits of a signature that are enough for people to tell two apart.
const SHOWN: usize = 12;

/// A LoRA adapter, loaded once; clones share it, and any number may be in memory at a time.
///
/// [`Session::set_adapter`](crate::Session::set_adapter) puts it to use, for one session, without
/// loading the model again.
#[derive(Clone)]
pub struct Adapter(Arc<Inner>);

struct Inner {
    card: Card,
    lora: Lora,
}

/// `adapter.json`.
#[derive(Debug, Deserialize)]
struct Card {
    format: u32,
    name: String,
    rank: usize,
    alpha: f32,
    targets: Vec<String>,
    base: String,
    description: String,
    licence: String,
}

impl Adapter {
    /// Loads `adapter.json` and `adapter.safetensors` from the folder `path`, of a bundle or not.
    ///
    /// # Errors
    /// A file that is missing, truncated, too large, or that holds other tensors than
    /// `adapter.json` names, other shapes or numbers that are not finite. Whether it fits a model
    /// is checked when it is put to use.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let file = path.as_ref().join("adapter.json");
        let json = bundle::read(&file, MAX_CARD)?;
        let refused = |why| Error::AssetsInvalid {
            file: file.clone(),
            why,
        };
        let card: Card = serde_json::from_slice(&json).map_err(|e| refused(e.to_string()))?;
        let targets = card.check().map_err(refused)?;
        let file = path.as_ref().join("adapter.safetensors");
        let refused = |why| Error::AssetsInvalid {
            file: file.clone(),
            why,
        };
        let fits = |header: &Metadata| check_shapes(header, &targets, card.rank);
        let bytes = tensors::read(&file, LARGEST, fits)?;
        let tensors = SafeTensors::deserialize(&bytes).map_err(|e| refused(e.to_string()))?;
        let updates = targets
            .into_iter()
            .map(|name| update(&tensors, name).map_err(refused))
            .collect::<Result<Vec<_>>>()?;
        #[allow(clippy::cast_precision_loss, reason = "the rank is at most 256")]
        let scale = card.alpha / card.rank as f32;
        let lora = Lora::new(card.rank, scale, updates).map_err(|e| refused(e.to_string()))?;
        Ok(Self(Arc::new(Inner { card, lora })))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.card.name
    }

    /// What it is for.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.0.card.description
    }

    /// The licence of its weights.
    #[must_use]
    pub fn licence(&self) -> &str {
        &self.0.card.licence
    }

    /// The signature of the model that it was trained on (`models/FORMAT.md`, *Adapters*).
    #[must_use]
    pub fn base(&self) -> &str {
        &self.0.card.base
    }

    /// The updates.
    #[must_use]
    pub fn lora(&self) -> &Lora {
        &self.0.lora
    }

    /// Whether `other` is a clone of this one.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Checks it against a model: trained on the same weights, every matrix there and of the same
    /// shape.
    pub(crate) fn check(&self, base: &Base) -> Result<()> {
        let mismatch = |why| Error::AdapterMismatch {
            name: self.name().to_owned(),
            why,
        };
        if self.base() != base.signature {
            let [theirs, ours] =
                [self.base(), base.signature.as_str()].map(|s| s.get(..SHOWN).unwrap_or(s));
            return Err(mismatch(format!(
                "it was trained on the model {theirs}.., this one is {ours}..; take the \
                 adapter that came with this model, or train it again with {}",
                base.trainer
            )));
        }
        for LowRank { name, a, b } in self.0.lora.updates() {
            let Some([rows, cols]) = (base.shape)(name) else {
                return Err(mismatch(format!("the model has no matrix {name}")));
            };
            if (b.nrows(), a.ncols()) != (rows, cols) {
                return Err(mismatch(format!(
                    "{name} is {rows} x {cols} in the model, the adapter's is {} x {}",
                    b.nrows(),
                    a.ncols()
                )));
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Adapter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Adapter")
            .field("name", &self.name())
            .field("rank", &self.0.card.rank)
            .finish_non_exhaustive()
    }
}

impl Card {
    /// The matrices named, each once.
    fn check(&self) -> Result<Vec<MatrixPath>, String> {
        if self.format != FORMAT {
            return Err(format!(
                "format {}, this library reads format {FORMAT}",
                self.format
            ));
        }
        if self.name.is_empty() {
            return Err("name is empty".into());
        }
        if !(1..=MAX_RANK).contains(&self.rank) {
            return Err(format!("rank is {}, not 1 to {MAX_RANK}", self.rank));
        }
        if !self.alpha.is_finite() {
            return Err(format!("alpha is {}", self.alpha));
        }
        let named: Result<Vec<MatrixPath>, _> = self.targets.iter().map(|t| t.parse()).collect();
        let mut targets = named.map_err(|why| format!("targets: {why}"))?;
        targets.sort_unstable();
        if targets.is_empty() {
            return Err("targets is empty".into());
        }
        match targets.windows(2).find(|w| w[0] == w[1]) {
            Some(twice) => Err(format!("targets: {} twice", twice[0])),
            None => Ok(targets),
        }
    }
}

fn check_shapes(metadata: &Metadata, targets: &[MatrixPath], rank: usize) -> Result<(), String> {
    for name in targets {
        for (factor, across) in [("lora_a", 0), ("lora_b", 1)] {
            let tensor = format!("{name}.{factor}");
            let TensorInfo { dtype, shape, .. } = metadata
                .info(&tensor)
                .ok_or_else(|| format!("tensor {tensor} is missing"))?;
            if !matches!(dtype, Dtype::F16 | Dtype::BF16) {
                return Err(format!("tensor {tensor} is {dtype:?}, not F16 or BF16"));
            }
            let fits = shape.len() == 2
                && shape[across] == rank
                && (1..=MAX_SIDE).contains(&shape[1 - across]);
            if !fits {
                return Err(format!(
                    "tensor {tensor} is {shape:?}; its side {across} must be the rank {rank}, \
                     the other at most {MAX_SIDE}"
                ));
            }
        }
    }
    let known = |name: &String| {
        let matrix = name
            .strip_suffix(".lora_a")
            .or(name.strip_suffix(".lora_b"));
        matrix.is_some_and(|m| m.parse().is_ok_and(|m| targets.binary_search(&m).is_ok()))
    };
    match metadata.tensors().into_keys().find(|name| !known(name)) {
        Some(name) => Err(format!("tensor {name} is of no matrix in targets")),
        None => Ok(()),
    }
}

fn update(tensors: &SafeTensors<'_>, name: MatrixPath) -> Result<LowRank, String> {
    let factor = |factor: &str| tensors::half_matrix(tensors, &format!("{name}.{factor}"));
    let (a, b) = (factor("lora_a")?, factor("lora_b")?);
    Ok(LowRank { name, a, b })
}
