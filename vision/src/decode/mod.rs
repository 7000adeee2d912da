//! From a file's bytes to upright pixels: a file for each format.
//!
//! Whatever a header claims is held against the file's length or the limits before it is allocated.

mod animation;
mod bmp;
mod gif;
mod jpeg;
mod png;
mod profile;
mod segments;
mod tiff;
mod webp;

use std::panic::{self, AssertUnwindSafe};

use ::image::{DynamicImage, RgbImage, metadata::Orientation as Turn};

use crate::{
    Error, ErrorKind, Format, Limits, Note, Orientation, Result, alpha, exif, format::unread,
};

/// A picture as its file holds it.
pub(crate) struct Stored<'a> {
    size: [u32; 2],
    samples: Samples,
    /// The EXIF block, with or without its prefix.
    exif: Option<&'a [u8]>,
    /// The orientation where the format has a field for it.
    orientation: Option<u16>,
    notes: Vec<Note>,
}

/// Samples of 8 bits, row by row.
pub(crate) enum Samples {
    /// [height, width, 3].
    Rgb(Vec<u8>),
    /// [height, width, 4].
    Rgba(Vec<u8>),
}

/// A picture that stands upright.
pub(crate) struct Upright {
    pub(crate) size: [u32; 2],
    /// [height, width, 3].
    pub(crate) rgb: Vec<u8>,
    pub(crate) orientation: Orientation,
    pub(crate) notes: Vec<Note>,
    pub(crate) format: Format,
}

impl<'a> Stored<'a> {
    fn new(size: [u32; 2], samples: Samples) -> Self {
        Self {
            size,
            samples,
            exif: None,
            orientation: None,
            notes: Vec::new(),
        }
    }
}

impl Samples {
    /// From [height, width, channels] with 1 (grey), 2 (grey and alpha), 3 or 4 channels.
    fn new(channels: usize, samples: Vec<u8>) -> Self {
        match channels {
            1 => Self::Rgb(samples.iter().flat_map(|&grey| [grey; 3]).collect()),
            2 => {
                let (pairs, _) = samples.as_chunks::<2>();
                let wide = |&[grey, alpha]: &[u8; 2]| [grey, grey, grey, alpha];
                Self::Rgba(pairs.iter().flat_map(wide).collect())
            }
            3 => Self::Rgb(samples),
            _ => Self::Rgba(samples),
        }
    }
}

/// Decodes a file's bytes. A panic of a decoder becomes an error.
pub(crate) fn decode(bytes: &[u8], limits: &Limits) -> Result<Upright> {
    if bytes.is_empty() {
        return Err(Error::new(ErrorKind::Empty, "the file is empty"));
    }
    limits.check_bytes(bytes.len() as u64)?;
    let Some(format) = Format::sniff(bytes) else {
        return Err(Error::new(ErrorKind::UnknownFormat, unread(bytes)));
    };
    guarded(format, || decode_as(format, bytes, limits))
}

/// Makes an error of a panic. Nothing is left half done: what the decoder made is dropped with it.
fn guarded<T>(format: Format, decode: impl FnOnce() -> Result<T>) -> Result<T> {
    panic::catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|panic| Err(panicked(format, &*panic)))
}

fn decode_as(format: Format, bytes: &[u8], limits: &Limits) -> Result<Upright> {
    let stored = match format {
        Format::Png => png::decode(bytes, limits),
        Format::Jpeg => jpeg::decode(bytes, limits),
        Format::WebP => webp::decode(bytes, limits),
        Format::Gif => gif::decode(bytes, limits),
        Format::Bmp => bmp::decode(bytes, limits),
        Format::Tiff => tiff::decode(bytes, limits),
    }?;
    Ok(stand_up(format, stored))
}

fn panicked(format: Format, panic: &(dyn std::any::Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let message = format!(
        "{format:?}: the decoder failed on this file ({}); converting the file may help",
        text.unwrap_or("no reason given")
    );
    Error::new(ErrorKind::DecoderPanicked, message)
}

/// Lays transparency over a colour and turns the picture upright.
fn stand_up(format: Format, stored: Stored<'_>) -> Upright {
    let mut notes = stored.notes;
    let found = match (stored.orientation, stored.exif) {
        (Some(number), _) => Ok(Orientation::from_exif(number)),
        (None, Some(block)) => exif::orientation(block),
        (None, None) => Ok(None),
    };
    let orientation = found.unwrap_or_else(|broken| {
        notes.push(Note::BrokenExif(broken.to_owned()));
        None
    });
    let orientation = orientation.unwrap_or_default();
    let [width, height] = stored.size;
    let rgb = match stored.samples {
        Samples::Rgb(rgb) => rgb,
        Samples::Rgba(rgba) => alpha::over_matte(&rgba, width as usize),
    };
    let rgb = turn(rgb, [width, height], orientation);
    Upright {
        size: orientation.size(stored.size),
        rgb,
        orientation,
        notes,
        format,
    }
}

pub(crate) fn turn(rgb: Vec<u8>, [width, height]: [u32; 2], orientation: Orientation) -> Vec<u8> {
    let turn = Turn::from_exif(orientation as u8).unwrap_or(Turn::NoTransforms);
    if turn == Turn::NoTransforms {
        return rgb;
    }
    let picture = RgbImage::from_raw(width, height, rgb).expect("three bytes for each pixel");
    let mut picture = DynamicImage::ImageRgb8(picture);
    picture.apply_orientation(turn);
    picture.into_rgb8().into_raw()
}

fn malformed(format: Format, what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Malformed, format!("{format:?}: {what}"))
}

fn unsupported(format: Format, what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Unsupported, format!("{format:?}: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_that_names_the_format() {
        let error = guarded::<()>(Format::Gif, || panic!("index {} out of bounds", 7)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DecoderPanicked);
        let message = error.to_string();
        assert!(
            message.contains("Gif") && message.contains("index 7"),
            "{message}"
        );
        assert_eq!(guarded(Format::Gif, || Ok(5)).unwrap(), 5);
    }

    #[test]
    fn fewer_channels_become_rgb() {
        assert!(
            matches!(Samples::new(1, vec![7, 8]), Samples::Rgb(rgb) if rgb == [7, 7, 7, 8, 8, 8])
        );
        assert!(matches!(Samples::new(2, vec![7, 9]), Samples::Rgba(rgba) if rgba == [7, 7, 7, 9]));
    }
}
