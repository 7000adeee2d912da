//! Square crops that are full of text of many sizes, in nested columns and rows.

use crate::canvas::Paint;
use crate::content::Source;
use crate::dice::Dice;
use crate::fonts::{Fonts, Split};
use crate::looks::{self, Ground};
use crate::scene::{Scene, Style};
use crate::warp::Warp;
use std::f32::consts::TAU;
use std::rc::Rc;

/// A crop and the way it is seen.
pub fn crop(dice: &mut Dice, fonts: &Fonts, split: Split, size: f32) -> (Scene, Warp) {
    let margin = if dice.chance(0.7) {
        dice.range(4.0, 60.0)
    } else {
        -dice.range(4.0, 20.0)
    };
    let mut builder = Builder {
        dice,
        fonts,
        split,
        scene: Scene {
            size: [size, size],
            ..Scene::default()
        },
    };
    let ground = match builder.dice.photo(0.3) {
        Some(piece) => Ground::of_photo(piece, [size; 2]),
        None => Ground::any(builder.dice),
    };
    builder.scene.shapes.push(crate::scene::Shape {
        points: Vec::new(),
        paint: ground.paint.clone(),
        opacity: 1.0,
    });
    let amount = if builder.dice.chance(0.35) {
        builder.dice.below(12)
    } else {
        0
    };
    looks::clutter(
        builder.dice,
        &mut builder.scene,
        &ground,
        [0.0, 0.0, size, size],
        amount,
    );
    builder.divide([-margin, -margin, size + margin, size + margin], &ground, 0);
    let scene = builder.scene;
    (scene, tilt(dice, size))
}

/// Mostly upright; else a small turn and perspective about the middle.
fn tilt(dice: &mut Dice, size: f32) -> Warp {
    if dice.chance(0.5) {
        return Warp::scale_shift(1.0, [dice.unit(), dice.unit()]);
    }
    let limit: f32 = if dice.chance(0.85) { 3.0 } else { 12.0 };
    let angle = dice.range(-limit, limit).to_radians();
    let pull = if dice.chance(0.5) {
        0.0
    } else {
        dice.range(0.0, 0.05) * size
    };
    let corner = |dice: &mut Dice, x: f32, y: f32| {
        let (dx, dy) = ((x - 0.5) * size, (y - 0.5) * size);
        let (c, s) = (angle.cos(), angle.sin());
        [
            0.5 * size + dx * c - dy * s + dice.range(-pull, pull),
            0.5 * size + dx * s + dy * c + dice.range(-pull, pull),
        ]
    };
    let to = [
        corner(dice, 0.0, 0.0),
        corner(dice, 1.0, 0.0),
        corner(dice, 1.0, 1.0),
        corner(dice, 0.0, 1.0),
    ];
    let warp = Warp::corners(size, size, to);
    if dice.chance(0.2) {
        warp.with_bend(
            dice.range(1.0, 5.0),
            dice.range(0.5, 2.0) * TAU / size,
            dice.range(0.0, TAU),
        )
    } else {
        warp
    }
}

struct Builder<'a> {
    dice: &'a mut Dice,
    fonts: &'a Fonts,
    split: Split,
    scene: Scene,
}

impl Builder<'_> {
    /// Cuts an area in two until it suits one block.
    fn divide(&mut self, area: [f32; 4], ground: &Ground, depth: usize) {
        let [x0, y0, x1, y1] = area;
        let (w, h) = (x1 - x0, y1 - y0);
        let stop = depth >= 5 || (depth > 0 && self.dice.chance(0.22)) || (w < 150.0 && h < 110.0);
        if self.giant(area) {
            let em = h * self.dice.range(0.6, 1.0);
            return self.set(area, ground, em);
        }
        if stop {
            return self.cell(area, ground);
        }
        let at = self.dice.range(0.3, 0.7);
        let gap = self.dice.range(2.0, 9.0);
        let side_by_side = w > 170.0 && self.dice.chance(if h < 90.0 { 0.7 } else { 0.33 });
        if side_by_side {
            let x = x0 + w * at;
            self.divide([x0, y0, x - gap, y1], ground, depth + 1);
            self.divide([x + gap, y0, x1, y1], ground, depth + 1);
        } else if h > 44.0 {
            let y = y0 + h * at;
            self.divide([x0, y0, x1, y - gap * 0.5], ground, depth + 1);
            self.divide([x0, y + gap * 0.5, x1, y1], ground, depth + 1);
        } else {
            self.cell(area, ground);
        }
    }

    /// A word or number as large as the area lets it be, seldom, where training draws: days and
    /// titles are set so on posters.
    fn giant(&mut self, area: [f32; 4]) -> bool {
        let [w, h] = [area[2] - area[0], area[3] - area[1]];
        self.split == Split::Train && w > 190.0 && h > 170.0 && self.dice.chance(0.06)
    }

    fn cell(&mut self, area: [f32; 4], ground: &Ground) {
        if self.dice.chance(0.08) {
            if self.dice.chance(0.65) {
                let colors = [ground.ink(self.dice), ground.ink(self.dice)];
                crate::ornaments::any(self.dice, &mut self.scene, area, colors, 1.0);
            }
            return;
        }
        if !self.dice.chance(0.2) {
            return self.on_ground(area, ground);
        }
        let panel = Ground::any(self.dice);
        self.scene.rect(area, panel.paint.clone(), 1.0);
        let inset = self.dice.range(3.0, 8.0);
        let inner = [
            area[0] + inset,
            area[1] + inset,
            area[2] - inset,
            area[3] - inset,
        ];
        if self.dice.chance(0.2) {
            let color = panel.ink(self.dice);
            self.scene.frame(
                [area[0] + 1.0, area[1] + 1.0, area[2] - 1.0, area[3] - 1.0],
                1.5,
                color,
            );
        }
        self.block(inner, &panel);
    }

    /// On a photograph as it is, the block keeps to what is there, or has a shade under it where
    /// that is too varied.
    fn on_ground(&mut self, area: [f32; 4], ground: &Ground) {
        const VARIED: f32 = 105.0; // levels: half of what there is, less what ink needs
        let seen = ground.under(area, self.scene.size);
        if seen.luma[1] - seen.luma[0] <= VARIED {
            return self.block(area, &seen);
        }
        let shade = seen.shade(self.dice, VARIED);
        let shaded = shade.over(&seen);
        self.scene
            .rect(area, Paint::Solid(shade.color), shade.opacity);
        self.block(area, &shaded);
    }

    fn em(&mut self, height: f32) -> f32 {
        let em = match self.dice.below(20) {
            0 | 1 => self.dice.log_range(11.0, 14.0),
            2..=14 => self.dice.log_range(13.0, 40.0),
            15..=18 => self.dice.log_range(30.0, 90.0),
            _ => self.dice.log_range(80.0, 150.0),
        };
        em.min(height / 1.15).max(11.0)
    }

    /// Lines of one style, of any size.
    fn block(&mut self, area: [f32; 4], ground: &Ground) {
        let em = self.em(area[3] - area[1]);
        self.set(area, ground, em);
    }

    /// Lines of one style from the top of the area to its bottom.
    fn set(&mut self, area: [f32; 4], ground: &Ground, em: f32) {
        let [x0, y0, x1, y1] = area;
        let mut style = looks::lettering(self.dice, self.fonts, self.split, em);
        style.color = ground.ink(self.dice);
        style.opacity = if self.dice.chance(0.1) {
            self.dice.range(0.7, 1.0)
        } else {
            1.0
        };
        looks::effect(self.dice, &mut style, 0.07);
        let style = Rc::new(style);
        let mut source = Source::any(self.dice);
        let lead = self.leading(&style);
        let align = self.dice.pick(&[0.0, 0.0, 0.5, 0.5, 1.0]);
        let mut y = y0 + style.ascent();
        while y + style.descent() <= y1 + 1.0 {
            let text = self.fill(&style, &mut source, x1 - x0);
            if !text.is_empty() {
                let x = x0 + (x1 - x0 - style.width(&text)) * align;
                self.scene.put(&style, &text, x, y);
                self.decorate(&style, x0, x1, y);
            }
            y += lead;
        }
    }

    fn leading(&mut self, style: &Style) -> f32 {
        let tight = style.ascent() + style.descent();
        tight
            * if self.dice.chance(0.75) {
                self.dice.range(1.02, 1.3)
            } else {
                self.dice.range(1.3, 2.2)
            }
    }

    /// Words until the width is full; a first word that is too long is cut.
    fn fill(&mut self, style: &Style, source: &mut Source, width: f32) -> String {
        let room = if self.dice.chance(0.2) {
            width * self.dice.range(0.4, 1.0)
        } else {
            width
        };
        let mut text = String::new();
        let mut used = 0.0;
        for _ in 0..60 {
            let word = style.fit(&source.next(self.dice));
            let step = style.width(&word) + style.space();
            if word.is_empty() || word.contains(' ') {
                continue;
            }
            if used + step > room + style.space() {
                if text.is_empty() {
                    return cut(style, &word, width);
                }
                break;
            }
            if !text.is_empty() {
                text.push(' ');
            }
            text += &word;
            used += step;
        }
        text
    }

    /// Seldom a rule under the line.
    fn decorate(&mut self, style: &Style, x0: f32, x1: f32, y: f32) {
        if self.dice.chance(0.02) {
            let below = y + style.descent() + 1.0;
            let paint = Paint::Solid(style.color);
            self.scene.rect(
                [x0, below, x1, below + self.dice.range(0.6, 2.0)],
                paint,
                0.8,
            );
        }
    }
}

/// The head of `word` that fits.
fn cut(style: &Style, word: &str, width: f32) -> String {
    let mut head = String::new();
    let mut used = 0.0;
    for ch in word.chars() {
        used += style.advance(ch);
        if used > width {
            break;
        }
        head.push(ch);
    }
    head
}
