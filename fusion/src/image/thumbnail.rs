//! Small pictures of pictures, for pages that show many.
use super::Image;
use crate::{Error, Result};
use image::codecs::jpeg::JpegEncoder;
use image::{ImageBuffer, Rgb, imageops};

/// Quality of the JPEG, 1 to 100: the `image` crate's own default.
const QUALITY: u8 = 75;

impl Image {
    /// The upright picture as a JPEG of at most `side` pixels either way; never larger than it is.
    ///
    /// # Errors
    /// [`Error::Stage`] where the encoder fails.
    pub fn thumbnail(&self, side: u32) -> Result<Vec<u8>> {
        let pixels = self.pixels();
        let (width, height) = (pixels.width(), pixels.height());
        let Some(view) = ImageBuffer::<Rgb<u8>, &[u8]>::from_raw(width, height, pixels.rgb())
        else {
            unreachable!("Pixels holds three bytes for each of its pixels")
        };
        let scale = f64::from(side) / f64::from(width.max(height));
        let scaled = |length: u32| ((f64::from(length) * scale).round() as u32).clamp(1, length);
        let small = imageops::thumbnail(&view, scaled(width), scaled(height));
        let mut jpeg = Vec::new();
        let encoded = JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&small);
        encoded.map_err(|e| Error::Stage {
            stage: "thumbnail",
            why: e.to_string(),
        })?;
        Ok(jpeg)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_small_jpeg_of_the_same_shape_and_never_larger() {
        let size = |width: u32, height: u32| {
            let rgb = vec![120; (3 * width * height) as usize];
            let image = Image::from_rgb(width, height, rgb).unwrap();
            let small = Image::from_bytes(&image.thumbnail(64).unwrap()).unwrap();
            let grey = small.pixels().rgb()[0];
            assert!(grey.abs_diff(120) < 4, "{grey}");
            (small.pixels().width(), small.pixels().height())
        };
        assert_eq!(size(640, 320), (64, 32));
        assert_eq!(size(320, 640), (32, 64));
        assert_eq!(size(20, 10), (20, 10));
        assert_eq!(size(2000, 1), (64, 1));
    }
}
