//! From a picture to the tiles that a vision tower sees.
//!
//! ```text
//! Letterbox   one canvas, padded right of or below the picture
//! Tiling      what a mode says: one letterboxed canvas, or an overview and 2x2 tiles
//! Crops       overlapping crops at any scale
//! Quarters    an overview and whole quarters, for a tower with global attention
//! Canvases    a picture of any shape on as many canvases as its print asks for
//! ```

mod canvases;
mod config;
mod crops;
mod letterbox;
mod normalise;
mod overview;
mod quarters;

use ndarray::{Array3, Array4};

pub use canvases::{CanvasPlan, Canvases};
pub use config::{BALANCED, ImageConfig, Mode};
pub use crops::{CropGrid, Crops};
pub use letterbox::Letterbox;
pub use overview::{TileBatch, Tiling};
pub use quarters::Quarters;

use crate::{Pixels, Transform};

/// Cuts a picture into the tiles that a tower sees.
pub trait ImageProcessor {
    /// The tiles, in the order in which the tower sees them.
    fn process(&self, pixels: &Pixels) -> Vec<Tile>;
}

/// A part of a picture at some scale, and where it lies.
#[derive(Clone, Debug, PartialEq)]
pub struct Tile {
    /// [height, width, 3], RGB, 8 bits.
    pub rgb: Array3<u8>,
    /// Where the tile lies in the picture.
    pub transform: Transform,
}

impl Tile {
    /// The tower's input: [1, 3, height, width], `(x / 255 - mean) / std`.
    pub fn normalised(&self, config: &ImageConfig) -> Array4<f32> {
        let (height, width, _) = self.rgb.dim();
        let size = [height, width];
        let rgb = self.rgb.as_standard_layout();
        let rgb = rgb.as_slice().expect("standard layout is one slice");
        normalise::planes(rgb, size, size, config)
    }
}
