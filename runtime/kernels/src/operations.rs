//! How long a matrix takes, alone and on one thread, in each form that there is a kernel for.
//!
//! A choice of bits for each matrix rests on it. Activations are int8 already.

use std::time::Instant;

use half::f16;
use serde::Serialize;

use crate::cpu::Cpu;
use crate::error::{Error, Kind, Result};
use crate::grouped::Record;
use crate::grouped::pack::Block;
use crate::linear::{Activations, Linear, ROWS, View};
use crate::packed::{BLOCK, Bits, TILE};
use crate::random::Random;

/// Forms of a matrix: GGUF's Q4_1 and Q8_0 blocks; even levels of 2, 4 and 8 bits with a scale for
/// each row; palettes of 4 and 16 entries that 16 rows share, for activations with one scale a row,
/// and (`g`) with one for every 32 columns, which those of open checkpoints have.
pub const FORMS: [&str; 9] = ["q4_1", "q8_0", "w2", "w4", "w8", "p2", "p4", "p2g", "p4g"];

/// Bytes of weights that are passed over before one is met again: beyond the caches, as when
/// decoding.
const PASS: usize = 96 << 20;
/// Passes over all of them.
const PASSES: usize = 5;

/// One matrix' figures.
#[derive(Clone, Debug, Serialize)]
pub struct Operation {
    /// One of [`FORMS`].
    pub form: String,
    /// Rows of the matrix.
    pub rows: usize,
    /// Columns of the matrix.
    pub cols: usize,
    /// Bytes of its weights.
    pub bytes: usize,
    /// Microseconds for one row of activations: decoding.
    pub decode: f64,
    /// Microseconds for each of 64 rows at once: prefill.
    pub prefill: f64,
}

/// Times random weights, `rows` a multiple of 16, `cols` of 32.
///
/// # Errors
/// [`Kind::Input`] for an unknown form, or other sizes.
pub fn time(cpu: Cpu, form: &str, rows: usize, cols: usize) -> Result<Operation> {
    if rows == 0 || cols == 0 || !rows.is_multiple_of(TILE) || !cols.is_multiple_of(32) {
        let place = format!("{rows} x {cols}, expected multiples of 16 and 32");
        return Err(Error::new(Kind::Input, place));
    }
    let bytes = random(form, rows, cols)?.bytes();
    let copies = PASS.div_ceil(bytes);
    let matrix = random(form, copies * rows, cols)?;
    let grouped = form.starts_with('q') || form.ends_with('g');
    let x = activations(cols, grouped);
    let timed = |n: usize| seconds(cpu, &matrix, rows / TILE, &x, n) * 1e6 / n as f64;
    Ok(Operation {
        form: form.to_owned(),
        rows,
        cols,
        bytes,
        decode: timed(1),
        prefill: timed(ROWS),
    })
}

fn random(form: &str, rows: usize, cols: usize) -> Result<Linear> {
    let mut random = Random::new(5);
    let mut bytes = |n: usize| -> Vec<u8> { (0..n).map(|_| random.byte()).collect() };
    let block = match form {
        "q4_1" => Some(Block::Q4_1),
        "q8_0" => Some(Block::Q8_0),
        _ => None,
    };
    if let Some(kind) = block {
        let mut blocks = bytes(rows * cols / 32 * kind.bytes());
        for block in blocks.chunks_exact_mut(kind.bytes()) {
            for at in (0..if kind == Block::Q4_1 { 4 } else { 2 }).step_by(2) {
                block[at..at + 2].copy_from_slice(&f16::from_f32(0.01).to_le_bytes());
            }
        }
        return Ok(Linear::blocks(rows, cols, kind, &blocks, |r| r));
    }
    let bits = match form {
        "w2" | "p2" | "p2g" => Bits::Two,
        "w4" | "p4" | "p4g" => Bits::Four,
        "w8" => Bits::Eight,
        _ => return Err(Error::new(Kind::Input, format!("form `{form}`"))),
    };
    let tiles = rows / TILE;
    let codes = bytes(tiles * bits.blocks(cols) * BLOCK);
    let tables: Vec<_> = (0..tiles).map(|_| std::array::from_fn(|_| 0)).collect();
    let tables = form.starts_with('p').then_some(&tables[..]);
    Linear::packed(bits, rows, cols, &codes, &vec![0.01; rows], tables)
}

fn activations(cols: usize, grouped: bool) -> Activations {
    let (mut x, mut random) = (Activations::new(ROWS, cols, grouped), Random::new(3));
    x.quantized.q.fill_with(|| random.byte() as i8);
    x.quantized.scale.fill(0.01);
    x.quantized.records.fill(Record {
        scale: 0.01,
        ..Record::default()
    });
    x
}

fn view(x: &Activations) -> View<'_> {
    let q = &x.quantized;
    View {
        x: &x.x,
        q: &q.q,
        stride: q.stride,
        scale: &q.scale,
        sums: &q.sums,
        records: &q.records,
        cols: x.cols,
    }
}

/// Seconds of `n` rows times one matrix of `tiles` tiles: the lower quartile of all copies and
/// passes, so that what else the machine does counts little.
fn seconds(cpu: Cpu, matrix: &Linear, tiles: usize, x: &Activations, n: usize) -> f64 {
    let view = view(x);
    // Many rows are bound by products, not by memory: few copies tell as much.
    let copies = matrix.tiles() / tiles;
    let copies = if n > 1 { copies.min(8) } else { copies };
    let (lent, mut out) = (matrix.lend(), [[0.0; TILE]; ROWS]);
    let mut times: Vec<f64> = (0..PASSES * copies)
        .map(|i| {
            let (start, first) = (Instant::now(), i % copies * tiles);
            for tile in first..first + tiles {
                lent.tile(cpu, view, 0..n, tile, &mut out[..n]);
                std::hint::black_box(&out);
            }
            start.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 4]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A palette of even steps is the even levels' matrix: bytes apart, the same products.
    #[test]
    fn palettes_of_even_steps_are_even_levels() {
        let (rows, cols) = (40_usize, 96_usize);
        let mut random = Random::new(8);
        let mut x = activations(cols, false);
        let sums = x.quantized.sums.chunks_mut(Activations::parts(cols));
        for (q, sums) in x.quantized.q.chunks(x.quantized.stride).zip(sums) {
            sums[0] = q[..cols].iter().map(|&q| i32::from(q)).sum();
        }
        for (bits, step) in [(Bits::Two, 42), (Bits::Four, 8)] {
            let tiles = rows.div_ceil(TILE);
            let codes: Vec<u8> = (0..tiles * bits.blocks(cols) * BLOCK)
                .map(|_| random.byte())
                .collect();
            // Levels are halves, so steps and scales are twice as coarse.
            let entry = |c: usize| 128 + step * (2 * c as i32 - bits.top());
            let table: [u8; 16] =
                std::array::from_fn(|c| entry(c.min(bits.top() as usize)).clamp(0, 255) as u8);
            let scale: Vec<f32> = (0..tiles * TILE)
                .map(|_| 1.0 + random.float().abs())
                .collect();
            let even: Vec<f32> = scale.iter().map(|s| s * 2.0 * step as f32).collect();
            let tables = vec![table; tiles];
            let a = Linear::packed(bits, rows, cols, &codes, &scale, Some(&tables)).unwrap();
            let b = Linear::packed(bits, rows, cols, &codes, &even, None).unwrap();
            assert_eq!(a.bytes(), b.bytes() + 16 * tiles);
            let view = view(&x);
            let mut values = [vec![0.0; cols], vec![0.0; cols]];
            for row in 0..rows {
                let [left, right] = &mut values;
                a.row(row, left);
                b.row(row, right);
                for (left, right) in left.iter().zip(right) {
                    assert!((left - *right).abs() < 1e-3);
                }
            }
            for cpu in Cpu::available() {
                for tile in 0..tiles {
                    let mut out = [[[0.0f32; TILE]; 9]; 2];
                    a.lend().tile(cpu, view, 0..9, tile, &mut out[0]);
                    b.lend().tile(cpu, view, 0..9, tile, &mut out[1]);
                    for (a, b) in out[0].iter().flatten().zip(out[1].iter().flatten()) {
                        assert!((a - b).abs() <= 1e-5 * b.abs().max(1.0), "{a} {b}");
                    }
                }
            }
        }
    }

    #[test]
    fn palettes_that_do_not_fit_are_refused() {
        let (codes, scale) = (vec![0; 2 * 4 * BLOCK], vec![1.0; 32]);
        let linear = |bits, tables| Linear::packed(bits, 32, 32, &codes, &scale, tables);
        assert!(linear(Bits::Four, Some(&[[0; 16]; 2])).is_ok());
        let refused = linear(Bits::Four, Some(&[[0; 16]; 3])).err().unwrap();
        assert_eq!(refused.kind(), Kind::Shape);
    }

    #[test]
    fn other_forms_and_sizes_are_refused() {
        let kind = |form, rows| time(Cpu::scalar(), form, rows, 32).err().map(|e| e.kind());
        assert_eq!(kind("w3", 16), Some(Kind::Input));
        assert_eq!(kind("w4", 17), Some(Kind::Input));
    }
}
