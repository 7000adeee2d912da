//! Pixels that stages pass on: a picture made smaller, a line cut out.
//!
//! Resampling gives what OpenCV 5.0 gives, bit for bit but for a rare last bit, since the graphs
//! were trained on it: `cv2.resize` by `INTER_LINEAR` in fixed point of 11 bits
//! (`modules/imgproc/src/resize.cpp`).
use ndarray::ArrayViewMut3;

/// Bits of a weight.
const BITS: u32 = 11;

/// RGB pixels on loan: [height, width, 3], row-major.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RasterView<'a> {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) rgb: &'a [u8],
}

/// RGB pixels: [height, width, 3], row-major.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Raster {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) rgb: Vec<u8>,
}

impl Raster {
    pub(crate) fn view(&self) -> RasterView<'_> {
        RasterView {
            width: self.width,
            height: self.height,
            rgb: &self.rgb,
        }
    }

    /// Turned by a quarter against the clock: what was the right edge is the top.
    pub(crate) fn turned_left(&self) -> Self {
        let mut rgb = Vec::with_capacity(self.rgb.len());
        for x in (0..self.width).rev() {
            for y in 0..self.height {
                rgb.extend(self.view().pixel(x, y));
            }
        }
        Self {
            width: self.height,
            height: self.width,
            rgb,
        }
    }

    /// Upside down.
    pub(crate) fn turned_half(&self) -> Self {
        let rgb = self.rgb.as_chunks::<3>().0.iter().rev().flatten();
        Self {
            rgb: rgb.copied().collect(),
            ..*self
        }
    }
}

impl RasterView<'_> {
    pub(crate) fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let at = (y * self.width + x) * 3;
        [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]]
    }

    fn copied(&self) -> Raster {
        Raster {
            width: self.width,
            height: self.height,
            rgb: self.rgb.to_vec(),
        }
    }

    /// In the middle of a black picture that is `x` wider and `y` higher on both sides.
    pub(crate) fn padded(&self, x: usize, y: usize) -> Raster {
        let (width, height) = (self.width + 2 * x, self.height + 2 * y);
        let mut rgb = vec![0; width * height * 3];
        let rows = rgb.chunks_exact_mut(width * 3).skip(y);
        for (to, from) in rows.zip(self.rgb.chunks_exact(self.width * 3)) {
            to[x * 3..][..from.len()].copy_from_slice(from);
        }
        Raster { width, height, rgb }
    }

    /// Scaled to another size, both at least 1.
    pub(crate) fn resized(&self, width: usize, height: usize) -> Raster {
        if [self.width, self.height] == [width, height] {
            return self.copied();
        }
        if [self.width, self.height] == [2 * width, 2 * height] {
            return self.halved();
        }
        let columns = taps(self.width, width);
        let mut rgb = Vec::with_capacity(width * height * 3);
        let mut above = Row::default();
        let mut below = Row::default();
        for tap in taps(self.height, height) {
            if below.y == Some(tap.first) {
                std::mem::swap(&mut above, &mut below);
            }
            above.fill(self, tap.first, &columns);
            below.fill(self, tap.second, &columns);
            let pairs = above.sums.iter().zip(&below.sums);
            rgb.extend(pairs.map(|(a, b)| mixed(*a, *b, tap.weights)));
        }
        Raster { width, height, rgb }
    }

    /// Half as wide and high, each pixel the mean of four: OpenCV takes its area filter there.
    fn halved(&self) -> Raster {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut rgb = Vec::with_capacity(width * height * 3);
        for rows in self.rgb.chunks_exact(self.width * 6) {
            let (above, below) = rows.split_at(self.width * 3);
            for (a, b) in above
                .as_chunks::<6>()
                .0
                .iter()
                .zip(below.as_chunks::<6>().0)
            {
                let sum = |i: usize| -> u16 {
                    [a[i], a[i + 3], b[i], b[i + 3]].map(u16::from).iter().sum()
                };
                rgb.extend([0, 1, 2].map(|i| ((sum(i) + 2) >> 2) as u8));
            }
        }
        Raster { width, height, rgb }
    }

    /// Writes the pixels into a tensor [3, height, at least this width] as B, G, R planes, each
    /// value through `table`. Blue comes first: the graphs were trained on pictures as OpenCV reads
    /// them.
    pub(crate) fn write_bgr(&self, table: &[f32; 256], mut to: ArrayViewMut3<'_, f32>) {
        for (channel, mut plane) in to.outer_iter_mut().enumerate() {
            for (mut to, from) in plane
                .outer_iter_mut()
                .zip(self.rgb.chunks_exact(self.width * 3))
            {
                for (to, from) in to.iter_mut().zip(from.as_chunks::<3>().0) {
                    *to = table[usize::from(from[2 - channel])];
                }
            }
        }
    }
}

/// A row scaled in width: sums of weighted pixels, `BITS` more than a pixel has.
#[derive(Default)]
struct Row {
    y: Option<usize>,
    sums: Vec<i32>,
}

impl Row {
    fn fill(&mut self, from: &RasterView<'_>, y: usize, columns: &[Tap]) {
        if self.y == Some(y) {
            return;
        }
        self.y = Some(y);
        self.sums.clear();
        let row = from.rgb[y * from.width * 3..][..from.width * 3]
            .as_chunks::<3>()
            .0;
        for Tap {
            first,
            second,
            weights,
        } in columns
        {
            let (first, second) = (row[*first], row[*second]);
            let sum =
                |i: usize| i32::from(first[i]) * weights[0] + i32::from(second[i]) * weights[1];
            self.sums.extend([0, 1, 2].map(sum));
        }
    }
}

/// The sum of two rows, rounded as OpenCV does in its vector code: each product loses its low 16
/// bits first.
fn mixed(above: i32, below: i32, weights: [i32; 2]) -> u8 {
    let product = |sum: i32, weight: i32| ((sum >> 4) * weight) >> 16;
    ((product(above, weights[0]) + product(below, weights[1]) + 2) >> 2) as u8
}

/// The two pixels that one is made of, and their weights, which add up to 1 << BITS.
struct Tap {
    first: usize,
    second: usize,
    weights: [i32; 2],
}

/// The taps of each pixel along a side; centres of pixels are at .5, and the outermost pixels go on
/// outside.
fn taps(from: usize, to: usize) -> Vec<Tap> {
    let scale = 1.0 / (to as f64 / from as f64);
    let tap = |i: usize| {
        let at = ((i as f64 + 0.5) * scale - 0.5) as f32;
        let floor = at.floor();
        let inside = floor >= 0.0 && floor < (from - 1) as f32;
        let first = (floor.max(0.0) as usize).min(from - 1);
        let fraction = if inside { at - floor } else { 0.0 };
        let fixed = |weight: f32| (weight * (1 << BITS) as f32).round_ties_even() as i32;
        Tap {
            first,
            second: (first + 1).min(from - 1),
            weights: [fixed(1.0 - fraction), fixed(fraction)],
        }
    };
    (0..to).map(tap).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Every value from its place, so that no two neighbours are alike.
    pub(crate) fn pattern(width: usize, height: usize) -> Raster {
        let value = |x: usize, y: usize, c: usize| ((x * 37 + y * 101 + c * 59) % 256) as u8;
        let row = |y| (0..width).flat_map(move |x| [0, 1, 2].map(|c| value(x, y, c)));
        Raster {
            width,
            height,
            rgb: (0..height).flat_map(row).collect(),
        }
    }

    /// From `cv2.resize` of opencv-python 5.0.0.93.
    #[test]
    fn resizing_is_opencvs() {
        let down = pattern(13, 9).view().resized(5, 4);
        let first = [
            93, 151, 83, 189, 88, 108, 125, 88, 147, 125, 184, 83, 189, 121, 83,
        ];
        let last = [
            166, 97, 124, 102, 162, 124, 103, 162, 61, 103, 98, 157, 135, 175, 157,
        ];
        assert_eq!(down.rgb[..15], first);
        assert_eq!(down.rgb[45..], last);
        let up = pattern(3, 2).view().resized(5, 4);
        let first = [
            0, 59, 118, 15, 74, 133, 37, 96, 155, 59, 118, 177, 74, 133, 192,
        ];
        let last = [
            101, 160, 219, 116, 175, 131, 138, 197, 0, 160, 219, 22, 175, 234, 37,
        ];
        assert_eq!(up.rgb[..15], first);
        assert_eq!(up.rgb[45..], last);
        let half = pattern(12, 8).view().resized(6, 4);
        let first = [
            69, 128, 123, 143, 138, 133, 153, 148, 79, 99, 94, 153, 109, 168, 99,
        ];
        assert_eq!(half.rgb[..15], first);
    }

    #[test]
    fn turning_keeps_every_pixel() {
        let upright = pattern(3, 2);
        let left = upright.turned_left();
        assert_eq!([left.width, left.height], [2, 3]);
        assert_eq!(
            left.view().pixel(0, 0),
            upright.view().pixel(2, 0),
            "the right side is the top"
        );
        assert_eq!(left.turned_left(), upright.turned_half());
        assert_eq!(upright.turned_half().turned_half(), upright);
    }

    #[test]
    fn padding_puts_a_picture_in_the_middle() {
        let padded = pattern(3, 2).view().padded(1, 2);
        assert_eq!([padded.width, padded.height], [5, 6]);
        assert_eq!(padded.view().pixel(1, 2), pattern(3, 2).view().pixel(0, 0));
        assert_eq!(padded.view().pixel(0, 2), [0; 3]);
        assert_eq!(padded.view().pixel(1, 4), [0; 3]);
    }
}
