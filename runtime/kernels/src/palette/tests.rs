//! One suite over every kernel: bit-identical to the scalar one; and the scalar one is the
//! definition.

use super::*;
use crate::dot::tests::Case;
use crate::random::Random;

const BITS: [Bits; 2] = [Bits::Two, Bits::Four];

fn check(bits: Bits, blocks: usize, m: usize, extreme: bool, random: &mut Random) {
    let table: Table = std::array::from_fn(|_| if extreme { 255 } else { random.byte() });
    let case = Case::new(bits, blocks, m, extreme, random);
    case.check(|cpu, codes, x, stride, sums| tile(cpu, bits, &table, codes, x, stride, sums));
}

/// All block counts to past every strip, then longer ones; all row counts past one group.
#[test]
fn kernels_equal_the_oracle() {
    let mut random = Random::new(1);
    for bits in BITS {
        for blocks in (0..=18).chain([31, 64, 129, 300]) {
            for m in (1..=11).chain([16, 65]) {
                for extreme in [false, true] {
                    check(bits, blocks, m, extreme, &mut random);
                }
            }
        }
    }
}

#[test]
fn oracle_is_the_definition() {
    let mut random = Random::new(3);
    for bits in BITS {
        let (rows, cols) = (16, 37);
        let codes: Vec<u8> = (0..rows * cols)
            .map(|_| random.below(bits.top() as usize + 1) as u8)
            .collect();
        let table: Table = std::array::from_fn(|_| random.byte());
        let x: Vec<i8> = (0..64)
            .map(|i| if i < cols { random.byte() as i8 } else { 0 })
            .collect();
        let packed = crate::packed::pack(bits, rows, cols, &codes);
        let mut sums = [[0; TILE]];
        tile(Cpu::scalar(), bits, &table, &packed, &x, 64, &mut sums);
        for (row, codes) in codes.chunks(cols).enumerate() {
            let of = |(&c, &x): (&u8, &i8)| i32::from(table[usize::from(c)]) * i32::from(x);
            assert_eq!(sums[0][row], codes.iter().zip(&x).map(of).sum::<i32>());
        }
    }
}

#[test]
#[should_panic(expected = "16 entries")]
fn eight_bits_are_refused() {
    let sums = &mut [[0; TILE]];
    tile(
        Cpu::scalar(),
        Bits::Eight,
        &[0; 16],
        &[0; 64],
        &[0; 4],
        4,
        sums,
    );
}
