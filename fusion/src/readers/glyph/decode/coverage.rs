//! Coverage: a transcript reads every source once at most and leaves out no line.
use crate::readers::glyph::covered::Covered;
use crate::readers::glyph::page::Pages;
use crate::readers::glyph::rules::{self, Blocks};
use foveate_language::TokenId;
use std::ops::Range;

/// The source behind `last` on its line, where `source` is on another: the line is left in the
/// middle.
pub(super) fn left(pages: &Pages, last: usize, source: usize) -> Option<usize> {
    let line = pages.line(last)?;
    (!line.contains(&source) && line.contains(&(last + 1))).then_some(last + 1)
}

/// Where reading goes on instead of at `source`, which begins a line, while lines directly above
/// that one are unread: at the first of them.
fn unread_above(pages: &Pages, source: usize, covered: &Covered, depth: usize) -> Option<usize> {
    let mut first = None;
    for line in lines_above(pages, source, depth) {
        if line.clone().any(|s| covered.has(s)) {
            break;
        }
        first = Some(line.start);
    }
    first
}

/// Where a value that goes on from the end of `last`'s line at `source` goes on instead, where that
/// is further down the same block: in the line directly below.
pub(super) fn below(pages: &Pages, last: usize, source: usize, depth: usize) -> Option<usize> {
    let mut next = None;
    for line in lines_above(pages, source, depth) {
        if line.contains(&last) {
            return next;
        }
        next = Some(line.start);
    }
    None
}

/// The lines above `source` in its block, from the nearest up; none where it does not begin a line.
fn lines_above(
    pages: &Pages,
    source: usize,
    depth: usize,
) -> impl Iterator<Item = Range<usize>> + '_ {
    let begins = pages.line(source).is_some_and(|l| l.start == source);
    let first = pages.above(source).filter(|_| begins);
    std::iter::successors(first, |line| pages.above(line.start)).take(depth)
}

/// A line that a transcript was sent back to.
#[derive(Debug, Clone)]
struct Line {
    sources: Range<usize>,
    /// Tokens that it may still take.
    left: usize,
    /// Its source read last.
    at: usize,
}

/// What a transcript has read.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    pub(super) covered: Covered,
    /// The line being read, once the decoder meant to have read everything.
    line: Option<Line>,
    /// The letter and the source that come next, where it was just sent back to a line.
    begins: Option<(TokenId, usize)>,
    /// Tokens since the last that had a source.
    unattributed: usize,
}

impl Coverage {
    /// What to read instead where the decoder leaves a line that it was sent back to in the middle,
    /// whose next source is unread, or begins a line below unread ones.
    pub(super) fn kept(
        &self,
        pages: &Pages,
        last: Option<usize>,
        source: Option<usize>,
        blocks: Option<&Blocks>,
    ) -> Option<usize> {
        let source = source?;
        if self.line.is_some() {
            return left(pages, last?, source).filter(|next| !self.covered.has(*next));
        }
        unread_above(pages, source, &self.covered, blocks?.depth)
    }

    /// Whether reading ends before this token: where the decoder makes things up, and in a line
    /// that it was sent back to at that line's end, where it reads on elsewhere, and where it
    /// writes more than stands or can stand there.
    pub(super) fn ends(
        &self,
        id: TokenId,
        source: Option<usize>,
        line_end: TokenId,
        rule: &rules::Coverage,
    ) -> bool {
        if source.is_none() && self.unattributed >= rule.unattributed {
            return true;
        }
        let Some(line) = &self.line else {
            return false;
        };
        let elsewhere = source.is_some_and(|s| !line.sources.contains(&s));
        let made_up = source.is_none() && line.at + 1 == line.sources.end;
        id == line_end || elsewhere || made_up || line.left == 0
    }

    /// Takes note of a token of the transcript.
    pub(super) fn wrote(&mut self, source: Option<usize>) {
        if self.begins.is_some() {
            return; // the line end before a line that it was sent back to
        }
        if let Some(source) = source {
            self.covered.add(source);
        }
        self.unattributed = if source.is_some() {
            0
        } else {
            self.unattributed + 1
        };
        if let Some(line) = &mut self.line {
            line.left = line.left.saturating_sub(1);
            line.at = source.unwrap_or(line.at);
        }
    }

    /// Sends the transcript to a line, which begins with `letter`.
    pub(super) fn go_to(&mut self, line: Range<usize>, letter: TokenId) {
        self.begins = Some((letter, line.start));
        self.unattributed = 0;
        self.line = Some(Line {
            left: 2 * line.len() + 1, // its first letter, and a space behind every letter at most
            at: line.start,
            sources: line,
        });
    }

    /// The letter and the source of the line that it was just sent to, once.
    pub(super) fn begun(&mut self) -> Option<(TokenId, usize)> {
        self.begins.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::glyph::page::tests::{coverage as rule, page, pages};

    const LINE_END: TokenId = 10;

    /// Lines, each directly below the one before.
    fn lines(lines: &[Range<usize>]) -> Pages {
        let above: Vec<_> = (0..lines.len()).map(|i: usize| i.checked_sub(1)).collect();
        pages(page(lines, &above))
    }

    /// Sends it to the first unread line and reads that line's first letter: letter and source.
    fn resume(coverage: &mut Coverage, pages: &Pages) -> Option<(TokenId, usize)> {
        let (letter, line) = pages.unread(&coverage.covered, &rule())?;
        coverage.go_to(line, letter);
        coverage.wrote(None);
        let begun = coverage.begun();
        coverage.wrote(begun.map(|b| b.1));
        begun
    }

    /// Whether it ends before a token; takes note of the token where it does not.
    fn ends(coverage: &mut Coverage, id: TokenId, source: Option<usize>) -> bool {
        let over = coverage.ends(id, source, LINE_END, &rule());
        if !over {
            coverage.wrote(source);
        }
        over
    }

    #[test]
    fn a_line_that_was_left_out_is_read_to_its_end_and_no_further() {
        let pages = lines(&[0..3, 3..5]);
        let mut coverage = Coverage::default();
        assert!(
            !ends(&mut coverage, LINE_END, None),
            "lines end as they like at first"
        );
        coverage.covered.add(1);
        assert_eq!(
            resume(&mut coverage, &pages),
            Some((23, 3)),
            "of the first one glyph was read"
        );
        assert!((0..3).all(|_| !ends(&mut coverage, 9, None)));
        assert!(!ends(&mut coverage, 9, Some(4)) && ends(&mut coverage, 9, Some(2)));
        assert!(ends(&mut coverage, LINE_END, None));
        assert!(
            ends(&mut coverage, 9, None),
            "behind its last glyph nothing stands"
        );
        assert_eq!(resume(&mut coverage, &pages), None, "all were read");
    }

    #[test]
    fn a_line_gone_back_to_is_not_left_in_the_middle() {
        let pages = lines(&[0..3, 3..5]);
        let mut coverage = Coverage::default();
        coverage.covered.add(3);
        let kept = |coverage: &Coverage, last, source| coverage.kept(&pages, last, source, None);
        assert_eq!(
            kept(&coverage, Some(0), Some(4)),
            None,
            "lines are left as they like at first"
        );
        assert_eq!(resume(&mut coverage, &pages), Some((20, 0)));
        assert_eq!(kept(&coverage, Some(0), Some(4)), Some(1));
        assert_eq!(
            kept(&coverage, Some(0), Some(2)),
            None,
            "one may be a speck"
        );
        assert_eq!(kept(&coverage, Some(2), Some(4)), None, "the line is over");
        assert_eq!(kept(&coverage, Some(0), None), None);
        coverage.covered.add(1);
        assert_eq!(
            kept(&coverage, Some(0), Some(4)),
            None,
            "it was read before"
        );
    }

    #[test]
    fn a_block_is_read_from_the_top_down() {
        let pages = lines(&[0..3, 3..5, 5..8]);
        let blocks = rules::Rules::default().blocks;
        let mut coverage = Coverage::default();
        let kept = |c: &Coverage, last, source| c.kept(&pages, last, source, blocks.as_ref());
        assert_eq!(kept(&coverage, None, Some(5)), Some(0));
        assert_eq!(kept(&coverage, None, Some(6)), None, "no line's beginning");
        assert_eq!(kept(&coverage, None, Some(0)), None, "the first line");
        coverage.covered.add(1);
        assert_eq!(kept(&coverage, Some(2), Some(5)), Some(3));
        coverage.covered.add(3);
        assert_eq!(kept(&coverage, Some(2), Some(5)), None, "in its turn");
        // A value that goes on in its block does so in the next line; elsewhere it goes as it
        // likes.
        assert_eq!(below(&pages, 2, 5, 4), Some(3));
        assert_eq!(below(&pages, 4, 5, 4), None);
        assert_eq!(below(&pages, 7, 3, 4), None, "upwards");
        assert_eq!(below(&pages, 2, 6, 4), None, "no line's beginning");
    }

    #[test]
    fn what_is_copied_from_nowhere_is_made_up() {
        let mut coverage = Coverage::default();
        let most = rule().unattributed;
        assert!((0..most).all(|_| !ends(&mut coverage, 9, None)));
        assert!(ends(&mut coverage, 9, None));
        assert!(!ends(&mut coverage, 9, Some(0)) && !ends(&mut coverage, 9, None));
    }
}
