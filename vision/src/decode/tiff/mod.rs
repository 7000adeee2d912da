//! TIFF 6.0 and BigTIFF as scanners and faxes write them: strips and tiles, pixels together or in
//! planes, without compression or with CCITT, LZW, JPEG, Deflate or PackBits; grey, RGB, palette,
//! CMYK and YCbCr.
//!
//! It is read here, and not by crate `tiff`, since that panics at tiles in planes and gives no part
//! of a damaged file.

mod directory;
mod fax;
mod layout;
mod unpack;

use super::{Samples, Stored, jpeg, malformed, profile};
use crate::{Format, Limits, Note, Result};
use directory::{Directory, File};
use layout::{Alpha, Colour, Compression, Layout, tag};

/// What a damaged file leaves out: mid grey.
const MISSING: u8 = 128;

pub(super) fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Stored<'a>> {
    let pages = File::new(bytes).map(File::pages).unwrap_or_default();
    let Some(read) = first_whole(&pages) else {
        return Err(malformed(Format::Tiff, "no page"));
    };
    let page = &pages[read];
    let mut stored = match old_jpeg(page) {
        Some(stream) => jpeg::decode(stream, limits)?,
        None => decode_page(page, limits)?,
    };
    stored.exif = None;
    stored.orientation = page.first(tag::ORIENTATION).map(|number| number as u16);
    stored
        .notes
        .extend(page.bytes(tag::PROFILE).and_then(profile::ignored));
    if pages.len() > 1 {
        let (read, of) = (read + 1, pages.len());
        stored.notes.push(Note::Pages { read, of });
    }
    Ok(stored)
}

/// The first page that is no thumbnail (bit 0 of its kind) and no mask (bit 2), or else the first.
fn first_whole(pages: &[Directory<'_>]) -> Option<usize> {
    let whole = |page: &Directory<'_>| page.first(tag::KIND).unwrap_or(0) & 0b101 == 0;
    pages
        .iter()
        .position(whole)
        .or((!pages.is_empty()).then_some(0))
}

/// The whole JPEG file that compression 6 of TIFF 6.0 may hold.
fn old_jpeg<'a>(page: &Directory<'a>) -> Option<&'a [u8]> {
    page.first(tag::COMPRESSION)
        .filter(|compression| *compression == 6)?;
    let from = usize::try_from(page.first(tag::OLD_JPEG)?).ok()?;
    let length = page.first(tag::OLD_JPEG_BYTES).unwrap_or(u64::MAX);
    let rest = page.file().bytes.get(from..)?;
    let stream = &rest[..usize::try_from(length)
        .unwrap_or(usize::MAX)
        .min(rest.len())];
    stream.starts_with(&[0xff, 0xd8, 0xff]).then_some(stream)
}

fn decode_page<'a>(page: &Directory<'a>, limits: &Limits) -> Result<Stored<'a>> {
    let layout = Layout::read(page, limits)?;
    check_claim(&layout, page)?;
    let (samples, damage) = read_segments(&layout, page, limits)?;
    let size = layout.size.map(|side| side as u32);
    let mut stored = Stored::new(size, colours(&layout, page, samples)?);
    stored.notes.extend(damage.map(Note::Damaged));
    Ok(stored)
}

/// A strip's or tile's bytes.
fn segment<'a>(layout: &Layout, page: &Directory<'a>, index: usize) -> Option<&'a [u8]> {
    let (offsets, lengths) = if layout.tiled {
        (tag::TILE_OFFSETS, tag::TILE_BYTES)
    } else {
        (tag::STRIP_OFFSETS, tag::STRIP_BYTES)
    };
    let from = usize::try_from(page.number(offsets, index)?).ok()?;
    let rest = page.file().bytes.get(from..)?;
    // Some writers leave the lengths out, or 0; data that is cut off is read as far as it goes.
    let length = page.number(lengths, index).filter(|length| *length > 0);
    let length = length.map_or(rest.len(), |length| length.min(rest.len() as u64) as usize);
    Some(&rest[..length])
}

/// Refuses a page of which the file cannot hold a sixteenth, so that a few bytes do not make
/// megabytes be set aside.
fn check_claim(layout: &Layout, page: &Directory<'_>) -> Result<()> {
    // The most that one byte can unpack to: Deflate 1032 (zlib's documentation); LZW 4096 in a code
    // of 12 bits; PackBits 128 in two. Lines of a fax take a bit, blocks of a JPEG too.
    let most = match layout.compression {
        Compression::None => 1,
        Compression::PackBits => 64,
        Compression::Deflate => 1032,
        Compression::Lzw => 2731,
        Compression::Jpeg => 64 * 8,
        _ => 8 * layout.stride() as u64,
    };
    let bytes = page.file().bytes.len() as u64;
    let needed = layout.stride() as u64 * layout.size[1] as u64;
    if needed / 16 > most.saturating_mul(bytes) {
        let [width, height] = layout.size;
        let what = format!("the header says {width}x{height}, more than {bytes} bytes can hold");
        return Err(malformed(Format::Tiff, what));
    }
    Ok(())
}

/// All samples that are kept, 8 bits each: [height, width, channels]; and what was damaged.
fn read_segments(
    layout: &Layout,
    page: &Directory<'_>,
    limits: &Limits,
) -> Result<(Vec<u8>, Option<String>)> {
    let ([width, height], channels) = (layout.size, layout.channels());
    let mut samples = vec![MISSING; width * height * channels];
    let [across, down] = layout.grid();
    let planes = if layout.planar { channels } else { 1 };
    let (mut damage, mut sound) = (None, 0);
    for index in 0..planes * across * down {
        let (plane, place) = (index / (across * down), index % (across * down));
        let at = [place % across, place / across];
        let Some(packed) = segment(layout, page, index) else {
            damage.get_or_insert_with(|| "a strip or tile is missing".to_owned());
            continue;
        };
        let [left, top] = [0, 1].map(|axis| at[axis] * layout.segment[axis]);
        let rows = if layout.tiled {
            layout.segment[1]
        } else {
            layout.segment[1].min(height - top)
        };
        let unpacked = unpack::unpack(layout, page, packed, rows, limits);
        sound += usize::from(!unpacked.bytes.is_empty());
        damage = damage.or(unpacked.damage.clone());
        let little = page.file().is_little();
        let lines = unpacked
            .bytes
            .chunks(unpacked.stride.max(1))
            .take(rows.min(height - top));
        for (line, row) in lines.enumerate() {
            let to = &mut samples[((top + line) * width + left) * channels..];
            let to = &mut to[..(width - left).min(layout.segment[0]) * channels];
            let from = unpack::samples(layout, row, little);
            scatter(
                to,
                from,
                unpacked.together,
                channels,
                layout.planar.then_some(plane),
            );
        }
    }
    match (sound, damage) {
        (0, what) => Err(malformed(
            Format::Tiff,
            what.unwrap_or("no pixels".to_owned()),
        )),
        (_, damage) => Ok((samples, damage)),
    }
}

/// Puts a row's samples where they belong: of `together` the first `channels`, or all into one
/// plane's place.
fn scatter(
    to: &mut [u8],
    mut from: impl Iterator<Item = u8>,
    together: usize,
    channels: usize,
    plane: Option<usize>,
) {
    for pixel in to.chunks_exact_mut(channels) {
        match plane {
            Some(plane) => {
                let Some(sample) = from.next() else { return };
                pixel[plane] = sample;
                // Of a JPEG with more samples than it should have, the first one counts.
                from.by_ref().take(together - 1).for_each(drop);
            }
            None => {
                for channel in 0..together {
                    let Some(sample) = from.next() else { return };
                    if let Some(to) = pixel.get_mut(channel) {
                        *to = sample;
                    }
                }
            }
        }
    }
}

/// From the file's colours to RGB or RGBA.
fn colours(layout: &Layout, page: &Directory<'_>, samples: Vec<u8>) -> Result<Samples> {
    if layout.colour == Colour::Rgb && layout.alpha == Alpha::None {
        return Ok(Samples::Rgb(samples));
    }
    let palette = match layout.colour {
        Colour::Palette => palette(layout, page)?,
        _ => Vec::new(),
    };
    // JPEG's own decoder has already made RGB of YCbCr.
    let is_rgb = layout.compression == Compression::Jpeg && !layout.planar;
    let rgb = |pixel: &[u8]| match (layout.colour, pixel) {
        (Colour::Grey { white_is_0 }, [grey, ..]) => {
            [if white_is_0 { 255 - grey } else { *grey }; 3]
        }
        (Colour::Palette, [index, ..]) => palette
            .get(usize::from(*index))
            .copied()
            .unwrap_or_default(),
        (Colour::Cmyk, [c, m, y, k, ..]) => [c, m, y].map(|ink| over_black(*ink, *k)),
        (Colour::YCbCr, [y, cb, cr, ..]) if !is_rgb => from_ycbcr([*y, *cb, *cr]),
        (_, [r, g, b, ..]) => [*r, *g, *b],
        _ => [MISSING; 3],
    };
    let pixels = samples.chunks_exact(layout.channels());
    if layout.alpha == Alpha::None {
        return Ok(Samples::Rgb(pixels.flat_map(rgb).collect()));
    }
    let with_alpha = |pixel: &[u8]| {
        let alpha = pixel[pixel.len() - 1];
        let plain = |channel: u8| match (layout.alpha, alpha) {
            (Alpha::Multiplied, 1..) => {
                (u32::from(channel) * 255 / u32::from(alpha)).min(255) as u8
            }
            _ => channel,
        };
        let [r, g, b] = rgb(pixel).map(plain);
        [r, g, b, alpha]
    };
    Ok(Samples::Rgba(pixels.flat_map(with_alpha).collect()))
}

/// The light that ink and black leave, of 255.
fn over_black(ink: u8, black: u8) -> u8 {
    let light = (255 - u32::from(ink)) * (255 - u32::from(black));
    ((light + 127) / 255) as u8
}

/// ITU-R BT.601, full range, as in JFIF.
fn from_ycbcr([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let [y, cb, cr] = [f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0];
    let rgb = [
        y + 1.402 * cr,
        y - 0.344_14 * cb - 0.714_14 * cr,
        y + 1.772 * cb,
    ];
    rgb.map(|channel| channel.round().clamp(0.0, 255.0) as u8)
}

/// The colours of the map: all reds, then all greens, then all blues, of 16 bits. Some writers give
/// them 8.
fn palette(layout: &Layout, page: &Directory<'_>) -> Result<Vec<[u8; 3]>> {
    let count = 1 << layout.bits;
    let value = |index: usize| page.number(tag::COLOUR_MAP, index);
    if value(3 * count - 1).is_none() {
        return Err(malformed(Format::Tiff, "a palette without its colours"));
    }
    let narrow = (0..3 * count).all(|index| value(index).is_some_and(|value| value < 256));
    let byte = |value: u64| {
        if narrow {
            value as u8
        } else {
            (value >> 8) as u8
        }
    };
    let colour = |index: usize| {
        [0, 1, 2].map(|channel| value(channel * count + index).map(byte).unwrap_or_default())
    };
    Ok((0..count).map(colour).collect())
}
