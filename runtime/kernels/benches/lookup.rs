//! An idea that lost: table look-up (T-MAC, <https://arxiv.org/abs/2407.00088>) for 2-bit weights,
//! against `vpdpbusd`. The figures are in `LOG.md`.
//!
//! ```text
//! for 4 columns, table[i] = sum of the x whose bit is set in i      16 entries a token, shared
//! for each bit plane: sum[row] += table[4 bits of the row]          one vpshufb looks up 64 rows
//! ```
//! T-MAC rounds the tables to 8 bits. To give the exact sums, entries need 10 bits (4 * 127): two
//! look-ups, low and high byte.

use divan::Bencher;
use divan::counter::BytesCount;

fn main() {
    divan::main();
}

const COLS: usize = 2048;
const ROWS: usize = 1024;

#[cfg(target_arch = "x86_64")]
mod exact {
    use core::arch::x86_64::*;

    /// Codes [rows, cols] as bit planes: [rows/64][cols/8][2 planes][64 rows], low nibble for the
    /// first four columns.
    pub fn pack(codes: &[u8], cols: usize) -> Vec<u8> {
        let mut out = vec![0; codes.len() / 4];
        for (i, &code) in codes.iter().enumerate() {
            let (row, col) = (i / cols, i % cols);
            for plane in 0..2 {
                let at = ((row / 64 * (cols / 8) + col / 8) * 2 + plane) * 64 + row % 64;
                out[at] |= ((code >> plane) & 1) << (col % 8);
            }
        }
        out
    }

    /// Tables of a row of activations: [cols/4][low bytes 16, high bytes 16].
    pub fn tables(x: &[i8]) -> Vec<[[u8; 16]; 2]> {
        let table = |x: &[i8]| {
            let entry = |i: usize| -> i16 {
                (0..4)
                    .filter(|k| i >> k & 1 == 1)
                    .map(|k| i16::from(x[k]))
                    .sum()
            };
            [0, 1].map(|byte| std::array::from_fn(|i| entry(i).to_le_bytes()[byte]))
        };
        x.chunks_exact(4).map(table).collect()
    }

    /// Sums of code times activation of 64 rows.
    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn rows(planes: &[u8], tables: &[[[u8; 16]; 2]], out: &mut [i32; 64]) {
        let mask = _mm512_set1_epi8(15);
        for (planes, tables) in planes.chunks(32 * 128).zip(tables.chunks(64)) {
            // 64 look-ups of at most 508 fit 16 bits.
            let mut acc = [[_mm512_setzero_si512(); 2]; 2];
            for (planes, tables) in planes.chunks_exact(128).zip(tables.chunks_exact(2)) {
                // SAFETY: 128 bytes of planes and two tables of 32 bytes.
                let load =
                    |at: usize| unsafe { _mm512_loadu_si512(planes.as_ptr().add(at).cast()) };
                let table = |t: &[u8; 16]| {
                    _mm512_broadcast_i32x4(unsafe { _mm_loadu_si128(t.as_ptr().cast()) })
                };
                for (plane, acc) in acc.iter_mut().enumerate() {
                    let w = load(64 * plane);
                    for (t, i) in tables.iter().zip([
                        _mm512_and_si512(w, mask),
                        _mm512_and_si512(_mm512_srli_epi16::<4>(w), mask),
                    ]) {
                        let (low, high) = (
                            _mm512_shuffle_epi8(table(&t[0]), i),
                            _mm512_shuffle_epi8(table(&t[1]), i),
                        );
                        acc[0] = _mm512_add_epi16(acc[0], _mm512_unpacklo_epi8(low, high));
                        acc[1] = _mm512_add_epi16(acc[1], _mm512_unpackhi_epi8(low, high));
                    }
                }
            }
            for (plane, acc) in acc.iter().enumerate() {
                for (half, &acc) in acc.iter().enumerate() {
                    let mut lanes = [0i16; 32];
                    // SAFETY: 64 bytes.
                    unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), acc) };
                    for (i, &sum) in lanes.iter().enumerate() {
                        out[i / 8 * 16 + 8 * half + i % 8] += i32::from(sum) << plane;
                    }
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[divan::bench(sample_count = 50)]
fn look_up(bencher: Bencher) {
    use foveate_kernels::packed::Bits;
    let (codes, x) = inputs();
    if !is_x86_feature_detected!("avx512bw") {
        return;
    }
    let planes = exact::pack(&codes, COLS);
    let run = || {
        let mut out = vec![[0; 64]; ROWS / 64];
        let tables = exact::tables(&x);
        for (planes, out) in planes.chunks_exact(64 * COLS / 4).zip(&mut out) {
            // SAFETY: detected above.
            unsafe { exact::rows(planes, &tables, out) };
        }
        out
    };
    assert_eq!(
        run().as_flattened(),
        vnni(
            &foveate_kernels::packed::pack(Bits::Two, ROWS, COLS, &codes),
            &x
        )
        .as_flattened()
    );
    bencher.counter(BytesCount::new(planes.len())).bench(run);
}

#[divan::bench(sample_count = 50)]
fn multiply(bencher: Bencher) {
    let (codes, x) = inputs();
    let packed =
        foveate_kernels::packed::pack(foveate_kernels::packed::Bits::Two, ROWS, COLS, &codes);
    bencher
        .counter(BytesCount::new(packed.len()))
        .bench(|| vnni(&packed, &x));
}

fn inputs() -> (Vec<u8>, Vec<i8>) {
    let codes = (0..ROWS * COLS)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 20 & 3) as u8)
        .collect();
    let x = (0..COLS)
        .map(|i| (i.wrapping_mul(40_503) >> 3 & 255) as u8 as i8)
        .collect();
    (codes, x)
}

fn vnni(packed: &[u8], x: &[i8]) -> Vec<[i32; 16]> {
    use foveate_kernels::{Cpu, dot, packed::Bits};
    let cpu = Cpu::detect().unwrap();
    let mut out = vec![[0; 16]; ROWS / 16];
    for (codes, out) in packed.chunks_exact(16 * COLS / 4).zip(&mut out) {
        dot::tile(cpu, Bits::Two, codes, x, COLS, std::slice::from_mut(out));
    }
    out
}
