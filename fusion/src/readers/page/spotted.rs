//! What a spotter read, on the canvas: which lines are print, their order, and boxes around them.
use super::columns::{Place, by_columns};
use super::rules::{LEGIBLE, LEGIBLE_ALONE, ROW};
use foveate_vision::{Quad, Rect, Spotted, SpottedChar, SpottedLine, Transform};

/// Whether a line is print by [`LEGIBLE`].
pub(super) fn is_legible(line: &SpottedLine) -> bool {
    let alone = line.chars.iter().filter(|c| !is_space(c)).count() == 1;
    // A stroke by itself is a rule or an axis, not print.
    let says = |c: char| c.is_alphanumeric() || "&+@#%$€£".contains(c);
    let least = if alone { LEGIBLE_ALONE } else { LEGIBLE };
    line.confidence >= least && (!alone || line.text.chars().any(says))
}

fn is_space(char: &SpottedChar) -> bool {
    char.ch.trim().is_empty()
}

/// The lines in reading order: columns of running text one after another, everything else by rows
/// of the canvas and from the left within one, as glyphs are sorted.
pub(super) fn in_order<'s>(spotted: &'s Spotted, transform: &Transform) -> Vec<&'s SpottedLine> {
    let first = |line: &SpottedLine| {
        let [x, y] = centre(
            line.chars.first().map_or(&line.quad, |c| &c.quad),
            transform,
        );
        ((y / ROW).floor(), x)
    };
    let mut lines: Vec<_> = spotted.lines.iter().collect();
    lines.sort_by(|a, b| {
        let (a, b) = (first(a), first(b));
        a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    let places: Vec<Place> = lines.iter().map(|l| place(&l.quad, transform)).collect();
    by_columns(&places).into_iter().map(|i| lines[i]).collect()
}

/// Where a line's quadrilateral is, from the beginning of its text to the end.
fn place(quad: &Quad, transform: &Transform) -> Place {
    let [a, b, c, d] = canvas_corners(quad, transform);
    let middle = |p: [f64; 2], q: [f64; 2]| [0, 1].map(|axis| f64::midpoint(p[axis], q[axis]));
    Place {
        left: middle(a, d),
        right: middle(b, c),
        height: (d[0] - a[0]).hypot(d[1] - a[1]),
    }
}

pub(super) fn canvas_corners(quad: &Quad, transform: &Transform) -> [[f64; 2]; 4] {
    quad.map(|[x, y]| transform.from_upright([f64::from(x), f64::from(y)]))
}

pub(super) fn centre(quad: &Quad, transform: &Transform) -> [f64; 2] {
    let corners = canvas_corners(quad, transform);
    [0, 1].map(|axis| corners.iter().map(|c| c[axis]).sum::<f64>() / 4.0)
}

/// The smallest box around a quadrilateral, in canvas pixels.
pub(super) fn around(quad: &Quad, transform: &Transform) -> Rect {
    let corners = canvas_corners(quad, transform).into_iter();
    let points = corners.map(|corner| Rect::around(corner, corner));
    points.reduce(crate::grounding::union).unwrap_or_default()
}
