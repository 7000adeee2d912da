//! Letters that the spotter is unsure of, by words of which it is sure: a headline in a fancy face
//! says what small print of the same page says too.
use super::rules::{LETTERS, SURE};
use foveate_vision::{SpottedChar, SpottedLine};
use std::collections::HashSet;

/// Puts the letter that a word may have as well where that makes a word which stands elsewhere on
/// the page and is surely read.
pub(super) fn mend(lines: &mut [SpottedLine]) {
    let sure: HashSet<String> = lines
        .iter()
        .flat_map(|line| line.chars.split(is_space))
        .filter(|word| word.iter().all(|c| c.confidence >= SURE))
        .filter_map(spelled)
        .collect();
    if sure.is_empty() {
        return;
    }
    for line in lines {
        let words = line.chars.split_mut(is_space);
        let mended = words.map(|word| mend_word(word, &sure)).filter(|&was| was);
        if mended.count() > 0 {
            line.text = line.chars.iter().map(|c| c.ch.as_str()).collect();
        }
    }
}

fn is_space(char: &SpottedChar) -> bool {
    char.ch.trim().is_empty()
}

/// A word of letters alone as it is compared: in small letters, and long enough to tell.
fn spelled(word: &[SpottedChar]) -> Option<String> {
    let text: String = word.iter().map(|c| c.ch.as_str()).collect();
    let letters = text.chars().count() >= LETTERS && text.chars().all(char::is_alphabetic);
    letters.then(|| text.to_lowercase())
}

/// Whether one letter of the word was replaced.
fn mend_word(word: &mut [SpottedChar], sure: &HashSet<String>) -> bool {
    let text: Vec<String> = word.iter().map(|c| c.ch.to_lowercase()).collect();
    if text.len() < LETTERS || sure.contains(&text.concat()) {
        return false;
    }
    let with = |at: usize, other: &str| {
        let mut text = text.clone();
        text[at] = other.to_lowercase();
        text.concat()
    };
    let found = word.iter().enumerate().find_map(|(at, c)| {
        let fits = |(other, _): &&(String, f32)| sure.contains(&with(at, other));
        let (other, likely) = c.others.iter().find(fits)?;
        Some((at, other.clone(), *likely))
    });
    let Some((at, other, likely)) = found else {
        return false;
    };
    // In the case of the letter before it; the first is as it was read.
    let before = at.checked_sub(1).map_or(&word[at], |before| &word[before]);
    let capital = before.ch.chars().all(char::is_uppercase) && (at != 1 || is_capitals(word, at));
    word[at].ch = match capital {
        true => other.to_uppercase(),
        false => other.to_lowercase(),
    };
    word[at].confidence = likely;
    word[at].others.clear();
    true
}

/// Whether the letters behind a place are capitals.
fn is_capitals(word: &[SpottedChar], at: usize) -> bool {
    word[at + 1..]
        .iter()
        .all(|c| c.ch.chars().all(char::is_uppercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line; what its letters may be beside what they are, by their place.
    fn line(text: &str, others: &[(usize, &str)]) -> SpottedLine {
        let char = |(at, ch): (usize, char)| SpottedChar {
            ch: ch.to_string(),
            quad: [[0.0; 2]; 4],
            confidence: if others.iter().any(|o| o.0 == at) {
                0.4
            } else {
                0.99
            },
            others: others
                .iter()
                .filter(|o| o.0 == at)
                .map(|o| (o.1.to_owned(), 0.2))
                .collect(),
        };
        SpottedLine {
            quad: [[0.0; 2]; 4],
            text: text.to_owned(),
            chars: text.chars().enumerate().map(char).collect(),
            confidence: 0.9,
            turned: 0,
        }
    }

    fn mended(lines: &[(&str, &[(usize, &str)])]) -> Vec<String> {
        let mut lines: Vec<_> = lines
            .iter()
            .map(|(text, others)| line(text, others))
            .collect();
        mend(&mut lines);
        lines.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn a_headline_is_spelled_as_the_small_print_is() {
        let lines = mended(&[
            ("Oata & Donuts", &[(0, "Q"), (0, "D")]),
            ("DATA MANAGEMENT", &[]),
        ]);
        assert_eq!(lines, ["Data & Donuts", "DATA MANAGEMENT"]);
        let lines = mended(&[("MOODV GROOVE", &[(4, "y")]), ("@ Moody Studio", &[])]);
        assert_eq!(lines[0], "MOODY GROOVE");
        let lines = mended(&[("The Glude", &[(6, "I"), (6, "i")]), ("a guide", &[])]);
        assert_eq!(lines[0], "The Glude", "two letters differ");
        let lines = mended(&[("The Gulde", &[(6, "I")]), ("a guide", &[])]);
        assert_eq!(lines[0], "The Guide");
        let lines = mended(&[
            ("Dafa", &[(2, "T")]),
            ("DVTA Boat", &[(1, "A")]),
            ("data", &[]),
        ]);
        assert_eq!(lines, ["Data", "DATA Boat", "data"]);
        assert_eq!(mended(&[("Eata", &[(0, "d")]), ("data", &[])])[0], "Data");
        assert_eq!(mended(&[("Dota", &[(1, "A")]), ("data", &[])])[0], "Data");
    }

    #[test]
    fn what_is_surely_read_stays() {
        // "Date" is a word of the page too.
        let lines = mended(&[("Date", &[(3, "a")]), ("date data", &[])]);
        assert_eq!(lines[0], "Date");
        let lines = mended(&[("Cat", &[(0, "H")]), ("hat", &[])]);
        assert_eq!(lines[0], "Cat", "too short to tell");
        let lines = mended(&[("Oata", &[(0, "D")]), ("data", &[(1, "o")])]);
        assert_eq!(lines[0], "Oata", "nothing is sure");
        let lines = mended(&[("7:30", &[(0, "1")]), ("1:30", &[])]);
        assert_eq!(lines[0], "7:30", "figures");
        assert_eq!(mended(&[]), Vec::<String>::new());
    }
}
