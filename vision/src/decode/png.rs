use std::io::{Cursor, Read};

use ::png::{
    BlendOp, DecodeOptions, Decoder, DecodingError, DisposeOp, Limits as CodecLimits, Reader,
    Transformations,
};

use super::{
    Samples, Stored,
    animation::{Canvas, Dispose, Frame, first_to_show},
    malformed, profile, unsupported,
};
use crate::{Error, ErrorKind, Format, Limits, Note, Result, limits::check_claim};

/// Deflate packs at most 1032 bytes into one (zlib's documentation), of 8 pixels each at 1 bit.
const PIXELS_IN_A_BYTE: u64 = 1032 * 8;
/// What the decoder may allocate besides the picture: a row, a chunk, a palette.
const CODEC_BYTES: usize = 64 << 20;
/// A picture's bytes before they are decoded: what a damaged file leaves out stays so.
const MISSING: u8 = 128;
/// Of a colour profile only the beginning is unpacked, for its name. Its table of tags and its
/// description come first.
const PROFILE_BYTES: u64 = 1 << 16;

type Pixels<'a> = Reader<Cursor<&'a [u8]>>;

pub(super) fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Stored<'a>> {
    let mut reader = open(bytes, limits)?;
    let size = [reader.info().width, reader.info().height];
    let (first, damage) = first(&mut reader)?;
    let samples = Samples::new(reader.output_color_type().0.samples(), first);
    let animation = reader.info().animation_control;
    let frames = animation.map_or(1, |control| control.num_frames as usize);
    let mut stored = Stored::new(size, samples);
    if frames > 1 {
        let read = animated(&mut stored, &mut reader, limits);
        stored.notes.push(Note::Frames { read, of: frames });
    }
    stored.exif = chunk(bytes, b"eXIf");
    stored.notes.extend(damage);
    stored
        .notes
        .extend(chunk(bytes, b"iCCP").and_then(ignored_profile));
    Ok(stored)
}

fn open<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Pixels<'a>> {
    let mut options = DecodeOptions::default();
    options.set_ignore_iccp_chunk(true);
    options.set_ignore_text_chunk(true);
    let mut decoder = Decoder::new_with_options(Cursor::new(bytes), options);
    decoder.set_limits(CodecLimits { bytes: CODEC_BYTES });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let header = decoder.read_header_info().map_err(refused)?;
    let size = [header.width, header.height];
    limits.check_size(size)?;
    check_claim(size, PIXELS_IN_A_BYTE, bytes.len())?;
    decoder.read_info().map_err(refused)
}

/// The first picture; of a damaged one what is there.
fn first(reader: &mut Pixels<'_>) -> Result<(Vec<u8>, Option<Note>)> {
    let mut samples = vec![MISSING; reader.output_buffer_size().unwrap_or(0)];
    match reader.next_frame(&mut samples) {
        Ok(_) => Ok((samples, None)),
        Err(error) if samples.iter().all(|sample| *sample == MISSING) => Err(refused(error)),
        Err(DecodingError::IoError(_)) => Ok((samples, Some(Note::CutOff))),
        Err(error) => Ok((samples, Some(Note::Damaged(error.to_string())))),
    }
}

/// Takes the first frame that is not blank, and gives its number.
fn animated(stored: &mut Stored<'_>, reader: &mut Pixels<'_>, limits: &Limits) -> usize {
    let size = stored.size.map(|side| side as usize);
    let mut canvas = Canvas::new(size);
    let mut first = Some(match &stored.samples {
        Samples::Rgb(rgb) => with_alpha(3, rgb),
        Samples::Rgba(rgba) => rgba.clone(),
    });
    let next = || match first.take() {
        Some(rgba) => {
            let whole = [0, 0, size[0], size[1]];
            Ok(Some(canvas.draw(&frame(reader, &rgba, Some(whole)))))
        }
        None => next(reader, &mut canvas, limits),
    };
    match first_to_show(next, limits.max_pixels) {
        Ok(Some(chosen)) => {
            if chosen.number > 1 {
                stored.samples = Samples::Rgba(chosen.rgba);
            }
            chosen.number
        }
        _ => 1,
    }
}

fn next(
    reader: &mut Pixels<'_>,
    canvas: &mut Canvas,
    limits: &Limits,
) -> Result<Option<Vec<u8>>, DecodingError> {
    reader.next_frame_info()?;
    let length = reader.output_buffer_size().unwrap_or(usize::MAX);
    if length as u64 > limits.max_pixels.saturating_mul(4) {
        return Ok(None);
    }
    let mut samples = vec![0; length];
    let info = reader.next_frame(&mut samples)?;
    samples.truncate(info.buffer_size());
    let rgba = with_alpha(info.color_type.samples(), &samples);
    Ok(Some(canvas.draw(&frame(reader, &rgba, None))))
}

/// The frame that the reader has just read; `place` where it has no control chunk.
fn frame<'b>(reader: &Pixels<'_>, rgba: &'b [u8], place: Option<[usize; 4]>) -> Frame<'b> {
    let control = reader.info().frame_control;
    let own = control.map(|c| [c.x_offset, c.y_offset, c.width, c.height].map(|v| v as usize));
    Frame {
        place: place.or(own).unwrap_or_default(),
        rgba,
        blend: control.is_some_and(|control| control.blend_op == BlendOp::Over),
        dispose: match control.map(|control| control.dispose_op) {
            Some(DisposeOp::Background) => Dispose::Clear,
            Some(DisposeOp::Previous) => Dispose::Restore,
            // The default picture that is no frame leaves nothing behind.
            None => Dispose::Clear,
            Some(DisposeOp::None) => Dispose::Keep,
        },
    }
}

fn with_alpha(channels: usize, samples: &[u8]) -> Vec<u8> {
    let wide = |pixel: &[u8]| match *pixel {
        [grey] => [grey, grey, grey, 255],
        [grey, alpha] => [grey, grey, grey, alpha],
        [r, g, b] => [r, g, b, 255],
        [r, g, b, alpha, ..] => [r, g, b, alpha],
        [] => [0; 4],
    };
    samples
        .chunks_exact(channels.max(1))
        .flat_map(wide)
        .collect()
}

/// The contents of the first chunk of this name, before or behind the pixels, if all of it is
/// there.
fn chunk<'a>(file: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    let mut rest = file.get(8..)?;
    loop {
        let length = u32::from_be_bytes(rest.get(..4)?.try_into().ok()?) as usize;
        if rest.get(4..8)? == name {
            return rest.get(8..8_usize.checked_add(length)?);
        }
        rest = rest.get(12_usize.checked_add(length)?..)?;
    }
}

/// A note of the profile in an iCCP chunk: a name of up to 79 bytes, two zeros, then deflated data.
fn ignored_profile(chunk: &[u8]) -> Option<Note> {
    let at = chunk.iter().take(80).position(|byte| *byte == 0)?;
    let packed = chunk.get(at + 2..)?;
    let mut profile = Vec::new();
    // What was unpacked before an error is enough for a name.
    let mut unpacked = flate2::read::ZlibDecoder::new(packed).take(PROFILE_BYTES);
    unpacked.read_to_end(&mut profile).ok();
    profile::ignored(&profile)
}

fn refused(error: DecodingError) -> Error {
    match &error {
        DecodingError::LimitsExceeded => {
            Error::caused(ErrorKind::TooLarge, format!("Png: {error}"), error)
        }
        DecodingError::IoError(_) => malformed(Format::Png, "cut off before its pixels"),
        DecodingError::Format(_) => malformed(Format::Png, error),
        DecodingError::Parameter(_) => unsupported(Format::Png, error),
    }
}

#[cfg(test)]
mod tests {
    use ::png::ColorType;

    use super::*;

    #[test]
    fn chunks_are_found_behind_others_and_never_beyond_the_end() {
        let file = b"12345678\0\0\0\x02abcdxxCRC_\0\0\0\x03eXIfyesCRC_";
        assert_eq!(chunk(file, b"eXIf"), Some(&b"yes"[..]));
        assert_eq!(chunk(file, b"iCCP"), None);
        assert_eq!(chunk(&file[..file.len() - 5], b"eXIf"), None);
        assert_eq!(chunk(b"12345678\xff\xff\xff\xffabcd", b"eXIf"), None);
    }

    #[test]
    fn one_channel_to_four() {
        assert_eq!(
            with_alpha(ColorType::Grayscale.samples(), &[7]),
            [7, 7, 7, 255]
        );
        assert_eq!(
            with_alpha(ColorType::GrayscaleAlpha.samples(), &[7, 8]),
            [7, 7, 7, 8]
        );
    }
}
