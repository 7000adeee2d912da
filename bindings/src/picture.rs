//! A picture as callers of other languages hold it.
use crate::Failure;
use foveate::{Image, Limits};
use std::path::PathBuf;

/// A picture as callers of other languages hold it.
#[derive(Debug, Clone)]
pub enum Picture {
    /// A file's path.
    Path(PathBuf),
    /// The contents of a file.
    File(Vec<u8>),
    /// `[height, width, channels]`, row-major, standing upright: 1 grey, 3 RGB, 4 RGBA.
    Pixels {
        /// Pixels a row.
        width: u32,
        /// Rows.
        height: u32,
        /// Bytes a pixel.
        channels: u32,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// One that was decoded before.
    Image(Image),
}

impl Picture {
    /// Decodes it.
    ///
    /// # Errors
    /// [`InvalidImage`](crate::Kind::InvalidImage) for what is no picture or is larger than the
    /// limits allow.
    pub fn decode(self, limits: &Limits) -> Result<Image, Failure> {
        match self {
            Self::Path(path) => Ok(Image::open_within(path, limits)?),
            Self::File(bytes) => Ok(Image::from_bytes_within(&bytes, limits)?),
            Self::Image(image) => Ok(image),
            Self::Pixels {
                width,
                height,
                channels,
                bytes,
            } => pixels(width, height, channels, bytes),
        }
    }
}

fn pixels(width: u32, height: u32, channels: u32, bytes: Vec<u8>) -> Result<Image, Failure> {
    match channels {
        1 => {
            let rgb = bytes.into_iter().flat_map(|grey| [grey; 3]).collect();
            Ok(Image::from_rgb(width, height, rgb)?)
        }
        3 => Ok(Image::from_rgb(width, height, bytes)?),
        4 => Ok(Image::from_rgba(width, height, &bytes)?),
        found => Err(Failure::argument(format!(
            "pixels of {found} channels; 1 (grey), 3 (RGB) or 4 (RGBA) were expected"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    fn decoded(channels: u32, bytes: &[u8]) -> Result<Vec<u8>, Failure> {
        let picture = Picture::Pixels {
            width: 2,
            height: 1,
            channels,
            bytes: bytes.to_vec(),
        };
        let image = picture.decode(&Limits::default())?;
        Ok(image.pixels().rgb().to_vec())
    }

    #[test]
    fn grey_and_rgba_become_rgb() {
        assert_eq!(decoded(1, &[1, 9]).unwrap(), [1, 1, 1, 9, 9, 9]);
        let rgba = [1, 2, 3, 255, 4, 5, 6, 255];
        assert_eq!(decoded(4, &rgba).unwrap(), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn a_wrong_shape_is_a_named_failure() {
        assert_eq!(decoded(3, &[0; 5]).unwrap_err().kind, Kind::InvalidImage);
        assert_eq!(decoded(2, &[0; 4]).unwrap_err().kind, Kind::InvalidArgument);
        assert_eq!(decoded(4, &[0; 6]).unwrap_err().kind, Kind::InvalidImage);
    }
}
