//! From what was seen of a glyph to a vector of the decoder's width: its letters, its look, its
//! place.
use super::place::PlaceEmbedding;
use crate::bundle::FusionWeights;
use foveate_language::{TokenId, Tokenizer};
use ndarray::{Array2, ArrayViewMut1, Axis};

/// Makes image tokens of glyphs, before the mixer.
#[derive(Debug, Clone)]
pub struct GlyphEmbedding {
    ids: Vec<TokenId>,
    /// `[letters, dim]`
    letters: Array2<f32>,
    /// `[slot_dim, dim]`
    slots: Array2<f32>,
    place: PlaceEmbedding,
    /// The tokens of letters of the alphabet.
    alphabetic: Vec<TokenId>,
    /// Those of figures.
    figures: Vec<TokenId>,
    /// What each letter is, in the order of `ids`.
    texts: Vec<String>,
}

impl GlyphEmbedding {
    /// The layers of a bundle.
    #[must_use]
    pub fn new(weights: &FusionWeights) -> Self {
        Self {
            ids: weights.letters_ids.clone(),
            letters: weights.letters_weight.clone(),
            slots: weights.slots_weight.t().to_owned(),
            place: PlaceEmbedding::new(weights),
            alphabetic: Vec::new(),
            figures: Vec::new(),
            texts: Vec::new(),
        }
    }

    /// The same, told what its tokens are. Without it every word of a legible line is legible
    /// ([`Legible`](super::Legible)): it takes them all for marks.
    #[must_use]
    pub fn with_characters(mut self, tokenizer: &Tokenizer) -> Self {
        let is = |id: &&TokenId, what: fn(char) -> bool| {
            let text = str::from_utf8(tokenizer.bytes(**id));
            text.is_ok_and(|text| text.chars().all(what))
        };
        let all = |what| self.ids.iter().filter(|id| is(id, what)).copied().collect();
        let text = |id: &TokenId| String::from_utf8_lossy(tokenizer.bytes(*id)).into_owned();
        self.texts = self.ids.iter().map(text).collect();
        (self.alphabetic, self.figures) = (all(char::is_alphabetic), all(char::is_numeric));
        self
    }

    /// Whether a token is a letter of the alphabet.
    pub(super) fn is_alphabetic(&self, id: TokenId) -> bool {
        self.alphabetic.contains(&id)
    }

    /// Whether a token is a figure.
    pub(super) fn is_figure(&self, id: TokenId) -> bool {
        self.figures.contains(&id)
    }

    /// What letters spell.
    pub(super) fn spelled(&self, letters: impl IntoIterator<Item = TokenId>) -> String {
        let row = |id: TokenId| self.ids.iter().position(|&one| one == id);
        let rows = letters.into_iter().filter_map(row);
        rows.filter_map(|row| self.texts.get(row).map(String::as_str))
            .collect()
    }

    /// The token of each letter.
    #[must_use]
    pub fn ids(&self) -> &[TokenId] {
        &self.ids
    }

    /// Where glyphs stand.
    #[must_use]
    pub fn place(&self) -> &PlaceEmbedding {
        &self.place
    }

    /// Characters told apart, and the width of a slot's features.
    #[must_use]
    pub fn sizes(&self) -> [usize; 2] {
        [self.letters.nrows(), self.slots.nrows()]
    }

    /// Log-probabilities `[n, letters]` of the characters, not yet summing to one, and features
    /// `[n, slot_dim]` to what they mean to the decoder, `[n, dim]`, to each glyph's likeliest
    /// token, and to how probable that is.
    ///
    /// # Panics
    /// If the widths are not those of [`sizes`](Self::sizes).
    #[must_use]
    pub fn letters(
        &self,
        letters: &Array2<f32>,
        slots: &Array2<f32>,
    ) -> (Array2<f32>, Vec<TokenId>, Vec<f32>) {
        let (mut glyph, mut sure) = (Vec::new(), Vec::new());
        let mut likely = letters.clone();
        for row in likely.axis_iter_mut(Axis(0)) {
            let (best, probability) = likeliest(row);
            glyph.push(self.ids[best]);
            sure.push(probability);
        }
        (
            likely.dot(&self.letters) + slots.dot(&self.slots),
            glyph,
            sure,
        )
    }
}

impl GlyphEmbedding {
    /// Of each row of `letters` (`[n, letters]`, log-probabilities) the token of the likeliest
    /// letter, and how probable it is.
    pub(super) fn likeliest(&self, letters: &Array2<f32>) -> Vec<(TokenId, f32)> {
        let mut rows = letters.clone();
        let likely = rows.axis_iter_mut(Axis(0)).map(likeliest);
        likely.map(|(best, p)| (self.ids[best], p)).collect()
    }
}

/// Turns log-probabilities, which need not sum to one, into probabilities: the likeliest, the first
/// of equals, and how probable it is.
pub(crate) fn likeliest(mut row: ArrayViewMut1<'_, f32>) -> (usize, f32) {
    let first = (0, f32::NEG_INFINITY);
    let larger =
        |best: (usize, f32), (i, &v): (usize, &f32)| if v > best.1 { (i, v) } else { best };
    let (best, most) = row.iter().enumerate().fold(first, larger);
    row.mapv_inplace(|v| (v - most).exp());
    let whole = row.sum();
    row /= whole;
    (best, 1.0 / whole)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use ndarray::{Array1, arr2};

    /// Two letters, of the tokens 7 and 9, in rows of two; 7 is of the alphabet, 9 a figure.
    pub(in crate::readers::glyph) fn embedding() -> GlyphEmbedding {
        let embed = GlyphEmbedding::new(&FusionWeights {
            place_weight: Array2::zeros((2, 16)),
            place_bias: Array1::zeros(2),
            before_weight: Array2::zeros((2, 16)),
            letters_ids: vec![7, 9],
            letters_weight: arr2(&[[1.0, 0.0], [0.0, 1.0]]),
            slots_weight: arr2(&[[10.0], [0.0]]),
            pointer_query: Array2::zeros((1, 2)),
            pointer_key: Array2::zeros((1, 2)),
            pointer_null: Array1::zeros(1),
        });
        GlyphEmbedding {
            alphabetic: vec![7],
            figures: vec![9],
            ..embed
        }
    }

    #[test]
    fn letters_weigh_by_their_probability() {
        let embed = embedding();
        assert_eq!(embed.sizes(), [2, 1]);
        let seen = arr2(&[[0.25f32.ln() - 3.0, 0.75f32.ln() - 3.0]]);
        let (tokens, glyph, sure) = embed.letters(&seen, &arr2(&[[0.5]]));
        assert_eq!(glyph, [9]);
        assert!((sure[0] - 0.75).abs() < 1e-5);
        assert!((tokens[[0, 0]] - 5.25).abs() < 1e-5 && (tokens[[0, 1]] - 0.75).abs() < 1e-5);
    }
}
