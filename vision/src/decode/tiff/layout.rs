//! What a TIFF page is made of (TIFF 6.0), checked before anything is allocated.

use super::directory::Directory;
use crate::{
    Format, Limits, Result,
    decode::{malformed, unsupported},
};

/// The tags that are read.
pub(super) mod tag {
    pub(crate) const KIND: u16 = 254;
    pub(crate) const WIDTH: u16 = 256;
    pub(crate) const HEIGHT: u16 = 257;
    pub(crate) const BITS: u16 = 258;
    pub(crate) const COMPRESSION: u16 = 259;
    pub(crate) const PHOTOMETRIC: u16 = 262;
    pub(crate) const FILL_ORDER: u16 = 266;
    pub(crate) const STRIP_OFFSETS: u16 = 273;
    pub(crate) const ORIENTATION: u16 = 274;
    pub(crate) const SAMPLES: u16 = 277;
    pub(crate) const STRIP_ROWS: u16 = 278;
    pub(crate) const STRIP_BYTES: u16 = 279;
    pub(crate) const PLANAR: u16 = 284;
    pub(crate) const GROUP3_OPTIONS: u16 = 292;
    pub(crate) const PREDICTOR: u16 = 317;
    pub(crate) const COLOUR_MAP: u16 = 320;
    pub(crate) const TILE_WIDTH: u16 = 322;
    pub(crate) const TILE_HEIGHT: u16 = 323;
    pub(crate) const TILE_OFFSETS: u16 = 324;
    pub(crate) const TILE_BYTES: u16 = 325;
    pub(crate) const EXTRA: u16 = 338;
    pub(crate) const SAMPLE_FORMAT: u16 = 339;
    pub(crate) const JPEG_TABLES: u16 = 347;
    pub(crate) const OLD_JPEG: u16 = 513;
    pub(crate) const OLD_JPEG_BYTES: u16 = 514;
    pub(crate) const SUBSAMPLING: u16 = 530;
    pub(crate) const PROFILE: u16 = 34675;
}

/// Pixels of a page with its tiles' margins that are no burden whatever the limits: a picture of
/// one row in tiles of 256 rows has 256 times its own.
const SMALL: u64 = 1 << 22;

/// What the samples of a pixel mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Colour {
    /// Grey, 0 is white or black.
    Grey {
        white_is_0: bool,
    },
    Rgb,
    Palette,
    Cmyk,
    YCbCr,
}

impl Colour {
    pub(super) fn channels(self) -> usize {
        match self {
            Self::Grey { .. } | Self::Palette => 1,
            Self::Rgb | Self::YCbCr => 3,
            Self::Cmyk => 4,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Compression {
    None,
    Huffman,
    Group3 { two: bool },
    Group4,
    Lzw,
    Jpeg,
    Deflate,
    PackBits,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Alpha {
    None,
    /// The colours are multiplied by it.
    Multiplied,
    Plain,
}

/// A page, as its tags describe it.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) size: [usize; 2],
    /// Width and height of a strip or tile; the last ones of strips may be lower.
    pub(super) segment: [usize; 2],
    pub(super) tiled: bool,
    /// Samples of a pixel in the file, and bits of each.
    pub(super) samples: usize,
    pub(super) bits: usize,
    pub(super) float: bool,
    /// Each sample in a plane of its own.
    pub(super) planar: bool,
    pub(super) colour: Colour,
    pub(super) alpha: Alpha,
    pub(super) compression: Compression,
    /// Samples are differences to those left of them.
    pub(super) differences: bool,
    pub(super) reversed_bits: bool,
}

impl Layout {
    pub(super) fn read(page: &Directory<'_>, limits: &Limits) -> Result<Self> {
        let side = |tag| page.first(tag).and_then(|side| u32::try_from(side).ok());
        let (Some(width), Some(height)) = (side(tag::WIDTH), side(tag::HEIGHT)) else {
            return Err(malformed(Format::Tiff, "a page without width or height"));
        };
        limits.check_size([width, height])?;
        let size = [width, height].map(|side| side as usize);
        let (colour, compression) = (colour(page)?, compression(page)?);
        let samples = page.first(tag::SAMPLES).unwrap_or(1) as usize;
        if samples < colour.channels() || samples > 64 {
            let what = format!("{samples} samples a pixel for {colour:?}");
            return Err(malformed(Format::Tiff, what));
        }
        let (tiled, segment) = segment(page, size)?;
        let layout = Self {
            size,
            segment,
            tiled,
            samples,
            bits: bits(page)?,
            float: float(page)?,
            planar: page.first(tag::PLANAR) == Some(2) && samples > 1,
            alpha: alpha(page, colour, samples),
            colour,
            compression,
            differences: differences(page)?,
            reversed_bits: page.first(tag::FILL_ORDER) == Some(2),
        };
        layout.check(page, limits)?;
        Ok(layout)
    }

    /// Samples that are kept of a pixel: its colour and alpha.
    pub(super) fn channels(&self) -> usize {
        self.colour.channels() + usize::from(self.alpha != Alpha::None)
    }

    /// Samples of a pixel that lie together.
    pub(super) fn together(&self) -> usize {
        if self.planar { 1 } else { self.samples }
    }

    /// Bytes of a row of a strip or tile.
    pub(super) fn stride(&self) -> usize {
        (self.segment[0] * self.together() * self.bits).div_ceil(8)
    }

    /// Strips or tiles across and down.
    pub(super) fn grid(&self) -> [usize; 2] {
        [0, 1].map(|axis| self.size[axis].div_ceil(self.segment[axis]))
    }

    fn check(&self, page: &Directory<'_>, limits: &Limits) -> Result<()> {
        let refuse = |what: String| Err(unsupported(Format::Tiff, what));
        let bits = self.bits;
        let sound = match (self.colour, self.float) {
            (Colour::Palette, float) => bits <= 8 && !float,
            (_, true) => bits == 32,
            (_, false) => matches!(bits, 1 | 2 | 4 | 8 | 16 | 32),
        };
        if !sound {
            let kind = if self.float {
                "floating-point"
            } else {
                "whole"
            };
            return refuse(format!(
                "{kind} samples of {bits} bits for {:?}",
                self.colour
            ));
        }
        let one_bit = matches!(
            self.compression,
            Compression::Huffman | Compression::Group3 { .. } | Compression::Group4
        );
        if one_bit && (bits != 1 || self.together() != 1) {
            return refuse(format!("{:?} of other than one bit", self.compression));
        }
        if self.compression == Compression::Jpeg && bits != 8 {
            return refuse(format!("JPEG of {bits} bits a sample"));
        }
        let subsampled = [0, 1].map(|i| page.number(tag::SUBSAMPLING, i).unwrap_or(2));
        let plain_ycbcr = self.colour == Colour::YCbCr && self.compression != Compression::Jpeg;
        let planes = self.planar && self.colour == Colour::YCbCr;
        if (plain_ycbcr || planes) && subsampled != [1, 1] {
            return refuse("YCbCr with fewer samples of colour, but for JPEG".to_owned());
        }
        // Tiles reach beyond the picture, but what all of them hold together stays within the
        // limit.
        let [across, down] = self.grid().map(|tiles| tiles as u64);
        let segment = (self.segment[0] as u64).saturating_mul(self.segment[1] as u64);
        let pixels = segment.saturating_mul(across.saturating_mul(down));
        let bytes = pixels.saturating_mul((self.together() * bits) as u64) / 8;
        let most = limits.max_pixels.max(SMALL);
        if pixels > most || bytes > most.saturating_mul(8) {
            let [width, height] = self.segment;
            let what = format!("strips or tiles of {width}x{height} hold more than the limits");
            return Err(malformed(Format::Tiff, what));
        }
        Ok(())
    }
}

fn colour(page: &Directory<'_>) -> Result<Colour> {
    let name = match page.first(tag::PHOTOMETRIC) {
        // Some writers of faxes leave it out.
        Some(0 | 4) | None => return Ok(Colour::Grey { white_is_0: true }),
        Some(1) => return Ok(Colour::Grey { white_is_0: false }),
        Some(2) => return Ok(Colour::Rgb),
        Some(3) => return Ok(Colour::Palette),
        Some(5) => return Ok(Colour::Cmyk),
        Some(6) => return Ok(Colour::YCbCr),
        Some(8..=10) => "CIE L*a*b*".to_owned(),
        Some(32803 | 34892) => "a camera's raw data".to_owned(),
        Some(32844 | 32845) => "LogLuv".to_owned(),
        Some(other) => format!("photometric interpretation {other}"),
    };
    Err(unsupported(
        Format::Tiff,
        format!("{name} is not read: convert it to RGB first"),
    ))
}

fn compression(page: &Directory<'_>) -> Result<Compression> {
    let two = page.first(tag::GROUP3_OPTIONS).unwrap_or(0) & 1 == 1;
    let name = match page.first(tag::COMPRESSION).unwrap_or(1) {
        1 => return Ok(Compression::None),
        2 => return Ok(Compression::Huffman),
        3 => return Ok(Compression::Group3 { two }),
        4 => return Ok(Compression::Group4),
        5 => return Ok(Compression::Lzw),
        7 => return Ok(Compression::Jpeg),
        8 | 32946 => return Ok(Compression::Deflate),
        32773 => return Ok(Compression::PackBits),
        6 => "JPEG as of TIFF 6.0 without a whole JPEG stream".to_owned(),
        34661 => "JBIG".to_owned(),
        34712 => "JPEG 2000".to_owned(),
        34887 => "LERC".to_owned(),
        34925 => "LZMA".to_owned(),
        50000 => "Zstandard".to_owned(),
        50001 => "WebP".to_owned(),
        50002 | 52546 => "JPEG XL".to_owned(),
        other => format!("number {other}"),
    };
    let what = format!("compression {name} is not read: save it with LZW or Deflate");
    Err(unsupported(Format::Tiff, what))
}

fn differences(page: &Directory<'_>) -> Result<bool> {
    match page.first(tag::PREDICTOR) {
        None | Some(1) => Ok(false),
        Some(2) => Ok(true),
        Some(other) => Err(unsupported(Format::Tiff, format!("predictor {other}"))),
    }
}

fn bits(page: &Directory<'_>) -> Result<usize> {
    let bits = page.first(tag::BITS).unwrap_or(1);
    let count = page.count(tag::BITS).unwrap_or(1).min(64);
    let alike = (1..count).all(|i| page.number(tag::BITS, i) == Some(bits));
    if !alike {
        return Err(unsupported(
            Format::Tiff,
            "samples of different numbers of bits",
        ));
    }
    Ok(bits.min(1024) as usize)
}

fn float(page: &Directory<'_>) -> Result<bool> {
    match page.first(tag::SAMPLE_FORMAT) {
        // 4: undefined, as it was before there was this tag.
        None | Some(1 | 4) => Ok(false),
        Some(3) => Ok(true),
        Some(other) => Err(unsupported(Format::Tiff, format!("sample format {other}"))),
    }
}

/// An extra sample behind the colour is alpha if its tag says so; 0, unspecified, does not.
fn alpha(page: &Directory<'_>, colour: Colour, samples: usize) -> Alpha {
    if samples == colour.channels() || colour == Colour::Palette {
        return Alpha::None;
    }
    match page.first(tag::EXTRA) {
        Some(1) => Alpha::Multiplied,
        Some(2) => Alpha::Plain,
        _ => Alpha::None,
    }
}

/// Whether there are tiles, and the width and height of one or of a strip.
fn segment(page: &Directory<'_>, [width, height]: [usize; 2]) -> Result<(bool, [usize; 2])> {
    let side = |tag| {
        page.first(tag)
            .map(|side| side.min(u64::from(u32::MAX)) as usize)
    };
    if let (Some(across), Some(down)) = (side(tag::TILE_WIDTH), side(tag::TILE_HEIGHT)) {
        if across == 0 || down == 0 {
            return Err(malformed(Format::Tiff, "tiles of no size"));
        }
        return Ok((true, [across, down]));
    }
    let rows = side(tag::STRIP_ROWS).unwrap_or(height).clamp(1, height);
    Ok((false, [width, rows]))
}
