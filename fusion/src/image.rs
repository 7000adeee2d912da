//! A picture as it is given to a model.
mod fingerprint;
mod thumbnail;

use crate::{Error, Result};
use foveate_vision::{Limits, Pixels};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

pub use fingerprint::Fingerprint;

/// A decoded picture, upright RGB; clones share the pixels.
#[derive(Debug, Clone)]
pub struct Image {
    name: String,
    pixels: Arc<Pixels>,
    decoding: Duration,
    fingerprint: Arc<OnceLock<Fingerprint>>,
}

impl Image {
    /// Reads a file (PNG, JPEG, WebP, GIF, BMP or TIFF) within the default [`Limits`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_within(path, &Limits::default())
    }

    /// Reads a file within `limits`.
    pub fn open_within(path: impl AsRef<Path>, limits: &Limits) -> Result<Self> {
        let path = path.as_ref();
        Self::timed(path.display().to_string(), || Pixels::open(path, limits))
    }

    /// Decodes the contents of a file within the default [`Limits`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::from_bytes_within(bytes, &Limits::default())
    }

    /// Decodes the contents of a file within `limits`.
    ///
    /// # Errors
    /// [`Error::InvalidImage`] for what is no picture, or is larger than the limits allow.
    pub fn from_bytes_within(bytes: &[u8], limits: &Limits) -> Result<Self> {
        Self::timed("the picture".into(), || Pixels::decode(bytes, limits))
    }

    /// Takes a picture of the `image` crate; transparency is laid over white, black or grey,
    /// whichever lets what is shown stand out ([`Pixels::from_rgba`]).
    pub fn from_dynamic(picture: &image::DynamicImage) -> Result<Self> {
        Self::from_rgba(picture.width(), picture.height(), &picture.to_rgba8())
    }

    /// Takes pixels that are already there: `rgb` is `[height, width, 3]`, row-major.
    pub fn from_rgb(width: u32, height: u32, rgb: Vec<u8>) -> Result<Self> {
        Self::timed("the picture".into(), || {
            Pixels::from_rgb(width, height, rgb)
        })
    }

    /// Takes pixels with transparency: `rgba` is `[height, width, 4]`, row-major, the colours not
    /// multiplied by alpha. They are laid over white, black or grey as those of
    /// [`from_dynamic`](Self::from_dynamic) are.
    pub fn from_rgba(width: u32, height: u32, rgba: &[u8]) -> Result<Self> {
        Self::timed("the picture".into(), || {
            Pixels::from_rgba(width, height, rgba)
        })
    }

    fn timed(
        name: String,
        decode: impl FnOnce() -> foveate_vision::Result<Pixels>,
    ) -> Result<Self> {
        let began = Instant::now();
        match decode() {
            Ok(pixels) => Ok(Self {
                name,
                pixels: Arc::new(pixels),
                decoding: began.elapsed(),
                fingerprint: Arc::default(),
            }),
            Err(source) => Err(Error::InvalidImage { name, source }),
        }
    }

    /// The same picture under another name, which errors and transcripts use.
    #[must_use]
    pub fn labelled(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Its path or label.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The pixels.
    #[must_use]
    pub fn pixels(&self) -> &Pixels {
        &self.pixels
    }

    /// How long decoding took.
    #[must_use]
    pub fn decoding(&self) -> Duration {
        self.decoding
    }

    /// What it is recognised by. It is computed once, when it is first asked for.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        *self
            .fingerprint
            .get_or_init(|| Fingerprint::of(&self.pixels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_held_against_limits() {
        let mut png = std::io::Cursor::new(Vec::new());
        let picture = image::DynamicImage::new_rgb8(20, 10);
        picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
        let open = |max_pixels| {
            let limits = Limits {
                max_pixels,
                ..Limits::default()
            };
            Image::from_bytes_within(png.get_ref(), &limits)
        };
        assert_eq!(open(200).unwrap().pixels().width(), 20);
        let e = open(199).unwrap_err();
        assert_eq!(e.kind(), crate::ErrorKind::InvalidImage);
    }

    #[test]
    fn a_bad_picture_is_named() {
        let e = Image::from_bytes(b"not a picture").unwrap_err();
        assert_eq!(e.kind(), crate::ErrorKind::InvalidImage);
        let e = Image::open("/nowhere/flyer.png").unwrap_err();
        assert!(e.to_string().contains("/nowhere/flyer.png"), "{e}");
    }

    #[test]
    fn transparency_lies_over_white() {
        let clear = image::DynamicImage::ImageRgba8(image::RgbaImage::from_pixel(
            1,
            1,
            image::Rgba([0, 0, 0, 0]),
        ));
        assert_eq!(
            Image::from_dynamic(&clear).unwrap().pixels().rgb(),
            [255, 255, 255]
        );
    }
}
