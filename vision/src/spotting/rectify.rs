//! Lines cut out of a picture and laid flat.
//!
//! `cv2.warpPerspective` by `INTER_CUBIC` with `BORDER_REPLICATE`, as OpenCV 5.0 computes it: in
//! floats, pixels at whole coordinates.
use super::raster::{Raster, RasterView};

/// Keys' cubic convolution with the parameter that OpenCV takes
/// (`modules/imgproc/src/warp_kernels`).
const CUBIC: f32 = -0.75;
/// A crop this many times as high as wide holds a line that runs up or down
/// (`get_rotate_crop_image` of RapidOCR 3.10.0).
const TALL: f64 = 1.5;

/// A projective map from the unit square, [u, v] to [x, y] (Heckbert, "Fundamentals of Texture
/// Mapping and Image Warping", 1989, 2.2).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Projection {
    /// x = (a u + b v + c) / (g u + h v + 1), and y likewise.
    rows: [[f64; 3]; 3],
}

impl Projection {
    /// Takes (0, 0), (1, 0), (1, 1) and (0, 1) to the corners; `None` where three of them are on
    /// one line.
    pub(crate) fn onto(corners: [[f64; 2]; 4]) -> Option<Self> {
        let [p0, p1, p2, p3] = corners;
        let minus = |a: [f64; 2], b: [f64; 2]| [a[0] - b[0], a[1] - b[1]];
        let cross = |a: [f64; 2], b: [f64; 2]| a[0] * b[1] - b[0] * a[1];
        let (d1, d2) = (minus(p1, p2), minus(p3, p2));
        let sum = minus(minus(p0, p1), minus(d2, [0.0, 0.0]));
        let whole = cross(d1, d2);
        let (g, h) = (cross(sum, d2) / whole, cross(d1, sum) / whole);
        let row = |i: usize| [p1[i] - p0[i] + g * p1[i], p3[i] - p0[i] + h * p3[i], p0[i]];
        let rows = [row(0), row(1), [g, h, 1.0]];
        let sound = rows.iter().flatten().all(|value| value.is_finite()) && 1.0 + g + h > 0.0;
        (sound && 1.0 + g > 0.0 && 1.0 + h > 0.0).then_some(Self { rows })
    }

    pub(crate) fn at(&self, [u, v]: [f64; 2]) -> [f64; 2] {
        let [x, y, z] = self.rows.map(|[a, b, c]| a * u + b * v + c);
        [x / z, y / z]
    }
}

/// A line laid flat, so that its text runs to the right.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) pixels: Raster,
    /// Its corners in the picture it was cut from, in the order of `pixels`' corners.
    pub(crate) corners: [[f64; 2]; 4],
    /// By how many quarters clockwise the text is turned in the picture, as far as is known.
    pub(crate) quarters: u8,
}

impl Line {
    /// Cuts out what is between four corners, clockwise from the top left. A crop that is much
    /// higher than wide is taken for a line that runs down. `None` where the corners enclose
    /// nothing.
    pub(crate) fn cut(picture: RasterView<'_>, corners: [[f64; 2]; 4]) -> Option<Self> {
        let [a, b, c, d] = corners;
        let length = |a: [f64; 2], b: [f64; 2]| (b[0] - a[0]).hypot(b[1] - a[1]);
        let width = length(a, b).max(length(c, d)) as usize;
        let height = length(a, d).max(length(b, c)) as usize;
        if width == 0 || height == 0 {
            return None;
        }
        let line = Self {
            pixels: warped(picture, &Projection::onto(corners)?, width, height),
            corners,
            quarters: 0,
        };
        let tall = height as f64 / width as f64 >= TALL;
        Some(if tall { line.read_from_right() } else { line })
    }

    /// The same of a line that runs down: its right side is the top.
    fn read_from_right(mut self) -> Self {
        self.pixels = self.pixels.turned_left();
        self.corners.rotate_left(1);
        self.quarters += 1;
        self
    }

    /// The same, turned by 180 degrees.
    pub(crate) fn upside_down(mut self) -> Self {
        self.pixels = self.pixels.turned_half();
        self.corners.rotate_left(2);
        self.quarters += 2;
        self
    }

    /// Width over height.
    pub(crate) fn aspect(&self) -> f64 {
        self.pixels.width as f64 / self.pixels.height as f64
    }

    /// The place of a part of the line, from and to as fractions of its width.
    pub(crate) fn part(&self, projection: &Projection, [from, to]: [f64; 2]) -> [[f64; 2]; 4] {
        [[from, 0.0], [to, 0.0], [to, 1.0], [from, 1.0]].map(|at| projection.at(at))
    }
}

fn warped(picture: RasterView<'_>, map: &Projection, width: usize, height: usize) -> Raster {
    let mut rgb = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            let at = map.at([x as f64 / width as f64, y as f64 / height as f64]);
            rgb.extend(interpolated(picture, at));
        }
    }
    Raster { width, height, rgb }
}

/// The colour at a place, from the 16 pixels around it; outside, the pixels at the edge go on.
fn interpolated(picture: RasterView<'_>, at: [f64; 2]) -> [u8; 3] {
    let floor = at.map(f64::floor);
    let weights = [0, 1].map(|axis| cubic((at[axis] - floor[axis]) as f32));
    let sides = [picture.width, picture.height];
    let place = |axis: usize, tap: usize| {
        let at = floor[axis] + tap as f64 - 1.0;
        at.clamp(0.0, sides[axis] as f64 - 1.0) as usize
    };
    let columns: [usize; 4] = std::array::from_fn(|tap| place(0, tap));
    let mut sum = [0.0_f32; 3];
    for (tap, weight) in weights[1].into_iter().enumerate() {
        let y = place(1, tap);
        for (x, across) in columns.into_iter().zip(weights[0]) {
            let pixel = picture.pixel(x, y);
            for (sum, value) in sum.iter_mut().zip(pixel) {
                *sum += f32::from(value) * across * weight;
            }
        }
    }
    sum.map(|value| value.round_ties_even() as u8)
}

/// Weights of the pixels at -1, 0, 1 and 2 for a place at `x` of 0..1.
fn cubic(x: f32) -> [f32; 4] {
    let near = |x: f32| ((CUBIC + 2.0) * x - (CUBIC + 3.0)) * x * x + 1.0;
    let far =
        ((CUBIC * (x + 1.0) - 5.0 * CUBIC) * (x + 1.0) + 8.0 * CUBIC) * (x + 1.0) - 4.0 * CUBIC;
    let (left, right) = (near(x), near(1.0 - x));
    [far, left, right, 1.0 - far - left - right]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spotting::raster::tests::pattern;

    /// From `cv2.warpPerspective` of opencv-python 5.0.0.93.
    #[test]
    fn a_crop_is_opencvs() {
        let corners = [[2.0, 1.0], [10.0, 3.0], [9.0, 7.0], [1.0, 5.0]];
        let line = Line::cut(pattern(13, 9).view(), corners).unwrap();
        assert_eq!([line.pixels.width, line.pixels.height], [8, 4]);
        let first = [
            175, 234, 37, 184, 18, 86, 172, 78, 186, 92, 178, 246, 168, 227, 30,
        ];
        let last = [
            175, 119, 209, 18, 189, 190, 51, 206, 10, 107, 150, 118, 207, 105, 202, 209,
        ];
        assert_eq!(line.pixels.rgb[..15], first);
        assert_eq!(line.pixels.rgb[80..], last);
    }

    #[test]
    fn an_upright_crop_is_the_pixels_themselves() {
        let picture = pattern(9, 9);
        let line = Line::cut(
            picture.view(),
            [[2.0, 3.0], [8.0, 3.0], [8.0, 7.0], [2.0, 7.0]],
        );
        let pixels = line.unwrap().pixels;
        assert_eq!([pixels.width, pixels.height], [6, 4]);
        for (x, y) in [(0, 0), (5, 3), (2, 1)] {
            assert_eq!(
                pixels.view().pixel(x, y),
                picture.view().pixel(x + 2, y + 3)
            );
        }
    }

    #[test]
    fn a_tall_crop_is_read_from_its_right_side() {
        let picture = pattern(9, 9);
        let corners = [[1.0, 1.0], [4.0, 1.0], [4.0, 7.0], [1.0, 7.0]];
        let line = Line::cut(picture.view(), corners).unwrap();
        assert_eq!(
            [
                line.pixels.width,
                line.pixels.height,
                usize::from(line.quarters)
            ],
            [6, 3, 1]
        );
        assert_eq!(line.corners[0], [4.0, 1.0]);
        assert_eq!(line.pixels.view().pixel(0, 0), picture.view().pixel(3, 1));
        let line = line.upside_down();
        assert_eq!((line.quarters, line.corners[0]), (3, [1.0, 7.0]));
    }

    #[test]
    fn corners_that_enclose_nothing_give_no_line() {
        let picture = pattern(9, 9);
        for corners in [
            [[1.0, 1.0]; 4],
            [[1.0, 1.0], [5.0, 1.0], [5.0, 1.0], [1.0, 1.0]],
            [[1.0, 1.0], [3.0, 3.0], [5.0, 5.0], [7.0, 7.0]],
            [[1.0, 1.0], [5.0, 5.0], [5.0, 1.0], [1.0, 5.0]],
            [[f64::NAN, 1.0], [5.0, 1.0], [5.0, 5.0], [1.0, 5.0]],
        ] {
            assert!(Line::cut(picture.view(), corners).is_none(), "{corners:?}");
        }
    }

    #[test]
    fn a_projection_takes_corners_to_corners() {
        let corners = [[2.0, 1.0], [10.0, 3.0], [9.0, 7.0], [1.0, 5.5]];
        let map = Projection::onto(corners).unwrap();
        for (at, corner) in [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
            .into_iter()
            .zip(corners)
        {
            let [x, y] = map.at(at);
            assert!((x - corner[0]).abs() < 1e-9 && (y - corner[1]).abs() < 1e-9);
        }
    }
}
