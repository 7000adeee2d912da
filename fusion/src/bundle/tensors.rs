//! Safetensors files of a bundle: read once their header was found to describe all of them, and the
//! tensors that they hold as arrays.
use super::{MAX_HEADER, ODD, is_odd};
use crate::{Error, Result};
use foveate_language::TokenId;
use half::{bf16, f16};
use ndarray::{Array1, Array2};
use safetensors::tensor::Metadata;
use safetensors::{Dtype, SafeTensors};
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;

/// The whole file of at most `limit` bytes, read only after its header was found to describe its
/// length and to pass `fits`.
pub(crate) fn read(
    file: &Path,
    limit: u64,
    fits: impl FnOnce(&Metadata) -> Result<(), String>,
) -> Result<Vec<u8>> {
    let refused = |why: String| Error::AssetsInvalid {
        file: file.to_owned(),
        why,
    };
    let io = |e: std::io::Error| match e.kind() {
        ErrorKind::NotFound => Error::AssetsMissing(file.to_owned()),
        ErrorKind::UnexpectedEof => refused("it ends within its header".into()),
        _ => refused(e.to_string()),
    };
    if is_odd(file) {
        return Err(refused(ODD.to_owned()));
    }
    let mut open = File::open(file).map_err(io)?;
    let length = open.metadata().map_err(io)?.len();
    let mut start = [0; 8];
    open.read_exact(&mut start).map_err(io)?;
    let header = u64::from_le_bytes(start);
    for (what, bytes, most) in [
        ("it takes", length, limit),
        ("its header takes", header, MAX_HEADER),
    ] {
        if bytes > most {
            let why = format!("{what} {bytes} bytes, at most {most} are expected");
            return Err(refused(why));
        }
    }
    let mut json = vec![0; usize::try_from(header).unwrap_or_default()];
    open.read_exact(&mut json).map_err(io)?;
    let metadata: Metadata = serde_json::from_slice(&json).map_err(|e| refused(e.to_string()))?;
    fits(&metadata).map_err(refused)?;
    let expected = 8 + header + metadata.data_len() as u64;
    if length != expected {
        return Err(refused(format!(
            "{length} bytes, its header describes {expected}"
        )));
    }
    fs::read(file).map_err(io)
}

/// A matrix of float16 or bfloat16.
pub(crate) fn half_matrix(tensors: &SafeTensors<'_>, name: &str) -> Result<Array2<f32>, String> {
    let refused = |e: &dyn std::fmt::Display| format!("tensor {name}: {e}");
    let tensor = tensors.tensor(name).map_err(|e| refused(&e))?;
    let halves = tensor.data().as_chunks().0.iter();
    let values: Vec<f32> = match tensor.dtype() {
        Dtype::F16 => halves.map(|b| f16::from_le_bytes(*b).to_f32()).collect(),
        Dtype::BF16 => halves.map(|b| bf16::from_le_bytes(*b).to_f32()).collect(),
        other => return Err(format!("tensor {name} is {other:?}, not F16 or BF16")),
    };
    let &[rows, cols] = tensor.shape() else {
        return Err(format!("tensor {name} is no matrix"));
    };
    Array2::from_shape_vec((rows, cols), values).map_err(|e| refused(&e))
}

/// The bytes of a tensor of this type and shape.
fn data<'a>(
    tensors: &SafeTensors<'a>,
    name: &str,
    dtype: Dtype,
    shape: &[usize],
) -> Result<&'a [u8], String> {
    let tensor = tensors
        .tensor(name)
        .map_err(|e| format!("tensor {name}: {e}"))?;
    if tensor.dtype() != dtype || tensor.shape() != shape {
        return Err(format!(
            "tensor {name} is {:?} {:?}, not {dtype:?} {shape:?}",
            tensor.dtype(),
            tensor.shape()
        ));
    }
    Ok(tensor.data())
}

/// `n` tokens of a vocabulary of `size`.
pub(super) fn ids(
    tensors: &SafeTensors<'_>,
    name: &str,
    n: usize,
    size: usize,
) -> Result<Vec<TokenId>, String> {
    let token = |b: &[u8; 8]| {
        let id = i64::from_le_bytes(*b);
        let known = TokenId::try_from(id).ok().filter(|&t| (t as usize) < size);
        known.ok_or_else(|| format!("tensor {name} holds {id}, not a token of {size}"))
    };
    let bytes = data(tensors, name, Dtype::I64, &[n])?;
    bytes.as_chunks::<8>().0.iter().map(token).collect()
}

fn numbers(tensors: &SafeTensors<'_>, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
    let values: Vec<f32> = data(tensors, name, Dtype::F32, shape)?
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect();
    if values.iter().any(|v| !v.is_finite()) {
        return Err(format!("tensor {name} holds numbers that are not finite"));
    }
    Ok(values)
}

/// A matrix of float32, all of them finite.
pub(super) fn matrix(
    tensors: &SafeTensors<'_>,
    name: &str,
    shape: [usize; 2],
) -> Result<Array2<f32>, String> {
    Array2::from_shape_vec(shape, numbers(tensors, name, &shape)?)
        .map_err(|e| format!("tensor {name}: {e}"))
}

/// A vector of float32, all of them finite.
pub(super) fn vector(
    tensors: &SafeTensors<'_>,
    name: &str,
    n: usize,
) -> Result<Array1<f32>, String> {
    numbers(tensors, name, &[n]).map(Array1::from)
}
