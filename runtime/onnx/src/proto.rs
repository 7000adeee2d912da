//! The skeleton of protocol buffers: a tag, then a number, or a length and so many bytes.
use std::ops::Range;

/// A field of a message.
#[derive(Debug, Default)]
pub(crate) struct Field {
    pub(crate) number: u64,
    /// With its tag (and length).
    pub(crate) span: Range<usize>,
    /// The bytes of a field that has a length; empty for others.
    pub(crate) inside: Range<usize>,
    /// The number of a field that is one; 0 for others.
    pub(crate) value: u64,
}

/// The bytes are no message, or are cut off.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Broken;

/// The fields of the message in a part of `bytes`, one after the other; nothing is collected.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Fields<'a> {
    /// The fields within `within`, which must lie in `bytes`.
    pub(crate) fn new(bytes: &'a [u8], within: Range<usize>) -> Self {
        Self {
            bytes,
            at: within.start,
            end: within.end.min(bytes.len()),
        }
    }

    fn read(&mut self) -> Option<Field> {
        let (bytes, end, start) = (self.bytes, self.end, self.at);
        let tag = number(bytes, &mut self.at, end)?;
        // Readers keep 32 bits of a tag: one that is longer would mean something else to them.
        let mut field = Field {
            number: u64::from(u32::try_from(tag).ok()? >> 3),
            ..Field::default()
        };
        let skip = match tag & 7 {
            0 => {
                field.value = number(bytes, &mut self.at, end)?;
                0
            }
            1 => 8,
            2 => {
                let length = usize::try_from(number(bytes, &mut self.at, end)?).ok()?;
                field.inside = self.at..self.at.checked_add(length)?;
                length
            }
            5 => 4,
            _ => return None,
        };
        self.at = self.at.checked_add(skip).filter(|at| *at <= end)?;
        field.span = start..self.at;
        Some(field)
    }
}

impl Iterator for Fields<'_> {
    type Item = Result<Field, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let field = self.read().ok_or(Broken);
        if field.is_err() {
            self.at = self.end;
        }
        Some(field)
    }
}

/// A number in base 128, the low digits first.
pub(crate) fn number(bytes: &[u8], at: &mut usize, end: usize) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes[..end].get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

pub(crate) fn put_number(out: &mut Vec<u8>, field: u64, value: u64) {
    put(out, field << 3);
    put(out, value);
}

pub(crate) fn put_bytes(out: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    put(out, field << 3 | 2);
    put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_cut_is_refused() {
        let mut bytes = Vec::new();
        put_number(&mut bytes, 3, 300);
        put_bytes(&mut bytes, 16, b"abc");
        let read: Vec<Field> = Fields::new(&bytes, 0..bytes.len())
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!((read[0].number, read[0].value), (3, 300));
        assert_eq!(&bytes[read[1].inside.clone()], b"abc");
        for cut in [1, 2, 4, 5, bytes.len() - 1] {
            let last = Fields::new(&bytes[..cut], 0..cut).last().unwrap();
            assert!(last.is_err() || cut == 3, "{cut}");
        }
        // Groups, and tags of more than 32 bits.
        assert_eq!(
            Fields::new(&[0x0b], 0..1).last().unwrap().err(),
            Some(Broken)
        );
        let long = [0x88, 0x80, 0x80, 0x80, 0x80, 0x01, 0x00];
        assert!(Fields::new(&long, 0..7).last().unwrap().is_err());
    }
}
