//! Telling formats by their content.

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// PNG; of an animated one the first frame that is not blank.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP; of an animated one the first frame that is not blank.
    WebP,
    /// GIF; the first frame that is not blank.
    Gif,
    /// BMP.
    Bmp,
    /// TIFF and BigTIFF; the first page that is not a thumbnail.
    Tiff,
}

impl Format {
    /// The format that a file's first bytes announce.
    pub(crate) fn sniff(bytes: &[u8]) -> Option<Self> {
        let starts = |magic: &[u8]| bytes.starts_with(magic);
        if starts(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if starts(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if starts(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            Some(Self::WebP)
        } else if starts(b"GIF87a") || starts(b"GIF89a") {
            Some(Self::Gif)
        } else if starts(b"BM") {
            Some(Self::Bmp)
        } else if [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"]
            .iter()
            .any(|m| starts(*m))
        {
            Some(Self::Tiff)
        } else {
            None
        }
    }
}

/// What to do with a file that is not read.
const TO_JPEG: &str = "convert it to JPEG or PNG first";
const TO_PAGES: &str = "convert its pages to PNG first";

/// Formats that people try and that are not read: what stands at an offset of the file, the
/// format's name, and what to do about it.
const OTHERS: &[(usize, &[u8], &str, &str)] = &[
    (0, b"\xff\x0a", "JPEG XL", TO_JPEG),
    (0, b"\0\0\0\x0cJXL ", "JPEG XL", TO_JPEG),
    (0, b"\0\0\0\x0cjP  ", "JPEG 2000", TO_JPEG),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000", TO_JPEG),
    (0, b"\0\0\x01\0", "an icon (ICO)", TO_JPEG),
    (0, b"\0\0\x02\0", "a cursor (CUR)", TO_JPEG),
    (0, b"%PDF", "PDF", TO_PAGES),
    (0, b"%!PS", "PostScript", TO_PAGES),
    (0, b"AT&TFORM", "DjVu", TO_PAGES),
    (0, b"8BPS", "Photoshop (PSD)", TO_JPEG),
    (0, b"gimp xcf", "GIMP (XCF)", TO_JPEG),
    (0, b"qoif", "QOI", TO_JPEG),
    (0, b"DDS ", "DDS", TO_JPEG),
    (0, b"\x76\x2f\x31\x01", "OpenEXR", TO_JPEG),
    (0, b"#?RADIANCE", "Radiance HDR", TO_JPEG),
    (0, b"farbfeld", "farbfeld", TO_JPEG),
    (0, b"P1", "PBM", TO_JPEG),
    (0, b"P2", "PGM", TO_JPEG),
    (0, b"P3", "PPM", TO_JPEG),
    (0, b"P4", "PBM", TO_JPEG),
    (0, b"P5", "PGM", TO_JPEG),
    (0, b"P6", "PPM", TO_JPEG),
    (0, b"P7", "PAM", TO_JPEG),
    (0, b"<svg", "SVG", TO_JPEG),
    (0, b"<?xml", "XML, perhaps SVG", TO_JPEG),
    (0, b"<!DOCTYPE", "a web page", "save the picture itself"),
    (0, b"<!doctype", "a web page", "save the picture itself"),
    (0, b"<html", "a web page", "save the picture itself"),
    (
        0,
        b"PK\x03\x04",
        "a ZIP archive or office document",
        TO_PAGES,
    ),
    (0, b"\x1f\x8b", "gzip", "unpack it first"),
    (
        0,
        b"\x1aE\xdf\xa3",
        "a film (Matroska, WebM)",
        "save a picture of it first",
    ),
    (
        4,
        b"ftyp",
        "a film (MP4, QuickTime)",
        "save a picture of it first",
    ),
];

/// The brands of ISO base media files that are pictures (ISO/IEC 23008-12 and the AVIF
/// specification).
const BRANDS: &[(&[u8], &str)] = &[
    (b"avif", "AVIF"),
    (b"avis", "AVIF"),
    (b"heic", "HEIC"),
    (b"heix", "HEIC"),
    (b"heim", "HEIC"),
    (b"heis", "HEIC"),
    (b"hevc", "HEIC"),
    (b"hevx", "HEIC"),
    (b"mif1", "HEIF"),
    (b"msf1", "HEIF"),
];

/// What a file that is not read is, and what to do about it, as a sentence.
pub(crate) fn unread(bytes: &[u8]) -> String {
    if let Some(name) = brand(bytes) {
        let tool = if name == "AVIF" {
            "avifdec"
        } else {
            "heif-convert"
        };
        return format!(
            "the content is {name}, which is not read: {TO_JPEG}, for example with `{tool}`"
        );
    }
    let other = OTHERS
        .iter()
        .find(|(at, magic, ..)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(magic)));
    match other {
        Some((_, _, name, what)) => format!("the content is {name}, which is not read: {what}"),
        None => "the content is not PNG, JPEG, WebP, GIF, BMP or TIFF".to_owned(),
    }
}

/// The picture format that the `ftyp` box of an ISO base media file names, by its major brand or
/// else its compatible ones.
fn brand(bytes: &[u8]) -> Option<&'static str> {
    if bytes.get(4..8) != Some(b"ftyp") {
        return None;
    }
    let length = u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    // The fourth word is the minor version.
    let words = bytes.get(8..length.min(bytes.len()))?.chunks_exact(4);
    let brands: Vec<&[u8]> = words.take(64).collect();
    let name = |brand: &&[u8]| {
        BRANDS
            .iter()
            .find(|(b, _)| b == brand)
            .map(|(_, name)| *name)
    };
    // `mif1` says HEIF alone; a compatible brand may say which kind.
    let specific = brands.iter().filter_map(name).find(|name| *name != "HEIF");
    specific.or_else(|| brands.iter().find_map(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_read_is_named() {
        let cases: &[(&[u8], &str)] = &[
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "AVIF"),
            (b"\0\0\0\x14ftypmif1\0\0\0\0mif1", "HEIF"),
            (b"\0\0\0\x14ftypisom\0\0\0\0mp41", "MP4"),
            (b"\0\0\x01\0\x01\0", "ICO"),
            (b"%PDF-1.7", "PDF"),
            (b"\xff\xff\xff\xffftyp", "MP4"),
            (b"hello", "not PNG"),
            (b"", "not PNG"),
        ];
        for (bytes, name) in cases {
            let message = unread(bytes);
            assert!(message.contains(name), "{message}");
            assert_eq!(Format::sniff(bytes), None);
        }
    }
}
