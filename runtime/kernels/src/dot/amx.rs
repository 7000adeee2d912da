//! AMX int8: one `tdpbsud` takes 16 rows of activations times 64 columns of a row tile. AVX-512
//! VNNI does what is left: a few rows (decode), short products, and columns beyond a multiple of
//! 64.
//!
//! ```text
//! C [16 rows of x][16 rows of the tile]   i32   the sums as they lie
//! A [16 rows of x][64 columns]            i8    the activations as they lie, `stride` apart
//! B [16 quads of columns][16 rows][4]     u8    row `fields * b + f` is field f of block b;
//!                                               8-bit blocks are B as they lie
//!
//! for strips of 1024 columns, and 64 rows of x:
//!     unpack the codes to B, 1 KiB for 64 columns
//!     load 4 C
//!     for each 64 columns: load B; for each C: load A, C += A . B
//!     store 4 C
//! ```
//! The whole strip is unpacked first, because a tile loaded right behind the stores would wait for
//! them. Tiles are configured and released within one `asm!`, so no tile state outlives a call:
//! other code on the thread may use the unit as it likes.
//!
//! The instructions are written once, in `program!`; the tests below execute that text on an
//! emulation of the unit, since the machines at hand had none. The intrinsics are not stable yet.

use core::mem::MaybeUninit;

use crate::packed::{BLOCK, Bits, TILE};

/// Rows of x in one run: four C, which leaves two registers for whole A, one for a last A of fewer
/// rows, one for B.
pub(super) const ROWS: usize = 4 * TILE;
/// Columns of one `tdpbsud`.
const COLUMNS: usize = 64;
/// Bytes of a B.
const OPERAND: usize = TILE * COLUMNS;
/// B's that are unpacked at once: 16 KiB, a third of the first-level cache of the processors that
/// have AMX.
const STRIP: usize = 16;
/// Fewer rows are left to VNNI, which takes 8 at once with a single unpacking. A guess, not a
/// measurement.
const MIN_ROWS: usize = 9;
/// Least rows times steps of 64 columns that are worth configuring the unit. A guess likewise.
const MIN_WORK: usize = 128;

/// What one run of the unit computes: `sums[m][16] += x[m][64 n] . b[n][16][64]`.
struct Job<'a> {
    /// Rows that begin `stride` apart.
    x: &'a [i8],
    stride: usize,
    b: &'a [[u8; OPERAND]],
    /// At most [`ROWS`].
    sums: &'a mut [[i32; TILE]],
}

/// The 64 bytes that `ldtilecfg` reads (Intel SDM volume 1, 18.3).
#[repr(C, align(64))]
struct Config {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    /// Bytes of a row, for each register.
    colsb: [u16; 16],
    rows: [u8; 16],
}

impl Config {
    /// For `m` rows of x: registers 0 to 3 are C, 4 and 5 whole A, 6 the last A, 7 is B.
    fn new(m: usize) -> Self {
        let last = (m - 1) % TILE + 1;
        let tiles = m.div_ceil(TILE);
        let mut config = Self {
            palette: 1,
            start_row: 0,
            reserved: [0; 14],
            colsb: [0; 16],
            rows: [0; 16],
        };
        for c in 0..tiles {
            config.rows[c] = if c + 1 == tiles { last } else { TILE } as u8;
        }
        config.rows[4..8].copy_from_slice(&[TILE as u8, TILE as u8, last as u8, TILE as u8]);
        for (colsb, &rows) in config.colsb.iter_mut().zip(&config.rows) {
            *colsb = if rows == 0 { 0 } else { COLUMNS as u16 };
        }
        config
    }
}

/// One C's part of a step: its A (rows 16 apart in x) in register `$a`, and the product.
macro_rules! step {
    ($c:literal, $a:literal) => {
        concat!(
            "tileloadd tmm",
            $a,
            ", [{t} + {stride}]\n",
            "add {t}, {sixteen}\n",
            "tdpbsud tmm",
            $c,
            ", tmm",
            $a,
            ", tmm7\n"
        )
    };
}

/// The instructions for as many C as there are pairs of C and its place in the sums, with the steps
/// of a turn.
macro_rules! program {
    ($($c:literal at $place:literal by $a:literal),*) => {
        concat!(
            "ldtilecfg [{config}]\n",
            $("tileloadd tmm", $c, ", [{c} + {line} + ", $place, "]\n",)*
            "2:\n",
            "tileloadd tmm7, [{b} + {line}]\n",
            "mov {t}, {x}\n",
            $(step!($c, $a),)*
            "add {x}, 64\n",
            "add {b}, 1024\n",
            "dec {steps}\n",
            "jnz 2b\n",
            $("tilestored [{c} + {line} + ", $place, "], tmm", $c, "\n",)*
            "tilerelease"
        )
    };
    (1) => { program!(0 at 0 by 6) };
    (2) => { program!(0 at 0 by 4, 1 at 1024 by 6) };
    (3) => { program!(0 at 0 by 4, 1 at 1024 by 5, 2 at 2048 by 6) };
    (4) => { program!(0 at 0 by 4, 1 at 1024 by 5, 2 at 2048 by 4, 3 at 3072 by 6) };
}

/// Splits a product into runs of the unit and what is left over, as [`super::tile`] calls it.
#[inline(always)]
fn drive(
    bits: Bits,
    codes: &[u8],
    x: &[i8],
    stride: usize,
    sums: &mut [[i32; TILE]],
    run: impl Fn(Job),
    rest: impl Fn(&[u8], &[i8], &mut [[i32; TILE]]),
) {
    let blocks_a_step = COLUMNS / bits.columns();
    let steps = codes.len() / BLOCK / blocks_a_step;
    let (whole, tail) = codes.split_at(steps * blocks_a_step * BLOCK);
    for (i, sums) in sums.chunks_mut(ROWS).enumerate() {
        let x = &x[i * ROWS * stride..];
        if sums.len() < MIN_ROWS || sums.len() * steps < MIN_WORK {
            rest(codes, x, sums);
            continue;
        }
        let mut room = [const { MaybeUninit::uninit() }; STRIP * TILE];
        for (strip, codes) in whole.chunks(STRIP * blocks_a_step * BLOCK).enumerate() {
            let b = match bits {
                Bits::Two => unpack::<2>(codes, &mut room),
                Bits::Four => unpack::<4>(codes, &mut room),
                Bits::Eight => codes.as_chunks().0,
            };
            let x = &x[strip * STRIP * COLUMNS..];
            run(Job { x, stride, b, sums });
        }
        if !tail.is_empty() {
            rest(tail, &x[steps * COLUMNS..], sums);
        }
    }
}

/// The codes of whole steps, a byte each, in the order of B.
#[inline(always)]
fn unpack<'a, const BITS: usize>(
    codes: &[u8],
    room: &'a mut [MaybeUninit<[u8; BLOCK]>; STRIP * TILE],
) -> &'a [[u8; OPERAND]] {
    let (blocks, _) = codes.as_chunks::<BLOCK>();
    let rows = room.chunks_exact_mut(8 / BITS);
    let mut written = 0;
    for (block, rows) in blocks.iter().zip(rows) {
        for (field, row) in rows.iter_mut().enumerate() {
            row.write(block.map(|byte| (byte >> (BITS * field)) & ((1 << BITS) - 1)));
        }
        written += 8 / BITS;
    }
    // SAFETY: the first `written` rows were written one after the other, and 16 of them are an
    // operand.
    unsafe { core::slice::from_raw_parts(room.as_ptr().cast(), written / TILE) }
}

#[cfg(target_arch = "x86_64")]
pub(super) use unit::tile;

#[cfg(target_arch = "x86_64")]
mod unit {
    use core::arch::asm;

    use super::{Bits, Config, Job, ROWS, TILE, drive};
    use crate::dot::avx512;

    /// # Safety
    /// AMX int8, granted by the operating system; AVX-512 F, BW, VNNI; lengths as
    /// [`super::super::tile`] checks them.
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub(in crate::dot) unsafe fn tile(
        bits: Bits,
        codes: &[u8],
        x: &[i8],
        stride: usize,
        sums: &mut [[i32; TILE]],
    ) {
        drive(
            bits,
            codes,
            x,
            stride,
            sums,
            // SAFETY (both): the instructions as promised, and parts of what was checked.
            |job| unsafe { run(job) },
            |codes, x, sums| unsafe { avx512::tile(bits, codes, x, stride, sums) },
        );
    }

    /// # Safety
    /// AMX int8, granted by the operating system.
    unsafe fn run(job: Job) {
        let Job { x, stride, b, sums } = job;
        let m = sums.len();
        assert!((1..=ROWS).contains(&m) && !b.is_empty());
        assert!((m - 1) * stride + 64 * b.len() <= x.len());
        let config = Config::new(m);
        macro_rules! run {
            ($n:tt) => {
                // SAFETY: `x` is read in `m` rows of `64 * b.len()` bytes, `sums` in `m` rows of
                // 64, `b` wholly: all asserted above. The registers of AMX are released at the end,
                // the others restored or declared.
                unsafe {
                    asm!(
                        program!($n),
                        config = in(reg) &raw const config,
                        c = in(reg) sums.as_mut_ptr(),
                        line = in(reg) 64usize,
                        b = inout(reg) b.as_ptr() => _,
                        x = inout(reg) x.as_ptr() => _,
                        stride = in(reg) stride,
                        sixteen = in(reg) stride * TILE,
                        steps = inout(reg) b.len() => _,
                        t = out(reg) _,
                        out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                        out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                        options(nostack),
                    )
                }
            };
        }
        match m.div_ceil(TILE) {
            1 => run!(1),
            2 => run!(2),
            3 => run!(3),
            _ => run!(4),
        }
    }
}

#[cfg(test)]
#[path = "amx_tests.rs"]
mod tests;
