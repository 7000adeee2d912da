//! Image tokens: one row for each glyph of a picture, in reading order.
use super::embed::GlyphEmbedding;
use super::rules::Rules;
use super::select::{self, Chosen};
use super::shared::glyph_box;
use super::slots::Slots;
use crate::Result;
use crate::bundle::AdapterConfig;
use crate::readers::Source;
use foveate_language::TokenId;
use foveate_vision::Rect;
use ndarray::Array2;

/// What a decoder is shown of a picture: one row for each glyph, in reading order.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageTokens {
    /// `[shown, dim]`: glyph and place together, mixed, as fed to the decoder; of a long picture
    /// perhaps not of all `n` glyphs, but of the first ones.
    pub tokens: Array2<f32>,
    /// `[n, dim]`: the place embedding alone, added to the tokens copied from the glyph.
    pub places: Array2<f32>,
    /// `[n, 4]`: cx, cy, w, h in canvas pixels.
    pub canvas: Array2<f32>,
    /// `[n]`: the token of each glyph's likeliest letter.
    pub glyph: Vec<TokenId>,
    /// `[n]`: how probable that letter is, 0 to 1.
    pub probability: Vec<f32>,
    /// `[n]`: whether its word is hardly legible, so that transcripts leave it out.
    pub doubtful: Vec<bool>,
    /// `[n]`: whether it begins a word, though the gap before it does not say so.
    pub apart: Vec<bool>,
}

impl ImageTokens {
    /// Number of glyphs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.canvas.nrows()
    }

    /// Number of glyphs whose words are legible.
    #[must_use]
    pub fn legible(&self) -> usize {
        self.doubtful.iter().filter(|doubt| !**doubt).count()
    }

    /// Whether no glyph was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The median em size in canvas pixels; `None` where no glyph was found.
    #[must_use]
    pub fn median_em(&self) -> Option<f32> {
        median(self.canvas.column(3).to_vec())
    }

    /// cx, cy, w, h of glyph `i` in canvas pixels.
    #[must_use]
    pub fn place(&self, i: usize) -> [f32; 4] {
        [0, 1, 2, 3].map(|j| self.canvas[[i, j]])
    }

    /// Glyph `i` as a source of answers.
    #[must_use]
    pub fn source(&self, i: usize) -> Source {
        Source {
            canvas: self.canvas_box(i),
            confidence: self.probability[i],
            doubtful: self.doubtful[i],
        }
    }

    /// The box of glyph `i` in canvas pixels.
    #[must_use]
    pub fn canvas_box(&self, i: usize) -> Rect {
        glyph_box(self.place(i))
    }
}

/// The upper of the middle values.
pub(crate) fn median(mut values: Vec<f32>) -> Option<f32> {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Chooses among the slots, puts them into reading order and adds their places, whatever is legible
/// of them; `far` is
/// [`foveate_vision::TileBatch::far_tiles`].
pub fn image_tokens(
    slots: &Slots,
    far: Option<[u32; 2]>,
    config: &AdapterConfig,
    embed: &GlyphEmbedding,
) -> Result<ImageTokens> {
    let chosen = select::choose(slots, far, config, &Rules::default())?;
    Ok(tokens_of(slots, Text::all(chosen, slots), embed))
}

/// The glyphs of a picture that are text.
#[derive(Debug, Clone)]
pub(super) struct Text {
    /// The glyphs that the decoder is shown.
    pub shown: Chosen,
    /// `[n, letters]`: log-probabilities of their letters, not yet summing to one.
    pub letters: Array2<f32>,
    /// Of each whether its word is doubtful.
    pub doubtful: Vec<bool>,
    /// Of each whether it begins a word, though the gap before it does not say so.
    pub apart: Vec<bool>,
}

impl Text {
    /// All that was chosen, whatever is legible of it.
    pub(super) fn all(chosen: Chosen, slots: &Slots) -> Self {
        Self {
            letters: chosen.pooled(slots.letters.view(), &slots.presence),
            doubtful: vec![false; chosen.len()],
            apart: vec![false; chosen.len()],
            shown: chosen,
        }
    }

    /// Number of glyphs whose words are not doubtful.
    pub(super) fn legible(&self) -> usize {
        self.doubtful.iter().filter(|doubt| !**doubt).count()
    }
}

/// Image tokens of what is text.
pub(super) fn tokens_of(slots: &Slots, text: Text, embed: &GlyphEmbedding) -> ImageTokens {
    let Text {
        shown: chosen,
        letters,
        doubtful,
        apart,
    } = text;
    let [places, before] = embed.place().both(chosen.place.view());
    let looks = chosen.pooled(slots.slots.view(), &slots.presence);
    let (rows, glyph, probability) = embed.letters(&letters, &looks);
    ImageTokens {
        tokens: rows + &places + before,
        places,
        canvas: chosen.place,
        glyph,
        probability,
        doubtful,
        apart,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_em_is_that_of_most_glyphs() {
        let tokens = |ems: &[f32]| ImageTokens {
            tokens: Array2::zeros((ems.len(), 1)),
            places: Array2::zeros((ems.len(), 1)),
            canvas: Array2::from_shape_fn(
                (ems.len(), 4),
                |(i, j)| if j == 3 { ems[i] } else { 0.0 },
            ),
            glyph: vec![0; ems.len()],
            probability: vec![1.0; ems.len()],
            doubtful: vec![false; ems.len()],
            apart: vec![false; ems.len()],
        };
        assert_eq!(tokens(&[]).median_em(), None);
        assert_eq!(tokens(&[90.0, 8.0, 9.0, 8.0, 60.0]).median_em(), Some(9.0));
    }
}
