use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use crate::{Error, ErrorKind, Format, Limits, Note, Orientation, Result, alpha, decode};

/// A picture: RGB, 8 bits a channel, sRGB, standing upright.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    size: [u32; 2],
    /// [height, width, 3], row-major.
    rgb: Vec<u8>,
    orientation: Orientation,
    format: Option<Format>,
    notes: Vec<Note>,
}

impl Pixels {
    /// Reads a file, at most [`Limits::max_bytes`] of it.
    ///
    /// # Errors
    /// As [`decode`](Self::decode), and [`ErrorKind::Io`] where the file cannot be read or is none:
    /// folders, devices and pipes are refused, since they may have no end. Read a pipe to memory
    /// and call `decode`.
    pub fn open(path: impl AsRef<Path>, limits: &Limits) -> Result<Self> {
        let path = path.as_ref();
        let named = |error: Error| {
            Error::caused(error.kind(), format!("{}: {error}", path.display()), error)
        };
        read(path, limits)
            .and_then(|bytes| Self::decode(&bytes, limits))
            .map_err(named)
    }

    /// Decodes a file's bytes. The format is told by the content, not by a name. What is odd about
    /// the file is in [`notes`](Self::notes).
    ///
    /// # Errors
    /// [`ErrorKind::Empty`], [`ErrorKind::UnknownFormat`] (HEIC, AVIF and others by their names),
    /// [`ErrorKind::Unsupported`], [`ErrorKind::TooLarge`], [`ErrorKind::Malformed`] where nothing
    /// of the picture can be read, and [`ErrorKind::DecoderPanicked`]: a panic inside a decoder
    /// does not reach the caller.
    pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Self> {
        let upright = decode::decode(bytes, limits)?;
        Ok(Self {
            size: upright.size,
            rgb: upright.rgb,
            orientation: upright.orientation,
            format: Some(upright.format),
            notes: upright.notes,
        })
    }

    /// Takes pixels that are already there: `rgb` is [height, width, 3], row-major.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] where the size contradicts the number of bytes.
    pub fn from_rgb(width: u32, height: u32, rgb: Vec<u8>) -> Result<Self> {
        check_length([width, height], 3, rgb.len())?;
        Ok(Self {
            size: [width, height],
            rgb,
            orientation: Orientation::Upright,
            format: None,
            notes: Vec::new(),
        })
    }

    /// Takes pixels with transparency: `rgba` is [height, width, 4], row-major, the colours not
    /// multiplied by alpha.
    ///
    /// They are laid over white, unless more of the edges of what is shown stand out from black or
    /// mid grey: white print on nothing comes to lie over black. An alpha that is 0 everywhere is
    /// ignored if the colours under it differ.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] where the size contradicts the number of bytes.
    pub fn from_rgba(width: u32, height: u32, rgba: &[u8]) -> Result<Self> {
        check_length([width, height], 4, rgba.len())?;
        Self::from_rgb(width, height, alpha::over_matte(rgba, width as usize))
    }

    /// The picture turned clockwise by `quarters` of a full turn. It knows the way back to the
    /// stored one, as every picture does.
    #[must_use]
    pub fn turned(&self, quarters: u8) -> Self {
        let turn = match quarters % 4 {
            0 => return self.clone(),
            1 => Orientation::Rotate90,
            2 => Orientation::Rotate180,
            _ => Orientation::Rotate270,
        };
        Self {
            size: turn.size(self.size),
            rgb: decode::turn(self.rgb.clone(), self.size, turn),
            orientation: self.orientation.then(turn),
            format: self.format,
            notes: self.notes.clone(),
        }
    }

    /// The width in pixels, standing upright.
    pub fn width(&self) -> u32 {
        self.size[0]
    }

    /// The height in pixels, standing upright.
    pub fn height(&self) -> u32 {
        self.size[1]
    }

    /// The pixels: [height, width, 3], row-major.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// How the stored picture was turned to stand upright.
    pub fn orientation(&self) -> Orientation {
        self.orientation
    }

    /// The width and height as stored in the file, before it was turned.
    pub fn stored_size(&self) -> [u32; 2] {
        // Turning swaps the sides or leaves them, and so does turning back.
        self.orientation.size(self.size)
    }

    /// The file's format; nothing for pixels that came as such.
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// What was odd about the file, and what of it was passed over.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}

fn check_length([width, height]: [u32; 2], channels: u64, found: usize) -> Result<()> {
    let bytes = u64::from(width) * u64::from(height) * channels;
    if bytes == 0 || bytes != found as u64 {
        let message = format!(
            "{width}x{height} pixels of {channels} bytes take {bytes} bytes, more than none; given \
             were {found}"
        );
        return Err(Error::new(ErrorKind::Config, message));
    }
    Ok(())
}

/// Reads a file, but no more of it than the limit and a byte: it may grow meanwhile.
fn read(path: &Path, limits: &Limits) -> Result<Vec<u8>> {
    let io = |error: io::Error| Error::caused(ErrorKind::Io, error.to_string(), error);
    // Asked before it is opened: opening a pipe waits for who writes to it.
    let about = fs::metadata(path).map_err(io)?;
    if !about.is_file() {
        let what = if about.is_dir() {
            "a folder"
        } else {
            "a device or pipe"
        };
        let message = format!("{what}, not a file");
        return Err(Error::new(ErrorKind::Io, message));
    }
    limits.check_bytes(about.len())?;
    let file = File::open(path).map_err(io)?;
    let mut bytes = Vec::new();
    file.take(limits.max_bytes.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(io)?;
    limits.check_bytes(bytes.len() as u64)?;
    Ok(bytes)
}
