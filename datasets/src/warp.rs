//! From page coordinates to pixels: a homography, and optionally the bend of a sheet that does not
//! lie flat.

/// A smooth map of the plane.
#[derive(Clone, Copy, Debug)]
pub struct Warp {
    /// Row-major 3x3 matrix on homogeneous coordinates.
    matrix: [f32; 9],
    /// Amplitude in page units, angular frequency and phase along x of a wave that is added to y
    /// first.
    bend: [f32; 3],
}

impl Warp {
    /// Scale about the origin, then shift: pixels = page * scale + shift.
    pub fn scale_shift(scale: f32, shift: [f32; 2]) -> Self {
        Self {
            matrix: [scale, 0.0, shift[0], 0.0, scale, shift[1], 0.0, 0.0, 1.0],
            bend: [0.0; 3],
        }
    }

    /// The homography that takes the corners (0,0), (w,0), (w,h), (0,h) to `to`.
    pub fn corners(w: f32, h: f32, to: [[f32; 2]; 4]) -> Self {
        let [p0, p1, p2, p3] = to;
        let sum = |k: usize| p0[k] - p1[k] + p2[k] - p3[k];
        let (dx1, dy1) = (p1[0] - p2[0], p1[1] - p2[1]);
        let (dx2, dy2) = (p3[0] - p2[0], p3[1] - p2[1]);
        let det = dx1 * dy2 - dx2 * dy1;
        let g = (sum(0) * dy2 - dx2 * sum(1)) / det;
        let k = (dx1 * sum(1) - sum(0) * dy1) / det;
        let row = |i: usize| {
            [
                (p1[i] - p0[i] + g * p1[i]) / w,
                (p3[i] - p0[i] + k * p3[i]) / h,
                p0[i],
            ]
        };
        let (a, b) = (row(0), row(1));
        Self {
            matrix: [a[0], a[1], a[2], b[0], b[1], b[2], g / w, k / h, 1.0],
            bend: [0.0; 3],
        }
    }

    /// Adds a bend: y += amplitude * sin(frequency * x + phase), all in page units.
    pub fn with_bend(mut self, amplitude: f32, frequency: f32, phase: f32) -> Self {
        self.bend = [amplitude, frequency, phase];
        self
    }

    /// Then scale and shift the pixels.
    pub fn then(mut self, scale: f32, shift: [f32; 2]) -> Self {
        for c in 0..3 {
            self.matrix[c] = self.matrix[c] * scale + self.matrix[6 + c] * shift[0];
            self.matrix[3 + c] = self.matrix[3 + c] * scale + self.matrix[6 + c] * shift[1];
        }
        self
    }

    /// Whether straight lines need no cutting up.
    pub fn is_straight(&self) -> bool {
        self.bend[0] == 0.0
    }

    /// A point of the page in pixels.
    pub fn map(&self, p: [f32; 2]) -> [f32; 2] {
        let m = &self.matrix;
        let x = p[0];
        let y = p[1]
            + if self.bend[0] == 0.0 {
                0.0
            } else {
                self.bend[0] * (self.bend[1] * x + self.bend[2]).sin()
            };
        let z = 1.0 / (m[6] * x + m[7] * y + m[8]);
        [
            (m[0] * x + m[1] * y + m[2]) * z,
            (m[3] * x + m[4] * y + m[5]) * z,
        ]
    }

    /// The best linear map about `p`: value, and derivatives along x and y, measured over `step`
    /// page units.
    pub fn local(&self, p: [f32; 2], step: f32) -> Local {
        let (l, r) = (self.map([p[0] - step, p[1]]), self.map([p[0] + step, p[1]]));
        let (t, b) = (self.map([p[0], p[1] - step]), self.map([p[0], p[1] + step]));
        let s = 0.5 / step;
        Local {
            from: p,
            to: self.map(p),
            dx: [(r[0] - l[0]) * s, (r[1] - l[1]) * s],
            dy: [(b[0] - t[0]) * s, (b[1] - t[1]) * s],
        }
    }
}

/// A [`Warp`] made linear at one place.
#[derive(Clone, Copy, Debug)]
pub struct Local {
    from: [f32; 2],
    to: [f32; 2],
    /// Pixels per page unit along the page's x.
    pub dx: [f32; 2],
    /// Pixels per page unit along the page's y (downwards).
    pub dy: [f32; 2],
}

impl Local {
    /// A point near the place, in pixels.
    pub fn map(&self, p: [f32; 2]) -> [f32; 2] {
        let (x, y) = (p[0] - self.from[0], p[1] - self.from[1]);
        [
            self.to[0] + self.dx[0] * x + self.dy[0] * y,
            self.to[1] + self.dx[1] * x + self.dy[1] * y,
        ]
    }

    /// Lengths of one page unit along and across the page's x, and the angle of x, in pixels and
    /// radians.
    pub fn measure(&self) -> (f32, f32, f32) {
        let along = self.dx[0].hypot(self.dx[1]);
        let area = (self.dx[0] * self.dy[1] - self.dx[1] * self.dy[0]).abs();
        (along, area / along.max(1e-6), self.dx[1].atan2(self.dx[0]))
    }
}
