use std::{ops::Range, path::Path};

use foveate_onnx::{Element, Graph, GraphOptions};
use ndarray::{Array4, Axis};

use super::VisionTower;
use crate::{CropGrid, Error, ErrorKind, GoOn, ImageConfig, Result, TileBatch};

/// A vision tower that ONNX Runtime runs: `vision.onnx` of a bundle.
#[derive(Debug)]
pub struct OnnxTower {
    graph: Graph,
    config: ImageConfig,
    views_per_run: usize,
}

impl OnnxTower {
    /// Opens the graph and checks that it takes `pixels` [tiles, 3, H, W] and gives
    /// `features` [tiles, rows, columns, d].
    pub fn open(
        path: impl AsRef<Path>,
        config: &ImageConfig,
        options: &GraphOptions,
    ) -> Result<Self> {
        config.check()?;
        let graph = Graph::open(path, options)?;
        graph.expect_input("pixels", Element::F32, &[None, Some(3), None, None])?;
        graph.expect_output("features", Element::F32, &[None; 4])?;
        Ok(Self {
            graph,
            config: config.clone(),
            views_per_run: 1,
        })
    }

    /// How many tiles go through the graph at once: 1 unless set. A GPU gains from more. On a CPU
    /// the five tiles of a picture took 1.1 s of one core either way, with 80 MB of buffers one by
    /// one and 676 MB all at once (measured through ONNX Runtime 1.31 with a 5M-parameter tower on
    /// an AVX-512 EPYC).
    #[must_use]
    pub fn with_views_per_run(self, views: usize) -> Self {
        Self {
            views_per_run: views.max(1),
            ..self
        }
    }

    /// How pictures are prepared for it.
    pub fn config(&self) -> &ImageConfig {
        &self.config
    }

    /// The features of every patch: [tiles, edge/patch, edge/patch, d].
    pub fn encode(&self, views: &TileBatch) -> Result<Array4<f32>> {
        let whole = [views.rgb().len_of(Axis(1)); 2];
        let firsts = (0..views.count()).step_by(self.views_per_run);
        let parts = firsts.map(|first| {
            let part = first..views.count().min(first + self.views_per_run);
            self.run(views, part, whole, None)
        });
        let mut parts = parts.collect::<Result<Vec<_>>>()?;
        if parts.len() == 1 {
            return Ok(parts.remove(0));
        }
        let parts: Vec<_> = parts.iter().map(|part| part.view()).collect();
        let uneven = |error| {
            Error::caused(
                ErrorKind::Graph,
                "tiles of one size gave features of several",
                error,
            )
        };
        ndarray::concatenate(Axis(0), &parts).map_err(uneven)
    }

    /// The features of one tile's patches as far as it shows the picture ([`TileBatch::covered`]):
    /// [1, rows, columns, d], or `None` of a tile beside it. Of an A4 page two of the five tiles
    /// are a third narrower.
    pub fn encode_view(&self, views: &TileBatch, view: usize) -> Result<Option<Array4<f32>>> {
        self.encode_view_while(views, view, None)
    }

    /// As [`encode_view`](Self::encode_view), for as long as `go_on` says so.
    pub fn encode_view_while(
        &self,
        views: &TileBatch,
        view: usize,
        go_on: Option<&GoOn<'_>>,
    ) -> Result<Option<Array4<f32>>> {
        let covered = views.covered(view, &self.config);
        if covered.contains(&0) {
            return Ok(None);
        }
        self.run(views, view..view + 1, covered, go_on).map(Some)
    }

    /// The features of the patches of one of a picture's crops: [1, rows, columns, d].
    pub fn encode_part(&self, grid: &CropGrid, crop: usize) -> Result<Array4<f32>> {
        self.encode_part_while(grid, crop, None)
    }

    /// As [`encode_part`](Self::encode_part), for as long as `go_on` says so.
    pub fn encode_part_while(
        &self,
        grid: &CropGrid,
        crop: usize,
        go_on: Option<&GoOn<'_>>,
    ) -> Result<Array4<f32>> {
        self.features_while(grid.normalised(crop, &self.config), go_on)
    }

    fn run(
        &self,
        views: &TileBatch,
        part: Range<usize>,
        size: [usize; 2],
        go_on: Option<&GoOn<'_>>,
    ) -> Result<Array4<f32>> {
        self.features_while(views.normalised_part(part, size, &self.config), go_on)
    }
}

impl VisionTower for OnnxTower {
    fn config(&self) -> &ImageConfig {
        &self.config
    }

    fn features(&self, pixels: Array4<f32>) -> Result<Array4<f32>> {
        self.features_while(pixels, None)
    }

    fn features_while(&self, pixels: Array4<f32>, go_on: Option<&GoOn<'_>>) -> Result<Array4<f32>> {
        let (count, _, height, width) = pixels.dim();
        let features: Array4<f32> = self
            .graph
            .run_while(&[("pixels", pixels.into())], go_on)?
            .take("features")?;
        let [rows, columns] = [height, width].map(|side| side / self.config.patch as usize);
        if features.shape()[..3] != [count, rows, columns] {
            let message = format!(
                "{}: features {:?} for {count} tiles of {height}x{width} px; \
                 [{count}, {rows}, {columns}, d] was expected",
                self.graph.path().display(),
                features.shape()
            );
            return Err(Error::new(ErrorKind::Graph, message));
        }
        Ok(features)
    }
}
