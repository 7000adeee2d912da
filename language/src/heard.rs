//! What whoever saw the picture says of the next token, beside the decoder: which letter stands where it is read, and whether white
//! space comes before it.
use crate::sampler::argmax;
use crate::{Feedback, Spent, TokenId};

/// What is added to the logit of the token that the source pointed at looks like ([`Feedback::looks`]). Our measurement on 200 test flyers (a
/// patched build, no command kept): word recall 0.884 -> 0.890 clean and 0.812 -> 0.822 photographed, events as before; 4 does no more.
const LOOKS: f32 = 1.5;

/// The same where reading goes on elsewhere than at the next glyph of the line. There the decoder is sure of a letter and of a place, and where
/// two lines may come next the letter was the first of one and the place that of the other: "Fooks" of "Cooks" beside "Fairgrounds".
/// Only where the picture is as sure of the letter as this: of what the encoder hardly reads, the decoder makes more.
const LOOKS_ELSEWHERE: f32 = 7.5;
const SURE: f32 = 0.9;

/// The gap between two glyphs, in em sizes, at which a space between them is as likely as none, and how fast the log odds rise with it: our
/// measurement on the encoder's tokens of 600 training flyers (249,146 pairs on one line, no command kept). Of the gaps below 0.06 under one in
/// a hundred held a space, of those from 0.2 on 96 in a hundred or more.
const EVEN_GAP: f32 = 0.12;
const GAP_ODDS: f32 = 40.0;
/// Log odds that a gap is worth at most.
const SUREST_GAP: f32 = 4.0;
/// Weight of these log odds beside the decoder's.
const GAPS: f32 = 1.5;

/// Adds what `source` looks like to the logits; `at` is the source read last.
pub(crate) fn letter(
    feedback: &dyn Feedback,
    at: Option<usize>,
    source: Option<usize>,
    logits: &mut [f32],
) {
    let Some(source) = source else { return };
    let Some(id) = feedback.looks(source) else {
        return;
    };
    let along = |at: usize| at == source || (at + 1 == source && feedback.gap(at).is_some());
    let elsewhere = !at.is_some_and(along) && feedback.sure(source) >= SURE;
    if let Some(logit) = logits.get_mut(id as usize) {
        *logit += if elsewhere { LOOKS_ELSEWHERE } else { LOOKS };
    }
}

/// Lets the gap behind `at`, which the last token was read from, speak for or against `space`, where the choice is between that and the next
/// glyph of the line. -> the source of the token to come.
pub(crate) fn space(
    feedback: &dyn Feedback,
    (at, source): (usize, Option<usize>),
    space: TokenId,
    spent: &Spent,
    logits: &mut [f32],
) -> Option<usize> {
    let next = at + 1;
    let Some((gap, letter)) = feedback.gap(at).zip(feedback.looks(next)) else {
        return source;
    };
    let likeliest =
        |logits: &[f32], id: usize| argmax(logits).is_ok_and(|best| best as usize == id);
    let (space, letter) = (space as usize, letter as usize);
    if logits.len() <= space.max(letter) || source.is_some_and(|s| s != next) {
        return source;
    }
    let odds = GAPS * (GAP_ODDS * (gap - EVEN_GAP)).clamp(-SUREST_GAP, SUREST_GAP);
    if odds > 0.0 && (source.is_some() || likeliest(logits, letter)) {
        logits[space] += odds;
        return source.filter(|_| !likeliest(logits, space));
    }
    let glued = source.is_none() && likeliest(logits, space) && !spent.has(next);
    if odds < 0.0 && glued && logits[letter] + LOOKS > logits[space] + odds {
        // Ahead of all that the space was ahead of.
        logits[letter] = logits[space] + 1.0;
        logits[space] += odds;
        return Some(next);
    }
    source
}
