//! The directories of TIFF 6.0 and BigTIFF: tags and where their values are. A value is looked up
//! in the file's bytes; nothing is allocated on its word.

/// A file's bytes and how its numbers are written.
#[derive(Clone, Copy)]
pub(super) struct File<'a> {
    pub(super) bytes: &'a [u8],
    little: bool,
    /// BigTIFF: offsets of 8 bytes.
    big: bool,
}

/// One directory: a page.
pub(super) struct Directory<'a> {
    file: File<'a>,
    entries: Vec<Entry>,
}

struct Entry {
    tag: u16,
    kind: u16,
    count: usize,
    /// Where the values begin.
    at: usize,
}

/// Pages that are counted at most.
const MAX_PAGES: usize = 10_000;
/// Tags of a directory that are read at most; files have some 20.
const MAX_TAGS: usize = 4096;

impl<'a> File<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let (little, big) = match bytes.get(..4)? {
            b"II*\0" => (true, false),
            b"MM\0*" => (false, false),
            b"II+\0" => (true, true),
            b"MM\0+" => (false, true),
            _ => return None,
        };
        Some(Self { bytes, little, big })
    }

    pub(super) fn is_little(&self) -> bool {
        self.little
    }

    /// A number of 1, 2, 4 or 8 bytes.
    fn number(&self, at: usize, length: usize) -> Option<u64> {
        let bytes = self.bytes.get(at..at.checked_add(length)?)?;
        let push = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Some(if self.little {
            bytes.iter().rev().fold(0, push)
        } else {
            bytes.iter().fold(0, push)
        })
    }

    fn offset(&self, at: usize) -> Option<usize> {
        let value = self.number(at, if self.big { 8 } else { 4 })?;
        usize::try_from(value).ok()
    }

    /// The directories in their order, as far as the chain is sound; a chain that comes back to
    /// itself ends there.
    pub(super) fn pages(self) -> Vec<Directory<'a>> {
        let mut pages = Vec::new();
        let mut seen = Vec::new();
        let mut next = self.offset(if self.big { 8 } else { 4 });
        while let Some(at) = next.filter(|at| *at != 0 && !seen.contains(at)) {
            let Some((page, behind)) = self.directory(at) else {
                break;
            };
            seen.push(at);
            pages.push(page);
            if pages.len() == MAX_PAGES {
                break;
            }
            next = self.offset(behind);
        }
        pages
    }

    /// The directory at a place, and where the offset of the next one is.
    fn directory(self, at: usize) -> Option<(Directory<'a>, usize)> {
        let (head, size) = if self.big { (8, 20) } else { (2, 12) };
        let count = usize::try_from(self.number(at, head)?).ok()?;
        let first = at.checked_add(head)?;
        let entries = (0..count.min(MAX_TAGS)).map_while(|entry| self.entry(first + entry * size));
        let page = Directory {
            file: self,
            entries: entries.collect(),
        };
        Some((page, first.checked_add(count.checked_mul(size)?)?))
    }

    fn entry(&self, at: usize) -> Option<Entry> {
        let kind = self.number(at + 2, 2)? as u16;
        let (count, inline) = if self.big {
            (self.number(at + 4, 8)?, at + 12)
        } else {
            (self.number(at + 4, 4)?, at + 8)
        };
        let count = usize::try_from(count).ok()?;
        let room = if self.big { 8 } else { 4 };
        let fits = size(kind)
            .checked_mul(count)
            .is_some_and(|length| length <= room);
        Some(Entry {
            tag: self.number(at, 2)? as u16,
            kind,
            count,
            // An offset beyond the file is found out when the value is asked for.
            at: if fits { inline } else { self.offset(inline)? },
        })
    }
}

/// Bytes of a value of a kind; 0 of those that are not read (TIFF 6.0, section 2; BigTIFF adds 16
/// to 18).
fn size(kind: u16) -> usize {
    match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16 | 17 | 18 => 8,
        _ => 0,
    }
}

impl<'a> Directory<'a> {
    pub(super) fn file(&self) -> File<'a> {
        self.file
    }

    fn entry(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.tag == tag)
    }

    /// All bytes of a tag's values, as they are in the file.
    pub(super) fn bytes(&self, tag: u16) -> Option<&'a [u8]> {
        let entry = self.entry(tag)?;
        let length = size(entry.kind).checked_mul(entry.count)?;
        self.file.bytes.get(entry.at..entry.at.checked_add(length)?)
    }

    /// How many values a tag has, if all of them are in the file.
    pub(super) fn count(&self, tag: u16) -> Option<usize> {
        self.bytes(tag)?;
        self.entry(tag).map(|entry| entry.count)
    }

    /// One of a tag's whole numbers.
    pub(super) fn number(&self, tag: u16, index: usize) -> Option<u64> {
        let entry = self.entry(tag).filter(|entry| index < entry.count)?;
        if !matches!(entry.kind, 1 | 3 | 4 | 7 | 13 | 16 | 18) {
            return None;
        }
        let size = size(entry.kind);
        let at = entry.at.checked_add(size.checked_mul(index)?)?;
        self.file.number(at, size)
    }

    /// A tag's first number.
    pub(super) fn first(&self, tag: u16) -> Option<u64> {
        self.number(tag, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A little-endian file of one directory that names another at `next`.
    fn file(entries: &[(u16, u16, u32, u32)], next: u32) -> Vec<u8> {
        let mut file = b"II*\0\x08\0\0\0".to_vec();
        file.extend((entries.len() as u16).to_le_bytes());
        for (tag, kind, count, value) in entries {
            file.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
            file.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
        }
        file.extend(next.to_le_bytes());
        file
    }

    #[test]
    fn values_in_and_behind_the_directory() {
        let bytes = file(&[(256, 3, 1, 7), (273, 4, 2, 0), (700, 1, 9, u32::MAX)], 8);
        let pages = File::new(&bytes).unwrap().pages();
        assert_eq!(pages.len(), 1, "the chain comes back to itself");
        assert_eq!((pages[0].first(256), pages[0].first(257)), (Some(7), None));
        assert_eq!(pages[0].number(273, 1), Some(u64::from(8_u32)));
        assert_eq!((pages[0].number(273, 2), pages[0].bytes(700)), (None, None));
    }

    #[test]
    fn any_cut_is_no_page_or_a_page_without_values() {
        let bytes = file(&[(256, 4, 1000, 8), (257, 3, 1, 5)], 0);
        for end in 0..bytes.len() {
            let pages = File::new(&bytes[..end])
                .map(File::pages)
                .unwrap_or_default();
            assert!(pages.iter().all(|page| page.count(256).is_none()), "{end}");
        }
    }
}
