//! The segments of a JPEG (ITU-T T.81, annex B), walked before anything is decoded: what it is,
//! where its first picture ends, and whether it is whole. The decoder does not say that.

/// What a walk over the segments found.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Segments<'a> {
    /// Width, height and components of the frame, and how it is coded.
    pub(super) frame: Option<FrameHeader>,
    /// The contents of the first EXIF segment, without the prefix.
    pub(super) exif: Option<&'a [u8]>,
    /// The contents of the first colour profile's segment, without the prefix.
    pub(super) profile: Option<&'a [u8]>,
    /// Where the first picture ends: behind its end marker, or at the end of the file.
    pub(super) end: usize,
    /// Whether its end marker is there.
    pub(super) whole: bool,
    /// Bytes of entropy-coded data.
    pub(super) coded: usize,
    /// Whether restart markers are missing or out of order.
    pub(super) lost_restart: bool,
}

/// The frame header, B.2.2.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct FrameHeader {
    /// 0xC0 to 0xCF.
    pub(super) marker: u8,
    /// Bits a sample.
    pub(super) precision: u8,
    pub(super) size: [u32; 2],
    /// Identifier, horizontal and vertical sampling of each component.
    pub(super) components: Vec<[u8; 3]>,
}

const START: u8 = 0xd8;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;
const RESTART_INTERVAL: u8 = 0xdd;

impl<'a> Segments<'a> {
    pub(super) fn walk(file: &'a [u8]) -> Self {
        let mut found = Self::default();
        let mut interval = 0;
        let mut at = 2;
        while let Some((marker, behind)) = marker(file, at) {
            at = behind;
            match marker {
                END => {
                    found.whole = true;
                    break;
                }
                START | 0x01 | 0xd0..=0xd7 => continue,
                _ => {}
            }
            let Some(contents) = contents(file, at) else {
                at = file.len();
                break;
            };
            at += 2 + contents.len();
            match marker {
                RESTART_INTERVAL => interval = short(contents, 0).unwrap_or(0),
                SCAN => at = found.scan(file, at, contents, interval),
                _ => found.note(marker, contents),
            }
        }
        found.end = at.min(file.len());
        found
    }

    fn note(&mut self, marker: u8, contents: &'a [u8]) {
        match marker {
            0xe1 if self.exif.is_none() => {
                let block = contents.strip_prefix(b"Exif\0\0");
                self.exif = block.filter(|block| !block.is_empty());
            }
            // Behind the prefix: this part's number and how many there are.
            0xe2 if self.profile.is_none() => {
                let part = contents.strip_prefix(b"ICC_PROFILE\0");
                self.profile = part.and_then(|part| part.get(2..));
            }
            // The others of this range are tables of Huffman and arithmetic codes, and an
            // extension.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) && self.frame.is_none() => {
                self.frame = FrameHeader::read(marker, contents);
            }
            _ => {}
        }
    }

    /// Walks over a scan's data to the marker behind it, and counts the restart markers.
    fn scan(&mut self, file: &[u8], from: usize, header: &[u8], interval: u32) -> usize {
        let (mut at, mut restarts) = (from, 0_u32);
        while let Some(next) = find(file, at, 0xff) {
            match file.get(next + 1) {
                Some(0) => at = next + 2,
                Some(0xff) => at = next + 1,
                Some(marker @ 0xd0..=0xd7) => {
                    self.lost_restart |= u32::from(marker - 0xd0) != restarts % 8;
                    restarts += 1;
                    at = next + 2;
                }
                Some(_) => {
                    self.coded += next - from;
                    let wanted = self
                        .frame
                        .as_ref()
                        .and_then(|f| f.restarts(header, interval));
                    self.lost_restart |= wanted.is_some_and(|wanted| wanted != restarts);
                    return next;
                }
                None => break,
            }
        }
        self.coded += file.len().saturating_sub(from);
        file.len()
    }
}

impl FrameHeader {
    fn read(marker: u8, contents: &[u8]) -> Option<Self> {
        let count = usize::from(*contents.get(5)?);
        let (components, _) = contents.get(6..6 + 3 * count)?.as_chunks::<3>();
        let sampled = |[id, sampling, _]: &[u8; 3]| [*id, sampling >> 4, sampling & 15];
        Some(Self {
            marker,
            precision: contents[0],
            size: [short(contents, 3)?, short(contents, 1)?],
            components: components.iter().map(sampled).collect(),
        })
    }

    /// How many restart markers a scan must have: one between each interval of units (A.2).
    fn restarts(&self, scan: &[u8], interval: u32) -> Option<u32> {
        if interval == 0 || self.size.contains(&0) {
            return None;
        }
        let most = |at: usize| self.components.iter().map(|c| u32::from(c[at])).max();
        let most = [most(1)?.max(1), most(2)?.max(1)];
        let units = match scan.first()? {
            // One component alone: its own blocks.
            1 => {
                let id = scan.get(1)?;
                let component = self.components.iter().find(|c| c[0] == *id)?;
                [0, 1].map(|axis| {
                    let side = self.size[axis] * u32::from(component[axis + 1]);
                    side.div_ceil(most[axis]).div_ceil(8)
                })
            }
            _ => [0, 1].map(|axis| self.size[axis].div_ceil(8 * most[axis])),
        };
        Some(
            units[0]
                .checked_mul(units[1])?
                .div_ceil(interval)
                .saturating_sub(1),
        )
    }
}

/// The next marker at or behind a place, and where it ends.
fn marker(file: &[u8], from: usize) -> Option<(u8, usize)> {
    let mut at = find(file, from, 0xff)?;
    loop {
        match *file.get(at + 1)? {
            0xff => at += 1,
            0 => at = find(file, at + 2, 0xff)?,
            marker => return Some((marker, at + 2)),
        }
    }
}

/// The contents of a segment whose length is at `at`.
fn contents(file: &[u8], at: usize) -> Option<&[u8]> {
    let length = short(file, at)? as usize;
    file.get(at + 2..at + length.max(2))
}

fn short(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 2)?.try_into().ok()?;
    Some(u32::from(u16::from_be_bytes(bytes)))
}

fn find(file: &[u8], from: usize, byte: u8) -> Option<usize> {
    let found = file.get(from..)?.iter().position(|b| *b == byte)?;
    Some(from + found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grey JPEG of 24 x 8, a restart marker behind each block but the last.
    fn file(restarts: &[u8]) -> Vec<u8> {
        let mut file = b"\xff\xd8\xff\xe1\0\x0aExif\0\0II".to_vec();
        file.extend(b"\xff\xc0\0\x0b\x08\0\x08\0\x18\x01\x01\x11\0");
        file.extend(b"\xff\xdd\0\x04\0\x01\xff\xda\0\x08\x01\x01\0\0\x3f\0");
        for restart in restarts {
            file.extend([1, 0xff, 0, 0xff, *restart]);
        }
        file.extend(b"\x02\xff\xd9after");
        file
    }

    #[test]
    fn the_first_picture_and_its_end() {
        let whole = file(&[0xd0, 0xd1]);
        let found = Segments::walk(&whole);
        assert!(found.whole && !found.lost_restart, "{found:?}");
        assert_eq!(&whole[found.end..], b"after");
        assert_eq!((found.exif, found.coded), (Some(&b"II"[..]), 11));
        let frame = found.frame.unwrap();
        assert_eq!(
            (frame.size, frame.precision, frame.marker),
            ([24, 8], 8, 0xc0)
        );
        for end in 0..whole.len() - 5 {
            let cut = Segments::walk(&whole[..end]);
            assert!(!cut.whole && cut.end <= end, "{end}");
        }
    }

    #[test]
    fn restart_markers_that_are_missing_or_out_of_order() {
        for lost in [
            &[][..],
            &[0xd0],
            &[0xd1],
            &[0xd0, 0xd2],
            &[0xd0, 0xd1, 0xd2],
        ] {
            assert!(Segments::walk(&file(lost)).lost_restart, "{lost:?}");
        }
    }
}
