//! Regions of a mask: the pixels that hang together, and the holes in them.
//!
//! What `cv2.findContours` with `RETR_LIST` finds, as far as it goes into a hull: of every outline
//! the outermost pixels of each row. Pixels hang together over sides and corners, those of a hole
//! over sides alone (Suzuki and Abe, "Topological structural analysis of digitized binary images by
//! border following", 1985).
use std::ops::Range;

use ndarray::ArrayView2;

/// Pixels of a row that are alike, side by side.
struct Run {
    y: usize,
    columns: Range<usize>,
    inside: bool,
}

/// Outline points [x, y] of every region of `mask` [height, width] and of every hole, the largest
/// (in outline points) first.
pub(crate) fn outlines(mask: ArrayView2<'_, bool>) -> Vec<Vec<[i32; 2]>> {
    let (runs, rows) = runs(mask);
    let groups = Groups::of(&runs, &rows);
    let mut outlines = vec![Vec::new(); runs.len()];
    for (index, run) in runs.iter().enumerate() {
        if run.inside {
            outlines[groups.first(index)].extend(ends(run));
        }
    }
    let mut open = vec![false; runs.len()];
    for (index, run) in runs.iter().enumerate().filter(|(_, run)| !run.inside) {
        open[groups.first(index)] |= at_border(run, mask.dim());
    }
    for (index, run) in runs.iter().enumerate().filter(|(_, run)| !run.inside) {
        let group = groups.first(index);
        if !open[group] {
            outlines[group].extend(rim(run, mask));
        }
    }
    outlines.retain(|outline| !outline.is_empty());
    outlines.sort_by_key(|outline| std::cmp::Reverse(outline.len()));
    outlines
}

/// All runs row by row, and which of them each row has.
fn runs(mask: ArrayView2<'_, bool>) -> (Vec<Run>, Vec<Range<usize>>) {
    let mut runs = Vec::new();
    let mut rows = Vec::with_capacity(mask.nrows());
    for (y, row) in mask.outer_iter().enumerate() {
        let first = runs.len();
        let mut start = 0;
        for x in 1..=row.len() {
            if x == row.len() || row[x] != row[start] {
                runs.push(Run {
                    y,
                    columns: start..x,
                    inside: row[start],
                });
                start = x;
            }
        }
        rows.push(first..runs.len());
    }
    (runs, rows)
}

/// Which runs belong together: each names one found before it, or itself.
struct Groups(Vec<usize>);

impl Groups {
    fn of(runs: &[Run], rows: &[Range<usize>]) -> Self {
        let mut groups = Self((0..runs.len()).collect());
        for pair in rows.windows(2) {
            let mut above = pair[0].clone();
            for index in pair[1].clone() {
                let run = &runs[index];
                // Those that end before this one cannot touch any after it either.
                while above.start + 1 < above.end
                    && runs[above.start].columns.end < run.columns.start
                {
                    above.start += 1;
                }
                let near = above
                    .clone()
                    .take_while(|&i| runs[i].columns.start <= run.columns.end);
                for other in near.filter(|&i| touch(&runs[i], run)) {
                    groups.join(other, index);
                }
            }
        }
        groups
    }

    fn first(&self, mut index: usize) -> usize {
        while self.0[index] != index {
            index = self.0[index];
        }
        index
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.shortened(a), self.shortened(b));
        self.0[a.max(b)] = a.min(b);
    }

    /// The first of a group; every other one on the way is made to name a nearer one, so that later
    /// ways are short.
    fn shortened(&mut self, mut index: usize) -> usize {
        while self.0[index] != index {
            self.0[index] = self.0[self.0[index]];
            index = self.0[index];
        }
        index
    }
}

/// Whether runs of neighbouring rows hang together.
fn touch(above: &Run, below: &Run) -> bool {
    let corner = usize::from(above.inside);
    above.inside == below.inside
        && above.columns.start < below.columns.end + corner
        && below.columns.start < above.columns.end + corner
}

fn at_border(run: &Run, (height, width): (usize, usize)) -> bool {
    run.y == 0 || run.y + 1 == height || run.columns.start == 0 || run.columns.end == width
}

fn ends(run: &Run) -> [[i32; 2]; 2] {
    [run.columns.start, run.columns.end - 1].map(|x| [x as i32, run.y as i32])
}

/// The outermost pixels of the mask around a run of a hole: beside it, above it and below it. A
/// hole has mask on all sides.
fn rim(run: &Run, mask: ArrayView2<'_, bool>) -> Vec<[i32; 2]> {
    let mut rim = vec![[run.columns.start - 1, run.y], [run.columns.end, run.y]];
    for y in [run.y - 1, run.y + 1] {
        let mut inside = run.columns.clone().filter(|&x| mask[[y, x]]);
        let (first, last) = (inside.next(), inside.next_back());
        rim.extend([first, last].into_iter().flatten().map(|x| [x, y]));
    }
    rim.into_iter()
        .map(|point| point.map(|side| side as i32))
        .collect()
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    fn mask(rows: &[&str]) -> Array2<bool> {
        let pixels = rows
            .iter()
            .flat_map(|row| row.bytes().map(|byte| byte == b'#'));
        Array2::from_shape_vec((rows.len(), rows[0].len()), pixels.collect()).unwrap()
    }

    /// Left, top, right and bottom of each outline, sorted.
    fn bounds(rows: &[&str]) -> Vec<[i32; 4]> {
        let bound = |points: &Vec<[i32; 2]>| {
            let side = |axis: usize| points.iter().map(move |point| point[axis]);
            let least = [0, 1].map(|axis| side(axis).min().unwrap());
            let most = [0, 1].map(|axis| side(axis).max().unwrap());
            [least[0], least[1], most[0], most[1]]
        };
        let mut bounds: Vec<_> = outlines(mask(rows).view()).iter().map(bound).collect();
        bounds.sort_unstable();
        bounds
    }

    #[test]
    fn pixels_hang_together_over_corners() {
        assert_eq!(bounds(&["#..", ".#.", "..#"]), [[0, 0, 2, 2]]);
        assert_eq!(bounds(&["#.#", "...", "#.#"]).len(), 4);
        let arms = ["#.#.#", "#.#.#", "#####"];
        assert_eq!(bounds(&arms), [[0, 0, 4, 2]], "what meets late is one");
        assert_eq!(bounds(&["##...##", "..###.."]), [[0, 0, 6, 1]]);
    }

    #[test]
    fn holes_are_outlined_by_the_pixels_around_them() {
        let ring = ["......", ".####.", ".#..#.", ".#..#.", ".####.", "......"];
        assert_eq!(bounds(&ring), [[1, 1, 4, 4]; 2]);
        let open = ["......", ".####.", ".#..#.", ".#....", ".####.", "......"];
        assert_eq!(bounds(&open).len(), 1, "this one is open on the right");
        let corner = [".#.", "#.#", ".#."];
        assert_eq!(bounds(&corner), [[0, 0, 2, 2]; 2], "corners close a hole");
    }

    #[test]
    fn an_empty_mask_has_no_outline_and_a_full_one_its_frame() {
        assert!(bounds(&["....", "...."]).is_empty());
        assert_eq!(bounds(&["####", "####"]), [[0, 0, 3, 1]]);
        assert!(outlines(Array2::from_elem((0, 0), true).view()).is_empty());
    }
}
