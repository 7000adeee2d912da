use std::num::NonZeroU64;

use ::gif::{ColorOutput, DecodeOptions, Decoder, DecodingError, DisposalMethod, MemoryLimit};

use super::{
    Samples, Stored,
    animation::{Canvas, Dispose, Frame, first_to_show},
    malformed,
};
use crate::{Error, ErrorKind, Format, Limits, Note, Result, limits::check_claim};

/// LZW of 12 bits packs at most 4096 pixels into a code (GIF89a, appendix F), 2731 into a byte.
const PIXELS_IN_A_BYTE: u64 = 2731;

pub(super) fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Stored<'a>> {
    let mut decoder = options(limits).read_info(bytes).map_err(refused)?;
    let size = [decoder.width(), decoder.height()].map(u32::from);
    limits.check_size(size)?;
    check_claim(size, PIXELS_IN_A_BYTE, bytes.len())?;
    let mut canvas = Canvas::new(size.map(|side| side as usize));
    let chosen = first_to_show(|| next(&mut decoder, &mut canvas), limits.max_pixels)
        .map_err(refused)?
        .ok_or_else(|| malformed(Format::Gif, "no frame"))?;
    let mut stored = Stored::new(size, Samples::Rgba(chosen.rgba));
    let (read, of) = (chosen.number, count(bytes, limits).max(chosen.number));
    if of > 1 {
        stored.notes.push(Note::Frames { read, of });
    }
    Ok(stored)
}

fn options(limits: &Limits) -> DecodeOptions {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    options.check_frame_consistency(true);
    let bytes = NonZeroU64::new(limits.max_pixels.saturating_mul(4)).unwrap_or(NonZeroU64::MIN);
    options.set_memory_limit(MemoryLimit::Bytes(bytes));
    options
}

fn next(
    decoder: &mut Decoder<&[u8]>,
    canvas: &mut Canvas,
) -> Result<Option<Vec<u8>>, DecodingError> {
    let Some(frame) = decoder.read_next_frame()? else {
        return Ok(None);
    };
    let frame = Frame {
        place: [frame.left, frame.top, frame.width, frame.height].map(usize::from),
        rgba: &frame.buffer,
        blend: true,
        dispose: match frame.dispose {
            DisposalMethod::Background => Dispose::Clear,
            DisposalMethod::Previous => Dispose::Restore,
            _ => Dispose::Keep,
        },
    };
    Ok(Some(canvas.draw(&frame)))
}

/// How many frames there are, without decoding them.
fn count(bytes: &[u8], limits: &Limits) -> usize {
    let mut options = options(limits);
    options.skip_frame_decoding(true);
    let Ok(mut decoder) = options.read_info(bytes) else {
        return 0;
    };
    std::iter::from_fn(|| decoder.next_frame_info().ok().flatten().map(|_| ())).count()
}

fn refused(error: DecodingError) -> Error {
    match error {
        DecodingError::MemoryLimit | DecodingError::OutOfMemory => {
            Error::new(ErrorKind::TooLarge, format!("Gif: {error}"))
        }
        _ => malformed(Format::Gif, error),
    }
}
