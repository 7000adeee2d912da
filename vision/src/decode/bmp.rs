use std::io::Cursor;

use ::image::{DynamicImage, ImageDecoder, ImageError, codecs::bmp::BmpDecoder};

use super::{Samples, Stored, malformed, unsupported};
use crate::{Error, ErrorKind, Format, Limits, Result};

pub(super) fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Stored<'a>> {
    let decoder = BmpDecoder::new(Cursor::new(bytes)).map_err(refused)?;
    let (width, height) = decoder.dimensions();
    let size = [width, height];
    limits.check_size(size)?;
    check_length(bytes, size)?;
    let picture = DynamicImage::from_decoder(decoder).map_err(refused)?;
    let samples = if picture.color().has_alpha() {
        Samples::Rgba(picture.into_rgba8().into_raw())
    } else {
        Samples::Rgb(picture.into_rgb8().into_raw())
    };
    Ok(Stored::new(size, samples))
}

/// Refuses a picture without compression whose rows are longer than the file.
fn check_length(bytes: &[u8], [width, height]: [u32; 2]) -> Result<()> {
    // In BITMAPINFOHEADER, at 14: bits a pixel at 28, compression at 30. Older headers have neither
    // at these places, and are small.
    let short = |at: usize| {
        let bytes = bytes.get(at..at + 2)?.try_into().ok()?;
        Some(u64::from(u16::from_le_bytes(bytes)))
    };
    let header = short(14).unwrap_or(0);
    let (Some(bits), Some(compression)) = (short(28), short(30)) else {
        return Ok(());
    };
    let plain = header >= 40 && matches!(compression, 0 | 3 | 6);
    let needed = u64::from(width) * u64::from(height) * bits / 8;
    if plain && needed > bytes.len() as u64 {
        let what = format!(
            "cut off: {width}x{height} needs {needed} bytes, found {}",
            bytes.len()
        );
        return Err(malformed(Format::Bmp, what));
    }
    Ok(())
}

fn refused(error: ImageError) -> Error {
    let text = error.to_string();
    match &error {
        ImageError::Unsupported(_) => unsupported(Format::Bmp, text.trim_end()),
        ImageError::Limits(_) => Error::caused(ErrorKind::TooLarge, format!("Bmp: {text}"), error),
        _ => malformed(Format::Bmp, text.trim_end()),
    }
}
