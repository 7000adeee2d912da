use crate::Orientation;

/// An upright rectangle; pixel edges are at whole numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x0: f64,
    /// Top edge.
    pub y0: f64,
    /// Right edge.
    pub x1: f64,
    /// Bottom edge.
    pub y1: f64,
}

impl Rect {
    /// The smallest rectangle around two opposite corners, whichever they are.
    pub fn around(a: [f64; 2], b: [f64; 2]) -> Self {
        Self {
            x0: a[0].min(b[0]),
            y0: a[1].min(b[1]),
            x1: a[0].max(b[0]),
            y1: a[1].max(b[1]),
        }
    }

    /// The part inside a picture of this width and height (of no area when it lies outside).
    pub fn within(self, [width, height]: [u32; 2]) -> Self {
        let [width, height] = [width, height].map(f64::from);
        Self {
            x0: self.x0.clamp(0.0, width),
            y0: self.y0.clamp(0.0, height),
            x1: self.x1.clamp(0.0, width),
            y1: self.y1.clamp(0.0, height),
        }
    }
}

/// Where a picture lies on its canvas, and the way back.
///
/// ```text
/// stored  --orientation-->  upright  --scale-->  canvas (the picture at the top left, padding right of or below it)
/// ```
/// A point is `[x, y]` in pixels of its picture, pixel edges at whole numbers: the middle of the first pixel is
/// (0.5, 0.5) in all three.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    pub(crate) stored: [u32; 2],
    pub(crate) orientation: Orientation,
    pub(crate) content: [u32; 2],
    pub(crate) canvas: u32,
}

impl Placement {
    /// The canvas' edge: 224, 672 or 1344.
    pub fn canvas(&self) -> u32 {
        self.canvas
    }

    /// The width and height that the picture takes of the canvas.
    pub fn content_size(&self) -> [u32; 2] {
        self.content
    }

    /// The upright picture's width and height.
    pub fn upright_size(&self) -> [u32; 2] {
        self.orientation.size(self.stored)
    }

    /// The stored picture's width and height.
    pub fn stored_size(&self) -> [u32; 2] {
        self.stored
    }

    /// Canvas pixels for one upright pixel, across and down. The two differ by the rounding of `content_size`.
    pub fn scale(&self) -> [f64; 2] {
        let upright = self.upright_size();
        [0, 1].map(|axis| f64::from(self.content[axis]) / f64::from(upright[axis]))
    }

    /// An upright point on the canvas.
    pub fn from_upright(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let ([width, height], upright) = (self.content, self.upright_size());
        // Multiplied first, so that the corners are met exactly.
        [
            x * f64::from(width) / f64::from(upright[0]),
            y * f64::from(height) / f64::from(upright[1]),
        ]
    }

    /// A canvas point in the upright picture.
    pub fn to_upright(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let ([width, height], upright) = (self.content, self.upright_size());
        [
            x * f64::from(upright[0]) / f64::from(width),
            y * f64::from(upright[1]) / f64::from(height),
        ]
    }

    /// A stored point on the canvas.
    pub fn from_stored(&self, point: [f64; 2]) -> [f64; 2] {
        self.from_upright(self.orientation.apply(point, self.stored))
    }

    /// A canvas point in the stored picture.
    pub fn to_stored(&self, point: [f64; 2]) -> [f64; 2] {
        self.orientation.undo(self.to_upright(point), self.stored)
    }

    /// A canvas rectangle in the upright picture, cut to it.
    pub fn rect_to_upright(&self, rect: Rect) -> Rect {
        let corners =
            [[rect.x0, rect.y0], [rect.x1, rect.y1]].map(|corner| self.to_upright(corner));
        Rect::around(corners[0], corners[1]).within(self.upright_size())
    }

    /// A canvas rectangle in the stored picture, cut to it.
    pub fn rect_to_stored(&self, rect: Rect) -> Rect {
        let corners = [[rect.x0, rect.y0], [rect.x1, rect.y1]].map(|corner| self.to_stored(corner));
        Rect::around(corners[0], corners[1]).within(self.stored)
    }
}
