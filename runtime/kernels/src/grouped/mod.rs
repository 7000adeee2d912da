//! Matrices of open checkpoints: codes of 4, 5, 6 or 8 bits, with a scale (and an offset) for every
//! 32 columns of a row, or a scale for every 16. They hold GGUF's kinds exactly, parameter by
//! parameter: nothing is rounded a second time.
//!
//! ```text
//! a tile of 16 rows: codes, group after group of 32 columns; beside it the parameters
//!   codes    4 bits  4 blocks of 64 bytes, as in `packed`: lane r, quads 2b and 2b + 1 of block b
//!            5 bits  the low four, then a block of the fifth: bit q of a byte is quad q's
//!            6 bits  the low four, then 2 blocks of the upper two: quads 4b .. 4b + 3
//!            8 bits  8 blocks, a quad each
//!   Half        [16] scale                     f16, each group: value = (code - zero) * scale
//!   HalfOffset  [16] scale, [16] offset        f16, each group: value = code * scale + offset
//!   Super       [16] d, [16] m                 f16, each 256 columns; then each group
//!               [16] s, [16] t                 u8: value = code * (d * s) - m * t
//!   Signed      [16] d                         f16, each 256 columns; then each 16 columns
//!               [16] s                         i8: value = (code - 32) * (d * s)
//! ```
//! The product, for a row x of activations (int8 `q` and scale `s` a group of 32, see [`Record`]):
//! ```text
//! acc = 0; for each group:  D = sum code * q            w = scale, o = offset (Half: -zero * w)
//!   acc = fma(f32(D), w * s, acc); acc = fma(o, f32(sum q) * s, acc)
//!   8 bits:  D = sum (code - 128) * q, and no offset
//!   Signed:  D = sum (code - 32) * q for each half, the first half first, and no offset
//! ```
//! with fused multiply-adds, which every set but the scalar one has; `f32::mul_add` is the same.

use half::f16;

use crate::cpu::Cpu;
use crate::packed::TILE;

pub(crate) mod pack;
mod product;

pub(crate) use product::tile;

/// Columns that share a scale of the activations, and (but for Q6_K) of the weights.
pub(crate) const GROUP: usize = 32;
/// Groups of a block of the K kinds.
const SUPER: usize = 8;

/// How scales are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scales {
    Half,
    HalfOffset,
    Super,
    Signed,
}

/// How a matrix is kept: one of eight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    pub bits: u32,
    pub scales: Scales,
}

/// What the product reads of a row's group of activations beside its 32 int8.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub(crate) struct Record {
    /// `max|x| / 127`
    pub scale: f32,
    /// `f32(sum q) * scale`
    pub total: f32,
    /// Sums of q over the two halves of the group.
    pub sums: [i32; 2],
}

impl Form {
    /// Bytes of a tile's group.
    pub const fn code_bytes(self) -> usize {
        TILE * GROUP * self.bits as usize / 8
    }

    /// Bytes of a tile's parameters for `groups` groups.
    pub const fn param_bytes(self, groups: usize) -> usize {
        match self.scales {
            Scales::Half => groups * 32,
            Scales::HalfOffset => groups * 64,
            Scales::Super => groups / SUPER * (64 + SUPER * 32),
            Scales::Signed => groups / SUPER * (32 + SUPER * 32),
        }
    }

    /// The code of 0 where there is no offset.
    pub const fn zero(self) -> i32 {
        match self.scales {
            Scales::Half | Scales::Signed => 1 << (self.bits - 1),
            _ => 0,
        }
    }

    /// Columns that a row's length must be a multiple of.
    pub const fn columns(self) -> usize {
        match self.scales {
            Scales::Super | Scales::Signed => SUPER * GROUP,
            _ => GROUP,
        }
    }
}

/// A matrix, lent from wherever it lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grouped<'a> {
    pub form: Form,
    pub groups: usize,
    pub codes: &'a [u8],
    pub params: &'a [u8],
}

impl<'a> Grouped<'a> {
    /// A tile's codes and parameters.
    pub fn tile(&self, tile: usize) -> Tile<'a> {
        let codes = self.groups * self.form.code_bytes();
        let params = self.form.param_bytes(self.groups);
        Tile {
            form: self.form,
            groups: self.groups,
            codes: &self.codes[tile * codes..][..codes],
            params: &self.params[tile * params..][..params],
        }
    }

    /// The values of a row, `[cols]`.
    pub fn row(&self, row: usize, out: &mut [f32]) {
        let tile = self.tile(row / TILE);
        let centre = match self.form.scales {
            Scales::Half | Scales::Signed => self.form.zero() as f32,
            _ => 0.0,
        };
        for (g, out) in out.chunks_mut(GROUP).enumerate() {
            let codes = tile.codes_of(row % TILE, g);
            let (scale, offset) = tile.scale(row % TILE, g);
            for (j, (out, code)) in out.iter_mut().zip(codes).enumerate() {
                *out = (f32::from(code) - centre) * scale[j / 16] + offset;
            }
        }
    }
}

/// A tile, lent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tile<'a> {
    pub form: Form,
    pub groups: usize,
    pub codes: &'a [u8],
    pub params: &'a [u8],
}

impl Tile<'_> {
    /// The 32 codes of a row's group.
    pub fn codes_of(&self, row: usize, group: usize) -> [u8; GROUP] {
        let bytes = &self.codes[group * self.form.code_bytes()..];
        let lane = |block: usize| {
            let at = block * 64 + 4 * row;
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        let mut codes = [0; GROUP];
        for (q, out) in codes.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            let low = (lane(q / 2) >> (4 * (q % 2))) & 0x0f0f_0f0f;
            let quad = match self.form.bits {
                4 => low,
                5 => low | (((lane(4) >> q) & 0x0101_0101) << 4),
                6 => low | (((lane(4 + q / 4) >> (2 * (q % 4))) & 0x0303_0303) << 4),
                _ => lane(q),
            };
            *out = quad.to_le_bytes();
        }
        codes
    }

    /// The scales of a group's two halves, and its offset (0 where there is none).
    pub fn scale(&self, row: usize, group: usize) -> ([f32; 2], f32) {
        let half = |at: usize| {
            f16::from_le_bytes([self.params[at + 2 * row], self.params[at + 2 * row + 1]]).to_f32()
        };
        let byte = |at: usize| self.params[at + row];
        let (block, part) = (group / SUPER, group % SUPER);
        match self.form.scales {
            Scales::Half => ([half(32 * group); 2], 0.0),
            Scales::HalfOffset => ([half(64 * group); 2], half(64 * group + 32)),
            Scales::Super => {
                let at = 320 * block;
                let [s, t] = [64, 80].map(|to| f32::from(byte(at + to + 32 * part)));
                ([half(at) * s; 2], 0.0 - half(at + 32) * t)
            }
            Scales::Signed => {
                let at = 288 * block;
                let s = [32, 48].map(|to| f32::from(byte(at + to + 32 * part) as i8));
                (s.map(|s| half(at) * s), 0.0)
            }
        }
    }
}

/// Rows of activations, lent to a product.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows<'a> {
    /// Rows that begin `stride` apart.
    pub q: &'a [i8],
    pub stride: usize,
    /// `[rows, groups]`
    pub records: &'a [Record],
}

#[cfg(test)]
mod tests;
