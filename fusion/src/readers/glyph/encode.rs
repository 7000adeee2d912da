//! From a picture to image tokens: views, encoder, adapter, selection, places, mixer.
use super::closer;
use super::embed::GlyphEmbedding;
use super::legible::legible;
use super::mixer::Mixer;
use super::nms::Glyph;
use super::refine;
use super::rules::{Rules, SecondScale, SmallPrint};
use super::select;
use super::slots::{SlotAdapter, Slots};
use super::tokens::{ImageTokens, median, tokens_of};
use crate::answer::Timing;
use crate::bundle::{AdapterConfig, Bundle};
use crate::readers::LeftOut;
use crate::{Error, Image, Result};
use foveate_onnx::{GoOn, GraphOptions};
use foveate_vision::{BALANCED, CropGrid, Mode, OnnxTower, TileBatch, Transform};
use std::time::{Duration, Instant};

/// A picture as the glyph encoder found it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// What the decoder is shown.
    pub tokens: ImageTokens,
    /// Lines that it is not shown.
    pub left_out: Vec<LeftOut>,
    /// The way back from the canvas to the picture's own pixels.
    pub placement: Transform,
    /// The mode it was encoded in, never `Auto`.
    pub mode: Mode,
    /// What it cost.
    pub cost: Timing,
}

/// The graphs of a bundle that read pictures: `vision.onnx`, `adapter.onnx` and, if there is one,
/// `mixer.onnx`.
#[derive(Debug)]
pub struct GlyphEncoder {
    encoder: OnnxTower,
    adapter: SlotAdapter,
    mixer: Option<Mixer>,
    config: AdapterConfig,
    embed: GlyphEmbedding,
    rules: Rules,
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
        let vision = bundle.file("vision.onnx")?;
        let refused = |e: foveate_vision::Error| Error::AssetsInvalid {
            file: vision.clone(),
            why: e.to_string(),
        };
        Ok(Self {
            encoder: OnnxTower::open(&vision, &config.image, options).map_err(refused)?,
            adapter: SlotAdapter::open(bundle.file("adapter.onnx")?, embed.sizes(), options)?,
            mixer: Mixer::of(bundle, options)?,
            config: config.adapter,
            embed,
            rules: rules.clone(),
        })
    }

    /// Most image tokens of a picture.
    #[must_use]
    pub fn most_tokens(&self) -> usize {
        self.config.max_glyphs
    }

    /// Image tokens of `image`. `Auto` is as [`Mode::resolve`] says; small print is encoded in
    /// [`Mode::High`] then, and what is still unsure once more at a second scale.
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
        let mut pass = self.pass(image, mode, go_on)?;
        let mut glance = Duration::ZERO;
        if mode == Mode::Auto {
            let small = self.rules.small_print;
            if small.is_some_and(|rule| self.is_small_print(image, &pass, rule)) {
                glance = pass.encode + pass.adapter;
                pass = self.pass(image, Mode::High, go_on)?;
            }
            if let Some(rule) = &self.rules.second_scale {
                self.refine(image, &mut pass, rule, go_on)?;
            }
        }
        self.tokens_of(pass, glance, go_on)
    }

    fn pass(&self, image: &Image, mode: Mode, go_on: Option<&GoOn<'_>>) -> Result<Pass> {
        let began = Instant::now();
        let views = TileBatch::new(image.pixels(), mode, self.encoder.config());
        let mut encode = began.elapsed();
        let mut parts = Vec::new();
        for view in 0..views.count() {
            let began = Instant::now();
            let features = self.encoder.encode_view_while(&views, view, go_on)?;
            encode += began.elapsed();
            if let Some(features) = features {
                parts.push((view, self.adapter.run_while(features, go_on)?));
            }
        }
        let mut slots = Slots::of_views(parts)?;
        let far = views.far_tiles();
        let mut spots = select::spots(&slots, far, &self.config, &self.rules)?;
        if let (Some(factor), Some(_)) = (self.config.closer, far) {
            let canvas = views.placement();
            let crops = CropGrid::new(image.pixels(), canvas, factor, self.encoder.config());
            for crop in 0..crops.count() {
                let began = Instant::now();
                let features = self.encoder.encode_part_while(&crops, crop, go_on)?;
                encode += began.elapsed();
                let more = self.adapter.run_while(features, go_on)?;
                let (found, how) = ((&mut slots, &mut spots), (&self.config, &self.rules.nms));
                closer::join(found, more, (&crops, crop), how)?;
            }
        }
        Ok(Pass {
            views,
            slots,
            glyphs: select::glyphs(spots, &self.rules),
            encode,
            adapter: began.elapsed() - encode,
        })
    }

    /// Whether the print is too small for the mode, and a closer one would show it larger.
    fn is_small_print(&self, image: &Image, pass: &Pass, rule: SmallPrint) -> bool {
        let longer = image.pixels().width().max(image.pixels().height());
        let there = pass.glyphs.iter().filter(|g| self.is_there(g));
        pass.views.mode() != Mode::High
            && enlarged(longer, self.encoder.config().max_upscale) > rule.enlarged
            && median(there.map(|g| g.at()[3]).collect()).is_some_and(|em| em < rule.em)
    }

    fn is_there(&self, glyph: &Glyph) -> bool {
        glyph.presence() >= self.rules.nms.presence
    }

    /// Encodes crops with unsure glyphs at a second scale.
    fn refine(
        &self,
        image: &Image,
        pass: &mut Pass,
        rule: &SecondScale,
        go_on: Option<&GoOn<'_>>,
    ) -> Result<()> {
        let there = pass.glyphs.iter().filter(|g| self.is_there(g));
        let unsure = refine::unsure(there, &pass.slots, rule);
        if unsure.len() < rule.least {
            return Ok(());
        }
        let began = Instant::now();
        let config = self.encoder.config();
        let parts = CropGrid::new(image.pixels(), pass.views.placement(), rule.scale, config);
        pass.encode += began.elapsed();
        for part in refine::worth_it(unsure, &parts, config, rule) {
            let began = Instant::now();
            let features = self.encoder.encode_part_while(&parts, part, go_on)?;
            pass.encode += began.elapsed();
            let began = Instant::now();
            let more = self.adapter.run_while(features, go_on)?;
            let nms = &self.rules.nms;
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
        let chosen = select::settle(pass.glyphs, &self.rules);
        let most = self.config.max_glyphs;
        let (chosen, left_out) = legible(&chosen, &pass.slots, &self.embed, &self.rules, most);
        let mut tokens = tokens_of(&pass.slots, chosen, &self.embed);
        if let Some(mixer) = &self.mixer {
            tokens.tokens = mixer.run_while(tokens.tokens, go_on)?;
        }
        Ok(Seen {
            tokens,
            left_out,
            placement: *pass.views.placement(),
            mode: pass.views.mode(),
            cost: Timing {
                encode: pass.encode,
                adapter: pass.adapter + began.elapsed(),
                glance,
                ..Timing::default()
            },
        })
    }
}

/// A picture in one mode, what the adapter made of it, and how long that took.
struct Pass {
    views: TileBatch,
    slots: Slots,
    glyphs: Vec<Glyph>,
    encode: Duration,
    adapter: Duration,
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
