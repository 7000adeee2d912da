use crate::Orientation;

/// Reads the orientation from a raw EXIF block (a small TIFF file). `Ok(None)`: the block is sound
/// and has none. `Err`: it is broken; the picture is still worth showing, so callers make a note of
/// it and go on.
///
/// The prefix of JPEG's segment is passed over: many writers leave it in WebP and PNG.
pub(crate) fn orientation(block: &[u8]) -> Result<Option<Orientation>, &'static str> {
    const PREFIX: &[u8] = b"Exif\0\0";
    const ORIENTATION: u16 = 0x0112;
    const SHORT: u16 = 3;
    let block = block.strip_prefix(PREFIX).unwrap_or(block);
    let little = match block.get(..4) {
        Some(b"II*\0") => true,
        Some(b"MM\0*") => false,
        _ => return Err("does not begin as a TIFF block"),
    };
    let u16_at = |at: usize| {
        let bytes = block.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little {
            u16::from_le_bytes(bytes)
        } else {
            u16::from_be_bytes(bytes)
        })
    };
    let u32_at = |at: usize| {
        let bytes = block.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if little {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        })
    };
    let directory = u32_at(4)
        .and_then(|at| usize::try_from(at).ok())
        .ok_or("is cut off")?;
    let entries = u16_at(directory).ok_or("has its directory outside itself")?;
    for entry in 0..usize::from(entries) {
        // 12 bytes each: tag, type, count, value (a short lies in the value's first two bytes).
        // `u16_at(directory)` was inside the block, so the sum cannot overflow.
        let at = directory + 2 + 12 * entry;
        let tag = u16_at(at).ok_or("has a directory that is cut off")?;
        if tag == ORIENTATION {
            let sound = u16_at(at + 2) == Some(SHORT) && u32_at(at + 4) == Some(1);
            let value = u16_at(at + 8)
                .filter(|_| sound)
                .and_then(Orientation::from_exif);
            return value
                .map(Some)
                .ok_or("has an orientation that is not 1 to 8");
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block with one directory of the given entries (tag, type, count, value).
    fn block(little: bool, entries: &[(u16, u16, u32, u16)]) -> Vec<u8> {
        let short = |n: u16| {
            if little {
                n.to_le_bytes()
            } else {
                n.to_be_bytes()
            }
        };
        let long = |n: u32| {
            if little {
                n.to_le_bytes()
            } else {
                n.to_be_bytes()
            }
        };
        let mut block = if little {
            b"II*\0".to_vec()
        } else {
            b"MM\0*".to_vec()
        };
        block.extend(long(8));
        block.extend(short(entries.len() as u16));
        for &(tag, kind, count, value) in entries {
            block.extend([short(tag), short(kind)].concat());
            block.extend(long(count));
            block.extend([short(value), short(0)].concat());
        }
        block
    }

    #[test]
    fn both_byte_orders_and_all_eight() {
        for little in [true, false] {
            for (number, wanted) in (1..).zip(Orientation::ALL) {
                let block = block(little, &[(0x010f, 2, 4, 0), (0x0112, 3, 1, number)]);
                assert_eq!(orientation(&block), Ok(Some(wanted)));
            }
        }
        assert_eq!(orientation(&block(true, &[(0x010f, 2, 4, 0)])), Ok(None));
        assert_eq!(orientation(&block(true, &[])), Ok(None));
    }

    #[test]
    fn a_prefix_is_passed_over() {
        let block = [b"Exif\0\0".to_vec(), block(true, &[(0x0112, 3, 1, 8)])].concat();
        assert_eq!(orientation(&block), Ok(Some(Orientation::Rotate270)));
        assert!(orientation(b"Exif\0\0").is_err());
    }

    #[test]
    fn what_is_broken_is_said() {
        for bad in [
            vec![],
            b"Exif".to_vec(),
            b"II*\0".to_vec(),
            b"II*\0\xff\xff\xff\xff".to_vec(),
            block(true, &[(0x0112, 3, 1, 0)]),
            block(true, &[(0x0112, 3, 1, 9)]),
            block(true, &[(0x0112, 2, 1, 6)]),
            block(true, &[(0x0112, 3, 2, 6)]),
            block(false, &[(0x010f, 2, 4, 0), (0x0112, 3, 1, 6)])[..20].to_vec(),
        ] {
            assert!(orientation(&bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn any_cut_of_a_block_is_an_error_or_none() {
        let whole = block(true, &[(0x010f, 2, 4, 0), (0x0112, 3, 1, 6)]);
        for length in 0..whole.len() - 2 {
            assert!(orientation(&whole[..length]).is_err(), "{length}");
        }
    }
}
