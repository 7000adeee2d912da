//! A closer look: a page read once more in crops at a multiple of the canvas' scale, for print that
//! is too small at that.
use super::nms::Spot;
use super::refine::is_whole;
use super::rules::Nms;
use super::select::suits;
use super::slots::Slots;
use crate::Result;
use crate::bundle::AdapterConfig;
use foveate_vision::CropGrid;

/// Adds what the adapter gave of a crop to the slots of the views, places in canvas pixels, and to
/// what claims glyphs. Large glyphs are left to the views, those on the crop's border to the next
/// crop.
pub(super) fn join(
    (slots, spots): (&mut Slots, &mut Vec<Spot>),
    mut more: Slots,
    (crops, crop): (&CropGrid, usize),
    (config, nms): (&AdapterConfig, &Nms),
) -> Result<()> {
    more.check(false)?;
    let (seen, goes_on) = (crops.on_canvas(crop), crops.goes_on(crop));
    let first = slots.presence.len();
    for (i, mut row) in more.place.rows_mut().into_iter().enumerate() {
        let em = row[4];
        let at = crops.place_on_canvas(crop, [row[1], row[2], row[3], em]);
        at.iter().zip(1..).for_each(|(side, j)| row[j] = *side);
        if em > config.detail_max_em || !is_whole(at, seen, goes_on) {
            continue;
        }
        // Of two that show a glyph, the crop has the place of small print.
        let suited = 2.0 * suits(em <= nms.overview * config.detail_max_em);
        let presence = more.presence[i];
        spots.push(Spot {
            slot: first + i,
            at,
            rank: presence + suited,
            presence,
        });
    }
    slots.append(more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::glyph::rules::Rules;
    use foveate_vision::{ImageConfig, Mode, Pixels, TileBatch};
    use ndarray::{Array1, Array2};

    const CONFIG: AdapterConfig = AdapterConfig {
        slots: 4,
        overview_min_em: 14.0,
        detail_max_em: 72.0,
        max_glyphs: 10,
        letters: 2,
        slot_dim: 1,
        closer: Some(2.0),
    };

    fn slots(places: &[[f32; 4]]) -> Slots {
        let n = places.len();
        let place = |(i, j): (usize, usize)| if j == 0 { 0.0 } else { places[i][j - 1] };
        Slots {
            letters: Array2::zeros((n, 2)),
            slots: Array2::zeros((n, 1)),
            place: Array2::from_shape_fn((n, 5), place),
            presence: Array1::from_elem(n, 0.9),
        }
    }

    #[test]
    fn small_print_of_a_crop_comes_to_the_canvas_and_ranks_first() {
        let pixels = Pixels::from_rgb(1344, 1344, vec![9; 1344 * 1344 * 3]).unwrap();
        let config = ImageConfig::default();
        let views = TileBatch::new(&pixels, Mode::High, &config);
        let crops = CropGrid::new(&pixels, views.placement(), 2.0, &config);
        let nms = Rules::default().nms;
        let (mut all, mut spots) = (slots(&[[5.0; 4]]), Vec::new());
        let more = slots(&[
            [100.0, 60.0, 10.0, 24.0],  // small print
            [100.0, 200.0, 40.0, 60.0], // suits a tile as well
            [100.0, 200.0, 50.0, 80.0], // too large for a crop
            [445.0, 60.0, 10.0, 24.0],  // cut off at the right
            [3.0, 60.0, 10.0, 24.0],    // at the left the picture ends
        ]);
        join((&mut all, &mut spots), more, (&crops, 0), (&CONFIG, &nms)).unwrap();
        assert_eq!(all.presence.len(), 6);
        let got: Vec<_> = spots.iter().map(|s| (s.slot, s.at, s.rank)).collect();
        let wanted = [
            (1, [50.0, 30.0, 5.0, 12.0], 2.9),
            (2, [50.0, 100.0, 20.0, 30.0], 0.9),
            (5, [1.5, 30.0, 5.0, 12.0], 2.9),
        ];
        assert_eq!(got, wanted);
        let bad = slots(&[[f32::NAN; 4]]);
        assert!(join((&mut all, &mut spots), bad, (&crops, 0), (&CONFIG, &nms)).is_err());
    }
}
