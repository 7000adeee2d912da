use ndarray::Array3;

use super::{ImageProcessor, Mode, Tile, crops::starts, letterbox::resize};
use crate::{Pixels, Transform};

/// How much longer than wide a picture is, or wider than long, that still goes on one canvas. A
/// page of A4 has 1.41, a photograph 1.78, the screen of a telephone 2.2.
const ONE_CANVAS: f64 = 2.25;
/// Halvings of the range of scales when they are fitted to a limit: to a thousandth of a millionth.
const HALVINGS: u32 = 30;

/// A picture of any shape on as many overlapping canvases as its print asks for.
///
/// Screenshots of a long chat, strips, panoramas and scans of many pixels lose their print on one
/// canvas. Each canvas of this is an upright part of the picture at one scale, without padding, at
/// most `edge` wide and high: a picture by itself for [`Letterbox`](super::Letterbox) or
/// [`Tiling`](super::Tiling), which do not scale it again.
#[derive(Clone, Debug, PartialEq)]
pub struct Canvases {
    /// The longest side of a canvas in pixels, at least 2; 1344 by default, the canvas of
    /// [`Mode::High`].
    pub edge: u32,
    /// Pixels by which neighbours overlap at least, less than `edge`; an eighth of the edge by
    /// default. A line of print up to this height is whole on one of two.
    pub overlap: u32,
    /// Canvas pixels for a pixel of the picture, above 0. `None` goes by the shape: one canvas up
    /// to 1 : 2.25; beyond, the shorter side fills a canvas.
    pub scale: Option<f64>,
    /// A picture is not enlarged more than this; 2 by default.
    pub max_upscale: f64,
    /// Canvases at most, at least 1; 16 by default, which take some 16 times as long as one. The
    /// scale is lowered until they are enough.
    pub max_canvases: usize,
}

impl Default for Canvases {
    fn default() -> Self {
        let edge = Mode::High.canvas();
        Self {
            edge,
            overlap: edge / 8,
            scale: None,
            max_upscale: 2.0,
            max_canvases: 16,
        }
    }
}

/// Where canvases lie, before anything is scaled.
#[derive(Clone, Debug, PartialEq)]
pub struct CanvasPlan {
    /// Canvas pixels for a pixel of the picture, before its sides are rounded.
    pub scale: f64,
    /// The scale that was asked for; more than `scale` where the limit did not allow it. Print may
    /// then be too small to be read.
    pub wanted: f64,
    /// Width and height of the whole picture at this scale.
    pub scaled: [u32; 2],
    /// Left, top, width and height of each canvas in the scaled picture, row by row.
    pub boxes: Vec<[u32; 4]>,
}

impl CanvasPlan {
    /// Where the whole picture lies: at this scale, on a canvas of its own size.
    pub fn whole(&self, pixels: &Pixels) -> Transform {
        Transform {
            stored: pixels.stored_size(),
            orientation: pixels.orientation(),
            scaled: self.scaled,
            origin: [0, 0],
            canvas: self.scaled,
        }
    }

    /// Whether the limit made the canvases smaller than was asked for, by more than rounding.
    pub fn is_reduced(&self) -> bool {
        self.scale < self.wanted * 0.999
    }
}

impl Canvases {
    /// Where the canvases of a picture lie; `size` is its upright width and height, at least 1.
    pub fn plan(&self, size: [u32; 2]) -> CanvasPlan {
        let wanted = self.wanted(size);
        let scale = self.within_limit(size, wanted);
        let scaled = scaled(size, scale);
        let [across, down] = scaled.map(|side| starts(side, self.edge(), self.overlap()));
        let side = |side: u32, at: u32| (side - at).min(self.edge());
        let boxes = down.iter().flat_map(|&y| {
            let canvas = move |&x: &u32| [x, y, side(scaled[0], x), side(scaled[1], y)];
            across.iter().map(canvas)
        });
        CanvasPlan {
            scale,
            wanted,
            scaled,
            boxes: boxes.collect(),
        }
    }

    /// Whether a picture is so long that it goes on canvases by its shorter side.
    pub fn is_long(&self, size: [u32; 2]) -> bool {
        let [shorter, longer] = [size[0].min(size[1]), size[0].max(size[1])].map(f64::from);
        longer > ONE_CANVAS * shorter
    }

    fn edge(&self) -> u32 {
        self.edge.max(2)
    }

    fn overlap(&self) -> u32 {
        self.overlap.min(self.edge() - 1)
    }

    /// The scale that the shape or the caller asks for.
    fn wanted(&self, size: [u32; 2]) -> f64 {
        let [shorter, longer] = [size[0].min(size[1]), size[0].max(size[1])].map(f64::from);
        let edge = f64::from(self.edge());
        let scale = self.scale.filter(|scale| scale.is_finite() && *scale > 0.0);
        let by_shape = edge / if self.is_long(size) { shorter } else { longer };
        scale.unwrap_or(by_shape).min(self.max_upscale)
    }

    /// The largest scale up to `wanted` that takes no more canvases than allowed.
    fn within_limit(&self, size: [u32; 2], wanted: f64) -> f64 {
        let fits = |scale: f64| {
            let count = scaled(size, scale)
                .map(|side| u64::from(steps(side, self.edge(), self.overlap())) + 1);
            count[0].saturating_mul(count[1]) <= self.max_canvases.max(1) as u64
        };
        if fits(wanted) {
            return wanted;
        }
        // One canvas holds it all, by the longer side.
        let longer = f64::from(size[0].max(size[1]));
        let (mut low, mut high) = (wanted.min(f64::from(self.edge()) / longer), wanted);
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            if fits(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    }
}

impl ImageProcessor for Canvases {
    fn process(&self, pixels: &Pixels) -> Vec<Tile> {
        let plan = self.plan([pixels.width(), pixels.height()]);
        let rgb = resize(pixels, plan.scaled);
        let whole = plan.whole(pixels);
        let cut = |&[x, y, width, height]: &[u32; 4]| {
            let row = plan.scaled[0] as usize * 3;
            let [left, wide] = [x, width].map(|side| side as usize * 3);
            let rows = rgb.chunks_exact(row).skip(y as usize).take(height as usize);
            let part = rows
                .flat_map(|row| &row[left..left + wide])
                .copied()
                .collect();
            let shape = (height as usize, width as usize, 3);
            Tile {
                rgb: Array3::from_shape_vec(shape, part).expect("a canvas is inside the picture"),
                transform: whole.tile([x, y], [width, height]),
            }
        };
        plan.boxes.iter().map(cut).collect()
    }
}

fn scaled(size: [u32; 2], scale: f64) -> [u32; 2] {
    size.map(|side| ((f64::from(side) * scale).round() as u32).max(1))
}

/// Steps from the first canvas along a side to the last, as [`starts`] lays them.
fn steps(side: u32, edge: u32, overlap: u32) -> u32 {
    side.saturating_sub(edge).div_ceil(edge - overlap)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(canvases: &Canvases, size: [u32; 2]) -> usize {
        canvases.plan(size).boxes.len()
    }

    #[test]
    fn as_many_as_the_shape_asks_for() {
        let canvases = Canvases::default();
        for (size, wanted) in [
            ([1000, 1400], 1),
            ([1080, 2340], 1),
            ([1, 1], 1),
            ([4960, 7016], 1),
            ([1080, 8520], 9),
            ([3000, 24], 5),
            ([12_000, 2000], 7),
        ] {
            let plan = canvases.plan(size);
            assert_eq!(plan.boxes.len(), wanted, "{size:?}: {plan:?}");
            assert!(!plan.is_reduced(), "{size:?}: {plan:?}");
        }
        // A4 at 600 dpi with print that needs 200.
        let fine = Canvases {
            scale: Some(1.0 / 3.0),
            ..canvases
        };
        assert_eq!(count(&fine, [4960, 7016]), 4);
    }

    #[test]
    fn the_limit_holds_and_is_said() {
        for size in [
            [1080, 8520],
            [3000, 24],
            [1, 1_000_000],
            [9000, 9000],
            [7, 5000],
        ] {
            for max_canvases in [0, 1, 2, 5, 16] {
                for scale in [None, Some(1.0), Some(0.3), Some(f64::NAN), Some(1e9)] {
                    let canvases = Canvases {
                        max_canvases,
                        scale,
                        ..Canvases::default()
                    };
                    let plan = canvases.plan(size);
                    assert!(
                        plan.boxes.len() <= max_canvases.max(1),
                        "{size:?} {canvases:?}"
                    );
                    assert!(plan.scale <= plan.wanted && plan.wanted <= 2.0);
                    check_cover(&plan, canvases.edge, canvases.overlap);
                }
            }
        }
        let one = Canvases {
            max_canvases: 1,
            ..Canvases::default()
        };
        assert!(one.plan([1080, 8520]).is_reduced());
        assert!(!one.plan([1080, 1200]).is_reduced());
    }

    /// Canvases cover the scaled picture, and neighbours overlap.
    fn check_cover(plan: &CanvasPlan, edge: u32, overlap: u32) {
        let [width, height] = plan.scaled;
        let first = plan.boxes[0];
        let last = plan.boxes.last().unwrap();
        assert_eq!(first[..2], [0, 0]);
        assert_eq!([last[0] + last[2], last[1] + last[3]], [width, height]);
        for canvas in &plan.boxes {
            assert!(canvas[2] <= edge && canvas[3] <= edge && canvas[2] > 0 && canvas[3] > 0);
        }
        for pair in plan
            .boxes
            .windows(2)
            .filter(|pair| pair[0][1] == pair[1][1])
        {
            assert!(
                pair[0][0] + pair[0][2] >= pair[1][0] + overlap.min(width),
                "{pair:?}"
            );
        }
    }

    #[test]
    fn canvases_show_what_they_say() {
        let shade = |x: u32, y: u32| [(x / 8 % 256) as u8, (y / 32 % 256) as u8, 0];
        let rgb = (0..5000).flat_map(|y| (0..300).flat_map(move |x| shade(x, y)));
        let pixels = Pixels::from_rgb(300, 5000, rgb.collect()).unwrap();
        let canvases = Canvases {
            scale: Some(1.0),
            ..Canvases::default()
        };
        let tiles = canvases.process(&pixels);
        assert_eq!(tiles.len(), 5);
        for tile in &tiles {
            let (height, width, _) = tile.rgb.dim();
            for (x, y) in [(0, 0), (width - 1, height - 1), (100, 700)] {
                let [at_x, at_y] = tile.transform.to_stored([x as f64 + 0.5, y as f64 + 0.5]);
                let found = [0, 1, 2].map(|channel| tile.rgb[[y, x, channel]]);
                assert_eq!(found, shade(at_x as u32, at_y as u32));
            }
        }
    }
}
