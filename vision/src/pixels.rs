use std::{
    fs::File,
    io::{Cursor, Read},
    path::Path,
};

use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, RgbImage,
    metadata::Orientation as Turn,
};

use crate::{Error, ErrorKind, Orientation, Result, exif};

/// What a picture may take. The defaults suit photographs and scans, and stop decompression bombs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Width times height; 100 million by default, which is 300 MB as RGB.
    pub max_pixels: u64,
    /// Width, and height; a million by default. A resampling filter holds 40 bytes for each pixel of a side, which for
    /// a line of 100 million pixels is 4 GB.
    pub max_side: u32,
    /// Bytes of the file; 256 MiB by default.
    pub max_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_pixels: 100_000_000,
            max_side: 1_000_000,
            max_bytes: 256 << 20,
        }
    }
}

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// PNG; of an animated one the default picture.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP; of an animated one the first frame.
    WebP,
    /// GIF; the first frame.
    Gif,
    /// BMP.
    Bmp,
    /// TIFF; the first page.
    Tiff,
}

impl Format {
    const ALL: [(Self, ImageFormat); 6] = [
        (Self::Png, ImageFormat::Png),
        (Self::Jpeg, ImageFormat::Jpeg),
        (Self::WebP, ImageFormat::WebP),
        (Self::Gif, ImageFormat::Gif),
        (Self::Bmp, ImageFormat::Bmp),
        (Self::Tiff, ImageFormat::Tiff),
    ];
}

/// Something about a file that its user may want to know, though it could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The EXIF block is broken, so the picture stands as it was stored; the text says what is wrong with the block.
    BrokenExif(String),
    /// A JPEG that ends before its end marker. What is missing is grey.
    CutOff,
}

/// A picture: RGB, 8 bits a channel, sRGB, standing upright.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    size: [u32; 2],
    /// [height, width, 3], row-major.
    rgb: Vec<u8>,
    orientation: Orientation,
    format: Option<Format>,
    notes: Vec<Note>,
}

impl Pixels {
    /// Reads a file.
    pub fn open(path: impl AsRef<Path>, limits: &Limits) -> Result<Self> {
        let path = path.as_ref();
        let named = |error: Error| {
            Error::caused(error.kind(), format!("{}: {error}", path.display()), error)
        };
        read(path, limits)
            .and_then(|bytes| Self::decode(&bytes, limits))
            .map_err(named)
    }

    /// Decodes a file's bytes. The format is told by the content, not by a name.
    pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Self> {
        if bytes.is_empty() {
            return Err(Error::new(ErrorKind::Empty, "the file is empty"));
        }
        check_bytes(bytes.len() as u64, limits)?;
        let guessed = image::guess_format(bytes).ok();
        let Some((format, codec)) = Format::ALL
            .into_iter()
            .find(|(_, codec)| guessed == Some(*codec))
        else {
            let message = "the content is not PNG, JPEG, WebP, GIF, BMP or TIFF";
            return Err(Error::new(ErrorKind::UnknownFormat, message));
        };
        let mut reader = ImageReader::with_format(Cursor::new(bytes), codec);
        reader.limits(codec_limits(limits));
        let mut decoder = reader
            .into_decoder()
            .map_err(|error| refused(format, error))?;
        let (width, height) = decoder.dimensions();
        check_size([width, height], limits)?;
        check_claim([width, height], format, bytes.len())?;
        let mut notes = Vec::new();
        if format == Format::Jpeg && is_cut_off(bytes) {
            notes.push(Note::CutOff);
        }
        let orientation = orientation(&mut decoder, format).unwrap_or_else(|broken| {
            notes.push(Note::BrokenExif(broken));
            Orientation::Upright
        });
        let picture =
            DynamicImage::from_decoder(decoder).map_err(|error| refused(format, error))?;
        let mut picture = DynamicImage::ImageRgb8(over_white(picture));
        picture.apply_orientation(turn(orientation));
        let picture = picture.into_rgb8();
        let size = [picture.width(), picture.height()];
        Ok(Self {
            size,
            rgb: picture.into_raw(),
            orientation,
            format: Some(format),
            notes,
        })
    }

    /// Takes pixels that are already there: `rgb` is [height, width, 3], row-major.
    pub fn from_rgb(width: u32, height: u32, rgb: Vec<u8>) -> Result<Self> {
        let bytes = u64::from(width) * u64::from(height) * 3;
        if bytes == 0 || bytes != rgb.len() as u64 {
            let message = format!(
                "{width}x{height} RGB takes {bytes} bytes, more than none; given were {}",
                rgb.len()
            );
            return Err(Error::new(ErrorKind::Config, message));
        }
        Ok(Self {
            size: [width, height],
            rgb,
            orientation: Orientation::Upright,
            format: None,
            notes: Vec::new(),
        })
    }

    /// The width in pixels, standing upright.
    pub fn width(&self) -> u32 {
        self.size[0]
    }

    /// The height in pixels, standing upright.
    pub fn height(&self) -> u32 {
        self.size[1]
    }

    /// The pixels: [height, width, 3], row-major.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// How the stored picture was turned to stand upright.
    pub fn orientation(&self) -> Orientation {
        self.orientation
    }

    /// The width and height as stored in the file, before it was turned.
    pub fn stored_size(&self) -> [u32; 2] {
        // Turning swaps the sides or leaves them, and so does turning back.
        self.orientation.size(self.size)
    }

    /// The file's format; nothing for pixels that came as such.
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// What was odd about the file.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}

/// Reads a file, but no more of it than the limit and a byte: a pipe or a growing file has no length to check first.
fn read(path: &Path, limits: &Limits) -> Result<Vec<u8>> {
    let io = |error: std::io::Error| Error::caused(ErrorKind::Io, error.to_string(), error);
    let file = File::open(path).map_err(io)?;
    check_bytes(file.metadata().map_err(io)?.len(), limits)?;
    let mut bytes = Vec::new();
    file.take(limits.max_bytes.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(io)?;
    check_bytes(bytes.len() as u64, limits)?;
    Ok(bytes)
}

fn check_bytes(bytes: u64, limits: &Limits) -> Result<()> {
    if bytes > limits.max_bytes {
        let message = format!(
            "the file has {bytes} bytes or more, the limit is {}",
            limits.max_bytes
        );
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    Ok(())
}

fn check_size([width, height]: [u32; 2], limits: &Limits) -> Result<()> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(Error::new(
            ErrorKind::Malformed,
            format!("the header says {width}x{height}"),
        ));
    }
    if pixels > limits.max_pixels || width.max(height) > limits.max_side {
        let message = format!(
            "the header says {width}x{height}, {pixels} pixels; the limits are {} pixels and {} a side",
            limits.max_pixels, limits.max_side
        );
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    Ok(())
}

/// Refuses a header that claims more pixels than any file of this length can hold, so that a few bytes cannot make
/// megabytes be set aside. Deflate packs at most 1032 bytes into one (zlib's documentation), of 8 pixels each at 1 bit;
/// a JPEG spends at least a bit on a block of 64 pixels. The other formats have no such bound, or none that helps.
fn check_claim([width, height]: [u32; 2], format: Format, bytes: usize) -> Result<()> {
    let pixels_in_a_byte: u64 = match format {
        Format::Png => 1032 * 8,
        Format::Jpeg => 64 * 8,
        _ => return Ok(()),
    };
    if u64::from(width) * u64::from(height) > pixels_in_a_byte.saturating_mul(bytes as u64) {
        let message = format!("the header says {width}x{height}, more than {bytes} bytes can hold");
        return Err(Error::new(ErrorKind::Malformed, message));
    }
    Ok(())
}

/// Whether a JPEG's last scan has no end marker behind it. (A thumbnail has both; in a scan's data neither can occur.)
fn is_cut_off(jpeg: &[u8]) -> bool {
    let last = |marker: [u8; 2]| jpeg.windows(2).rposition(|pair| pair == marker);
    let (scan, end) = (last([0xff, 0xda]), last([0xff, 0xd9]));
    scan > end
}

/// The decoders' own limit, for what they allocate besides the picture: room for the largest picture in their widest
/// type (8 bytes a pixel), twice, and 64 MiB for tables, chunks and frames.
fn codec_limits(limits: &Limits) -> image::Limits {
    let mut codec = image::Limits::default();
    codec.max_alloc = Some(
        limits
            .max_pixels
            .saturating_mul(16)
            .saturating_add(64 << 20),
    );
    codec
}

fn refused(format: Format, error: ImageError) -> Error {
    let kind = match &error {
        ImageError::Unsupported(_) => ErrorKind::Unsupported,
        ImageError::Limits(_) => ErrorKind::TooLarge,
        _ => ErrorKind::Malformed,
    };
    Error::caused(
        kind,
        format!("{format:?}: {}", error.to_string().trim_end()),
        error,
    )
}

/// The stored orientation, or what is wrong with the block it should be in.
fn orientation(decoder: &mut impl ImageDecoder, format: Format) -> Result<Orientation, String> {
    if format == Format::Tiff {
        // There it is a tag of the file itself.
        let turn = decoder.orientation().map_err(|error| error.to_string())?;
        return Ok(Orientation::from_exif(turn.to_exif().into()).unwrap_or_default());
    }
    match decoder.exif_metadata().map_err(|error| error.to_string())? {
        Some(block) => Ok(exif::orientation(&block)?.unwrap_or_default()),
        None => Ok(Orientation::Upright),
    }
}

fn turn(orientation: Orientation) -> Turn {
    Turn::from_exif(orientation as u8).unwrap_or(Turn::NoTransforms)
}

/// To RGB, 8 bits a channel, transparency over white.
fn over_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let rgba = picture.into_rgba8();
    let blend = |[r, g, b, alpha]: [u8; 4]| {
        [r, g, b].map(|channel| {
            let sum = u32::from(channel) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
            ((sum + 127) / 255) as u8
        })
    };
    let mut rgb = RgbImage::new(rgba.width(), rgba.height());
    for (to, from) in rgb.pixels_mut().zip(rgba.pixels()) {
        to.0 = blend(from.0);
    }
    rgb
}
