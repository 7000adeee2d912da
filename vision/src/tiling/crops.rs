use ndarray::{Array3, Array4};

use super::{ImageConfig, ImageProcessor, Tile, letterbox::resize, normalise::planes};
use crate::{Pixels, Rect, Transform};

/// Windows along the side of a crop: 448 px at the usual 224 a window, which the tower is trained
/// on.
const WINDOWS: u32 = 2;
/// Patches by which neighbours overlap at least: 56 px, so that a glyph of up to that is whole in
/// one of two.
const OVERLAP: f32 = 3.5;

/// Overlapping crops of a picture at `factor` times the scale of a canvas.
#[derive(Clone, Debug, PartialEq)]
pub struct Crops {
    /// The canvas: of it the scale alone counts.
    pub transform: Transform,
    /// The crops' scale for that of the canvas, above 0.
    pub factor: f32,
    /// How pictures are prepared for the tower.
    pub config: ImageConfig,
}

impl ImageProcessor for Crops {
    fn process(&self, pixels: &Pixels) -> Vec<Tile> {
        let grid = CropGrid::new(pixels, &self.transform, self.factor, &self.config);
        let crop = |at| grid.tile(at, &self.config);
        (0..grid.count()).map(crop).collect()
    }
}

/// A picture at `factor` times the scale of its canvas, cut into overlapping crops of at most 2x2
/// windows.
///
/// The tower's mistakes hang on how a glyph lies on its patches, so that at another scale they are
/// others.
#[derive(Clone, Debug)]
pub struct CropGrid {
    /// [height, width, 3], RGB, 8 bits, with no padding.
    rgb: Vec<u8>,
    /// The scaled picture: the factor, but for rounding.
    whole: Transform,
    /// Crop pixels for one of the canvas, across and down.
    scale: [f32; 2],
    /// Left, top, width and height of each crop; it may reach beyond the picture.
    boxes: Vec<[u32; 4]>,
}

impl CropGrid {
    /// Scales the picture that lies on the canvas as `transform` says, and lays the grid over it.
    pub fn new(pixels: &Pixels, transform: &Transform, factor: f32, config: &ImageConfig) -> Self {
        let content = transform.content_size();
        let size = content.map(|side| ((side as f32 * factor).round() as u32).max(1));
        let window = config.patch * config.window;
        let edge = WINDOWS * window;
        let overlap = (OVERLAP * config.patch as f32) as u32;
        let [across, down] = size.map(|side| starts(side, edge, overlap));
        let whole = |side: u32, at: u32| (side - at).next_multiple_of(window).min(edge);
        let boxes = down.iter().flat_map(|&y| {
            let crop = move |&x: &u32| [x, y, whole(size[0], x), whole(size[1], y)];
            across.iter().map(crop)
        });
        Self {
            rgb: resize(pixels, size),
            whole: Transform {
                scaled: size,
                origin: [0, 0],
                canvas: size,
                ..*transform
            },
            scale: [0, 1].map(|axis| size[axis] as f32 / content[axis] as f32),
            boxes: boxes.collect(),
        }
    }

    /// One crop with its place in the picture.
    pub fn tile(&self, crop: usize, config: &ImageConfig) -> Tile {
        let [x, y, width, height] = self.boxes[crop];
        let shape = (height as usize, width as usize, 3);
        Tile {
            rgb: Array3::from_shape_vec(shape, self.cut(crop, config)).expect("a crop is whole"),
            transform: self.whole.tile([x, y], [width, height]),
        }
    }

    /// How many crops there are.
    pub fn count(&self) -> usize {
        self.boxes.len()
    }

    /// Windows that the tower runs over for a crop: its cost.
    pub fn windows(&self, crop: usize, config: &ImageConfig) -> usize {
        let [_, _, width, height] = self.boxes[crop];
        let window = config.patch * config.window;
        (width * height / (window * window)) as usize
    }

    /// What a crop shows, in canvas pixels.
    pub fn on_canvas(&self, crop: usize) -> Rect {
        let [x, y, width, height] = self.boxes[crop].map(|side| side as f32);
        let [x0, y0] = self.to_canvas([x, y]);
        let [x1, y1] = self.to_canvas([x + width, y + height]);
        Rect {
            x0: x0.into(),
            y0: y0.into(),
            x1: x1.into(),
            y1: y1.into(),
        }
    }

    /// Whether the picture goes on behind a crop's left, top, right and bottom edge.
    pub fn goes_on(&self, crop: usize) -> [bool; 4] {
        let [x, y, width, height] = self.boxes[crop];
        [
            x > 0,
            y > 0,
            x + width < self.whole.scaled[0],
            y + height < self.whole.scaled[1],
        ]
    }

    /// cx, cy, w and h in a crop's pixels to canvas pixels.
    pub fn place_on_canvas(&self, crop: usize, [cx, cy, w, h]: [f32; 4]) -> [f32; 4] {
        let [x, y, ..] = self.boxes[crop].map(|side| side as f32);
        let [cx, cy] = self.to_canvas([cx + x, cy + y]);
        let [w, h] = self.to_canvas([w, h]);
        [cx, cy, w, h]
    }

    fn to_canvas(&self, at: [f32; 2]) -> [f32; 2] {
        [at[0] / self.scale[0], at[1] / self.scale[1]]
    }

    /// The tower's input for a crop: [1, 3, height, width].
    pub(crate) fn normalised(&self, crop: usize, config: &ImageConfig) -> Array4<f32> {
        let [_, _, width, height] = self.boxes[crop].map(|side| side as usize);
        let size = [height, width];
        planes(&self.cut(crop, config), size, size, config)
    }

    /// A crop's pixels, with the padding of `config` beyond the picture: [height, width, 3].
    fn cut(&self, crop: usize, config: &ImageConfig) -> Vec<u8> {
        let [x, y, width, height] = self.boxes[crop].map(|side| side as usize);
        let size = self.whole.scaled.map(|side| side as usize);
        let [shown, rows] = [(size[0] - x).min(width), (size[1] - y).min(height)];
        let mut rgb = config.pad.repeat(width * height);
        let from = self.rgb.chunks_exact(size[0] * 3);
        for (to, from) in rgb.chunks_exact_mut(width * 3).zip(from.skip(y)).take(rows) {
            to[..shown * 3].copy_from_slice(&from[x * 3..(x + shown) * 3]);
        }
        rgb
    }
}

/// Where crops of `edge` that overlap by `overlap` or more begin along a side, evenly apart.
pub(super) fn starts(side: u32, edge: u32, overlap: u32) -> Vec<u32> {
    let Some(rest) = side.checked_sub(edge).filter(|rest| *rest > 0) else {
        return vec![0];
    };
    let steps = rest.div_ceil(edge - overlap);
    (0..=steps)
        .map(|i| (i * rest + steps / 2) / steps)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crops_cover_a_side_and_overlap() {
        assert_eq!(starts(300, 448, 56), [0]);
        assert_eq!(starts(448, 448, 56), [0]);
        assert_eq!(starts(449, 448, 56), [0, 1]);
        for side in [500, 840, 841, 1142, 1680] {
            let starts = starts(side, 448, 56);
            assert_eq!((starts[0], starts.last().unwrap() + 448), (0, side));
            assert!(starts.windows(2).all(|w| w[0] + 392 >= w[1]), "{starts:?}");
        }
    }
}
