//! Every kind of block: values as published, and one product on every instruction set.

use half::f16;

use super::pack::{Block, Draft};
use super::*;
use crate::random::Random;
use crate::row;

/// A block of random codes with sane parameters.
fn block(kind: Block, random: &mut Random) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..kind.bytes()).map(|_| random.byte()).collect();
    let mut half = |at: usize, x: f32| {
        bytes[at..at + 2].copy_from_slice(&f16::from_f32(x).to_le_bytes());
    };
    match kind {
        Block::Q6_K => half(208, random.float() / 512.0),
        Block::Q4_0 | Block::Q5_0 | Block::Q8_0 => half(0, random.float() / 16.0),
        _ => {
            half(0, random.float() / 16.0);
            half(2, random.float() / 16.0);
        }
    }
    bytes
}

/// The values of a block as `dequantize_row_*` of llama.cpp's `ggml-quants.c` has them.
fn published(kind: Block, b: &[u8]) -> Vec<f32> {
    let half = |at: usize| f16::from_le_bytes([b[at], b[at + 1]]).to_f32();
    let nibble = |qs: &[u8], j: usize| i32::from(if j < 16 { qs[j] & 15 } else { qs[j - 16] >> 4 });
    let fifth = |qh: &[u8], j: usize| i32::from(qh[j / 8] >> (j % 8) & 1) << 4;
    match kind {
        Block::Q4_0 => (0..32)
            .map(|j| (nibble(&b[2..], j) - 8) as f32 * half(0))
            .collect(),
        Block::Q4_1 => (0..32)
            .map(|j| nibble(&b[4..], j) as f32 * half(0) + half(2))
            .collect(),
        Block::Q5_0 => (0..32)
            .map(|j| ((nibble(&b[6..], j) | fifth(&b[2..6], j)) - 16) as f32 * half(0))
            .collect(),
        Block::Q5_1 => (0..32)
            .map(|j| (nibble(&b[8..], j) | fifth(&b[4..8], j)) as f32 * half(0) + half(2))
            .collect(),
        Block::Q8_0 => (0..32)
            .map(|j| f32::from(b[2 + j] as i8) * half(0))
            .collect(),
        Block::Q4_K | Block::Q5_K => {
            let (scales, five) = (&b[4..16], kind == Block::Q5_K);
            let qs = if five { &b[48..] } else { &b[16..] };
            let mut out = Vec::new();
            for j in 0..8 {
                let (s, m) = if j < 4 {
                    (scales[j] & 63, scales[j + 4] & 63)
                } else {
                    let (low, a, c) = (scales[j + 4], scales[j - 4], scales[j]);
                    (low & 15 | a >> 6 << 4, low >> 4 | c >> 6 << 4)
                };
                let (d, m) = (half(0) * f32::from(s), half(2) * f32::from(m));
                for l in 0..32 {
                    let byte = qs[j / 2 * 32 + l];
                    let mut q = if j % 2 == 0 { byte & 15 } else { byte >> 4 };
                    if five && b[16 + l] & 1 << j != 0 {
                        q += 16;
                    }
                    out.push(d * f32::from(q) - m);
                }
            }
            out
        }
        Block::Q6_K => {
            let mut out = vec![0.0; 256];
            for n in 0..2 {
                let (ql, qh, sc) = (&b[64 * n..], &b[128 + 32 * n..], &b[192 + 8 * n..]);
                for l in 0..32 {
                    let quarters = [
                        ql[l] & 15 | (qh[l] & 3) << 4,
                        ql[l + 32] & 15 | (qh[l] >> 2 & 3) << 4,
                        ql[l] >> 4 | (qh[l] >> 4 & 3) << 4,
                        ql[l + 32] >> 4 | (qh[l] >> 6 & 3) << 4,
                    ];
                    for (k, q) in quarters.into_iter().enumerate() {
                        let scale = half(208) * f32::from(sc[l / 16 + 2 * k] as i8);
                        out[128 * n + 32 * k + l] = scale * f32::from(q as i8 - 32);
                    }
                }
            }
            out
        }
    }
}

/// A matrix in tiles, and its values by the definition.
struct Matrix {
    form: Form,
    groups: usize,
    codes: Vec<u8>,
    params: Vec<u8>,
    values: Vec<Vec<f32>>,
}

impl Matrix {
    fn random(kind: Block, rows: usize, blocks: usize, random: &mut Random) -> Self {
        let form = kind.form();
        let groups = blocks * form.columns() / GROUP;
        let tiles = rows.div_ceil(TILE);
        let mut codes = vec![0; tiles * groups * form.code_bytes()];
        let mut params = vec![0; tiles * form.param_bytes(groups)];
        let mut values = Vec::new();
        for r in 0..rows {
            let row: Vec<Vec<u8>> = (0..blocks).map(|_| block(kind, random)).collect();
            values.push(row.iter().flat_map(|b| published(kind, b)).collect());
            let (code, param) = (groups * form.code_bytes(), form.param_bytes(groups));
            let mut draft = Draft {
                codes: &mut codes[r / TILE * code..][..code],
                params: &mut params[r / TILE * param..][..param],
            };
            draft.put(kind, r % TILE, &row.concat());
        }
        Self {
            form,
            groups,
            codes,
            params,
            values,
        }
    }

    fn lend(&self) -> Grouped<'_> {
        Grouped {
            form: self.form,
            groups: self.groups,
            codes: &self.codes,
            params: &self.params,
        }
    }
}

#[test]
fn values_are_those_published() {
    let mut random = Random::new(1);
    for kind in Block::ALL {
        let matrix = Matrix::random(kind, 19, 3, &mut random);
        for (r, values) in matrix.values.iter().enumerate() {
            let mut row = vec![0.0; values.len()];
            matrix.lend().row(r, &mut row);
            assert_eq!(&row, values, "{kind:?}, row {r}");
        }
    }
}

/// Rows of activations, some of them extreme.
fn activations(m: usize, groups: usize, random: &mut Random) -> (Vec<i8>, Vec<Record>, Vec<f32>) {
    let cols = groups * GROUP;
    let mut x: Vec<f32> = (0..m * cols).map(|_| random.float() * 8.0).collect();
    x[..cols.min(40)].fill(-3.0);
    let (mut q, mut records) = (vec![0; m * cols], vec![Record::default(); m * groups]);
    for i in 0..m {
        row::quantize_groups(
            Cpu::scalar(),
            &x[i * cols..(i + 1) * cols],
            &mut q[i * cols..(i + 1) * cols],
            &mut records[i * groups..(i + 1) * groups],
        );
    }
    (q, records, x)
}

#[test]
fn kernels_equal_the_oracle_and_the_values() {
    let mut random = Random::new(2);
    for kind in Block::ALL {
        for blocks in [1, 2, 3, 5] {
            let matrix = Matrix::random(kind, 16, blocks, &mut random);
            for m in [1, 2, 3, 4, 5, 7, 8, 9, 17] {
                let (q, records, x) = activations(m, matrix.groups, &mut random);
                let stride = matrix.groups * GROUP;
                let rows = Rows {
                    q: &q,
                    stride,
                    records: &records,
                };
                let run = |cpu| {
                    let mut out = vec![[f32::NAN; TILE]; m];
                    tile(cpu, matrix.lend().tile(0), rows, &mut out);
                    out
                };
                let oracle = run(Cpu::scalar());
                for cpu in Cpu::available() {
                    assert_eq!(run(cpu), oracle, "{} {kind:?} {blocks} {m}", cpu.name());
                }
                for (i, out) in oracle.iter().enumerate() {
                    for (r, &out) in out.iter().enumerate() {
                        let products = matrix.values[r].iter().zip(&x[i * stride..]);
                        let exact: f64 = products
                            .clone()
                            .map(|(&w, &x)| f64::from(w) * f64::from(x))
                            .sum();
                        // Half a step of 1/127 for each activation.
                        let most: f64 = products.map(|(&w, _)| f64::from(w.abs())).sum();
                        let slack = most * 8.0 / 127.0 / 2.0 * 1.01 + 1e-4;
                        assert!((f64::from(out) - exact).abs() <= slack, "{kind:?}");
                    }
                }
            }
        }
    }
}

#[test]
#[should_panic(expected = "records")]
fn short_rows_are_refused() {
    let matrix = Matrix::random(Block::Q4_0, 16, 2, &mut Random::new(3));
    let rows = Rows {
        q: &[0; 64],
        stride: 64,
        records: &[],
    };
    tile(
        Cpu::scalar(),
        matrix.lend().tile(0),
        rows,
        &mut [[0.0; TILE]],
    );
}
