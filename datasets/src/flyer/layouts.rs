//! Where the parts of a flyer stand. Every function fills one page.

mod areas;
mod column;
mod composed;
mod held_out;
mod numerals;

use super::blocks::{Block, Sheet};
use super::event::Event;
use super::parts::{Manner, Parts};
use super::theme::{Theme, palette};
use crate::canvas::{Paint, Rgb};
use crate::dice::Dice;
use crate::looks::{self, Ground};
use crate::scene::Scene;

/// The layouts of both splits: half of the test split is made of them.
pub const COMMON: &[Layout] = &[
    ("centred", column::centred),
    ("left", column::left),
    ("two_column", column::two_column),
    ("table", column::table),
    ("banner", areas::banner),
    ("split", areas::split),
    ("ticket", areas::ticket),
    ("invitation", column::invitation),
    ("poster", areas::poster),
    ("programme", column::programme),
    ("boxes", column::boxes),
    ("calendar_leaf", column::calendar_leaf),
    ("notice", column::notice),
    ("card", areas::card),
];
/// The layouts that only training sees: half of its pages are made of them.
pub const TRAIN: &[Layout] = &[
    ("shuffled", composed::shuffled),
    ("mosaic", composed::mosaic),
    ("mosaic", composed::mosaic),
    ("cells", composed::cells),
    ("numerals", numerals::numerals),
];
/// The layouts that only tests see.
pub const TEST: &[Layout] = &[
    ("sidebar", held_out::sidebar),
    ("grid_foot", held_out::grid_foot),
    ("newspaper", held_out::newspaper),
];

/// A layout's name, and what fills the page.
pub type Layout = (&'static str, fn(&mut Frame<'_, '_>));

/// A page that is being filled.
pub struct Frame<'a, 'b> {
    /// Chance.
    pub dice: &'a mut Dice,
    /// The event.
    pub event: &'a mut Event,
    /// The look.
    pub theme: &'b Theme,
    /// The page.
    pub sheet: Sheet<'b>,
    /// Largest base em size.
    pub most: f32,
}

impl Frame<'_, '_> {
    fn parts(&mut self, align: f32) -> Parts<'_> {
        Parts {
            dice: self.dice,
            event: self.event,
            theme: self.theme,
            align,
        }
    }

    fn size(&self) -> [f32; 2] {
        self.sheet.scene.size
    }

    /// The page within a margin.
    fn inner(&mut self) -> [f32; 4] {
        let [w, h] = self.size();
        let m = self.dice.range(0.035, 0.1) * w.min(h);
        [m, m, w - m, h - m]
    }

    fn fill(&mut self, area: [f32; 4], blocks: &[Block], colors: [Rgb; 3], place: f32) {
        self.sheet.region(area, blocks, colors, self.most, place);
    }

    fn panel(&mut self, area: [f32; 4]) -> [Rgb; 3] {
        let ground = Ground::any(self.dice);
        let colors = palette(self.dice, &ground);
        self.sheet.scene.rect(area, ground.paint.clone(), 1.0);
        colors
    }

    /// A part of the page that looks like a photograph.
    fn photo(&mut self, area: [f32; 4]) {
        if let Some(piece) = self.dice.photo(0.8) {
            return self.sheet.scene.rect(area, Paint::Photo(piece), 1.0);
        }
        let paint = looks::cloud(self.dice, 10.0, 240.0);
        self.sheet.scene.rect(area, paint, 1.0);
        let ground = Ground {
            paint: Paint::Solid([0; 3]),
            luma: [20.0, 230.0],
        };
        let inset = [
            area[0] * 0.75 + area[2] * 0.25,
            area[1] * 0.75 + area[3] * 0.25,
            area[0] * 0.5 + area[2] * 0.5,
            area[1] * 0.5 + area[3] * 0.5,
        ];
        looks::clutter(self.dice, &mut self.sheet.scene, &ground, inset, 3);
        if self.dice.chance(0.6) {
            let colors = [0, 1].map(|_| crate::canvas::color_within(self.dice, 0.0, 255.0));
            crate::ornaments::any(self.dice, &mut self.sheet.scene, inset, colors, 1.0);
        }
    }

    fn manner(&mut self) -> Manner {
        [
            Manner::Bare,
            Manner::Inline,
            Manner::Stacked,
            Manner::Table,
            Manner::Boxes,
        ][self.dice.weighted(&[0.36, 0.3, 0.12, 0.14, 0.08])]
    }

    fn title_size(&mut self) -> f32 {
        self.dice.range(2.2, 4.2)
    }

    fn spread(&mut self) -> f32 {
        self.dice.pick(&[0.0, 0.5, 2.0, 2.0, 2.0])
    }
}

/// A page with its ground and what is scattered over it.
pub fn ground(dice: &mut Dice, theme: &Theme, size: [f32; 2]) -> Scene {
    let mut scene = Scene {
        size,
        ..Scene::default()
    };
    scene.rect(
        [0.0, 0.0, size[0], size[1]],
        theme.ground.paint.clone(),
        1.0,
    );
    if dice.chance(0.45) {
        let amount = dice.int(1, 14) as usize;
        looks::clutter(
            dice,
            &mut scene,
            &theme.ground,
            [0.0, 0.0, size[0], size[1]],
            amount,
        );
    }
    scene
}
