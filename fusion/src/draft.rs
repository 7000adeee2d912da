//! Guesses of what an answer copies next: the glyphs that follow in the picture, or what was copied before.
use crate::sight::ImageTokens;
use foveate_language::{Draft, TokenId};

/// Tokens that must agree before an earlier answer is taken to be repeated.
const AGREE: usize = 3;
/// Most tokens guessed at once: a run of so many rows costs little more than one.
const GUESSES: usize = 8;
/// A gap wider than this share of the em is a space; wider than the second, another column.
const SPACE: f32 = 0.16;
const COLUMN: f32 = 2.5;
/// Glyphs on one line are closer in height than this share of the em.
const LINE: f32 = 0.4;

/// A token written, and the image token it was read from.
type Written = (TokenId, Option<usize>);

/// Guesses from the picture's glyphs and from earlier answers of the same conversation.
pub(crate) struct Copying {
    /// Canvas place and likeliest character of every image token.
    glyphs: Vec<([f32; 4], TokenId)>,
    space: TokenId,
    line_end: TokenId,
    /// All answers so far, this one last.
    written: Vec<Written>,
    /// Where this answer begins in `written`.
    began: usize,
}

impl Copying {
    pub(crate) fn new(space: TokenId, line_end: TokenId, written: Vec<Written>) -> Self {
        let began = written.len();
        Self {
            glyphs: Vec::new(),
            space,
            line_end,
            written,
            began,
        }
    }

    pub(crate) fn add(&mut self, tokens: &ImageTokens) {
        let place = |i: usize| [0, 1, 2, 3].map(|j| tokens.canvas[[i, j]]);
        self.glyphs
            .extend((0..tokens.len()).map(|i| (place(i), tokens.glyph[i])));
    }

    /// What followed the last tokens when they stood in an earlier answer: the fields of a transcript. (Within one answer
    /// three tokens agree by chance, in every "the", and the picture is the better guess.)
    fn repeat(&self) -> Vec<Written> {
        let n = self.written.len();
        if n < self.began + AGREE || self.began < AGREE {
            return Vec::new();
        }
        let ids = |at: usize| (at..at + AGREE).map(|i| self.written[i].0);
        let earlier = (0..=self.began - AGREE)
            .rev()
            .find(|&at| ids(at).eq(ids(n - AGREE)));
        earlier.map_or_else(Vec::new, |at| {
            self.written[at + AGREE..]
                .iter()
                .take(GUESSES)
                .copied()
                .collect()
        })
    }

    /// The glyphs that follow in the picture: along the line, then down to the next one.
    fn follow(&self, last: usize) -> Vec<Written> {
        let wrote = self.written.last().map(|w| w.0);
        let mut ended = wrote == Some(self.line_end);
        let mut separated = ended || wrote == Some(self.space);
        let mut guesses = Vec::new();
        let mut at = last;
        while guesses.len() < GUESSES {
            let right = self.right_of(at).filter(|_| !ended);
            let Some(next) = right.map(|r| r.0).or_else(|| self.below(at)) else {
                break;
            };
            match right {
                Some((_, gap)) if gap > SPACE && !separated => guesses.push((self.space, None)),
                None if !ended => guesses.push((self.line_end, None)),
                _ => {}
            }
            (ended, separated) = (false, false);
            guesses.push((self.glyphs[next].1, Some(next)));
            at = next;
        }
        guesses
    }

    /// The first glyph of the nearest line below.
    fn below(&self, at: usize) -> Option<usize> {
        let ([_, y, _, h], _) = *self.glyphs.get(at)?;
        let under = self
            .glyphs
            .iter()
            .filter(|([_, cy, ..], _)| cy - y > LINE * h)
            .map(|g| g.0[1])
            .min_by(f32::total_cmp)?;
        let on_it = |&i: &usize| (self.glyphs[i].0[1] - under).abs() < LINE * self.glyphs[i].0[3];
        let x = |i: &usize| self.glyphs[*i].0[0];
        (0..self.glyphs.len())
            .filter(on_it)
            .min_by(|a, b| x(a).total_cmp(&x(b)))
    }

    /// The nearest glyph to the right on the same line, and the gap before it in em.
    fn right_of(&self, at: usize) -> Option<(usize, f32)> {
        let ([x, y, w, h], _) = *self.glyphs.get(at)?;
        let right = |&(i, ([cx, cy, ..], _)): &(usize, &([f32; 4], TokenId))| {
            i != at && *cx > x && (cy - y).abs() < LINE * h
        };
        let near = |g: &(usize, &([f32; 4], TokenId))| g.1.0[0];
        let next = self
            .glyphs
            .iter()
            .enumerate()
            .filter(right)
            .min_by(|a, b| near(a).total_cmp(&near(b)))?;
        let gap = (next.1.0[0] - next.1.0[2] / 2.0 - x - w / 2.0) / h;
        (gap < COLUMN).then_some((next.0, gap))
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
    use ndarray::Array2;

    const SPACE_ID: TokenId = 100;
    const END_ID: TokenId = 101;

    /// Glyphs 10 px wide at these places; the character of each is its number.
    fn copying(places: &[(f32, f32)], written: Vec<Written>) -> Copying {
        let n = places.len();
        let mut copying = Copying::new(SPACE_ID, END_ID, written);
        copying.add(&ImageTokens {
            tokens: Array2::zeros((n, 1)),
            places: Array2::zeros((n, 1)),
            canvas: Array2::from_shape_fn((n, 4), |(i, j)| {
                [places[i].0, places[i].1, 10.0, 20.0][j]
            }),
            glyph: (0..n as TokenId).collect(),
            sure: vec![1.0; n],
        });
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
