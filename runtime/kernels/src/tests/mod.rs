//! Tests of the whole decoder, on small random ones.

mod refusals;
mod sessions;

use crate::random::{self, Form};
use crate::{Config, Cpu, Decoder};

/// Sizes that fit no vector width: rows beyond a tile, odd groups.
fn odd() -> Config {
    Config {
        dim: 56,
        n_layers_kv: 3,
        n_layers_shared: 2,
        n_heads: 6,
        n_kv_heads: 2,
        head_dim: 20,
        ffn_dim: 90,
        vocab_size: 101,
        rope_theta: 500_000.0,
        norm_eps: 1e-5,
        context: 2000,
    }
}

fn decoder(config: &Config, form: &Form, cpu: Cpu, threads: usize) -> Decoder {
    Decoder::new(&random::tensors(config, form, 7).unwrap(), cpu, threads).unwrap()
}
