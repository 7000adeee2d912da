//! Lines as reading order has them.
use super::rules::columns::PITCH;

/// A line on a page that was turned upright.
#[derive(Debug, Clone, Copy)]
pub(super) struct Strip {
    /// Its rank when read by rows.
    pub rank: usize,
    pub x0: f64,
    pub x1: f64,
    pub y: f64,
    pub height: f64,
}

/// Whether a line is no farther from the one above than in running text.
pub(super) fn is_near(above: &Strip, line: &Strip) -> bool {
    line.y - above.y <= PITCH * above.height.max(line.height)
}

/// The middle one, 0 of none.
pub(super) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
