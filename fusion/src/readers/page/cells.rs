//! Cells of several lines that stand side by side, as a flyer's day, time and place in boxes.
use super::rules::columns::{APART, CELLS, LEVEL, TALL, WIDE};
use super::strips::{Strip, is_near, median};

/// Lines from the top, sorted by their height on the page, that are cells side by side.
pub(super) struct Cells {
    pub from: usize,
    pub to: usize,
    /// Lines of each cell from the top, cells from the left.
    pub cells: Vec<Vec<Strip>>,
}

/// The first lines from the top that are cells and nothing else: three or more, whose first lines
/// are level, some with more lines than others. A table has as many lines in all of its columns,
/// and a table without borders is told by nothing else.
pub(super) fn cells(lines: &[Strip]) -> Option<Cells> {
    (0..lines.len()).find_map(|from| {
        let (to, cells) = longest(&lines[from..])?;
        let above = from.checked_sub(1).map(|at| &lines[at]);
        // They must not be the end of something larger.
        let apart = above.is_none_or(|above| {
            !is_near(above, &lines[from]) || {
                let with: Vec<Strip> = [&[*above], &lines[from..from + to]].concat();
                columns(&with).len() < cells.len()
            }
        });
        let to = from + to;
        (apart && are_cells(&cells)).then_some(Cells { from, to, cells })
    })
}

/// How many of the lines from the first on stand in columns, and these; until a line crosses them,
/// or is far below.
fn longest(lines: &[Strip]) -> Option<(usize, Vec<Vec<Strip>>)> {
    // One more than cells have: a page may have thousands of lines.
    let lines = &lines[..lines.len().min(TALL * WIDE + 1)];
    let near = lines
        .windows(2)
        .take_while(|pair| is_near(&pair[0], &pair[1]));
    let most = (near.count() + 1).min(lines.len());
    let mut found: Option<(usize, Vec<Vec<Strip>>)> = None;
    for to in CELLS..=most {
        let columns = columns(&lines[..to]);
        match &found {
            Some((_, before)) if columns.len() < before.len() => break,
            _ if columns.len() < CELLS => {}
            _ => found = Some((to, columns)),
        }
    }
    found.filter(|(to, _)| *to <= TALL * WIDE)
}

/// The lines by the columns that they stand in, from the left: parts between gutters that no line
/// crosses.
fn columns(lines: &[Strip]) -> Vec<Vec<Strip>> {
    let gutter = APART * median(&mut lines.iter().map(|l| l.height).collect::<Vec<_>>());
    let mut sorted = lines.to_vec();
    sorted.sort_by(|a, b| a.x0.total_cmp(&b.x0));
    let mut columns: Vec<Vec<Strip>> = Vec::new();
    let mut end = f64::NEG_INFINITY;
    for line in sorted {
        match columns.last_mut() {
            Some(column) if line.x0 < end + gutter => column.push(line),
            _ => columns.push(vec![line]),
        }
        end = end.max(line.x1);
    }
    for column in &mut columns {
        column.sort_by(|a, b| a.y.total_cmp(&b.y));
    }
    columns
}

/// Whether columns begin in one row, are few lines close together, and not all as many.
fn are_cells(columns: &[Vec<Strip>]) -> bool {
    let level = |a: &Strip, b: &Strip| (a.y - b.y).abs() <= 2.0 * LEVEL * a.height.max(b.height);
    let first = columns.iter().filter_map(|column| column.first());
    let first: Vec<&Strip> = first.collect();
    let begins = first.windows(2).all(|pair| level(pair[0], pair[1]));
    let close = |column: &Vec<Strip>| {
        column.len() <= TALL && column.windows(2).all(|pair| is_near(&pair[0], &pair[1]))
    };
    let single = |column: &Vec<Strip>| {
        let below = |pair: &[Strip]| !level(&pair[0], &pair[1]);
        column.windows(2).all(below)
    };
    let uneven = columns
        .windows(2)
        .any(|pair| pair[0].len() != pair[1].len());
    begins && uneven && columns.iter().all(|c| close(c) && single(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of `[x0, x1, y]`, 20 high.
    fn lines(places: &[[f64; 3]]) -> Vec<Strip> {
        let strip = |(rank, &[x0, x1, y]): (usize, &[f64; 3])| Strip {
            rank,
            x0,
            x1,
            y,
            height: 20.0,
        };
        places.iter().enumerate().map(strip).collect()
    }

    fn ranks(lines: &[Strip]) -> Option<Vec<Vec<usize>>> {
        let rank = |cell: Vec<Strip>| cell.iter().map(|line| line.rank).collect();
        cells(lines).map(|found| found.cells.into_iter().map(rank).collect())
    }

    #[test]
    fn boxes_side_by_side_are_cells() {
        let mut page = vec![
            [0.0, 500.0, 10.0],
            [0.0, 90.0, 35.0],
            [200.0, 260.0, 36.0],
            [400.0, 480.0, 35.0],
            [0.0, 80.0, 60.0],
            [200.0, 290.0, 60.0],
            [400.0, 500.0, 61.0],
            [400.0, 470.0, 85.0],
            [0.0, 480.0, 110.0],
        ];
        let wanted = vec![vec![1, 4], vec![2, 5], vec![3, 6, 7]];
        assert_eq!(ranks(&lines(&page)), Some(wanted));
        // As many lines in each, as a table has; and two columns, as labels and what they say.
        page.remove(7);
        assert_eq!(ranks(&lines(&page)), None);
        let two = [[0.0, 90.0, 0.0], [200.0, 290.0, 0.0], [200.0, 270.0, 25.0]];
        assert_eq!(ranks(&lines(&two)), None);
        assert_eq!(ranks(&[]), None);
    }

    #[test]
    fn the_last_rows_of_a_table_are_no_cells() {
        let mut page = Vec::new();
        for row in 0..8 {
            for column in 0..3 {
                if (row, column) != (7, 2) {
                    let x = 200.0 * f64::from(column);
                    page.push([x, x + 90.0, 25.0 * f64::from(row)]);
                }
            }
        }
        assert_eq!(ranks(&lines(&page)), None);
    }
}
