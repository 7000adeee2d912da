//! Boxes drawn on a picture, to see where something was read.
use crate::{Error, Image, Region, Result};
use foveate_vision::Rect;
use image::{Rgb, RgbImage};
use std::path::Path;

/// Colours of the boxes, by turns.
const COLORS: [[u8; 3]; 6] = [
    [230, 25, 75],
    [0, 130, 200],
    [60, 160, 60],
    [245, 130, 48],
    [145, 30, 180],
    [0, 150, 150],
];

/// Writes the upright picture with the boxes of `regions` as a PNG (or what the name of `out`
/// says).
pub fn draw_boxes(
    image: &Image,
    regions: impl IntoIterator<Item = Region>,
    out: impl AsRef<Path>,
) -> Result<()> {
    let pixels = image.pixels();
    let Some(mut canvas) =
        RgbImage::from_raw(pixels.width(), pixels.height(), pixels.rgb().to_vec())
    else {
        unreachable!("Pixels holds three bytes for each of its pixels")
    };
    let width = (pixels.width().max(pixels.height()) / 400).max(1);
    for (i, region) in regions.into_iter().enumerate() {
        frame(
            &mut canvas,
            region.upright,
            width,
            Rgb(COLORS[i % COLORS.len()]),
        );
    }
    let out = out.as_ref();
    canvas.save(out).map_err(|e| Error::Stage {
        stage: "overlay",
        why: format!("{}: {e}", out.display()),
    })
}

fn frame(canvas: &mut RgbImage, rect: Rect, width: u32, color: Rgb<u8>) {
    let (w, h) = canvas.dimensions();
    let at = |v: f64, most: u32| (v.round().max(0.0) as u32).min(most);
    let (x0, y0, x1, y1) = (
        at(rect.x0, w),
        at(rect.y0, h),
        at(rect.x1, w),
        at(rect.y1, h),
    );
    for y in y0..y1 {
        for x in x0..x1 {
            let inner = x >= x0 + width && x + width < x1 && y >= y0 + width && y + width < y1;
            if !inner {
                canvas.put_pixel(x, y, color);
            }
        }
    }
}
