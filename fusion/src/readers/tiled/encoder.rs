//! From a picture to rows: views, plain encoder, published adapter.
use crate::bundle::graph_error;
use crate::{Error, Result};
use foveate_onnx::{Element, GoOn, Graph, GraphOptions};
use foveate_vision::{GlobalTower, Tile, VisionTower};
use ndarray::{Array3, Array4};
use std::path::Path;
use std::time::{Duration, Instant};

/// `vision.onnx` and `adapter.onnx`.
pub(super) struct TiledEncoder {
    pub tower: GlobalTower,
    /// `features` [views, rows, columns, width] -> `tokens` [views, n, dim].
    adapter: Graph,
}

/// The rows of views, `[views, n, dim]`, and what they cost.
pub(super) struct Rows {
    pub tokens: Array3<f32>,
    pub encode: Duration,
    pub adapter: Duration,
}

impl TiledEncoder {
    /// Opens the adapter behind `tower`, for rows of `dim` numbers.
    pub fn open(
        tower: GlobalTower,
        width: usize,
        file: &Path,
        dim: usize,
        options: &GraphOptions,
    ) -> Result<Self> {
        let open = || -> foveate_onnx::Result<Graph> {
            let graph = Graph::open(file, options)?;
            let grid = Some(tower.config().window as usize);
            graph.expect_input("features", Element::F32, &[None, grid, grid, Some(width)])?;
            graph.expect_output("tokens", Element::F32, &[None, None, Some(dim)])?;
            Ok(graph)
        };
        let adapter = open().map_err(|e| graph_error(file, e))?;
        Ok(Self { tower, adapter })
    }

    pub fn rows(&self, views: &[Tile], go_on: Option<&GoOn<'_>>) -> Result<Rows> {
        let began = Instant::now();
        let features = self.tower.encode_while(views, go_on)?;
        let encode = began.elapsed();
        let tokens = self.adapted(features, go_on)?;
        if tokens.len_of(ndarray::Axis(0)) != views.len() {
            return Err(Error::Stage {
                stage: "adapter",
                why: format!("tokens {:?} of {} views", tokens.shape(), views.len()),
            });
        }
        Ok(Rows {
            tokens,
            encode,
            adapter: began.elapsed() - encode,
        })
    }

    fn adapted(&self, features: Array4<f32>, go_on: Option<&GoOn<'_>>) -> Result<Array3<f32>> {
        let mut outputs = self
            .adapter
            .run_while(&[("features", features.into())], go_on)?;
        Ok(outputs.take("tokens")?)
    }
}
