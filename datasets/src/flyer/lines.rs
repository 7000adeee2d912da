//! Words to lines.

use super::tagged::Tag;
use crate::scene::Style;

/// Words of characters with their tags.
pub type Line = Vec<Vec<(char, Tag)>>;

/// Width of a word, kerned.
pub fn word_width(style: &Style, word: &[(char, Tag)]) -> f32 {
    let mut width = 0.0;
    for (i, (ch, _)) in word.iter().enumerate() {
        if i > 0 {
            width += style.face.kern(word[i - 1].0, *ch) * style.stretch * style.em;
        }
        width += style.advance(*ch);
    }
    width
}

/// Width of a line.
pub fn line_width(style: &Style, line: &Line) -> f32 {
    line.iter().map(|w| word_width(style, w)).sum::<f32>()
        + style.space() * line.len().saturating_sub(1) as f32
}

/// As many words to a line as the width takes.
pub fn wrap(style: &Style, words: &[Vec<(char, Tag)>], width: f32) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut used = f32::MAX;
    for word in words {
        let w = word_width(style, word);
        if used + style.space() + w > width + 0.01 * style.em {
            lines.push(Vec::new());
            used = w;
        } else {
            used += style.space() + w;
        }
        lines
            .last_mut()
            .expect("a line was begun")
            .push(word.clone());
    }
    lines
}

/// The em size at which the words fill `width` in `count` lines.
pub fn filling_em(style: &Style, words: &[Vec<(char, Tag)>], width: f32, count: usize) -> f32 {
    let total = words.iter().map(|w| word_width(style, w)).sum::<f32>()
        + style.space() * words.len() as f32;
    let longest = words
        .iter()
        .map(|w| word_width(style, w))
        .fold(1.0, f32::max);
    let ideal = width * count as f32 / total.max(1.0) * 0.9;
    style.em * ideal.min(width / longest)
}
