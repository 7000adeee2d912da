//! The vision tower: pixels of tiles to the features of their patches.

mod global;
mod onnx;

use ndarray::Array4;

pub use global::{GlobalSizes, GlobalTower};
pub use onnx::OnnxTower;

use crate::{GoOn, ImageConfig, Result, Tile};

/// A network that turns the pixels of tiles into the features of their patches.
pub trait VisionTower: Send + Sync {
    /// How tiles are prepared for it.
    fn config(&self) -> &ImageConfig;

    /// Runs the network.
    ///
    /// `pixels` is [tiles, 3, height, width], normalised; both sides are whole windows. The result
    /// is [tiles, height / patch, width / patch, d].
    fn features(&self, pixels: Array4<f32>) -> Result<Array4<f32>>;

    /// As [`features`](Self::features), for as long as `go_on` says so; then it ends with
    /// [`ErrorKind::Stopped`](crate::ErrorKind::Stopped). A network that cannot be stopped runs to
    /// its end.
    fn features_while(&self, pixels: Array4<f32>, go_on: Option<&GoOn<'_>>) -> Result<Array4<f32>> {
        let _ = go_on;
        self.features(pixels)
    }

    /// The features of one tile: [1, rows, columns, d].
    fn encode_tile(&self, tile: &Tile) -> Result<Array4<f32>> {
        self.features(tile.normalised(self.config()))
    }
}
