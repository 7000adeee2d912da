//! The squares in the corners of QR codes, found before anybody tries which of them belong
//! together: the time for that grows with the third power of their number, and a picture of 300
//! bytes can hold thousands.

/// Most squares whose codes are looked for one by one: those of 42 codes.
pub(super) const MOST: usize = 128;

/// A square of the shape `1:1:3:1:1` in rows and columns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Square {
    /// Its centre in pixels (x, y).
    pub centre: [f64; 2],
    /// The side of a module in pixels.
    pub module: f64,
}

/// About how many squares of the shape `1:1:3:1:1` stand in rows of black (`true`) and white.
pub(super) fn count(width: usize, height: usize, black: impl Fn(usize, usize) -> bool) -> f64 {
    let mut squares = 0.0;
    each_row_of_a_square(width, height, &black, |x, y, runs| {
        let right = runs[3] + runs[4];
        let above = (0..y).rev().take(2 * right);
        let below = (y + 1..height).take(2 * right);
        let [above, below] = [
            above.take_while(|&y| black(x, y)).count(),
            below.take_while(|&y| black(x, y)).count(),
        ];
        squares += 1.0 / (above + 1 + below) as f64;
        true
    });
    squares
}

/// The squares that have that shape in their columns, too; none where there are more than [`MOST`].
pub(super) fn squares(
    width: usize,
    height: usize,
    black: impl Fn(usize, usize) -> bool,
) -> Vec<Square> {
    let mut found: Vec<(Square, f64)> = Vec::new();
    each_row_of_a_square(width, height, &black, |x, y, runs| {
        let most = runs.iter().sum();
        if let Some((middle, module)) = column([x, y], height, most, &black) {
            add(&mut found, [x as f64, middle], module);
        }
        found.len() <= MOST
    });
    match found.len() {
        ..=MOST => found.into_iter().map(|(square, _)| square).collect(),
        _ => Vec::new(),
    }
}

/// Takes the mean of all that was seen of a square.
fn add(found: &mut Vec<(Square, f64)>, centre: [f64; 2], module: f64) {
    let near = |square: &Square| {
        let apart = [0, 1].map(|axis| (square.centre[axis] - centre[axis]).abs());
        apart[0].max(apart[1]) < 3.0 * square.module
    };
    let Some((square, seen)) = found.iter_mut().find(|(square, _)| near(square)) else {
        found.push((Square { centre, module }, 1.0));
        return;
    };
    *seen += 1.0;
    for (mean, new) in square.centre.iter_mut().zip(centre) {
        *mean += (new - *mean) / *seen;
    }
    square.module += (module - square.module) / *seen;
}

/// The middle of the square whose inner part is at (x, y), in its column, and its module. No run of
/// it is longer than `most`.
fn column(
    [x, y]: [usize; 2],
    height: usize,
    most: usize,
    black: impl Fn(usize, usize) -> bool,
) -> Option<(f64, f64)> {
    let below = runs_of(y..height, most, |y| black(x, y))?;
    let above = runs_of((0..y).rev(), most, |y| black(x, y))?;
    let runs = [above[2], above[1], above[0] + below[0], below[1], below[2]];
    let module = (runs[0] + runs[1] + runs[3] + runs[4]) as f64 / 4.0;
    let middle = (y as f64) + (below[0] as f64 - above[0] as f64) / 2.0;
    is_square(&runs).then_some((middle, module))
}

/// The lengths of the first runs of black, white and black; `None` where one is longer than `most`.
fn runs_of(
    pixels: impl Iterator<Item = usize>,
    most: usize,
    black: impl Fn(usize) -> bool,
) -> Option<[usize; 3]> {
    let mut pixels = pixels.peekable();
    let mut run = |ink: bool| {
        let mut length = 0;
        while pixels.next_if(|&at| black(at) == ink).is_some() {
            length += 1;
            if length > most {
                return None;
            }
        }
        Some(length)
    };
    Some([run(true)?, run(false)?, run(true)?])
}

/// Goes over the rows of squares: the middle's pixel (x, y), and the five runs. Ends where `seen`
/// says `false`.
fn each_row_of_a_square(
    width: usize,
    height: usize,
    black: impl Fn(usize, usize) -> bool,
    mut seen: impl FnMut(usize, usize, &[usize; 5]) -> bool,
) {
    let mut runs: Vec<usize> = Vec::new();
    for y in 0..height {
        runs.clear();
        let mut from = 0;
        for x in 1..=width {
            if x < width && black(x, y) == black(from, y) {
                continue;
            }
            runs.push(x - from);
            if black(from, y) && is_square(&runs) {
                let last = runs.last_chunk::<5>().copied().unwrap_or_default();
                // Two modules to the right of the middle one, which is three wide.
                let middle = x - last[3] - last[4] - last[2].div_ceil(2);
                if !seen(middle, y, &last) {
                    return;
                }
            }
            from = x;
        }
    }
}

/// Whether the last five runs are those of a row through a square's middle, as `rqrr` has it: each
/// is off by three quarters of a module at most.
fn is_square(runs: &[usize]) -> bool {
    let Some(last) = runs.last_chunk::<5>() else {
        return false;
    };
    let module = (last[0] + last[1] + last[3] + last[4]) as f64 / 4.0;
    let near = |(&run, modules): (&usize, f64)| (run as f64 - modules * module).abs() <= module;
    last.iter().zip([1.0, 1.0, 3.0, 1.0, 1.0]).all(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a square of modules of `m` pixels is black there; it is 7 modules wide.
    fn square(m: usize, x: usize, y: usize) -> bool {
        let ring = |v: usize| v / m;
        let (x, y) = (ring(x), ring(y));
        let edge = |v: usize| v.min(6usize.saturating_sub(v));
        x < 7 && y < 7 && edge(x).min(edge(y)) != 1
    }

    #[test]
    fn squares_are_counted_whatever_their_size() {
        for m in [1, 2, 5] {
            let pitch = 9 * m;
            let side = pitch * 10;
            let black = |x: usize, y: usize| square(m, x % pitch, y % pitch);
            let found = count(side, side, black);
            assert!(
                (80.0..120.0).contains(&found),
                "{found} of 100, modules of {m}"
            );
        }
    }

    #[test]
    fn squares_stand_where_they_were_drawn() {
        for m in [1, 2, 5] {
            let pitch = 9 * m;
            let black = |x: usize, y: usize| square(m, x % pitch, y % pitch);
            let found = squares(3 * pitch, 2 * pitch, black);
            assert_eq!(found.len(), 6, "modules of {m}: {found:?}");
            let near = |square: &Square, place: [usize; 2]| {
                let apart = |axis: usize| {
                    square.centre[axis] - (place[axis] * pitch) as f64 - 3.5 * m as f64
                };
                apart(0).abs().max(apart(1).abs()) <= m as f64
            };
            for place in (0..6).map(|i| [i % 3, i / 3]) {
                assert!(
                    found.iter().any(|square| near(square, place)),
                    "{place:?} in {found:?}"
                );
            }
        }
        assert!(squares(900, 900, |x, y| square(1, x % 9, y % 9)).is_empty());
    }

    #[test]
    fn strokes_and_nothing_are_no_squares() {
        assert_eq!(count(0, 0, |_, _| false), 0.0);
        assert_eq!(count(50, 50, |_, _| true), 0.0);
        assert_eq!(count(60, 60, |x, _| x % 4 < 2), 0.0);
        assert!(squares(60, 60, |x, _| [1, 0, 1, 1, 1, 0, 1, 0][x % 8] == 1).is_empty());
    }
}
