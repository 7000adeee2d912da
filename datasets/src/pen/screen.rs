//! Lettering cut into cells: lamps of a board, pixels, stencils, stripes.

use super::Pen;
use crate::dice::Dice;

/// How a glyph is cut into square cells that lie along its baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Screen {
    /// Side of a cell, in ems.
    pub pitch: f32,
    /// Part of a cell's side that stays free, across and down.
    pub gap: [f32; 2],
    /// Cells are round.
    pub round: bool,
    /// A cell is full or empty, as more or less than a third of it is covered.
    pub whole: bool,
}

impl Screen {
    /// A random one.
    pub fn any(dice: &mut Dice) -> Self {
        let whole = dice.chance(0.7);
        let gap = dice.range(0.08, 0.4);
        Self {
            // Seven lamps to a capital's height, as boards have them, are a tenth of an em apart.
            pitch: dice.range(0.045, if whole { 0.115 } else { 0.16 }),
            gap: match dice.below(6) {
                0 if !whole => [0.0, gap], // stripes
                1 if whole => [0.0; 2],    // pixels
                _ => [gap; 2],
            },
            round: dice.chance(0.3),
            whole,
        }
    }

    /// How much of a point (in cells) is shown, with edges `soft` cells wide.
    fn shows(&self, at: [f32; 2], soft: f32) -> f32 {
        let off = at.map(|x| (x - x.floor() - 0.5).abs());
        let half = self.gap.map(|gap| 0.5 * (1.0 - gap));
        let edge = |inside: f32| (inside / soft + 0.5).clamp(0.0, 1.0);
        if self.round && half[0] == half[1] {
            return edge(half[0] - off[0].hypot(off[1]));
        }
        let side = |i: usize| {
            if self.gap[i] > 0.0 {
                edge(half[i] - off[i])
            } else {
                1.0
            }
        };
        side(0) * side(1)
    }
}

impl Pen {
    /// Cuts what was drawn into the cells of `screen`; `cell` takes a pixel to cells, of which a
    /// pixel is `soft` wide.
    pub fn screen(&mut self, screen: &Screen, soft: f32, cell: impl Fn([f32; 2]) -> [f32; 2]) {
        let (w, h) = (self.width, self.height);
        let mut cover = self.cover();
        let places: Vec<[f32; 2]> = (0..w * h)
            .map(|i| cell([(i % w) as f32 + 0.5, (i / w) as f32 + 0.5]))
            .collect();
        if screen.whole {
            fill_cells(&mut cover, &places);
        }
        for (cover, place) in cover.iter_mut().zip(&places) {
            *cover *= screen.shows(*place, soft);
        }
        self.store(&cover);
    }
}

/// Makes every cell full or empty.
fn fill_cells(cover: &mut [f32], places: &[[f32; 2]]) {
    let mut cells = std::collections::HashMap::<[i32; 2], (f32, f32)>::new();
    let of = |place: &[f32; 2]| place.map(|x| x.floor() as i32);
    for (cover, place) in cover.iter().zip(places) {
        let cell = cells.entry(of(place)).or_default();
        *cell = (cell.0 + cover, cell.1 + 1.0);
    }
    for (cover, place) in cover.iter_mut().zip(places) {
        let (sum, n) = cells[&of(place)];
        *cover = f32::from(sum > 0.35 * n);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(screen: &Screen, square: [f32; 4]) -> Vec<Vec<u8>> {
        let mut pen = Pen::default();
        pen.begin(20, 20);
        let [l, t, r, b] = square;
        pen.polygon(&[[l, t], [r, t], [r, b], [l, b]]);
        pen.screen(screen, 0.1, |[x, y]| [x / 10.0, y / 10.0]);
        let mut rows = Vec::new();
        pen.rows(|_, row| rows.push(row.to_vec()));
        rows
    }

    #[test]
    fn cells_are_full_or_empty_and_apart() {
        let screen = Screen {
            pitch: 0.1,
            gap: [0.4; 2],
            round: false,
            whole: true,
        };
        // Covers seven tenths of the first cell and three tenths of the one beside it.
        let rows = drawn(&screen, [3.0, 0.0, 13.0, 10.0]);
        assert_eq!(rows[5][5], 255);
        assert_eq!(rows[5][2], 255, "the cell is filled beyond what was drawn");
        assert_eq!(rows[5][0], 0, "the gap");
        assert_eq!((rows[5][12], rows[15][5]), (0, 0), "empty cells");
    }

    #[test]
    fn stripes_cut_one_way_only() {
        let screen = Screen {
            pitch: 0.1,
            gap: [0.0, 0.4],
            round: true,
            whole: false,
        };
        let rows = drawn(&screen, [0.0, 0.0, 20.0, 20.0]);
        assert!(rows[5].iter().all(|&c| c == 255));
        assert!(rows[0].iter().all(|&c| c == 0));
    }
}
