//! Transcripts: every source is read once at most, and no line is left out.
use crate::{Feedback, TokenId};
use std::ops::Range;

/// Sources that were read already, where each is read once.
#[derive(Debug, Clone, Default)]
pub struct Spent(Vec<bool>);

impl Spent {
    /// Whether `source` was read.
    #[must_use]
    pub fn has(&self, source: usize) -> bool {
        self.0.get(source).copied().unwrap_or(false)
    }

    /// `source` was read.
    pub fn add(&mut self, source: usize) {
        if self.0.len() <= source {
            self.0.resize(source + 1, false);
        }
        self.0[source] = true;
    }
}

/// The source behind `last` on its line, where `source` is on another: the line is left in the middle.
pub(crate) fn left(feedback: &dyn Feedback, last: usize, source: usize) -> Option<usize> {
    let line = feedback.line(last)?;
    (!line.contains(&source) && line.contains(&(last + 1))).then_some(last + 1)
}

/// Lines of a block that are looked up through at most.
const BLOCK: usize = 4;

/// Where reading goes on instead of at `source`, which begins a line, while lines directly above that one are unread: at the
/// first of them. A block of text is read from the top down.
fn unread_above(feedback: &dyn Feedback, source: usize, spent: &Spent) -> Option<usize> {
    let mut first = None;
    for line in lines_above(feedback, source) {
        if line.clone().any(|s| spent.has(s)) {
            break;
        }
        first = Some(line.start);
    }
    first
}

/// Where a value that goes on from the end of `last`'s line at `source` goes on instead, where that is further down the same
/// block: in the line directly below.
pub(crate) fn below(feedback: &dyn Feedback, last: usize, source: usize) -> Option<usize> {
    let mut next = None;
    for line in lines_above(feedback, source) {
        if line.contains(&last) {
            return next;
        }
        next = Some(line.start);
    }
    None
}

/// The lines above `source` in its block, from the nearest up; none where it does not begin a line.
fn lines_above(feedback: &dyn Feedback, source: usize) -> impl Iterator<Item = Range<usize>> {
    let begins = feedback.line(source).is_some_and(|l| l.start == source);
    let first = feedback.above(source).filter(|_| begins);
    std::iter::successors(first, |line| feedback.above(line.start)).take(BLOCK)
}

/// Tokens in a row that may be read nowhere: spaces, letters that the encoder lost, the bytes of a character. More are made up.
const NOWHERE: usize = 6;

/// A line that a decoder is sent back to.
#[derive(Debug, Clone)]
struct Line {
    sources: Range<usize>,
    /// Tokens that it may still take.
    left: usize,
    /// Its source read last.
    at: usize,
}

/// What a transcript has read.
#[derive(Debug)]
pub(crate) struct Once {
    pub(crate) spent: Spent,
    /// The token between lines.
    pub(crate) line_end: TokenId,
    /// The line being read, once the decoder meant to have read everything.
    line: Option<Line>,
    /// Tokens since the last that was read somewhere.
    nowhere: usize,
}

impl Once {
    pub(crate) fn new(line_end: TokenId) -> Self {
        Self {
            spent: Spent::default(),
            line_end,
            line: None,
            nowhere: 0,
        }
    }

    /// What to read instead where the decoder leaves a line that it was sent back to in the middle, whose next source is unread, or
    /// begins a line below unread ones.
    pub(crate) fn kept(
        &self,
        feedback: &dyn Feedback,
        last: Option<usize>,
        source: Option<usize>,
    ) -> Option<(TokenId, usize)> {
        let source = source?;
        let next = if self.line.is_some() {
            left(feedback, last?, source).filter(|next| !self.spent.has(*next))?
        } else {
            unread_above(feedback, source, &self.spent)?
        };
        Some((feedback.looks(next)?, next))
    }

    /// Whether reading ends before this token: where the decoder makes things up, and in a line that it was sent back to at that
    /// line's end, where it reads on elsewhere, and where it writes more than stands or can stand there.
    pub(crate) fn ends(&mut self, id: TokenId, source: Option<usize>) -> bool {
        self.nowhere = if source.is_some() {
            0
        } else {
            self.nowhere + 1
        };
        if self.nowhere > NOWHERE {
            return true;
        }
        let Some(line) = &mut self.line else {
            return false;
        };
        let elsewhere = source.is_some_and(|s| !line.sources.contains(&s));
        let made_up = source.is_none() && line.at + 1 == line.sources.end;
        if id == self.line_end || elsewhere || made_up || line.left == 0 {
            return true;
        }
        line.left -= 1;
        line.at = source.unwrap_or(line.at);
        false
    }

    /// The token and source to go on with: the next line of which nothing was read.
    pub(crate) fn resume(&mut self, feedback: &dyn Feedback) -> Option<(TokenId, usize)> {
        let (id, sources) = feedback.unread(&self.spent)?;
        let first = sources.start;
        self.spent.add(first);
        self.nowhere = 0;
        self.line = Some(Line {
            left: 2 * sources.len(), // a space behind every letter at most
            at: first,
            sources,
        });
        Some((id, first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Lines(Vec<Range<usize>>);

    impl Feedback for Lines {
        fn point(&self, _: &[f32], _: &Spent) -> Option<usize> {
            None
        }

        fn place(&self, _: usize) -> &[f32] {
            &[]
        }

        fn line(&self, source: usize) -> Option<Range<usize>> {
            self.0.iter().find(|l| l.contains(&source)).cloned()
        }

        fn above(&self, source: usize) -> Option<Range<usize>> {
            let line = self.0.iter().position(|l| l.contains(&source))?;
            self.0.get(line.checked_sub(1)?).cloned()
        }

        fn looks(&self, source: usize) -> Option<TokenId> {
            TokenId::try_from(source + 20).ok()
        }

        fn unread(&self, spent: &Spent) -> Option<(TokenId, Range<usize>)> {
            let fresh = |l: &&Range<usize>| !(**l).clone().any(|i| spent.has(i));
            self.0.iter().find(fresh).map(|l| (7, l.clone()))
        }
    }

    #[test]
    fn a_line_that_was_left_out_is_read_to_its_end_and_no_further() {
        const LINE_END: TokenId = 10;
        let lines = Lines(vec![0..3, 3..5]);
        let mut once = Once::new(LINE_END);
        assert!(
            !once.ends(LINE_END, None),
            "lines end as they like at first"
        );
        once.spent.add(1);
        assert_eq!(
            once.resume(&lines),
            Some((7, 3)),
            "of the first one glyph was read"
        );
        assert!((0..3).all(|_| !once.ends(9, None)));
        assert!(!once.ends(9, Some(4)) && once.ends(9, Some(2)));
        assert!(once.ends(LINE_END, None));
        assert!(once.ends(9, None), "behind its last glyph nothing stands");
        assert_eq!(once.resume(&lines), None, "all were read");
    }

    #[test]
    fn a_line_gone_back_to_is_not_left_in_the_middle() {
        let lines = Lines(vec![0..3, 3..5]);
        let mut once = Once::new(10);
        once.spent.add(3);
        assert_eq!(
            once.kept(&lines, Some(0), Some(4)),
            None,
            "lines are left as they like at first"
        );
        assert_eq!(once.resume(&lines), Some((7, 0)));
        assert_eq!(once.kept(&lines, Some(0), Some(4)), Some((21, 1)));
        assert_eq!(
            once.kept(&lines, Some(0), Some(2)),
            None,
            "one may be a speck"
        );
        assert_eq!(
            once.kept(&lines, Some(2), Some(4)),
            None,
            "the line is over"
        );
        assert_eq!(once.kept(&lines, Some(0), None), None);
        once.spent.add(1);
        assert_eq!(
            once.kept(&lines, Some(0), Some(4)),
            None,
            "it was read before"
        );
    }

    #[test]
    fn a_block_is_read_from_the_top_down() {
        let lines = Lines(vec![0..3, 3..5, 5..8]);
        let mut once = Once::new(10);
        assert_eq!(once.kept(&lines, None, Some(5)), Some((20, 0)));
        assert_eq!(
            once.kept(&lines, None, Some(6)),
            None,
            "no line's beginning"
        );
        assert_eq!(once.kept(&lines, None, Some(0)), None, "the first line");
        once.spent.add(1);
        assert_eq!(once.kept(&lines, Some(2), Some(5)), Some((23, 3)));
        once.spent.add(3);
        assert_eq!(once.kept(&lines, Some(2), Some(5)), None, "in its turn");
        // A value that reads on in its block does so in the next line; elsewhere it goes where it likes.
        assert_eq!(below(&lines, 2, 5), Some(3));
        assert_eq!(below(&lines, 4, 5), None);
        assert_eq!(below(&lines, 7, 3), None, "upwards");
        assert_eq!(below(&lines, 2, 6), None, "no line's beginning");
    }

    #[test]
    fn what_is_read_nowhere_is_made_up() {
        let mut once = Once::new(10);
        assert!((0..NOWHERE).all(|_| !once.ends(9, None)) && once.ends(9, None));
        assert!(!once.ends(9, Some(0)) && !once.ends(9, None));
    }
}
