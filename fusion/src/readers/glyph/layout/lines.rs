//! The order of image tokens: chains of neighbours, so that on a line the next token is the next
//! glyph (`models/FORMAT.md`).
use crate::readers::glyph::rules::ReadingOrder;
use std::ops::Range;

/// Indices of the glyphs (cx, cy, w, h in canvas pixels) in order.
pub fn order(glyphs: &[[f32; 4]], rules: &ReadingOrder) -> Vec<usize> {
    let after = links(glyphs, rules);
    let mut first = vec![true; glyphs.len()];
    for next in after.iter().flatten() {
        first[*next] = false;
    }
    let mut heads: Vec<usize> = (0..glyphs.len()).filter(|&i| first[i]).collect();
    let row = |i: usize| (glyphs[i][1] / rules.row).floor();
    // Stable: of equals the earlier one stays first.
    heads.sort_by(|&a, &b| {
        row(a)
            .total_cmp(&row(b))
            .then(glyphs[a][0].total_cmp(&glyphs[b][0]))
    });
    let mut out = Vec::with_capacity(glyphs.len());
    for head in heads {
        let mut at = Some(head);
        while let Some(i) = at {
            out.push(i);
            at = after[i];
        }
    }
    out
}

/// The lines of glyphs that are in [`order`]: runs in which each is followed by the next.
pub fn runs(glyphs: &[[f32; 4]], rules: &ReadingOrder) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    let after = links(glyphs, rules);
    for i in 0..glyphs.len() {
        match out.last_mut() {
            Some(run) if after[i - 1] == Some(i) => run.end += 1,
            _ => out.push(i..i + 1),
        }
    }
    out
}

/// For each glyph the one after it on its line: each is the other's nearest.
fn links(glyphs: &[[f32; 4]], rules: &ReadingOrder) -> Vec<Option<usize>> {
    let n = glyphs.len();
    let (mut after, mut before) = (vec![(f32::INFINITY, 0); n], vec![(f32::INFINITY, 0); n]);
    for (i, &a) in glyphs.iter().enumerate() {
        for (j, &b) in glyphs.iter().enumerate() {
            let Some(cost) = cost(a, b, rules) else {
                continue;
            };
            // Strictly less, and both loops ascend: of equals the first stays.
            if cost < after[i].0 {
                after[i] = (cost, j);
            }
            if cost < before[j].0 {
                before[j] = (cost, i);
            }
        }
    }
    (0..n)
        .map(|i| after[i])
        .enumerate()
        .map(|(i, (cost, j))| (cost.is_finite() && before[j].1 == i).then_some(j))
        .collect()
}

/// The white space between a glyph and the next on its line, in canvas pixels.
pub fn gap(a: [f32; 4], b: [f32; 4]) -> f32 {
    (b[0] - b[2] / 2.0) - (a[0] + a[2] / 2.0)
}

/// How far `b` is as the next glyph after `a`, if it may be that.
fn cost(a: [f32; 4], b: [f32; 4], rules: &ReadingOrder) -> Option<f32> {
    let (dx, dy) = (b[0] - a[0], (b[1] - a[1]).abs());
    let (small, big) = (a[3].min(b[3]), a[3].max(b[3]));
    let near = dx > 0.0
        && dy < rules.drift * small
        && big < rules.growth * small
        && gap(a, b) < rules.gap * small;
    near.then_some(dx + 2.0 * dy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::glyph::rules::Rules;

    fn order(glyphs: &[[f32; 4]]) -> Vec<usize> {
        super::order(glyphs, &Rules::default().order)
    }

    fn runs(glyphs: &[[f32; 4]]) -> Vec<Range<usize>> {
        super::runs(glyphs, &Rules::default().order)
    }

    #[test]
    fn a_tilted_line_stays_one() {
        // 40 glyphs that climb 60 px, between two lines of the same tilt 18 px above and below.
        let line = |y: f32| (0..40).map(move |i| [10.0 * i as f32, y - 1.5 * i as f32, 9.0, 14.0]);
        let glyphs: Vec<_> = line(118.0).chain(line(100.0)).chain(line(136.0)).collect();
        let wanted: Vec<usize> = (40..80).chain(0..40).chain(80..120).collect();
        assert_eq!(order(&glyphs), wanted);
    }

    #[test]
    fn columns_and_sizes_part_lines() {
        let glyphs = [
            [100.0, 10.0, 8.0, 12.0], // right column: the gap is wider than an em
            [10.0, 11.0, 8.0, 12.0],
            [20.0, 11.0, 8.0, 12.0],
            [30.0, 11.0, 20.0, 40.0], // far larger
            [110.0, 10.0, 8.0, 12.0],
        ];
        assert_eq!(order(&glyphs), [1, 2, 3, 0, 4]);
        assert_eq!(order(&[]), [0usize; 0]);
        let sorted = [1, 2, 3, 0, 4].map(|i: usize| glyphs[i]);
        assert_eq!(runs(&sorted), [0..2, 2..3, 3..5]);
        assert_eq!(runs(&[]), [] as [Range<usize>; 0]);
    }
}
