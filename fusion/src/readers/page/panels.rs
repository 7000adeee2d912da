//! Panels: two sides of a page whose lines stand at heights of their own.
use super::rules::columns::{ALIGNED, IN_ROWS, LEVEL, MOST, PANEL};
use super::strips::{Strip, median};

/// Whether both sides are panels, as of a flyer with its day and place in a strip at the side:
/// lines that begin, end or are centred in one line, with whatever gaps, few of which stand in a
/// row with one of the other side.
pub(super) fn are_panels(left: &[Strip], right: &[Strip]) -> bool {
    is_panel(left) && is_panel(right) && are_apart(left, right) && !take_turns(left, right)
}

/// Whether most lines of the shorter side have none beside them, as the bubbles of a chat.
fn take_turns(left: &[Strip], right: &[Strip]) -> bool {
    let (few, many) = shorter_first(left, right);
    let beside = |a: &Strip, b: &Strip| (a.y - b.y).abs() <= a.height.max(b.height);
    let alone = few.iter().filter(|a| !many.iter().any(|b| beside(a, b)));
    alone.count() as f64 > (1.0 - MOST) * few.len() as f64
}

/// The side with fewer lines, then the other.
fn shorter_first<'a>(left: &'a [Strip], right: &'a [Strip]) -> (&'a [Strip], &'a [Strip]) {
    if left.len() <= right.len() {
        (left, right)
    } else {
        (right, left)
    }
}

/// Whether enough lines begin, end or are centred in one line.
fn is_panel(lines: &[Strip]) -> bool {
    let height = median(&mut lines.iter().map(|l| l.height).collect::<Vec<_>>());
    let edges: [fn(&Strip) -> f64; 3] = [|l| l.x0, |l| f64::midpoint(l.x0, l.x1), |l| l.x1];
    let aligned = |edge: fn(&Strip) -> f64| {
        let at = median(&mut lines.iter().map(edge).collect::<Vec<_>>());
        let near = |l: &&Strip| (edge(l) - at).abs() <= ALIGNED * height;
        lines.iter().filter(near).count() as f64 >= MOST * lines.len() as f64
    };
    lines.len() >= PANEL && edges.into_iter().any(aligned)
}

/// Whether few lines stand in a row with one of the other side.
pub(super) fn are_apart(left: &[Strip], right: &[Strip]) -> bool {
    let (few, many) = shorter_first(left, right);
    let level = |a: &Strip, b: &Strip| (a.y - b.y).abs() <= LEVEL * a.height.min(b.height);
    let in_rows = few.iter().filter(|a| many.iter().any(|b| level(a, b)));
    in_rows.count() as f64 <= IN_ROWS * few.len() as f64
}
