//! Whole flyers: an event, a look, a layout, and the truth about its fields.

mod announcing;
pub mod blocks;
pub mod dates;
mod decor;
pub mod event;
pub mod filler;
pub mod grammar;
mod large_day;
pub mod layouts;
mod lines;
pub mod parts;
pub mod places;
pub mod tagged;
pub mod theme;
pub mod times;
pub mod titles;

use crate::dice::Dice;
use crate::fonts::{Fonts, Split};
use crate::record::{Field, Truth};
use crate::scene::Scene;
use blocks::Sheet;
use event::Event;
use layouts::{Frame, Layout};
use std::collections::BTreeMap;
use tagged::Tag;
use theme::Theme;

/// Longer side of every page, in page units.
pub const PAGE: f32 = 1344.0;

/// Share of the training flyers that hold much text beside the event's, so that decoders learn
/// contexts as long as any page asks for (why: `training/LOG.md`, long pages).
const TALKATIVE: f32 = 0.35;

/// A page with what it tells.
pub struct Document {
    /// What to draw.
    pub scene: Scene,
    /// Tag of every glyph of the scene.
    pub tags: Vec<Tag>,
    /// Normalised values of dates and times.
    pub values: Vec<(Tag, String)>,
    /// Name of the layout.
    pub layout: &'static str,
    /// flyer, page or card.
    pub kind: &'static str,
}

/// A random flyer.
pub fn flyer(dice: &mut Dice, fonts: &Fonts, split: Split) -> Document {
    let mut event = Event::any(dice);
    if split != Split::Test && dice.chance(TALKATIVE) {
        event.lengthen(dice);
    }
    let theme = Theme::any(dice, fonts, split);
    let (name, fill) = choose(dice, split);
    let size = page_size(dice, name);
    let scene = layouts::ground(dice, &theme, size);
    let most = dice.log_range(22.0, 58.0);
    let sheet = Sheet {
        scene,
        tags: Vec::new(),
        theme: &theme,
    };
    let mut frame = Frame {
        dice,
        event: &mut event,
        theme: &theme,
        sheet,
        most,
    };
    fill(&mut frame);
    let Sheet {
        mut scene, tags, ..
    } = frame.sheet;
    scene.clip_shapes();
    let values = [Tag::Date, Tag::Start, Tag::End]
        .iter()
        .filter_map(|t| Some((*t, event.value(*t)?.to_string())))
        .collect();
    Document {
        scene,
        tags,
        values,
        layout: name,
        kind: "flyer",
    }
}

/// Each split shows its own layouts half of the time.
fn choose(dice: &mut Dice, split: Split) -> Layout {
    let own = match split {
        Split::Test => layouts::TEST,
        Split::Train | Split::Dev => layouts::TRAIN,
    };
    let list = if dice.chance(0.5) {
        own
    } else {
        layouts::COMMON
    };
    list[dice.below(list.len())]
}

fn page_size(dice: &mut Dice, layout: &str) -> [f32; 2] {
    let ratio = match layout {
        "ticket" => dice.range(1.9, 2.8),
        _ => [0.707, 0.773, 0.5625, 0.8, 1.0, 1.414, 1.5, 0.667]
            [dice.weighted(&[0.34, 0.2, 0.06, 0.09, 0.12, 0.1, 0.04, 0.05])],
    };
    if ratio < 1.0 {
        [(PAGE * ratio).round(), PAGE]
    } else {
        [PAGE, (PAGE / ratio).round()]
    }
}

impl Document {
    /// The fields, once the scene's glyphs have become the record's: `kept` says which became
    /// which. A field that lost a glyph is left out.
    pub fn fields(&self, kept: &[Option<usize>], truth: &Truth) -> BTreeMap<&'static str, Field> {
        let mut found: BTreeMap<Tag, Option<Vec<[usize; 2]>>> = BTreeMap::new();
        for (tag, place) in self.tags.iter().zip(kept).filter(|p| *p.0 != Tag::None) {
            let ranges = found.entry(*tag).or_insert_with(|| Some(Vec::new()));
            match place {
                Some(at) => ranges.iter_mut().for_each(|r| grow(r, *at)),
                None => *ranges = None,
            }
        }
        let field = |(tag, ranges): (Tag, Option<Vec<[usize; 2]>>)| {
            let ranges = ranges?;
            let text = printed(truth, &ranges);
            let value = self
                .values
                .iter()
                .find(|v| v.0 == tag)
                .map_or_else(|| text.clone(), |v| v.1.clone());
            Some((
                tag.name(),
                Field {
                    text,
                    glyphs: ranges,
                    value,
                },
            ))
        };
        found.into_iter().filter_map(field).collect()
    }
}

fn grow(ranges: &mut Vec<[usize; 2]>, at: usize) {
    match ranges.last_mut() {
        Some(last) if last[1] == at => last[1] += 1,
        _ => ranges.push([at, at + 1]),
    }
}

/// The characters of glyph ranges, with the spaces that the lines have between them.
fn printed(truth: &Truth, ranges: &[[usize; 2]]) -> String {
    let mut text = String::new();
    for &[from, to] in ranges {
        if !text.is_empty() {
            text.push(' ');
        }
        for at in from..to {
            if at > from && space_before(truth, at) {
                text.push(' ');
            }
            text.push(truth.glyphs[at].ch);
        }
    }
    text
}

/// Whether a space or a line end parts glyph `at` from the one before.
fn space_before(truth: &Truth, at: usize) -> bool {
    let line = &truth.lines[truth.glyphs[at].line as usize];
    let within = at - line.glyphs[0];
    if within == 0 {
        return true;
    }
    let mut seen = 0;
    let mut spaced = false;
    for ch in line.text.chars() {
        if ch == ' ' {
            spaced = true;
            continue;
        }
        if seen == within {
            return spaced;
        }
        spaced = false;
        seen += 1;
    }
    false
}
