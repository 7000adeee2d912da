//! Prompt-lookup drafting: what an answer copies next, from the glyphs that follow in
//! the picture or from what was copied before.
use crate::readers::Written;
use crate::readers::glyph::page::Pages;
use crate::readers::glyph::rules::Lookup;
use foveate_language::{Draft, TokenId};

/// Draft tokens from the picture's glyphs and from earlier answers of the same conversation.
pub(crate) struct Copying {
    /// Canvas place and likeliest character of every image token.
    glyphs: Vec<([f32; 4], TokenId)>,
    space: TokenId,
    line_end: TokenId,
    /// All answers so far, this one last.
    written: Vec<Written>,
    /// Where this answer begins in `written`.
    began: usize,
    rule: Lookup,
}

impl Copying {
    /// Draft tokens from `pages`, and from the earlier answers `written`.
    pub(crate) fn new(
        pages: &Pages,
        space: TokenId,
        line_end: TokenId,
        written: Vec<Written>,
        rule: Lookup,
    ) -> Self {
        Self {
            glyphs: pages.iter().flat_map(|page| page.glyphs()).collect(),
            space,
            line_end,
            began: written.len(),
            written,
            rule,
        }
    }

    /// What followed the last tokens when they stood in an earlier answer: the fields of a
    /// transcript. (Within one answer three tokens agree by chance, in every "the", and the picture
    /// is the better draft.)
    fn repeat(&self) -> Vec<Written> {
        let (n, agree) = (self.written.len(), self.rule.agree);
        if n < self.began + agree || self.began < agree {
            return Vec::new();
        }
        let ids = |at: usize| (at..at + agree).map(|i| self.written[i].0);
        let earlier = (0..=self.began - agree)
            .rev()
            .find(|&at| ids(at).eq(ids(n - agree)));
        earlier.map_or_else(Vec::new, |at| {
            self.written[at + agree..]
                .iter()
                .take(self.rule.guesses)
                .copied()
                .collect()
        })
    }

    /// The glyphs that follow in the picture: along the line, then down to the next one.
    fn follow(&self, last: usize) -> Vec<Written> {
        let wrote = self.written.last().map(|w| w.0);
        let mut ended = wrote == Some(self.line_end);
        let mut separated = ended || wrote == Some(self.space);
        let mut drafted = Vec::new();
        let mut at = last;
        while drafted.len() < self.rule.guesses {
            let right = self.right_of(at).filter(|_| !ended);
            let Some(next) = right.map(|r| r.0).or_else(|| self.below(at)) else {
                break;
            };
            match right {
                Some((_, gap)) if gap > self.rule.space && !separated => {
                    drafted.push((self.space, None))
                }
                None if !ended => drafted.push((self.line_end, None)),
                _ => {}
            }
            (ended, separated) = (false, false);
            drafted.push((self.glyphs[next].1, Some(next)));
            at = next;
        }
        drafted
    }

    /// The first glyph of the nearest line below.
    fn below(&self, at: usize) -> Option<usize> {
        let ([_, y, _, h], _) = *self.glyphs.get(at)?;
        let under = self
            .glyphs
            .iter()
            .filter(|([_, cy, ..], _)| cy - y > self.rule.line * h)
            .map(|g| g.0[1])
            .min_by(f32::total_cmp)?;
        let on_it =
            |&i: &usize| (self.glyphs[i].0[1] - under).abs() < self.rule.line * self.glyphs[i].0[3];
        let x = |i: &usize| self.glyphs[*i].0[0];
        (0..self.glyphs.len())
            .filter(on_it)
            .min_by(|a, b| x(a).total_cmp(&x(b)))
    }

    /// The nearest glyph to the right on the same line, and the gap before it in em.
    fn right_of(&self, at: usize) -> Option<(usize, f32)> {
        let ([x, y, w, h], _) = *self.glyphs.get(at)?;
        let right = |&(i, ([cx, cy, ..], _)): &(usize, &([f32; 4], TokenId))| {
            i != at && *cx > x && (cy - y).abs() < self.rule.line * h
        };
        let near = |g: &(usize, &([f32; 4], TokenId))| g.1.0[0];
        let next = self
            .glyphs
            .iter()
            .enumerate()
            .filter(right)
            .min_by(|a, b| near(a).total_cmp(&near(b)))?;
        let gap = (next.1.0[0] - next.1.0[2] / 2.0 - x - w / 2.0) / h;
        (gap < self.rule.column).then_some((next.0, gap))
    }
}

impl Draft for Copying {
    fn propose(&mut self, last: Option<usize>) -> Vec<(TokenId, Option<usize>)> {
        let repeated = self.repeat();
        if repeated.is_empty() {
            last.map_or_else(Vec::new, |last| self.follow(last))
        } else {
            repeated
        }
    }

    fn wrote(&mut self, id: TokenId, source: Option<usize>) {
        self.written.push((id, source));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::glyph::rules::Rules;

    const SPACE_ID: TokenId = 100;
    const END_ID: TokenId = 101;

    /// Glyphs 10 px wide at these places; the character of each is its number.
    fn copying(places: &[(f32, f32)], written: Vec<Written>) -> Copying {
        let rule = Rules::default().lookup.unwrap();
        let mut copying = Copying::new(&Pages::default(), SPACE_ID, END_ID, written, rule);
        let place = |(i, &(x, y)): (usize, &(f32, f32))| ([x, y, 10.0, 20.0], i as TokenId);
        copying.glyphs = places.iter().enumerate().map(place).collect();
        copying
    }

    /// "ab c" over "d".
    const PAGE: [(f32, f32); 4] = [(5.0, 10.0), (15.0, 10.0), (35.0, 10.0), (5.0, 40.0)];

    #[test]
    fn glyphs_are_followed_along_the_line_and_down() {
        let mut copying = copying(&PAGE, Vec::new());
        copying.wrote(0, Some(0));
        let expected = [
            (1, Some(1)),
            (SPACE_ID, None),
            (2, Some(2)),
            (END_ID, None),
            (3, Some(3)),
        ];
        assert_eq!(copying.propose(Some(0)), expected);
        copying.wrote(1, Some(1));
        copying.wrote(SPACE_ID, None);
        assert_eq!(copying.propose(Some(1)), expected[2..]);
        copying.wrote(2, Some(2));
        copying.wrote(END_ID, None);
        assert_eq!(copying.propose(Some(2)), expected[4..]);
        assert_eq!(copying.propose(Some(3)), [], "nothing is left");
        assert_eq!(copying.propose(None), []);
    }

    #[test]
    fn what_an_earlier_answer_went_on_with_comes_before_the_glyphs() {
        let earlier = (10..16).map(|id| (id, Some(0))).collect();
        let mut copying = copying(&PAGE, earlier);
        for id in [11, 12] {
            copying.wrote(id, Some(0));
        }
        assert_eq!(
            copying.propose(Some(0))[0],
            (1, Some(1)),
            "two do not say enough"
        );
        copying.wrote(13, Some(0));
        assert_eq!(
            copying.propose(Some(0))[..2],
            [(14, Some(0)), (15, Some(0))]
        );
    }
}
