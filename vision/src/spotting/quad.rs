//! Quadrilaterals: the smallest rectangle around points, grown, its corners in order.
//!
//! What OpenCV's `minAreaRect` and Clipper's `ClipperOffset` (6.4, round joins) give, to their
//! rounding: a pixel more or less in a crop changes letters.
use std::f64::consts::{PI, TAU};

/// The corners of a place in a picture, [x, y] in its pixels; (0, 0) is the outer corner of the
/// first pixel. They go clockwise from the corner where the text's first line begins: top left, top
/// right, bottom right, bottom left **as the text is read**. Of text that stands upside down the
/// first corner is the one at the picture's lower right.
pub type Quad = [[f32; 2]; 4];

/// A point of a mask or picture.
type Point = [f64; 2];

/// The convex hull of points, clockwise as seen on a screen, without points on its edges (Andrew's
/// monotone chain).
pub(crate) fn hull(points: &mut Vec<[i32; 2]>) -> Vec<[i32; 2]> {
    points.sort_unstable();
    points.dedup();
    if points.len() < 3 {
        return points.clone();
    }
    let mut chain = Vec::new();
    half(&mut chain, points.iter());
    chain.pop();
    let start = chain.len();
    half(&mut chain, points.iter().rev());
    debug_assert!(chain.len() > start, "the way back has points of its own");
    chain.pop();
    chain
}

/// One half of a hull, behind what `chain` holds.
fn half<'a>(chain: &mut Vec<[i32; 2]>, points: impl Iterator<Item = &'a [i32; 2]>) {
    let start = chain.len();
    for &point in points {
        while chain.len() >= start + 2
            && turn(chain[chain.len() - 2], chain[chain.len() - 1], point) <= 0
        {
            chain.pop();
        }
        chain.push(point);
    }
}

/// Over 0 where the way from `a` over `b` to `c` turns right, seen on a screen.
fn turn(a: [i32; 2], b: [i32; 2], c: [i32; 2]) -> i64 {
    let [[ax, ay], [bx, by], [cx, cy]] = [a, b, c].map(|point| point.map(i64::from));
    (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
}

/// A rectangle that may stand askew.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rectangle {
    /// Clockwise from the top left one ([`ordered`]).
    pub(crate) corners: [Point; 4],
    pub(crate) shorter: f64,
}

/// The rectangle of least area around a convex hull; one of its sides lies on a side of the hull
/// (Freeman and Shapira, "Determining the minimum-area encasing rectangle for an arbitrary closed
/// curve", 1975). Of equal ones the one that is turned most. `None` where the hull has no area.
pub(crate) fn smallest_rectangle(hull: &[[i32; 2]]) -> Option<Rectangle> {
    if hull.len() < 3 {
        return None;
    }
    let hull: Vec<Point> = hull.iter().map(|point| point.map(f64::from)).collect();
    let mut angles: Vec<Point> = sides(&hull).filter_map(direction).collect();
    angles.sort_by(|a, b| (a[1] / a[0]).total_cmp(&(b[1] / b[0])));
    let around = angles.iter().map(|angle| Span::new(&hull, *angle));
    let smallest = around.reduce(|best, next| {
        // Areas are whole numbers over whole numbers: less than this apart they are equal.
        let limit = best.area() + 1e-9 * best.area().max(1.0);
        if next.area() <= limit { next } else { best }
    });
    smallest.map(|span| span.rectangle())
}

fn sides(hull: &[Point]) -> impl Iterator<Item = [Point; 2]> + '_ {
    let next = hull.iter().cycle().skip(1);
    hull.iter().zip(next).map(|(a, b)| [*a, *b])
}

/// The unit vector along a side or square to it, whichever points to the right and down (less than
/// straight down).
fn direction([a, b]: [Point; 2]) -> Option<Point> {
    let [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    let length = dx.hypot(dy);
    if length == 0.0 {
        return None;
    }
    let [mut x, mut y] = [dx / length, dy / length];
    while !(x > 0.0 && y >= 0.0) {
        [x, y] = [-y, x];
    }
    Some([x, y])
}

/// How far points reach along a direction and square to it.
struct Span {
    axis: Point,
    along: [f64; 2],
    across: [f64; 2],
}

impl Span {
    fn new(points: &[Point], axis: Point) -> Self {
        let reach = |axis: Point| {
            let places = points.iter().map(|p| p[0] * axis[0] + p[1] * axis[1]);
            places.fold([f64::INFINITY, f64::NEG_INFINITY], |[least, most], at| {
                [least.min(at), most.max(at)]
            })
        };
        Self {
            axis,
            along: reach(axis),
            across: reach([-axis[1], axis[0]]),
        }
    }

    fn area(&self) -> f64 {
        (self.along[1] - self.along[0]) * (self.across[1] - self.across[0])
    }

    fn rectangle(&self) -> Rectangle {
        let [x, y] = self.axis;
        // To float32 as OpenCV's: what is a rounding error under a whole pixel must not be
        // truncated to the one before.
        let single = |value: f64| f64::from(value as f32);
        let corner =
            |along: f64, across: f64| [along * x - across * y, along * y + across * x].map(single);
        let ([a0, a1], [b0, b1]) = (self.along, self.across);
        Rectangle {
            corners: ordered([
                corner(a0, b0),
                corner(a1, b0),
                corner(a1, b1),
                corner(a0, b1),
            ]),
            shorter: (a1 - a0).min(b1 - b0),
        }
    }
}

/// Corners clockwise from the top left: of the two leftmost the upper one is top left, of the
/// others the upper one top right.
pub(crate) fn ordered(mut corners: [Point; 4]) -> [Point; 4] {
    corners.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let [a, b, c, d] = corners;
    let [top_left, bottom_left] = if b[1] > a[1] { [a, b] } else { [b, a] };
    let [top_right, bottom_right] = if d[1] > c[1] { [c, d] } else { [d, c] };
    [top_left, top_right, bottom_right, bottom_left]
}

/// The hull of a rectangle grown by `ratio` times its area over its perimeter on every side, with
/// round corners; whole pixels. Empty where it has no area.
pub(crate) fn grown(corners: [Point; 4], ratio: f64) -> Vec<[i32; 2]> {
    let distance = area(&corners) * ratio / perimeter(&corners);
    let whole = corners.map(|corner| corner.map(f64::trunc));
    if !distance.is_finite() || area(&whole) == 0.0 {
        return Vec::new();
    }
    let normals = normals(whole);
    let mut points = Vec::new();
    for (i, corner) in whole.into_iter().enumerate() {
        arc(
            corner,
            normals[(i + 3) % 4],
            normals[i],
            distance,
            &mut points,
        );
    }
    hull(&mut points)
}

/// The outer unit normal of each side; a side without length has that of the one before.
fn normals(corners: [Point; 4]) -> [Point; 4] {
    let mut normals = [[0.0, 0.0]; 4];
    for i in 0..8 {
        let ([ax, ay], [bx, by]) = (corners[i % 4], corners[(i + 1) % 4]);
        let length = (bx - ax).hypot(by - ay);
        normals[i % 4] = match length {
            0.0 => normals[(i + 3) % 4],
            length => [(by - ay) / length, (ax - bx) / length],
        };
    }
    normals
}

/// Points on the arc around a corner from one normal to the next, as Clipper sets them: a quarter
/// of a pixel off at most.
fn arc(corner: Point, from: Point, to: Point, distance: f64, points: &mut Vec<[i32; 2]>) {
    let tolerance = (distance * 0.25).min(0.25);
    let steps = (PI / (1.0 - tolerance / distance).acos()).min(distance * PI);
    let sine = from[0] * to[1] - to[0] * from[1];
    let angle = sine.atan2(from[0] * to[0] + from[1] * to[1]);
    let count = ((steps / TAU * angle.abs()).round() as usize).max(1);
    let (sin, cos) = (TAU / steps).sin_cos();
    let mut put = |[x, y]: Point| {
        let at = |middle: f64, way: f64| (middle + way * distance).round() as i32;
        points.push([at(corner[0], x), at(corner[1], y)]);
    };
    let [mut x, mut y] = from;
    for _ in 0..count {
        put([x, y]);
        [x, y] = [x * cos - sin * y, x * sin + y * cos];
    }
    put(to);
}

fn area(corners: &[Point]) -> f64 {
    let doubled: f64 = sides(corners).map(|[a, b]| a[0] * b[1] - b[0] * a[1]).sum();
    (doubled / 2.0).abs()
}

fn perimeter(corners: &[Point]) -> f64 {
    sides(corners)
        .map(|[a, b]| (b[0] - a[0]).hypot(b[1] - a[1]))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PENTAGON: [[i32; 2]; 5] = [[10, 10], [60, 22], [58, 40], [8, 29], [30, 33]];

    fn near(found: [Point; 4], wanted: [Point; 4]) {
        let pairs = found.iter().flatten().zip(wanted.iter().flatten());
        for (found_at, wanted_at) in pairs {
            assert!(
                (found_at - wanted_at).abs() < 1e-3,
                "{found:?}, not {wanted:?}"
            );
        }
    }

    /// From `get_mini_boxes` and `unclip` of RapidOCR 3.10.0.
    #[test]
    fn rectangles_are_opencvs_and_grow_as_clippers() {
        let smallest = smallest_rectangle(&hull(&mut PENTAGON.to_vec())).unwrap();
        let wanted = [
            [10.0, 10.0],
            [62.079_361, 21.457_458],
            [58.0, 40.0],
            [5.920_642, 28.542_542],
        ];
        near(smallest.corners, wanted);
        assert!((smallest.shorter - 18.985_968).abs() < 1e-3);
        let grown = smallest_rectangle(&grown(smallest.corners, 1.6)).unwrap();
        let wanted = [
            [0.644_088_7, -4.344_732],
            [75.648_148, 12.637_316],
            [66.427_689, 53.360_985],
            [-8.576_363, 36.378_937],
        ];
        near(grown.corners, wanted);
    }

    #[test]
    fn an_upright_rectangle_is_itself() {
        let corners = [[3, 4], [9, 4], [9, 7], [3, 7]];
        let mut points = corners.to_vec();
        points.extend([[5, 4], [5, 6], [9, 5], [3, 4]]);
        assert_eq!(hull(&mut points).len(), 4);
        let smallest = smallest_rectangle(&hull(&mut points)).unwrap();
        assert_eq!(
            smallest.corners,
            corners.map(|corner| corner.map(f64::from))
        );
        assert_eq!(smallest.shorter, 3.0);
    }

    #[test]
    fn what_has_no_area_has_no_rectangle() {
        for points in [
            &[][..],
            &[[1, 1]],
            &[[1, 1], [5, 5]],
            &[[1, 1], [3, 3], [5, 5]],
        ] {
            assert!(
                smallest_rectangle(&hull(&mut points.to_vec())).is_none(),
                "{points:?}"
            );
        }
        assert!(grown([[1.0, 1.0], [9.0, 1.0], [9.0, 1.0], [1.0, 1.0]], 1.6).is_empty());
        assert!(grown([[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]], 1.6).is_empty());
    }
}
