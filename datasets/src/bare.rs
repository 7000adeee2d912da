//! Crops that hold no text: what a reader must say nothing about.

use crate::canvas::Canvas;
use crate::degrade;
use crate::dice::Dice;
use crate::looks::{self, Ground};
use crate::ornaments;
use crate::pen::Pen;
use crate::scene::{Scene, Shape};
use crate::warp::Warp;

/// A photograph as it is or a drawn ground, sometimes with drawings over it.
pub fn scene(dice: &mut Dice, side: f32) -> Scene {
    let ground = Ground::picture(dice);
    let mut scene = Scene {
        size: [side; 2],
        ..Scene::default()
    };
    scene.shapes.push(Shape {
        points: Vec::new(),
        paint: ground.paint.clone(),
        opacity: 1.0,
    });
    if dice.chance(0.4) {
        let amount = dice.below(12);
        looks::clutter(dice, &mut scene, &ground, [0.0, 0.0, side, side], amount);
    }
    if dice.chance(0.3) {
        for _ in 0..dice.int(1, 4) {
            ornament(dice, &mut scene, &ground, side);
        }
    }
    scene
}

fn ornament(dice: &mut Dice, scene: &mut Scene, ground: &Ground, side: f32) {
    let size = [0, 1].map(|_| dice.log_range(0.06, 0.9) * side);
    let at = size.map(|s| dice.range(-0.1, 1.1) * side - 0.5 * s);
    let colors = [ground.ink(dice), ground.ink(dice)];
    let area = [at[0], at[1], at[0] + size[0], at[1] + size[1]];
    ornaments::any(dice, scene, area, colors, 1.0);
}

/// Draws the scene as a camera or a program would have it.
pub fn draw(scene: &Scene, dice: &mut Dice, side: usize, pen: &mut Pen) -> Canvas {
    let mut canvas = Canvas::new(side, side);
    let warp = Warp::scale_shift(1.0, [dice.unit(), dice.unit()]);
    scene.draw(&warp, &mut canvas, pen);
    if dice.chance(0.6) {
        degrade::mild(&mut canvas, dice);
    }
    canvas
}
