//! Matrices stored as ASTC textures: blocks of 128 bits for 6x6 weights, 3.56 bits a weight.
//!
//! ```text
//! NAME.astc            u8  [ceil(rows / 6), ceil(cols / 6), 16]   LDR blocks, one channel
//! NAME.min, NAME.step  f16 [ceil(rows / 6)]       weight = min + step * texel, texel 0..=255
//! NAME.lora_a          f16 [n, rank, cols]        added: lora_b lora_a of each of the n matrices;
//! NAME.lora_b          f16 [n, rows / n, rank]    both may be missing
//! ```
//! `n` matrices (experts) lie one below the other; `n` is 1 of a single matrix. They are decoded
//! when the file is opened. `training/compress/astc.py` writes them.

use astc_decode::{Footprint, astc_decode_block};

use crate::error::{Error, Kind, Result};

/// Texels of a block's side.
pub(crate) const SIDE: usize = 6;
/// Bytes of a block.
pub(crate) const BLOCK: usize = 16;
/// Largest rank of the update beside the blocks.
pub(crate) const MOST_RANK: usize = 256;

/// The first channel of a texture of `rows` x `cols` texels.
///
/// # Errors
/// Another number of blocks than such a texture has; a block that is no ASTC, or of the HDR
/// profile.
pub fn astc_texels(blocks: &[u8], [rows, cols]: [usize; 2]) -> Result<Vec<u8>> {
    let (down, across) = (rows.div_ceil(SIDE), cols.div_ceil(SIDE));
    let expected = down.checked_mul(across).and_then(|n| n.checked_mul(BLOCK));
    if expected != Some(blocks.len()) {
        let what = format!(
            "texture: {} bytes; {down} x {across} blocks of {BLOCK} are expected",
            blocks.len()
        );
        return Err(Error::new(Kind::Shape, what));
    }
    let footprint = Footprint::new(SIDE as u32, SIDE as u32);
    let mut texels = vec![0; rows * cols];
    for (i, block) in blocks.as_chunks::<BLOCK>().0.iter().enumerate() {
        let corner = [i / across * SIDE, i % across * SIDE];
        let whole = astc_decode_block(block, footprint, |x, y, texel| {
            let [row, col] = [corner[0] + y as usize, corner[1] + x as usize];
            if row < rows && col < cols {
                texels[row * cols + col] = texel[0];
            }
        });
        if !whole {
            let what = format!("texture: block {i} is none of ASTC's LDR profile; store it again");
            return Err(Error::new(Kind::Value, what));
        }
    }
    Ok(texels)
}

/// Weights `[rows, cols]` of texels, and the minimum and step of each six rows.
///
/// # Errors
/// A minimum or step that is not finite.
pub(crate) fn weights(texels: &[u8], cols: usize, min: &[f32], step: &[f32]) -> Result<Vec<f32>> {
    if let Some(bad) = min.iter().chain(step).find(|value| !value.is_finite()) {
        return Err(Error::new(Kind::Value, format!("minimum or step of {bad}")));
    }
    let mut out = Vec::with_capacity(texels.len());
    for (band, texels) in texels.chunks(SIDE * cols).enumerate() {
        let (min, step) = (min[band], step[band]);
        out.extend(texels.iter().map(|&texel| min + step * f32::from(texel)));
    }
    Ok(out)
}

/// `w += b a`, `w` `[rows, cols]`, `a` `[rank, cols]`, `b` `[rows, rank]`.
pub(crate) fn add_update(w: &mut [f32], cols: usize, a: &[f32], b: &[f32]) {
    let rank = a.len() / cols;
    for (row, b) in w.chunks_exact_mut(cols).zip(b.chunks_exact(rank)) {
        for (a, b) in a.chunks_exact(cols).zip(b) {
            row.iter_mut().zip(a).for_each(|(w, a)| *w += a * b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Void-extent blocks: one colour, red of 0x8000 and of 0xffff.
    fn plain(red: u16) -> [u8; BLOCK] {
        let mut block = [0xff; BLOCK];
        block[..8].copy_from_slice(&0xffff_ffff_ffff_fdfc_u64.to_le_bytes());
        block[8..10].copy_from_slice(&red.to_le_bytes());
        block
    }

    #[test]
    fn blocks_lie_row_by_row_and_hang_over() {
        let blocks = [plain(0), plain(0xffff), plain(0x8000), plain(0)].concat();
        let texels = astc_texels(&blocks, [7, 8]).unwrap();
        assert_eq!(texels[..8], [0, 0, 0, 0, 0, 0, 255, 255]);
        assert!((127..=128).contains(&texels[6 * 8]) && texels[6 * 8 + 6] == 0);
    }

    #[test]
    fn what_is_no_texture_is_refused() {
        let [short, reserved] = [vec![0; 15], vec![0; 16]];
        let kind = |blocks: &[u8]| astc_texels(blocks, [6, 6]).unwrap_err().kind();
        assert_eq!((kind(&short), kind(&reserved)), (Kind::Shape, Kind::Value));
        let most = [usize::MAX; 2];
        assert_eq!(astc_texels(&short, most).unwrap_err().kind(), Kind::Shape);
        let infinite = weights(&[0; 6], 1, &[f32::INFINITY], &[1.0]);
        assert_eq!(infinite.unwrap_err().kind(), Kind::Value);
    }

    #[test]
    fn any_block_is_texels_or_an_error() {
        let mut state = 1u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        };
        let whole = (0..20_000).filter(|_| astc_texels(&[next(), next()].concat(), [6, 6]).is_ok());
        assert!(whole.count() > 100);
    }

    #[test]
    fn an_update_is_a_product_of_its_factors() {
        let mut w = weights(&[0, 2, 4, 6], 2, &[-1.0], &[0.5]).unwrap();
        assert_eq!(w, [-1.0, 0.0, 1.0, 2.0]);
        add_update(&mut w, 2, &[1.0, 2.0], &[10.0, 20.0]);
        assert_eq!(w, [9.0, 20.0, 21.0, 42.0]);
    }
}
