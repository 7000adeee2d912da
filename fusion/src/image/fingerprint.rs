//! What pictures are recognised by.
use foveate_vision::{Format, Pixels};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What stands before the digits of a saved fingerprint.
const PREFIX: &str = "blake3:";

/// What a picture is recognised by: BLAKE3 over its pixels, its size, its format and how it was
/// turned. Nobody can make two pictures with one fingerprint.
///
/// It is saved as text, `blake3:` and 64 hexadecimal digits. Earlier versions saved two numbers,
/// which could be forged: they are read, and equal no picture.
///
/// On two cores of a Xeon with AVX-512 that did other work beside it, 12 million pixels took 27 to
/// 65 ms; SHA-256, which that processor has instructions for, took 142 to 348 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(Hash);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Hash {
    Blake3([u8; 32]),
    /// The two numbers of a transcript that an earlier version saved.
    Earlier([u64; 2]),
}

impl Fingerprint {
    pub(super) fn of(pixels: &Pixels) -> Self {
        let [width, height] = pixels.stored_size().map(u64::from);
        let shape = [
            width,
            height,
            u64::from(pixels.width()),
            pixels.format().map_or(0, number),
            pixels.orientation() as u64,
        ];
        let mut hasher = blake3::Hasher::new();
        for number in shape {
            hasher.update(&number.to_le_bytes());
        }
        hasher.update(pixels.rgb());
        Self(Hash::Blake3(*hasher.finalize().as_bytes()))
    }

    /// Whether pictures can be compared with it: not so if an earlier version saved it.
    #[must_use]
    pub fn is_comparable(self) -> bool {
        matches!(self.0, Hash::Blake3(_))
    }
}

/// A number for each format, which saved fingerprints hold: it must not change.
fn number(format: Format) -> u64 {
    match format {
        Format::Png => 1,
        Format::Jpeg => 2,
        Format::WebP => 3,
        Format::Gif => 4,
        Format::Bmp => 5,
        Format::Tiff => 6,
        _ => 7,
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Hash::Blake3(bytes) => {
                let digits = blake3::Hash::from_bytes(bytes).to_hex();
                serializer.collect_str(&format_args!("{PREFIX}{digits}"))
            }
            Hash::Earlier(numbers) => numbers.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Saved {
            Text(String),
            Numbers([u64; 2]),
        }
        match Saved::deserialize(deserializer)? {
            Saved::Numbers(numbers) => Ok(Self(Hash::Earlier(numbers))),
            Saved::Text(text) => {
                let hash = text.strip_prefix(PREFIX);
                let hash = hash.and_then(|digits| blake3::Hash::from_hex(digits).ok());
                let hash = hash.ok_or_else(|| {
                    let expected = "a fingerprint is blake3: and 64 hexadecimal digits";
                    D::Error::custom(format_args!("{expected}, not {text:?}"))
                })?;
                Ok(Self(Hash::Blake3(*hash.as_bytes())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Image;

    fn picture(width: u32, rgb: Vec<u8>) -> Fingerprint {
        Image::from_rgb(width, 6 / width, rgb)
            .unwrap()
            .fingerprint()
    }

    #[test]
    fn pictures_of_the_same_bytes_in_another_shape_differ() {
        let known = picture(2, vec![7; 18]);
        assert_eq!(known, picture(2, vec![7; 18]));
        assert_ne!(known, picture(3, vec![7; 18]));
        let mut rgb = vec![7; 18];
        rgb[17] = 8;
        assert_ne!(known, picture(2, rgb));
        let named = Image::from_rgb(2, 3, vec![7; 18]).unwrap().labelled("x");
        assert_eq!(known, named.fingerprint());
    }

    /// In the hash that this one replaced, a word of pixels could be undone by the next one, since
    /// each step was a function that can be inverted.
    #[test]
    fn pixels_in_another_order_differ() {
        let word = |value: u8| vec![value; 8];
        let rgb = |words: [u8; 3]| words.map(word).concat();
        let of = |words| Image::from_rgb(8, 1, rgb(words)).unwrap().fingerprint();
        assert_ne!(of([1, 2, 3]), of([2, 1, 3]));
        assert_ne!(of([1, 2, 3]), of([1, 3, 2]));
    }

    #[test]
    fn saved_ones_are_read_back_and_the_same_in_every_version() {
        let known = picture(2, vec![7; 18]);
        let text = serde_json::to_string(&known).unwrap();
        let digits = "31b627a0f9aebdd073166204e8e2f31597c5cddb8d294be3591f4789d6ba66f7";
        assert_eq!(text, format!("\"blake3:{digits}\""));
        assert_eq!(serde_json::from_str::<Fingerprint>(&text).unwrap(), known);
        assert!(known.is_comparable());
        for wrong in ["\"blake3:12\"", "\"sha256:12\"", "\"\"", "7", "[1]"] {
            assert!(serde_json::from_str::<Fingerprint>(wrong).is_err());
        }
    }

    #[test]
    fn those_of_earlier_versions_are_read_and_equal_no_picture() {
        let earlier: Fingerprint = serde_json::from_str("[1,18446744073709551615]").unwrap();
        assert!(!earlier.is_comparable());
        assert_ne!(earlier, picture(2, vec![7; 18]));
        let text = serde_json::to_string(&earlier).unwrap();
        assert_eq!(text, "[1,18446744073709551615]");
    }
}
