//! Float weights to GGUF's Q8_0: `d = max|x| / 127`, codes `round(x / d)`
//! (`quantize_row_q8_0_ref` in llama.cpp's `ggml-quants.c`).

use half::f16;

use crate::grouped::GROUP;

/// Blocks of 34 bytes for every 32 weights.
pub(super) fn q8_0(weights: &[f32]) -> Vec<u8> {
    let blocks = weights.as_chunks::<GROUP>().0;
    blocks.iter().flat_map(block).collect()
}

fn block(x: &[f32; GROUP]) -> [u8; 34] {
    let d = x.iter().fold(0.0f32, |most, x| most.max(x.abs())) / 127.0;
    let inverse = if d == 0.0 { 0.0 } else { 1.0 / d };
    let mut out = [0; 34];
    out[..2].copy_from_slice(&f16::from_f32(d).to_le_bytes());
    for (out, x) in out[2..].iter_mut().zip(x) {
        *out = ((x * inverse).round() as i8).cast_unsigned();
    }
    out
}
