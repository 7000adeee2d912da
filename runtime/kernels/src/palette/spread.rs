//! Codes as the entries that they name, in the layout of 8-bit groups ([`crate::grouped`]).
//!
//! ```text
//! block b of codes, field f  ->  block b * fields + f: entry = table[code]
//! ```
//! A block of codes is `8 / bits` quads of each row, and a block of 8-bit groups is one. So the
//! kernels of 8-bit groups multiply palettes too, on every instruction set, and a row's activations
//! may have a scale for every 32 columns.

use super::Table;
use crate::cpu::{Cpu, Isa};
use crate::packed::{BLOCK, Bits};

/// Writes the entries of `codes` `[blocks, 64]` to `out` `[blocks * 8 / bits, 64]`.
///
/// # Panics
/// If `out` has another length, or codes have 8 bits.
pub(crate) fn spread(cpu: Cpu, bits: Bits, table: &Table, codes: &[u8], out: &mut [u8]) {
    assert!(bits != Bits::Eight, "a palette has at most 16 entries");
    assert!(codes.len().is_multiple_of(BLOCK), "codes");
    assert_eq!(out.len(), codes.len() * 8 / bits.count(), "entries");
    match cpu.0 {
        // SAFETY: each token proves AVX2, which every processor with AVX-512 has; lengths were
        // checked above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(_) | Isa::AvxVnni(_) | Isa::Avx512(_) | Isa::Amx(_) => unsafe {
            super::avx2::spread(bits, table, codes, out);
        },
        _ => scalar(bits, table, codes, out),
    }
}

/// The oracle: the definition, one code at a time.
fn scalar(bits: Bits, table: &Table, codes: &[u8], out: &mut [u8]) {
    let fields = 8 / bits.count();
    for (codes, out) in codes
        .chunks_exact(BLOCK)
        .zip(out.chunks_exact_mut(BLOCK * fields))
    {
        for (field, out) in out.chunks_exact_mut(BLOCK).enumerate() {
            for (code, out) in codes.iter().zip(out) {
                let code = code >> (bits.count() * field) & bits.top() as u8;
                *out = table[usize::from(code)];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn kernels_equal_the_oracle() {
        let mut random = Random::new(4);
        for bits in [Bits::Two, Bits::Four] {
            for blocks in (0..6).chain([33]) {
                let table: Table = std::array::from_fn(|_| random.byte());
                let codes: Vec<u8> = (0..blocks * BLOCK).map(|_| random.byte()).collect();
                let run = |cpu| {
                    let mut out = vec![0; codes.len() * 8 / bits.count()];
                    spread(cpu, bits, &table, &codes, &mut out);
                    out
                };
                let oracle = run(Cpu::scalar());
                for cpu in Cpu::available() {
                    assert_eq!(run(cpu), oracle, "{} {bits:?} {blocks}", cpu.name());
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "entries")]
    fn short_room_is_refused() {
        spread(Cpu::scalar(), Bits::Two, &[0; 16], &[0; 64], &mut [0; 128]);
    }
}
