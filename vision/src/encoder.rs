use std::path::Path;

use foveate_onnx::{Element, Graph, GraphOptions};
use ndarray::Array4;

use crate::{Error, ErrorKind, ImageConfig, Result, Views};

/// The vision encoder, `vision.onnx` of a bundle: views to the features of their patches.
#[derive(Debug)]
pub struct Encoder {
    graph: Graph,
    config: ImageConfig,
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
        })
    }

    /// How pictures are prepared for it.
    pub fn config(&self) -> &ImageConfig {
        &self.config
    }

    /// The features of every patch: [views, edge/patch, edge/patch, d], all views in one call.
    pub fn encode(&self, views: &Views) -> Result<Array4<f32>> {
        let pixels = views.normalised(&self.config);
        let (count, _, edge, _) = pixels.dim();
        let features: Array4<f32> = self
            .graph
            .run(&[("pixels", pixels.into())])?
            .take("features")?;
        let side = edge / self.config.patch as usize;
        if features.shape()[..3] != [count, side, side] {
            let message = format!(
                "{}: features {:?} for {count} views of {edge} px, [{count}, {side}, {side}, d] was expected",
                self.graph.path().display(),
                features.shape()
            );
            return Err(Error::new(ErrorKind::Graph, message));
        }
        Ok(features)
    }
}
