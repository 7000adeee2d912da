//! Long pictures, spotted in overlapping windows: screenshots of a chat, strips, panoramas,
//! receipts.
//!
//! Scaled down to one frame they would lose their print. What neighbours both see belongs to the
//! one whose own part, up to the middle of the overlap, holds its centre: a short line as a whole,
//! a longer one character by character, joined again.
use super::{
    SpotterOptions,
    quad::Quad,
    raster::{Raster, RasterView},
    spotter::{SpottedChar, SpottedLine},
};

/// How much longer than wide a picture may be that is scaled down as one: a page has 1.41, a
/// photograph 1.78, a telephone's screen 2.2.
const ONE_WINDOW: f64 = 2.25;
/// What neighbours share, as a part of a window: lines up to half of this high are whole in one of
/// two.
const OVERLAP: f64 = 0.125;
/// Pixels by which two windows may differ on where a line is.
const SLACK: f32 = 3.0;

/// A part of a picture along its longer side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Window {
    /// The side that is cut: 0 for across, 1 for down.
    axis: usize,
    start: usize,
    end: usize,
    /// Where its own part begins and ends, in pixels of the picture.
    own: [f32; 2],
    overlap: f32,
}

impl Window {
    /// The windows of a picture of `size`; one for all that is not long.
    pub(crate) fn all(size: [usize; 2], options: &SpotterOptions) -> Vec<Self> {
        let axis = usize::from(size[1] > size[0]);
        let (longer, shorter) = (size[axis] as f64, size[1 - axis] as f64);
        let limit = f64::from(options.max_side);
        let mut length = longer;
        if longer > limit && longer > ONE_WINDOW * shorter {
            let most = options.max_windows as f64;
            let least = longer / (most - (most - 1.0) * OVERLAP);
            length = limit.max(shorter).max(least).min(longer).ceil();
        }
        let overlap = (length * OVERLAP).floor();
        let steps = ((longer - length) / (length - overlap)).ceil();
        let start = |i: f64| {
            if steps > 0.0 {
                ((longer - length) * i / steps).floor()
            } else {
                0.0
            }
        };
        let border = |i: f64| (start(i) + start(i - 1.0) + length) / 2.0;
        let window = |i: usize| {
            let i = i as f64;
            let first = if i == 0.0 {
                f64::NEG_INFINITY
            } else {
                border(i)
            };
            let last = if i == steps {
                f64::INFINITY
            } else {
                border(i + 1.0)
            };
            Self {
                axis,
                start: start(i) as usize,
                end: (start(i) + length).min(longer) as usize,
                own: [first as f32, last as f32],
                overlap: overlap as f32,
            }
        };
        (0..=steps as usize).map(window).collect()
    }

    /// Its pixels, where it is not the whole picture.
    pub(crate) fn cut(&self, picture: RasterView<'_>) -> Raster {
        let (mut from, mut to) = ([0, 0], [picture.width, picture.height]);
        (from[self.axis], to[self.axis]) = (self.start, self.end);
        let rows = picture.rgb.chunks_exact(picture.width * 3);
        let rows = rows.skip(from[1]).take(to[1] - from[1]);
        let rgb = rows.flat_map(|row| &row[from[0] * 3..to[0] * 3]);
        Raster {
            width: to[0] - from[0],
            height: to[1] - from[1],
            rgb: rgb.copied().collect(),
        }
    }

    /// What belongs to it of a line that was spotted in its pixels, in those of the picture.
    pub(crate) fn own(&self, mut line: SpottedLine) -> Option<SpottedLine> {
        let places = line.chars.iter_mut().map(|char| &mut char.quad);
        for corner in places.chain([&mut line.quad]).flatten() {
            corner[self.axis] += self.start as f32;
        }
        let [first, last] = extent(&line.quad, self.axis);
        if last - first <= self.overlap / 2.0 {
            let middle = f32::midpoint(first, last);
            let own = self.own[0] - SLACK..self.own[1] + SLACK;
            return own.contains(&middle).then_some(line);
        }
        if self.own[0] <= first && last <= self.own[1] {
            return Some(line);
        }
        let inside = |char: &SpottedChar| {
            let [first, last] = extent(&char.quad, self.axis);
            (self.own[0]..self.own[1]).contains(&f32::midpoint(first, last))
        };
        line.chars.retain(inside);
        SpottedLine::of(line.chars, line.turned)
    }
}

/// Lines of a window after those of the one before it: what both saw stands once, what was cut
/// between them is joined.
pub(crate) fn append(lines: &mut Vec<SpottedLine>, window: &Window, more: Vec<SpottedLine>) {
    for line in more {
        if lines.iter().any(|other| same_place(other, &line)) {
            continue;
        }
        match lines.iter_mut().find(|other| goes_on(other, &line, window)) {
            Some(other) => {
                let chars = other.chars.iter().chain(&line.chars).cloned().collect();
                *other = SpottedLine::of(chars, other.turned).unwrap_or(line);
            }
            None => lines.push(line),
        }
    }
}

/// Whether two lines are one: the centre of each is well inside the other.
fn same_place(a: &SpottedLine, b: &SpottedLine) -> bool {
    [0, 1].into_iter().all(|axis| {
        let (a, b) = (extent(&a.quad, axis), extent(&b.quad, axis));
        let shorter = (a[1] - a[0]).min(b[1] - b[0]);
        (f32::midpoint(a[0], a[1]) - f32::midpoint(b[0], b[1])).abs() < shorter / 4.0
    })
}

/// Whether `after` is the rest of a line that `window`'s border cuts: it begins where that ends.
fn goes_on(before: &SpottedLine, after: &SpottedLine, window: &Window) -> bool {
    let (a, b) = (
        extent(&before.quad, window.axis),
        extent(&after.quad, window.axis),
    );
    let across = [before, after].map(|line| extent(&line.quad, 1 - window.axis));
    let height = (across[0][1] - across[0][0]).min(across[1][1] - across[1][0]);
    let apart = across.map(|[first, last]| f32::midpoint(first, last));
    let border = window.own[0];
    before.turned == after.turned
        && matches!((before.turned, window.axis), (0, 0) | (90, 1))
        && (apart[0] - apart[1]).abs() < height / 2.0
        && (a[1] - border).abs() < height
        && (b[0] - border).abs() < height
}

/// From where to where something reaches along an axis.
fn extent(quad: &Quad, axis: usize) -> [f32; 2] {
    let places = quad.iter().map(|corner| corner[axis]);
    places.fold([f32::INFINITY, f32::NEG_INFINITY], |[first, last], at| {
        [first.min(at), last.max(at)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(width: usize, height: usize) -> Vec<Window> {
        Window::all([width, height], &SpotterOptions::default())
    }

    fn line(text: &str, left: f32, top: f32) -> SpottedLine {
        let char = |(i, ch): (usize, char)| {
            let [x, end] = [i, i + 1].map(|i| left + 20.0 * i as f32);
            SpottedChar {
                ch: ch.to_string(),
                quad: [[x, top], [end, top], [end, top + 30.0], [x, top + 30.0]],
                confidence: 0.9,
                others: Vec::new(),
            }
        };
        SpottedLine::of(text.chars().enumerate().map(char).collect(), 0).unwrap()
    }

    #[test]
    fn a_picture_that_is_not_long_is_one_window() {
        for [width, height] in [
            [1, 1],
            [100, 2000],
            [4000, 3000],
            [1080, 2400],
            [9000, 9000],
        ] {
            let windows = windows(width, height);
            assert_eq!(windows.len(), 1, "{width}x{height}");
            assert_eq!((windows[0].start, windows[0].end), (0, width.max(height)));
        }
    }

    #[test]
    fn windows_cover_a_long_picture_and_overlap() {
        for [width, height] in [
            [1080, 7320],
            [9000, 420],
            [2800, 26],
            [1, 1_000_000],
            [2001, 1],
        ] {
            let windows = windows(width, height);
            assert!(
                (2..=16).contains(&windows.len()),
                "{width}x{height}: {}",
                windows.len()
            );
            assert_eq!(windows[0].start, 0);
            assert_eq!(windows[windows.len() - 1].end, width.max(height));
            for pair in windows.windows(2) {
                let border = pair[1].own[0];
                assert_eq!(pair[0].own[1], border, "each place is one window's own");
                assert!(pair[1].start as f32 <= border && border <= pair[0].end as f32);
            }
        }
    }

    #[test]
    fn a_short_line_belongs_to_one_window() {
        let windows = windows(1080, 7320);
        let border = windows[0].own[1];
        for top in [
            10.0,
            border - 40.0,
            border - 15.0,
            border - 14.0,
            border + 10.0,
            7000.0,
        ] {
            let mut lines = Vec::new();
            for window in &windows {
                let seen = line("ab", 100.0, top - window.start as f32);
                let inside = top >= window.start as f32 && top + 30.0 <= window.end as f32;
                let own = inside.then(|| window.own(seen)).flatten();
                append(&mut lines, window, own.into_iter().collect());
            }
            assert_eq!(lines, [line("ab", 100.0, top)], "{top}");
        }
    }

    #[test]
    fn a_line_that_is_cut_is_joined() {
        let windows = windows(9000, 420);
        let whole = line(&"abcdefghij".repeat(20), 100.0, 50.0);
        let mut lines = Vec::new();
        for window in &windows {
            let mut seen = whole.clone();
            let places = window.start as f32..window.end as f32;
            seen.chars
                .retain(|c| places.contains(&c.quad[0][0]) && places.contains(&c.quad[1][0]));
            for corner in seen.chars.iter_mut().flat_map(|char| &mut char.quad) {
                corner[0] -= window.start as f32;
            }
            let seen = SpottedLine::of(seen.chars, 0);
            let own = seen.and_then(|seen| window.own(seen));
            append(&mut lines, window, own.into_iter().collect());
        }
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].text, whole.text);
    }
}
