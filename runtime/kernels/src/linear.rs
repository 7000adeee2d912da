//! A matrix of the decoder, packed or float, and its product with a block of rows.

use std::ops::Range;
use std::sync::Arc;

use crate::bytes::{Bytes, as_f32, as_f32_mut};
use crate::cpu::Cpu;
use crate::dot;
use crate::error::{Error, Kind, Result};
use crate::file::{Tensors, form_bits};
use crate::grouped::pack::{Block, Draft};
use crate::grouped::{self, GROUP, Grouped, Record};
use crate::packed::{Bits, Packed, TILE};
use crate::palette::{self, Table};
use crate::row;

/// Rows of activations that one product takes at most: with 2048 columns they are 128 KiB, and stay
/// in the second-level cache while the weights pass by.
pub(crate) const ROWS: usize = 64;

/// Activations: rows of float, and the same as int8. See `FORMAT.md`, "Activation".
pub(crate) struct Activations {
    /// `[rows, cols]`
    pub x: Vec<f32>,
    pub quantized: Quantized,
    pub cols: usize,
}

pub(crate) struct Quantized {
    /// `[rows, stride]`, zeros beyond the columns.
    pub q: Vec<i8>,
    pub stride: usize,
    /// `[rows]`
    pub scale: Vec<f32>,
    /// `[rows, 1 + ceil(cols / 16)]`: the sum of a row, then those of its 16-column parts.
    pub sums: Vec<i32>,
    /// `[rows, ceil(cols / 32)]`, instead of scale and sums, where they are quantized in groups.
    pub records: Vec<Record>,
}

impl Activations {
    pub fn new(rows: usize, cols: usize, grouped: bool) -> Self {
        let stride = cols.next_multiple_of(64);
        let groups = if grouped { cols.div_ceil(GROUP) } else { 0 };
        let quantized = Quantized {
            q: vec![0; rows * stride],
            stride,
            scale: vec![0.0; rows],
            sums: vec![0; rows * Self::parts(cols)],
            records: vec![Record::default(); rows * groups],
        };
        Self {
            x: vec![0.0; rows * cols],
            quantized,
            cols,
        }
    }

    /// Sums kept for a row.
    pub fn parts(cols: usize) -> usize {
        1 + cols.div_ceil(16)
    }
}

/// Activations, lent for reading.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub x: &'a [f32],
    pub q: &'a [i8],
    pub stride: usize,
    pub scale: &'a [f32],
    pub sums: &'a [i32],
    pub records: &'a [Record],
    pub cols: usize,
}

impl<'a> View<'a> {
    fn sum(&self, row: usize, group: Range<usize>) -> i32 {
        let sums =
            &self.sums[row * Activations::parts(self.cols)..][..Activations::parts(self.cols)];
        if group == (0..self.cols) {
            sums[0]
        } else {
            sums[1 + group.start / 16..1 + group.end / 16].iter().sum()
        }
    }

    /// Rows from `first` on, quantized in groups.
    fn grouped(&self, first: usize, groups: usize) -> grouped::Rows<'a> {
        grouped::Rows {
            q: &self.q[first * self.stride..],
            stride: self.stride,
            records: &self.records[first * groups..],
        }
    }

    fn row(&self, row: usize) -> &'a [f32] {
        &self.x[row * self.cols..][..self.cols]
    }
}

/// A matrix `[rows, cols]` in the file's memory.
pub(crate) struct Linear {
    pub rows: usize,
    pub cols: usize,
    form: Form,
    bytes: Arc<Bytes>,
}

enum Form {
    Packed {
        bits: Bits,
        codes: Range<usize>,
        scale: Range<usize>,
        /// A [`Table`] a tile; none where codes are levels.
        tables: Option<Range<usize>>,
    },
    Float(Range<usize>),
    Grouped {
        form: grouped::Form,
        codes: Range<usize>,
        params: Range<usize>,
    },
}

impl Linear {
    pub fn new(tensors: &Tensors, name: &str, rows: usize, cols: usize) -> Result<Self> {
        let missing = || Error::new(Kind::Missing, format!("tensor `{name}`"));
        let packed = |form: &str| {
            let codes = tensors.range(&format!("{name}.{form}"))?;
            Some(Form::Packed {
                bits: form_bits(form)?,
                codes,
                scale: tensors.range(&format!("{name}.scale"))?,
                tables: None,
            })
        };
        let float = || tensors.range(&format!("{name}.f32")).map(Form::Float);
        let form = ["w2", "w4", "w8"]
            .into_iter()
            .find_map(packed)
            .or_else(float)
            .ok_or_else(missing)?;
        let linear = Self {
            rows,
            cols,
            form,
            bytes: tensors.bytes.clone(),
        };
        if let Form::Packed { .. } = linear.form {
            // The shapes were checked with the header; from here on a view cannot fail.
            linear.view()?;
        }
        Ok(linear)
    }

    /// A matrix of packed codes `[tiles, blocks, 64]` with `scale` `[tiles, groups, 16]`, and a
    /// palette for each tile where codes are its entries (then one group).
    pub fn packed(
        bits: Bits,
        rows: usize,
        cols: usize,
        codes: &[u8],
        scale: &[f32],
        tables: Option<&[Table]>,
    ) -> Result<Self> {
        let groups = Packed::new(bits, rows, cols, codes, scale)?.groups();
        let fits = |t: &[Table]| t.len() == rows.div_ceil(TILE) && groups == 1;
        if bits == Bits::Eight && tables.is_some() || !tables.is_none_or(fits) {
            let place = format!("palettes of a {rows} x {cols} matrix");
            return Err(Error::new(Kind::Shape, place));
        }
        let flat = tables.map(<[Table]>::as_flattened);
        let (end, scales) = (codes.len() + 4 * scale.len(), codes.len());
        let mut bytes = Bytes::zeroed(end + flat.map_or(0, <[u8]>::len));
        let (head, tail) = bytes.as_mut_slice().split_at_mut(end);
        head[..scales].copy_from_slice(codes);
        let kept = as_f32_mut(&mut head[scales..]).into_iter().flatten();
        kept.zip(scale).for_each(|(kept, s)| *kept = *s);
        tail.copy_from_slice(flat.unwrap_or_default());
        Ok(Self {
            rows,
            cols,
            form: Form::Packed {
                bits,
                codes: 0..scales,
                scale: scales..end,
                tables: tables.map(|_| end..bytes.len()),
            },
            bytes: Arc::new(bytes),
        })
    }

    /// A matrix of floats, row-major.
    pub fn dense(rows: usize, cols: usize, values: impl Iterator<Item = f32>) -> Self {
        let mut bytes = Bytes::zeroed(4 * rows * cols);
        let out = as_f32_mut(bytes.as_mut_slice()).into_iter().flatten();
        out.zip(values).for_each(|(out, value)| *out = value);
        Self {
            rows,
            cols,
            form: Form::Float(0..bytes.len()),
            bytes: Arc::new(bytes),
        }
    }

    /// A matrix of GGUF's blocks: row r is the row `source(r)` of `blocks`, `[rows, cols]`, which
    /// begin as many bytes apart as a row has.
    pub fn blocks(
        rows: usize,
        cols: usize,
        kind: Block,
        blocks: &[u8],
        source: impl Fn(usize) -> usize,
    ) -> Self {
        let (form, groups) = (kind.form(), cols / GROUP);
        let row_bytes = cols / form.columns() * kind.bytes();
        assert_eq!(blocks.len(), rows * row_bytes);
        let (codes, params) = (groups * form.code_bytes(), form.param_bytes(groups));
        let tiles = rows.div_ceil(TILE);
        let mut bytes = Bytes::zeroed(tiles * (codes + params));
        let (all_codes, all_params) = bytes.as_mut_slice().split_at_mut(tiles * codes);
        for r in 0..rows {
            let (tile, row) = (r / TILE, &blocks[source(r) * row_bytes..][..row_bytes]);
            let mut draft = Draft {
                codes: &mut all_codes[tile * codes..][..codes],
                params: &mut all_params[tile * params..][..params],
            };
            draft.put(kind, r % TILE, row);
        }
        Self {
            rows,
            cols,
            form: Form::Grouped {
                form,
                codes: 0..tiles * codes,
                params: tiles * codes..bytes.len(),
            },
            bytes: Arc::new(bytes),
        }
    }

    fn view(&self) -> Result<Packed<'_>> {
        let Form::Packed {
            bits, codes, scale, ..
        } = &self.form
        else {
            return Err(Error::new(Kind::Dtype, "float matrix"));
        };
        let bytes = self.bytes.as_slice();
        let scale =
            as_f32(&bytes[scale.clone()]).ok_or_else(|| Error::new(Kind::Misaligned, "scale"))?;
        Packed::new(*bits, self.rows, self.cols, &bytes[codes.clone()], scale)
    }

    fn float(&self, range: &Range<usize>) -> &[f32] {
        as_f32(&self.bytes.as_slice()[range.clone()])
            .expect("alignment was checked with the header")
    }

    pub fn tiles(&self) -> usize {
        self.rows.div_ceil(TILE)
    }

    /// Bytes that one pass over the matrix reads.
    pub fn bytes(&self) -> usize {
        match &self.form {
            Form::Packed {
                codes,
                scale,
                tables,
                ..
            } => codes.len() + scale.len() + tables.as_ref().map_or(0, Range::len),
            Form::Grouped { codes, params, .. } => codes.len() + params.len(),
            Form::Float(range) => range.len(),
        }
    }

    /// The values of a row, `[cols]`.
    pub fn row(&self, row: usize, out: &mut [f32]) {
        match self.lend() {
            Lent::Packed(packed, None) => packed.row(row, out),
            Lent::Packed(packed, Some(tables)) => {
                let (table, scale) = (tables[row / TILE], packed.scale(row / TILE, 0));
                for (col, out) in out.iter_mut().enumerate() {
                    let entry = f32::from(table[usize::from(packed.code(row, col))]) - 128.0;
                    *out = entry * scale[row % TILE];
                }
            }
            Lent::Grouped(grouped) => grouped.row(row, out),
            Lent::Float(weights) => out.copy_from_slice(&weights[row * self.cols..][..self.cols]),
        }
    }

    /// The weights, for a run of [`Lent::tile`].
    pub fn lend(&self) -> Lent<'_> {
        match &self.form {
            Form::Packed { tables, .. } => {
                let tables = tables.clone().map(|t| &self.bytes.as_slice()[t]);
                let view = self.view().expect("checked when opened");
                Lent::Packed(view, tables.map(|t| t.as_chunks().0))
            }
            Form::Float(range) => Lent::Float(self.float(range)),
            Form::Grouped {
                form,
                codes,
                params,
            } => Lent::Grouped(Grouped {
                form: *form,
                groups: self.cols / GROUP,
                codes: &self.bytes.as_slice()[codes.clone()],
                params: &self.bytes.as_slice()[params.clone()],
            }),
        }
    }
}

/// A matrix, lent for reading.
#[derive(Clone, Copy)]
pub(crate) enum Lent<'a> {
    Packed(Packed<'a>, Option<&'a [Table]>),
    Grouped(Grouped<'a>),
    Float(&'a [f32]),
}

impl Lent<'_> {
    /// The products of one tile with `rows` of the activations: `out` `[rows, 16]`.
    pub fn tile(self, cpu: Cpu, x: View, rows: Range<usize>, tile: usize, out: &mut [[f32; TILE]]) {
        match self {
            Lent::Packed(packed, None) if rows.len() > STEP && dot::at_once(cpu) > STEP => {
                for (start, out) in rows.clone().step_by(ROWS).zip(out.chunks_mut(ROWS)) {
                    let rows = start..rows.end.min(start + ROWS);
                    packed_tile::<ROWS>(cpu, packed, None, x, rows, tile, out);
                }
            }
            Lent::Packed(w, Some(tables)) if !x.records.is_empty() => {
                let (table, scale, codes) = (&tables[tile], w.scale(tile, 0), w.tile(tile));
                let out = &mut out[..rows.len()];
                let rows = x.grouped(rows.start, w.cols() / GROUP);
                palette::grouped_tile(cpu, w.bits(), table, codes, scale, rows, out);
            }
            Lent::Packed(packed, tables) => {
                let table = tables.map(|t| &t[tile]);
                for (start, out) in rows.clone().step_by(STEP).zip(out.chunks_mut(STEP)) {
                    let rows = start..rows.end.min(start + STEP);
                    packed_tile::<STEP>(cpu, packed, table, x, rows, tile, out);
                }
            }
            Lent::Grouped(grouped) => {
                let out = &mut out[..rows.len()];
                let rows = x.grouped(rows.start, grouped.groups);
                grouped::tile(cpu, grouped.tile(tile), rows, out);
            }
            Lent::Float(weights) => {
                let weights = &weights[tile * TILE * x.cols..];
                for (i, out) in rows.zip(out) {
                    for (w, out) in weights.chunks_exact(x.cols).zip(out) {
                        *out = row::dot(cpu, w, x.row(i));
                    }
                }
            }
        }
    }
}

/// Rows of one `packed_tile`: what the widest vector kernel takes at once. Kernels that take more
/// get [`ROWS`].
const STEP: usize = 8;

/// `y = s * sum over groups of (f32(2 * sum(c * xq) - top * sum(xq)) * 0.5) * scale`, for at most
/// `N` rows. With a palette c is an entry, which is 128 too large: `top` is 256.
fn packed_tile<const N: usize>(
    cpu: Cpu,
    w: Packed,
    table: Option<&Table>,
    x: View,
    rows: Range<usize>,
    tile: usize,
    out: &mut [[f32; TILE]],
) {
    let top = table.map_or(w.bits().top(), |_| 256);
    let width = w.cols() / w.groups();
    let mut zeros = [0; N];
    for group in 0..w.groups() {
        let mut sums = [[0; TILE]; N];
        let sums = &mut sums[..rows.len()];
        let from = rows.start * x.stride + group * width;
        let (codes, q) = (w.tile_group(tile, group), &x.q[from..]);
        match table {
            None => dot::tile(cpu, w.bits(), codes, q, x.stride, sums),
            Some(table) => palette::tile(cpu, w.bits(), table, codes, q, x.stride, sums),
        }
        for (i, zero) in rows.clone().zip(&mut zeros) {
            *zero = top.wrapping_mul(x.sum(i, group * width..(group + 1) * width));
        }
        row::add_products(cpu, sums, &zeros, w.scale(tile, group), group == 0, out);
    }
    row::scale_rows(cpu, out, &x.scale[rows]);
}
