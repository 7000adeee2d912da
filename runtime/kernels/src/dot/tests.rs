//! One suite over every kernel: bit-identical to the scalar one.

use super::*;
use crate::random::Random;

/// All block counts to twice what the widest kernel takes in one step, then longer ones; all row
/// counts past one group.
#[test]
fn kernels_equal_the_oracle() {
    let mut random = Random::new(1);
    let mut cases = 0;
    for bits in Bits::ALL {
        for blocks in (0..=18).chain([31, 64, 129, 300]) {
            for m in 1..=11 {
                for extreme in [false, true] {
                    check(bits, blocks, m, extreme, &mut random);
                    cases += 1;
                }
            }
        }
    }
    assert!(cases > 1000);
}

/// Row counts to past what the widest kernel takes at once (64), with more columns than it unpacks
/// at once (1024).
#[test]
fn many_rows_equal_the_oracle() {
    let mut random = Random::new(4);
    for bits in Bits::ALL {
        for m in [9, 15, 16, 17, 32, 33, 48, 63, 64, 65, 72, 73, 80, 130] {
            for cols in [64, 640, 1024, 1100, 2050] {
                check(bits, bits.blocks(cols), m, m == 64, &mut random);
            }
        }
    }
}

/// Random lengths and offsets, thousands of them.
#[test]
fn kernels_equal_the_oracle_at_random() {
    let mut random = Random::new(2);
    for _ in 0..3000 {
        let bits = Bits::ALL[random.below(3)];
        let (blocks, m, extreme) = (random.below(70), 1 + random.below(20), random.below(4) == 0);
        check(bits, blocks, m, extreme, &mut random);
    }
}

/// Codes and activations that begin anywhere, and sums that are not zero.
pub(crate) struct Case {
    codes: Vec<u8>,
    x: Vec<i8>,
    stride: usize,
    start: Vec<[i32; TILE]>,
    /// How many codes and activations lie before the first, so that they are not aligned.
    skip: [usize; 2],
}

impl Case {
    /// `m` rows; `extreme` takes the largest codes and the least activations.
    pub(crate) fn new(
        bits: Bits,
        blocks: usize,
        m: usize,
        extreme: bool,
        random: &mut Random,
    ) -> Self {
        let cols = blocks * bits.columns();
        let stride = cols + random.below(3);
        let skip = [random.below(64), random.below(64)];
        let codes = (0..skip[0] + blocks * BLOCK)
            .map(|_| if extreme { 255 } else { random.byte() })
            .collect();
        let x = (0..skip[1] + m * stride)
            .map(|_| if extreme { -128 } else { random.byte() as i8 })
            .collect();
        let start = (0..m)
            .map(|_| std::array::from_fn(|_| random.next() as i32))
            .collect();
        Self {
            codes,
            x,
            stride,
            start,
            skip,
        }
    }

    /// Every kernel gives what the scalar one gives: `run` of a CPU, codes, activations, their
    /// stride and the sums.
    pub(crate) fn check(&self, run: impl Fn(Cpu, &[u8], &[i8], usize, &mut [[i32; TILE]])) {
        let sums = |cpu| {
            let mut sums = self.start.clone();
            let (codes, x) = (&self.codes[self.skip[0]..], &self.x[self.skip[1]..]);
            run(cpu, codes, x, self.stride, &mut sums);
            sums
        };
        let oracle = sums(Cpu::scalar());
        for cpu in Cpu::available() {
            let (bytes, rows) = (self.codes.len() - self.skip[0], self.start.len());
            assert_eq!(
                sums(cpu),
                oracle,
                "{} codes {bytes} rows {rows}",
                cpu.name()
            );
        }
    }
}

fn check(bits: Bits, blocks: usize, m: usize, extreme: bool, random: &mut Random) {
    let case = Case::new(bits, blocks, m, extreme, random);
    case.check(|cpu, codes, x, stride, sums| tile(cpu, bits, codes, x, stride, sums));
}

#[test]
fn oracle_is_the_definition() {
    let mut random = Random::new(3);
    for bits in Bits::ALL {
        let (rows, cols) = (16, 37);
        let codes: Vec<u8> = (0..rows * cols)
            .map(|_| (random.below(bits.top() as usize + 1)) as u8)
            .collect();
        let packed = crate::packed::pack(bits, rows, cols, &codes);
        let x: Vec<i8> = (0..64)
            .map(|i| if i < cols { random.byte() as i8 } else { 0 })
            .collect();
        let mut sums = [[0; TILE]];
        tile(Cpu::scalar(), bits, &packed, &x, 64, &mut sums);
        for row in 0..rows {
            let sum: i32 = (0..cols)
                .map(|j| i32::from(codes[row * cols + j]) * i32::from(x[j]))
                .sum();
            assert_eq!(sums[0][row], sum);
        }
    }
}

#[test]
#[should_panic(expected = "shorter")]
fn short_activations_are_refused() {
    tile(
        Cpu::scalar(),
        Bits::Two,
        &[0; 128],
        &[0; 31],
        32,
        &mut [[0; TILE]],
    );
}
