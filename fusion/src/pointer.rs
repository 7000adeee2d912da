//! Which glyph of the picture a token was read from.
use crate::blocks;
use crate::bundle::FusionWeights;
use crate::lines;
use crate::sight::ImageTokens;
use foveate_language::{Feedback, Spent, TokenId};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, concatenate};
use std::ops::Range;
use std::sync::Arc;

/// How probable the likeliest characters of a line of two or three glyphs are for it to be text. Our measurement on 400 flyers (the encoder's
/// tokens beside the generator's glyphs, no command kept): of 318 such lines that are this sure 2 were specks, of 131 less sure ones 75.
const SURE: f32 = 0.7;

/// What a digit that stands alone wants, a day's mostly: of 15 this sure none was a speck (counted so on 700 flyers), of 64 other glyphs alone that
/// are as sure 29 were.
const SURE_ALONE: f32 = 0.9;

/// How many glyphs in a row are taken for text rather than specks, where the rest of their line was read. Chosen, not searched for: with it the
/// word recall on 200 test flyers went from 0.923 to 0.926 clean and from 0.875 to 0.876 photographed (`training/LOG.md`).
const STRETCH: usize = 3;

/// The pointer's weights.
#[derive(Debug, Clone)]
pub struct Pointer {
    /// `[dim, pointer_dim]`
    query: Array2<f32>,
    /// `[dim, pointer_dim]`
    key: Array2<f32>,
    /// `[pointer_dim]`
    null: Array1<f32>,
}

impl Pointer {
    /// The head of a bundle.
    #[must_use]
    pub fn new(weights: &FusionWeights) -> Self {
        Self {
            query: weights.pointer_query.t().to_owned(),
            key: weights.pointer_key.t().to_owned(),
            null: weights.pointer_null.clone(),
        }
    }

    /// Keys of image tokens, glyph and place together (`[n, dim]`): `[n, pointer_dim]`.
    #[must_use]
    pub fn keys_of(&self, tokens: ArrayView2<'_, f32>) -> Array2<f32> {
        tokens.dot(&self.key)
    }

    /// The image token that `hidden` (`[dim]`) points at among `keys`; `None` where nothing beats pointing nowhere. Where it is a
    /// spent one, the likeliest that is not.
    #[must_use]
    pub fn point(
        &self,
        hidden: ArrayView1<'_, f32>,
        keys: &Array2<f32>,
        spent: &Spent,
    ) -> Option<usize> {
        // The scale 1/sqrt(pointer_dim) does not change which is largest.
        let query = hidden.dot(&self.query);
        let scores = keys.dot(&query);
        let nowhere = query.dot(&self.null);
        let first = largest(&scores, nowhere, |_| true)?;
        if spent.has(first) {
            largest(&scores, f32::NEG_INFINITY, |i| !spent.has(i))
        } else {
            Some(first)
        }
    }
}

/// The first of the largest scores above `least` among those that `may` be.
fn largest(scores: &Array1<f32>, least: f32, may: impl Fn(usize) -> bool) -> Option<usize> {
    let mut best = (least, None);
    for (i, &score) in scores.iter().enumerate() {
        if score > best.0 && may(i) {
            best = (score, Some(i));
        }
    }
    best.1
}

/// The pointer over all pictures of a conversation.
#[derive(Debug, Clone)]
pub(crate) struct Pointing {
    pointer: Arc<Pointer>,
    /// `[n, pointer_dim]`
    keys: Array2<f32>,
    /// `[n, dim]`
    places: Array2<f32>,
    /// `[n]`: the token that each looks like.
    glyph: Vec<TokenId>,
    /// `[n]`: how probable that is.
    sure: Vec<f32>,
    /// The tokens of digits.
    digits: Vec<TokenId>,
    /// `[n]`: cx, cy, w, h in canvas pixels.
    canvas: Vec<[f32; 4]>,
    /// Lines that a transcript must not leave out ([`Pointing::is_text`]).
    lines: Vec<Range<usize>>,
    /// Of each of them the one directly above.
    above: Vec<Option<usize>>,
}

impl Pointing {
    /// Of no image token yet; `digits` are the tokens that stand for one.
    pub(crate) fn new(pointer: Arc<Pointer>, digits: Vec<TokenId>) -> Self {
        let (dim, wide) = pointer.key.dim();
        Self {
            pointer,
            keys: Array2::zeros((0, wide)),
            places: Array2::zeros((0, dim)),
            glyph: Vec::new(),
            sure: Vec::new(),
            digits,
            canvas: Vec::new(),
            lines: Vec::new(),
            above: Vec::new(),
        }
    }

    /// Image tokens so far.
    pub(crate) fn len(&self) -> usize {
        self.keys.nrows()
    }

    pub(crate) fn add(&mut self, tokens: &ImageTokens) {
        let keys = self.pointer.keys_of(tokens.tokens.view());
        let join = |a: &Array2<f32>, b: &Array2<f32>| {
            concatenate(Axis(0), &[a.view(), b.view()])
                .unwrap_or_else(|_| unreachable!("rows of one width"))
        };
        let at = |i: usize| [0, 1, 2, 3].map(|j| tokens.canvas[[i, j]]);
        let canvas: Vec<_> = (0..tokens.len()).map(at).collect();
        let before = self.len();
        let lines = lines::runs(&canvas).into_iter();
        let text: Vec<_> = lines
            .filter(|l| self.is_text(tokens, l))
            .map(|l| before + l.start..before + l.end)
            .collect();
        let own: Vec<_> = text
            .iter()
            .map(|l| l.start - before..l.end - before)
            .collect();
        let first = self.lines.len();
        let above = blocks::above(&own, &canvas).into_iter();
        self.above.extend(above.map(|line| line.map(|i| first + i)));
        self.lines.extend(text);
        self.canvas.extend(canvas);
        self.glyph.extend(&tokens.glyph);
        self.sure.extend(&tokens.sure);
        self.keys = join(&self.keys, &keys);
        self.places = join(&self.places, &tokens.places);
    }

    /// What of `line` a transcript must come back to: all of it where nothing was read, else the first [`STRETCH`] glyphs or more in a row that
    /// were not and that are sure.
    fn left_out(&self, line: &Range<usize>, spent: &Spent) -> Option<Range<usize>> {
        if !line.clone().any(|i| spent.has(i)) {
            return Some(line.clone());
        }
        let sure = |i: &usize| !spent.has(*i) && self.sure[*i] >= SURE;
        line.clone().find_map(|from| {
            let to = from + (from..line.end).take_while(sure).count();
            (to - from >= STRETCH).then_some(from..to)
        })
    }

    /// Whether a line is text rather than specks that were taken for it: of four glyphs or more, or of fewer that are sure.
    fn is_text(&self, tokens: &ImageTokens, line: &Range<usize>) -> bool {
        let sure = |limit| tokens.sure[line.clone()].iter().all(|&p| p >= limit);
        match line.len() {
            1 => self.digits.contains(&tokens.glyph[line.start]) && sure(SURE_ALONE),
            2 | 3 => sure(SURE),
            _ => true,
        }
    }
}

impl Feedback for Pointing {
    fn point(&self, hidden: &[f32], spent: &Spent) -> Option<usize> {
        self.pointer
            .point(ArrayView1::from(hidden), &self.keys, spent)
    }

    fn place(&self, source: usize) -> &[f32] {
        self.places
            .row(source)
            .to_slice()
            .unwrap_or_else(|| unreachable!("rows of a standard array"))
    }

    fn line(&self, source: usize) -> Option<Range<usize>> {
        let line = self.lines.iter().find(|line| line.contains(&source));
        line.cloned()
    }

    fn above(&self, source: usize) -> Option<Range<usize>> {
        let line = self.lines.iter().position(|l| l.contains(&source))?;
        let above = self.above.get(line).copied()??;
        self.lines.get(above).cloned()
    }

    fn gap(&self, source: usize) -> Option<f32> {
        let line = self.line(source)?;
        line.contains(&(source + 1)).then(|| {
            let (a, b) = (self.canvas[source], self.canvas[source + 1]);
            lines::gap(a, b) / a[3].min(b[3])
        })
    }

    fn looks(&self, source: usize) -> Option<TokenId> {
        self.glyph.get(source).copied()
    }

    fn sure(&self, source: usize) -> f32 {
        self.sure.get(source).copied().unwrap_or(0.0)
    }

    fn unread(&self, spent: &Spent) -> Option<(TokenId, Range<usize>)> {
        let missing = self.lines.iter().find_map(|l| self.left_out(l, spent))?;
        Some((self.glyph[missing.start], missing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing_seen() -> Pointing {
        let pointer = Pointer {
            query: Array2::eye(2),
            key: Array2::eye(2),
            null: Array1::zeros(2),
        };
        Pointing::new(Arc::new(pointer), Vec::new())
    }

    #[test]
    fn a_transcript_comes_back_to_lines_and_to_sure_stretches_of_them() {
        let mut pointing = nothing_seen();
        pointing.glyph = (20..28).collect();
        pointing.sure = vec![1.0; 8];
        pointing.lines = vec![0..6, 6..8];
        let mut spent = Spent::default();
        assert_eq!(pointing.unread(&spent), Some((20, 0..6)));
        spent.add(0);
        assert_eq!(pointing.unread(&spent), Some((21, 1..6)));
        spent.add(3);
        assert_eq!(
            pointing.unread(&spent),
            Some((26, 6..8)),
            "two glyphs in a row may be specks, a whole line is none"
        );
        spent.add(6);
        assert_eq!(pointing.unread(&spent), None);
        let mut spent = Spent::default();
        spent.add(0);
        spent.add(6);
        pointing.sure[2] = 0.6;
        assert_eq!(
            pointing.unread(&spent),
            Some((23, 3..6)),
            "a doubtful one ends a stretch"
        );
    }

    #[test]
    fn lines_of_a_second_picture_lie_below_its_own() {
        let mut pointing = nothing_seen();
        // Two lines of four glyphs, the second directly below the first.
        let at = |i: usize, j: usize| [10.0 * (i % 4) as f32, 24.0 * (i / 4) as f32, 9.0, 20.0][j];
        let tokens = ImageTokens {
            tokens: Array2::zeros((8, 2)),
            places: Array2::zeros((8, 2)),
            canvas: Array2::from_shape_fn((8, 4), |(i, j)| at(i, j)),
            glyph: vec![7; 8],
            sure: vec![1.0; 8],
        };
        pointing.add(&tokens);
        pointing.add(&tokens);
        let above = [0, 5, 8, 15].map(|source| pointing.above(source));
        assert_eq!(above, [None, Some(0..4), None, Some(8..12)]);
    }

    #[test]
    fn a_gap_lies_between_two_glyphs_of_a_line() {
        let mut pointing = nothing_seen();
        pointing.canvas = vec![
            [10.0, 0.0, 8.0, 20.0],
            [24.0, 0.0, 10.0, 16.0],
            [10.0, 40.0, 8.0, 20.0],
        ];
        pointing.lines = vec![0..2, 2..3];
        assert_eq!(
            pointing.gap(0),
            Some(5.0 / 16.0),
            "in em sizes of the smaller one"
        );
        assert_eq!(
            [pointing.gap(1), pointing.gap(2), pointing.gap(9)],
            [None; 3]
        );
    }

    #[test]
    fn the_largest_score_wins_unless_nowhere_is_larger() {
        let pointer = Pointer {
            query: Array2::eye(2),
            key: Array2::eye(2),
            null: ndarray::arr1(&[0.5, 0.5]),
        };
        let keys = ndarray::arr2(&[[1.0, 0.0], [0.0, 2.0], [0.0, 2.0]]);
        let mut spent = Spent::default();
        let at = |hidden: [f32; 2], spent: &Spent| {
            pointer.point(ndarray::arr1(&hidden).view(), &keys, spent)
        };
        let point = |hidden| at(hidden, &Spent::default());
        assert_eq!(point([1.0, 0.0]), Some(0));
        assert_eq!(point([0.0, 1.0]), Some(1), "of equals the first");
        assert_eq!(point([-1.0, -1.0]), None);
        assert_eq!(
            pointer.point(
                ndarray::arr1(&[1.0, 1.0]).view(),
                &Array2::zeros((0, 2)),
                &Spent::default()
            ),
            None
        );
        spent.add(1);
        assert_eq!(at([0.0, 1.0], &spent), Some(2), "the next best");
        assert_eq!(at([-1.0, -1.0], &spent), None);
        (0..3).for_each(|i| spent.add(i));
        assert_eq!(at([0.0, 1.0], &spent), None, "all were read");
    }
}
