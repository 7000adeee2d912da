//! Where a picture's points are in the pictures that are made of it, and the way back.

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

/// Where a canvas or one of its tiles lies in the picture, and the way back.
///
/// ```text
/// stored --orientation--> upright --scale--> scaled --minus origin--> canvas, crop or tile
/// ```
/// A letterboxed canvas has its origin at (0, 0): the picture is at its top left, with padding
/// right of or below it. A tile of that canvas has the same scale and another origin.
///
/// A point is `[x, y]` in pixels of its picture, pixel edges at whole numbers: the middle of the
/// first pixel is (0.5, 0.5) everywhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transform {
    pub(crate) stored: [u32; 2],
    pub(crate) orientation: Orientation,
    /// Width and height of the whole upright picture at this scale.
    pub(crate) scaled: [u32; 2],
    /// Where the canvas' top left corner lies in the scaled picture.
    pub(crate) origin: [u32; 2],
    /// The canvas' width and height.
    pub(crate) canvas: [u32; 2],
}

impl Transform {
    /// The canvas' edge: its longer side. 224, 672 or 1344 for the modes.
    pub fn canvas(&self) -> u32 {
        self.canvas[0].max(self.canvas[1])
    }

    /// The canvas' width and height.
    pub fn canvas_size(&self) -> [u32; 2] {
        self.canvas
    }

    /// Where the canvas' top left corner lies in the scaled picture: (0, 0) but for crops and
    /// tiles.
    pub fn origin(&self) -> [u32; 2] {
        self.origin
    }

    /// The width and height of the whole picture at the canvas' scale: what it takes of a
    /// letterboxed canvas.
    pub fn content_size(&self) -> [u32; 2] {
        self.scaled
    }

    /// The upright picture's width and height.
    pub fn upright_size(&self) -> [u32; 2] {
        self.orientation.size(self.stored)
    }

    /// The stored picture's width and height.
    pub fn stored_size(&self) -> [u32; 2] {
        self.stored
    }

    /// The tile of this canvas whose top left corner is at `at`, `size` wide and high.
    #[must_use]
    pub fn tile(&self, at: [u32; 2], size: [u32; 2]) -> Self {
        Self {
            origin: [0, 1].map(|axis| self.origin[axis].saturating_add(at[axis])),
            canvas: size,
            ..*self
        }
    }

    /// Canvas pixels for one upright pixel, across and down. The two differ by the rounding of
    /// `content_size`.
    pub fn scale(&self) -> [f64; 2] {
        let upright = self.upright_size();
        [0, 1].map(|axis| f64::from(self.scaled[axis]) / f64::from(upright[axis]))
    }

    /// An upright point on the canvas.
    pub fn from_upright(&self, point: [f64; 2]) -> [f64; 2] {
        let (scaled, upright) = (self.scaled, self.upright_size());
        // Multiplied first, so that the corners are met exactly.
        [0, 1].map(|axis| {
            point[axis] * f64::from(scaled[axis]) / f64::from(upright[axis])
                - f64::from(self.origin[axis])
        })
    }

    /// A canvas point in the upright picture.
    pub fn to_upright(&self, point: [f64; 2]) -> [f64; 2] {
        let (scaled, upright) = (self.scaled, self.upright_size());
        [0, 1].map(|axis| {
            (point[axis] + f64::from(self.origin[axis])) * f64::from(upright[axis])
                / f64::from(scaled[axis])
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: [f64; 2], b: [f64; 2]) -> bool {
        (0..2).all(|axis| (a[axis] - b[axis]).abs() < 1e-6)
    }

    /// Every orientation of every size from 1 x 1 to 12 x 12 and of long ones, whole and as a tile.
    #[test]
    fn there_and_back_in_every_orientation_size_and_tile() {
        let small = (1..=12).flat_map(|width| (1..=12).map(move |height| [width, height]));
        let long = [
            [1, 20_000],
            [3000, 24],
            [1080, 8520],
            [4960, 7016],
            [65_535, 7],
        ];
        for stored in small.chain(long) {
            for orientation in Orientation::ALL {
                for scaled in [[1, 1], [224, 97], [1344, 1344]] {
                    let whole = Transform {
                        stored,
                        orientation,
                        scaled,
                        origin: [0, 0],
                        canvas: [1344; 2],
                    };
                    check(&whole);
                    check(&whole.tile([520, 664], [672, 672]));
                    check(
                        &whole
                            .tile([520, 0], [672, 672])
                            .tile([100, 100], [448, 448]),
                    );
                }
            }
        }
    }

    fn check(transform: &Transform) {
        let stored = transform.stored.map(f64::from);
        let corners = [
            [0.0, 0.0],
            stored,
            [stored[0], 0.0],
            [0.5, 0.5],
            [stored[0] / 3.0, 0.25],
        ];
        for point in corners {
            let canvas = transform.from_stored(point);
            assert!(
                near(transform.to_stored(canvas), point),
                "{transform:?} {point:?}"
            );
            let upright = transform.orientation.apply(point, transform.stored);
            assert!(
                near(transform.to_upright(canvas), upright),
                "{transform:?} {point:?}"
            );
            assert!(near(transform.from_upright(upright), canvas));
        }
        // The corners of the stored picture are those of the scaled one, moved by the origin.
        let rect = Rect::around(
            transform.from_stored([0.0, 0.0]),
            transform.from_stored(stored),
        );
        let origin = transform.origin.map(f64::from);
        assert!(near([rect.x0, rect.y0], origin.map(|side| -side)));
        let end = [0, 1].map(|axis| f64::from(transform.scaled[axis]) - origin[axis]);
        assert!(near([rect.x1, rect.y1], end));
        let back = transform.rect_to_stored(rect);
        assert!(near([back.x0, back.y0], [0.0, 0.0]) && near([back.x1, back.y1], stored));
    }

    #[test]
    fn a_tile_is_its_canvas_moved() {
        let canvas = Transform {
            stored: [1000, 800],
            orientation: Orientation::Rotate90,
            scaled: [1075, 1344],
            origin: [0, 0],
            canvas: [1344; 2],
        };
        let tile = canvas.tile([403, 672], [672, 672]);
        assert_eq!(
            (tile.origin(), tile.canvas_size()),
            ([403, 672], [672, 672])
        );
        assert!(near(
            tile.to_stored([10.0, 20.0]),
            canvas.to_stored([413.0, 692.0])
        ));
        let point = tile.from_stored([5.0, 5.0]);
        assert!(near(
            [point[0] + 403.0, point[1] + 672.0],
            canvas.from_stored([5.0, 5.0])
        ));
    }
}
