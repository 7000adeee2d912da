//! Columns and blocks are read one after another; everything else by rows.
//!
//! A recursive cut (Nagy and Seth 1984, "Hierarchical representation of optically scanned
//! documents") that only parts what is surely no table: the longest run of lines that a gutter
//! leaves whole, with running text on both sides of it, or with blocks or panels whose lines stand
//! at heights of their own. Cells of tables, receipts and timetables stand in rows, and stay so.
use super::cells::cells;
use super::panels::{are_apart, are_panels};
use super::rules::columns::{APART, BESIDE, FULL, GUTTER, LINES, LONG, MOST, NEXT};
use super::strips::{Strip, is_near, median};
use std::collections::HashSet;

/// A line's place, in any unit; y goes down.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Ends of the line in the middle of its height.
    pub left: [f64; 2],
    pub right: [f64; 2],
    pub height: f64,
}

/// Ranks of the lines, which are given by rows, in reading order.
pub(super) fn by_columns(rows: &[Place]) -> Vec<usize> {
    let mut ordered = Vec::with_capacity(rows.len());
    read(upright(rows), &mut ordered);
    ordered
}

/// The lines, turned by the angle that their middle one stands at.
fn upright(rows: &[Place]) -> Vec<Strip> {
    let slope = |p: &Place| (p.right[1] - p.left[1]).atan2(p.right[0] - p.left[0]);
    let mut slopes: Vec<f64> = rows.iter().map(slope).collect();
    let (sin, cos) = median(&mut slopes).sin_cos();
    let turn = |[x, y]: [f64; 2]| [x * cos + y * sin, y * cos - x * sin];
    let strip = |(rank, place): (usize, &Place)| {
        let [left, right] = [place.left, place.right].map(turn);
        Strip {
            rank,
            x0: left[0].min(right[0]),
            x1: left[0].max(right[0]),
            y: f64::midpoint(left[1], right[1]),
            height: place.height,
        }
    };
    rows.iter().enumerate().map(strip).collect()
}

/// Adds the ranks of the lines in reading order.
fn read(mut lines: Vec<Strip>, ordered: &mut Vec<usize>) {
    lines.sort_by(|a, b| a.y.total_cmp(&b.y));
    let Some(Columns { from, to, gutter }) = columns(&lines) else {
        return read_cells(lines, ordered);
    };
    let below = lines.split_off(to);
    let (left, right) = lines
        .split_off(from)
        .into_iter()
        .partition(|l| l.x1 <= gutter);
    for part in [lines, left, right, below] {
        read(part, ordered);
    }
}

/// Adds the ranks of lines that are not in columns: cells one after another, the others by rows.
fn read_cells(mut lines: Vec<Strip>, ordered: &mut Vec<usize>) {
    let Some(found) = cells(&lines) else {
        lines.sort_by_key(|line| line.rank);
        ordered.extend(lines.iter().map(|line| line.rank));
        return;
    };
    let below = lines.split_off(found.to);
    lines.truncate(found.from);
    read(lines, ordered);
    ordered.extend(found.cells.iter().flatten().map(|line| line.rank));
    read(below, ordered);
}

/// Lines from the top that a gutter leaves whole.
struct Columns {
    from: usize,
    to: usize,
    /// Where it begins.
    gutter: f64,
}

/// The most lines in a row, from the top, that are two columns; `None` without any.
fn columns(lines: &[Strip]) -> Option<Columns> {
    let height = median(&mut lines.iter().map(|l| l.height).collect::<Vec<_>>());
    let mut best: Option<Columns> = None;
    let kinds: [(f64, Sides); 3] = [
        (GUTTER, are_running),
        (APART, are_blocks),
        (APART, are_panels),
    ];
    // Aligned lines end at one place: it is looked at once.
    let mut seen = HashSet::new();
    let ends = lines.iter().map(|line| line.x1);
    let gutters = ends.filter(|end| seen.insert(end.to_bits()));
    for (gutter, kind) in gutters.flat_map(|end| kinds.map(|kind| (end, kind))) {
        let (width, fit) = (kind.0 * height, kind.1);
        let whole = |line: &Strip| line.x1 <= gutter || line.x0 >= gutter + width;
        let mut at = 0;
        for run in lines.chunk_by(|a, b| whole(a) == whole(b)) {
            for (from, part) in parts(run) {
                let longest = best.as_ref().is_none_or(|b| b.to - b.from < part.len());
                if longest && whole(&part[0]) && are_beside(part, gutter, fit) {
                    let from = at + from;
                    let to = from + part.len();
                    best = Some(Columns { from, to, gutter });
                }
            }
            at += run.len();
        }
    }
    best
}

/// All of a run of lines, and the parts of it that stand apart from each other; with where each
/// begins.
fn parts(run: &[Strip]) -> impl Iterator<Item = (usize, &[Strip])> {
    let blocks = run.chunk_by(is_near).scan(0, |at, block| {
        let from = *at;
        *at += block.len();
        Some((from, block))
    });
    std::iter::once((0, run)).chain(blocks)
}

/// What is asked of the lines on the left and on the right of a gutter, from the top.
type Sides = fn(&[Strip], &[Strip]) -> bool;

/// Whether the lines on both sides of a gutter stand side by side, and are `fit`.
fn are_beside(lines: &[Strip], gutter: f64, fit: Sides) -> bool {
    let (left, right): (Vec<Strip>, Vec<Strip>) =
        lines.iter().copied().partition(|l| l.x1 <= gutter);
    let ends = |part: &[Strip]| Some((part.first()?.y, part.last()?.y));
    let (Some(a), Some(b)) = (ends(&left), ends(&right)) else {
        return false;
    };
    let beside = a.1.min(b.1) - a.0.max(b.0);
    let shorter = (a.1 - a.0).min(b.1 - b.0);
    beside >= BESIDE * shorter && fit(&left, &right)
}

/// Whether both sides are running text.
fn are_running(left: &[Strip], right: &[Strip]) -> bool {
    is_running(left) && is_running(right)
}

/// Whether both sides are blocks: lines close together, few of which stand in a row with one of
/// the other side.
fn are_blocks(left: &[Strip], right: &[Strip]) -> bool {
    is_block(left) && is_block(right) && are_apart(left, right)
}

/// Whether lines, from the top, are more than one row and close together.
fn is_block(lines: &[Strip]) -> bool {
    let pairs = || lines.windows(2).map(|pair| (&pair[0], &pair[1]));
    let is_next = |(a, b): (&Strip, &Strip)| b.y - a.y > NEXT * a.height.min(b.height);
    pairs().any(is_next) && pairs().all(|(a, b)| is_near(a, b))
}

/// Whether lines, from the top, are running text: long, close together, and most as wide as their
/// column.
fn is_running(lines: &[Strip]) -> bool {
    if lines.len() < LINES {
        return false;
    }
    let width = |line: &Strip| line.x1 - line.x0;
    let widest = lines.iter().map(width).fold(0.0, f64::max);
    let fits = |l: &&Strip| width(l) >= LONG * l.height && width(l) >= FULL * widest;
    let near = |pair: &&[Strip]| is_near(&pair[0], &pair[1]);
    let share = |count: usize, of: usize| count as f64 >= MOST * of as f64;
    share(lines.iter().filter(fits).count(), lines.len())
        && share(lines.windows(2).filter(near).count(), lines.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of this width at x, y, 20 high.
    fn line(x: f64, y: f64, width: f64) -> Place {
        Place {
            left: [x, y],
            right: [x + width, y],
            height: 20.0,
        }
    }

    /// The same page turned about its corner, by rows of 16.
    fn turned(page: &[Place], degrees: f64) -> Vec<Place> {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let turn = |[x, y]: [f64; 2]| [x * cos - y * sin, x * sin + y * cos];
        let place = |p: &Place| Place {
            left: turn(p.left),
            right: turn(p.right),
            ..*p
        };
        page.iter().map(place).collect()
    }

    /// The page by rows, and then in reading order: the place of each line as it was given.
    fn order(mut page: Vec<(usize, Place)>) -> Vec<usize> {
        let row = |p: &Place| (p.left[1] / 16.0).floor();
        page.sort_by(|(_, a), (_, b)| {
            let rows = row(a).total_cmp(&row(b));
            rows.then(a.left[0].total_cmp(&b.left[0]))
        });
        let rows: Vec<Place> = page.iter().map(|(_, place)| *place).collect();
        by_columns(&rows).into_iter().map(|i| page[i].0).collect()
    }

    fn given(page: Vec<Place>) -> Vec<usize> {
        order(page.into_iter().enumerate().collect())
    }

    /// Columns of `lines` lines each, 260 wide with a gutter of 20, one after another.
    fn text(columns: usize, lines: usize, top: f64) -> Vec<Place> {
        let at = |i: usize| {
            let (column, line_of) = (i / lines, i % lines);
            let last = if line_of + 1 == lines { 90.0 } else { 260.0 };
            // Columns need not stand on the same lines.
            let y = top + 26.0 * line_of as f64 + 9.0 * column as f64;
            line(280.0 * column as f64, y, last)
        };
        (0..columns * lines).map(at).collect()
    }

    #[test]
    fn columns_of_running_text_are_read_one_after_another() {
        for columns in [2, 3] {
            for degrees in [0.0, 2.0, -3.0] {
                let page = turned(&text(columns, 8, 100.0), degrees);
                assert_eq!(
                    given(page),
                    (0..columns * 8).collect::<Vec<_>>(),
                    "{columns} {degrees}"
                );
            }
        }
    }

    #[test]
    fn blocks_at_heights_of_their_own_are_read_one_after_another() {
        // Names of some bands, and beside them what it costs, set lower and closer.
        let mut page = vec![line(100.0, 10.0, 300.0)];
        page.extend([0.0, 30.0, 60.0, 90.0].map(|y| line(0.0, 60.0 + y, 130.0)));
        page.extend([0.0, 25.0, 50.0].map(|y| line(250.0, 72.0 + y, 90.0)));
        assert_eq!(given(page), (0..8).collect::<Vec<_>>());
        // The same, level: labels and what they say, with one line of the left broken.
        let mut rows = Vec::new();
        for y in [60.0, 90.0, 120.0] {
            rows.extend([line(0.0, y, 130.0), line(250.0, y + 2.0, 90.0)]);
        }
        rows.push(line(0.0, 150.0, 60.0));
        assert_eq!(given(rows), (0..7).collect::<Vec<_>>());
    }

    #[test]
    fn panels_are_read_one_after_another_and_bubbles_of_a_chat_by_turns() {
        // A title and what it says; beside it the day and the place, in groups.
        let left = [0.0, 30.0, 60.0, 110.0, 140.0, 220.0];
        let right = [9.0, 39.0, 89.0, 119.0, 169.0, 199.0];
        let mut page: Vec<Place> = left.map(|y| line(0.0, y, 250.0)).to_vec();
        page.extend(right.map(|y| line(400.0, y, 120.0)));
        assert_eq!(given(page), (0..12).collect::<Vec<_>>());
        let bubbles = (0..10).map(|i| line(300.0 * f64::from(i % 2), 60.0 * f64::from(i), 200.0));
        assert_eq!(given(bubbles.collect()), (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn a_heading_over_columns_parts_them() {
        let mut page = vec![line(0.0, 10.0, 540.0)];
        page.extend(text(2, 6, 60.0));
        page.push(line(0.0, 260.0, 540.0));
        page.extend(text(2, 6, 300.0));
        page.push(line(0.0, 600.0, 500.0));
        assert_eq!(given(page), (0..27).collect::<Vec<_>>());
    }

    #[test]
    fn tables_receipts_and_lists_are_read_by_rows() {
        // Each row: a place and a width for every cell; rows 30 or 45 apart.
        let rows: [(&[(f64, f64)], f64); 3] = [
            (&[(0.0, 150.0), (300.0, 60.0)], 30.0),
            (
                &[(0.0, 90.0), (200.0, 110.0), (400.0, 80.0), (520.0, 50.0)],
                30.0,
            ),
            (&[(0.0, 260.0), (280.0, 260.0)], 45.0), // long cells, but far apart
        ];
        for (cells, pitch) in rows {
            let cell = |i: usize| {
                let (x, width) = cells[i % cells.len()];
                line(x, 10.0 + pitch * (i / cells.len()) as f64, width)
            };
            let n = cells.len() * 9;
            let page: Vec<Place> = (0..n).map(cell).collect();
            assert_eq!(given(page), (0..n).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_page_of_everything() {
        // Words at x, y in letters of 10 pixels and rows of 13; each line is as wide as its text.
        let page = "\
THE MILL COURIER                                          No. 12

The old mill opens its     The choir sings on Sunday
doors again this week.     at noon, and everybody is
Its wheel was mended by    welcome to join in. Bring
volunteers over winter     a friend and a candle.

Class                      Day               Price
Drawing                    Tuesday           85
Baking                     Friday            45";
        let cells = page.lines().enumerate().flat_map(|(row, text)| {
            let cell = move |part: &str| {
                let from = part.as_ptr() as usize - text.as_ptr() as usize;
                let width = 10.0 * part.len() as f64;
                (
                    part.to_owned(),
                    line(10.0 * from as f64, 26.0 * row as f64, width),
                )
            };
            let parts = text
                .split("   ")
                .map(str::trim)
                .filter(|part| !part.is_empty());
            parts.map(cell).collect::<Vec<_>>()
        });
        let (texts, places): (Vec<String>, Vec<Place>) = cells.unzip();
        let read = order(places.into_iter().enumerate().collect());
        let read: Vec<&str> = read.into_iter().map(|i| &*texts[i]).collect();
        let expected = "THE MILL COURIER|No. 12|The old mill opens its|doors again this week.|\
            Its wheel was mended by|volunteers over winter|The choir sings on Sunday|\
            at noon, and everybody is|welcome to join in. Bring|a friend and a candle.|Class|Day|\
            Price|Drawing|Tuesday|85|Baking|Friday|45";
        assert_eq!(read.join("|"), expected);
    }

    #[test]
    fn every_line_is_read_once() {
        // Places without any order (a linear congruential generator: Knuth's MMIX).
        let mut seed = 1u64;
        let mut dice = |below: f64| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 40) as f64 / (1u64 << 24) as f64 * below
        };
        for n in [0, 1, 2, 7, 60, 200] {
            let page: Vec<Place> = (0..n)
                .map(|_| line(dice(900.0), dice(400.0), dice(500.0)))
                .collect();
            let mut read = given(page);
            read.sort_unstable();
            assert_eq!(read, (0..n).collect::<Vec<_>>());
        }
        let odd = [line(f64::NAN, 0.0, 1.0), line(0.0, f64::INFINITY, 1.0)];
        assert_eq!(by_columns(&odd).len(), 2);
    }
}
