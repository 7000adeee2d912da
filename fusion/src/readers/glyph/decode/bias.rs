//! Logit biases: what the picture says of the next letter, and of white space before it.
use crate::readers::glyph::covered::Covered;
use crate::readers::glyph::page::Pages;
use crate::readers::glyph::rules::{LetterBias, SpaceBias};
use foveate_language::{TokenId, argmax};

/// Adds a bias to the likeliest letter of `source`; `last` is the source read last.
pub(super) fn letter(
    pages: &Pages,
    last: Option<usize>,
    source: Option<usize>,
    rule: &LetterBias,
    logits: &mut [f32],
) {
    let Some((source, (id, probability))) = source.and_then(|s| Some((s, pages.letter(s)?))) else {
        return;
    };
    let along = |at: usize| at == source || (at + 1 == source && pages.gap(at).is_some());
    let elsewhere = !last.is_some_and(along) && probability >= rule.probability;
    if let Some(logit) = logits.get_mut(id as usize) {
        *logit += if elsewhere {
            rule.elsewhere
        } else {
            rule.along
        };
    }
}

/// From the source of the last token to that of the token to come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub at: usize,
    pub source: Option<usize>,
}

/// Lets the gap behind `step.at` speak for or against `space`, where the choice is between that and
/// the next glyph of the line; `letter_bias` is what the letter was given already or would be. ->
/// the source of the token to come.
pub(super) fn space(
    pages: &Pages,
    step: Step,
    space: TokenId,
    covered: &Covered,
    (rule, letter_bias): (&SpaceBias, f32),
    logits: &mut [f32],
) -> Option<usize> {
    let Step { at, source } = step;
    let next = at + 1;
    let Some((gap, (letter, _))) = pages.gap(at).zip(pages.letter(next)) else {
        return source;
    };
    let likeliest =
        |logits: &[f32], id: usize| argmax(logits).is_ok_and(|best| best as usize == id);
    let (space, letter) = (space as usize, letter as usize);
    if logits.len() <= space.max(letter) || source.is_some_and(|s| s != next) {
        return source;
    }
    let of_gap = rule.weight * (rule.slope * (gap - rule.even)).clamp(-rule.most, rule.most);
    let odds = if pages.is_apart(next) {
        rule.apart
    } else {
        of_gap
    };
    if odds > 0.0 && (source.is_some() || likeliest(logits, letter)) {
        logits[space] += odds;
        return source.filter(|_| !likeliest(logits, space));
    }
    let glued = source.is_none() && likeliest(logits, space) && !covered.has(next);
    if odds < 0.0 && glued && logits[letter] + letter_bias > logits[space] + odds {
        // Ahead of all that the space was ahead of.
        logits[letter] = logits[space] + 1.0;
        logits[space] += odds;
        return Some(next);
    }
    source
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::glyph::page::tests::{page, pages};
    use crate::readers::glyph::rules::Rules;

    #[test]
    fn a_lexicon_parts_what_no_gap_does() {
        let goes_on = |apart: bool| {
            let mut page = page(&[0..2, 2..3]);
            page.canvas = [10.0, 18.0, 90.0].map(|x| [x, 0.0, 8.0, 20.0]).to_vec();
            page.apart[1] = apart;
            let pages = pages(page);
            let mut logits = vec![0.0; 30];
            logits[21] = 9.0;
            let step = Step {
                at: 0,
                source: Some(1),
            };
            let rule = Rules::default().space_bias.unwrap();
            space(
                &pages,
                step,
                5,
                &Covered::default(),
                (&rule, 0.0),
                &mut logits,
            )
        };
        assert_eq!([false, true].map(goes_on), [Some(1), None]);
    }
}
