//! From the recogniser's scores to characters and where they are.
//!
//! A column is a strip of the line. The graph gives for each the probabilities of the blank and of
//! every character; the likeliest ones are taken, equal ones in a row as one character, blanks
//! dropped (connectionist temporal classification: Graves et al., 2006).
use std::ops::Range;

use ndarray::{ArrayView1, ArrayView2};

/// The characters by their number in the graph's output: 0 is the blank, the last is the space.
#[derive(Debug)]
pub(crate) struct Alphabet(Vec<String>);

impl Alphabet {
    /// From the text that the graph carries: a character a line.
    pub(crate) fn parse(lines: &str) -> Self {
        let blank = std::iter::once(String::new());
        let space = std::iter::once(" ".to_owned());
        Self(
            blank
                .chain(lines.lines().map(str::to_owned))
                .chain(space)
                .collect(),
        )
    }

    /// What a column may be beside `taken`.
    fn others(&self, scores: ArrayView1<'_, f32>, taken: usize) -> Vec<(String, f32)> {
        let likely = |&(i, &score): &(usize, &f32)| i != taken && (OTHER..=1.0).contains(&score);
        // Without the blank in front and the space at the end.
        let letters = scores.iter().enumerate().take(self.0.len() - 1).skip(1);
        let mut others: Vec<_> = letters.filter(likely).collect();
        others.sort_by(|a, b| b.1.total_cmp(a.1));
        let named = others.into_iter();
        named
            .map(|(i, &score)| (self.0[i].clone(), score))
            .collect()
    }

    /// The number of scores a column has.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// A character as it was decoded.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Glyph {
    /// One character, or several where the alphabet joins them.
    pub(crate) text: String,
    /// Its probability, 0 to 1, in the first of its columns.
    pub(crate) confidence: f32,
    pub(crate) columns: Range<usize>,
    /// What else that column may be, likeliest first: each of [`OTHER`] or more, no space.
    pub(crate) others: Vec<(String, f32)>,
}

/// Least probability of what else a character may be. Set by hand.
const OTHER: f32 = 0.1;

/// The characters of a line: `scores` is [columns, characters], probabilities. A column with NaN
/// says nothing. Between letters or figures, or after a comma, a space is read where some column
/// says so with probability `space`.
pub(crate) fn decode(scores: ArrayView2<'_, f32>, alphabet: &Alphabet, space: f32) -> Vec<Glyph> {
    let mut glyphs: Vec<Glyph> = Vec::new();
    let mut before = 0;
    for (column, own) in scores.outer_iter().enumerate() {
        let (character, confidence) = likeliest(own);
        if character == 0 {
        } else if character == before {
            if let Some(glyph) = glyphs.last_mut() {
                glyph.columns.end = column + 1;
            }
        } else {
            let glyph = Glyph {
                text: alphabet.0[character].clone(),
                confidence,
                columns: column..column + 1,
                // What is left of a sure one is too little to look for.
                others: match confidence > 1.0 - OTHER {
                    true => Vec::new(),
                    false => alphabet.others(own, character),
                },
            };
            let parted = glyphs
                .last()
                .and_then(|last| gap(&scores, last, &glyph, space));
            glyphs.extend(parted);
            glyphs.push(glyph);
        }
        before = character;
    }
    glyphs
}

/// The space between two characters, where a column between them says so with probability `space`;
/// as sure as they are.
fn gap(scores: &ArrayView2<'_, f32>, before: &Glyph, after: &Glyph, space: f32) -> Option<Glyph> {
    let says = |glyph: &Glyph| glyph.text.chars().all(char::is_alphanumeric);
    if !(says(before) || before.text == ",") || !says(after) {
        return None;
    }
    let of_space = |column: &usize| scores[[*column, scores.ncols() - 1]];
    let mut columns = before.columns.end..after.columns.start;
    let column = columns.find(|column| of_space(column) >= space)?;
    Some(Glyph {
        text: " ".to_owned(),
        confidence: before.confidence.min(after.confidence),
        columns: column..column + 1,
        others: Vec::new(),
    })
}

/// The first of the largest scores; the blank where any is no number.
fn likeliest(scores: ArrayView1<'_, f32>) -> (usize, f32) {
    let most = scores
        .iter()
        .fold(f32::NEG_INFINITY, |most, &score| most.max(score));
    let sum: f32 = scores.iter().sum();
    match scores.iter().position(|&score| score == most) {
        Some(character) if sum.is_finite() => (character, most.clamp(0.0, 1.0)),
        _ => (0, 0.0),
    }
}

/// Where each character begins and ends, as fractions of the line, which has `columns` columns:
/// borders are half way between the middles of neighbours; the first and last reach as far out as
/// in.
pub(crate) fn places(glyphs: &[Glyph], columns: f64) -> Vec<[f64; 2]> {
    let middle = |glyph: &Glyph| (glyph.columns.start + glyph.columns.end) as f64 / 2.0 / columns;
    let middles: Vec<f64> = glyphs.iter().map(middle).collect();
    let inner = middles
        .windows(2)
        .map(|pair| f64::midpoint(pair[0], pair[1]));
    let inner: Vec<f64> = inner.collect();
    let (Some(first), Some(last)) = (middles.first(), middles.last()) else {
        return Vec::new();
    };
    let left = inner.first().map_or(0.0, |border| 2.0 * first - border);
    let right = inner.last().map_or(1.0, |border| 2.0 * last - border);
    let mut borders = vec![left];
    borders.extend(inner);
    borders.push(right);
    let inside = |border: f64| border.clamp(0.0, 1.0);
    borders
        .windows(2)
        .map(|pair| [inside(pair[0]), inside(pair[1])])
        .collect()
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    /// Blank, a, b, space: the likeliest of each column has 0.9.
    fn decoded(columns: &[usize]) -> Vec<Glyph> {
        let mut scores = Array2::from_elem((columns.len(), 4), 0.1 / 3.0);
        for (column, &character) in columns.iter().enumerate() {
            scores[[column, character]] = 0.9;
        }
        decode(scores.view(), &Alphabet::parse("a\nb"), 1.0)
    }

    fn text(glyphs: &[Glyph]) -> String {
        glyphs.iter().map(|glyph| glyph.text.as_str()).collect()
    }

    #[test]
    fn repeated_columns_are_one_character_unless_a_blank_is_between() {
        for (columns, wanted) in [
            (&[0, 1, 1, 0, 2, 3, 1, 0][..], "ab a"),
            (&[1, 1, 1], "a"),
            (&[1, 0, 1], "aa"),
            (&[0, 0], ""),
            (&[], ""),
        ] {
            assert_eq!(text(&decoded(columns)), wanted, "{columns:?}");
        }
        assert_eq!(decoded(&[0, 1, 1, 0])[0].columns, 1..3);
        assert!((decoded(&[1])[0].confidence - 0.9).abs() < 1e-6);
    }

    #[test]
    fn a_space_is_read_where_it_is_likely_enough() {
        let alphabet = Alphabet::parse("a\n.\n,");
        let read = |columns: [usize; 3], likely: f32, space: f32| {
            let mut scores = Array2::from_elem((3, 5), 0.0);
            for (column, character) in columns.into_iter().enumerate() {
                scores[[column, character]] = 0.6;
            }
            scores[[1, 4]] = likely;
            text(&decode(scores.view(), &alphabet, space))
        };
        assert_eq!(read([1, 0, 1], 0.3, 0.25), "a a");
        assert_eq!(read([1, 0, 1], 0.2, 0.25), "aa");
        assert_eq!(read([1, 0, 1], 0.3, 1.0), "aa");
        assert_eq!(read([3, 0, 1], 0.3, 0.25), ", a");
        assert_eq!(read([2, 0, 1], 0.3, 0.25), ".a", "a name of a file");
        assert_eq!(read([1, 0, 2], 0.3, 0.25), "a.");
        assert_eq!(read([1, 4, 1], 0.6, 0.25), "a a", "one space");
    }

    #[test]
    fn what_else_a_letter_may_be_is_told() {
        let alphabet = Alphabet::parse("a\nb\nc");
        let mut scores = Array2::from_elem((1, 5), 0.05);
        for (character, score) in [(0, 0.3), (1, 0.4), (2, 0.1), (3, 0.15)] {
            scores[[0, character]] = score;
        }
        let glyphs = decode(scores.view(), &alphabet, 1.0);
        let others = [("c".to_owned(), 0.15), ("b".to_owned(), 0.1)];
        assert_eq!(
            (text(&glyphs).as_str(), &*glyphs[0].others),
            ("a", &others[..])
        );
    }

    #[test]
    fn columns_that_are_no_numbers_say_nothing() {
        let alphabet = Alphabet::parse("a\nb");
        let scores = Array2::from_elem((3, 4), f32::NAN);
        assert!(decode(scores.view(), &alphabet, 1.0).is_empty());
        let mut scores = Array2::from_elem((1, 4), 0.0);
        scores[[0, 1]] = 0.9;
        scores[[0, 2]] = f32::NAN;
        assert!(decode(scores.view(), &alphabet, 1.0).is_empty());
        scores[[0, 2]] = f32::INFINITY;
        assert!(decode(scores.view(), &alphabet, 1.0).is_empty());
    }

    #[test]
    fn characters_meet_half_way_and_stay_in_the_line() {
        let glyphs = decoded(&[1, 0, 0, 0, 2, 0, 1, 0, 0, 0]);
        let wanted = [[0.0, 0.25], [0.25, 0.55], [0.55, 0.75]];
        for (found, wanted) in places(&glyphs, 10.0).iter().zip(wanted) {
            assert!((found[0] - wanted[0]).abs() < 1e-9 && (found[1] - wanted[1]).abs() < 1e-9);
        }
        assert_eq!(places(&decoded(&[0, 0, 1, 0]), 4.0), [[0.0, 1.0]]);
        assert!(places(&[], 4.0).is_empty());
    }
}
