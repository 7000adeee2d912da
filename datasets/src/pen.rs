//! Outlines to coverage: signed areas are accumulated per pixel, then summed along each row.
//!
//! The method is that of font-rs: an edge adds to each pixel it crosses the area that it covers to
//! its right, so one running sum over a row gives the coverage of every pixel.

mod screen;

use crate::fonts::Segment;
pub use screen::Screen;

/// A reusable coverage buffer.
#[derive(Default)]
pub struct Pen {
    width: usize,
    height: usize,
    stride: usize,
    area: Vec<f32>,
    sums: Vec<f32>,
    row: Vec<u8>,
}

impl Pen {
    /// Clears the buffer to `width` x `height` pixels.
    pub fn begin(&mut self, width: usize, height: usize) {
        (self.width, self.height, self.stride) = (width, height, width + 2);
        self.area.clear();
        self.area.resize(self.stride * height + 2, 0.0);
        let widest = width.max(self.row.len());
        self.row.resize(widest, 0);
        self.sums.resize(widest, 0.0);
    }

    /// Adds an outline; `map` takes its points to pixels, `em` is the size in pixels (for the
    /// curves' steps).
    pub fn outline(&mut self, segments: &[Segment], em: f32, map: impl Fn([f32; 2]) -> [f32; 2]) {
        let steps = if em < 30.0 {
            3
        } else if em < 90.0 {
            5
        } else {
            9
        };
        let (mut start, mut at) = ([0.0; 2], [0.0; 2]);
        for segment in segments {
            match *segment {
                Segment::Move(p) => (start, at) = (map(p), map(p)),
                Segment::Line(p) => at = self.to(at, map(p)),
                Segment::Quad(a, p) => at = self.quad(at, map(a), map(p), steps),
                Segment::Cubic(a, b, p) => at = self.cubic([at, map(a), map(b), map(p)], steps + 1),
                Segment::Close => at = self.to(at, start),
            }
        }
    }

    /// Adds a closed polygon, in pixels.
    pub fn polygon(&mut self, points: &[[f32; 2]]) {
        let Some(mut at) = points.last().copied() else {
            return;
        };
        for &p in points {
            at = self.to(at, p);
        }
    }

    fn to(&mut self, from: [f32; 2], to: [f32; 2]) -> [f32; 2] {
        self.line(from, to);
        to
    }

    fn quad(&mut self, p0: [f32; 2], p1: [f32; 2], p2: [f32; 2], steps: usize) -> [f32; 2] {
        let mut at = p0;
        for i in 1..=steps {
            let t = i as f32 / steps as f32;
            let u = 1.0 - t;
            let mix = |k: usize| u * u * p0[k] + 2.0 * u * t * p1[k] + t * t * p2[k];
            at = self.to(at, [mix(0), mix(1)]);
        }
        p2
    }

    fn cubic(&mut self, p: [[f32; 2]; 4], steps: usize) -> [f32; 2] {
        let mut at = p[0];
        for i in 1..=steps {
            let t = i as f32 / steps as f32;
            let u = 1.0 - t;
            let mix = |k: usize| {
                u * u * u * p[0][k]
                    + 3.0 * u * t * (u * p[1][k] + t * p[2][k])
                    + t * t * t * p[3][k]
            };
            at = self.to(at, [mix(0), mix(1)]);
        }
        p[3]
    }

    fn line(&mut self, from: [f32; 2], to: [f32; 2]) {
        if (from[1] - to[1]).abs() < 1e-7 {
            return;
        }
        let (dir, a, b) = if from[1] < to[1] {
            (1.0, from, to)
        } else {
            (-1.0, to, from)
        };
        let slope = (b[0] - a[0]) / (b[1] - a[1]);
        let mut x = a[0] - slope * a[1].min(0.0);
        let first = a[1].max(0.0) as usize;
        let last = ceil(b[1].max(0.0)).min(self.height);
        for y in first..last {
            let dy = ((y + 1) as f32).min(b[1]) - (y as f32).max(a[1]);
            let next = x + slope * dy;
            self.span(y, x.min(next), x.max(next), dy * dir);
            x = next;
        }
    }

    /// Part of an edge within row `y`, from x0 to x1, of signed height `d`.
    fn span(&mut self, y: usize, x0: f32, x1: f32, d: f32) {
        let limit = self.width as f32;
        let (x0, x1) = (x0.clamp(0.0, limit), x1.clamp(0.0, limit));
        let (first, end) = (x0 as i32 as usize, ceil(x1));
        let cells = &mut self.area[y * self.stride + first..];
        let (left, right) = (first as f32, end as f32);
        if end <= first + 1 {
            let middle = 0.5 * (x0 + x1) - left;
            cells[0] += d - d * middle;
            cells[1] += d * middle;
            return;
        }
        let s = 1.0 / (x1 - x0);
        let head = 0.5 * s * (left + 1.0 - x0).powi(2);
        let tail = 0.5 * s * (x1 - right + 1.0).powi(2);
        let n = end - first;
        cells[0] += d * head;
        if n == 2 {
            cells[1] += d * (1.0 - head - tail);
        } else {
            let one = s * (1.5 - (x0 - left));
            cells[1] += d * (one - head);
            for cell in &mut cells[2..n - 1] {
                *cell += d * s;
            }
            cells[n - 1] += d * (1.0 - (one + (n as f32 - 3.0) * s) - tail);
        }
        cells[n] += d * tail;
    }

    /// Gives every row's coverage, 0..=255.
    pub fn rows(&mut self, mut row: impl FnMut(usize, &[u8])) {
        for y in 0..self.height {
            let cells = &self.area[y * self.stride..y * self.stride + self.width];
            let mut sum = 0.0f32;
            for (cell, out) in cells.iter().zip(&mut self.sums) {
                sum += cell;
                *out = sum;
            }
            for (sum, out) in self.sums.iter().zip(&mut self.row[..self.width]) {
                *out = (sum.abs().min(1.0) * 255.0 + 0.5) as i32 as u8;
            }
            row(y, &self.row[..self.width]);
        }
    }
}

/// The least whole number from `x` on, which is 0 or more: as `canvas::fraction`.
fn ceil(x: f32) -> usize {
    let whole = x as i32 as usize;
    whole + usize::from((whole as f32) < x)
}

impl Pen {
    /// Turns the areas into coverage and grows it by `by` pixels on every side (a maximum over the
    /// neighbours).
    pub fn embolden(&mut self, by: f32) {
        let (w, h) = (self.width, self.height);
        let across = grown(&self.cover(), w, h, 1, by);
        self.store(&grown(&across, h, w, w, by));
    }

    /// Coverage of every pixel, 0 to 1.
    fn cover(&self) -> Vec<f32> {
        let (w, h, stride) = (self.width, self.height, self.stride);
        let mut cover = vec![0.0f32; w * h];
        for y in 0..h {
            let mut sum = 0.0f32;
            for x in 0..w {
                sum += self.area[y * stride + x];
                cover[y * w + x] = sum.abs().min(1.0);
            }
        }
        cover
    }

    /// Writes coverage back as the differences that [`Pen::rows`] sums.
    fn store(&mut self, cover: &[f32]) {
        for y in 0..self.height {
            let mut last = 0.0;
            for x in 0..self.width {
                let now = cover[y * self.width + x];
                self.area[y * self.stride + x] = now - last;
                last = now;
            }
        }
    }
}

/// Grows coverage along one direction: `n` cells a line at distance `step`, `lines` lines.
fn grown(cover: &[f32], n: usize, lines: usize, step: usize, by: f32) -> Vec<f32> {
    let other = if step == 1 { n } else { 1 };
    let mut out = vec![0.0; cover.len()];
    let reach = by.ceil() as isize;
    for line in 0..lines {
        for i in 0..n as isize {
            let mut best = 0.0f32;
            for k in -reach..=reach {
                let j = i + k;
                if j >= 0 && j < n as isize {
                    let weight = (by + 1.0 - k.abs() as f32).clamp(0.0, 1.0);
                    best = best.max(cover[line * other + j as usize * step] * weight);
                }
            }
            out[line * other + i as usize * step] = best;
        }
    }
    out
}
