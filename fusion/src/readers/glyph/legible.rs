//! Which lines of glyphs are text: the others are left out before the decoder sees them.
use super::embed::GlyphEmbedding;
use super::layout;
use super::rules::{Legible, Rules};
use super::select::Chosen;
use super::shared::glyph_box;
use super::slots::Slots;
use crate::readers::{LeftOut, Why};
use foveate_language::TokenId;
use std::ops::Range;

/// The glyphs of `chosen` that a decoder is shown, at most `most`, and the lines that it is not.
pub(super) fn legible(
    chosen: &Chosen,
    slots: &Slots,
    embed: &GlyphEmbedding,
    rules: &Rules,
    most: usize,
) -> (Chosen, Vec<LeftOut>) {
    let letters = embed.likeliest(&chosen.pooled(slots.letters.view(), &slots.presence));
    let places = chosen.places();
    let (mut kept, mut left_out) = (Vec::new(), Vec::new());
    for line in layout::runs(&places, &rules.order) {
        let rule = rules.legible.as_ref();
        match why_not(&letters[line.clone()], rule, most - kept.len()) {
            Some(why) => left_out.push(described(line, &letters, &places, why)),
            None => kept.extend(line),
        }
    }
    (chosen.keep(&kept), left_out)
}

/// Why the decoder is not shown a line, where `room` more letters fit.
fn why_not(line: &[(TokenId, f32)], rule: Option<&Legible>, room: usize) -> Option<Why> {
    if rule.is_some_and(|rule| !is_legible(line, rule)) {
        return Some(Why::Illegible);
    }
    (line.len() > room).then_some(Why::TooMany)
}

fn is_legible(line: &[(TokenId, f32)], rule: &Legible) -> bool {
    let least = if line.len() == 1 {
        rule.alone
    } else {
        rule.probability
    };
    mean(line) >= least
}

/// The mean probability of letters.
fn mean(line: &[(TokenId, f32)]) -> f32 {
    line.iter().map(|(_, probability)| probability).sum::<f32>() / line.len().max(1) as f32
}

fn described(
    line: Range<usize>,
    letters: &[(TokenId, f32)],
    places: &[[f32; 4]],
    why: Why,
) -> LeftOut {
    let boxes = places[line.clone()].iter().map(|&at| glyph_box(at));
    LeftOut {
        tokens: letters[line.clone()].iter().map(|(id, _)| *id).collect(),
        canvas: boxes.reduce(crate::grounding::union).unwrap_or_default(),
        confidence: mean(&letters[line]),
        why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_as_legible_as_the_mean_of_its_letters() {
        let rule = Rules::default().legible.unwrap();
        let line = |p: &[f32]| p.iter().map(|&p| (7, p)).collect::<Vec<_>>();
        assert!(is_legible(&line(&[0.99, 0.5, 0.99]), &rule));
        assert!(!is_legible(&line(&[0.9, 0.5, 0.5]), &rule));
        assert!(!is_legible(&line(&[0.8]), &rule), "alone it must be surer");
        assert!(is_legible(&line(&[0.95]), &rule));
    }

    #[test]
    fn what_is_too_much_is_named_and_not_dropped() {
        let rule = Rules::default().legible;
        let line = |p: f32| vec![(7, p); 40];
        assert!(why_not(&line(0.99), rule.as_ref(), 40).is_none());
        let told = |p, room| why_not(&line(p), rule.as_ref(), room).map(Why::as_str);
        assert_eq!(told(0.99, 39), Some("too_many"));
        assert_eq!(told(0.1, 40), Some("illegible"));
        assert!(why_not(&line(0.1), None, 40).is_none(), "without the rule");
    }
}
