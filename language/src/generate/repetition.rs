//! Finds an answer that goes round in circles.

/// Longest circle that is looked for, in tokens.
const LONGEST: usize = 96;
/// A circle counts when it was walked this often ...
const ROUNDS: usize = 4;
/// ... and the rounds are this many tokens together, if every round was copied from the same
/// sources (or sources are not known) ...
const SAME_PLACE: usize = 48;
/// ... or this many, if they were copied from different ones: a page may well hold a row of forty
/// dots.
const ELSEWHERE: usize = 256;

/// Watches the tokens of an answer for a piece that repeats until nothing else would come.
///
/// The rules are our own measurement's: transcripts of pages repeat a line three times, price lists
/// and dotted leaders repeat tokens for a whole line, but then each is copied from another source.
#[derive(Debug, Clone, Default)]
pub struct LoopDetector {
    seen: Vec<(u32, Option<usize>)>,
}

impl LoopDetector {
    /// Adds a token with the source that it was read from, and tells whether the answer has been
    /// going in circles.
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

#[cfg(test)]
mod tests {
    use super::*;

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
            "a row of dots, each with its source"
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
