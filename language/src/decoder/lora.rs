//! Low-rank updates of a decoder's matrices (LoRA), by the names that training gives them.
use crate::{Error, Result};
use ndarray::Array2;
use std::fmt;
use std::str::FromStr;

/// The path of a matrix in a decoder, as `block1.0.q` or `layers.3.ffn.gate`: parts of lower-case
/// letters, digits and `_`, joined by dots. What paths there are is the decoder's affair.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MatrixPath(String);

/// Longest path, in bytes: names of known architectures have some thirty.
const LONGEST_PATH: usize = 128;

impl MatrixPath {
    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MatrixPath {
    type Err = String;

    fn from_str(path: &str) -> Result<Self, String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let part = |p: &str| !p.is_empty() && p.chars().all(plain);
        if path.len() <= LONGEST_PATH && path.split('.').all(part) {
            return Ok(Self(path.to_owned()));
        }
        let shown: String = path.chars().take(LONGEST_PATH).collect();
        Err(format!(
            "{shown:?} is not the path of a matrix; expected lower-case letters, digits and _ in \
             parts joined by dots, as block1.0.ffn.gate"
        ))
    }
}

impl fmt::Display for MatrixPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The update of one matrix `W` `[rows, cols]`: `W + scale * B A`.
#[derive(Debug, Clone, PartialEq)]
pub struct LowRank {
    /// Which matrix.
    pub name: MatrixPath,
    /// `[rank, cols]`
    pub a: Array2<f32>,
    /// `[rows, rank]`
    pub b: Array2<f32>,
}

/// Updates of some matrices of a decoder. [`TextDecoder::adapted`](crate::TextDecoder::adapted)
/// applies them.
#[derive(Debug, Clone, PartialEq)]
pub struct Lora {
    rank: usize,
    scale: f32,
    updates: Vec<LowRank>,
}

impl Lora {
    /// Keeps `updates` of rank `rank`, to be added `scale` times. Shapes that are at odds with the
    /// rank and numbers that are not finite are errors that name the matrix; whether the shapes fit
    /// a decoder is checked by the decoder.
    pub fn new(rank: usize, scale: f32, updates: Vec<LowRank>) -> Result<Self> {
        if rank == 0 || !scale.is_finite() {
            return Err(Error::decoder(format!(
                "an adapter of rank {rank} and scale {scale}"
            )));
        }
        for LowRank { name, a, b } in &updates {
            if a.nrows() != rank || b.ncols() != rank {
                return Err(Error::decoder(format!(
                    "{name}: A is {:?} and B is {:?}, the rank is {rank}",
                    a.dim(),
                    b.dim()
                )));
            }
            if !a.iter().chain(b).all(|x| x.is_finite()) {
                return Err(Error::decoder(format!(
                    "{name} holds numbers that are not finite"
                )));
            }
        }
        Ok(Self {
            rank,
            scale,
            updates,
        })
    }

    /// Numbers between the two products.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// What `B A` is multiplied by.
    #[must_use]
    pub fn scale(&self) -> f32 {
        self.scale
    }

    /// The matrices that are updated.
    #[must_use]
    pub fn updates(&self) -> &[LowRank] {
        &self.updates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_back_and_others_refused() {
        for path in [
            "block1.0.q",
            "block2.3.ffn.down",
            "layers.11.self_attn.q_proj",
        ] {
            assert_eq!(path.parse::<MatrixPath>().unwrap().to_string(), path);
        }
        let long = "a".repeat(LONGEST_PATH + 1);
        for path in [
            "",
            ".",
            "a.",
            "a..b",
            "Block1.0.q",
            "a b",
            "a/b",
            long.as_str(),
        ] {
            assert!(path.parse::<MatrixPath>().is_err(), "{path}");
        }
    }

    #[test]
    fn shapes_and_numbers_are_checked() {
        let update = |a: f32, rank: usize| LowRank {
            name: "block1.0.q".parse().unwrap(),
            a: Array2::from_elem((2, 3), a),
            b: Array2::zeros((4, rank)),
        };
        assert!(Lora::new(2, 1.0, vec![update(1.0, 2)]).is_ok());
        for (rank, scale, a, b_rank) in [
            (2, 1.0, 1.0, 3),
            (3, 1.0, 1.0, 2),
            (2, 1.0, f32::NAN, 2),
            (2, f32::INFINITY, 1.0, 2),
            (0, 1.0, 1.0, 2),
        ] {
            assert!(Lora::new(rank, scale, vec![update(a, b_rank)]).is_err());
        }
    }
}
