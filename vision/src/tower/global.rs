use std::path::Path;

use foveate_onnx::{Element, ExternalData, Graph, GraphOptions};
use ndarray::{Array4, Axis};
use serde::Deserialize;

use super::VisionTower;
use crate::{Error, ErrorKind, GoOn, ImageConfig, Result, Tile};

/// Longest side of a view that is taken: its scores grow with the fourth power.
const MOST_SIDE: u64 = 4096;
/// More than any published encoder has of width, heads or hidden units.
const MOST: usize = 1 << 16;

/// Sizes of a plain vision transformer, as far as its memory depends on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct GlobalSizes {
    /// Width of a patch's features.
    pub width: usize,
    /// Attention heads.
    pub n_heads: usize,
    /// Hidden units of a feed-forward layer; of SwiGLU, of both halves together.
    pub ffn_dim: usize,
}

impl GlobalSizes {
    /// Bytes that a view of so many patches takes in a layer: float32 scores and their softmax,
    /// q, k, v and their sum, the rows that go by, and the hidden units.
    ///
    /// Of ViT-g at 672 pixels (2,304 patches) that is 870 MB, four fifths of it scores.
    #[must_use]
    pub fn view_bytes(&self, patches: u64) -> u64 {
        let [width, heads, ffn] = [self.width, self.n_heads, self.ffn_dim].map(|n| n as u64);
        let scores = 2 * heads * patches * patches;
        size_of::<f32>() as u64 * (scores + patches * (6 * width + 2 * ffn))
    }

    fn check(&self) -> Result<()> {
        for (name, size) in [
            ("width", self.width),
            ("n_heads", self.n_heads),
            ("ffn_dim", self.ffn_dim),
        ] {
            if !(1..=MOST).contains(&size) {
                let message = format!("`{name}` is {size}; 1 to {MOST} is expected");
                return Err(Error::new(ErrorKind::Config, message));
            }
        }
        Ok(())
    }
}

/// A plain vision transformer with global attention, such as the ViT-g of the server tier, run by
/// ONNX Runtime. Its views are always whole: the one window of its [`ImageConfig`] is the view.
#[derive(Debug)]
pub struct GlobalTower {
    graph: Graph,
    config: ImageConfig,
    sizes: GlobalSizes,
    memory: u64,
}

impl GlobalTower {
    /// Opens the graph, whose weights may lie in a file beside it, and checks that it takes
    /// `pixels` [views, 3, side, side] and gives `features` [views, side / patch, side / patch,
    /// width], where the side is `patch * window` pixels.
    ///
    /// # Errors
    /// Sizes out of range ([`ErrorKind::Config`]); a graph that is missing, broken or of other
    /// sizes ([`ErrorKind::Graph`]).
    pub fn open(
        path: impl AsRef<Path>,
        config: &ImageConfig,
        sizes: GlobalSizes,
        options: &GraphOptions,
    ) -> Result<Self> {
        config.check_numbers()?;
        sizes.check()?;
        let side = u64::from(config.patch) * u64::from(config.window);
        if !(1..=MOST_SIDE).contains(&side) {
            let message = format!(
                "views of {} patches of {} px; 1 to {MOST_SIDE} px a side are expected",
                config.window, config.patch
            );
            return Err(Error::new(ErrorKind::Config, message));
        }
        let options = GraphOptions {
            external_data: ExternalData::InFolder,
            ..options.clone()
        };
        let graph = Graph::open(path, &options)?;
        let (side, grid) = (Some(side as usize), Some(config.window as usize));
        graph.expect_input("pixels", Element::F32, &[None, Some(3), side, side])?;
        let features = [None, grid, grid, Some(sizes.width)];
        graph.expect_output("features", Element::F32, &features)?;
        Ok(Self {
            graph,
            config: config.clone(),
            sizes,
            memory: 0,
        })
    }

    /// Bytes that the views of a run may take by [`GlobalSizes::view_bytes`], the weights aside.
    /// 0, the default, takes one view after another, as does any number too small for two. On a
    /// CPU more at once are not faster; a GPU gains.
    #[must_use]
    pub fn with_memory(self, bytes: u64) -> Self {
        Self {
            memory: bytes,
            ..self
        }
    }

    /// Bytes that a view takes, by [`GlobalSizes::view_bytes`].
    #[must_use]
    pub fn view_bytes(&self) -> u64 {
        self.sizes.view_bytes(u64::from(self.config.window).pow(2))
    }

    /// Views of a run: as many as the memory allows, at least 1.
    #[must_use]
    pub fn views_per_run(&self) -> usize {
        let views = self.memory / self.view_bytes().max(1);
        usize::try_from(views).unwrap_or(usize::MAX).max(1)
    }

    /// The features of views in their order, [views, rows, columns, width], for as long as `go_on`
    /// says so.
    ///
    /// # Errors
    /// No views, or one of another size; [`ErrorKind::Stopped`].
    pub fn encode_while(&self, views: &[Tile], go_on: Option<&GoOn<'_>>) -> Result<Array4<f32>> {
        let runs = views.chunks(self.views_per_run());
        let parts = runs.map(|run| {
            let pixels: Vec<_> = run.iter().map(|v| v.normalised(&self.config)).collect();
            self.features_while(joined(&pixels)?, go_on)
        });
        joined(&parts.collect::<Result<Vec<_>>>()?)
    }
}

/// Arrays end to end.
fn joined(parts: &[Array4<f32>]) -> Result<Array4<f32>> {
    let parts: Vec<_> = parts.iter().map(|part| part.view()).collect();
    ndarray::concatenate(Axis(0), &parts).map_err(|error| {
        let message = "one view or more, all of one size, are expected";
        Error::caused(ErrorKind::Graph, message, error)
    })
}

impl VisionTower for GlobalTower {
    fn config(&self) -> &ImageConfig {
        &self.config
    }

    fn features(&self, pixels: Array4<f32>) -> Result<Array4<f32>> {
        self.features_while(pixels, None)
    }

    fn features_while(&self, pixels: Array4<f32>, go_on: Option<&GoOn<'_>>) -> Result<Array4<f32>> {
        let inputs = [("pixels", pixels.into())];
        Ok(self.graph.run_while(&inputs, go_on)?.take("features")?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_the_published_shape_is_what_is_said() {
        let sizes = GlobalSizes {
            width: 1408,
            n_heads: 16,
            ffn_dim: 6144,
        };
        assert_eq!(sizes.view_bytes(2304) / 1_000_000, 870);
    }
}
