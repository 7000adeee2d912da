//! Pictures.
use crate::border::{Out, bytes, free, guarded, text};
use crate::status::Status;
use foveate::Limits;
use foveate_bindings::{Failure, Picture};
use std::ffi::c_char;

/// A decoded picture. Any number of threads may ask about it.
pub struct Image(pub(crate) foveate::Image);

fn decoded(out: Out<Image>, picture: Picture) -> Result<Status, Failure> {
    out.give(Image(picture.decode(&Limits::default())?));
    Ok(Status::Ok)
}

/// Reads a file: PNG, JPEG, WebP, GIF, BMP or TIFF, of at most 100 million pixels.
/// `foveate_image_free` frees it.
///
/// # Safety
/// The pointers are NULL or valid; text ends with a zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn foveate_image_open(path: *const c_char, out: *mut *mut Image) -> Status {
    guarded(|| {
        // SAFETY: as the caller promises.
        let (out, path) = unsafe { (Out::new("out", out)?, text("path", path)?) };
        decoded(out, Picture::Path(path.into()))
    })
}

/// Decodes the contents of a file, which are not used any more when it returns.
///
/// # Safety
/// The pointers are NULL or valid; `contents` has `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn foveate_image_decode(
    contents: *const u8,
    length: usize,
    out: *mut *mut Image,
) -> Status {
    guarded(|| {
        // SAFETY: as the caller promises.
        let (out, contents) =
            unsafe { (Out::new("out", out)?, bytes("contents", contents, length)?) };
        decoded(out, Picture::File(contents.to_vec()))
    })
}

/// Takes pixels: rows from the top, without gaps, `channels` bytes a pixel: 1 grey, 3 RGB, 4 RGBA
/// not multiplied by alpha. They are copied.
///
/// # Safety
/// The pointers are NULL or valid; `pixels` has `width * height * channels` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn foveate_image_from_pixels(
    pixels: *const u8,
    width: u32,
    height: u32,
    channels: u32,
    out: *mut *mut Image,
) -> Status {
    guarded(|| {
        // SAFETY: as the caller promises.
        let out = unsafe { Out::new("out", out)? };
        let length = length(width, height, channels)?;
        // SAFETY: as the caller promises.
        let pixels = unsafe { bytes("pixels", pixels, length)? };
        let picture = Picture::Pixels {
            width,
            height,
            channels,
            bytes: pixels.to_vec(),
        };
        decoded(out, picture)
    })
}

/// Bytes of so many pixels.
fn length(width: u32, height: u32, channels: u32) -> Result<usize, Failure> {
    let wanted = [width, height, channels].map(|n| n as usize);
    let length = wanted
        .iter()
        .try_fold(1_usize, |all, &n| all.checked_mul(n));
    length.ok_or_else(|| {
        Failure::argument(format!(
            "{width}x{height} pixels of {channels} bytes are more than memory holds"
        ))
    })
}

/// Frees a picture; answers that are being made keep it until they end. NULL is passed over.
///
/// # Safety
/// `image` was given by this library, was not freed before, and no thread uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn foveate_image_free(image: *mut Image) {
    // SAFETY: as the caller promises.
    unsafe { free(image) };
}
