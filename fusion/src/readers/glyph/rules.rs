//! Every threshold of reading, with the measurement behind it.
//!
//! Part of what a picture says of the next token is hand-set, beside the weights. All of it stands
//! here, so that each rule can be switched off and its worth measured:
//! `foveate-datasets ablate` prints what the dev split loses without each one.
mod words;

use super::shared::SHARED;
use serde::{Deserialize, Serialize};

pub(super) use words::known;
pub use words::{KnownWords, Legible};

/// The thresholds of reading. `None` and `false` switch a rule off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Which slots show one glyph. Shared with training.
    pub nms: Nms,
    /// The order of image tokens. Shared with training.
    pub order: ReadingOrder,
    /// Small print is encoded again in [`Mode::High`](crate::Mode::High).
    pub small_print: Option<SmallPrint>,
    /// Pictures on their side or upside down turned.
    pub turned: Option<Turned>,
    /// Unsure glyphs are encoded again at a second scale and both results averaged (test-time
    /// augmentation).
    pub second_scale: Option<SecondScale>,
    /// Lines and words that are hardly legible are left out: most are texture taken for letters.
    pub legible: Option<Legible>,
    /// What the words of a lexicon are worth, of bundles that have one.
    pub known: Option<KnownWords>,
    /// The letter that stands at the glyph pointed at gets a logit bias.
    pub letter_bias: Option<LetterBias>,
    /// The gap between two glyphs gives the space between them a logit bias.
    pub space_bias: Option<SpaceBias>,
    /// A transcript reads each glyph once: a pointer on one read already takes the next best. Ended
    /// the circles of early models ("10:30am ... Address ... 10:30am"; `training/LOG.md`).
    pub read_once: bool,
    /// A transcript ends only when every line was read, and where text is made up.
    pub coverage: Option<Coverage>,
    /// Pages of so many glyphs and more are transcribed letter by letter: the decoder was taught
    /// flyers, and is the worse the longer a page is. Chosen on the 76 real pictures with text
    /// (log, crowded-2). Without it, those with more than the decoder is shown.
    pub crowded: Option<usize>,
    /// Figures of numbers in typed values are copied from the picture where the schema leaves
    /// another way: a decoder that has read a price to its end otherwise goes on
    /// ("-20.0782211111121").
    pub copied_numbers: bool,
    /// An answer in words that begins below a picture's first line ends with the line it began on.
    /// The decoder was taught to read pages and fields: it finds where an answer begins, and then
    /// reads on to the page's end ("$15 at the door / Doors open at 7:15 PM / www.bluedoor..").
    pub one_line: bool,
    /// Prompt-lookup drafting: what is copied next. Changes the speed alone.
    pub lookup: Option<Lookup>,
}

/// Non-maximum suppression of slots: two show one glyph when their centres are closer than these.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nms {
    /// Share of the larger advance, across.
    pub across: f32,
    /// Share of the larger em size, down.
    pub down: f32,
    /// Least distance across of two that show the same letter, in em sizes of the smaller one: two
    /// looks at a narrow letter differ by more than a share of its width.
    pub same_letter: f32,
    /// The same of two that show different letters.
    pub other_letter: f32,
    /// Largest em size, in canvas pixels, that these two count for: looks differ by pixels, and in
    /// larger print "ll" of a narrow face stands as close.
    pub small_em: f32,
    /// What the presences of one glyph must add up to: a centre near the border of two patches
    /// gives each of them half.
    pub presence: f32,
    /// The overview suits glyphs above this share of `detail_max_em`; the tiles the others.
    pub overview: f32,
}

/// Lines: each glyph is followed by its nearest neighbour to the right, if both agree.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadingOrder {
    /// Height of the rows by which lines are sorted, in canvas pixels.
    pub row: f32,
    /// Largest step up or down between neighbours, in em sizes of the smaller one.
    pub drift: f32,
    /// Largest ratio of their sizes.
    pub growth: f32,
    /// Largest gap between them, in em sizes of the smaller one.
    pub gap: f32,
}

/// When one view is not enough.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmallPrint {
    /// Median em size, in pixels of the balanced canvas, below which print is small: the encoder
    /// loses it there (`models/nano/README.md`).
    pub em: f32,
    /// How much larger the high mode must show the picture to be worth its time.
    pub enlarged: f64,
    /// Median em size, in pixels of the high mode's canvas, below which a page is read once more in
    /// closer crops, by bundles that have them: real pictures' words 0.864 / 0.916 with 18,
    /// 0.867 / 0.916 with 24, in a fifth more time (log, crowded-2).
    pub closer: f32,
}

/// When a picture is looked at from its other sides. Set by hand: of flyers that lie so,
/// `foveate --json ocr` left out three of four glyphs and more as hardly legible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turned {
    /// Least number of glyphs in lines that are hardly legible, and of legible ones once it is
    /// turned. The former must be as many as the legible ones too.
    pub least: usize,
    /// How many times as many legible glyphs it must have when it is turned.
    pub times: usize,
}

/// Crops at a second scale where letters are unsure. The encoder's mistakes depend on how a glyph
/// lies on its patches; the mean over two scales is right more often than either.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondScale {
    /// Scale of the crops for that of the canvas: the best of 0.67, 0.75, 0.85, 1.2 and 1.4 on 64
    /// flyers (`training/LOG.md`).
    pub scale: f32,
    /// Glyphs whose likeliest letter is less probable than this are encoded again. 0.97 costs twice
    /// the windows for nothing.
    pub probability: f32,
    /// Unsure glyphs that make a crop worth its time.
    pub least: usize,
    /// Most windows encoded again: two fifths of those of a whole canvas.
    pub windows: usize,
    /// Smallest em size read in a crop, in its pixels; smaller ones are hardly read.
    pub smallest_em: f32,
    /// Largest em size; larger ones may be cut by the crop's border.
    pub largest_em: f32,
}

/// Logit bias of the letter at the glyph pointed at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LetterBias {
    /// Along a line. Word recall on 200 flyers 0.884 -> 0.890 clean, 0.812 -> 0.822 photographed;
    /// 4 does no more (`training/LOG.md`).
    pub along: f32,
    /// Where reading goes on elsewhere: a decoder that may go on in two lines takes the letter of
    /// one and the place of the other ("Fooks" of "Cooks" beside "Fairgrounds").
    pub elsewhere: f32,
    /// Least probability of the letter for `elsewhere`: of what the encoder hardly reads, the
    /// decoder makes more.
    pub probability: f32,
}

/// Logit bias of the space between two neighbours of a line, measured on 249,146 pairs of glyphs
/// of 600 training flyers: of gaps under 0.06 em under one in a hundred holds a space, of those
/// from 0.2 em on 96 in a hundred.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpaceBias {
    /// The gap, in em sizes, at which a space is as likely as none.
    pub even: f32,
    /// Log odds an em size.
    pub slope: f32,
    /// Most log odds that a gap is worth.
    pub most: f32,
    /// Weight of these log odds beside the decoder's.
    pub weight: f32,
    /// Log odds where a lexicon parts two words that the gap does not. Set by hand: as many as a
    /// weight of 4 gives, which mended all gaps that the decoder was against (log, fields-2).
    pub apart: f32,
}

/// What a transcript must not leave out, and where it is made up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// Least probability of each letter of a line of two or three: of 318 such lines of 400 flyers
    /// 2 were specks, of 131 less probable ones 75.
    pub probability: f32,
    /// Least probability of a digit that stands alone: of 15 none was a speck; of 64 other glyphs
    /// alone 29 were.
    pub digit: f32,
    /// Glyphs in a row that are text where the rest of their line was read.
    pub stretch: usize,
    /// Tokens in a row that may be copied from no glyph: spaces, letters that the encoder lost, the
    /// bytes of a character. More are made up.
    pub unattributed: usize,
}

/// Prompt-lookup drafting from the picture's glyphs and from earlier answers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// Tokens that must agree before an earlier answer is taken to be repeated.
    pub agree: usize,
    /// Most tokens drafted at once: a run of so many rows costs little more than one.
    pub guesses: usize,
    /// A gap wider than this, in em sizes, is a space ...
    pub space: f32,
    /// ... and one wider than this another column.
    pub column: f32,
    /// Glyphs on one line are closer in height than this, in em sizes.
    pub line: f32,
}

impl Default for Rules {
    fn default() -> Self {
        let shared = *SHARED;
        Self {
            nms: Nms {
                across: shared.slots.same_across,
                down: shared.slots.same_down,
                same_letter: shared.slots.same_letter,
                other_letter: shared.slots.other_letter,
                small_em: shared.slots.small_em,
                presence: shared.slots.min_presence,
                overview: shared.slots.overview_share,
            },
            order: ReadingOrder {
                row: shared.lines.row,
                drift: shared.lines.drift,
                growth: shared.lines.growth,
                gap: shared.lines.gap,
            },
            small_print: Some(SmallPrint {
                em: 12.0,
                enlarged: 1.25,
                closer: 24.0,
            }),
            turned: Some(Turned {
                least: 12,
                times: 2,
            }),
            second_scale: Some(SecondScale {
                scale: 0.85,
                probability: 0.9,
                least: 3,
                windows: 18,
                smallest_em: 9.5,
                largest_em: 56.0,
            }),
            legible: Some(Legible::default()),
            known: Some(KnownWords::default()),
            letter_bias: Some(LetterBias {
                along: 1.5,
                elsewhere: 7.5,
                probability: 0.9,
            }),
            space_bias: Some(SpaceBias {
                even: 0.12,
                slope: 40.0,
                most: 4.0,
                weight: 1.5,
                apart: 16.0,
            }),
            read_once: true,
            coverage: Some(Coverage {
                probability: 0.7,
                digit: 0.9,
                stretch: 3,
                unattributed: 6,
            }),
            crowded: Some(600),
            copied_numbers: true,
            one_line: true,
            lookup: Some(Lookup {
                agree: 3,
                guesses: 8,
                space: 0.16,
                column: 2.5,
                line: 0.4,
            }),
        }
    }
}

impl Rules {
    /// The rules that can be switched off, by name.
    pub const NAMES: [&str; 13] = [
        "small_print",
        "turned",
        "second_scale",
        "legible",
        "known",
        "letter_bias",
        "space_bias",
        "read_once",
        "coverage",
        "crowded",
        "copied_numbers",
        "one_line",
        "lookup",
    ];

    /// These rules with one of [`NAMES`](Self::NAMES) switched off; `None` for another name.
    #[must_use]
    pub fn without(mut self, name: &str) -> Option<Self> {
        match name {
            "small_print" => self.small_print = None,
            "turned" => self.turned = None,
            "second_scale" => self.second_scale = None,
            "legible" => self.legible = None,
            "known" => self.known = None,
            "letter_bias" => self.letter_bias = None,
            "space_bias" => self.space_bias = None,
            "read_once" => self.read_once = false,
            "coverage" => self.coverage = None,
            "crowded" => self.crowded = None,
            "copied_numbers" => self.copied_numbers = false,
            "one_line" => self.one_line = false,
            "lookup" => self.lookup = None,
            _ => return None,
        }
        Some(self)
    }

    /// Every rule switched off that can be.
    #[must_use]
    pub fn off() -> Self {
        Self::NAMES.iter().fold(Self::default(), |rules, name| {
            rules.clone().without(name).unwrap_or(rules)
        })
    }
}

/// Which gaps are spaces (`spacing.rs`), in em sizes. All chosen on the 76 real pictures with text,
/// by the words that the letters alone give (log, crowded-2).
pub(super) mod spacing {
    /// Beyond the tracking: of such gaps half are spaces.
    pub(in crate::readers::glyph) const EVEN: f32 = 0.12;
    /// Gaps over this part of a line's usual space are spaces ...
    pub(in crate::readers::glyph) const OF_USUAL: f32 = 0.5;
    /// ... but for so much.
    pub(in crate::readers::glyph) const LEAST: f32 = 0.11;
    pub(in crate::readers::glyph) const MOST: f32 = 0.3;
    /// How much of what the gaps beside one are too narrow is taken from it.
    pub(in crate::readers::glyph) const BESIDE: f32 = 0.15;
    /// Lines of fewer gaps have those of the page for the rest.
    pub(in crate::readers::glyph) const FEW: usize = 4;
}

/// Of transcripts without the decoder (`plain.rs`).
pub(super) mod plain {
    /// Rows above in which a line may still have its place.
    pub(in crate::readers::glyph) const RECENT: usize = 3;
    /// Rows of a receipt that end in an amount, at least; set by hand.
    pub(in crate::readers::glyph) const AMOUNTS: usize = 3;
    /// Letters stand at an even pitch when most steps are a multiple of the median one: so many of
    /// them, but for so much of it. Set by hand.
    pub(in crate::readers::glyph) const MOST: f32 = 0.75;
    pub(in crate::readers::glyph) const EVEN: f32 = 0.12;
    /// A step of so many pitches and more holds a space.
    pub(in crate::readers::glyph) const WIDE: f32 = 1.5;
    /// Before these there is no space.
    pub(in crate::readers::glyph) const CLOSING: &[u8] = b".,;:!?)";
}

/// Scale of the crops that show the large print of a long canvas, for that of the canvas: half of
/// what the overview of [`Mode::High`](crate::Mode::High) has for its tiles.
pub(super) const COARSE: f32 = 0.25;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_can_be_switched_off() {
        let off = Rules::off();
        for name in Rules::NAMES {
            assert_ne!(
                Rules::default().without(name),
                Some(Rules::default()),
                "{name}"
            );
            assert_eq!(off.clone().without(name), Some(off.clone()), "{name}");
        }
        assert_eq!(Rules::default().without("nms"), None);
    }

    #[test]
    fn rules_are_read_back_from_json_and_others_refused() {
        let json = serde_json::to_string(&Rules::off()).unwrap();
        assert_eq!(serde_json::from_str::<Rules>(&json).unwrap(), Rules::off());
        let some = serde_json::from_str::<Rules>(r#"{"coverage": null}"#).unwrap();
        assert_eq!(Some(some), Rules::default().without("coverage"));
        assert!(serde_json::from_str::<Rules>(r#"{"spacing": 1}"#).is_err());
    }
}
