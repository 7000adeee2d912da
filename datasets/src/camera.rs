//! A sheet of paper on a desk or wall, seen by a hand-held camera.

use crate::canvas::{Canvas, Paint};
use crate::degrade;
use crate::dice::Dice;
use crate::flyer::{Document, PAGE};
use crate::looks::Ground;
use crate::pen::Pen;
use crate::scene::{Scene, Shape};
use crate::warp::Warp;
use std::f32::consts::TAU;

/// How a document is seen: everything at a longer side of [`PAGE`] pixels.
pub struct View {
    /// From the page to pixels.
    pub warp: Warp,
    /// Pixels across and down.
    pub size: [f32; 2],
    /// What lies around and under the page.
    desk: Option<Scene>,
    /// Shadow and folds on the page.
    marks: Vec<Shape>,
}

impl View {
    /// The page itself, as a program exports it.
    pub fn flat(document: &Document) -> Self {
        Self {
            warp: Warp::scale_shift(1.0, [0.0; 2]),
            size: document.scene.size,
            desk: None,
            marks: Vec::new(),
        }
    }

    /// Through a camera.
    pub fn photo(dice: &mut Dice, document: &Document) -> Self {
        let [w, h] = document.scene.size;
        let size = frame(dice, w / h);
        let limit: f32 = if dice.chance(0.9) { 8.0 } else { 15.0 };
        let angle = (dice.gauss() * 3.5).clamp(-limit, limit).to_radians();
        let pull = dice.range(0.0, 0.055);
        let mut corners =
            [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]].map(|[x, y]: [f32; 2]| {
                let (dx, dy) = (
                    (x - 0.5) * w * (1.0 + dice.range(-pull, pull)),
                    (y - 0.5) * h * (1.0 + dice.range(-pull, pull)),
                );
                [
                    dx * angle.cos() - dy * angle.sin(),
                    dx * angle.sin() + dy * angle.cos(),
                ]
            });
        fit(
            &mut corners,
            size,
            dice.range(0.88, 0.995),
            [dice.unit(), dice.unit()],
        );
        let mut warp = Warp::corners(w, h, corners);
        if dice.chance(0.3) {
            warp = warp.with_bend(
                dice.range(0.5, 4.5),
                dice.range(0.4, 1.6) * TAU / w,
                dice.range(0.0, TAU),
            );
        }
        Self {
            warp,
            size,
            desk: Some(desk(dice, size)),
            marks: marks(dice, w, h),
        }
    }

    /// Whether a camera was used.
    pub fn is_photo(&self) -> bool {
        self.desk.is_some()
    }

    /// The warp at another scale, shifted.
    pub fn scaled(&self, scale: f32, shift: [f32; 2]) -> Warp {
        self.warp.then(scale, shift)
    }

    /// Draws the document; `scale` and `shift` as for [`View::scaled`].
    pub fn draw(
        &self,
        document: &Document,
        scale: f32,
        shift: [f32; 2],
        canvas: &mut Canvas,
        pen: &mut Pen,
    ) {
        if let Some(desk) = &self.desk {
            desk.draw(&Warp::scale_shift(scale, shift), canvas, pen);
        }
        let warp = self.scaled(scale, shift);
        if self.is_photo() {
            let [w, h] = document.scene.size;
            let mut shade = Scene::default();
            shade.rect([3.0, 4.0, w + 9.0, h + 11.0], Paint::Solid([0; 3]), 0.3);
            shade.draw(&warp, canvas, pen);
        }
        document.scene.draw(&warp, canvas, pen);
        for mark in &self.marks {
            mark.draw(&warp, canvas, pen);
        }
    }

    /// Light, lens, sensor and codec; `scale` as when drawn.
    pub fn develop(&self, canvas: &mut Canvas, dice: &mut Dice, scale: f32) {
        if !self.is_photo() {
            if dice.chance(0.2) {
                degrade::mild(canvas, dice);
            } else if dice.chance(0.25) {
                degrade::jpeg(canvas, dice.int(50, 95) as u8);
            }
            return;
        }
        if dice.chance(0.75) {
            let (low, patches) = (dice.range(0.45, 0.95), dice.int(1, 4) as usize);
            degrade::light(canvas, dice, low, 1.08, patches);
        }
        let softest = if scale > 0.75 { 3 } else { 1 };
        let times = dice.int(0, softest) as usize;
        degrade::blur(canvas, times);
        if dice.chance(0.1) {
            degrade::smear(canvas, dice.int(1, 2) as usize);
        }
        if dice.chance(0.15) {
            degrade::resample(canvas, dice.range(0.65, 0.95));
        }
        degrade::tone(canvas, dice, 0.09);
        let (strength, grey) = (dice.log_range(1.0, 11.0), dice.chance(0.5));
        degrade::noise(canvas, dice, strength, grey);
        if dice.chance(0.8) {
            degrade::jpeg(canvas, dice.int(40, 93) as u8);
        }
    }
}

/// The picture's size: a sensor's shape that suits the page.
fn frame(dice: &mut Dice, ratio: f32) -> [f32; 2] {
    let shape = if dice.chance(0.3) {
        ratio
    } else if ratio < 0.95 {
        dice.pick(&[0.75, 0.75, 0.5625, 0.667])
    } else {
        dice.pick(&[1.333, 1.333, 1.778, 1.5, 1.0])
    };
    if shape < 1.0 {
        [(PAGE * shape).round(), PAGE]
    } else {
        [PAGE, (PAGE / shape).round()]
    }
}

/// Scales and moves the corners so that they fill `share` of the frame; `place` says where the free
/// room goes.
fn fit(corners: &mut [[f32; 2]; 4], size: [f32; 2], share: f32, place: [f32; 2]) {
    let low = [0, 1].map(|k| corners.iter().map(|c| c[k]).fold(f32::MAX, f32::min));
    let high = [0, 1].map(|k| corners.iter().map(|c| c[k]).fold(f32::MIN, f32::max));
    let scale = (size[0] / (high[0] - low[0])).min(size[1] / (high[1] - low[1])) * share;
    for corner in corners {
        for k in 0..2 {
            let free = size[k] - (high[k] - low[k]) * scale;
            corner[k] = (corner[k] - low[k]) * scale + free * place[k];
        }
    }
}

fn desk(dice: &mut Dice, size: [f32; 2]) -> Scene {
    let mut scene = Scene {
        size,
        ..Scene::default()
    };
    let ground = Ground::within(dice, 10.0, 235.0);
    scene.shapes.push(Shape {
        points: Vec::new(),
        paint: ground.paint.clone(),
        opacity: 1.0,
    });
    let amount = dice.below(8);
    crate::looks::clutter(
        dice,
        &mut scene,
        &ground,
        [0.0, 0.0, size[0], size[1]],
        amount,
    );
    if dice.chance(0.25) {
        let (plank, color) = (
            dice.range(60.0, 200.0),
            crate::canvas::color_within(dice, 0.0, 90.0),
        );
        for i in 0..20 {
            let y = i as f32 * plank;
            scene.stroke([0.0, y], [size[0], y + 10.0], 2.0, color, 0.5);
        }
    }
    scene
}

/// Folds across the page, and the edge of a shadow.
fn marks(dice: &mut Dice, w: f32, h: f32) -> Vec<Shape> {
    let mut scene = Scene::default();
    if dice.chance(0.2) {
        let tone = if dice.chance(0.5) { [255; 3] } else { [0; 3] };
        let opacity = dice.range(0.08, 0.3);
        if dice.chance(0.7) {
            scene.stroke(
                [0.0, h * 0.5],
                [w, h * 0.5 + dice.range(-4.0, 4.0)],
                2.5,
                tone,
                opacity,
            );
        }
        if dice.chance(0.5) {
            scene.stroke(
                [w * 0.5, 0.0],
                [w * 0.5 + dice.range(-4.0, 4.0), h],
                2.5,
                tone,
                opacity,
            );
        }
    }
    if dice.chance(0.25) {
        let (a, b) = (dice.range(0.2, 0.9) * w, dice.range(0.2, 0.9) * w);
        let dark = dice.range(0.1, 0.35);
        for step in 0..4 {
            let d = step as f32 * 6.0;
            let points = if a > b {
                vec![[a + d, 0.0], [w, 0.0], [w, h], [b + d, h]]
            } else {
                vec![[0.0, 0.0], [a - d, 0.0], [b - d, h], [0.0, h]]
            };
            scene.shapes.push(Shape {
                points,
                paint: Paint::Solid([0; 3]),
                opacity: dark / 4.0,
            });
        }
    }
    scene.shapes
}
