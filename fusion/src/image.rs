//! A picture as it is given to a model.
use crate::{Error, Result};
use foveate_vision::{Format, Limits, Pixels};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A decoded picture, upright RGB; clones share the pixels.
#[derive(Debug, Clone)]
pub struct Image {
    name: String,
    pixels: Arc<Pixels>,
    decoding: Duration,
}

/// What a picture is recognised by: a hash over its pixels, its size, its format and how it was turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Fingerprint(u64, u64);

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

    /// Decodes the contents of a file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::timed("the picture".into(), || {
            Pixels::decode(bytes, &Limits::default())
        })
    }

    /// Takes a picture of the `image` crate; transparency is laid over white, black or grey, whichever
    /// lets what is shown stand out ([`Pixels::from_rgba`]).
    pub fn from_dynamic(picture: &image::DynamicImage) -> Result<Self> {
        let rgba = picture.to_rgba8();
        Self::timed("the picture".into(), || {
            Pixels::from_rgba(picture.width(), picture.height(), &rgba)
        })
    }

    /// Takes pixels that are already there: `rgb` is `[height, width, 3]`, row-major.
    pub fn from_rgb(width: u32, height: u32, rgb: Vec<u8>) -> Result<Self> {
        Self::timed("the picture".into(), || {
            Pixels::from_rgb(width, height, rgb)
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

    /// What it is recognised by.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let format = self.pixels.format().map_or(0, |f: Format| f as u64 + 1);
        let [width, height] = self.pixels.stored_size().map(u64::from);
        let shape = [
            width,
            height,
            u64::from(self.pixels.width()),
            format,
            self.pixels.orientation() as u64,
        ];
        let half = |salt: u64| {
            let start = shape.iter().fold(salt, |h, &x| mixed(h ^ x));
            let (words, rest) = self.pixels.rgb().as_chunks::<8>();
            let hash = words
                .iter()
                .fold(start, |h, w| mixed(h ^ u64::from_le_bytes(*w)));
            rest.iter().fold(hash, |h, &b| mixed(h ^ u64::from(b)))
        };
        Fingerprint(half(0x243f_6a88_85a3_08d3), half(0x1319_8a2e_0370_7344))
    }
}

/// One round of a multiply-and-fold hash (the mixing step of wyhash); the same on every machine and in every version.
fn mixed(x: u64) -> u64 {
    let wide = u128::from(x ^ 0xa076_1d64_78bd_642f)
        * u128::from(x.rotate_left(32) ^ 0xe703_7ed1_a0b4_28db);
    (wide ^ (wide >> 64)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_the_same_bytes_in_another_shape_differ() {
        let a = Image::from_rgb(2, 3, vec![7; 18]).unwrap();
        let b = Image::from_rgb(3, 2, vec![7; 18]).unwrap();
        assert_ne!(a.fingerprint(), b.fingerprint());
        assert_eq!(a.fingerprint(), a.clone().labelled("x").fingerprint());
        let mut rgb = vec![7; 18];
        rgb[17] = 8;
        assert_ne!(
            a.fingerprint(),
            Image::from_rgb(2, 3, rgb).unwrap().fingerprint()
        );
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
