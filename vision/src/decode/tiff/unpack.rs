//! Strips and tiles: unpacking them, and their samples to 8 bits.

use std::io::Read;

use weezl::{BitOrder, LzwStatus, decode::Decoder as Lzw};
use zune_jpeg::zune_core::colorspace::ColorSpace;

use super::{
    directory::Directory,
    fax::{self, Scheme},
    layout::{Colour, Compression, Layout, tag},
};
use crate::{Limits, decode::jpeg};

/// The bytes of a strip or tile: rows of [`Layout::stride`] bytes, fewer of them if it is damaged.
pub(super) struct Unpacked {
    pub(super) bytes: Vec<u8>,
    /// Samples that lie together, and bytes of a row: those of a JPEG are its own.
    pub(super) together: usize,
    pub(super) stride: usize,
    pub(super) damage: Option<String>,
}

/// Unpacks `rows` rows of a strip or tile.
pub(super) fn unpack(
    layout: &Layout,
    page: &Directory<'_>,
    packed: &[u8],
    rows: usize,
    limits: &Limits,
) -> Unpacked {
    if layout.compression == Compression::Jpeg {
        return unpack_jpeg(layout, page, packed, limits);
    }
    let stride = layout.stride();
    let wanted = stride.saturating_mul(rows);
    let turned: Vec<u8>;
    let mut packed = packed;
    let bitwise = !matches!(layout.compression, Compression::Deflate);
    if layout.reversed_bits && bitwise {
        turned = packed.iter().map(|byte| byte.reverse_bits()).collect();
        packed = &turned;
    }
    let fax = |scheme| {
        let (bytes, sound) = fax::decode(packed, layout.segment[0] as u32, rows, scheme);
        (
            bytes,
            (!sound).then(|| "lines are broken or missing".to_owned()),
        )
    };
    let (mut bytes, damage) = match layout.compression {
        Compression::None => (packed[..packed.len().min(wanted)].to_vec(), None),
        Compression::Huffman => fax(Scheme::Huffman),
        Compression::Group3 { two } => fax(Scheme::Group3 { two }),
        Compression::Group4 => fax(Scheme::Group4),
        Compression::Lzw => lzw(packed, wanted),
        Compression::PackBits => (pack_bits(packed, wanted), None),
        Compression::Deflate | Compression::Jpeg => deflate(packed, wanted),
    };
    if layout.differences {
        sum_up(layout, &mut bytes, page.file().is_little());
    }
    let short = (bytes.len() < wanted).then(|| "a strip or tile is cut off".to_owned());
    Unpacked {
        bytes,
        together: layout.together(),
        stride,
        damage: damage.or(short),
    }
}

fn deflate(packed: &[u8], wanted: usize) -> (Vec<u8>, Option<String>) {
    let mut bytes = Vec::new();
    let mut unpacked = flate2::read::ZlibDecoder::new(packed).take(wanted as u64);
    let damage = unpacked.read_to_end(&mut bytes).err();
    (bytes, damage.map(|error| error.to_string()))
}

fn lzw(packed: &[u8], wanted: usize) -> (Vec<u8>, Option<String>) {
    let mut decoder = Lzw::with_tiff_size_switch(BitOrder::Msb, 8);
    let (mut bytes, mut packed, mut buffer) = (Vec::new(), packed, vec![0; 1 << 14]);
    while bytes.len() < wanted {
        let step = decoder.decode_bytes(packed, &mut buffer);
        bytes.extend_from_slice(&buffer[..step.consumed_out]);
        packed = &packed[step.consumed_in..];
        match step.status {
            Ok(LzwStatus::Ok) => {}
            Ok(LzwStatus::NoProgress | LzwStatus::Done) => break,
            Err(error) => {
                bytes.truncate(wanted);
                return (bytes, Some(error.to_string()));
            }
        }
    }
    bytes.truncate(wanted);
    (bytes, None)
}

/// TIFF 6.0, section 9.
fn pack_bits(mut packed: &[u8], wanted: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let [head, rest @ ..] = packed {
        if bytes.len() >= wanted {
            break;
        }
        packed = match *head {
            128 => rest,
            head @ 0..128 => {
                let length = (usize::from(head) + 1).min(rest.len());
                bytes.extend_from_slice(&rest[..length]);
                &rest[length..]
            }
            head => {
                let Some((byte, rest)) = rest.split_first() else {
                    break;
                };
                bytes.extend(std::iter::repeat_n(*byte, 257 - usize::from(head)));
                rest
            }
        };
    }
    bytes.truncate(wanted);
    bytes
}

/// Undoes predictor 2: each sample is a difference to that of the pixel left of it (TIFF 6.0,
/// section 14).
fn sum_up(layout: &Layout, bytes: &mut [u8], little: bool) {
    let (samples, size) = (layout.together(), layout.bits / 8);
    if size == 0 || layout.stride() == 0 {
        return;
    }
    let before = samples * size;
    for row in bytes.chunks_mut(layout.stride()) {
        for at in (before..(row.len() / size) * size).step_by(size) {
            let value = |row: &[u8], at: usize| {
                let bytes = &row[at..at + size];
                let push = |sum: u32, byte: &u8| sum << 8 | u32::from(*byte);
                if little {
                    bytes.iter().rev().fold(0, push)
                } else {
                    bytes.iter().fold(0, push)
                }
            };
            let sum = value(row, at).wrapping_add(value(row, at - before));
            if little {
                row[at..at + size].copy_from_slice(&sum.to_le_bytes()[..size]);
            } else {
                row[at..at + size].copy_from_slice(&sum.to_be_bytes()[4 - size..]);
            }
        }
    }
}

/// A JPEG stream, the tables of which may stand in a tag of their own (TIFF Technical Note 2).
fn unpack_jpeg(layout: &Layout, page: &Directory<'_>, packed: &[u8], limits: &Limits) -> Unpacked {
    let tables = page.bytes(tag::JPEG_TABLES).unwrap_or_default();
    let tables = tables.strip_suffix(&[0xff, 0xd9]).unwrap_or(tables);
    let stream = match tables {
        [0xff, 0xd8, ..] => [tables, packed.get(2..).unwrap_or_default()].concat(),
        _ => packed.to_vec(),
    };
    // YCbCr becomes RGB; all else stays as it is stored.
    let space = match layout.colour {
        Colour::YCbCr if !layout.planar => ColorSpace::RGB,
        _ => ColorSpace::YCbCr,
    };
    // Its own header may not make more of it than the strip or tile that it is.
    let [width, height] = layout.segment.map(|side| side.next_multiple_of(16) as u64);
    let limits = Limits {
        max_pixels: width.saturating_mul(height),
        ..limits.clone()
    };
    match jpeg::pixels(&stream, space, true, &limits) {
        Ok((decoded, damage)) => Unpacked {
            stride: decoded.size[0] as usize * decoded.channels,
            together: decoded.channels,
            bytes: decoded.samples,
            damage,
        },
        Err(error) => Unpacked {
            bytes: Vec::new(),
            together: layout.together(),
            stride: layout.stride(),
            damage: Some(error.to_string()),
        },
    }
}

/// The samples of one row as 8 bits. Palette indices stay as they are; else the largest value
/// becomes 255.
pub(super) fn samples<'a>(
    layout: &Layout,
    row: &'a [u8],
    little: bool,
) -> Box<dyn Iterator<Item = u8> + 'a> {
    let bits = layout.bits;
    let high = move |size: usize| if little { size - 1 } else { 0 };
    match (bits, layout.float) {
        (8, _) => Box::new(row.iter().copied()),
        (32, true) => {
            let (words, _) = row.as_chunks::<4>();
            Box::new(words.iter().map(move |word| {
                let value = if little {
                    f32::from_le_bytes(*word)
                } else {
                    f32::from_be_bytes(*word)
                };
                // 0 to 1, as in the files of scientific programs; not a number is 0.
                (value.clamp(0.0, 1.0) * 255.0).round() as u8
            }))
        }
        (16 | 32, _) => {
            let size = bits / 8;
            Box::new(row.chunks_exact(size).map(move |sample| sample[high(size)]))
        }
        _ => {
            let scale = match layout.colour {
                Colour::Palette => 1,
                _ => 255 / ((1_u16 << bits) - 1) as u8,
            };
            Box::new(row.iter().flat_map(move |byte| {
                let mask = ((1_u16 << bits) - 1) as u8;
                (0..8 / bits).map(move |i| (byte >> (8 - bits * (i + 1)) & mask) * scale)
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_bits_of_the_specification() {
        let packed = [
            0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7,
            0xaa,
        ];
        let bytes = pack_bits(&packed, 100);
        assert_eq!(
            (bytes.len(), &bytes[..7]),
            (24, &[170, 170, 170, 128, 0, 42, 170][..])
        );
        assert_eq!(pack_bits(&packed, 5), bytes[..5]);
        assert_eq!(pack_bits(&[5, 1], 9), [1]);
        assert_eq!(pack_bits(&[200], 9), []);
    }
}
