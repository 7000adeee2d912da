//! The directory's bytes, with a count of those that are left.

use std::io::Read;

use crate::error::{Error, ErrorKind, Result};

/// Longest key or tensor name; the specification allows 65,535 bytes for keys, 64 for names.
const MAX_NAME: usize = 65_535;

/// Little-endian numbers and strings, never beyond `left` bytes.
pub(crate) struct Source<R> {
    from: R,
    left: u64,
    read: u64,
}

impl<R: Read> Source<R> {
    pub fn new(from: R, left: u64) -> Self {
        Self {
            from,
            left,
            read: 0,
        }
    }

    /// Bytes read so far.
    pub fn position(&self) -> u64 {
        self.read
    }

    /// `n` things of at least `bytes` each must still fit; gives `n` as a size.
    pub fn fits(&self, n: u64, bytes: u64, place: &str) -> Result<usize> {
        let needed = n.checked_mul(bytes).filter(|&b| b <= self.left);
        match (needed, usize::try_from(n)) {
            (Some(_), Ok(n)) => Ok(n),
            _ => {
                let place = format!("{place}: {n} announced, {} bytes left", self.left);
                Err(Error::new(ErrorKind::Truncated, place))
            }
        }
    }

    pub fn array<const N: usize>(&mut self, place: &str) -> Result<[u8; N]> {
        self.fits(N as u64, 1, place)?;
        let mut bytes = [0; N];
        self.fill(&mut bytes, place)?;
        Ok(bytes)
    }

    pub fn u32(&mut self, place: &str) -> Result<u32> {
        self.array(place).map(u32::from_le_bytes)
    }

    pub fn u64(&mut self, place: &str) -> Result<u64> {
        self.array(place).map(u64::from_le_bytes)
    }

    /// Bytes with their length before them.
    pub fn bytes(&mut self, place: &str) -> Result<Vec<u8>> {
        let n = self.u64(place)?;
        let mut bytes = vec![0; self.fits(n, 1, place)?];
        self.fill(&mut bytes, place)?;
        Ok(bytes)
    }

    /// A key, or a tensor's name.
    pub fn name(&mut self, place: &str) -> Result<String> {
        let bytes = self.bytes(place)?;
        let refused = || Error::new(ErrorKind::Name, format!("{place} of {} bytes", bytes.len()));
        if !(1..=MAX_NAME).contains(&bytes.len()) {
            return Err(refused());
        }
        String::from_utf8(bytes.clone()).map_err(|_| refused())
    }

    fn fill(&mut self, bytes: &mut [u8], place: &str) -> Result<()> {
        self.from
            .read_exact(bytes)
            .map_err(|e| Error::io(place, e))?;
        self.left -= bytes.len() as u64;
        self.read += bytes.len() as u64;
        Ok(())
    }
}
