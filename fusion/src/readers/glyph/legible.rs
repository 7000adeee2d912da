//! Which lines of glyphs, and which of their words, are text: the others are left out before the
//! decoder sees them.
use super::embed::GlyphEmbedding;
use super::layout;
use super::rules::{Legible, Rules};
use super::select::Chosen;
use super::shared::glyph_box;
use super::slots::Slots;
use super::spacing::{spaces, usual_gap};
use super::tokens::median;
use crate::readers::{LeftOut, Why};
use foveate_language::TokenId;
use std::ops::Range;

/// The glyphs of `chosen` that are text, and the lines and words that are hardly legible.
pub(super) fn legible(
    chosen: &Chosen,
    slots: &Slots,
    embed: &GlyphEmbedding,
    rules: &Rules,
) -> (Chosen, Vec<LeftOut>) {
    let Some(rule) = &rules.legible else {
        return (chosen.clone(), Vec::new());
    };
    let letters = embed.likeliest(&chosen.pooled(slots.letters.view(), &slots.presence));
    let places = chosen.places();
    let (mut kept, mut left_out) = (Vec::new(), Vec::new());
    let runs = layout::runs(&places, &rules.order);
    let usual_em = em_of(&places);
    let usual = usual_gap(runs.iter().map(|line| &places[line.clone()]));
    for line in runs {
        if !is_legible(&letters[line.clone()], rule) {
            left_out.push(described(line, &letters, &places));
            continue;
        }
        for word in words(line, &places, usual) {
            let least = least_of(&places[word.clone()], usual_em, rule);
            match is_legible_word(&letters[word.clone()], least, embed, rule) {
                true => kept.extend(word),
                false => left_out.push(described(word, &letters, &places)),
            }
        }
    }
    (chosen.keep(&kept), left_out)
}

/// The words of a line of glyphs.
fn words(line: Range<usize>, places: &[[f32; 4]], usual: f32) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    for (glyph, space) in line.clone().zip(spaces(&places[line], usual)) {
        match out.last_mut().filter(|_| !space) {
            Some(word) => word.end += 1,
            None => out.push(glyph..glyph + 1),
        }
    }
    out
}

fn is_legible(line: &[(TokenId, f32)], rule: &Legible) -> bool {
    let least = if line.len() == 1 {
        rule.alone
    } else {
        rule.probability
    };
    mean(line) >= least
}

/// The median em size in canvas pixels, 0 where there is no glyph.
fn em_of(places: &[[f32; 4]]) -> f32 {
    median(places.iter().map(|at| at[3]).collect()).unwrap_or_default()
}

/// What is asked of the letters of a word, on a page whose median em size is `usual`.
fn least_of(word: &[[f32; 4]], usual: f32, rule: &Legible) -> f32 {
    if em_of(word) > rule.large * usual {
        rule.large_word
    } else {
        rule.word
    }
}

/// Whether a word of a legible line is text; `least` is what is asked of letters. Marks are: the
/// dash between two times is worth more than what a speck costs.
fn is_legible_word(
    word: &[(TokenId, f32)],
    least: f32,
    embed: &GlyphEmbedding,
    rule: &Legible,
) -> bool {
    let any = |is: fn(&GlyphEmbedding, TokenId) -> bool| word.iter().any(|(id, _)| is(embed, *id));
    let least = if any(GlyphEmbedding::is_figure) {
        rule.figures
    } else if !any(GlyphEmbedding::is_alphabetic) {
        return true;
    } else if word.len() == 1 {
        rule.alone
    } else {
        least
    };
    mean(word) >= least
}

/// The mean probability of letters.
fn mean(line: &[(TokenId, f32)]) -> f32 {
    line.iter().map(|(_, probability)| probability).sum::<f32>() / line.len().max(1) as f32
}

fn described(line: Range<usize>, letters: &[(TokenId, f32)], places: &[[f32; 4]]) -> LeftOut {
    let boxes = places[line.clone()].iter().map(|&at| glyph_box(at));
    LeftOut {
        tokens: letters[line.clone()].iter().map(|(id, _)| *id).collect(),
        canvas: boxes.reduce(crate::grounding::union).unwrap_or_default(),
        confidence: mean(&letters[line]),
        why: Why::Illegible,
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
    fn words_must_be_surer_than_lines_and_figures_and_marks_less() {
        let rule = Rules::default().legible.unwrap();
        let embed = super::super::embed::tests::embedding();
        let is_legible = |word: &[(TokenId, f32)]| is_legible_word(word, rule.word, &embed, &rule);
        let [letter, figure, mark] = [7, 9, 8];
        assert!(is_legible(&[(letter, 0.9), (letter, 0.75)]));
        assert!(!is_legible(&[(letter, 0.7), (letter, 0.7)]));
        assert!(!is_legible(&[(letter, 0.85)]), "alone it must be surer");
        assert!(is_legible(&[(figure, 0.65)]));
        assert!(is_legible(&[(figure, 0.75), (letter, 0.5)]), "7th");
        assert!(!is_legible(&[(figure, 0.5)]));
        assert!(is_legible(&[(mark, 0.3)]), "the dash between two times");
        let large = [(letter, 0.7), (letter, 0.75)];
        assert!(is_legible_word(&large, rule.large_word, &embed, &rule));
        let least = |em| least_of(&[[0.0, 0.0, 8.0, em]; 4], 20.0, &rule);
        assert_eq!(
            [20.0, 27.0, 29.0].map(least),
            [rule.word, rule.word, rule.large_word]
        );
    }
}
