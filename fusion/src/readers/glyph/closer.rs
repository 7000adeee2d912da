//! Crops of a picture: small print read once more at a multiple of the canvas' scale, and long
//! pictures, which no view shows whole.
use super::nms::Spot;
use super::refine::is_whole;
use super::slots::Slots;
use crate::Result;
use foveate_vision::CropGrid;
use std::ops::Range;

/// What is taken of crops, by em sizes in their pixels.
#[derive(Debug, Clone)]
pub(super) struct Sizes {
    /// Glyphs of these sizes.
    pub taken: Range<f32>,
    /// Of these the crops show most: of two that show a glyph, such a one has its place.
    pub best: Range<f32>,
    /// By how much it ranks before others.
    pub rank: f32,
}

/// Adds what the adapter gave of a crop to the slots, places in canvas pixels, and to what claims
/// glyphs. Glyphs on the crop's border are left to the next crop.
pub(super) fn join(
    (slots, spots): (&mut Slots, &mut Vec<Spot>),
    mut more: Slots,
    (crops, crop): (&CropGrid, usize),
    sizes: &Sizes,
) -> Result<()> {
    more.check(false)?;
    let (seen, goes_on) = (crops.on_canvas(crop), crops.goes_on(crop));
    let first = slots.presence.len();
    let letters: Vec<usize> = (0..more.presence.len()).map(|i| more.letter(i)).collect();
    for (i, mut row) in more.place.rows_mut().into_iter().enumerate() {
        let em = row[4];
        let at = crops.place_on_canvas(crop, [row[1], row[2], row[3], em]);
        at.iter().zip(1..).for_each(|(side, j)| row[j] = *side);
        if !sizes.taken.contains(&em) || !is_whole(at, seen, goes_on) {
            continue;
        }
        let presence = more.presence[i];
        let suited = if sizes.best.contains(&em) {
            sizes.rank
        } else {
            0.0
        };
        spots.push(Spot {
            slot: first + i,
            at,
            rank: presence + suited,
            presence,
            letter: letters[i],
        });
    }
    slots.append(more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use foveate_vision::{ImageConfig, Mode, Pixels, TileBatch};
    use ndarray::{Array1, Array2};

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
        let sizes = Sizes {
            taken: 0.0..72.0,
            best: 0.0..54.0,
            rank: 2.0,
        };
        let (mut all, mut spots) = (slots(&[[5.0; 4]]), Vec::new());
        let more = slots(&[
            [100.0, 60.0, 10.0, 24.0],  // small print
            [100.0, 200.0, 40.0, 60.0], // suits a tile as well
            [100.0, 200.0, 50.0, 80.0], // too large for a crop
            [445.0, 60.0, 10.0, 24.0],  // cut off at the right
            [3.0, 60.0, 10.0, 24.0],    // at the left the picture ends
        ]);
        join((&mut all, &mut spots), more, (&crops, 0), &sizes).unwrap();
        assert_eq!(all.presence.len(), 6);
        let got: Vec<_> = spots.iter().map(|s| (s.slot, s.at, s.rank)).collect();
        let wanted = [
            (1, [50.0, 30.0, 5.0, 12.0], 2.9),
            (2, [50.0, 100.0, 20.0, 30.0], 0.9),
            (5, [1.5, 30.0, 5.0, 12.0], 2.9),
        ];
        assert_eq!(got, wanted);
        let bad = slots(&[[f32::NAN; 4]]);
        assert!(join((&mut all, &mut spots), bad, (&crops, 0), &sizes).is_err());
    }
}
