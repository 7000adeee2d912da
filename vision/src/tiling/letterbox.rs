use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use ndarray::{Array4, Axis};

use super::{ImageProcessor, Tile};
use crate::{Pixels, Transform};

/// A whole picture on one square canvas: scaled to fit, at the top left, padded right of or below
/// it.
#[derive(Clone, Debug, PartialEq)]
pub struct Letterbox {
    /// The canvas' edge in pixels, at least 1.
    pub edge: u32,
    /// A picture is not enlarged more than this.
    pub max_upscale: f64,
    /// The colour of the padding, RGB.
    pub pad: [u8; 3],
}

impl Letterbox {
    /// Where a picture lies on the canvas.
    pub fn transform(&self, pixels: &Pixels) -> Transform {
        let longer = f64::from(pixels.width().max(pixels.height()));
        let scale = (f64::from(self.edge) / longer).min(self.max_upscale);
        Transform {
            stored: pixels.stored_size(),
            orientation: pixels.orientation(),
            scaled: scaled(pixels, scale, self.edge),
            origin: [0, 0],
            canvas: [self.edge; 2],
        }
    }
}

impl ImageProcessor for Letterbox {
    fn process(&self, pixels: &Pixels) -> Vec<Tile> {
        let transform = self.transform(pixels);
        let rgb = letterbox(pixels, transform.scaled, self.edge, self.pad);
        vec![Tile {
            rgb: rgb.index_axis_move(Axis(0), 0),
            transform,
        }]
    }
}

/// The width and height that a picture takes at a scale: rounded (ties to even, as Python
/// does in training), at least one pixel, at most the canvas.
pub(super) fn scaled(pixels: &Pixels, scale: f64, canvas: u32) -> [u32; 2] {
    [pixels.width(), pixels.height()].map(|side| {
        let side = (f64::from(side) * scale).round_ties_even();
        (side as u32).clamp(1, canvas)
    })
}

/// A picture scaled to `content` at the top left of a square of `pad`: [1, edge, edge, 3].
pub(super) fn letterbox(pixels: &Pixels, content: [u32; 2], edge: u32, pad: [u8; 3]) -> Array4<u8> {
    let picture = resize(pixels, content);
    let [width, height] = content.map(|side| side as usize);
    let edge = edge as usize;
    let mut canvas: Vec<u8> = pad.iter().copied().cycle().take(edge * edge * 3).collect();
    let rows = canvas
        .chunks_exact_mut(edge * 3)
        .zip(picture.chunks_exact(width * 3));
    rows.take(height)
        .for_each(|(to, from)| to[..from.len()].copy_from_slice(from));
    Array4::from_shape_vec((1, edge, edge, 3), canvas).expect("edge * edge pixels were taken")
}

/// Catmull-Rom with its support widened by the reduction, as Pillow's `BICUBIC`: [height, width,
/// 3].
///
/// Two passes, rounded to 8 bits between them, so that their order shows where one overshoots and
/// is cut off: up to 19/255 at an edge. This is Pillow 13.0's order, found by trying both on 400
/// random sizes (earlier versions always go across first); `fast_image_resize` by itself always
/// goes down first.
pub(super) fn resize(pixels: &Pixels, [width, height]: [u32; 2]) -> Vec<u8> {
    let from = [pixels.width(), pixels.height()];
    let [narrower, shorter] = [
        i64::from(from[0]) - i64::from(width),
        i64::from(from[1]) - i64::from(height),
    ];
    let down_first = shorter > 0 && shorter > 2 * narrower;
    let between = if down_first {
        [from[0], height]
    } else {
        [width, from[1]]
    };
    let once = resize_once(pixels.rgb(), from, between);
    resize_once(&once, between, [width, height])
}

fn resize_once(rgb: &[u8], from: [u32; 2], to: [u32; 2]) -> Vec<u8> {
    if from == to {
        return rgb.to_vec();
    }
    let from =
        ImageRef::new(from[0], from[1], rgb, PixelType::U8x3).expect("three bytes for each pixel");
    let mut resized = Image::new(to[0], to[1], PixelType::U8x3);
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom))
        .use_alpha(false);
    Resizer::new()
        .resize(&from, &mut resized, &options)
        .expect("both have the same pixel type, and no crop is asked for");
    resized.into_vec()
}
