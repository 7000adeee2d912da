//! The squares in the corners of QR codes, counted before anybody tries which of them belong
//! together: the time for that grows with the third power of their number, and a picture of 300
//! bytes can hold thousands.

/// Most squares that are looked at: those of 42 codes. `rqrr` (0.11) takes 48 s for 2,500 of them,
/// so some 7 ms for as many as these.
pub(super) const MOST: f64 = 128.0;

/// About how many squares of the shape `1:1:3:1:1` stand in rows of black (`true`) and white.
pub(super) fn count(width: usize, height: usize, black: impl Fn(usize, usize) -> bool) -> f64 {
    let mut squares = 0.0;
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
                // Two modules to the right of the middle one, which is three high.
                let right: usize = runs[runs.len() - 2..].iter().sum();
                let middle = x - right - runs[runs.len() - 3] / 2 - 1;
                let above = (0..y)
                    .rev()
                    .take(2 * right)
                    .take_while(|&y| black(middle, y));
                let below = (y + 1..height)
                    .take(2 * right)
                    .take_while(|&y| black(middle, y));
                squares += 1.0 / (above.count() + 1 + below.count()) as f64;
            }
            from = x;
        }
    }
    squares
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
    fn strokes_and_nothing_are_no_squares() {
        assert_eq!(count(0, 0, |_, _| false), 0.0);
        assert_eq!(count(50, 50, |_, _| true), 0.0);
        assert_eq!(count(60, 60, |x, _| x % 4 < 2), 0.0);
    }
}
