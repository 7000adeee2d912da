//! Finds an answer that goes round in circles.

/// Longest circle that is looked for, in tokens.
const LONGEST: usize = 96;
/// A circle counts when it was walked this often ...
const ROUNDS: usize = 4;
/// ... and the rounds are this many tokens together, if every round was read from the same glyphs (or glyphs are not known) ...
const SAME_PLACE: usize = 48;
/// ... or this many, if they were read from different glyphs: a picture may well hold a row of forty dots.
const ELSEWHERE: usize = 256;

/// Watches the tokens of an answer for a piece that repeats until nothing else would come.
///
/// The rules are our own measurement's: transcripts of pages repeat a line three times, price lists and dotted leaders
/// repeat tokens for a whole line, but then each is read from another glyph of the picture.
#[derive(Debug, Clone, Default)]
pub struct LoopDetector {
    seen: Vec<(u32, Option<usize>)>,
}

impl LoopDetector {
    /// Adds a token with the source that it was read from, and tells whether the answer has been going in circles.
    pub fn push(&mut self, id: u32, source: Option<usize>) -> bool {
        self.seen.push((id, source));
        if self.seen.len() > 2 * ELSEWHERE.max(LONGEST * ROUNDS) {
            self.seen.drain(..ELSEWHERE.max(LONGEST * ROUNDS) / 2);
        }
        (1..=LONGEST).any(|period| self.circles(period))
    }

    fn circles(&self, period: usize) -> bool {
        let n = self.seen.len();
        let run = |same: &dyn Fn(usize) -> bool| {
            (period..n).rev().take_while(|&i| same(i)).count() + period
        };
        let ids = |i: usize| self.seen[i].0 == self.seen[i - period].0;
        if n < period || run(&ids) < SAME_PLACE.max(ROUNDS * period) {
            return false;
        }
        let all = |i: usize| self.seen[i] == self.seen[i - period];
        run(&all) >= SAME_PLACE.max(ROUNDS * period) || run(&ids) >= ELSEWHERE.max(ROUNDS * period)
    }
}

/// How often in a row one token may be read from one source; "www" may well stand on a single glyph where the encoder lost two.
const SAME_GLYPH: usize = 3;

/// Keeps an answer from writing one glyph over and over, which a decoder that has lost its place does to the end of its room.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stuck {
    last: Option<(u32, usize)>,
    times: usize,
}

impl Stuck {
    /// Takes the token that must not come next, if it is read from `source`, out of the choice; one without alternative stays.
    pub(crate) fn bar(&self, source: Option<usize>, logits: &mut [f32]) {
        let others =
            |id: usize| (0..logits.len()).any(|i| i != id && logits[i] > f32::NEG_INFINITY);
        let Some(id) = self
            .barred(source)
            .map(|id| id as usize)
            .filter(|&id| others(id))
        else {
            return;
        };
        if let Some(logit) = logits.get_mut(id) {
            *logit = f32::NEG_INFINITY;
        }
    }

    fn barred(&self, source: Option<usize>) -> Option<u32> {
        let (id, at) = self.last.filter(|_| self.times >= SAME_GLYPH)?;
        (source == Some(at)).then_some(id)
    }

    /// Notes what was written.
    pub(crate) fn wrote(&mut self, id: u32, source: Option<usize>) {
        let written = source.map(|at| (id, at));
        self.times = if written.is_some() && written == self.last {
            self.times + 1
        } else {
            1
        };
        self.last = written;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_glyph_gives_a_letter_three_times_at_most() {
        let mut stuck = Stuck::default();
        for _ in 0..3 {
            assert_eq!(stuck.barred(Some(4)), None);
            stuck.wrote(7, Some(4));
        }
        assert_eq!(stuck.barred(Some(4)), Some(7));
        let mut logits = [1.0; 8];
        stuck.bar(Some(4), &mut logits);
        assert_eq!(logits[7], f32::NEG_INFINITY);
        let mut only = [f32::NEG_INFINITY; 8];
        only[7] = 1.0;
        stuck.bar(Some(4), &mut only);
        assert_eq!(only[7], 1.0, "nothing else is allowed");
        assert_eq!(stuck.barred(Some(5)), None, "another glyph");
        assert_eq!(stuck.barred(None), None);
        stuck.wrote(8, Some(4));
        assert_eq!(stuck.barred(Some(4)), None, "another letter");
        (0..9).for_each(|_| stuck.wrote(7, None));
        assert_eq!(stuck.barred(None), None, "read nowhere");
    }

    fn first_hit(tokens: impl Iterator<Item = (u32, Option<usize>)>) -> Option<usize> {
        let mut detector = LoopDetector::default();
        tokens
            .into_iter()
            .position(|(id, source)| detector.push(id, source))
    }

    #[test]
    fn circles_are_found_soon() {
        assert!(first_hit(std::iter::repeat_n((7, None), 500)).unwrap() < 60);
        for period in [1, 2, 13, 40] {
            let hit =
                first_hit((0..2000).map(|i| (i % period, Some(i as usize % period as usize))))
                    .unwrap();
            assert!(hit <= 5 * period as usize + 60, "period {period}: {hit}");
        }
    }

    #[test]
    fn what_a_page_may_hold_is_no_circle() {
        assert_eq!(
            first_hit((0..200).map(|i| (5, Some(i)))),
            None,
            "a row of dots, each with its glyph"
        );
        let line: Vec<u32> = (0..30).collect();
        assert_eq!(
            first_hit(line.repeat(3).into_iter().map(|i| (i, None))),
            None,
            "a line three times"
        );
        assert_eq!(
            first_hit((0..3000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24, None))),
            None,
            "noise"
        );
    }
}
