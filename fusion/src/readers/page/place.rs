//! Where a line stands, as a row that is added to its tokens.
//!
//! The same numbers are computed in training (`training/page/page.py`), whose constants these are.
use super::text::PageLine;
use foveate_vision::Rect;
use ndarray::Array2;

/// A piecewise linear coordinate: `count` knots, evenly from `first` to `last`.
struct Hats {
    first: f32,
    last: f32,
    count: usize,
}

/// Over the height and the width of the page, the size relative to the median line and to the
/// page's longer side (octaves), in the order of the map's rows.
const HATS: [Hats; 4] = [
    Hats {
        first: 0.0,
        last: 1.0,
        count: 16,
    },
    Hats {
        first: 0.0,
        last: 1.0,
        count: 8,
    },
    Hats {
        first: -2.0,
        last: 3.0,
        count: 11,
    },
    Hats {
        first: -7.0,
        last: -2.0,
        count: 6,
    },
];
/// Numbers that describe a place.
pub(super) const FEATURES: usize = 41;

/// The map from places to rows.
pub(super) struct Places {
    /// `[FEATURES, dim]`
    map: Array2<f32>,
}

impl Hats {
    /// The two knots next to `x` and their shares.
    fn at(&self, x: f32) -> [(usize, f32); 2] {
        let step = (self.last - self.first) / (self.count - 1) as f32;
        let along = (x.clamp(self.first, self.last) - self.first) / step;
        let low = (along.floor() as usize).min(self.count - 2);
        let share = along - low as f32;
        [(low, 1.0 - share), (low + 1, share)]
    }
}

impl Places {
    /// `map` is `[FEATURES, dim]`.
    pub(super) fn new(map: Array2<f32>) -> Self {
        Self { map }
    }

    /// The row `[dim]` of a line on a page of these bounds, whose lines are `median` high.
    pub(super) fn row(&self, line: &PageLine, page: &Rect, median: f32) -> Vec<f32> {
        let features = coordinates(line.centre, line.height, page, median);
        let mut row = vec![0.0; self.map.ncols()];
        let mut first = 0;
        for (hats, x) in HATS.iter().zip(features) {
            for (knot, share) in hats.at(x) {
                for (sum, value) in row.iter_mut().zip(self.map.row(first + knot)) {
                    *sum += share * value;
                }
            }
            first += hats.count;
        }
        row
    }
}

/// The coordinates of a line on its page, which [`HATS`] are over.
fn coordinates([x, y]: [f64; 2], size: f32, page: &Rect, median: f32) -> [f32; 4] {
    let (width, height) = (page.x1 - page.x0, page.y1 - page.y0);
    let octaves = |a: f64, b: f64| (a.max(1e-6) / b.max(1e-6)).log2() as f32;
    let size = f64::from(size);
    [
        ((y - page.y0) / height.max(1e-6)) as f32,
        ((x - page.x0) / width.max(1e-6)) as f32,
        octaves(size, f64::from(median)),
        octaves(size, width.max(height)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knots_share_a_place() {
        assert_eq!(HATS.iter().map(|h| h.count).sum::<usize>(), FEATURES);
        assert_eq!(HATS[2].at(0.25), [(4, 0.5), (5, 0.5)]);
        let [_, (knot, share)] = HATS[0].at(7.0);
        assert!(knot == 15 && share > 0.999, "beyond the last knot");
        assert_eq!(HATS[1].at(f32::NEG_INFINITY), [(0, 1.0), (1, 0.0)]);
    }

    #[test]
    fn a_place_is_told_as_in_training() {
        // The same line and numbers as in training/tests/test_page.py.
        let page = Rect {
            x0: 0.0,
            y0: 0.0,
            x1: 1000.0,
            y1: 800.0,
        };
        let mut first = 0;
        let mut found = Vec::new();
        for (hats, x) in HATS
            .iter()
            .zip(coordinates([300.0, 230.0], 60.0, &page, 30.0))
        {
            let round = |share: f32| (share * 1e4).round() / 1e4;
            let knots = hats.at(x).map(|(knot, share)| (first + knot, round(share)));
            found.extend(knots.into_iter().filter(|(_, share)| *share > 0.0));
            first += hats.count;
        }
        let expected = [(4, 0.6875), (5, 0.3125), (18, 0.9), (19, 0.1), (30, 1.0)];
        assert_eq!(found[..5], expected);
        assert_eq!(found[5..], [(37, 0.0589), (38, 0.9411)]);
    }
}
