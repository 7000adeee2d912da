//! Which of the adapter's glyph slots become image tokens, and in which order (`models/FORMAT.md`).
use super::layout;
use super::nms::{Glyph, Spot, glyphs_of};
use super::rules::Rules;
use super::shared::glyph_box;
use super::slots::Slots;
use crate::Result;
use crate::bundle::AdapterConfig;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ArrayViewMut1, Axis};

/// Edge of a view of mode `high`.
const TILE: f32 = 672.0;

/// The slots chosen, in the order of the image tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// Row of each in [`Slots`].
    pub index: Vec<usize>,
    /// Of each the rows that claim this glyph, its own first.
    pub claimed: Vec<Vec<usize>>,
    /// `[n, 4]`: cx, cy, w, h in canvas pixels.
    pub place: Array2<f32>,
}

impl Chosen {
    /// Number of glyphs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether nothing was chosen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// cx, cy, w, h of every glyph in canvas pixels.
    pub(crate) fn places(&self) -> Vec<[f32; 4]> {
        let at = |row: ArrayView1<'_, f32>| [row[0], row[1], row[2], row[3]];
        self.place.rows().into_iter().map(at).collect()
    }

    /// These of the glyphs alone, in this order.
    pub(crate) fn keep(&self, glyphs: &[usize]) -> Self {
        Self {
            index: glyphs.iter().map(|&i| self.index[i]).collect(),
            claimed: glyphs.iter().map(|&i| self.claimed[i].clone()).collect(),
            place: self.place.select(Axis(0), glyphs),
        }
    }

    /// The first `most` glyphs alone.
    fn truncate(&mut self, most: usize) {
        if self.len() > most {
            *self = self.keep(&(0..most).collect::<Vec<_>>());
        }
    }

    /// Means of `[slots, d]` over what claims each glyph, weighed by presence: `[n, d]`.
    ///
    /// A glyph in two views, or at the border of two patches, was encoded twice, and the mistakes
    /// of the two encodings differ.
    #[must_use]
    pub fn pooled(&self, values: ArrayView2<'_, f32>, presence: &Array1<f32>) -> Array2<f32> {
        let mut out = Array2::zeros((self.claimed.len(), values.ncols()));
        for (row, slots) in out.rows_mut().into_iter().zip(&self.claimed) {
            pool(row, slots, values, presence);
        }
        out
    }
}

/// Adds to `out`, zeros, the mean of the rows `slots` of `values`, weighed by presence.
pub(crate) fn pool(
    mut out: ArrayViewMut1<'_, f32>,
    slots: &[usize],
    values: ArrayView2<'_, f32>,
    presence: &Array1<f32>,
) {
    let whole: f32 = slots.iter().map(|&i| presence[i]).sum();
    for &i in slots {
        out.scaled_add(presence[i] / whole, &values.row(i));
    }
}

/// Chooses among the slots, and sorts into reading order; at most `max_glyphs` are kept. `far` says
/// that the views are an overview and tiles, and where the second tiles begin
/// ([`foveate_vision::TileBatch::far_tiles`]).
pub fn choose(
    slots: &Slots,
    far: Option<[u32; 2]>,
    config: &AdapterConfig,
    rules: &Rules,
) -> Result<Chosen> {
    let spots = spots(slots, far, false, config, rules)?;
    let mut chosen = settle(glyphs(spots, rules), rules);
    chosen.truncate(config.max_glyphs);
    Ok(chosen)
}

/// What slots claim, in canvas pixels. Small print is left to `crops`, where there are any.
pub(crate) fn spots(
    slots: &Slots,
    far: Option<[u32; 2]>,
    crops: bool,
    config: &AdapterConfig,
    rules: &Rules,
) -> Result<Vec<Spot>> {
    slots.check(far.is_some())?;
    let far = far.map(|at| at.map(|side| side as f32));
    let rows = (0..slots.place.nrows()).map(|i| (i, slots.place.row(i)));
    let kept = rows.filter(|(_, row)| far.is_none_or(|far| wanted(*row, far, crops, config)));
    let spots = kept.map(|(i, _)| spot(i, slots, far, config, rules.nms.overview));
    Ok(spots.collect())
}

/// What spots claim, double sightings removed; what too little claims is among it.
pub(crate) fn glyphs(mut spots: Vec<Spot>, rules: &Rules) -> Vec<Glyph> {
    // Both sorts are stable: of equals the earlier slot comes first.
    spots.sort_by(|a, b| b.rank.total_cmp(&a.rank));
    glyphs_of(spots, &rules.nms)
}

/// The glyphs that are there, in reading order.
pub(crate) fn settle(mut taken: Vec<Glyph>, rules: &Rules) -> Chosen {
    taken.retain(|glyph| glyph.presence() >= rules.nms.presence);
    taken.sort_by_key(|g| g.slot());
    let at: Vec<[f32; 4]> = taken.iter().map(|g| g.at()).collect();
    let order = layout::order(&at, &rules.order);
    Chosen {
        index: order.iter().map(|&i| taken[i].slot()).collect(),
        place: Array2::from_shape_fn((order.len(), 4), |(i, j)| at[order[i]][j]),
        claimed: order
            .into_iter()
            .map(|i| taken[i].claimed().to_vec())
            .collect(),
    }
}

/// Large glyphs are read in the overview, small ones in the tiles, and of two tiles in the one that
/// shows them whole.
fn wanted(row: ArrayView1<'_, f32>, far: [f32; 2], crops: bool, config: &AdapterConfig) -> bool {
    if row[0] == 0.0 {
        row[4] >= config.overview_min_em
    } else {
        let large = !crops || row[4] >= config.overview_min_em;
        row[4] <= config.detail_max_em && large && !cut_off(row, far)
    }
}

/// Row and column of a tile, 0 or 1.
fn tile(view: f32) -> [f32; 2] {
    let tile = view - 1.0;
    [(tile / 2.0).floor(), tile % 2.0]
}

/// Whether a tile's border cuts a glyph that the tile beside it shows whole.
fn cut_off(slot: ArrayView1<'_, f32>, [x, y]: [f32; 2]) -> bool {
    let [row, column] = tile(slot[0]);
    let seen = glyph_box([1, 2, 3, 4].map(|j| slot[j]));
    let cut = |second: f32, begins: f64, ends: f64, far: f32| {
        let (edge, far) = (f64::from(TILE), f64::from(far));
        if second > 0.0 {
            begins < 0.0 && ends + far <= edge
        } else {
            ends > edge && begins >= far
        }
    };
    cut(column, seen.x0, seen.x1, x) || cut(row, seen.y0, seen.y1, y)
}

fn spot(
    slot: usize,
    slots: &Slots,
    far: Option<[f32; 2]>,
    config: &AdapterConfig,
    suits_overview: f32,
) -> Spot {
    let [view, cx, cy, w, h] = [0, 1, 2, 3, 4].map(|j| slots.place[[slot, j]]);
    let (presence, letter) = (slots.presence[slot], slots.letter(slot));
    let Some([x, y]) = far else {
        return Spot {
            slot,
            at: [cx, cy, w, h],
            rank: presence,
            presence,
            letter,
        };
    };
    if view == 0.0 {
        let at = [cx * 2.0, cy * 2.0, w * 2.0, h * 2.0];
        return Spot {
            slot,
            at,
            rank: presence + suits(at[3] > suits_overview * config.detail_max_em),
            presence,
            letter,
        };
    }
    let [row, column] = tile(view);
    let at = [cx + column * x, cy + row * y, w, h];
    Spot {
        slot,
        at,
        rank: presence + suits(h <= suits_overview * config.detail_max_em),
        presence,
        letter,
    }
}

fn suits(yes: bool) -> f32 {
    if yes { 1.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(slots: &Slots, far: Option<[u32; 2]>, config: &AdapterConfig) -> Result<Chosen> {
        super::choose(slots, far, config, &Rules::default())
    }

    const CONFIG: AdapterConfig = AdapterConfig {
        slots: 4,
        overview_min_em: 28.0,
        detail_max_em: 72.0,
        max_glyphs: 6,
        letters: 2,
        slot_dim: 2,
        closer: None,
    };

    fn slots(rows: &[([f32; 5], f32)]) -> Slots {
        Slots {
            letters: Array2::zeros((rows.len(), 2)),
            slots: Array2::zeros((rows.len(), 2)),
            place: Array2::from_shape_fn((rows.len(), 5), |(i, j)| rows[i].0[j]),
            presence: rows.iter().map(|r| r.1).collect(),
        }
    }

    fn chosen(rows: &[([f32; 5], f32)], high: bool) -> Vec<usize> {
        let far = high.then_some([672; 2]);
        choose(&slots(rows), far, &CONFIG).unwrap().index
    }

    #[test]
    fn one_view_is_sorted_by_line_and_column() {
        let rows = [
            ([0.0, 50.0, 33.0, 8.0, 12.0], 0.9),
            ([0.0, 10.0, 40.0, 8.0, 12.0], 0.9),
            ([0.0, 90.0, 10.0, 8.0, 12.0], 0.9),
            ([0.0, 30.0, 47.9, 8.0, 12.0], 0.9),
            ([0.0, 5.0, 48.0, 8.0, 12.0], 0.9),
        ];
        assert_eq!(chosen(&rows, false), [2, 1, 3, 0, 4]);
    }

    #[test]
    fn of_two_claims_the_surer_wins_and_ties_go_to_the_first() {
        let at = |x: f32, p: f32| ([0.0, x, 20.0, 10.0, 12.0], p);
        assert_eq!(
            chosen(
                &[at(20.0, 0.6), at(23.9, 0.8), at(40.0, 0.7), at(43.0, 0.7)],
                false
            ),
            [1, 2]
        );
        assert_eq!(
            chosen(&[at(20.0, 0.85), at(24.1, 0.8)], false),
            [0, 1],
            "0.4 of the advance apart"
        );
    }

    #[test]
    fn two_looks_at_a_narrow_letter_are_one_and_two_letters_are_two() {
        let at = |x: f32, em: f32| ([0.0, x, 20.0, 4.0, em], 0.9);
        let small = slots(&[at(20.0, 18.0), at(23.0, 18.0)]);
        let of = |slots: &Slots| choose(slots, None, &CONFIG).unwrap().index;
        assert_eq!(of(&small), [0], "the same letter, 0.17 em apart");
        let mut others = small.clone();
        others.letters[[1, 1]] = 1.0;
        assert_eq!(of(&others), [0, 1]);
        let large = slots(&[at(20.0, 40.0), at(24.0, 40.0)]);
        assert_eq!(
            of(&large),
            [0, 1],
            "looks differ by pixels: \"ll\" of a narrow face"
        );
    }

    #[test]
    fn unsure_claims_add_up() {
        let at = |x: f32, p: f32| ([0.0, x, 20.0, 10.0, 12.0], p);
        assert_eq!(
            chosen(&[at(20.0, 0.25), at(21.0, 0.3), at(60.0, 0.45)], false),
            [1],
            "two parts are a glyph, one alone is not"
        );
    }

    #[test]
    fn looks_at_one_glyph_are_averaged() {
        let at = |x: f32, p: f32| ([0.0, x, 20.0, 10.0, 12.0], p);
        let all = slots(&[at(20.0, 0.25), at(21.0, 0.75), at(60.0, 0.8)]);
        let got = choose(&all, None, &CONFIG).unwrap();
        assert_eq!(got.claimed, [vec![1, 0], vec![2]]);
        let values = ndarray::arr2(&[[4.0, 0.0], [0.0, 8.0], [3.0, 3.0]]);
        assert_eq!(
            got.pooled(values.view(), &all.presence),
            ndarray::arr2(&[[1.0, 6.0], [3.0, 3.0]])
        );
    }

    #[test]
    fn tiles_and_overview_meet_on_the_canvas() {
        let rows = [
            ([0.0, 100.0, 100.0, 8.0, 10.0], 0.9),   // overview, too small
            ([0.0, 200.0, 100.0, 20.0, 30.0], 0.9),  // overview, em 60 on the canvas: suits
            ([1.0, 400.0, 200.0, 40.0, 60.0], 0.99), // the same in a tile: over 54, does not suit
            ([2.0, 10.0, 300.0, 8.0, 12.0], 0.9),
            ([3.0, 10.0, 10.0, 8.0, 12.0], 0.9),
            ([4.0, 30.0, 20.0, 60.0, 80.0], 0.9), // tile, too large
        ];
        let got = choose(&slots(&rows), Some([672; 2]), &CONFIG).unwrap();
        assert_eq!(got.index, [1, 3, 4]);
        assert_eq!(got.place.row(0).to_vec(), [400.0, 200.0, 40.0, 60.0]);
        assert_eq!(got.place.row(1).to_vec(), [682.0, 300.0, 8.0, 12.0]);
        assert_eq!(got.place.row(2).to_vec(), [10.0, 682.0, 8.0, 12.0]);
    }

    #[test]
    fn at_most_max_glyphs_are_kept() {
        let rows: Vec<_> = (0..9)
            .map(|i| ([0.0, 20.0 * i as f32, 5.0, 8.0, 12.0], 0.9))
            .collect();
        assert_eq!(chosen(&rows, false), [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_glyph_that_a_border_cuts_is_the_other_tiles() {
        let seam = [
            ([1.0, 668.0, 100.0, 20.0, 30.0], 0.9),
            ([2.0, 148.0, 100.0, 20.0, 30.0], 0.8),
            ([2.0, 6.0, 200.0, 20.0, 30.0], 0.9),
            ([1.0, 526.0, 200.0, 20.0, 30.0], 0.8),
        ];
        let got = choose(&slots(&seam), Some([520, 672]), &CONFIG).unwrap();
        assert_eq!(got.index, [1, 3]);
        assert_eq!(got.claimed, [[1], [3]]);
        assert_eq!(chosen(&seam[..1], true), [0], "no other tile shows it");
    }

    #[test]
    fn nonsense_is_refused() {
        for row in [
            [0.0, f32::NAN, 1.0, 1.0, 1.0],
            [1.0, 1.0, 1.0, 1.0, 1.0],
            [0.0, 1.0, 1.0, 0.0, 1.0],
        ] {
            assert!(
                choose(&slots(&[(row, 0.9)]), None, &CONFIG).is_err(),
                "{row:?}"
            );
        }
        assert_eq!(chosen(&[], true), [0usize; 0]);
    }
}
