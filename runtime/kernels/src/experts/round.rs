//! Float weights to GGUF's Q4_0: `d = m / -8` for the number m of a block that lies furthest from
//! 0, codes `clamp(trunc(x / d + 8.5), 0, 15)` (`quantize_row_q4_0_ref` in llama.cpp's
//! `ggml-quants.c`).

use half::f16;

use crate::grouped::GROUP;

/// Blocks of 18 bytes for every 32 weights.
pub(super) fn q4_0(weights: &[f32]) -> Vec<u8> {
    weights
        .as_chunks::<GROUP>()
        .0
        .iter()
        .flat_map(block)
        .collect()
}

fn block(x: &[f32; GROUP]) -> [u8; 18] {
    let further = |a: f32, b: f32| if b.abs() > a.abs() { b } else { a };
    let d = x.iter().copied().fold(0.0, further) / -8.0;
    let inverse = if d == 0.0 { 0.0 } else { 1.0 / d };
    let code = |x: f32| ((x * inverse + 8.5) as i32).clamp(0, 15) as u8;
    let mut out = [0; 18];
    out[..2].copy_from_slice(&f16::from_f32(d).to_le_bytes());
    for (j, out) in out[2..].iter_mut().enumerate() {
        *out = code(x[j]) | code(x[j + GROUP / 2]) << 4;
    }
    out
}
