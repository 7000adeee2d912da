//! From a picture to image tokens: views, encoder, adapter, choice and place.
use crate::again;
use crate::bundle::{AdapterConfig, Bundle};
use crate::claims::Glyph;
use crate::embed::GlyphEmbedding;
use crate::glyphs::{self, Chosen, Slots};
pub use crate::mixer::Mixer;
use crate::{Error, Image, Result};
use foveate_language::TokenId;
use foveate_onnx::{Element, Graph, GraphOptions};
use foveate_vision::{BALANCED, Encoder, Mode, Parts, Placement, Rect, Views};
use ndarray::{Array2, Array4};
use std::path::Path;
use std::time::{Duration, Instant};

/// A glyph's box around its centre, in em sizes: `cy` is the middle between baseline and x-height, so that the letters
/// reach from 0.55 em above it (ascenders) to 0.45 em below it (descenders).
const ABOVE: f32 = 0.55;
const BELOW: f32 = 0.45;

/// Median em size, in pixels of the balanced canvas, below which print is small: the encoder loses it there (card of the
/// model), and `auto` looks again.
const SMALL_PRINT: f32 = 12.0;
/// How much larger a closer look must show the picture to be worth its time. What `max_upscale` keeps small is not.
const WORTHWHILE: f64 = 1.25;

/// What a decoder is shown of a picture: one row for each glyph, in reading order.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageTokens {
    /// `[n, dim]`: glyph and place together, mixed, as fed to the decoder.
    pub tokens: Array2<f32>,
    /// `[n, dim]`: the place embedding alone, which is fed back when the glyph is read.
    pub places: Array2<f32>,
    /// `[n, 4]`: cx, cy, w, h in canvas pixels.
    pub canvas: Array2<f32>,
    /// `[n]`: the token of each glyph's likeliest character.
    pub glyph: Vec<TokenId>,
    /// `[n]`: how probable that character is, 0 to 1.
    pub sure: Vec<f32>,
}

impl ImageTokens {
    /// Number of glyphs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tokens.nrows()
    }

    /// The median em size in canvas pixels; `None` where no glyph was seen.
    #[must_use]
    pub fn median_em(&self) -> Option<f32> {
        median(self.canvas.column(3).to_vec())
    }

    /// Whether no glyph was seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The box of glyph `i` in canvas pixels.
    #[must_use]
    pub fn canvas_box(&self, i: usize) -> Rect {
        glyph_box([0, 1, 2, 3].map(|j| self.canvas[[i, j]]))
    }
}

fn median(mut values: Vec<f32>) -> Option<f32> {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied()
}

/// The box of a glyph by its cx, cy, w, h (`models/FORMAT.md`), in the same pixels.
#[must_use]
pub fn glyph_box([cx, cy, w, h]: [f32; 4]) -> Rect {
    Rect {
        x0: f64::from(cx - w / 2.0),
        y0: f64::from(cy - ABOVE * h),
        x1: f64::from(cx + w / 2.0),
        y1: f64::from(cy + BELOW * h),
    }
}

/// A picture as a model has seen it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// What the decoder is shown.
    pub tokens: ImageTokens,
    /// The way back from the canvas to the picture's own pixels.
    pub placement: Placement,
    /// The mode it was looked at in, never `Auto`.
    pub mode: Mode,
    /// Time of views and encoder.
    pub encode: Duration,
    /// Time of adapter, choice, place and mixer.
    pub adapter: Duration,
    /// Time of a look before this one, which showed that a closer one was needed; zero where there was none.
    pub glance: Duration,
}

/// Looks at pictures.
pub trait Sight: Send + Sync {
    /// Image tokens of `image` in `mode`. What [`Mode::Auto`] stands for is up to the sight.
    fn see(&self, image: &Image, mode: Mode) -> Result<Seen>;
}

/// The sight of a bundle: `vision.onnx`, `adapter.onnx`, the embedding of glyphs, and `mixer.onnx` if there is one.
#[derive(Debug)]
pub struct OnnxSight {
    encoder: Encoder,
    adapter: Adapter,
    mixer: Option<Mixer>,
    choice: AdapterConfig,
    embed: GlyphEmbedding,
}

impl OnnxSight {
    /// Opens the graphs of a bundle.
    pub fn open(bundle: &Bundle, embed: GlyphEmbedding, options: &GraphOptions) -> Result<Self> {
        let config = bundle.config();
        let vision = bundle.file("vision.onnx")?;
        let refused = |e: foveate_vision::Error| Error::AssetsInvalid {
            file: vision.clone(),
            why: e.to_string(),
        };
        Ok(Self {
            encoder: Encoder::open(&vision, &config.image, options).map_err(refused)?,
            adapter: Adapter::open(bundle.file("adapter.onnx")?, embed.sizes(), options)?,
            mixer: Mixer::of(bundle, options)?,
            choice: config.adapter,
            embed,
        })
    }
}

/// A picture in one mode, what the adapter made of it, and how long that took.
struct Look {
    views: Views,
    slots: Slots,
    glyphs: Vec<Glyph>,
    encode: Duration,
    adapter: Duration,
}

impl Sight for OnnxSight {
    /// `Auto` is as [`Mode::resolve`] says, small print is looked at in [`Mode::High`] then, and of that what is still unsure a
    /// little smaller once more.
    fn see(&self, image: &Image, mode: Mode) -> Result<Seen> {
        let mut look = self.look(image, mode)?;
        let mut glance = Duration::ZERO;
        if mode == Mode::Auto {
            if self.is_small_print(image, &look) {
                glance = look.encode + look.adapter;
                look = self.look(image, Mode::High)?;
            }
            self.look_again(image, &mut look)?;
        }
        self.tokens_of(look, glance)
    }
}

impl OnnxSight {
    fn look(&self, image: &Image, mode: Mode) -> Result<Look> {
        let began = Instant::now();
        let views = Views::new(image.pixels(), mode, self.encoder.config());
        let mut encode = began.elapsed();
        let mut parts = Vec::new();
        for view in 0..views.count() {
            let began = Instant::now();
            let features = self.encoder.encode_view(&views, view)?;
            encode += began.elapsed();
            if let Some(features) = features {
                parts.push((view, self.adapter.run(features)?));
            }
        }
        let slots = Slots::of_views(parts)?;
        let glyphs = glyphs::glyphs(&slots, views.far_tiles(), &self.choice)?;
        Ok(Look {
            views,
            slots,
            glyphs,
            encode,
            adapter: began.elapsed() - encode,
        })
    }

    /// Whether the print is too small for the mode, and a closer look would show it larger.
    fn is_small_print(&self, image: &Image, look: &Look) -> bool {
        let longer = image.pixels().width().max(image.pixels().height());
        let there = look.glyphs.iter().filter(|g| g.is_there());
        look.views.mode() != Mode::High
            && enlarged(longer, self.encoder.config().max_upscale) > WORTHWHILE
            && median(there.map(|g| g.at()[3]).collect()).is_some_and(|em| em < SMALL_PRINT)
    }

    /// Looks at what is unsure once more.
    fn look_again(&self, image: &Image, look: &mut Look) -> Result<()> {
        let unsure = again::unsure(&look.glyphs, &look.slots);
        if unsure.len() < again::LEAST {
            return Ok(());
        }
        let began = Instant::now();
        let config = self.encoder.config();
        let placement = look.views.placement();
        let parts = Parts::new(image.pixels(), placement, again::FACTOR, config);
        look.encode += began.elapsed();
        for part in again::worth_it(unsure, &parts, config) {
            let began = Instant::now();
            let features = self.encoder.encode_part(&parts, part)?;
            look.encode += began.elapsed();
            let began = Instant::now();
            let more = self.adapter.run(features)?;
            again::join(&mut look.glyphs, &mut look.slots, more, &parts, part)?;
            look.adapter += began.elapsed();
        }
        Ok(())
    }

    fn tokens_of(&self, look: Look, glance: Duration) -> Result<Seen> {
        let began = Instant::now();
        let chosen = glyphs::settle(look.glyphs, &self.choice);
        let mut tokens = tokens_of(&look.slots, chosen, &self.embed);
        if let Some(mixer) = &self.mixer {
            tokens.tokens = mixer.run(tokens.tokens)?;
        }
        Ok(Seen {
            tokens,
            placement: *look.views.placement(),
            mode: look.views.mode(),
            encode: look.encode,
            adapter: look.adapter + began.elapsed(),
            glance,
        })
    }
}

/// How much larger [`Mode::High`] shows a picture than [`Mode::Balanced`] does: twice, but for pictures so small that
/// `max_upscale` bounds them. `longer` is the picture's longer side in pixels.
fn enlarged(longer: u32, max_upscale: f64) -> f64 {
    let scale = |canvas: f64| (canvas / f64::from(longer.max(1))).min(max_upscale);
    scale(2.0 * f64::from(BALANCED)) / scale(f64::from(BALANCED))
}

/// Chooses among the slots, puts them into reading order and adds their places; `far` is [`Views::far_tiles`].
pub fn image_tokens(
    slots: &Slots,
    far: Option<[u32; 2]>,
    config: &AdapterConfig,
    embed: &GlyphEmbedding,
) -> Result<ImageTokens> {
    let chosen = glyphs::choose(slots, far, config)?;
    Ok(tokens_of(slots, chosen, embed))
}

fn tokens_of(slots: &Slots, chosen: Chosen, embed: &GlyphEmbedding) -> ImageTokens {
    let [places, before] = embed.place().both(chosen.place.view());
    let pooled = |values: &Array2<f32>| chosen.pooled(values.view(), &slots.presence);
    let (seen, glyph, sure) = embed.letters(&pooled(&slots.letters), &pooled(&slots.slots));
    ImageTokens {
        tokens: seen + &places + before,
        places,
        canvas: chosen.place,
        glyph,
        sure,
    }
}

/// `adapter.onnx`: features of patches to glyph slots.
#[derive(Debug)]
pub struct Adapter {
    graph: Graph,
}

impl Adapter {
    /// Opens the graph and checks it against the number of letters and the width of a slot's features.
    pub fn open(
        path: impl AsRef<Path>,
        [letters, slot_dim]: [usize; 2],
        options: &GraphOptions,
    ) -> Result<Self> {
        let file = path.as_ref();
        let refused = |e: foveate_onnx::Error| invalid(file, e);
        let graph = Graph::open(file, options).map_err(refused)?;
        graph
            .expect_input("features", Element::F32, &[None; 4])
            .map_err(refused)?;
        for (name, shape) in [
            ("letters", &[None, Some(letters)][..]),
            ("slots", &[None, Some(slot_dim)]),
            ("place", &[None, Some(5)]),
            ("presence", &[None]),
        ] {
            graph
                .expect_output(name, Element::F32, shape)
                .map_err(refused)?;
        }
        Ok(Self { graph })
    }

    /// Features `[views, rows, columns, d]` to slots.
    pub fn run(&self, features: Array4<f32>) -> Result<Slots> {
        let mut outputs = self.graph.run(&[("features", features.into())])?;
        let slots = Slots {
            letters: outputs.take("letters")?,
            slots: outputs.take("slots")?,
            place: outputs.take("place")?,
            presence: outputs.take("presence")?,
        };
        let n = slots.presence.len();
        let rows = [&slots.letters, &slots.slots, &slots.place].map(Array2::nrows);
        if rows != [n; 3] {
            return Err(Error::Stage {
                stage: "adapter",
                why: "gave outputs of different lengths".into(),
            });
        }
        Ok(slots)
    }
}

/// A graph that cannot be opened is the bundle's fault, unless the runtime is.
pub(crate) fn invalid(file: &Path, e: foveate_onnx::Error) -> Error {
    use foveate_onnx::ErrorKind;
    match e.kind() {
        ErrorKind::GraphMissing => Error::AssetsMissing(file.to_owned()),
        ErrorKind::GraphInvalid | ErrorKind::Mismatch => Error::AssetsInvalid {
            file: file.to_owned(),
            why: e.to_string(),
        },
        _ => Error::Runtime(e),
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
            sure: vec![1.0; ems.len()],
        };
        assert_eq!(tokens(&[]).median_em(), None);
        assert_eq!(tokens(&[90.0, 8.0, 9.0, 8.0, 60.0]).median_em(), Some(9.0));
    }

    #[test]
    fn a_closer_look_shows_more_of_what_is_not_enlarged_already() {
        assert_eq!(
            [672, 504, 336, 20].map(|side| enlarged(side, 2.0)),
            [2.0, 1.5, 1.0, 1.0]
        );
        assert_eq!(enlarged(672, 1.0), 1.0);
    }
}
