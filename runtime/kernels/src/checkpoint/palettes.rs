//! Palettes in the place of a checkpoint's matrices: a safetensors file, named as GGUF names them.
//!
//! ```text
//! NAME.codes U8  [rows, cols * bits / 8]   bits 2 or 4; column 0 in the lowest bits of byte 0
//! NAME.table I8  [ceil(rows / 16), 2^bits] entries of the rows 16 i .. 16 i + 15
//! NAME.scale F16 [rows]                    value = table[code] * scale
//! ```
//! Columns are a multiple of 32. Of queries and keys the rows stand so that rotary pairs are
//! neighbours, whatever the order of the checkpoint: that is the order here, and entries are shared
//! in it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use half::f16;

use super::import::tensor;
use crate::error::{Error, Kind, Result};
use crate::file::Limits;
use crate::grouped::GROUP;
use crate::linear::Linear;
use crate::packed::{BLOCK, Bits, TILE, pack_scale};
use crate::safetensors::{Dtype, Entry, Raw, header_text};

/// What each name ends in.
const ENDS: [&str; 3] = [".codes", ".table", ".scale"];

/// The file's tensors that nobody has asked for yet.
#[derive(Debug, Default)]
pub(super) struct Palettes {
    /// What the file is called.
    place: String,
    data: Vec<u8>,
    entries: BTreeMap<String, Entry>,
}

impl Palettes {
    pub fn read(path: &Path) -> Result<Self> {
        let opened = || {
            let file = File::open(path)?;
            let len = file.metadata()?.len();
            Self::from(file, len)
        };
        let place = path.display().to_string();
        match opened() {
            Ok(read) => Ok(Self { place, ..read }),
            Err(e) => Err(Error::caused(e.kind(), place, e)),
        }
    }

    /// A file of `len` bytes.
    fn from(mut file: impl Read, len: u64) -> Result<Self> {
        let limits = Limits::default();
        if len > limits.file {
            return Err(Error::new(Kind::TooLarge, format!("file of {len} bytes")));
        }
        let raw = Raw::parse(&header_text(&mut file, len, limits.header)?)?;
        let mut data = Vec::new(); // grows with what is there
        file.read_to_end(&mut data)?;
        let taken = [Dtype::U8, Dtype::I8, Dtype::F16];
        let entries = raw.entries(data.len(), &taken, |_| 1)?;
        let place = String::new();
        Ok(Self {
            place,
            data,
            entries,
        })
    }

    /// The matrix of this name, if it is there.
    pub fn take(&mut self, name: &str, rows: usize, cols: usize) -> Result<Option<Linear>> {
        if !self.replaces(name) {
            return Ok(None);
        }
        let matrix = self.matrix(name, rows, cols).map(Some);
        matrix.map_err(|e| Error::caused(e.kind(), self.place.clone(), e))
    }

    fn matrix(&mut self, name: &str, rows: usize, cols: usize) -> Result<Linear> {
        let [codes, table, scale] = ENDS.map(|end| format!("{name}{end}"));
        if !cols.is_multiple_of(GROUP) {
            let place = format!("{} of {cols} columns, no multiple of {GROUP}", tensor(name));
            return Err(Error::new(Kind::Shape, place));
        }
        let bits = self.bits(&codes, cols)?;
        let levels = 1 << bits.count();
        let codes = self.bytes(&codes, Dtype::U8, &[rows, cols * bits.count() / 8])?;
        let table = self.bytes(&table, Dtype::I8, &[rows.div_ceil(TILE), levels])?;
        let halves = self.bytes(&scale, Dtype::F16, &[rows])?;
        let halves = halves.as_chunks().0.iter();
        let scales: Vec<f32> = halves.map(|b| f16::from_le_bytes(*b).to_f32()).collect();
        if !scales.iter().all(|s| s.is_finite()) {
            return Err(Error::new(Kind::Value, tensor(&scale)));
        }
        let tables: Vec<_> = table.chunks_exact(levels).map(entries).collect();
        let packed = tiles(bits, rows, cols, &codes);
        let scales = pack_scale(rows, 1, &scales);
        Linear::packed(bits, rows, cols, &packed, &scales, Some(&tables))
    }

    /// Bits of a code, by how long a row is.
    fn bits(&self, codes: &str, cols: usize) -> Result<Bits> {
        let shape = &self.entries[codes].shape;
        let fits = |bits: &Bits| shape.last() == Some(&(cols * bits.count() / 8));
        let found = [Bits::Two, Bits::Four].into_iter().find(fits);
        found.ok_or_else(|| {
            let place = format!("{} of {shape:?}, for {cols} columns", tensor(codes));
            Error::new(Kind::Shape, place)
        })
    }

    fn bytes(&mut self, name: &str, dtype: Dtype, shape: &[usize]) -> Result<Vec<u8>> {
        let entry = self.entries.remove(name);
        let entry = entry.ok_or_else(|| Error::new(Kind::Missing, tensor(name)))?;
        if entry.dtype != dtype {
            return Err(Error::new(Kind::Dtype, tensor(name)));
        }
        if entry.shape != shape {
            let place = format!("{} of {:?}, expected {shape:?}", tensor(name), entry.shape);
            return Err(Error::new(Kind::Shape, place));
        }
        Ok(self.data[entry.range].to_vec())
    }

    /// A matrix that the file has in the place of this one.
    pub fn replaces(&self, name: &str) -> bool {
        self.entries.contains_key(&format!("{name}{}", ENDS[0]))
    }

    /// Refuses what nobody took.
    pub fn finish(&self) -> Result<()> {
        let Some(name) = self.entries.keys().next() else {
            return Ok(());
        };
        let left = Error::new(Kind::Unknown, tensor(name));
        Err(Error::caused(Kind::Unknown, self.place.clone(), left))
    }
}

/// Codes `[rows, cols * bits / 8]` as the kernels have them: four bytes of a row are its lane of a
/// block, where column j of those in it is field j / 4 of byte j % 4.
fn tiles(bits: Bits, rows: usize, cols: usize, codes: &[u8]) -> Vec<u8> {
    let (n, blocks) = (bits.count(), bits.blocks(cols));
    let mut out = vec![0; rows.div_ceil(TILE) * blocks * BLOCK];
    for (r, row) in codes.chunks_exact(4 * blocks).enumerate() {
        let lane = r / TILE * blocks * BLOCK + 4 * (r % TILE);
        for (b, word) in row.as_chunks::<4>().0.iter().enumerate() {
            let word = u32::from_le_bytes(*word);
            let code =
                |j: usize| (word >> (n * j) & bits.top() as u32) << (8 * (j % 4) + n * (j / 4));
            let word: u32 = (0..32 / n).map(code).sum();
            out[lane + b * BLOCK..][..4].copy_from_slice(&word.to_le_bytes());
        }
    }
    out
}

/// A tile's entries, 128 too large.
fn entries(table: &[u8]) -> [u8; 16] {
    std::array::from_fn(|i| table.get(i).map_or(128, |entry| entry ^ 0x80))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of these tensors: name, type, shape, bytes.
    fn file(tensors: &[(&str, &str, &[usize], Vec<u8>)]) -> Vec<u8> {
        let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
        for (name, dtype, shape, bytes) in tensors {
            let at = [data.len(), data.len() + bytes.len()];
            data.extend(bytes);
            let entry = serde_json::json!({"dtype": dtype, "shape": shape, "data_offsets": at});
            header.insert((*name).to_owned(), entry);
        }
        let text = serde_json::to_vec(&header).unwrap();
        [&(text.len() as u64).to_le_bytes()[..], &text, &data].concat()
    }

    fn take(codes: &[usize], table: &[usize], scale: u8, cols: usize) -> Result<Option<Linear>> {
        let bytes = |shape: &[usize]| vec![0; shape.iter().product()];
        let file = file(&[
            ("a.codes", "U8", codes, bytes(codes)),
            ("a.table", "I8", table, bytes(table)),
            ("a.scale", "F16", &[20], [0, scale].repeat(20)),
        ]);
        let mut palettes = Palettes::from(&file[..], file.len() as u64)?;
        assert!(palettes.replaces("a") && !palettes.replaces("b"));
        let matrix = palettes.take("a", 20, cols)?;
        palettes.finish()?;
        Ok(matrix)
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(take(&[20, 16], &[2, 4], 60, 64).unwrap().is_some());
        assert!(take(&[20, 32], &[2, 16], 60, 64).unwrap().is_some());
        let kind = |codes: &[usize], table: &[usize], scale, cols| {
            take(codes, table, scale, cols).err().unwrap().kind()
        };
        assert_eq!(kind(&[20, 24], &[2, 4], 60, 64), Kind::Shape); // 3 bits
        assert_eq!(kind(&[19, 16], &[2, 4], 60, 64), Kind::Shape);
        assert_eq!(kind(&[20, 16], &[2, 16], 60, 64), Kind::Shape);
        assert_eq!(kind(&[20, 16], &[1, 4], 60, 64), Kind::Shape);
        assert_eq!(kind(&[20, 12], &[2, 4], 60, 48), Kind::Shape); // no whole groups
        assert_eq!(kind(&[20, 16], &[2, 4], 0x7c, 64), Kind::Value); // infinity
    }

    #[test]
    fn codes_lie_as_packed_ones() {
        let mut random = crate::random::Random::new(9);
        for (bits, rows, cols) in [
            (Bits::Two, 20, 64),
            (Bits::Four, 16, 32),
            (Bits::Four, 33, 96),
        ] {
            let n = bits.count();
            let bytes: Vec<u8> = (0..rows * cols * n / 8).map(|_| random.byte()).collect();
            let code = |i: usize| bytes[i * n / 8] >> (n * i % 8) & bits.top() as u8;
            let codes: Vec<u8> = (0..rows * cols).map(code).collect();
            let packed = crate::packed::pack(bits, rows, cols, &codes);
            assert_eq!(tiles(bits, rows, cols, &bytes), packed, "{bits:?}");
        }
    }

    #[test]
    fn files_that_are_not_whole_are_refused() {
        let whole = file(&[("a.codes", "U8", &[20, 16], vec![0; 320])]);
        let refused = |bytes: &[u8]| {
            Palettes::from(bytes, bytes.len() as u64)
                .err()
                .unwrap()
                .kind()
        };
        assert_eq!(refused(&whole[..whole.len() - 1]), Kind::Truncated);
        assert_eq!(refused(&[whole.clone(), vec![0]].concat()), Kind::Gap);
        let mut alone = Palettes::from(&whole[..], whole.len() as u64).unwrap();
        assert_eq!(alone.take("a", 20, 64).err().unwrap().kind(), Kind::Missing);
        let wrong = file(&[("a.codes", "F32", &[20, 4], vec![0; 320])]);
        assert_eq!(refused(&wrong), Kind::Dtype);
    }
}
