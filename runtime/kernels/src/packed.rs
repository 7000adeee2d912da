//! The packed layout as a type: codes of 2, 4 or 8 bits in tiles of 16 rows (see `FORMAT.md`).
//!
//! ```text
//! one block, 64 bytes:      row 0          row 1                row 15
//!                       | b0 b1 b2 b3 | b0 b1 b2 b3 |  ...  | b0 b1 b2 b3 |
//! 2 bits, one byte b_k:  field 3 | field 2 | field 1 | field 0   = columns 12+k, 8+k, 4+k, k
//! ```
//! A row is a 32-bit lane; `(lane >> bits * field) & mask` is four neighbouring columns, the
//! operand of `vpdpbusd`.

use crate::error::{Error, Kind, Result};

/// Rows of a tile.
pub const TILE: usize = 16;
/// Bytes of a block.
pub const BLOCK: usize = 64;

/// Bits of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bits {
    /// Levels -1.5, -0.5, 0.5, 1.5.
    Two,
    /// Levels -7.5 to 7.5.
    Four,
    /// Levels -127.5 to 127.5.
    Eight,
}

impl Bits {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Two, Self::Four, Self::Eight];

    /// How many.
    pub const fn count(self) -> usize {
        match self {
            Self::Two => 2,
            Self::Four => 4,
            Self::Eight => 8,
        }
    }

    /// Columns of a block.
    pub const fn columns(self) -> usize {
        32 / self.count()
    }

    /// The largest code, `2^b - 1`: also twice the level of code 0, negated.
    pub const fn top(self) -> i32 {
        (1 << self.count()) - 1
    }

    /// Blocks of a tile with `cols` columns.
    pub const fn blocks(self, cols: usize) -> usize {
        cols.div_ceil(self.columns())
    }
}

/// Where a code lies: byte offset in its tile, and shift in that byte. `row` counts within the
/// tile.
const fn place(bits: Bits, row: usize, col: usize) -> (usize, usize) {
    let (block, j) = (col / bits.columns(), col % bits.columns());
    (block * BLOCK + 4 * row + j % 4, bits.count() * (j / 4))
}

/// A matrix `[rows, cols]` of packed codes, with one scale for every row and group of columns, lent
/// from wherever it lies.
#[derive(Clone, Copy, Debug)]
pub struct Packed<'a> {
    bits: Bits,
    rows: usize,
    cols: usize,
    groups: usize,
    codes: &'a [u8],
    scale: &'a [f32],
}

impl<'a> Packed<'a> {
    /// Checks that `codes` (`[tiles, blocks, 64]`) and `scale` (`[tiles, groups, 16]`) have the
    /// lengths that the sizes call for.
    pub fn new(
        bits: Bits,
        rows: usize,
        cols: usize,
        codes: &'a [u8],
        scale: &'a [f32],
    ) -> Result<Self> {
        let shape =
            |what: &str| Error::new(Kind::Shape, format!("{what} of a {rows} x {cols} matrix"));
        let tiles = rows.div_ceil(TILE);
        let bytes = tiles
            .checked_mul(bits.blocks(cols))
            .and_then(|n| n.checked_mul(BLOCK));
        if rows == 0 || cols == 0 || bytes != Some(codes.len()) {
            return Err(shape("codes"));
        }
        let groups = scale.len() / (tiles * TILE);
        if groups == 0 || groups * tiles * TILE != scale.len() || !groups_fit(cols, groups) {
            return Err(shape("scale"));
        }
        Ok(Self {
            bits,
            rows,
            cols,
            groups,
            codes,
            scale,
        })
    }

    /// Bits of a code.
    pub fn bits(&self) -> Bits {
        self.bits
    }

    /// Rows, without the padding.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns, without the padding.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Groups of columns, each with its own scale.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// Tiles of 16 rows.
    pub fn tiles(&self) -> usize {
        self.rows.div_ceil(TILE)
    }

    /// The codes of a tile, `[blocks, 64]`.
    pub fn tile(&self, tile: usize) -> &'a [u8] {
        let bytes = self.bits.blocks(self.cols) * BLOCK;
        &self.codes[tile * bytes..][..bytes]
    }

    /// The codes of a tile's group of columns.
    pub fn tile_group(&self, tile: usize, group: usize) -> &'a [u8] {
        let bytes = self.tile(tile).len() / self.groups;
        &self.tile(tile)[group * bytes..][..bytes]
    }

    /// The 16 scales of a tile's group.
    pub fn scale(&self, tile: usize, group: usize) -> &'a [f32; TILE] {
        let at = (tile * self.groups + group) * TILE;
        self.scale[at..][..TILE]
            .try_into()
            .expect("a tile has 16 scales")
    }

    /// One code.
    pub fn code(&self, row: usize, col: usize) -> u8 {
        let (byte, shift) = place(self.bits, row % TILE, col);
        (self.tile(row / TILE)[byte] >> shift) & self.bits.top() as u8
    }

    /// Writes the values of a row (levels times scales) to `out`, `[cols]`.
    pub fn row(&self, row: usize, out: &mut [f32]) {
        let half = self.bits.top() as f32 * 0.5;
        for (col, out) in out.iter_mut().enumerate() {
            let scale = self.scale(row / TILE, col / (self.cols / self.groups))[row % TILE];
            *out = (f32::from(self.code(row, col)) - half) * scale;
        }
    }
}

/// Groups must be equal, and begin at whole blocks of every bit width.
pub(crate) fn groups_fit(cols: usize, groups: usize) -> bool {
    groups == 1
        || (groups != 0 && cols.is_multiple_of(groups) && (cols / groups).is_multiple_of(16))
}

/// Packs `codes` `[rows, cols]`, row-major, into `[tiles, blocks, 64]`.
pub fn pack(bits: Bits, rows: usize, cols: usize, codes: &[u8]) -> Vec<u8> {
    assert_eq!(codes.len(), rows * cols);
    let bytes = bits.blocks(cols) * BLOCK;
    let mut out = vec![0; rows.div_ceil(TILE) * bytes];
    for (i, &code) in codes.iter().enumerate() {
        assert!(
            i32::from(code) <= bits.top(),
            "code {code} does not fit {bits:?}"
        );
        let (row, col) = (i / cols, i % cols);
        let (byte, shift) = place(bits, row % TILE, col);
        out[row / TILE * bytes + byte] |= code << shift;
    }
    out
}

/// Packs `scale` `[rows, groups]`, row-major, into `[tiles, groups, 16]`.
pub fn pack_scale(rows: usize, groups: usize, scale: &[f32]) -> Vec<f32> {
    assert_eq!(scale.len(), rows * groups);
    let mut out = vec![0.0; rows.div_ceil(TILE) * TILE * groups];
    for (i, &s) in scale.iter().enumerate() {
        let (row, group) = (i / groups, i % groups);
        out[(row / TILE * groups + group) * TILE + row % TILE] = s;
    }
    out
}
