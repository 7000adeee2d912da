//! From GGUF's blocks to tiles: codes and parameters as they were published, in another order.
//!
//! Layouts of the blocks: `ggml-common.h` and `dequantize_row_*` in `ggml-quants.c` of llama.cpp.

use half::f16;

use super::{Form, GROUP, SUPER, Scales};

/// A kind of block that has a form here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    non_camel_case_types,
    reason = "the names of the format, as everybody writes them"
)]
pub(crate) enum Block {
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q4_K,
    Q5_K,
    Q6_K,
}

impl Block {
    #[cfg(test)]
    pub const ALL: [Self; 8] = [
        Self::Q4_0,
        Self::Q4_1,
        Self::Q5_0,
        Self::Q5_1,
        Self::Q8_0,
        Self::Q4_K,
        Self::Q5_K,
        Self::Q6_K,
    ];

    pub const fn form(self) -> Form {
        let (bits, scales) = match self {
            Self::Q4_0 => (4, Scales::Half),
            Self::Q4_1 => (4, Scales::HalfOffset),
            Self::Q5_0 => (5, Scales::Half),
            Self::Q5_1 => (5, Scales::HalfOffset),
            Self::Q8_0 => (8, Scales::Half),
            Self::Q4_K => (4, Scales::Super),
            Self::Q5_K => (5, Scales::Super),
            Self::Q6_K => (6, Scales::Signed),
        };
        Form { bits, scales }
    }

    /// Bytes of a block, of `form().columns()` columns.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Q4_0 => 18,
            Self::Q4_1 => 20,
            Self::Q5_0 => 22,
            Self::Q5_1 => 24,
            Self::Q8_0 => 34,
            Self::Q4_K => 144,
            Self::Q5_K => 176,
            Self::Q6_K => 210,
        }
    }

    /// Whether the block's float parameters are finite.
    pub fn finite(self, block: &[u8]) -> bool {
        let half = |at: usize| f16::from_le_bytes([block[at], block[at + 1]]).is_finite();
        match self {
            Self::Q4_0 | Self::Q5_0 | Self::Q8_0 => half(0),
            Self::Q6_K => half(208),
            _ => half(0) && half(2),
        }
    }
}

/// A tile under construction: codes and parameters, zeroed.
pub(crate) struct Draft<'a> {
    pub codes: &'a mut [u8],
    pub params: &'a mut [u8],
}

impl Draft<'_> {
    /// Puts a row of blocks at row `r`.
    pub fn put(&mut self, kind: Block, r: usize, row: &[u8]) {
        for (b, block) in row.chunks_exact(kind.bytes()).enumerate() {
            match kind {
                Block::Q4_K | Block::Q5_K => self.super_block(kind, r, b, block),
                Block::Q6_K => self.signed_block(r, b, block),
                _ => self.half_block(kind, r, b, block),
            }
        }
    }

    /// The kinds of 32 columns: `d`, perhaps `m`, perhaps the fifth bits, then nibbles or bytes.
    fn half_block(&mut self, kind: Block, r: usize, g: usize, block: &[u8]) {
        let form = kind.form();
        let floats = if form.scales == Scales::HalfOffset {
            2
        } else {
            1
        };
        let (head, rest) = block.split_at(2 * floats);
        for (i, half) in head.chunks_exact(2).enumerate() {
            let at = 32 * floats * g + 32 * i + 2 * r;
            self.params[at..at + 2].copy_from_slice(half);
        }
        let mut codes = [0; GROUP];
        match form.bits {
            8 => codes.iter_mut().zip(rest).for_each(|(c, q)| *c = q ^ 0x80),
            bits => {
                let (high, nibbles) = rest.split_at(if bits == 5 { 4 } else { 0 });
                split(nibbles, &mut codes);
                for (j, code) in codes.iter_mut().enumerate().take(8 * high.len()) {
                    *code |= (high[j / 8] >> (j % 8) & 1) << 4;
                }
            }
        }
        self.codes(form, r, g, &codes);
    }

    /// Q4_K, Q5_K: `d`, `dmin`, 6-bit scales and minima, perhaps the fifth bits, nibbles.
    fn super_block(&mut self, kind: Block, r: usize, b: usize, block: &[u8]) {
        let form = kind.form();
        let (head, rest) = block.split_at(4);
        let (packed, rest) = rest.split_at(12);
        let (high, nibbles) = rest.split_at(if form.bits == 5 { 32 } else { 0 });
        let at = 320 * b;
        self.params[at + 2 * r..][..2].copy_from_slice(&head[..2]);
        self.params[at + 32 + 2 * r..][..2].copy_from_slice(&head[2..]);
        for part in 0..SUPER {
            let [s, t] = six_bits(packed, part);
            self.params[at + 64 + 32 * part + r] = s;
            self.params[at + 80 + 32 * part + r] = t;
            // 32 bytes hold two groups: the low nibbles one, the high nibbles the next.
            let bytes = &nibbles[32 * (part / 2)..][..32];
            let mut codes = [0; GROUP];
            for (j, code) in codes.iter_mut().enumerate() {
                *code = bytes[j] >> (4 * (part % 2)) & 15;
                if let Some(high) = high.get(j) {
                    *code |= (high >> part & 1) << 4;
                }
            }
            self.codes(form, r, SUPER * b + part, &codes);
        }
    }

    /// Q6_K: low nibbles, upper two bits, 16 scales, `d`.
    fn signed_block(&mut self, r: usize, b: usize, block: &[u8]) {
        let (low, rest) = block.split_at(128);
        let (high, rest) = rest.split_at(64);
        let (scales, d) = rest.split_at(16);
        let at = 288 * b;
        self.params[at + 2 * r..][..2].copy_from_slice(d);
        for (i, &s) in scales.iter().enumerate() {
            self.params[at + 32 + 16 * i + r] = s;
        }
        for part in 0..SUPER {
            let (half, quarter) = (part / 4, part % 4);
            let mut codes = [0; GROUP];
            for (j, code) in codes.iter_mut().enumerate() {
                let nibble = low[64 * half + 32 * (quarter % 2) + j] >> (4 * (quarter / 2)) & 15;
                *code = nibble | (high[32 * half + j] >> (2 * quarter) & 3) << 4;
            }
            self.codes(Block::Q6_K.form(), r, SUPER * b + part, &codes);
        }
    }

    /// The codes of a row's group, to where the kernels want them.
    fn codes(&mut self, form: Form, r: usize, g: usize, codes: &[u8; GROUP]) {
        let out = &mut self.codes[g * form.code_bytes()..][..form.code_bytes()];
        let (quads, _) = codes.as_chunks::<4>();
        let quad = |q: usize| u32::from_le_bytes(quads[q]);
        let mut put = |block: usize, lane: u32| {
            out[64 * block + 4 * r..][..4].copy_from_slice(&lane.to_le_bytes());
        };
        if form.bits == 8 {
            return (0..8).for_each(|q| put(q, quad(q)));
        }
        let low = |q: usize| quad(q) & 0x0f0f_0f0f;
        (0..4).for_each(|b| put(b, low(2 * b) | low(2 * b + 1) << 4));
        let high = |q: usize| quad(q) >> 4 & 0x0303_0303;
        match form.bits {
            5 => put(4, (0..8).map(|q| high(q) << q).sum()),
            6 => (0..2).for_each(|b| {
                put(4 + b, (0..4).map(|q| high(4 * b + q) << (2 * q)).sum());
            }),
            _ => {}
        }
    }
}

/// 16 bytes: the low nibbles are the first 16 codes, the high ones the others.
fn split(nibbles: &[u8], codes: &mut [u8; GROUP]) {
    let (first, second) = codes.split_at_mut(16);
    for ((byte, first), second) in nibbles.iter().zip(first).zip(second) {
        (*first, *second) = (byte & 15, byte >> 4);
    }
}

/// Scale and minimum of a group of Q4_K and Q5_K: `get_scale_min_k4`.
fn six_bits(packed: &[u8], part: usize) -> [u8; 2] {
    if part < 4 {
        return [packed[part] & 63, packed[part + 4] & 63];
    }
    let (low, first, second) = (packed[part + 4], packed[part - 4], packed[part]);
    [
        (low & 15) | (first >> 6) << 4,
        (low >> 4) | (second >> 6) << 4,
    ]
}
