//! Faces and colours of one flyer.

use crate::canvas::Rgb;
use crate::dice::Dice;
use crate::fonts::{Fonts, Split};
use crate::looks::{self, Ground};
use crate::scene::Style;

/// Which lettering a text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// Titles.
    Head,
    /// Running text and details.
    Body,
    /// Labels and short lines.
    Accent,
}

/// Faces, colours and habits of one flyer.
pub struct Theme {
    voices: [Style; 3],
    leads: [f32; 3],
    /// The page's ground.
    pub ground: Ground,
    /// Text, second text and accent on the ground.
    pub palette: [Rgb; 3],
    /// Titles are in capitals.
    pub upper_title: bool,
    /// Labels are in capitals.
    pub upper_label: bool,
    /// Details are in capitals.
    pub upper_detail: bool,
    /// Signs stand before details.
    pub icons: bool,
    /// Alignment of centred or left layouts.
    pub align: f32,
}

impl Theme {
    /// A random theme.
    pub fn any(dice: &mut Dice, fonts: &Fonts, split: Split) -> Self {
        let head = voice(dice, fonts, split);
        let body = if dice.chance(0.3) {
            Style {
                bold: 0.0,
                screen: None,
                tracking: 0.0,
                ..head.clone()
            }
        } else {
            text_voice(dice, fonts, split)
        };
        let accent = if dice.chance(0.6) {
            body.clone()
        } else if dice.chance(0.5) {
            head.clone()
        } else {
            text_voice(dice, fonts, split)
        };
        let ground = Ground::any(dice);
        let palette = palette(dice, &ground);
        let mut voices = [head, body, accent];
        voices[0].color = palette[0];
        looks::effect(dice, &mut voices[0], 0.16);
        let leads = [
            dice.range(1.0, 1.2),
            dice.range(1.06, 1.45),
            dice.range(1.06, 1.3),
        ];
        Self {
            voices,
            leads,
            ground,
            palette,
            upper_title: dice.chance(0.42),
            upper_label: dice.chance(0.45),
            upper_detail: dice.chance(0.14),
            icons: dice.chance(0.15),
            align: dice.pick(&[0.0, 0.5, 0.5]),
        }
    }

    /// Lettering of a voice.
    pub fn style(&self, voice: Voice, em: f32, color: Rgb) -> Style {
        let mut style = self.voices[voice as usize].clone();
        if color != style.color {
            style.behind = None;
        }
        (style.em, style.color) = (em, color);
        style
    }

    /// Line spacing of a voice over the height of its letters.
    pub fn leading(&self, voice: Voice) -> f32 {
        self.leads[voice as usize]
    }
}

fn voice(dice: &mut Dice, fonts: &Fonts, split: Split) -> Style {
    let mut style = looks::lettering(dice, fonts, split, 20.0);
    if dice.chance(0.5) {
        (style.stretch, style.shear) = (1.0, 0.0);
    }
    style
}

/// Mostly a family with several cuts: such are made for reading.
fn text_voice(dice: &mut Dice, fonts: &Fonts, split: Split) -> Style {
    let mut style = voice(dice, fonts, split);
    if dice.chance(0.85) {
        style.face = fonts.pick_text(dice, split);
    }
    style
}

/// Three colours that can be read on a ground.
pub fn palette(dice: &mut Dice, ground: &Ground) -> [Rgb; 3] {
    let first = ground.ink(dice);
    let second = if dice.chance(0.6) {
        first
    } else {
        ground.ink(dice)
    };
    [first, second, ground.ink(dice)]
}
