//! Low-rank updates of a decoder's matrices (LoRA), by the names that training gives them.
use crate::{Error, Result};
use ndarray::Array2;
use std::fmt;
use std::str::FromStr;

/// A matrix of a decoder by its name: `block1.0.q`, `block2.1.ffn.gate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MatrixName {
    /// Whether its layer is one of block 2, which has no keys and values of its own.
    pub shared: bool,
    /// The layer's number in its block, from 0.
    pub index: usize,
    /// Which of the layer's matrices.
    pub part: MatrixPart,
}

/// Which of a layer's matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the field's words, as in `models/FORMAT.md`")]
pub enum MatrixPart {
    Q,
    K,
    V,
    O,
    Gate,
    Up,
    Down,
}

impl MatrixPart {
    /// Every matrix of a layer, and its name in it.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Q, "q"),
        (Self::K, "k"),
        (Self::V, "v"),
        (Self::O, "o"),
        (Self::Gate, "ffn.gate"),
        (Self::Up, "ffn.up"),
        (Self::Down, "ffn.down"),
    ];
}

impl FromStr for MatrixName {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let parsed = || {
            let (block, rest) = name.split_once('.')?;
            let (index, part) = rest.split_once('.')?;
            let (part, _) = MatrixPart::ALL.into_iter().find(|(_, n)| *n == part)?;
            let found = Self {
                shared: block == "block2",
                index: index.parse().ok()?,
                part,
            };
            let own = matches!(part, MatrixPart::K | MatrixPart::V);
            (found.to_string() == name && !(found.shared && own)).then_some(found)
        };
        parsed().ok_or_else(|| {
            format!(
                "{name:?} is no matrix of a decoder; they are named block1.0.q, k, v, o, ffn.gate, ffn.up, ffn.down, and so \
                 on (block2 has no k and v)"
            )
        })
    }
}

impl fmt::Display for MatrixName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, part) = MatrixPart::ALL[self.part as usize];
        write!(
            f,
            "block{}.{}.{part}",
            1 + u8::from(self.shared),
            self.index
        )
    }
}

/// The update of one matrix `W` `[rows, cols]`: `W + scale * B A`.
#[derive(Debug, Clone, PartialEq)]
pub struct LowRank {
    /// Which matrix.
    pub name: MatrixName,
    /// `[rank, cols]`
    pub a: Array2<f32>,
    /// `[rows, rank]`
    pub b: Array2<f32>,
}

/// Updates of some matrices of a decoder. [`Decoder::adapted`](crate::Decoder::adapted) applies them.
#[derive(Debug, Clone, PartialEq)]
pub struct Lora {
    rank: usize,
    scale: f32,
    updates: Vec<LowRank>,
}

impl Lora {
    /// Keeps `updates` of rank `rank`, to be added `scale` times. Shapes that are at odds with the rank and numbers that are
    /// not finite are errors that name the matrix; whether the shapes fit a decoder is checked by the decoder.
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
    fn names_are_read_back_and_others_refused() {
        for name in ["block1.0.q", "block1.12.v", "block2.3.ffn.down"] {
            assert_eq!(name.parse::<MatrixName>().unwrap().to_string(), name);
        }
        for name in [
            "",
            "block1",
            "block1.0",
            "block3.0.q",
            "block2.0.k",
            "block1.00.q",
            "block1.+1.q",
            "block1.0.gate",
            "block1.0.q.x",
            "embed",
            "block1.99999999999999999999.q",
        ] {
            assert!(name.parse::<MatrixName>().is_err(), "{name}");
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
