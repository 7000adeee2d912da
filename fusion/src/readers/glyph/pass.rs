//! One look at a picture: its views, or the crops of a long canvas, through encoder and adapter.
use super::closer::{Sizes, join};
use super::nms::{Glyph, Spot};
use super::rules::{COARSE, Rules};
use super::select;
use super::slots::{SlotAdapter, Slots};
use super::tokens::median;
use crate::Result;
use crate::bundle::AdapterConfig;
use foveate_onnx::GoOn;
use foveate_vision::{BALANCED, Canvases, CropGrid, Mode, OnnxTower, Pixels, TileBatch, Transform};
use std::time::{Duration, Instant};

/// A picture in one mode, what the adapter made of it, and how long that took.
pub(super) struct Pass {
    /// The mode, never `Auto`.
    pub mode: Mode,
    /// Where the picture lies on its canvas.
    pub canvas: Transform,
    /// Whether the canvas has the picture's own shape.
    pub long: bool,
    /// Where the second tiles begin, where there are any.
    pub far: Option<[u32; 2]>,
    pub slots: Slots,
    pub glyphs: Vec<Glyph>,
    pub encode: Duration,
    pub adapter: Duration,
}

/// The graphs that look at pictures, and what of their slots is taken.
#[derive(Debug)]
pub(super) struct Sight {
    pub encoder: OnnxTower,
    pub adapter: SlotAdapter,
    /// Those of closer crops, where they are others.
    pub closer: Option<(OnnxTower, SlotAdapter)>,
    pub config: AdapterConfig,
    pub rules: Rules,
}

impl Sight {
    /// Looks at a picture in the views of `mode`.
    pub(super) fn look_in_views(
        &self,
        pixels: &Pixels,
        mode: Mode,
        go_on: Option<&GoOn<'_>>,
    ) -> Result<Pass> {
        let began = Instant::now();
        let views = TileBatch::new(pixels, mode, self.encoder.config());
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
        let slots = Slots::of_views(parts)?;
        let far = views.far_tiles();
        let spots = select::spots(&slots, far, false, &self.config, &self.rules)?;
        Ok(Pass {
            mode: views.mode(),
            canvas: *views.placement(),
            long: false,
            far,
            slots,
            glyphs: select::glyphs(spots, &self.rules),
            encode,
            adapter: began.elapsed() - encode,
        })
    }

    /// The canvas of a picture that is long: its shorter edge is that of the balanced one. `None`
    /// of other pictures, in [`Mode::Rapid`], and without the rule of small print.
    pub(super) fn long_canvas(&self, pixels: &Pixels, mode: Mode) -> Option<Transform> {
        let canvases = Canvases {
            edge: BALANCED,
            overlap: 0,
            max_upscale: self.encoder.config().max_upscale,
            ..Canvases::default()
        };
        let size = [pixels.width(), pixels.height()];
        let wanted = mode != Mode::Rapid && self.rules.small_print.is_some();
        (wanted && canvases.is_long(size)).then(|| canvases.plan(size).whole(pixels))
    }

    /// Looks at a picture in crops of its long canvas: small print at the canvas' scale, large
    /// print at a quarter of it. `mode` is the one that it stands for.
    pub(super) fn look_along(
        &self,
        pixels: &Pixels,
        (canvas, mode): (Transform, Mode),
        go_on: Option<&GoOn<'_>>,
    ) -> Result<Pass> {
        let (none, fine, border) = (0.0, self.config.detail_max_em, self.rules.nms.overview);
        let small = Sizes {
            taken: none..fine,
            best: none..border * fine,
            rank: 1.0,
        };
        let large = Sizes {
            taken: self.config.overview_min_em..f32::INFINITY,
            best: border * fine * COARSE..f32::INFINITY,
            rank: 1.0,
        };
        let mut pass = Pass {
            mode,
            canvas,
            long: true,
            far: None,
            slots: Slots::none(&self.config),
            glyphs: Vec::new(),
            encode: Duration::ZERO,
            adapter: Duration::ZERO,
        };
        let mut spots = Vec::new();
        self.look_in_crops(pixels, (&mut pass, &mut spots), (1.0, &small), go_on)?;
        self.look_in_crops(pixels, (&mut pass, &mut spots), (COARSE, &large), go_on)?;
        pass.glyphs = select::glyphs(spots, &self.rules);
        Ok(pass)
    }

    /// Reads small print in crops at a multiple of the scale of [`Mode::High`]'s canvas, where the
    /// bundle names one.
    pub(super) fn look_closer(
        &self,
        pixels: &Pixels,
        pass: &mut Pass,
        go_on: Option<&GoOn<'_>>,
    ) -> Result<()> {
        let (Some(factor), Some(rule)) = (self.config.closer, self.rules.small_print) else {
            return Ok(());
        };
        if pass.far.is_none() || self.em_of(pass).is_none_or(|em| em >= rule.closer) {
            return Ok(());
        }
        let mut spots = select::spots(&pass.slots, pass.far, true, &self.config, &self.rules)?;
        let (none, fine) = (0.0, self.config.detail_max_em);
        let sizes = Sizes {
            taken: none..fine,
            best: none..self.rules.nms.overview * fine,
            rank: 2.0,
        };
        self.look_in_crops(pixels, (pass, &mut spots), (factor, &sizes), go_on)?;
        pass.glyphs = select::glyphs(spots, &self.rules);
        Ok(())
    }

    /// Adds what is seen in crops at `factor` times the canvas' scale.
    fn look_in_crops(
        &self,
        pixels: &Pixels,
        (pass, spots): (&mut Pass, &mut Vec<Spot>),
        (factor, sizes): (f32, &Sizes),
        go_on: Option<&GoOn<'_>>,
    ) -> Result<()> {
        let began = Instant::now();
        let own = self.closer.as_ref().filter(|_| factor > 1.0);
        let (encoder, adapter) = match own {
            Some((encoder, adapter)) => (encoder, adapter),
            None => (&self.encoder, &self.adapter),
        };
        let crops = CropGrid::new(pixels, &pass.canvas, factor, encoder.config());
        let mut encode = began.elapsed();
        for crop in 0..crops.count() {
            let began = Instant::now();
            let features = encoder.encode_part_while(&crops, crop, go_on)?;
            encode += began.elapsed();
            let more = adapter.run_while(features, go_on)?;
            join((&mut pass.slots, spots), more, (&crops, crop), sizes)?;
        }
        pass.encode += encode;
        pass.adapter += began.elapsed() - encode;
        Ok(())
    }

    /// Median em size of the glyphs that are there, in canvas pixels.
    pub(super) fn em_of(&self, pass: &Pass) -> Option<f32> {
        let there = pass.glyphs.iter().filter(|g| self.is_there(g));
        median(there.map(|g| g.at()[3]).collect())
    }

    pub(super) fn is_there(&self, glyph: &Glyph) -> bool {
        glyph.presence() >= self.rules.nms.presence
    }
}
