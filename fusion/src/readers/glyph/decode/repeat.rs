//! Keeps an answer from copying one glyph over and over, which a decoder that has lost its place
//! does to the end of its room.
use foveate_language::TokenId;

/// The last token and its source, and how often in a row it was written.
#[derive(Debug, Clone, Default)]
pub(super) struct Repeats {
    last: Option<(TokenId, usize)>,
    times: usize,
}

impl Repeats {
    /// Takes the token that was copied from `source` `most` times in a row out of the choice; one
    /// without alternative stays.
    pub(super) fn bar(&self, source: Option<usize>, most: usize, logits: &mut [f32]) {
        let others =
            |id: usize| (0..logits.len()).any(|i| i != id && logits[i] > f32::NEG_INFINITY);
        let barred = self.barred(source, most).map(|id| id as usize);
        let Some(id) = barred.filter(|&id| others(id)) else {
            return;
        };
        if let Some(logit) = logits.get_mut(id) {
            *logit = f32::NEG_INFINITY;
        }
    }

    fn barred(&self, source: Option<usize>, most: usize) -> Option<TokenId> {
        let (id, at) = self.last.filter(|_| self.times >= most)?;
        (source == Some(at)).then_some(id)
    }

    /// Takes note of a token.
    pub(super) fn wrote(&mut self, id: TokenId, source: Option<usize>) {
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
        let mut repeats = Repeats::default();
        for _ in 0..3 {
            assert_eq!(repeats.barred(Some(4), 3), None);
            repeats.wrote(7, Some(4));
        }
        assert_eq!(repeats.barred(Some(4), 3), Some(7));
        let mut logits = [1.0; 8];
        repeats.bar(Some(4), 3, &mut logits);
        assert_eq!(logits[7], f32::NEG_INFINITY);
        let mut only = [f32::NEG_INFINITY; 8];
        only[7] = 1.0;
        repeats.bar(Some(4), 3, &mut only);
        assert_eq!(only[7], 1.0, "nothing else is allowed");
        assert_eq!(repeats.barred(Some(5), 3), None, "another glyph");
        assert_eq!(repeats.barred(None, 3), None);
        repeats.wrote(8, Some(4));
        assert_eq!(repeats.barred(Some(4), 3), None, "another letter");
        (0..9).for_each(|_| repeats.wrote(7, None));
        assert_eq!(repeats.barred(None, 3), None, "read nowhere");
    }
}
