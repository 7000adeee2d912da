use crate::{Error, ErrorKind, Result};

/// What a picture may take. The defaults suit photographs and scans, and stop decompression bombs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Width times height; 100 million by default, which is 300 MB as RGB.
    pub max_pixels: u64,
    /// Width, and height; a million by default. A resampling filter holds 40 bytes for each pixel
    /// of a side, which for a line of 100 million pixels is 4 GB.
    pub max_side: u32,
    /// Bytes of the file; 256 MiB by default.
    pub max_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_pixels: 100_000_000,
            max_side: 1_000_000,
            max_bytes: 256 << 20,
        }
    }
}

impl Limits {
    pub(crate) fn check_bytes(&self, bytes: u64) -> Result<()> {
        if bytes > self.max_bytes {
            let message = format!(
                "the file has {bytes} bytes or more, the limit is {}",
                self.max_bytes
            );
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        Ok(())
    }

    /// Checks what a header says before anything of that size is allocated.
    pub(crate) fn check_size(&self, [width, height]: [u32; 2]) -> Result<()> {
        let pixels = u64::from(width) * u64::from(height);
        if pixels == 0 {
            return Err(Error::new(
                ErrorKind::Malformed,
                format!("the header says {width}x{height}"),
            ));
        }
        if pixels > self.max_pixels || width.max(height) > self.max_side {
            let message = format!(
                "the header says {width}x{height}, {pixels} pixels; the limits are {} pixels and \
                 {} a side",
                self.max_pixels, self.max_side
            );
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        Ok(())
    }
}

/// Refuses a header that claims more pixels than a file of this length can hold, so that a few
/// bytes cannot make megabytes be set aside. `pixels_in_a_byte` is the most that the format packs
/// into one.
pub(crate) fn check_claim(
    [width, height]: [u32; 2],
    pixels_in_a_byte: u64,
    bytes: usize,
) -> Result<()> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels > pixels_in_a_byte.saturating_mul(bytes as u64) {
        let message = format!("the header says {width}x{height}, more than {bytes} bytes can hold");
        return Err(Error::new(ErrorKind::Malformed, message));
    }
    Ok(())
}
