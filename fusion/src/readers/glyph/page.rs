//! A picture as decoding needs it: keys, places, letters and lines of its glyphs.
use super::covered::Covered;
use super::layout;
use super::pointer::Pointer;
use super::rules::{Coverage, Rules};
use super::tokens::{ImageTokens, median};
use crate::readers::Written;
use foveate_language::TokenId;
use ndarray::{Array2, ArrayView1};
use std::ops::Range;
use std::sync::Arc;

/// What is kept of a picture beside its rows.
#[derive(Debug)]
pub struct Page {
    /// `[shown, pointer_dim]`: of the glyphs that the decoder is shown, the first ones.
    pub(super) keys: Array2<f32>,
    /// `[n, dim]`
    pub(super) places: Array2<f32>,
    /// `[n]`: the token of each glyph's likeliest letter.
    pub(super) glyph: Vec<TokenId>,
    /// `[n]`: how probable that is.
    pub(super) probability: Vec<f32>,
    /// `[n]`: whether it begins a word, though the gap before it does not say so.
    pub(super) apart: Vec<bool>,
    /// `[n]`: cx, cy, w, h in canvas pixels.
    pub(super) canvas: Vec<[f32; 4]>,
    /// Lines of text, ranges of glyphs; specks are in none.
    lines: Vec<Range<usize>>,
    /// What is said of sources that are no glyphs: nothing. `[dim]`, zeros.
    nothing: Vec<f32>,
    /// The transcript of a long picture.
    text: Option<Vec<Written>>,
}

impl Page {
    /// What is kept of `tokens`; `digits` are the tokens that stand for one.
    #[must_use]
    pub fn new(tokens: &ImageTokens, pointer: &Pointer, digits: &[TokenId], rules: &Rules) -> Self {
        let canvas: Vec<_> = (0..tokens.len()).map(|i| tokens.place(i)).collect();
        let is_text = |line: &Range<usize>| {
            let rule = rules.coverage.as_ref();
            rule.is_none_or(|rule| is_text(tokens, line, digits, rule))
        };
        let lines: Vec<_> = layout::runs(&canvas, &rules.order)
            .into_iter()
            .filter(is_text)
            .collect();
        Self {
            keys: pointer.keys_of(tokens.tokens.view()),
            places: tokens.places.clone(),
            glyph: tokens.glyph.clone(),
            probability: tokens.probability.clone(),
            apart: tokens.apart.clone(),
            canvas,
            lines,
            nothing: vec![0.0; tokens.places.ncols()],
            text: None,
        }
    }

    /// Sets the transcript, which the decoder is not asked for then.
    pub(super) fn set_text(&mut self, text: Vec<Written>) {
        self.text = Some(text);
    }

    /// Of each glyph the token of its likeliest letter, and cx, cy, w, h in canvas pixels.
    pub(super) fn letters(&self) -> (&[TokenId], &[[f32; 4]]) {
        (&self.glyph, &self.canvas)
    }

    /// Number of glyphs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.canvas.len()
    }

    /// Whether no glyph was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.canvas.is_empty()
    }

    /// The median em size in canvas pixels; `None` where no glyph was found.
    #[must_use]
    pub fn median_em(&self) -> Option<f32> {
        median(self.canvas.iter().map(|at| at[3]).collect())
    }

    /// Lines of text, as ranges of glyphs.
    #[must_use]
    pub fn lines(&self) -> &[Range<usize>] {
        &self.lines
    }

    /// Of a glyph: the token of its likeliest letter, how probable that is, its cx, cy, w, h in
    /// canvas pixels, and the gap to the next glyph of its line in em sizes.
    #[must_use]
    pub fn glyph(&self, i: usize) -> Option<(TokenId, f32, [f32; 4], Option<f32>)> {
        let (letter, probability) = (*self.glyph.get(i)?, self.probability[i]);
        Some((letter, probability, self.canvas[i], self.gap(i)))
    }

    /// cx, cy, w, h in canvas pixels and the likeliest letter of every glyph.
    pub(super) fn glyphs(&self) -> impl Iterator<Item = ([f32; 4], TokenId)> {
        self.canvas.iter().copied().zip(self.glyph.iter().copied())
    }

    /// The token of a glyph's likeliest letter, and how probable it is.
    fn letter(&self, glyph: usize) -> (TokenId, f32) {
        (self.glyph[glyph], self.probability[glyph])
    }

    fn line_of(&self, glyph: usize) -> Option<usize> {
        self.lines.iter().position(|line| line.contains(&glyph))
    }

    /// White space up to the next glyph of the line, in em sizes of the smaller one.
    fn gap(&self, glyph: usize) -> Option<f32> {
        let line = &self.lines[self.line_of(glyph)?];
        line.contains(&(glyph + 1)).then(|| {
            let (a, b) = (self.canvas[glyph], self.canvas[glyph + 1]);
            layout::gap(a, b) / a[3].min(b[3])
        })
    }

    /// What of `line` is still to be read: all of it where nothing was, else the first `stretch`
    /// glyphs or more in a row that were not and whose letters are probable.
    fn left_out(
        &self,
        line: &Range<usize>,
        covered: impl Fn(usize) -> bool,
        rule: &Coverage,
    ) -> Option<Range<usize>> {
        if !line.clone().any(&covered) {
            return Some(line.clone());
        }
        let probable = |i: &usize| !covered(*i) && self.probability[*i] >= rule.probability;
        line.clone().find_map(|from| {
            let to = from + (from..line.end).take_while(probable).count();
            (to - from >= rule.stretch).then_some(from..to)
        })
    }
}

/// Whether a line is text rather than specks that were taken for it: of four glyphs or more, or of
/// fewer whose letters are probable.
fn is_text(tokens: &ImageTokens, line: &Range<usize>, digits: &[TokenId], rule: &Coverage) -> bool {
    let probable = |least| tokens.probability[line.clone()].iter().all(|&p| p >= least);
    match line.len() {
        1 => digits.contains(&tokens.glyph[line.start]) && probable(rule.digit),
        2 | 3 => probable(rule.probability),
        _ => true,
    }
}

/// The pages of a conversation. Sources count over all of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pages {
    /// First source of each, and the page.
    pages: Vec<(usize, Arc<Page>)>,
}

impl Pages {
    pub(crate) fn new(pages: impl IntoIterator<Item = Arc<Page>>) -> Self {
        let mut all = Self::default();
        for page in pages {
            let first = all.len();
            all.pages.push((first, page));
        }
        all
    }

    /// Sources of all pages.
    pub(crate) fn len(&self) -> usize {
        let last = self.pages.last();
        last.map_or(0, |(first, page)| first + page.len())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Page> {
        self.pages.iter().map(|(_, page)| &**page)
    }

    /// The page of a source, its first source, and the glyph on it.
    fn at(&self, source: usize) -> Option<(&Page, usize, usize)> {
        let after = self.pages.partition_point(|(first, _)| *first <= source);
        let (first, page) = self.pages.get(after.checked_sub(1)?)?;
        let glyph = source - first;
        (glyph < page.len()).then_some((page, *first, glyph))
    }

    /// The text of all pages, where each has one that the decoder is not asked for. `line_end`
    /// stands between two.
    pub(crate) fn text(&self, line_end: TokenId) -> Option<Vec<Written>> {
        let mut all = Vec::new();
        for (first, page) in &self.pages {
            let text = page.text.as_ref()?;
            if !all.is_empty() && !text.is_empty() {
                all.push((line_end, None));
            }
            let moved = |&(id, source): &Written| (id, source.map(|at| first + at));
            all.extend(text.iter().map(moved));
        }
        Some(all)
    }

    /// The source that `hidden` (`[dim]`) points at.
    pub(crate) fn point(
        &self,
        pointer: &Pointer,
        hidden: &[f32],
        covered: &Covered,
    ) -> Option<usize> {
        let keys = self.pages.iter().map(|(first, page)| (*first, &page.keys));
        pointer.point(ArrayView1::from(hidden), keys, covered)
    }

    /// `[dim]`: the place embedding of a source; zeros for one that is no glyph.
    pub(crate) fn place(&self, source: usize) -> &[f32] {
        let place = self
            .at(source)
            .and_then(|(page, _, glyph)| page.places.row(glyph).to_slice());
        let nothing = self.pages.first().map(|(_, page)| &page.nothing[..]);
        place.or(nothing).unwrap_or_default()
    }

    /// The token of a source's likeliest letter, and how probable it is.
    pub(crate) fn letter(&self, source: usize) -> Option<(TokenId, f32)> {
        self.at(source).map(|(page, _, glyph)| page.letter(glyph))
    }

    /// The sources of the line of text that `source` is on.
    pub(crate) fn line(&self, source: usize) -> Option<Range<usize>> {
        let (page, first, glyph) = self.at(source)?;
        let line = &page.lines[page.line_of(glyph)?];
        Some(first + line.start..first + line.end)
    }

    /// Whether a source stands on the first line of its picture.
    pub(crate) fn is_on_top(&self, source: usize) -> bool {
        let line = self.at(source).map(|(page, _, glyph)| page.line_of(glyph));
        line == Some(Some(0))
    }

    /// Whether a source begins a word, though the gap before it does not say so.
    pub(crate) fn is_apart(&self, source: usize) -> bool {
        let at = self.at(source);
        at.is_some_and(|(page, _, glyph)| page.apart[glyph])
    }

    /// White space between a source and the next of its line, in em sizes.
    pub(crate) fn gap(&self, source: usize) -> Option<f32> {
        let (page, _, glyph) = self.at(source)?;
        page.gap(glyph)
    }

    /// The first line, or part of one, that is still to be read, and the letter that it begins
    /// with.
    pub(crate) fn unread(
        &self,
        covered: &Covered,
        rule: &Coverage,
    ) -> Option<(TokenId, Range<usize>)> {
        self.pages.iter().find_map(|(first, page)| {
            let covered = |glyph| covered.has(first + glyph);
            let mut left = page.lines.iter();
            let line = left.find_map(|line| page.left_out(line, covered, rule))?;
            Some((page.glyph[line.start], first + line.start..first + line.end))
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn coverage() -> Coverage {
        Rules::default().coverage.unwrap()
    }

    /// A page of lines of glyphs, whose letters are the tokens from 20 on.
    pub(crate) fn page(lines: &[Range<usize>]) -> Page {
        let n = lines.iter().map(|l| l.end).max().unwrap_or(0);
        Page {
            keys: Array2::zeros((n, 2)),
            places: Array2::zeros((n, 2)),
            glyph: (20..).take(n).collect(),
            probability: vec![1.0; n],
            apart: vec![false; n],
            canvas: vec![[0.0; 4]; n],
            lines: lines.to_vec(),
            nothing: vec![0.0; 2],
            text: None,
        }
    }

    pub(crate) fn pages(page: Page) -> Pages {
        Pages::new([Arc::new(page)])
    }

    #[test]
    fn a_transcript_comes_back_to_lines_and_to_probable_stretches_of_them() {
        let pages_of = |page| pages(page);
        let all = pages_of(page(&[0..6, 6..8]));
        let mut covered = Covered::default();
        assert_eq!(all.unread(&covered, &coverage()), Some((20, 0..6)));
        covered.add(0);
        assert_eq!(all.unread(&covered, &coverage()), Some((21, 1..6)));
        covered.add(3);
        assert_eq!(
            all.unread(&covered, &coverage()),
            Some((26, 6..8)),
            "two glyphs in a row may be specks, a whole line is none"
        );
        covered.add(6);
        assert_eq!(all.unread(&covered, &coverage()), None);
        let mut covered = Covered::default();
        covered.add(0);
        covered.add(6);
        let mut doubtful = page(&[0..6, 6..8]);
        doubtful.probability[2] = 0.6;
        assert_eq!(
            pages_of(doubtful).unread(&covered, &coverage()),
            Some((23, 3..6)),
            "a doubtful one ends a stretch"
        );
    }

    #[test]
    fn sources_of_a_second_picture_follow_those_of_the_first() {
        let page = Arc::new(page(&[0..4, 4..8]));
        let pages = Pages::new([page.clone(), page]);
        let lines = [0, 5, 8, 15, 16].map(|source| pages.line(source));
        let expected = [Some(0..4), Some(4..8), Some(8..12), Some(12..16), None];
        assert_eq!(lines, expected);
        assert_eq!(pages.len(), 16);
    }

    #[test]
    fn a_gap_lies_between_two_glyphs_of_a_line() {
        let mut page = page(&[0..2, 2..3]);
        page.canvas = vec![
            [10.0, 0.0, 8.0, 20.0],
            [24.0, 0.0, 10.0, 16.0],
            [10.0, 40.0, 8.0, 20.0],
        ];
        let pages = pages(page);
        assert_eq!(
            pages.gap(0),
            Some(5.0 / 16.0),
            "in em sizes of the smaller one"
        );
        assert_eq!([pages.gap(1), pages.gap(2), pages.gap(9)], [None; 3]);
    }
}
