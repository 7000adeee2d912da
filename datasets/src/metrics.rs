//! Scores: how much of a text was read, and whether an event is right.

use crate::files::EventTruth;
use std::collections::HashMap;

/// Words of a text: split at white space, with punctuation at either end taken off (everything that
/// is neither letter nor digit, but for `$ £ € % # @ + &`), and without words that are nothing
/// else. Case counts.
pub fn words(text: &str) -> Vec<&str> {
    let edge = |c: char| !(c.is_alphanumeric() || "$£€%#@+&".contains(c));
    text.split_whitespace()
        .map(|w| w.trim_matches(edge))
        .filter(|w| !w.is_empty())
        .collect()
}

/// How many of the expected words were read, each as often as it occurs, how many there are, and
/// how many were read.
pub fn words_found(expected: &str, got: &str) -> [usize; 3] {
    let mut left: HashMap<&str, usize> = HashMap::new();
    let got = words(got);
    got.iter().for_each(|w| *left.entry(w).or_default() += 1);
    let expected = words(expected);
    let found = expected
        .iter()
        .filter(|w| left.get_mut(*w).is_some_and(take_one))
        .count();
    [found, expected.len(), got.len()]
}

fn take_one(n: &mut usize) -> bool {
    let any = *n > 0;
    *n = n.saturating_sub(1);
    any
}

/// Insertions, deletions and replacements that lead from `a` to `b`, in characters.
pub fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// Edits and length for the character error rate, all white space counted as one space.
pub fn character_errors(expected: &str, got: &str) -> (usize, usize) {
    let one_line = |t: &str| t.split_whitespace().collect::<Vec<_>>().join(" ");
    let expected = one_line(expected);
    (edits(&expected, &one_line(got)), expected.chars().count())
}

/// Small letters and digits, words parted by one space.
pub fn folded(text: &str) -> String {
    let kept: String = text
        .to_lowercase()
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || c == '&' {
                c
            } else {
                ' '
            }
        })
        .collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// 1 for the same text after folding, 0 for nothing in common.
pub fn similarity(a: &str, b: &str) -> f64 {
    let (a, b) = (folded(a), folded(b));
    let longest = a.chars().count().max(b.chars().count());
    if longest == 0 {
        1.0
    } else {
        1.0 - edits(&a, &b) as f64 / longest as f64
    }
}

/// Which parts of an event are right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Right {
    /// Similarity of at least 0.9.
    pub title: bool,
    /// The same day; month and day where the flyer has no year.
    pub date: bool,
    /// The same minute.
    pub start: bool,
    /// Similarity of at least 0.9.
    pub venue: bool,
}

impl Right {
    /// All four.
    pub fn all(self) -> bool {
        self.title && self.date && self.start && self.venue
    }
}

/// Compares an answer whose date and start are normalised. What the flyer does not tell must be
/// left out.
pub fn score(expected: &EventTruth, got: &EventTruth) -> Right {
    Right {
        title: same(&expected.title, &got.title, |a, b| similarity(a, b) >= 0.9),
        date: same(&expected.date, &got.date, same_day),
        start: same(&expected.start, &got.start, |a, b| a == b),
        venue: same(&expected.venue, &got.venue, |a, b| similarity(a, b) >= 0.9),
    }
}

fn same(
    expected: &Option<String>,
    got: &Option<String>,
    alike: impl Fn(&str, &str) -> bool,
) -> bool {
    match (expected, got) {
        (None, None) => true,
        (Some(a), Some(b)) => alike(a, b),
        _ => false,
    }
}

fn same_day(expected: &str, got: &str) -> bool {
    if expected.starts_with("--") {
        got.ends_with(&expected[1..])
    } else {
        expected == got
    }
}

/// A box: left, top, right, bottom in pixels.
pub type Corners = [f64; 4];

/// The smallest box around both.
pub fn around(a: Corners, b: Corners) -> Corners {
    [
        a[0].min(b[0]),
        a[1].min(b[1]),
        a[2].max(b[2]),
        a[3].max(b[3]),
    ]
}

/// Intersection over union of two boxes: 1 for the same box, 0 for boxes that have nothing in
/// common, and for boxes without area.
pub fn iou(a: Corners, b: Corners) -> f64 {
    let area = |[x0, y0, x1, y1]: Corners| (x1 - x0).max(0.0) * (y1 - y0).max(0.0);
    let common = area([
        a[0].max(b[0]),
        a[1].max(b[1]),
        a[2].min(b[2]),
        a[3].min(b[3]),
    ]);
    let union = area(a) + area(b) - common;
    if union > 0.0 { common / union } else { 0.0 }
}

/// How well the boxes of right fields lie on what they were read from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Grounding {
    /// Fields that are right and that the flyer tells.
    pub fields: usize,
    /// Those of them whose box has an IoU of at least 0.5 with the true one.
    pub on_it: usize,
    /// Sum of the IoU over `fields`.
    pub overlap: f64,
}

impl Grounding {
    /// Counts a field that is right: its true box, and the one that came with the answer; none
    /// counts as an IoU of 0.
    pub fn add(&mut self, truth: Corners, read: Option<Corners>) {
        let iou = read.map_or(0.0, |read| iou(truth, read));
        self.fields += 1;
        self.on_it += usize::from(iou >= 0.5);
        self.overlap += iou;
    }
}

impl std::ops::AddAssign for Grounding {
    fn add_assign(&mut self, other: Self) {
        self.fields += other.fields;
        self.on_it += other.on_it;
        self.overlap += other.overlap;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_overlap_by_their_shares() {
        let a = [0.0, 0.0, 4.0, 2.0];
        assert_eq!(iou(a, a), 1.0);
        assert_eq!(iou(a, [2.0, 0.0, 6.0, 2.0]), 4.0 / 12.0);
        assert_eq!(iou(a, [0.0, 0.0, 2.0, 2.0]), 0.5, "one inside the other");
        assert_eq!(iou(a, [4.0, 0.0, 6.0, 2.0]), 0.0, "side by side");
        assert_eq!(iou(a, [9.0, 9.0, 8.0, 8.0]), 0.0, "inside out");
        assert_eq!(iou([1.0; 4], [1.0; 4]), 0.0, "no area");
        assert_eq!(around(a, [-1.0, 1.0, 3.0, 5.0]), [-1.0, 0.0, 4.0, 5.0]);
    }

    #[test]
    fn right_fields_without_a_box_count_as_missed() {
        let mut grounding = Grounding::default();
        let truth = [0.0, 0.0, 4.0, 2.0];
        grounding.add(truth, Some(truth));
        grounding.add(truth, Some([0.0, 0.0, 2.0, 2.0]));
        grounding.add(truth, Some([2.0, 0.0, 6.0, 2.0]));
        grounding.add(truth, None);
        let Grounding {
            fields,
            on_it,
            overlap,
        } = grounding;
        assert_eq!((fields, on_it), (4, 2));
        assert!((overlap - (1.5 + 1.0 / 3.0)).abs() < 1e-12);
    }

    #[test]
    fn words_lose_outer_punctuation_only() {
        assert_eq!(
            words("“Hello,” it's $5 — (a.m.) !"),
            ["Hello", "it's", "$5", "a.m"]
        );
    }

    #[test]
    fn words_are_found_as_often_as_they_occur() {
        assert_eq!(
            words_found("to be or not to be", "to be, or be a"),
            [4, 6, 5]
        );
    }

    #[test]
    fn edits_count_all_three_kinds() {
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
    }

    #[test]
    fn similarity_ignores_case_and_punctuation() {
        assert_eq!(similarity("JAZZ NIGHT!", "Jazz night"), 1.0);
        assert!(similarity("Jazz Night", "Rock Night") < 0.9);
    }

    #[test]
    fn a_day_without_a_year_matches_any_year() {
        assert!(same_day("--05-03", "2031-05-03"));
        assert!(same_day("--05-03", "--05-03"));
        assert!(!same_day("2025-05-03", "--05-03"));
        assert!(!same_day("--05-03", "2031-05-13"));
    }

    #[test]
    fn what_is_not_told_must_be_left_out() {
        let mut expected = EventTruth {
            title: Some("A".into()),
            ..EventTruth::default()
        };
        let mut got = expected.clone();
        assert!(score(&expected, &got).all());
        got.venue = Some("Hall".into());
        assert!(!score(&expected, &got).venue);
        expected.venue = got.venue.take();
        assert!(!score(&expected, &got).venue);
    }
}
