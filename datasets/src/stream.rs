//! Records to a writer, in the order of their index whatever the number of threads.

use crate::canvas::Canvas;
use crate::degrade;
use crate::dice::Dice;
use crate::fonts::{Fonts, Split};
use crate::pen::Pen;
use crate::record::Truth;
use std::io::{self, Write};
use std::sync::mpsc;

/// What a stream is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// Crops dense with text.
    Crops,
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

/// A picture's truth, and its pixels if they were asked for.
pub type Sample = (Truth, Option<Canvas>);

/// Writes records until the count is reached or the reader goes away.
pub fn write(fonts: &Fonts, options: &Options, out: &mut impl Write) -> io::Result<()> {
    let threads = options.threads.max(1) as u64;
    let end = options.count.unwrap_or(u64::MAX);
    std::thread::scope(|scope| {
        let mut inlets = Vec::new();
        for t in 0..threads {
            let (send, receive) = mpsc::sync_channel::<Vec<u8>>(4);
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
        let result = pour(&inlets, out);
        drop(inlets);
        match result {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    })
}

fn pour(inlets: &[mpsc::Receiver<Vec<u8>>], out: &mut impl Write) -> io::Result<()> {
    for inlet in inlets.iter().cycle() {
        let Ok(bytes) = inlet.recv() else { break };
        out.write_all(&bytes)?;
    }
    out.flush()
}

fn encoded(fonts: &Fonts, options: &Options, index: u64, pen: &mut Pen) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (truth, canvas) in samples(fonts, options, index, pen) {
        let pixels = canvas.as_ref().map(|c| c.data.as_slice());
        truth.write(&mut bytes, pixels).expect("writing to memory");
    }
    bytes
}

/// The pictures of one index.
pub fn samples(fonts: &Fonts, options: &Options, index: u64, pen: &mut Pen) -> Vec<Sample> {
    let mut dice = Dice::new(options.seed, index);
    let mut made = match options.kind {
        Kind::Crops => vec![crop(&mut dice, fonts, options, pen)],
    };
    for (truth, _) in &mut made {
        truth.seed = index;
    }
    made
}

fn crop(dice: &mut Dice, fonts: &Fonts, options: &Options, pen: &mut Pen) -> Sample {
    let (scene, warp) = crate::crops::crop(dice, fonts, options.split, options.size as f32);
    let (mut truth, _) = Truth::of_scene(&scene, &warp, [options.size; 2]);
    truth.layout = "cells";
    let canvas = options.pixels.then(|| {
        let mut canvas = Canvas::new(options.size, options.size);
        scene.draw(&warp, &mut canvas, pen);
        if dice.chance(0.4) {
            degrade::mild(&mut canvas, dice);
        }
        canvas
    });
    (truth, canvas)
}
