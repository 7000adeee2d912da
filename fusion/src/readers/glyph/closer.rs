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
