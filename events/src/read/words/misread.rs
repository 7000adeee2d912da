//! Names of months and weekdays with a letter or two read wrongly.
use super::{Arc, MONTHS, Row, WEEKDAYS};

/// Letters that look alike in print, each with those that it is taken for.
const ALIKE: [(char, &str); 15] = [
    ('a', "eo"),
    ('b', "h"),
    ('c', "eo"),
    ('f', "t"),
    ('h', "bn"),
    ('i', "ljt"),
    ('j', "itl"),
    ('l', "ijt"),
    ('m', "n"),
    ('n', "hmru"),
    ('o', "ac"),
    ('r', "n"),
    ('t', "filj"),
    ('u', "vn"),
    ('v', "uy"),
];

/// The month or weekday that `word` is by one letter (by two from eight letters on), if it is no
/// other by as few. Names and words of under four letters differ by too little; in words of four
/// or five letters only letters that look alike are taken for each other, because others make
/// names of people and places (Mark, Maria, Julie).
pub(crate) fn misread(word: &str, to: usize) -> Option<Arc> {
    let long = word.chars().count();
    if !(4..=12).contains(&long) {
        return None;
    }
    let most = if long < 8 { 1 } else { 2 };
    let mut near: Vec<(usize, &Row)> = Vec::new();
    for row in MONTHS.iter().chain(WEEKDAYS) {
        let names = row.2.split(',').filter(|n| n.len() >= 4);
        let least = names.filter_map(|name| distance(word, name, most)).min();
        near.extend(least.map(|distance| (distance, row)));
    }
    let least = near.iter().map(|n| n.0).min()?;
    let mut nearest = near.iter().filter(|n| n.0 == least);
    let first = nearest.next()?.1;
    let alike = |n: &(usize, &Row)| n.1.0 == first.0;
    nearest.all(alike).then_some(Arc {
        sense: first.0,
        langs: near.iter().filter(|n| alike(n)).fold(0, |l, n| l | n.1.1),
        risky: false,
        misread: true,
        to,
    })
}

/// Edits between the two where they are at most `most` and likely: one of the ends is as it was.
fn distance(word: &str, name: &str, most: usize) -> Option<usize> {
    let (first, last) = (word.chars().next(), word.chars().next_back());
    let ends = first == name.chars().next() || last == name.chars().next_back();
    if word.len().abs_diff(name.len()) > most || !ends {
        return None;
    }
    let edits = strsim::levenshtein(word, name);
    let long = word.chars().count() >= 6 && name.len() >= 6;
    (edits <= most && (long || replaced(word, name))).then_some(edits)
}

/// Whether the words are alike but for one letter that looks like the other.
fn replaced(word: &str, name: &str) -> bool {
    let mut other = word.chars().zip(name.chars()).filter(|(a, b)| a != b);
    let (Some((a, b)), None) = (other.next(), other.next()) else {
        return false;
    };
    let looks = |a: char, b: char| ALIKE.iter().any(|(c, like)| *c == a && like.contains(b));
    word.chars().count() == name.chars().count() && (looks(a, b) || looks(b, a))
}
