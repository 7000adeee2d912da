//! Which lines of glyphs, and which of their words, are text: the others are left out before the
//! decoder sees them, and doubtful words of transcripts.
use super::embed::GlyphEmbedding;
use super::known::Known;
use super::layout;
use super::lexicon::Lexicon;
use super::rules::{Legible, Rules};
use super::select::Chosen;
use super::shared::glyph_box;
use super::slots::Slots;
use super::spacing::{spaces, usual_gap};
use super::tokens::{Text, median};
use crate::readers::{LeftOut, Why};
use foveate_language::TokenId;
use ndarray::Axis;
use std::ops::Range;

/// What of `chosen` is text, and the lines and words that are hardly legible, doubtful ones among
/// them.
pub(super) fn legible(
    chosen: &Chosen,
    slots: &Slots,
    (embed, lexicon): (&GlyphEmbedding, Option<&Lexicon>),
    rules: &Rules,
) -> (Text, Vec<LeftOut>) {
    let Some(rule) = &rules.legible else {
        return (Text::all(chosen.clone(), slots), Vec::new());
    };
    let mut logits = chosen.pooled(slots.letters.view(), &slots.presence);
    let mut letters = embed.likeliest(&logits);
    let places = chosen.places();
    let runs = layout::runs(&places, &rules.order);
    let usual = usual_gap(runs.iter().map(|line| &places[line.clone()]));
    let mut sorted = Sorted::default();
    let mut all: Vec<Range<usize>> = Vec::new();
    for line in runs {
        match is_legible(&letters[line.clone()], rule) {
            true => all.extend(words(line, &places, usual)),
            false => sorted.left_out.push(described(line, &letters, &places)),
        }
    }
    let known = lexicon.zip(rules.known.as_ref());
    let known = known.map(|(lexicon, rule)| Known {
        lexicon,
        embed,
        rule,
    });
    let known = known.filter(|known| known.suits(&all, &letters));
    let asked = Asked {
        rule,
        known,
        embed,
        usual_em: em_of(&places),
    };
    for word in all {
        let words = match &known {
            Some(known) => known.mended(word, (&mut logits, &mut letters), &places),
            None => vec![word.collect()],
        };
        for (n, word) in words.into_iter().enumerate() {
            let limits = asked.of(&word, &letters, &places);
            sorted.add(word, n > 0, limits, &letters, &places);
        }
    }
    let text = Text {
        shown: chosen.keep(&sorted.kept),
        letters: logits.select(Axis(0), &sorted.kept),
        doubtful: sorted.doubtful,
        apart: sorted.apart,
    };
    (text, sorted.left_out)
}

/// What is asked of words.
struct Asked<'a> {
    rule: &'a Legible,
    known: Option<Known<'a>>,
    embed: &'a GlyphEmbedding,
    /// The median em size of the picture in canvas pixels.
    usual_em: f32,
}

impl Asked<'_> {
    /// Whether a word (glyphs) is doubtful, and whether it is shown.
    fn of(&self, word: &[usize], letters: &[(TokenId, f32)], places: &[[f32; 4]]) -> (bool, bool) {
        let Self { rule, embed, .. } = self;
        let of_word: Vec<_> = word.iter().map(|&glyph| letters[glyph]).collect();
        let ems = word.iter().map(|&glyph| places[glyph][3]).collect();
        let large = median(ems).unwrap_or_default() > rule.large * self.usual_em;
        let known = self.known.and_then(|known| known.least(&of_word, large));
        let least = match known {
            Some(least) => least.max(rule.shown),
            None if large => rule.large_word,
            None => rule.word,
        };
        let doubtful = !is_legible_word(&of_word, least, embed, rule);
        let shown = !doubtful || is_legible_word(&of_word, rule.shown, embed, rule);
        (doubtful, shown)
    }
}

/// Words sorted into those that are shown and those that are left out.
#[derive(Default)]
struct Sorted {
    kept: Vec<usize>,
    doubtful: Vec<bool>,
    apart: Vec<bool>,
    left_out: Vec<LeftOut>,
}

impl Sorted {
    /// Takes in a word (glyphs): whether its gap does not say that it begins there, and whether it
    /// is doubtful and shown.
    fn add(
        &mut self,
        word: Vec<usize>,
        apart: bool,
        (doubtful, shown): (bool, bool),
        letters: &[(TokenId, f32)],
        places: &[[f32; 4]],
    ) {
        if doubtful && let (Some(&first), Some(&last)) = (word.first(), word.last()) {
            self.left_out
                .push(described(first..last + 1, letters, places));
        }
        if shown {
            self.apart
                .extend((0..word.len()).map(|glyph| apart && glyph == 0));
            self.doubtful.extend(word.iter().map(|_| doubtful));
            self.kept.extend(word);
        }
    }
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
    }
}
