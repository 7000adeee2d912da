use ndarray::{ArrayView3, Axis, Slice};

use super::{ImageConfig, ImageProcessor, Letterbox, Mode, Tile};
use crate::{Pixels, Transform};

/// An overview and, where detail is wanted, the quarters of a canvas of twice its side: what a
/// tower with global attention sees, whose views are always whole.
///
/// The overview comes first, then the quarters row by row. A quarter beside the picture, which
/// would show padding alone, is left out; [`place`](Self::place) says which one a tile is.
#[derive(Clone, Debug, PartialEq)]
pub struct Quarters {
    /// The side of a view in pixels, at least 1.
    pub side: u32,
    /// Whether the quarters follow the overview.
    pub detail: bool,
    /// A picture is not enlarged more than this on its largest canvas.
    pub max_upscale: f64,
    /// The colour right of and below the picture, RGB.
    pub pad: [u8; 3],
}

impl Quarters {
    /// What `mode` makes of a picture for a tower whose window is the whole view. [`Mode::High`]
    /// has quarters; [`Mode::Auto`] has them where the picture's longer side is more than a view's.
    pub fn new(pixels: &Pixels, mode: Mode, config: &ImageConfig) -> Self {
        let side = config.patch * config.window;
        let detail = match mode {
            Mode::High => true,
            Mode::Auto => pixels.width().max(pixels.height()) > side,
            Mode::Rapid | Mode::Balanced => false,
        };
        Self {
            side,
            detail,
            max_upscale: config.max_upscale,
            pad: config.pad,
        }
    }

    /// Row and column of the `index`th tile among the quarters, each 0 or 1; `None` of the
    /// overview.
    pub fn place(&self, index: usize, tile: &Tile) -> Option<[u32; 2]> {
        let [x, y] = tile.transform.origin();
        (index > 0).then(|| [y / self.side, x / self.side])
    }

    /// Where a picture lies on the largest canvas.
    pub fn transform(&self, pixels: &Pixels) -> Transform {
        let edge = self.side * (1 + u32::from(self.detail));
        self.boxed(edge, self.max_upscale).transform(pixels)
    }

    fn boxed(&self, edge: u32, max_upscale: f64) -> Letterbox {
        Letterbox {
            edge,
            max_upscale,
            pad: self.pad,
        }
    }
}

impl ImageProcessor for Quarters {
    fn process(&self, pixels: &Pixels) -> Vec<Tile> {
        if !self.detail {
            return self.boxed(self.side, self.max_upscale).process(pixels);
        }
        // Half the canvas' scale even where `max_upscale` bounds it.
        let mut tiles = self
            .boxed(self.side, self.max_upscale / 2.0)
            .process(pixels);
        for canvas in self.boxed(2 * self.side, self.max_upscale).process(pixels) {
            let [width, height] = canvas.transform.content_size();
            let firsts = [0, self.side];
            let places = firsts.iter().flat_map(|&y| firsts.map(|x| [x, y]));
            for [x, y] in places.filter(|&[x, y]| x < width && y < height) {
                tiles.push(Tile {
                    rgb: quarter(canvas.rgb.view(), [x, y], self.side).to_owned(),
                    transform: canvas.transform.tile([x, y], [self.side; 2]),
                });
            }
        }
        tiles
    }
}

fn quarter(canvas: ArrayView3<'_, u8>, [x, y]: [u32; 2], side: u32) -> ArrayView3<'_, u8> {
    // `slice_axis`, since the macro `s!` does not go with `forbid(unsafe_code)`.
    let from = |at: u32| Slice::from(at as usize..(at + side) as usize);
    let rows = canvas.slice_axis_move(Axis(0), from(y));
    rows.slice_axis_move(Axis(1), from(x))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quarters(size: [u32; 2], mode: Mode) -> (Quarters, Vec<Tile>) {
        let shade = |x: u32, y: u32| [x as u8, y as u8, 7];
        let rgb = (0..size[1]).flat_map(|y| (0..size[0]).flat_map(move |x| shade(x, y)));
        let pixels = Pixels::from_rgb(size[0], size[1], rgb.collect()).unwrap();
        let config = ImageConfig {
            patch: 10,
            window: 4,
            max_upscale: 1.0,
            ..ImageConfig::default()
        };
        let quarters = Quarters::new(&pixels, mode, &config);
        let tiles = quarters.process(&pixels);
        (quarters, tiles)
    }

    #[test]
    fn quarters_show_the_picture_where_they_say() {
        let (quarters, tiles) = quarters([80, 70], Mode::High);
        let places: Vec<_> = (0..)
            .zip(&tiles)
            .map(|(i, t)| quarters.place(i, t))
            .collect();
        let wanted = [None, Some([0, 0]), Some([0, 1]), Some([1, 0]), Some([1, 1])];
        assert_eq!(places, wanted);
        for tile in &tiles[1..] {
            let [x, y] = tile.transform.to_upright([5.5, 3.5]);
            let found = [0, 1].map(|channel| f64::from(tile.rgb[[3, 5, channel]]) + 0.5);
            assert_eq!(found, [x, y]);
        }
        assert_eq!(tiles[0].transform.content_size(), [40, 35]);
        assert_eq!(tiles[4].rgb[[39, 0, 0]], 127, "padding below the picture");
    }

    #[test]
    fn quarters_beside_the_picture_and_those_that_nobody_wants_are_left_out() {
        let count = |size, mode| quarters(size, mode).1.len();
        assert_eq!(count([80, 40], Mode::High), 3);
        assert_eq!(count([20, 80], Mode::High), 3);
        assert_eq!(count([30, 20], Mode::High), 2, "not enlarged");
        assert_eq!(count([80, 70], Mode::Auto), 5);
        assert_eq!(count([40, 40], Mode::Auto), 1);
        assert_eq!(count([80, 70], Mode::Balanced), 1);
    }
}
