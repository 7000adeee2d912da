//! The words that a reader of glyphs knows: `lexicon.txt` of its bundle.
use crate::bundle::Bundle;
use crate::{Error, Result};

/// Marks that may stand between two words without a space.
const BETWEEN: &[char] = &[
    '-', '\u{2013}', '/', '&', '+', '.', ',', ':', ';', '!', '?', '(', ')',
];
/// Most bytes of the file.
const MOST: u64 = 64 << 20;

/// A set of words in small letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lexicon {
    /// One word a line, sorted by bytes.
    words: String,
}

impl Lexicon {
    /// That of a bundle, if it has one.
    ///
    /// # Errors
    /// A file that is no UTF-8 or whose lines are not sorted.
    pub fn of(bundle: &Bundle) -> Result<Option<Self>> {
        if !bundle.has("lexicon.txt") {
            return Ok(None);
        }
        let file = bundle.file("lexicon.txt")?;
        let bytes = crate::bundle::read(&file, MOST)?;
        let words = String::from_utf8(bytes).map_err(|e| e.to_string());
        match words.and_then(Self::new) {
            Ok(lexicon) => Ok(Some(lexicon)),
            Err(why) => Err(Error::AssetsInvalid { file, why }),
        }
    }

    /// The lines of `words`, which are sorted by bytes.
    ///
    /// # Errors
    /// The first line that is not behind the one before it.
    pub fn new(words: String) -> std::result::Result<Self, String> {
        let unsorted = words
            .lines()
            .zip(words.lines().skip(1))
            .find(|(a, b)| a >= b);
        match unsorted {
            Some((before, word)) => Err(format!(
                "{word:?} stands behind {before:?}; lines sorted by bytes are expected"
            )),
            None => Ok(Self { words }),
        }
    }

    /// Whether `word`, in small letters, is in it.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        let mut rest = self.words.as_str();
        while !rest.is_empty() {
            let middle = rest.floor_char_boundary(rest.len() / 2);
            let begin = rest[..middle].rfind('\n').map_or(0, |at| at + 1);
            let end = rest[begin..].find('\n').map_or(rest.len(), |at| begin + at);
            match word.cmp(&rest[begin..end]) {
                std::cmp::Ordering::Equal => return true,
                std::cmp::Ordering::Less => rest = &rest[..begin],
                std::cmp::Ordering::Greater => rest = rest.get(end + 1..).unwrap_or_default(),
            }
        }
        false
    }

    /// Whether it knows every word of `text`, which has no spaces; `None` where that is made of
    /// other things than words: figures, addresses, marks alone.
    #[must_use]
    pub fn knows(&self, text: &str) -> Option<bool> {
        let text = text.to_lowercase().replace('\u{2019}', "'");
        let parts = text
            .trim_matches(|ch: char| !ch.is_alphanumeric())
            .split(BETWEEN);
        let mut parts = parts.filter(|part| !part.is_empty()).peekable();
        parts.peek()?;
        let mut known = true;
        for part in parts {
            let word = part.strip_suffix("'s").unwrap_or(part);
            if !word.chars().all(|ch| ch.is_alphabetic() || ch == '\'') {
                return None;
            }
            known &= self.has(word);
        }
        Some(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexicon() -> Lexicon {
        Lexicon::new("a\ncaf\u{e9}\ndon't\nhall\ntown\nz\u{e9}\n".to_owned()).unwrap()
    }

    #[test]
    fn every_word_is_found_and_no_other() {
        let lexicon = lexicon();
        assert!(lexicon.words.lines().all(|word| lexicon.has(word)));
        let others = [
            "",
            "b",
            "hal",
            "halls",
            "zz",
            "\u{e9}",
            "Hall",
            "a\ncaf\u{e9}",
        ];
        assert!(!others.iter().any(|word| lexicon.has(word)));
        assert!(!Lexicon::new(String::new()).unwrap().has("a"));
        assert!(Lexicon::new("a\nb".to_owned()).unwrap().has("b"));
    }

    #[test]
    fn every_word_that_ships_is_found() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/models/nano/lexicon.txt");
        let words = std::fs::read_to_string(file).unwrap();
        let lexicon = Lexicon::new(words.clone()).unwrap();
        assert!(words.lines().all(|word| lexicon.has(word)));
        assert!(!words.lines().any(|word| lexicon.has(&format!("{word}~"))));
    }

    #[test]
    fn lines_must_be_sorted() {
        let why = Lexicon::new("b\na\n".to_owned()).unwrap_err();
        assert_eq!(
            why,
            "\"a\" stands behind \"b\"; lines sorted by bytes are expected"
        );
        assert!(Lexicon::new("a\na\n".to_owned()).is_err());
    }

    #[test]
    fn case_marks_and_possessives_do_not_matter_and_other_things_are_no_words() {
        let lexicon = lexicon();
        let known = [
            "Hall",
            "(TOWN)",
            "Hall's",
            "Town\u{2019}s,",
            "Town-Hall",
            "Don\u{2019}t",
            "CAF\u{c9}",
        ];
        assert!(known.iter().all(|text| lexicon.knows(text) == Some(true)));
        assert_eq!(lexicon.knows("Toun-Hall"), Some(false));
        let others = ["", "--", "7th", "me@hall", "#", "x1"];
        assert!(others.iter().all(|text| lexicon.knows(text).is_none()));
    }
}
