//! A file on disk: its directory, and its tensors' bytes on request.

use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use crate::directory::{Directory, Limits, Tensor};
use crate::error::{Error, ErrorKind, Result};

/// An open GGUF file, or anything that reads and seeks like one.
#[derive(Debug)]
pub struct File<R = std::fs::File> {
    directory: Directory,
    from: R,
}

impl File {
    /// Opens a file with the default [`Limits`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let io = |e| Error::io(path.display().to_string(), e);
        let file = std::fs::File::open(path).map_err(io)?;
        let metadata = file.metadata().map_err(io)?;
        if !metadata.is_file() {
            return Err(Error::new(
                ErrorKind::Io,
                format!("{}, no file", path.display()),
            ));
        }
        Self::read(file, metadata.len(), Limits::default())
    }
}

impl<R: Read + Seek> File<R> {
    /// Reads the directory of `len` bytes that begin where `from` stands at 0.
    pub fn read(mut from: R, len: u64, limits: Limits) -> Result<Self> {
        let io = |e| Error::io("file", e);
        from.seek(SeekFrom::Start(0)).map_err(io)?;
        let directory = Directory::read(BufReader::with_capacity(1 << 16, &mut from), len, limits)?;
        Ok(Self { directory, from })
    }

    /// What is in the file.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The bytes of a tensor of this file, as they lie there.
    pub fn bytes(&mut self, tensor: &Tensor) -> Result<Vec<u8>> {
        let io = |e| Error::io(format!("data at {}", tensor.offset), e);
        self.from.seek(SeekFrom::Start(tensor.offset)).map_err(io)?;
        // No more than the file has: checked when it was opened.
        let mut bytes = vec![0; tensor.len];
        self.from.read_exact(&mut bytes).map_err(io)?;
        Ok(bytes)
    }
}
