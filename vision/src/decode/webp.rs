use std::io::Cursor;

use image_webp::{DecodingError, WebPDecoder};

use super::{Samples, Stored, animation::first_to_show, malformed, profile, unsupported};
use crate::{Error, Format, Limits, Note, Result};

pub(super) fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Stored<'a>> {
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(refused)?;
    let (width, height) = decoder.dimensions();
    let size = [width, height];
    limits.check_size(size)?;
    let (samples, frames) = if decoder.is_animated() {
        animated(&mut decoder, limits)?
    } else {
        let mut samples = vec![0; decoder.output_buffer_size().unwrap_or(0)];
        decoder.read_image(&mut samples).map_err(refused)?;
        (Samples::new(channels(&decoder), samples), None)
    };
    let mut stored = Stored::new(size, samples);
    // The chunks are taken from the file's bytes: the decoder would allocate what they claim.
    stored.exif = chunk(bytes, b"EXIF");
    stored.notes.extend(frames);
    stored
        .notes
        .extend(chunk(bytes, b"ICCP").and_then(profile::ignored));
    Ok(stored)
}

type Decoder<'a> = WebPDecoder<Cursor<&'a [u8]>>;

fn channels(decoder: &Decoder<'_>) -> usize {
    if decoder.has_alpha() { 4 } else { 3 }
}

fn animated(decoder: &mut Decoder<'_>, limits: &Limits) -> Result<(Samples, Option<Note>)> {
    let of = decoder.num_frames() as usize;
    let (channels, length) = (channels(decoder), decoder.output_buffer_size().unwrap_or(0));
    let next = || {
        let mut samples = vec![0; length];
        match decoder.read_frame(&mut samples) {
            Ok(_) => Ok(Some(with_alpha(channels, samples))),
            Err(DecodingError::NoMoreFrames) => Ok(None),
            Err(error) => Err(refused(error)),
        }
    };
    let chosen = first_to_show(next, limits.max_pixels)?
        .ok_or_else(|| malformed(Format::WebP, "an animation without frames"))?;
    let read = chosen.number;
    let note = (of > 1).then_some(Note::Frames { read, of });
    Ok((Samples::Rgba(chosen.rgba), note))
}

fn with_alpha(channels: usize, samples: Vec<u8>) -> Vec<u8> {
    if channels == 4 {
        return samples;
    }
    let (pixels, _) = samples.as_chunks::<3>();
    pixels
        .iter()
        .flat_map(|[r, g, b]| [*r, *g, *b, 255])
        .collect()
}

/// The contents of the first chunk of this name, if all of it is there.
fn chunk<'a>(file: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    let mut rest = file.get(12..)?;
    loop {
        let length = u32::from_le_bytes(rest.get(4..8)?.try_into().ok()?) as usize;
        if rest.get(..4)? == name {
            return rest.get(8..8_usize.checked_add(length)?);
        }
        // Chunks are padded to even lengths.
        rest = rest.get(8_usize.checked_add(length)?.checked_add(length % 2)?..)?;
    }
}

fn refused(error: DecodingError) -> Error {
    match error {
        DecodingError::UnsupportedFeature(_) => unsupported(Format::WebP, error),
        _ => malformed(Format::WebP, error),
    }
}
