//! Sizes of the decoder with KV sharing, declared once: bundles state them, files confirm them.
use crate::decoder::{Dims, MatrixPath};
use serde::Deserialize;

/// Sizes of a decoder in two blocks, by the names of `config.json` (`models/FORMAT.md`). Every
/// layer of the second block reads the keys and values of the last layer of the first.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct DecoderConfig {
    /// Width of an embedding.
    pub dim: usize,
    /// Layers with keys and values of their own (block 1).
    pub n_layers_kv: usize,
    /// Layers that read the last block-1 layer's keys and values (block 2).
    pub n_layers_shared: usize,
    /// Query heads.
    pub n_heads: usize,
    /// Key and value heads.
    pub n_kv_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// Width of the feed-forward layers.
    pub ffn_dim: usize,
    /// Number of tokens.
    pub vocab_size: usize,
    /// Base of the rotary position embedding.
    pub rope_theta: f64,
    /// Epsilon of the RMS norms.
    pub norm_eps: f64,
    /// Most rows that a conversation may have.
    pub context: usize,
}

impl DecoderConfig {
    /// What everything around the decoder has to know.
    #[must_use]
    pub fn dims(&self) -> Dims {
        Dims {
            dim: self.dim,
            vocab_size: self.vocab_size,
            context: self.context,
        }
    }

    /// The layer of a matrix, counted over both blocks, and its name in the layer: of
    /// `block2.1.ffn.gate` the layer `n_layers_kv + 1` and `ffn.gate`. `None` where the decoder
    /// has no such matrix.
    #[must_use]
    pub fn locate<'p>(&self, path: &'p MatrixPath) -> Option<(usize, &'p str)> {
        let (block, rest) = path.as_str().split_once('.')?;
        let (index, matrix) = rest.split_once('.')?;
        let at: usize = index.parse().ok()?;
        let (first, layers) = match block {
            "block1" => (0, self.n_layers_kv),
            "block2" => (self.n_layers_kv, self.n_layers_shared),
            _ => return None,
        };
        let own = block == "block1" || !matches!(matrix, "k" | "v");
        let canonical = at.to_string() == index;
        let there = at < layers && own && canonical && self.shape(matrix).is_some();
        there.then_some((first + at, matrix))
    }

    /// Rows and columns of a matrix; `None` where the decoder has no such matrix.
    #[must_use]
    pub fn matrix(&self, path: &MatrixPath) -> Option<[usize; 2]> {
        self.shape(self.locate(path)?.1)
    }

    fn shape(&self, matrix: &str) -> Option<[usize; 2]> {
        let q = self.n_heads * self.head_dim;
        let kv = self.n_kv_heads * self.head_dim;
        Some(match matrix {
            "q" => [q, self.dim],
            "k" | "v" => [kv, self.dim],
            "o" => [self.dim, q],
            "ffn.gate" | "ffn.up" => [self.ffn_dim, self.dim],
            "ffn.down" => [self.dim, self.ffn_dim],
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: DecoderConfig = DecoderConfig {
        dim: 8,
        n_layers_kv: 5,
        n_layers_shared: 3,
        n_heads: 4,
        n_kv_heads: 2,
        head_dim: 3,
        ffn_dim: 16,
        vocab_size: 10,
        rope_theta: 5e5,
        norm_eps: 1e-5,
        context: 64,
    };

    #[test]
    fn matrices_are_found_by_their_path() {
        let find = |name: &str| CONFIG.matrix(&name.parse().unwrap());
        assert_eq!(find("block1.0.q"), Some([12, 8]));
        assert_eq!(find("block1.4.v"), Some([6, 8]));
        assert_eq!(find("block2.2.ffn.down"), Some([8, 16]));
        let second = "block2.1.o".parse().unwrap();
        assert_eq!(CONFIG.locate(&second), Some((6, "o")));
        for name in [
            "block1.5.q",
            "block2.0.k",
            "block3.0.q",
            "block1.00.q",
            "block1.0.gate",
            "embed",
        ] {
            assert_eq!(find(name), None, "{name}");
        }
    }
}
