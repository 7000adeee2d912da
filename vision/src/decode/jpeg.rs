use std::borrow::Cow;

use zune_jpeg::{
    JpegDecoder,
    errors::DecodeErrors,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use super::{
    Samples, Stored, malformed, profile,
    segments::{FrameHeader, Segments},
    unsupported,
};
use crate::{Error, Format, Limits, Note, Result, limits::check_claim};

/// A block of 64 pixels takes at least a bit (T.81, F.1.2), so that a byte holds at most 512.
const PIXELS_IN_A_BYTE: u64 = 64 * 8;
/// What a cut-off file is given, so that the decoder sees where the data ends.
const END: [u8; 2] = [0xff, 0xd9];

/// Four components are taken for CMYK or YCCK as Adobe's programs write them, inverted, with and
/// without their marker: nearly all such files come from there, and other readers do the same.
pub(super) fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Stored<'a>> {
    let segments = Segments::walk(bytes);
    let Some(frame) = &segments.frame else {
        return Err(malformed(Format::Jpeg, "cut off before its frame header"));
    };
    check(frame, bytes.len(), limits)?;
    if segments.coded == 0 {
        return Err(malformed(Format::Jpeg, "cut off before its pixels"));
    }
    let first = ended(&bytes[..segments.end], segments.whole);
    let (decoded, damage) = pixels(&first, ColorSpace::RGB, segments.whole, limits)?;
    let mut stored = Stored::new(decoded.size, Samples::Rgb(decoded.samples));
    stored.exif = segments.exif;
    stored.notes.extend(notes(&segments, damage));
    stored
        .notes
        .extend(segments.profile.and_then(profile::ignored));
    Ok(stored)
}

/// The first picture of a file, with an end marker whether it had one or not.
fn ended(first: &[u8], whole: bool) -> Cow<'_, [u8]> {
    if whole {
        return Cow::Borrowed(first);
    }
    // A lone 0xff at the end would swallow the marker.
    let first = first.strip_suffix(&[0xff]).unwrap_or(first);
    Cow::Owned([first, &END].concat())
}

/// What is wrong with the picture: one note, the plainest.
fn notes(segments: &Segments<'_>, damage: Option<String>) -> Option<Note> {
    if !segments.whole {
        Some(Note::CutOff)
    } else if let Some(what) = damage {
        Some(Note::Damaged(what))
    } else if segments.lost_restart {
        Some(Note::Damaged(
            "restart markers are missing, parts may be garbled".to_owned(),
        ))
    } else {
        None
    }
}

fn check(frame: &FrameHeader, bytes: usize, limits: &Limits) -> Result<()> {
    let what = match (frame.marker, frame.precision) {
        (0xc0..=0xc2, 8) => None,
        (0xc0..=0xc2, bits) => Some(format!("{bits} bits a sample")),
        (0xc3 | 0xc7 | 0xcb | 0xcf, _) => Some("lossless coding".to_owned()),
        (0xc9 | 0xca | 0xcd | 0xce, _) => Some("arithmetic coding".to_owned()),
        _ => Some("hierarchical coding".to_owned()),
    };
    if let Some(what) = what {
        let message = format!("{what} is not read: convert it to an ordinary JPEG or PNG first");
        return Err(unsupported(Format::Jpeg, message));
    }
    limits.check_size(frame.size)?;
    check_claim(frame.size, PIXELS_IN_A_BYTE, bytes)
}

/// What a JPEG holds: samples of [height, width, channels].
pub(super) struct Decoded {
    pub(super) size: [u32; 2],
    pub(super) channels: usize,
    pub(super) samples: Vec<u8>,
}

/// Decodes a JPEG to a colour space, and says what was wrong with it. If a whole one is damaged it
/// is decoded twice: once strictly, to hear of it, and once for what is there.
pub(super) fn pixels(
    bytes: &[u8],
    space: ColorSpace,
    whole: bool,
    limits: &Limits,
) -> Result<(Decoded, Option<String>)> {
    let mut damage = None;
    if whole {
        match attempt(bytes, space, true, limits)? {
            Ok(decoded) => return Ok((decoded, None)),
            Err(error) => damage = Some(describe(&error)),
        }
    }
    let decoded = attempt(bytes, space, false, limits)?.map_err(refused)?;
    Ok((decoded, damage))
}

/// The outer error is one of the header, the inner one of the pixels.
fn attempt(
    bytes: &[u8],
    space: ColorSpace,
    strict: bool,
    limits: &Limits,
) -> Result<Result<Decoded, DecodeErrors>> {
    let options = DecoderOptions::default()
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .set_strict_mode(false);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    // Headers are always read leniently: what is odd there does not touch the pixels.
    decoder.decode_headers().map_err(refused)?;
    let (width, height) = decoder.dimensions().unwrap_or_default();
    let size = [width as u32, height as u32];
    limits.check_size(size)?;
    let space = target(space, decoder.input_colorspace());
    decoder.set_options(
        options
            .set_strict_mode(strict)
            .jpeg_set_out_colorspace(space),
    );
    let mut samples = vec![128; decoder.output_buffer_size().unwrap_or(0)];
    let channels = space.num_components();
    Ok(decoder.decode_into(&mut samples).map(|()| Decoded {
        size,
        channels,
        samples,
    }))
}

/// RGB where that is asked for, else the samples as they are stored.
fn target(wanted: ColorSpace, stored: Option<ColorSpace>) -> ColorSpace {
    match (wanted, stored) {
        (ColorSpace::RGB, _) | (_, None) => ColorSpace::RGB,
        (_, Some(ColorSpace::YCCK)) => ColorSpace::CMYK,
        (_, Some(stored)) => stored,
    }
}

fn describe(error: &DecodeErrors) -> String {
    // The crate's errors have no Display that suits a sentence; theirs are one line each.
    format!("{error:?}").trim().chars().take(200).collect()
}

fn refused(error: DecodeErrors) -> Error {
    match error {
        DecodeErrors::Unsupported(what) => unsupported(Format::Jpeg, format!("{what:?}")),
        _ => malformed(Format::Jpeg, describe(&error)),
    }
}
