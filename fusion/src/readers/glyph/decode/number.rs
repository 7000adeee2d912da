//! Numbers of typed values are copied: a figure that stands on no glyph is not written where the
//! schema leaves a way on without it.
use foveate_language::{TokenId, argmax};

/// Where a typed answer stands: within a string, or outside of one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Strings {
    inside: bool,
    escaped: bool,
}

/// Tokens that matter to [`Strings`] and to numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// The ten digits and the minus sign.
    pub figures: Vec<TokenId>,
    /// The minus sign.
    pub minus: TokenId,
    /// `"`, which begins and ends a string.
    pub quote: TokenId,
    /// `\`, which escapes.
    pub escape: TokenId,
}

impl Strings {
    /// Takes note of a token.
    pub(super) fn wrote(&mut self, id: TokenId, marks: &Figures) {
        let escapes = id == marks.escape && !self.escaped;
        if id == marks.quote && !self.escaped {
            self.inside = !self.inside;
        }
        self.escaped = escapes;
    }

    /// Takes figures out of the choice where the likeliest token is one, is copied from nowhere,
    /// and is part of a number. Where nothing else may come digits stay, but no sign is made up.
    pub(super) fn bar(&self, source: Option<usize>, marks: &Figures, logits: &mut [f32]) {
        if self.inside || source.is_some() {
            return;
        }
        let figure = |id: TokenId| marks.figures.contains(&id);
        if !argmax(logits).is_ok_and(figure) {
            return;
        }
        let allowed = |(i, &logit): (usize, &f32)| {
            logit > f32::NEG_INFINITY && TokenId::try_from(i).is_ok_and(|id| !figure(id))
        };
        let barred = if logits.iter().enumerate().any(allowed) {
            &marks.figures[..]
        } else {
            std::slice::from_ref(&marks.minus)
        };
        let others = |(i, &logit): (usize, &f32)| {
            let left = TokenId::try_from(i).is_ok_and(|id| !barred.contains(&id));
            left && logit > f32::NEG_INFINITY
        };
        if logits.iter().enumerate().any(others) {
            for &id in barred {
                if let Some(logit) = logits.get_mut(id as usize) {
                    *logit = f32::NEG_INFINITY;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks() -> Figures {
        Figures {
            figures: vec![1, 2],
            minus: 1,
            quote: 3,
            escape: 4,
        }
    }

    #[test]
    fn figures_of_numbers_stand_somewhere() {
        let bar = |strings: Strings, source, mut logits: [f32; 6]| {
            strings.bar(source, &marks(), &mut logits);
            argmax(&logits).unwrap()
        };
        let outside = Strings::default();
        let likely = [0.0, 9.0, 1.0, 0.0, 0.0, 5.0];
        assert_eq!(bar(outside, None, likely), 5);
        assert_eq!(bar(outside, Some(7), likely), 1, "it is copied");
        let none = f32::NEG_INFINITY;
        let only = [none, 9.0, 1.0, none, none, none];
        let why = "no other way, but a sign is not made up";
        assert_eq!(bar(outside, None, only), 2, "{why}");
        let sign = [none, 9.0, none, none, none, none];
        assert_eq!(bar(outside, None, sign), 1, "nothing else at all");
        let mut inside = Strings::default();
        inside.wrote(3, &marks());
        assert_eq!(
            bar(inside, None, likely),
            1,
            "a string may hold figures of its own"
        );
        inside.wrote(4, &marks());
        inside.wrote(3, &marks());
        assert_eq!(
            bar(inside, None, likely),
            1,
            "an escaped quote ends no string"
        );
        inside.wrote(3, &marks());
        assert_eq!(bar(inside, None, likely), 5);
    }
}
