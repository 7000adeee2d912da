//! Which words are text.
use serde::{Deserialize, Serialize};

/// When a line of glyphs is text. On 76 real pictures with text and 18 without, the letters of such
/// lines alone (`foveate-datasets lines`) had word recall 0.720 and precision 0.865, and 0.3 words
/// made up on a picture without text; without the rule 0.735, 0.446 and 183.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Legible {
    /// Least mean probability of the letters of a line.
    pub probability: f32,
    /// The same of a glyph that stands alone, or is a word of one letter.
    pub alone: f32,
    /// The same of a word of letters, of a line that is kept: under it are rows of dots in a menu,
    /// emblems, and words with a wrong letter (log, crowded-2).
    pub word: f32,
    /// The same of a word in large print: titles are set in faces that are read with less
    /// confidence, and an event without its title is none (log, fields-2).
    pub large_word: f32,
    /// The same of a word that the decoder is shown: one of less than `word` or `large_word` is
    /// doubtful. Fields may be read from it, transcripts leave it out: a venue with a wrong letter
    /// is worth more than half a venue (log, lexicon-1).
    pub shown: f32,
    /// Print of more than so many times the picture's median em size is large. Set by hand.
    pub large: f32,
    /// The same of a word with a figure: without a day or a price more is lost than a word, and
    /// figures are read with less confidence than words are.
    pub figures: f32,
}

impl Default for Legible {
    fn default() -> Self {
        Self {
            probability: 0.7,
            alone: 0.9,
            word: 0.8,
            large_word: 0.7,
            shown: 0.6,
            large: 1.4,
            figures: 0.6,
        }
    }
}

/// What it is worth that a lexicon knows a word. Of 77 words that were read off real pictures
/// with 0.6 to 0.8 and that an American list knows 60 were right, of 78 others 5 (log, lexicon-1).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownWords {
    /// Least share of the words of a picture, those surely read, that the lexicon must know: the
    /// others are in another language. 0.4 to 0.6 gave the same words.
    pub share: f32,
    /// Least mean probability of the letters of a word that the lexicon does not know; one that it
    /// knows needs `Legible::shown` alone. 0.9 gives a little more precision for recall.
    pub unknown: f32,
    /// The same in large print. Set by hand.
    pub large_unknown: f32,
    /// Least number of letters of an unknown word that is mended. Set by hand.
    pub letters: usize,
    /// Least probability of a letter that makes it known in another's place, as a share of that of
    /// the other. 0.05 gave the same words, 0.01 (and `twice` of 0.4) worse ones.
    pub other: f32,
    /// Two glyphs nearer than this, in em sizes, may be one seen twice, if the word is known then.
    pub twice: f32,
    /// A word's widest gap parts two known words where it is so many em sizes wider than the median
    /// one. With 0.05, and parts of two letters, names fell apart ("MS RA", "BEAR CAT").
    pub apart: f32,
}

impl Default for KnownWords {
    fn default() -> Self {
        Self {
            share: 0.5,
            unknown: 0.88,
            large_unknown: 0.8,
            letters: 4,
            other: 0.1,
            twice: 0.25,
            apart: 0.1,
        }
    }
}

/// What `known.rs` counts, set by hand but for `PART`.
pub(in crate::readers::glyph) mod known {
    /// Letters of a word that is counted for the language of a page, at least.
    pub const TELLING: usize = 3;
    /// Least mean probability of the letters of such a word.
    pub const SURE: f32 = 0.9;
    /// Letters of each of two words that were read as one, at least: of two, names fall apart
    /// (`KnownWords::apart`).
    pub const PART: usize = 3;
}
