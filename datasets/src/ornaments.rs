//! Drawings that are not text: what a reader must learn to pass over.

use crate::canvas::{Paint, Rgb};
use crate::dice::Dice;
use crate::scene::{Scene, Shape};
use std::f32::consts::TAU;

/// Something within an area (x0, y0, x1, y1), in two colours.
pub fn any(dice: &mut Dice, scene: &mut Scene, area: [f32; 4], colors: [Rgb; 2], opacity: f32) {
    let mut pencil = Pencil {
        dice,
        scene,
        area,
        colors,
        opacity,
    };
    match pencil.dice.below(13) {
        0 => pencil.star(),
        1 => pencil.rays(),
        2 => pencil.waves(),
        3 => pencil.bunting(),
        4 => pencil.matrix(),
        5 => pencil.bars(),
        6 => pencil.rings(),
        7 => pencil.confetti(),
        8 => pencil.hills(),
        9 => pencil.skyline(),
        10 => pencil.flower(),
        11 => pencil.scribble(),
        _ => pencil.note(),
    }
}

struct Pencil<'a> {
    dice: &'a mut Dice,
    scene: &'a mut Scene,
    area: [f32; 4],
    colors: [Rgb; 2],
    opacity: f32,
}

impl Pencil<'_> {
    fn shape(&mut self, points: Vec<[f32; 2]>, color: usize) {
        let paint = Paint::Solid(self.colors[color & 1]);
        self.scene.shapes.push(Shape {
            points,
            paint,
            opacity: self.opacity,
        });
    }

    fn rect(&mut self, area: [f32; 4], color: usize) {
        self.scene
            .rect(area, Paint::Solid(self.colors[color & 1]), self.opacity);
    }

    fn stroke(&mut self, a: [f32; 2], b: [f32; 2], width: f32, color: usize) {
        self.scene
            .stroke(a, b, width, self.colors[color & 1], self.opacity);
    }

    fn disc(&mut self, middle: [f32; 2], radius: [f32; 2], color: usize) {
        self.scene.ellipse(
            middle,
            radius,
            Paint::Solid(self.colors[color & 1]),
            self.opacity,
        );
    }

    fn size(&self) -> [f32; 2] {
        [self.area[2] - self.area[0], self.area[3] - self.area[1]]
    }

    fn middle(&self) -> [f32; 2] {
        [
            0.5 * (self.area[0] + self.area[2]),
            0.5 * (self.area[1] + self.area[3]),
        ]
    }

    fn radius(&self) -> f32 {
        self.size()[0].min(self.size()[1]) * 0.5
    }

    fn around(&self, angle: f32, radius: f32) -> [f32; 2] {
        let [x, y] = self.middle();
        [x + radius * angle.cos(), y + radius * angle.sin()]
    }

    fn star(&mut self) {
        let (n, inner) = (self.dice.int(4, 12), self.dice.range(0.3, 0.8));
        let (turn, r) = (self.dice.range(0.0, TAU), self.radius());
        let tip = |i: i32| if i % 2 == 0 { r } else { r * inner };
        let points =
            (0..2 * n).map(|i| self.around(turn + i as f32 * TAU / (2 * n) as f32, tip(i)));
        let points = points.collect();
        self.shape(points, 0);
    }

    fn rays(&mut self) {
        let n = self.dice.int(6, 24);
        let (near, far) = (self.radius() * self.dice.range(0.0, 0.6), self.radius());
        for i in 0..n {
            let a = i as f32 * TAU / n as f32;
            let half = TAU / n as f32 * 0.25;
            let points = vec![
                self.around(a - half * 0.3, near),
                self.around(a - half, far),
                self.around(a + half, far),
            ];
            self.shape(points, 0);
        }
        if self.dice.chance(0.6) {
            let r = near * 0.8;
            self.disc(self.middle(), [r, r], 1);
        }
    }

    fn waves(&mut self) {
        let [w, h] = self.size();
        let (n, turns, thick) = (
            self.dice.int(1, 4),
            self.dice.range(1.0, 6.0),
            self.dice.range(0.02, 0.1) * h,
        );
        for k in 0..n {
            let y = self.area[1] + (k as f32 + 0.5) * h / n as f32;
            let at = |i: i32| {
                let t = i as f32 / 40.0;
                [self.area[0] + t * w, y + h * 0.12 * (t * turns * TAU).sin()]
            };
            let upper: Vec<[f32; 2]> = (0..=40).map(at).collect();
            let lower = upper.iter().rev().map(|p| [p[0], p[1] + thick]);
            let points = upper.iter().copied().chain(lower).collect();
            self.shape(points, k as usize);
        }
    }

    fn bunting(&mut self) {
        let [w, h] = self.size();
        let n = self.dice.int(4, 14);
        let step = w / n as f32;
        self.stroke(
            [self.area[0], self.area[1]],
            [self.area[2], self.area[1]],
            2.0,
            1,
        );
        for i in 0..n {
            let x = self.area[0] + i as f32 * step;
            let drop = h.min(step * 1.3);
            let points = vec![
                [x, self.area[1]],
                [x + step, self.area[1]],
                [x + step * 0.5, self.area[1] + drop],
            ];
            self.shape(points, i as usize);
        }
    }

    /// Like a QR code.
    fn matrix(&mut self) {
        let n = self.dice.int(9, 27);
        let side = self.radius() * 2.0;
        let cell = side / n as f32;
        let [x, y] = [self.area[0], self.area[1]];
        self.rect([x, y, x + side, y + side], 1);
        for row in 0..n {
            let mut from = 0;
            while from < n {
                let run = self.dice.int(1, 3).min(n - from);
                if self.dice.chance(0.5) {
                    let (l, t) = (x + from as f32 * cell, y + row as f32 * cell);
                    self.rect([l, t, l + run as f32 * cell, t + cell], 0);
                }
                from += run;
            }
        }
        for [cx, cy] in [[0, 0], [n - 7, 0], [0, n - 7]]
            .into_iter()
            .filter(|_| n >= 17)
        {
            let (l, t) = (x + cx as f32 * cell, y + cy as f32 * cell);
            for (inset, color) in [(0.0, 0), (1.0, 1), (2.0, 0)] {
                let far = (7.0 - inset) * cell;
                self.rect(
                    [l + inset * cell, t + inset * cell, l + far, t + far],
                    color,
                );
            }
        }
    }

    /// Like a bar code.
    fn bars(&mut self) {
        let [x0, y0, x1, y1] = self.area;
        self.rect(self.area, 1);
        let unit = (x1 - x0) / 90.0;
        let mut x = x0 + 3.0 * unit;
        while x < x1 - 3.0 * unit {
            let w = unit * self.dice.int(1, 4) as f32;
            self.rect([x, y0 + unit, x + w, y1 - unit], 0);
            x += w + unit * self.dice.int(1, 3) as f32;
        }
    }

    fn rings(&mut self) {
        let n = self.dice.int(2, 6);
        for i in 0..n {
            let r = self.radius() * (1.0 - i as f32 / n as f32);
            self.disc(self.middle(), [r, r], i as usize);
        }
    }

    fn confetti(&mut self) {
        let [w, h] = self.size();
        for _ in 0..self.dice.int(5, 40) {
            let p = [
                self.area[0] + self.dice.unit() * w,
                self.area[1] + self.dice.unit() * h,
            ];
            let (r, a) = (self.dice.range(1.5, 9.0), self.dice.range(0.0, TAU));
            let color = self.dice.below(2);
            if self.dice.chance(0.5) {
                self.disc(p, [r, r], color);
            } else {
                self.stroke(
                    p,
                    [p[0] + 2.0 * r * a.cos(), p[1] + 2.0 * r * a.sin()],
                    r,
                    color,
                );
            }
        }
    }

    fn hills(&mut self) {
        let [w, h] = self.size();
        for k in 0..self.dice.int(2, 4) {
            let n = self.dice.int(3, 8);
            let mut points = vec![[self.area[2], self.area[3]], [self.area[0], self.area[3]]];
            for i in 0..=n {
                let rise = self.dice.range(0.2, 0.9 - 0.15 * k as f32);
                points.push([
                    self.area[0] + w * i as f32 / n as f32,
                    self.area[3] - h * rise,
                ]);
            }
            self.shape(points, k as usize);
        }
    }

    fn skyline(&mut self) {
        let [w, h] = self.size();
        let mut x = self.area[0];
        while x < self.area[2] {
            let width = (w * self.dice.range(0.04, 0.14)).min(self.area[2] - x);
            let top = self.area[3] - h * self.dice.range(0.2, 1.0);
            self.rect([x, top, x + width, self.area[3]], 0);
            let pane = width * 0.16;
            let mut y = top + pane;
            while y + pane < self.area[3] {
                for c in [0.2, 0.6] {
                    if self.dice.chance(0.6) {
                        self.rect([x + width * c, y, x + width * c + pane, y + pane], 1);
                    }
                }
                y += pane * 2.5;
            }
            x += width + w * 0.01;
        }
    }

    fn flower(&mut self) {
        let n = self.dice.int(4, 9);
        let r = self.radius();
        for i in 0..n {
            let p = self.around(i as f32 * TAU / n as f32, r * 0.6);
            self.disc(p, [r * 0.32, r * 0.32], 0);
        }
        self.disc(self.middle(), [r * 0.3, r * 0.3], 1);
    }

    fn scribble(&mut self) {
        let [w, h] = self.size();
        let width = self.dice.range(1.0, 6.0);
        let mut at = self.middle();
        for _ in 0..self.dice.int(4, 25) {
            let to = [
                self.area[0] + self.dice.unit() * w,
                self.area[1] + self.dice.unit() * h,
            ];
            self.stroke(at, to, width, 0);
            at = to;
        }
    }

    /// A note of music.
    fn note(&mut self) {
        let (r, [x, y]) = (self.radius(), self.middle());
        let head = [r * 0.3, r * 0.22];
        self.disc([x - r * 0.4, y + r * 0.7], head, 0);
        self.stroke(
            [x - r * 0.13, y + r * 0.7],
            [x - r * 0.13, y - r * 0.8],
            r * 0.1,
            0,
        );
        if self.dice.chance(0.6) {
            self.disc([x + r * 0.5, y + r * 0.55], head, 0);
            self.stroke(
                [x + r * 0.77, y + r * 0.55],
                [x + r * 0.77, y - r * 0.9],
                r * 0.1,
                0,
            );
            self.stroke(
                [x - r * 0.18, y - r * 0.75],
                [x + r * 0.82, y - r * 0.85],
                r * 0.2,
                0,
            );
        }
    }
}

/// Signs that stand before a line of details.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// A leaf of a calendar.
    Calendar,
    /// A clock's face.
    Clock,
    /// A pin on a map.
    Pin,
    /// A ticket.
    Ticket,
}

/// An icon whose box has the top left (x, y) and this side; `hole` is the colour of what is cut
/// out.
pub fn icon(scene: &mut Scene, icon: Icon, [x, y]: [f32; 2], side: f32, color: Rgb, hole: Rgb) {
    let at = |u: f32, v: f32| [x + u * side, y + v * side];
    let ink = Paint::Solid(color);
    let thick = side * 0.1;
    match icon {
        Icon::Calendar => {
            scene.frame(
                [x + thick, y + 0.15 * side, x + 0.9 * side, y + 0.9 * side],
                thick,
                color,
            );
            scene.rect(
                [x + thick, y + 0.15 * side, x + 0.9 * side, y + 0.38 * side],
                ink,
                1.0,
            );
            scene.stroke(at(0.3, 0.0), at(0.3, 0.2), thick, color, 1.0);
            scene.stroke(at(0.7, 0.0), at(0.7, 0.2), thick, color, 1.0);
        }
        Icon::Clock => {
            scene.ellipse(at(0.5, 0.5), [side * 0.46; 2], ink, 1.0);
            scene.ellipse(at(0.5, 0.5), [side * 0.36; 2], Paint::Solid(hole), 1.0);
            scene.stroke(at(0.5, 0.52), at(0.5, 0.22), thick, color, 1.0);
            scene.stroke(at(0.5, 0.5), at(0.72, 0.6), thick, color, 1.0);
        }
        Icon::Pin => {
            scene.ellipse(at(0.5, 0.36), [side * 0.32; 2], ink.clone(), 1.0);
            let points = vec![at(0.2, 0.46), at(0.8, 0.46), at(0.5, 1.0)];
            scene.shapes.push(Shape {
                points,
                paint: ink,
                opacity: 1.0,
            });
            scene.ellipse(at(0.5, 0.36), [side * 0.13; 2], Paint::Solid(hole), 1.0);
        }
        Icon::Ticket => {
            scene.rect([x, y + 0.22 * side, x + side, y + 0.78 * side], ink, 1.0);
            scene.ellipse(at(0.0, 0.5), [side * 0.12; 2], Paint::Solid(hole), 1.0);
            scene.ellipse(at(1.0, 0.5), [side * 0.12; 2], Paint::Solid(hole), 1.0);
        }
    }
}
