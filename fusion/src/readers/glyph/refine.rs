//! Test-time augmentation: crops with unsure letters are encoded again at a second scale.
//!
//! The encoder's mistakes depend on how a glyph lies on its patches: the same glyph a little
//! smaller is read otherwise, and the mean of both is right more often than either.
use super::embed::likeliest;
use super::nms::Glyph;
use super::rules::{Nms, SecondScale};
use super::select::pool;
use super::shared::glyph_box;
use super::slots::Slots;
use crate::Result;
use foveate_vision::{CropGrid, ImageConfig, Rect};
use ndarray::Array1;

/// Where those of `glyphs` are that are unsure enough to be encoded again.
pub(crate) fn unsure<'g>(
    glyphs: impl Iterator<Item = &'g Glyph>,
    slots: &Slots,
    rule: &SecondScale,
) -> Vec<[f32; 4]> {
    let unsure =
        |g: &&Glyph| fits(g.at(), rule) && most_probable(slots, g.claimed()) < rule.probability;
    glyphs.filter(unsure).map(Glyph::at).collect()
}

/// The crops worth encoding for the sake of unsure glyphs, those with the most of them first.
pub(crate) fn worth_it(
    mut unsure: Vec<[f32; 4]>,
    parts: &CropGrid,
    config: &ImageConfig,
    rule: &SecondScale,
) -> Vec<usize> {
    let mut left: Vec<usize> = (0..parts.count()).collect();
    let (mut chosen, mut windows) = (Vec::new(), 0);
    loop {
        left.retain(|&part| windows + parts.windows(part, config) <= rule.windows);
        let shown = |part: usize| {
            let seen = parts.on_canvas(part);
            unsure.iter().filter(|at| is_in(**at, seen)).count()
        };
        let best = left.iter().map(|&part| (shown(part), part)).max();
        let Some((_, part)) = best.filter(|(n, _)| *n >= rule.least) else {
            return chosen;
        };
        windows += parts.windows(part, config);
        left.retain(|&other| other != part);
        let seen = parts.on_canvas(part);
        unsure.retain(|at| !is_in(*at, seen));
        chosen.push(part);
    }
}

/// Adds what the adapter gave of a crop to the glyphs it claims. It finds no new ones: most of what
/// a crop alone shows is a glyph that lies a little elsewhere.
pub(crate) fn join(
    glyphs: &mut [Glyph],
    slots: &mut Slots,
    mut more: Slots,
    (parts, part): (&CropGrid, usize),
    (rule, nms): (&SecondScale, &Nms),
) -> Result<()> {
    more.check(false)?;
    let seen = parts.on_canvas(part);
    let first = slots.presence.len();
    let goes_on = parts.goes_on(part);
    for (i, mut row) in more.place.rows_mut().into_iter().enumerate() {
        let at = parts.place_on_canvas(part, [row[1], row[2], row[3], row[4]]);
        at.iter().zip(1..).for_each(|(side, j)| row[j] = *side);
        if !fits(at, rule) || !is_whole(at, seen, goes_on) {
            continue;
        }
        let nearest = glyphs
            .iter_mut()
            .filter_map(|g| Some((g.distance(at, nms)?, g)))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, glyph)) = nearest {
            glyph.claim(first + i, more.presence[i]);
        }
    }
    slots.append(more)
}

/// Whether a glyph is of a size to be encoded again.
fn fits([.., em]: [f32; 4], rule: &SecondScale) -> bool {
    (rule.smallest_em..=rule.largest_em).contains(&(em * rule.scale))
}

fn is_in([cx, cy, ..]: [f32; 4], part: Rect) -> bool {
    let [cx, cy] = [f64::from(cx), f64::from(cy)];
    part.x0 < cx && cx < part.x1 && part.y0 < cy && cy < part.y1
}

/// Whether a part shows all of a glyph; at an edge behind which the picture does not go on it does.
pub(super) fn is_whole(at: [f32; 4], part: Rect, goes_on: [bool; 4]) -> bool {
    let glyph = glyph_box(at);
    let inside = [
        glyph.x0 >= part.x0,
        glyph.y0 >= part.y0,
        glyph.x1 <= part.x1,
        glyph.y1 <= part.y1,
    ];
    inside
        .iter()
        .zip(goes_on)
        .all(|(inside, goes_on)| *inside || !goes_on)
}

/// How probable the likeliest letter of a glyph is, by all that claims it.
fn most_probable(slots: &Slots, claimed: &[usize]) -> f32 {
    let mut letters = Array1::zeros(slots.letters.ncols());
    pool(
        letters.view_mut(),
        claimed,
        slots.letters.view(),
        &slots.presence,
    );
    likeliest(letters.view_mut()).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::glyph::nms::{Spot, glyphs_of};
    use crate::readers::glyph::rules::Rules;
    use foveate_vision::{Mode, Pixels, TileBatch};
    use ndarray::{Array2, arr1, arr2};

    fn rule() -> SecondScale {
        Rules::default().second_scale.unwrap()
    }

    /// Two letters; as sure as `sure` says of the first, and present.
    fn slots(sure: &[f32]) -> Slots {
        let letters = |i: usize, j: usize| {
            if j == 0 {
                sure[i].ln()
            } else {
                (1.0 - sure[i]).ln()
            }
        };
        Slots {
            letters: Array2::from_shape_fn((sure.len(), 2), |(i, j)| letters(i, j)),
            slots: Array2::zeros((sure.len(), 1)),
            place: Array2::zeros((sure.len(), 5)),
            presence: Array1::from_elem(sure.len(), 0.9),
        }
    }

    fn glyphs(at: &[[f32; 4]]) -> Vec<Glyph> {
        let spot = |(slot, &at): (usize, &[f32; 4])| Spot {
            slot,
            at,
            rank: 1.0,
            presence: 0.9,
            letter: slot,
        };
        glyphs_of(
            at.iter().enumerate().map(spot).collect(),
            &Rules::default().nms,
        )
    }

    fn parts() -> CropGrid {
        let pixels = Pixels::from_rgb(1344, 1344, vec![9; 1344 * 1344 * 3]).unwrap();
        let config = ImageConfig::default();
        let views = TileBatch::new(&pixels, Mode::High, &config);
        CropGrid::new(&pixels, views.placement(), rule().scale, &config)
    }

    #[test]
    fn only_what_is_unsure_and_of_a_readable_size_is_encoded_again() {
        let at = |em: f32, x: f32| [x, 100.0, 10.0, em];
        let all = [
            at(20.0, 100.0),
            at(20.0, 200.0),
            at(8.0, 300.0),
            at(90.0, 500.0),
        ];
        let found = unsure(glyphs(&all).iter(), &slots(&[0.5, 0.95, 0.5, 0.5]), &rule());
        assert_eq!(found, [all[0]]);
    }

    #[test]
    fn parts_with_the_most_unsure_glyphs_come_first_and_a_few_are_not_worth_it() {
        let (parts, config) = (parts(), ImageConfig::default());
        let at = |x: f32, y: f32| [x, y, 10.0, 20.0];
        let corner = [at(50.0, 50.0), at(60.0, 50.0), at(70.0, 50.0)];
        let far = [1300.0, 1310.0, 1320.0, 1330.0].map(|x| at(x, 1300.0));
        let lone = [at(1300.0, 50.0)];
        let unsure = [&corner[..], &far, &lone].concat();
        assert_eq!(
            worth_it(unsure, &parts, &config, &rule()),
            [parts.count() - 1, 0]
        );
        let everywhere: Vec<_> = (0..4000)
            .map(|i| at(21.0 * (i % 64) as f32, 21.0 * (i / 64) as f32))
            .collect();
        let all = worth_it(everywhere, &parts, &config, &rule());
        assert_eq!(
            all.len(),
            rule().windows / 4,
            "four windows each, and no more than allowed"
        );
    }

    #[test]
    fn a_crop_adds_to_the_glyph_it_is_nearest_to_and_finds_no_new_ones() {
        let parts = parts();
        let rules = (&rule(), &Rules::default().nms);
        let [first, second] = [[100.0, 100.0, 20.0, 30.0], [112.0, 100.0, 20.0, 30.0]];
        let mut seen = glyphs(&[first, second]);
        let mut all = slots(&[0.5, 0.5]);
        let mut more = slots(&[0.9, 0.9, 0.9, 0.9]);
        let scaled = |at: [f32; 4]| at.map(|side| side * rule().scale);
        let (near, new) = (
            scaled([113.0, 101.0, 19.0, 31.0]),
            scaled([300.0, 300.0, 20.0, 30.0]),
        );
        let cut = scaled([100.0, 100.0, 20.0, 2.0]);
        let large = scaled([100.0, 100.0, 20.0, 90.0]);
        for (mut row, at) in more
            .place
            .rows_mut()
            .into_iter()
            .zip([near, new, cut, large])
        {
            row.assign(&arr1(&[0.0, at[0], at[1], at[2], at[3]]));
        }
        join(&mut seen, &mut all, more, (&parts, 0), rules).unwrap();
        assert_eq!(seen.len(), 2);
        assert_eq!([seen[0].claimed(), seen[1].claimed()], [&[0][..], &[1, 2]]);
        assert_eq!(all.presence.len(), 6);
        let pooled = most_probable(&all, seen[1].claimed());
        assert!((pooled - 0.75).abs() < 1e-3, "the mean of both: {pooled}");
        assert!(join(&mut seen, &mut all, bad(), (&parts, 0), rules).is_err());
    }

    fn bad() -> Slots {
        Slots {
            place: arr2(&[[0.0, f32::NAN, 1.0, 1.0, 1.0]]),
            ..slots(&[0.5])
        }
    }
}
