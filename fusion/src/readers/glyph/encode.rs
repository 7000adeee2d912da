//! From a picture to image tokens: views, encoder, adapter, selection, places, mixer.
use super::embed::GlyphEmbedding;
use super::legible::legible;
use super::lexicon::Lexicon;
use super::mixer::Mixer;
use super::pass::{Pass, Sight};
use super::refine;
use super::rules::{Rules, SecondScale, SmallPrint};
use super::select::{self, Chosen};
use super::slots::{SlotAdapter, Slots};
use super::tokens::{ImageTokens, Text, tokens_of};
use crate::answer::Timing;
use crate::at_once::at_once;
use crate::bundle::Bundle;
use crate::readers::{LeftOut, Why};
use crate::{Error, Image, Result};
use foveate_onnx::{GoOn, GraphOptions};
use foveate_vision::{BALANCED, CropGrid, Mode, OnnxTower, Pixels, Transform};
use ndarray::{Axis, Slice};
use std::time::{Duration, Instant};

/// A picture as the glyph encoder found it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// What the decoder is shown.
    pub tokens: ImageTokens,
    /// Lines, and words of lines, that transcripts leave out.
    pub left_out: Vec<LeftOut>,
    /// Whether it was read in crops of a long canvas. Its transcript is its lines then, letter by
    /// letter.
    pub long: bool,
    /// The way back from the canvas to the picture's own pixels.
    pub placement: Transform,
    /// The mode it was encoded in, never `Auto`.
    pub mode: Mode,
    /// What it cost.
    pub cost: Timing,
}

/// The graphs of a bundle that read pictures: `vision.onnx`, `adapter.onnx` and, where they are
/// there, `mixer.onnx`, and `closer.onnx` with `closer-adapter.onnx` for crops of small print.
#[derive(Debug)]
pub struct GlyphEncoder {
    sight: Sight,
    mixer: Option<Mixer>,
    embed: GlyphEmbedding,
    lexicon: Option<Lexicon>,
}

impl GlyphEncoder {
    /// Opens the graphs of a bundle.
    pub fn open(
        bundle: &Bundle,
        embed: GlyphEmbedding,
        options: &GraphOptions,
        rules: &Rules,
    ) -> Result<Self> {
        let config = bundle.config();
        let open_tower = |vision: &str| {
            let vision = bundle.file(vision)?;
            let tower = OnnxTower::open(&vision, &config.image, options);
            tower.map_err(|e| Error::AssetsInvalid {
                file: vision,
                why: e.to_string(),
            })
        };
        let sizes = embed.sizes();
        let open_adapter = |adapter: &str| SlotAdapter::open(bundle.file(adapter)?, sizes, options);
        let own = config.adapter.closer.is_some() && bundle.has("closer.onnx");
        let open_rest = || {
            let closer = match own {
                true => Some((
                    open_tower("closer.onnx")?,
                    open_adapter("closer-adapter.onnx")?,
                )),
                false => None,
            };
            let (adapter, mixer) = (open_adapter("adapter.onnx")?, Mixer::of(bundle, options)?);
            Ok::<_, Error>((adapter, closer, mixer, Lexicon::of(bundle)?))
        };
        // The tower takes longer than all others together.
        let (rest, encoder) = at_once(open_rest, || open_tower("vision.onnx"));
        let encoder = encoder?;
        let (adapter, closer, mixer, lexicon) = rest?;
        let sight = Sight {
            encoder,
            adapter,
            closer,
            config: config.adapter,
            rules: rules.clone(),
        };
        Ok(Self {
            sight,
            mixer,
            embed,
            lexicon,
        })
    }

    /// Most image tokens of a picture.
    #[must_use]
    pub fn most_tokens(&self) -> usize {
        self.sight.config.max_glyphs
    }

    /// Image tokens of `image`. `Auto` is as [`Mode::resolve`] says; small print is encoded in
    /// [`Mode::High`] then, and what is still unsure once more at a second scale. What is small in
    /// [`Mode::High`] too is read in closer crops, where the bundle names their scale.
    pub fn encode(&self, image: &Image, mode: Mode) -> Result<Seen> {
        self.encode_while(image, mode, None)
    }

    /// As [`encode`](Self::encode), for as long as `go_on` says so.
    pub fn encode_while(
        &self,
        image: &Image,
        mode: Mode,
        go_on: Option<&GoOn<'_>>,
    ) -> Result<Seen> {
        let began = Instant::now();
        let seen = self.see(image.pixels(), mode, go_on)?;
        match self.turned(image.pixels(), &seen, go_on)? {
            Some(pixels) => {
                let glance = began.elapsed();
                let mut seen = self.see(&pixels, mode, go_on)?;
                seen.cost.glance += glance;
                Ok(seen)
            }
            None => Ok(seen),
        }
    }

    fn see(&self, pixels: &Pixels, mode: Mode, go_on: Option<&GoOn<'_>>) -> Result<Seen> {
        let (mut pass, glance) = self.look(pixels, mode, go_on)?;
        self.sight.look_closer(pixels, &mut pass, go_on)?;
        let second = self.sight.rules.second_scale.filter(|_| mode == Mode::Auto);
        if let Some(rule) = &second {
            self.refine(pixels, &mut pass, rule, go_on)?;
        }
        self.tokens_of(pass, glance, go_on)
    }

    /// The look at a picture that shows its print, and what those before it took.
    fn look(
        &self,
        pixels: &Pixels,
        mode: Mode,
        go_on: Option<&GoOn<'_>>,
    ) -> Result<(Pass, Duration)> {
        let [width, height] = [pixels.width(), pixels.height()];
        let long = self.sight.long_canvas(pixels, mode);
        if let Some(canvas) = long.filter(|_| height > width) {
            let along = (canvas, mode.resolve(width, height));
            let pass = self.sight.look_along(pixels, along, go_on)?;
            return Ok((pass, Duration::ZERO));
        }
        let mut pass = self.sight.look_in_views(pixels, mode, go_on)?;
        let mut glance = Duration::ZERO;
        let Some(rule) = self.sight.rules.small_print else {
            return Ok((pass, glance));
        };
        if mode == Mode::Auto && self.is_small_print(pixels, &pass, rule) {
            glance = pass.encode + pass.adapter;
            pass = self.sight.look_in_views(pixels, Mode::High, go_on)?;
        }
        // On a strip that is wide the decoder reads better, where its print is large enough.
        let small = self.sight.em_of(&pass).is_none_or(|em| em < rule.em);
        if let Some(canvas) = long.filter(|_| small) {
            glance += pass.encode + pass.adapter;
            pass = self.sight.look_along(pixels, (canvas, pass.mode), go_on)?;
        }
        Ok((pass, glance))
    }

    /// The picture turned by quarters, where most of what was `seen` is no legible text and much
    /// more is when it is turned: it lies on its side, or upside down.
    fn turned(
        &self,
        pixels: &Pixels,
        seen: &Seen,
        go_on: Option<&GoOn<'_>>,
    ) -> Result<Option<Pixels>> {
        let Some(rule) = self.sight.rules.turned.filter(|_| seen.mode != Mode::Rapid) else {
            return Ok(None);
        };
        let illegible = seen.left_out.iter().filter(|l| l.why == Why::Illegible);
        let illegible: usize = illegible.map(|line| line.tokens.len()).sum();
        let legible = seen.tokens.legible();
        if illegible < rule.least.max(legible) {
            return Ok(None);
        }
        let mut best = (rule.least.max(rule.times * legible), None);
        for quarters in 1..4 {
            let turned = pixels.turned(quarters);
            // One view is enough to tell which way is up.
            let pass = self.sight.look_in_views(&turned, Mode::Balanced, go_on)?;
            let legible = self.legible_of(pass);
            if legible > best.0 {
                best = (legible, Some(turned));
            }
        }
        Ok(best.1)
    }

    fn legible(&self, chosen: &Chosen, slots: &Slots) -> (Text, Vec<LeftOut>) {
        let words = (&self.embed, self.lexicon.as_ref());
        legible(chosen, slots, words, &self.sight.rules)
    }

    /// How many glyphs of a pass are legible.
    fn legible_of(&self, pass: Pass) -> usize {
        let chosen = select::settle(pass.glyphs, &self.sight.rules);
        let (text, _) = self.legible(&chosen, &pass.slots);
        text.legible()
    }

    /// Whether the print is too small for the mode, and a closer one would show it larger.
    fn is_small_print(&self, pixels: &Pixels, pass: &Pass, rule: SmallPrint) -> bool {
        let longer = pixels.width().max(pixels.height());
        pass.mode != Mode::High
            && enlarged(longer, self.sight.encoder.config().max_upscale) > rule.enlarged
            && self.sight.em_of(pass).is_some_and(|em| em < rule.em)
    }

    /// Encodes crops with unsure glyphs at a second scale.
    fn refine(
        &self,
        pixels: &Pixels,
        pass: &mut Pass,
        rule: &SecondScale,
        go_on: Option<&GoOn<'_>>,
    ) -> Result<()> {
        let there = pass.glyphs.iter().filter(|g| self.sight.is_there(g));
        let unsure = refine::unsure(there, &pass.slots, rule);
        if unsure.len() < rule.least {
            return Ok(());
        }
        let began = Instant::now();
        let config = self.sight.encoder.config();
        let parts = CropGrid::new(pixels, &pass.canvas, rule.scale, config);
        pass.encode += began.elapsed();
        for part in refine::worth_it(unsure, &parts, config, rule) {
            let began = Instant::now();
            let features = self.sight.encoder.encode_part_while(&parts, part, go_on)?;
            pass.encode += began.elapsed();
            let began = Instant::now();
            let more = self.sight.adapter.run_while(features, go_on)?;
            let nms = &self.sight.rules.nms;
            refine::join(
                &mut pass.glyphs,
                &mut pass.slots,
                more,
                (&parts, part),
                (rule, nms),
            )?;
            pass.adapter += began.elapsed();
        }
        Ok(())
    }

    fn tokens_of(&self, pass: Pass, glance: Duration, go_on: Option<&GoOn<'_>>) -> Result<Seen> {
        let began = Instant::now();
        let chosen = select::settle(pass.glyphs, &self.sight.rules);
        let (text, left_out) = self.legible(&chosen, &pass.slots);
        let room = self.sight.config.max_glyphs;
        let mut tokens = tokens_of(&pass.slots, text, &self.embed);
        let shown = Slice::from(..tokens.len().min(room));
        let mut rows = tokens.tokens.slice_axis(Axis(0), shown).to_owned();
        if let Some(mixer) = &self.mixer {
            rows = mixer.run_while(rows, go_on)?;
        }
        tokens.tokens = rows;
        Ok(Seen {
            tokens,
            left_out,
            long: pass.long,
            placement: pass.canvas,
            mode: pass.mode,
            cost: Timing {
                encode: pass.encode,
                adapter: pass.adapter + began.elapsed(),
                glance,
                ..Timing::default()
            },
        })
    }
}

/// How much larger [`Mode::High`] shows a picture than [`Mode::Balanced`] does: twice, but for
/// pictures so small that `max_upscale` bounds them. `longer` is the picture's longer side in
/// pixels.
fn enlarged(longer: u32, max_upscale: f64) -> f64 {
    let scale = |canvas: f64| (canvas / f64::from(longer.max(1))).min(max_upscale);
    scale(2.0 * f64::from(BALANCED)) / scale(f64::from(BALANCED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn high_shows_more_of_what_is_not_enlarged_already() {
        assert_eq!(
            [672, 504, 336, 20].map(|side| enlarged(side, 2.0)),
            [2.0, 1.5, 1.0, 1.0]
        );
        assert_eq!(enlarged(672, 1.0), 1.0);
    }
}
