use std::{ops::Range, path::Path};

use foveate_onnx::{Element, Graph, GraphOptions};
use ndarray::{Array4, Axis};

use crate::{Error, ErrorKind, ImageConfig, Parts, Result, Views};

/// The vision encoder, `vision.onnx` of a bundle: views to the features of their patches.
#[derive(Debug)]
pub struct Encoder {
    graph: Graph,
    config: ImageConfig,
    views_per_run: usize,
}

impl Encoder {
    /// Opens the graph and checks that it takes `pixels` [views, 3, H, W] and gives `features` [views, rows, columns, d].
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

    /// How many views go through the graph at once: 1 unless set. A GPU gains from more. On a CPU the five views of a
    /// picture took 1.1 s of one core either way, with 80 MB of buffers one by one and 676 MB all at once (measured
    /// through ONNX Runtime 1.31 with a 5M-parameter encoder on an AVX-512 EPYC).
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

    /// The features of every patch: [views, edge/patch, edge/patch, d].
    pub fn encode(&self, views: &Views) -> Result<Array4<f32>> {
        let whole = [views.rgb().len_of(Axis(1)); 2];
        let firsts = (0..views.count()).step_by(self.views_per_run);
        let parts = firsts.map(|first| {
            self.run(
                views,
                first..views.count().min(first + self.views_per_run),
                whole,
            )
        });
        let mut parts = parts.collect::<Result<Vec<_>>>()?;
        if parts.len() == 1 {
            return Ok(parts.remove(0));
        }
        let parts: Vec<_> = parts.iter().map(|part| part.view()).collect();
        let uneven = |error| {
            Error::caused(
                ErrorKind::Graph,
                "views of one size gave features of several",
                error,
            )
        };
        ndarray::concatenate(Axis(0), &parts).map_err(uneven)
    }

    /// The features of one view's patches as far as the view shows the picture ([`Views::covered`]): [1, rows, columns, d], or `None`
    /// of a tile beside it. Of an A4 page two of the five views are a third narrower.
    pub fn encode_view(&self, views: &Views, view: usize) -> Result<Option<Array4<f32>>> {
        let covered = views.covered(view, &self.config);
        if covered.contains(&0) {
            return Ok(None);
        }
        self.run(views, view..view + 1, covered).map(Some)
    }

    /// The features of the patches of one of a picture's parts: [1, rows, columns, d].
    pub fn encode_part(&self, parts: &Parts, part: usize) -> Result<Array4<f32>> {
        self.features(parts.normalised(part, &self.config))
    }

    fn run(&self, views: &Views, part: Range<usize>, size: [usize; 2]) -> Result<Array4<f32>> {
        self.features(views.normalised_part(part, size, &self.config))
    }

    fn features(&self, pixels: Array4<f32>) -> Result<Array4<f32>> {
        let (count, _, height, width) = pixels.dim();
        let features: Array4<f32> = self
            .graph
            .run(&[("pixels", pixels.into())])?
            .take("features")?;
        let [rows, columns] = [height, width].map(|side| side / self.config.patch as usize);
        if features.shape()[..3] != [count, rows, columns] {
            let message = format!(
                "{}: features {:?} for {count} views of {height}x{width} px, [{count}, {rows}, {columns}, d] was expected",
                self.graph.path().display(),
                features.shape()
            );
            return Err(Error::new(ErrorKind::Graph, message));
        }
        Ok(features)
    }
}
