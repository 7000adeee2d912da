//! Crops of small print as a reader sees them that enlarges the picture: drawn, then enlarged.

use super::{Maker, Sample, pad, shrunk};
use crate::camera::View;
use crate::canvas::Canvas;
use crate::flyer::Document;
use crate::pages;
use crate::record::Truth;
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

/// How many times the crops are enlarged.
const TIMES: usize = 2;
/// Longer side of the page that crops are cut from, before it is enlarged: the canvas of mode
/// `high`.
const SIDE: f32 = 1344.0;
/// Crops of one page.
const CROPS: usize = 6;
/// Pages of one index.
const PAGES: usize = 4;

impl Maker<'_> {
    /// The pictures of one index of the mix, and as many crops of small print.
    pub(super) fn closer(&mut self) -> Vec<Sample> {
        let mut made = self.mix();
        for _ in 0..PAGES {
            let document = pages::small_print(self.dice, self.fonts, self.options.split);
            let view = self.view(&document);
            let scale = SIDE / pages::SMALL * shrunk(&document, &view);
            made.extend((0..CROPS).map(|_| self.enlarged(&document, &view, scale)));
        }
        self.dice.shuffle(&mut made);
        made
    }

    /// A square of a page of small print, drawn at 1 / `TIMES` of the size and enlarged.
    fn enlarged(&mut self, document: &Document, view: &View, scale: f32) -> Sample {
        let side = (self.options.size / TIMES).max(1);
        let picture = view.size.map(|s| s * scale);
        let aim = self.aim(document, view, scale);
        let shift = [0, 1].map(|k| {
            let start = aim[k] - side as f32 * self.dice.range(0.1, 0.9);
            -start
                .clamp(0.0, (picture[k] - side as f32).max(0.0))
                .floor()
        });
        let times = TIMES as f32;
        let larger = view.scaled(scale * times, shift.map(|at| at * times));
        let (mut truth, _) = Truth::of_scene(&document.scene, &larger, [side * TIMES; 2]);
        truth.photographed = view.is_photo();
        truth.layout = document.layout;
        let canvas = self.options.pixels.then(|| {
            let mut canvas = Canvas::new(side, side);
            view.draw(document, scale, shift, &mut canvas, self.pen);
            view.develop(&mut canvas, self.dice, scale);
            pad(&mut canvas, [picture[0] + shift[0], picture[1] + shift[1]]);
            larger_canvas(&canvas)
        });
        (truth, canvas)
    }
}

/// The picture `TIMES` as large, by the filter that vision enlarges with.
fn larger_canvas(canvas: &Canvas) -> Canvas {
    let [width, height] = [canvas.width, canvas.height].map(|side| side as u32);
    let from = ImageRef::new(width, height, &canvas.data, PixelType::U8x3)
        .expect("three bytes for each pixel");
    let times = TIMES as u32;
    let mut to = Image::new(width * times, height * times, PixelType::U8x3);
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom))
        .use_alpha(false);
    Resizer::new()
        .resize(&from, &mut to, &options)
        .expect("both have the same pixel type, and no crop is asked for");
    Canvas {
        width: canvas.width * TIMES,
        height: canvas.height * TIMES,
        data: to.into_vec(),
    }
}
