//! Parts of a picture at another scale than its views have: what a second look is taken at.

use crate::views::{planes, resize};
use crate::{ImageConfig, Pixels, Placement, Rect};
use ndarray::Array4;

/// Windows along the side of a part: 448 px at the usual 224 a window, which is what the encoder is trained on.
const WINDOWS: u32 = 2;
/// Patches by which neighbours overlap at least: 56 px, so that a glyph of up to that is whole in one of two.
const OVERLAP: f32 = 3.5;

/// A picture at `factor` times the scale that it has on its canvas, cut into overlapping parts of at most 2x2 windows.
///
/// The encoder's mistakes hang on how a glyph lies on its patches, so that at another scale they are others.
#[derive(Clone, Debug)]
pub struct Parts {
    /// [height, width, 3], RGB, 8 bits, with no padding.
    rgb: Vec<u8>,
    /// Width and height.
    size: [u32; 2],
    /// Pixels of a part for one of the canvas, across and down: the factor, but for rounding.
    scale: [f32; 2],
    /// Left, top, width and height of each part; it may reach beyond the picture.
    boxes: Vec<[u32; 4]>,
}

impl Parts {
    /// Scales the picture that lies on the canvas as `placement` says.
    pub fn new(pixels: &Pixels, placement: &Placement, factor: f32, config: &ImageConfig) -> Self {
        let content = placement.content_size();
        let size = content.map(|side| ((side as f32 * factor).round() as u32).max(1));
        let window = config.patch * config.window;
        let edge = WINDOWS * window;
        let overlap = (OVERLAP * config.patch as f32) as u32;
        let [across, down] = size.map(|side| starts(side, edge, overlap));
        let whole = |side: u32, at: u32| (side - at).next_multiple_of(window).min(edge);
        let boxes = down.iter().flat_map(|&y| {
            let part = move |&x: &u32| [x, y, whole(size[0], x), whole(size[1], y)];
            across.iter().map(part)
        });
        Self {
            rgb: resize(pixels, size),
            size,
            scale: [0, 1].map(|axis| size[axis] as f32 / content[axis] as f32),
            boxes: boxes.collect(),
        }
    }

    /// How many parts there are.
    pub fn count(&self) -> usize {
        self.boxes.len()
    }

    /// Windows that the encoder looks at for a part: its cost.
    pub fn windows(&self, part: usize, config: &ImageConfig) -> usize {
        let [_, _, width, height] = self.boxes[part];
        let window = config.patch * config.window;
        (width * height / (window * window)) as usize
    }

    /// What a part shows, in canvas pixels.
    pub fn on_canvas(&self, part: usize) -> Rect {
        let [x, y, width, height] = self.boxes[part].map(|side| side as f32);
        let [x0, y0] = self.to_canvas([x, y]);
        let [x1, y1] = self.to_canvas([x + width, y + height]);
        Rect {
            x0: x0.into(),
            y0: y0.into(),
            x1: x1.into(),
            y1: y1.into(),
        }
    }

    /// Whether the picture goes on behind a part's left, top, right and bottom edge.
    pub fn goes_on(&self, part: usize) -> [bool; 4] {
        let [x, y, width, height] = self.boxes[part];
        [
            x > 0,
            y > 0,
            x + width < self.size[0],
            y + height < self.size[1],
        ]
    }

    /// cx, cy, w and h in a part's pixels to canvas pixels.
    pub fn place_on_canvas(&self, part: usize, [cx, cy, w, h]: [f32; 4]) -> [f32; 4] {
        let [x, y, ..] = self.boxes[part].map(|side| side as f32);
        let [cx, cy] = self.to_canvas([cx + x, cy + y]);
        let [w, h] = self.to_canvas([w, h]);
        [cx, cy, w, h]
    }

    fn to_canvas(&self, at: [f32; 2]) -> [f32; 2] {
        [at[0] / self.scale[0], at[1] / self.scale[1]]
    }

    /// The encoder's input for a part: [1, 3, height, width], with the padding of `config` beyond the picture.
    pub(crate) fn normalised(&self, part: usize, config: &ImageConfig) -> Array4<f32> {
        let [x, y, width, height] = self.boxes[part].map(|side| side as usize);
        let [shown, rows] = [(0, x, width), (1, y, height)]
            .map(|(axis, at, side)| (self.size[axis] as usize - at).min(side));
        let mut rgb = config.pad.repeat(width * height);
        let from = self.rgb.chunks_exact(self.size[0] as usize * 3);
        for (to, from) in rgb.chunks_exact_mut(width * 3).zip(from.skip(y)).take(rows) {
            to[..shown * 3].copy_from_slice(&from[x * 3..(x + shown) * 3]);
        }
        planes(&rgb, [height, width], [height, width], config)
    }
}

/// Where parts of `edge` that overlap by `overlap` or more begin along a side, evenly apart.
fn starts(side: u32, edge: u32, overlap: u32) -> Vec<u32> {
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
    fn parts_cover_a_side_and_overlap() {
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
