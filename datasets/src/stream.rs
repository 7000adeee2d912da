//! Records to a writer, in the order of their index whatever the number of threads.

mod closer;

use crate::bare;
use crate::camera::View;
use crate::canvas::Canvas;
use crate::cards;
use crate::degrade;
use crate::dice::Dice;
use crate::flyer::{self, Document, PAGE};
use crate::fonts::{Fonts, Split};
use crate::pages;
use crate::pen::Pen;
use crate::record::Truth;
use crate::warp::Warp;
use std::io::{self, Write};
use std::sync::mpsc;

/// What a stream is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// Crops dense with text.
    Crops,
    /// Whole flyers.
    Flyers,
    /// Crops of flyers, at full and at half size.
    Flyercrops,
    /// Pages of running text; crops of them when the size is under 672.
    Pages,
    /// Pages with a column of small print: 10 to 16 pixels of em size at a size of 1344.
    SmallPrint,
    /// Business cards.
    Cards,
    /// Crops without text, as `Mix` has them where there are photographs.
    Bare,
    /// A third crops, 57% crops of flyers, a tenth crops of pages; where there are photographs also
    /// four crops without text.
    Mix,
    /// Half of the pictures as in `Mix`, half crops of small print, drawn at half the size and
    /// enlarged: for a reader that enlarges pages of 1344 pixels twice.
    Closer,
}

/// What to make.
#[derive(Clone, Debug)]
pub struct Options {
    /// Kind of pictures.
    pub kind: Kind,
    /// Fonts and layouts to draw from.
    pub split: Split,
    /// Seed of the whole stream.
    pub seed: u64,
    /// Side of the crops, or longer side of the flyers, in pixels.
    pub size: usize,
    /// How many; `None` for no end.
    pub count: Option<u64>,
    /// Worker threads.
    pub threads: usize,
    /// Whether to draw, or only to place.
    pub pixels: bool,
    /// Share of flyers that pass through the camera.
    pub photographed: f32,
}

/// Crops without text to the 21 with text of one index of the mix: one in six.
const BARE: usize = 4;

/// Photographs that the pictures of one index share.
const DEALT: usize = 5;

/// The dice of one index, with the photographs that its pictures are laid on.
fn dice(fonts: &Fonts, options: &Options, index: u64) -> Dice {
    let mut dice = Dice::new(options.seed, index);
    match fonts.photos() {
        Some(photos) => {
            let count = DEALT.min(options.kind.batch());
            let dealt = photos.deal(&mut dice, options.split, count);
            dice.with_photos(dealt)
        }
        None => dice,
    }
}

/// A picture's truth, and its pixels if they were asked for.
pub type Sample = (Truth, Option<Canvas>);

/// Writes records until the count is reached or the reader goes away.
pub fn write(fonts: &Fonts, options: &Options, out: &mut impl Write) -> io::Result<()> {
    let threads = options.threads.max(1) as u64;
    let each = options.kind.batch() as u64;
    let end = options.count.map_or(u64::MAX, |n| n.div_ceil(each));
    std::thread::scope(|scope| {
        let mut inlets = Vec::new();
        for t in 0..threads {
            let (send, receive) = mpsc::sync_channel::<Vec<Vec<u8>>>(3);
            inlets.push(receive);
            scope.spawn(move || {
                let mut pen = Pen::default();
                for index in (t..end).step_by(threads as usize) {
                    if send.send(encoded(fonts, options, index, &mut pen)).is_err() {
                        return;
                    }
                }
            });
        }
        let result = pour(&inlets, options.count.unwrap_or(u64::MAX), out);
        drop(inlets);
        match result {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    })
}

fn pour(
    inlets: &[mpsc::Receiver<Vec<Vec<u8>>>],
    mut left: u64,
    out: &mut impl Write,
) -> io::Result<()> {
    for inlet in inlets.iter().cycle() {
        let Ok(records) = inlet.recv() else { break };
        for record in records.iter().take(left.min(1 << 20) as usize) {
            out.write_all(record)?;
            left -= 1;
        }
    }
    out.flush()
}

fn encoded(fonts: &Fonts, options: &Options, index: u64, pen: &mut Pen) -> Vec<Vec<u8>> {
    let encode = |(truth, canvas): Sample| {
        let mut bytes = Vec::new();
        truth
            .write(&mut bytes, canvas.as_ref().map(|c| c.data.as_slice()))
            .expect("writing to memory");
        bytes
    };
    samples(fonts, options, index, pen)
        .into_iter()
        .map(encode)
        .collect()
}

impl Kind {
    /// How many pictures one index gives.
    pub fn batch(self) -> usize {
        match self {
            Kind::Crops | Kind::Flyers | Kind::Pages | Kind::SmallPrint => 1,
            Kind::Cards | Kind::Bare => 1,
            Kind::Flyercrops => 6,
            Kind::Mix => 20,
            Kind::Closer => 40,
        }
    }
}

/// The pictures of one index.
pub fn samples(fonts: &Fonts, options: &Options, index: u64, pen: &mut Pen) -> Vec<Sample> {
    let mut dice = dice(fonts, options, index);
    let mut maker = Maker {
        dice: &mut dice,
        fonts,
        options,
        pen,
    };
    let mut made = match options.kind {
        Kind::Crops => vec![maker.crop()],
        Kind::Flyers => vec![maker.whole_flyer().1],
        Kind::Flyercrops => maker.flyer_crops(6),
        Kind::Pages => maker.pages(),
        Kind::SmallPrint => vec![maker.small_print()],
        Kind::Cards => vec![maker.card()],
        Kind::Bare => vec![maker.bare()],
        Kind::Mix => maker.mix(),
        Kind::Closer => maker.closer(),
    };
    for (truth, _) in &mut made {
        truth.seed = index;
    }
    made
}

struct Maker<'a> {
    dice: &'a mut Dice,
    fonts: &'a Fonts,
    options: &'a Options,
    pen: &'a mut Pen,
}

/// A flyer with its picture: what `flyers` writes.
pub fn whole_flyer(fonts: &Fonts, options: &Options, index: u64, pen: &mut Pen) -> Sample {
    let mut dice = dice(fonts, options, index);
    let mut sample = Maker {
        dice: &mut dice,
        fonts,
        options,
        pen,
    }
    .whole_flyer()
    .1;
    sample.0.seed = index;
    sample
}

impl Maker<'_> {
    fn crop(&mut self) -> Sample {
        let side = self.options.size;
        let (scene, warp) =
            crate::crops::crop(self.dice, self.fonts, self.options.split, side as f32);
        let (mut truth, _) = Truth::of_scene(&scene, &warp, [side; 2]);
        truth.layout = "cells";
        let canvas = self.options.pixels.then(|| {
            let mut canvas = Canvas::new(side, side);
            scene.draw(&warp, &mut canvas, self.pen);
            if self.dice.chance(0.4) {
                degrade::mild(&mut canvas, self.dice);
            }
            canvas
        });
        (truth, canvas)
    }

    fn bare(&mut self) -> Sample {
        let side = self.options.size;
        let scene = bare::scene(self.dice, side as f32);
        let (mut truth, _) = Truth::of_scene(&scene, &Warp::scale_shift(1.0, [0.0; 2]), [side; 2]);
        truth.layout = "bare";
        let canvas = self.options.pixels;
        let canvas = canvas.then(|| bare::draw(&scene, self.dice, side, self.pen));
        (truth, canvas)
    }

    fn view(&mut self, document: &Document) -> View {
        if self.dice.chance(self.options.photographed) {
            View::photo(self.dice, document)
        } else {
            View::flat(document)
        }
    }

    fn whole_flyer(&mut self) -> (Document, Sample) {
        let document = flyer::flyer(self.dice, self.fonts, self.options.split);
        let view = self.view(&document);
        let sample = self.whole(&document, &view);
        (document, sample)
    }

    /// The document so that its picture's longer side is the size asked for.
    fn whole(&mut self, document: &Document, view: &View) -> Sample {
        let scale = self.options.size as f32 / PAGE;
        let size = view.size.map(|s| (s * scale).round() as usize);
        self.seen(document, view, scale, [0.0; 2], size)
    }

    fn seen(
        &mut self,
        document: &Document,
        view: &View,
        scale: f32,
        shift: [f32; 2],
        size: [usize; 2],
    ) -> Sample {
        let (mut truth, kept) = Truth::of_scene(&document.scene, &view.scaled(scale, shift), size);
        (truth.kind, truth.layout, truth.photographed) =
            (document.kind, document.layout, view.is_photo());
        truth.fields = document.fields(&kept, &truth);
        let canvas = self.options.pixels.then(|| {
            let mut canvas = Canvas::new(size[0], size[1]);
            view.draw(document, scale, shift, &mut canvas, self.pen);
            view.develop(&mut canvas, self.dice, scale);
            canvas
        });
        (truth, canvas)
    }

    fn flyer_crops(&mut self, count: usize) -> Vec<Sample> {
        let document = flyer::flyer(self.dice, self.fonts, self.options.split);
        self.windows(&document, count)
    }

    fn pages(&mut self) -> Vec<Sample> {
        let document = pages::page(self.dice, self.fonts, self.options.split);
        if self.options.size < 672 {
            return self.windows(&document, 1);
        }
        let view = self.view(&document);
        vec![self.whole(&document, &view)]
    }

    fn small_print(&mut self) -> Sample {
        let document = pages::small_print(self.dice, self.fonts, self.options.split);
        let view = self.view(&document);
        let scale = self.options.size as f32 / pages::SMALL;
        let scale = scale * shrunk(&document, &view);
        let size = view.size.map(|s| (s * scale).round() as usize);
        self.seen(&document, &view, scale, [0.0; 2], size)
    }

    fn card(&mut self) -> Sample {
        let document = cards::card(self.dice, self.fonts, self.options.split);
        let view = self.view(&document);
        self.whole(&document, &view)
    }

    fn mix(&mut self) -> Vec<Sample> {
        let mut made: Vec<Sample> = (0..7).map(|_| self.crop()).collect();
        for _ in 0..12 {
            made.extend(self.flyer_crops(1));
        }
        for _ in 0..2 {
            let document = pages::page(self.dice, self.fonts, self.options.split);
            made.extend(self.windows(&document, 1));
        }
        let bare = self.fonts.photos().map_or(0, |_| BARE);
        made.extend((0..bare).map(|_| self.bare()));
        self.dice.shuffle(&mut made);
        made
    }

    /// Square windows on a document, at full and at half scale; what lies beyond the picture is
    /// grey.
    fn windows(&mut self, document: &Document, count: usize) -> Vec<Sample> {
        let view = self.view(document);
        (0..count).map(|_| self.window(document, &view)).collect()
    }

    fn window(&mut self, document: &Document, view: &View) -> Sample {
        let side = self.options.size as f32;
        let half = if small_share(document) > 0.3 {
            0.06
        } else {
            0.4
        };
        let scale = if self.dice.chance(half) { 0.5 } else { 1.0 };
        let picture = view.size.map(|s| s * scale);
        let aim = self.aim(document, view, scale);
        let shift = [0, 1].map(|k| {
            let start = aim[k] - side * self.dice.range(0.1, 0.9);
            -start.clamp(0.0, (picture[k] - side).max(0.0)).floor()
        });
        let mut sample = self.seen(document, view, scale, shift, [self.options.size; 2]);
        sample.0.kind = "crop";
        sample.0.fields.clear();
        if let Some(canvas) = &mut sample.1 {
            pad(canvas, [picture[0] + shift[0], picture[1] + shift[1]]);
        }
        sample
    }

    /// A place with text, in pixels.
    fn aim(&mut self, document: &Document, view: &View, scale: f32) -> [f32; 2] {
        let runs = &document.scene.runs;
        if runs.is_empty() {
            return [0.0; 2];
        }
        // The larger of two half the time: a flyer has one title and thirty lines of small print.
        let [a, b] = [0, 1].map(|_| &runs[self.dice.below(runs.len())]);
        let larger = self.dice.chance(0.5) && b.style.em > a.style.em;
        let run = if larger { b } else { a };
        let x = if run.glyphs.is_empty() {
            0.0
        } else {
            run.glyphs[self.dice.below(run.glyphs.len())].x
        };
        view.scaled(scale, [0.0; 2]).map([x, run.y])
    }
}

/// How many times larger the document's print is than in a view of it: 1 in a flat one.
fn shrunk(document: &Document, view: &View) -> f32 {
    let heights = |view: &View| -> f32 {
        let size = view.size.map(|s| s.ceil() as usize);
        let scene = &document.scene;
        let (truth, _) = Truth::of_scene(scene, &view.scaled(1.0, [0.0; 2]), size);
        truth.glyphs.iter().map(|g| g.h).sum::<f32>() / truth.glyphs.len().max(1) as f32
    };
    if !view.is_photo() {
        return 1.0;
    }
    match [heights(&View::flat(document)), heights(view)] {
        [flat, seen] if flat > 0.0 && seen > 0.0 => flat / seen,
        _ => 1.0,
    }
}

/// Share of the glyphs that nobody could read at half scale.
fn small_share(document: &Document) -> f32 {
    let of = |least: f32| {
        document
            .scene
            .runs
            .iter()
            .filter(|r| r.style.em < least)
            .map(|r| r.glyphs.len())
            .sum::<usize>()
    };
    of(19.0) as f32 / of(f32::MAX).max(1) as f32
}

/// Paints what lies right of and below `end` with the letterbox's grey.
fn pad(canvas: &mut Canvas, end: [f32; 2]) {
    let [x1, y1] = end.map(|v| v.round().max(0.0) as usize);
    let width = canvas.width;
    for (y, row) in canvas.data.chunks_exact_mut(width * 3).enumerate() {
        let from = if y >= y1 { 0 } else { x1.min(width) };
        row[from * 3..].fill(127);
    }
}
