//! Backgrounds and styles of lettering, drawn at random so that text and ground stay apart.

use crate::canvas::{Paint, Rgb, color_within, luma, mix};
use crate::dice::Dice;
use crate::fonts::{Fonts, Split};
use crate::pen::Screen;
use crate::photos::Piece;
use crate::scene::{Scene, Style};
use std::f32::consts::{PI, TAU};

/// A ground: its paint and the brightness it stays within.
#[derive(Clone, Debug)]
pub struct Ground {
    /// What to paint.
    pub paint: Paint,
    /// Least and greatest brightness, 0..=255.
    pub luma: [f32; 2],
}

impl Ground {
    /// A ground within `low..=high`.
    pub fn within(dice: &mut Dice, low: f32, high: f32) -> Self {
        if let Some(piece) = dice.photo(0.25) {
            return Self::of_photo(piece.toned(dice, low, high), [1.0; 2]);
        }
        let base = color_within(dice, low, high);
        let other = if dice.chance(0.5) {
            color_within(dice, low, high)
        } else {
            nudge(dice, base, 40.0, low, high)
        };
        let paint = match dice.below(20) {
            0..=9 => Paint::Solid(base),
            10..=13 => Paint::Gradient(base, other, dice.range(0.0, TAU)),
            14 | 15 => Paint::Grain(base, nudge(dice, base, 26.0, low, high), dice.bits()),
            16 => Paint::Stripes(
                base,
                nudge(dice, base, 22.0, low, high),
                dice.log_range(0.01, 0.1),
                dice.range(0.0, PI),
            ),
            _ => cloud(dice, low, high),
        };
        let luma = spread(&paint);
        Self { paint, luma }
    }

    /// What a piece of a photograph gives in a shape of `size`.
    pub fn of_photo(piece: Piece, size: [f32; 2]) -> Self {
        let luma = piece.luma(size, [0.0, 0.0, 1.0, 1.0]);
        let paint = Paint::Photo(piece);
        Self { paint, luma }
    }

    /// A picture that holds no text: with photographs mostly one as it is.
    pub fn picture(dice: &mut Dice) -> Self {
        match dice.photo(0.8) {
            Some(piece) => Self::of_photo(piece, [1.0; 2]),
            None => Self::any(dice),
        }
    }

    /// A dark or a light ground.
    pub fn any(dice: &mut Dice) -> Self {
        let (low, high) = match dice.below(10) {
            0..=2 => (2.0, 75.0),
            3 => (60.0, 130.0),
            4 => (130.0, 200.0),
            5 | 6 => (244.0, 255.0),
            _ => (175.0, 255.0),
        };
        let shift = dice.range(0.0, (high - low) * 0.4);
        if dice.chance(0.5) {
            Self::within(dice, low + shift, high)
        } else {
            Self::within(dice, low, high - shift)
        }
    }

    /// What of this ground, which covers a page of `size`, lies under `area`: of a photograph its
    /// brightness there.
    pub fn under(&self, area: [f32; 4], size: [f32; 2]) -> Self {
        let mut under = self.clone();
        if let Paint::Photo(piece) = &self.paint {
            let part = [0, 1, 2, 3].map(|k| (area[k] / size[k & 1]).clamp(0.0, 1.0));
            under.luma = piece.luma(size, part);
        }
        under
    }

    /// A shade, dark or light, that leaves this ground no more than `most` levels of brightness.
    pub fn shade(&self, dice: &mut Dice, most: f32) -> Shade {
        let least = 1.0 - most / (self.luma[1] - self.luma[0]).max(most);
        let color = if dice.chance(0.55) {
            color_within(dice, 0.0, 40.0)
        } else {
            color_within(dice, 215.0, 255.0)
        };
        let opacity = dice.range(least, (least + 0.5).min(0.95));
        Shade { color, opacity }
    }

    /// A colour that can be read on this ground; seldom with little contrast.
    pub fn ink(&self, dice: &mut Dice) -> Rgb {
        let gap = [60.0, 95.0, 130.0][dice.weighted(&[0.06, 0.24, 0.7])];
        let (room_below, room_above) = (self.luma[0] - gap, 255.0 - gap - self.luma[1]);
        if dice.chance(0.3) {
            return if room_below > room_above {
                [dice.int(0, 35) as u8; 3]
            } else {
                [dice.int(235, 255) as u8; 3]
            };
        }
        let below = room_below > 0.0
            && (room_above <= 0.0 || dice.unit() * (room_below + room_above) < room_below);
        if below {
            color_within(dice, 0.0, room_below)
        } else if room_above > 0.0 {
            color_within(dice, self.luma[1] + gap, 255.0)
        } else if self.luma[0] + self.luma[1] > 250.0 {
            [0; 3]
        } else {
            [255; 3]
        }
    }
}

/// A colour laid over a ground so that text can be read on it.
#[derive(Clone, Copy, Debug)]
pub struct Shade {
    /// What is laid over.
    pub color: Rgb,
    /// How much of it.
    pub opacity: f32,
}

impl Shade {
    /// The ground with the shade over it.
    pub fn over(&self, ground: &Ground) -> Ground {
        let tone = luma(self.color) * self.opacity;
        Ground {
            paint: ground.paint.clone(),
            luma: ground.luma.map(|l| l * (1.0 - self.opacity) + tone),
        }
    }
}

fn nudge(dice: &mut Dice, c: Rgb, by: f32, low: f32, high: f32) -> Rgb {
    let want = (luma(c) + dice.range(-by, by)).clamp(low, high);
    if want < luma(c) {
        mix([0; 3], c, want / luma(c).max(1.0))
    } else {
        mix(c, [255; 3], (want - luma(c)) / (256.0 - luma(c)))
    }
}

/// A smooth random picture, like a photograph out of focus.
pub fn cloud(dice: &mut Dice, low: f32, high: f32) -> Paint {
    let (columns, rows) = (dice.int(2, 14) as usize, dice.int(2, 14) as usize);
    let palette: Vec<Rgb> = (0..dice.int(2, 5))
        .map(|_| color_within(dice, low, high))
        .collect();
    let colors = (0..columns * rows).map(|_| dice.pick(&palette)).collect();
    Paint::Cloud(columns, rows, colors)
}

fn spread(paint: &Paint) -> [f32; 2] {
    let of = |colors: &[Rgb]| {
        colors.iter().fold([255.0f32, 0.0f32], |[a, b], c| {
            [a.min(luma(*c)), b.max(luma(*c))]
        })
    };
    match paint {
        Paint::Solid(c) => of(&[*c]),
        Paint::Gradient(a, b, _) | Paint::Stripes(a, b, ..) | Paint::Grain(a, b, _) => {
            of(&[*a, *b])
        }
        Paint::Cloud(_, _, colors) => of(colors),
        Paint::Photo(piece) => piece.luma([1.0; 2], [0.0, 0.0, 1.0, 1.0]),
    }
}

/// Lettering of `em` page units in a random face.
pub fn lettering(dice: &mut Dice, fonts: &Fonts, split: Split, em: f32) -> Style {
    let mut style = Style::plain(fonts.pick(dice, split), em);
    if dice.chance(0.25) {
        style.stretch = dice.range(0.78, 1.28);
    }
    if dice.chance(0.08) {
        style.shear = dice.range(-0.1, 0.25);
    }
    if dice.chance(0.2) {
        style.tracking = if dice.chance(0.75) {
            dice.range(0.0, 0.12)
        } else {
            dice.range(0.1, 0.35)
        };
    }
    if dice.chance(0.1) {
        style.bold = dice.range(0.005, 0.022);
    }
    // The flyers of the test split stay as they are.
    if split == Split::Train && dice.chance(0.08) {
        style.screen = Some(Screen::any(dice));
    }
    style
}

/// Sometimes a shadow or an outline in a colour far from the letters'.
pub fn effect(dice: &mut Dice, style: &mut Style, chance: f32) {
    if !dice.chance(chance) {
        return;
    }
    let dark = luma(style.color) < 128.0;
    let color = if dark {
        color_within(dice, 200.0, 255.0)
    } else {
        color_within(dice, 0.0, 60.0)
    };
    style.behind = Some(if dice.chance(0.5) {
        let d = dice.range(0.02, 0.07);
        (color, [d, d], 0.0, dice.range(0.4, 1.0))
    } else {
        (color, [0.0; 2], dice.range(0.03, 0.07), 1.0)
    });
}

/// Lines, blobs and panes over the ground that stay within its brightness.
pub fn clutter(dice: &mut Dice, scene: &mut Scene, ground: &Ground, area: [f32; 4], amount: usize) {
    let [x0, y0, x1, y1] = area;
    let low = (ground.luma[0] - 14.0).max(0.0);
    let high = (ground.luma[1] + 14.0).min(255.0);
    for _ in 0..amount {
        let color = color_within(dice, low, high);
        let p = [dice.range(x0, x1), dice.range(y0, y1)];
        let r = [dice.log_range(4.0, x1 - x0), dice.log_range(4.0, y1 - y0)];
        let opacity = dice.range(0.2, 1.0);
        let far = [p[0] + r[0] * 0.6, p[1] + r[1] * 0.6];
        match dice.below(5) {
            0 => scene.ellipse(p, [r[0] * 0.5, r[0] * 0.5], Paint::Solid(color), opacity),
            1 => scene.rect(
                [p[0], p[1], p[0] + r[0], p[1] + r[1]],
                Paint::Solid(color),
                opacity,
            ),
            2 => {
                let second = color_within(dice, low, high);
                let area = [p[0], p[1], far[0], far[1]];
                crate::ornaments::any(dice, scene, area, [color, second], opacity);
            }
            3 => scene.ellipse(p, [r[0] * 0.5, r[1] * 0.5], cloud(dice, low, high), opacity),
            _ => scene.stroke(
                p,
                [dice.range(x0, x1), dice.range(y0, y1)],
                dice.range(0.7, 6.0),
                color,
                opacity,
            ),
        }
    }
}
