//! What the decoder was taught here: low-rank updates, and the map of places.
use super::place::FEATURES;
use super::rules::SEPARATOR;
use super::taught::Taught;
use crate::bundle::read;
use crate::{Error, Result};
use foveate_language::{Lora, LowRank, MatrixPath};
use half::f16;
use ndarray::Array2;
use safetensors::{Dtype, SafeTensors};
use std::collections::HashMap;
use std::path::Path;

/// Largest file that is read: updates of rank 64 on a decoder of a billion weights.
const LARGEST: u64 = 256 << 20;

/// The contents of `page.safetensors`: float16 tensors `place` `[FEATURES, dim]` and, of each
/// matrix, `PATH.a` `[rank, columns]` and `PATH.b` `[rows, rank]`; metadata `rank`, `scale` and,
/// where it is there, `taught`: names of fields, joined by commas.
pub(super) struct PageWeights {
    pub lora: Lora,
    /// `[FEATURES, dim]`
    pub place: Array2<f32>,
    pub taught: Taught,
}

impl PageWeights {
    pub(super) fn read(file: &Path, dim: usize) -> Result<Self> {
        parsed(file, |bytes| Self::parse(bytes, dim))
    }

    fn parse(bytes: &[u8], dim: usize) -> Result<Self, String> {
        let (lora, said) = lora(bytes)?;
        let tensors = SafeTensors::deserialize(bytes).map_err(|e| e.to_string())?;
        let place = matrix(&tensors, "place")?;
        if place.dim() != (FEATURES, dim) {
            let found = place.dim();
            return Err(format!("place is {found:?}, not {:?}", (FEATURES, dim)));
        }
        let taught = Taught::parse(said.get("taught").map(String::as_str));
        Ok(Self {
            lora,
            place,
            taught,
        })
    }
}

/// The updates of a file that holds no more than those, in the same form; and `separator` of its
/// metadata, what stands between the spans of an answer.
pub(super) fn updates(file: &Path) -> Result<(Lora, Option<String>)> {
    parsed(file, |bytes| {
        let (lora, mut said) = lora(bytes)?;
        let separator = said.remove("separator");
        let fits = |s: &String| (1..=SEPARATOR).contains(&s.len()) && !s.contains(char::is_control);
        match separator {
            Some(separator) if !fits(&separator) => Err(format!(
                "metadata separator is {separator:?}; 1 to {SEPARATOR} bytes without control \
                 characters are expected"
            )),
            separator => Ok((lora, separator)),
        }
    })
}

/// What `parse` makes of a file of at most [`LARGEST`] bytes.
fn parsed<T>(file: &Path, parse: impl FnOnce(&[u8]) -> Result<T, String>) -> Result<T> {
    let bytes = read(file, LARGEST)?;
    parse(&bytes).map_err(|why| Error::AssetsInvalid {
        file: file.to_owned(),
        why,
    })
}

/// The updates, and the metadata.
fn lora(bytes: &[u8]) -> Result<(Lora, HashMap<String, String>), String> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| e.to_string())?;
    let said = header.metadata().clone().unwrap_or_default();
    let number = |key: &str| -> Result<f32, String> {
        let text = said
            .get(key)
            .ok_or_else(|| format!("no metadata {key:?}"))?;
        text.parse()
            .map_err(|_| format!("metadata {key} is {text:?}, not a number"))
    };
    let (rank, scale) = (number("rank")?, number("scale")?);
    let tensors = SafeTensors::deserialize(bytes).map_err(|e| e.to_string())?;
    let names = tensors.names().into_iter();
    let mut paths: Vec<&str> = names.filter_map(|name| name.strip_suffix(".a")).collect();
    paths.sort_unstable();
    let update = |path: &str| -> Result<LowRank, String> {
        Ok(LowRank {
            name: path.parse::<MatrixPath>()?,
            a: matrix(&tensors, &format!("{path}.a"))?,
            b: matrix(&tensors, &format!("{path}.b"))?,
        })
    };
    let updates = paths.into_iter().map(update).collect::<Result<_, _>>()?;
    let lora = Lora::new(rank as usize, scale, updates).map_err(|e| e.to_string())?;
    Ok((lora, said))
}

fn matrix(tensors: &SafeTensors<'_>, name: &str) -> Result<Array2<f32>, String> {
    let tensor = tensors.tensor(name).map_err(|e| format!("{name}: {e}"))?;
    let (&[rows, columns], Dtype::F16) = (tensor.shape(), tensor.dtype()) else {
        let (kind, shape) = (tensor.dtype(), tensor.shape());
        return Err(format!("{name} is {kind:?} {shape:?}, not a matrix of F16"));
    };
    let values = tensor.data().chunks_exact(2);
    let values = values.map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32());
    let matrix = Array2::from_shape_vec((rows, columns), values.collect());
    let matrix = matrix.map_err(|e| format!("{name}: {e}"))?;
    match matrix.iter().all(|x| x.is_finite()) {
        true => Ok(matrix),
        false => Err(format!("{name} holds numbers that are not finite")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::tensor::TensorView;

    #[test]
    fn a_separator_is_some_short_text() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("asks.safetensors");
        let read = |separator: &str| {
            let said = [("rank", "1"), ("scale", "1"), ("separator", separator)];
            let said = said.map(|(key, text)| (key.to_owned(), text.to_owned()));
            let one = TensorView::new(Dtype::F16, vec![1, 1], &[0, 0]).unwrap();
            let tensors = ["layers.0.q.a", "layers.0.q.b"].map(|name| (name, one.clone()));
            let said = Some(HashMap::from(said));
            safetensors::serialize_to_file(tensors, said, &file).unwrap();
            updates(&file).map(|(_, separator)| separator)
        };
        assert_eq!(read("; ").unwrap().as_deref(), Some("; "));
        for wrong in ["", "\n", "\u{1}", "and also "] {
            let refused = read(wrong).unwrap_err().to_string();
            assert!(refused.contains("1 to 8 bytes"), "{refused}");
        }
    }
}
