//! What the families differ in.

use crate::weights::{Gate, QkNorm};

/// A family of models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Llama,
    Qwen2,
    Qwen3,
    Gemma3,
}

impl Family {
    pub const ALL: [Self; 4] = [Self::Llama, Self::Qwen2, Self::Qwen3, Self::Gemma3];

    /// `general.architecture` of GGUF.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
            Self::Gemma3 => "gemma3",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.name() == name)
    }

    /// Whether GGUF files of this family have rotary pairs half a head apart. Those of Llama were
    /// reordered when they were written (llama.cpp, `convert_hf_to_gguf.py`, `permute`).
    pub const fn half_split(self) -> bool {
        !matches!(self, Self::Llama)
    }

    pub const fn gate(self) -> Gate {
        match self {
            Self::Gemma3 => Gate::Gelu,
            _ => Gate::Silu,
        }
    }

    pub const fn qk_norm(self) -> QkNorm {
        match self {
            Self::Qwen3 | Self::Gemma3 => QkNorm::Before,
            _ => QkNorm::None,
        }
    }

    /// Whether what attention and feed-forward give is normed before it is added, and embeddings
    /// are scaled by the root of the width.
    pub const fn is_gemma(self) -> bool {
        matches!(self, Self::Gemma3)
    }

    /// Whether q, k and v have biases.
    pub const fn biases(self) -> bool {
        matches!(self, Self::Qwen2)
    }

    /// Every so many layers one sees all tokens, the others a window, with a RoPE base of 10,000:
    /// in Gemma 3 every sixth (arXiv 2503.19786). 0 if all see all.
    pub const fn pattern(self) -> usize {
        if self.is_gemma() { 6 } else { 0 }
    }
}

/// Base of RoPE in Gemma 3's windows (arXiv 2503.19786, section 2).
pub(crate) const WINDOW_THETA: f64 = 10_000.0;
