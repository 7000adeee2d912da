//! Which three squares may be the corners of one code.
use super::finders::Square;

/// Modules between the middles of a code's squares: 14 in the smallest code, 170 in the largest
/// (ISO/IEC 18004, versions 1 and 40). A fifth less and more, as modules are measured.
const SIDES: [f64; 2] = [11.0, 204.0];
/// How much shorter the shorter of two sides may be, as `rqrr` has it.
const SHORTER: f64 = 0.75;
/// How much smaller the modules of one corner may be than of another.
const SMALLER: f64 = 0.6;
/// Cosine of the angle between two sides at most: 70 to 110 degrees.
const SKEW: f64 = 0.34;
/// Modules from the middle of a square to the border of what is cut out: half the square, and three
/// of the four that are left white around a code.
const MARGIN: f64 = 6.5;

/// Three squares that may belong to one code.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Corners {
    /// The square in the corner between the other two, and those.
    pub squares: [usize; 3],
    /// The longer side in modules.
    side: f64,
}

impl Corners {
    /// All such threes, the smallest first: squares of neighbouring codes are further apart than
    /// those of one, unless the codes stand closer than their own sides.
    pub fn all(squares: &[Square]) -> Vec<Self> {
        let mut all = Vec::new();
        for corner in 0..squares.len() {
            let near: Vec<usize> = (0..squares.len())
                .filter(|&other| side(squares[corner], squares[other]).is_some())
                .collect();
            for (i, &right) in near.iter().enumerate() {
                let threes = near[i + 1..].iter().map(|&below| [corner, right, below]);
                all.extend(threes.filter_map(|three| Self::of(squares, three)));
            }
        }
        all.sort_by(|a, b| a.side.total_cmp(&b.side));
        all
    }

    fn of(squares: &[Square], three: [usize; 3]) -> Option<Self> {
        let [corner, right, below] = three.map(|index| squares[index]);
        let sides = [side(corner, right)?, side(corner, below)?];
        let [shorter, longer] = [sides[0].min(sides[1]), sides[0].max(sides[1])];
        let [u, v] = [right, below].map(|end| between(corner, end));
        let cosine = (u[0] * v[0] + u[1] * v[1]) / (u[0].hypot(u[1]) * v[0].hypot(v[1]));
        (shorter >= SHORTER * longer && cosine.abs() <= SKEW).then_some(Self {
            squares: three,
            side: longer,
        })
    }

    /// The box around the code in a picture of a size: left, top, right, bottom in pixels.
    pub fn bounds(&self, squares: &[Square], size: [usize; 2]) -> [usize; 4] {
        let three = self.squares.map(|index| squares[index]);
        let [corner, right, below] = three.map(|square| square.centre);
        let last = [0, 1].map(|axis| right[axis] + below[axis] - corner[axis]);
        let margin = MARGIN * three.iter().map(|s| s.module).fold(0.0, f64::max);
        let all = [corner, right, below, last];
        let of = |axis: usize, pick: fn(f64, f64) -> f64| {
            all.iter().map(|point| point[axis]).fold(corner[axis], pick)
        };
        let pixel = |at: f64, axis: usize| (at.max(0.0) as usize).min(size[axis]);
        [
            pixel(of(0, f64::min) - margin, 0),
            pixel(of(1, f64::min) - margin, 1),
            pixel((of(0, f64::max) + margin).ceil(), 0),
            pixel((of(1, f64::max) + margin).ceil(), 1),
        ]
    }
}

fn between(from: Square, to: Square) -> [f64; 2] {
    [0, 1].map(|axis| to.centre[axis] - from.centre[axis])
}

/// How many modules two squares are apart, where that may be a side of a code.
fn side(a: Square, b: Square) -> Option<f64> {
    let [x, y] = between(a, b);
    let modules = x.hypot(y) / f64::midpoint(a.module, b.module);
    let alike = a.module.min(b.module) >= SMALLER * a.module.max(b.module);
    (alike && (SIDES[0]..=SIDES[1]).contains(&modules)).then_some(modules)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: f64, y: f64) -> Square {
        Square {
            centre: [x, y],
            module: 2.0,
        }
    }

    #[test]
    fn corners_are_right_angles_of_equal_sides() {
        let code = [at(20.0, 20.0), at(60.0, 20.0), at(20.0, 60.0)];
        let all = Corners::all(&code);
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].squares, [0, 1, 2]);
        assert_eq!(all[0].bounds(&code, [500, 70]), [7, 7, 73, 70]);
        // Too near, in a row, of other sizes, of other modules.
        for third in [at(20.0, 35.0), at(100.0, 20.0), at(20.0, 90.0)] {
            assert!(
                Corners::all(&[code[0], code[1], third]).is_empty(),
                "{third:?}"
            );
        }
        let large = Square {
            module: 4.0,
            ..code[2]
        };
        assert!(Corners::all(&[code[0], code[1], large]).is_empty());
    }

    #[test]
    fn the_smallest_come_first() {
        let sheet: Vec<Square> = (0..16)
            .map(|i| [f64::from(i % 4), f64::from(i / 4)])
            .map(|[x, y]| at(40.0 * x, 40.0 * y))
            .collect();
        let sides: Vec<f64> = Corners::all(&sheet).iter().map(|c| c.side).collect();
        assert!(sides.is_sorted());
        assert_eq!(sides.first(), Some(&20.0));
    }
}
