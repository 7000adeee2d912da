//! The spotter (`models/base`): a pretrained text spotter reads the picture, and its characters
//! become image tokens for the decoder of a glyph bundle.
//!
//! What it reads is the transcript itself; the decoder is asked only what the transcript means.
use super::glyph::{EncodeGlyphs, GlyphEmbedding, ImageTokens, Legible, LetterBias, Mixer, Seen};
use super::{LeftOut, Source, Why, Written};
use crate::answer::Timing;
use crate::bundle::Bundle;
use crate::{Error, Image, Options, Result};
use foveate_language::{TokenId, Tokenizer};
use foveate_onnx::{GoOn, GraphOptions};
use foveate_vision::{
    BALANCED, Letterbox, Mode, Quad, Rect, Spotted, SpottedChar, SpottedLine, Spotter, Transform,
};
use ndarray::Array2;
use std::collections::HashMap;
use std::time::Instant;

/// What `config.json` calls this family.
pub const ARCHITECTURE: &str = "spotter";

/// Em size of a line for the height of its box: on 36 lines of `examples/flyers` the em sizes of
/// `nano` are this share of the heights in the median (`foveate-datasets lines` of both).
const EM: f32 = 0.87;
/// Log-probability of the letters that were not read, as the glyph adapter cuts them off
/// (`models/FORMAT.md`).
const UNLIKELY: f32 = -9.0;
/// Height of the rows by which lines are sorted, as of glyphs (`models/FORMAT.md`).
const ROW: f64 = 16.0;

/// The logit bias of the letter at the glyph pointed at: a spotter is surer of its letters than the
/// decoder of what it copies ("CAQITAL" for "CAPITAL"), so that a value is spelt as it was read.
const COPY: f32 = 20.0;

/// Least confidence of a line, and of a character that stands alone. On 76 real pictures with text
/// and 18 without, lines under them held as many words that are there as words that are not: recall
/// 0.803 -> 0.802, precision 0.867 -> 0.890 (letters of lines alone, `foveate-datasets lines`).
const LEGIBLE: Legible = Legible {
    probability: 0.6,
    alone: 0.9,
};

/// Options whose rules copy what was read.
pub(super) fn options(options: &Options) -> Options {
    let mut options = options.clone();
    options.rules.legible = options.rules.legible.and(Some(LEGIBLE));
    if let Some(bias) = &mut options.rules.letter_bias {
        *bias = LetterBias {
            along: COPY,
            elsewhere: COPY,
            probability: 0.0,
        };
    }
    options
}

/// The spotter of a bundle, and what turns its characters into rows.
pub(super) struct SpotterGlyphs {
    spotter: Spotter,
    embed: GlyphEmbedding,
    mixer: Option<Mixer>,
    letterbox: Letterbox,
    /// Row of the letters' embedding by character.
    letters: HashMap<String, usize>,
    /// The token of each byte.
    bytes: Vec<TokenId>,
    most: usize,
    legible: Option<Legible>,
}

impl Placed<'_> {
    fn source(&self) -> Source {
        Source {
            canvas: self.canvas,
            confidence: self.char.confidence,
        }
    }
}

/// A character in reading order.
struct Placed<'s> {
    char: &'s SpottedChar,
    /// cx, cy, w, h in canvas pixels.
    at: [f32; 4],
    canvas: Rect,
}

impl SpotterGlyphs {
    pub(super) fn open(
        bundle: &Bundle,
        embed: GlyphEmbedding,
        tokenizer: &Tokenizer,
        graphs: &GraphOptions,
        legible: Option<Legible>,
    ) -> Result<Self> {
        let (folder, config) = bundle.spotter()?;
        let refused = |e: foveate_vision::Error| Error::AssetsInvalid {
            file: folder.to_owned(),
            why: format!("{e}; `make base` fetches the graphs"),
        };
        let letter = |(row, &id): (usize, &TokenId)| {
            let bytes = tokenizer.bytes(id).to_vec();
            Some((String::from_utf8(bytes).ok()?, row))
        };
        let image = &bundle.config().image;
        Ok(Self {
            spotter: Spotter::open(folder, config, graphs).map_err(refused)?,
            letters: embed.ids().iter().enumerate().filter_map(letter).collect(),
            mixer: Mixer::of(bundle, graphs)?,
            letterbox: Letterbox {
                edge: 2 * BALANCED,
                max_upscale: image.max_upscale,
                pad: image.pad,
            },
            embed,
            bytes: (0..=u8::MAX).map(|byte| tokenizer.byte(byte)).collect(),
            most: bundle.config().adapter.max_glyphs,
            legible,
        })
    }

    /// Rows of the characters before the mixer, in order.
    fn tokens(&self, placed: &[Placed<'_>]) -> ImageTokens {
        let [n_letters, slot_dim] = self.embed.sizes();
        let unknown = self.letters.get("?").copied().unwrap_or_default();
        let row = |p: &Placed<'_>| *self.letters.get(&p.char.ch).unwrap_or(&unknown);
        let mut letters = Array2::from_elem((placed.len(), n_letters), UNLIKELY);
        for (i, placed) in placed.iter().enumerate() {
            letters[[i, row(placed)]] = 0.0;
        }
        let features = Array2::zeros((placed.len(), slot_dim));
        let canvas = Array2::from_shape_fn((placed.len(), 4), |(i, j)| placed[i].at[j]);
        let [places, before] = self.embed.place().both(canvas.view());
        let (rows, glyph, _) = self.embed.letters(&letters, &features);
        ImageTokens {
            tokens: rows + &places + before,
            places,
            canvas,
            glyph,
            probability: placed.iter().map(|p| p.char.confidence).collect(),
        }
    }

    fn is_legible(&self, line: &SpottedLine) -> bool {
        let alone = line.chars.iter().filter(|c| !is_space(c)).count() == 1;
        // A stroke by itself is a rule or an axis, not print.
        let says = |c: char| c.is_alphanumeric() || "&+@#%$€£".contains(c);
        let least = |rule: Legible| if alone { rule.alone } else { rule.probability };
        self.legible.is_none_or(|rule| {
            line.confidence >= least(rule) && (!alone || line.text.chars().any(says))
        })
    }

    fn left_out(&self, line: &SpottedLine, transform: &Transform) -> LeftOut {
        let bytes = line.text.bytes();
        LeftOut {
            tokens: bytes.map(|byte| self.bytes[usize::from(byte)]).collect(),
            canvas: around(&line.quad, transform),
            confidence: line.confidence,
            why: Why::Illegible,
        }
    }

    /// The transcript: every character with its source, lines joined by line ends.
    fn script(&self, lines: &[&SpottedLine]) -> Vec<Written> {
        let mut script = Vec::new();
        let mut source = 0;
        for (i, line) in lines.iter().enumerate() {
            if i > 0 {
                script.push((self.bytes[usize::from(b'\n')], None));
            }
            for char in &line.chars {
                let own = (!is_space(char)).then_some(source);
                let ids = char.ch.bytes().map(|byte| self.bytes[usize::from(byte)]);
                script.extend(ids.map(|id| (id, own)));
                source += usize::from(own.is_some());
            }
        }
        script
    }
}

impl EncodeGlyphs for SpotterGlyphs {
    fn encode(&self, image: &Image, mode: Mode) -> Result<Seen> {
        self.encode_while(image, mode, None)
    }

    fn encode_while(&self, image: &Image, _: Mode, go_on: Option<&GoOn<'_>>) -> Result<Seen> {
        let began = Instant::now();
        let spotted = self.spotter.spot_while(image.pixels(), go_on)?;
        let encode = began.elapsed();
        let transform = self.letterbox.transform(image.pixels());
        let (lines, illegible): (Vec<_>, Vec<_>) = in_order(&spotted, &transform)
            .into_iter()
            .partition(|line| self.is_legible(line));
        let chars = lines.iter().flat_map(|line| &line.chars);
        let placed: Vec<_> = chars
            .filter(|char| !is_space(char))
            .map(|char| placed(char, &transform))
            .collect();
        let mut tokens = self.tokens(&placed[..shown(&lines, self.most)]);
        if let Some(mixer) = &self.mixer {
            tokens.tokens = mixer.run_while(tokens.tokens, go_on)?;
        }
        Ok(Seen {
            tokens,
            sources: Some(placed.iter().map(Placed::source).collect()),
            script: Some(self.script(&lines)),
            left_out: illegible
                .into_iter()
                .map(|line| self.left_out(line, &transform))
                .collect(),
            placement: transform,
            mode: Mode::High,
            cost: Timing {
                encode,
                adapter: began.elapsed() - encode,
                ..Timing::default()
            },
        })
    }
}

fn is_space(char: &SpottedChar) -> bool {
    char.ch.trim().is_empty()
}

/// The lines by rows of the canvas, and from the left within one, as glyphs are sorted.
fn in_order<'s>(spotted: &'s Spotted, transform: &Transform) -> Vec<&'s SpottedLine> {
    let first = |line: &SpottedLine| {
        let [x, y] = centre(
            line.chars.first().map_or(&line.quad, |c| &c.quad),
            transform,
        );
        ((y / ROW).floor(), x)
    };
    let mut lines: Vec<_> = spotted.lines.iter().collect();
    lines.sort_by(|a, b| {
        let (a, b) = (first(a), first(b));
        a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    lines
}

/// Characters of as many whole lines, from the first on, as hold at most `most`: the decoder is
/// shown no more, the transcript holds them all.
fn shown(lines: &[&SpottedLine], most: usize) -> usize {
    let mut held = 0;
    for line in lines {
        let own = line.chars.iter().filter(|char| !is_space(char)).count();
        if held + own > most {
            break;
        }
        held += own;
    }
    held
}

fn canvas_corners(quad: &Quad, transform: &Transform) -> [[f64; 2]; 4] {
    quad.map(|[x, y]| transform.from_upright([f64::from(x), f64::from(y)]))
}

fn centre(quad: &Quad, transform: &Transform) -> [f64; 2] {
    let corners = canvas_corners(quad, transform);
    [0, 1].map(|axis| corners.iter().map(|c| c[axis]).sum::<f64>() / 4.0)
}

fn placed<'s>(char: &'s SpottedChar, transform: &Transform) -> Placed<'s> {
    let corners = canvas_corners(&char.quad, transform);
    let side = |a: usize, b: usize| {
        let [dx, dy] = [0, 1].map(|axis| corners[a][axis] - corners[b][axis]);
        dx.hypot(dy) as f32
    };
    let [cx, cy] = centre(&char.quad, transform);
    // Corners go round from the top left: across is the first side, down the last.
    let at = [
        cx as f32,
        cy as f32,
        side(1, 0).max(1.0),
        (EM * side(3, 0)).max(1.0),
    ];
    Placed {
        char,
        at,
        canvas: around(&char.quad, transform),
    }
}

/// The smallest box around a quadrilateral, in canvas pixels.
fn around(quad: &Quad, transform: &Transform) -> Rect {
    let corners = canvas_corners(quad, transform).into_iter();
    let points = corners.map(|corner| Rect::around(corner, corner));
    points.reduce(crate::grounding::union).unwrap_or_default()
}
