//! The usual parts of a flyer as blocks: headline, details in several manners, list of acts, small
//! print.

use super::blocks::{Block, Text};
use super::event::{Detail, Event, Topic};
use super::tagged::{Tag, Tagged};
use super::theme::{Theme, Voice, palette};
use crate::dice::Dice;
use crate::looks::Ground;

/// How details are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Lines without labels.
    Bare,
    /// `Label: value` in one line.
    Inline,
    /// A small label over the value.
    Stacked,
    /// A table of two columns.
    Table,
    /// Panels beside each other.
    Boxes,
}

/// Makes blocks of an event's parts.
pub struct Parts<'a> {
    /// Chance.
    pub dice: &'a mut Dice,
    /// The event.
    pub event: &'a mut Event,
    /// The look.
    pub theme: &'a Theme,
    /// 0 left, 0.5 middle, 1 right.
    pub align: f32,
}

impl Parts<'_> {
    fn text(&self, text: Tagged, voice: Voice, size: f32, tone: usize) -> Text {
        Text {
            align: self.align,
            tone,
            ..Text::new(text, voice, size)
        }
    }

    /// Presenter, title and tagline; `size` is the title's over the base, `fill` the lines that it
    /// is to fill (0: none).
    pub fn headline(&mut self, size: f32, fill: usize) -> Vec<Block> {
        let mut blocks = Vec::new();
        if let Some(line) = self.event.presenter.take() {
            let line = if self.dice.chance(0.35) {
                line.upper()
            } else {
                line
            };
            let size = self.dice.range(0.75, 1.25);
            blocks.push(Block::Text(self.text(line, Voice::Accent, size, 1)));
            blocks.push(Block::Gap(0.3));
        }
        blocks.extend(self.title(size, fill));
        if let Some(line) = self.event.tagline.take() {
            blocks.push(Block::Gap(0.25));
            let size = self.dice.range(0.85, 1.4);
            blocks.push(Block::Text(self.text(line, Voice::Accent, size, 1)));
        }
        if self.dice.chance(0.14) {
            blocks.push(Block::Ornament(self.dice.range(1.5, 6.0), self.dice.bits()));
        }
        blocks
    }

    fn title(&mut self, size: f32, fill: usize) -> Vec<Block> {
        let title = if self.theme.upper_title {
            self.event.title.clone().upper()
        } else {
            self.event.title.clone()
        };
        let title = if !self.theme.upper_title && self.dice.chance(0.06) {
            title.lower()
        } else {
            title
        };
        let two = if self.dice.chance(0.22) {
            title.split_at_word(self.dice)
        } else {
            None
        };
        let whole = |s: &Self, t: Tagged, size: f32, fill: usize| {
            Block::Text(Text {
                fill,
                ..s.text(t, Voice::Head, size, 0)
            })
        };
        match two {
            Some((a, b)) if self.dice.chance(0.5) => vec![
                whole(self, a, size * 0.55, fill.min(1)),
                whole(self, b, size, fill),
            ],
            Some((a, b)) => vec![
                whole(self, a, size, fill),
                whole(self, b, size * 0.6, fill.min(1)),
            ],
            None => vec![whole(self, title, size, fill)],
        }
    }

    fn value(&mut self, line: &Tagged) -> Tagged {
        if self.theme.upper_detail {
            line.clone().upper()
        } else {
            line.clone()
        }
    }

    fn label(&mut self, detail: &Detail, colon: bool) -> Tagged {
        let mut label = detail.label.to_string();
        if self.theme.upper_label {
            label = label.to_uppercase();
        }
        if colon && !label.ends_with('?') {
            label.push(':');
        }
        Tagged::plain(label)
    }

    /// All details in a manner; they are taken from the event.
    pub fn details(&mut self, manner: Manner, size: f32) -> Vec<Block> {
        let mut details = std::mem::take(&mut self.event.details);
        if self.dice.chance(0.25) {
            self.dice.shuffle(&mut details);
        }
        match manner {
            Manner::Table => self.table(&details, size),
            Manner::Boxes => self.boxes(&details, size),
            _ => details
                .iter()
                .flat_map(|d| self.detail(d, manner, size))
                .collect(),
        }
    }

    fn detail(&mut self, detail: &Detail, manner: Manner, size: f32) -> Vec<Block> {
        let weight = match detail.topic {
            Topic::Date | Topic::When => 1.25,
            Topic::Time | Topic::Place => 1.1,
            _ => 0.95,
        };
        let mut blocks = Vec::new();
        for (i, line) in detail.lines.iter().enumerate() {
            let mut line = self.value(line);
            if i == 0 && manner == Manner::Inline {
                line = self.label(detail, true).and(" ").then(line);
            }
            if i == 0
                && manner == Manner::Bare
                && detail.topic == Topic::Place
                && self.dice.chance(0.2)
            {
                line = Tagged::plain(
                    self.dice
                        .pick(&["@ ", "at ", "At the ", "in ", "Live at "])
                        .replace("At the ", "At "),
                )
                .then(line);
            }
            if i == 0 && manner == Manner::Stacked {
                let label = self.label(detail, self.theme.leading(Voice::Body) > 1.3);
                blocks.push(Block::Text(self.text(label, Voice::Accent, size * 0.7, 2)));
            }
            let shrink = if i == 0 { weight } else { 0.85 };
            let text = self.text(line, Voice::Body, size * shrink, usize::from(i > 0));
            let iconic = i == 0 && self.align == 0.0 && self.theme.icons;
            let icon = if iconic { detail.topic.icon() } else { None };
            blocks.push(Block::Text(Text { icon, ..text }));
        }
        blocks.push(Block::Gap(0.35));
        blocks
    }

    fn table(&mut self, details: &[Detail], size: f32) -> Vec<Block> {
        let share = self.dice.range(0.2, 0.36);
        let rules = self.dice.chance(0.35);
        let colon = self.dice.chance(0.4);
        let mut blocks = Vec::new();
        for detail in details {
            let label = Text {
                align: 0.0,
                ..self.text(self.label_of(detail, colon), Voice::Accent, size, 2)
            };
            let lines: Vec<Tagged> = detail.lines.clone();
            let values = lines
                .iter()
                .map(|l| Text {
                    align: 0.0,
                    ..self.text(self.value_of(l), Voice::Body, size, 0)
                })
                .collect();
            blocks.push(Block::Pair(label, values, share));
            if rules {
                blocks.push(Block::Rule(1.0, 0.05, 0.0));
            }
        }
        blocks
    }

    fn label_of(&self, detail: &Detail, colon: bool) -> Tagged {
        let label = if self.theme.upper_label {
            detail.label.to_uppercase()
        } else {
            detail.label.to_string()
        };
        Tagged::plain(if colon && !label.ends_with('?') {
            label + ":"
        } else {
            label
        })
    }

    fn value_of(&self, line: &Tagged) -> Tagged {
        if self.theme.upper_detail {
            line.clone().upper()
        } else {
            line.clone()
        }
    }

    fn boxes(&mut self, details: &[Detail], size: f32) -> Vec<Block> {
        let ground = Ground::any(self.dice);
        let colors = palette(self.dice, &ground);
        let painted = self.dice.chance(0.65);
        let frame = if painted && self.dice.chance(0.6) {
            0.0
        } else {
            0.1
        };
        let mut blocks = Vec::new();
        for row in details.chunks(self.dice.int(2, 3) as usize) {
            let mut cells = Vec::new();
            for detail in row {
                let manner = if self.dice.chance(0.8) {
                    Manner::Stacked
                } else {
                    Manner::Bare
                };
                let mut inner = self.detail(detail, manner, size);
                inner.pop();
                cells.push((
                    1.0,
                    vec![Block::Panel(
                        inner,
                        ground.clone(),
                        colors,
                        0.5,
                        frame,
                        painted,
                    )],
                ));
            }
            blocks.push(Block::Columns(cells));
            blocks.push(Block::Gap(0.2));
        }
        blocks
    }

    /// The day in pieces with their sizes, taken from the details; `None` when it shares a line
    /// with the hours.
    pub fn take_day(&mut self) -> Option<Vec<(String, f32)>> {
        let details = &mut self.event.details;
        let at = details.iter().position(|d| d.topic == Topic::Date)?;
        details.remove(at);
        Some(self.event.day_pieces(self.dice))
    }

    /// The day in large pieces below each other; `None` when the day shares a line with the hours.
    pub fn stacked_day(&mut self) -> Option<Vec<Block>> {
        let pieces = self.take_day()?;
        let upper = self.dice.chance(0.6);
        let block = |s: &Self, (text, size): (String, f32)| {
            let text = Tagged::of(Tag::Date, if upper { text.to_uppercase() } else { text });
            Block::Text(Text {
                align: 0.5,
                ..s.text(text, Voice::Head, size, 0)
            })
        };
        Some(pieces.into_iter().map(|p| block(self, p)).collect())
    }

    /// Other performers or the programme.
    pub fn acts(&mut self, size: f32) -> Vec<Block> {
        let acts = std::mem::take(&mut self.event.acts);
        if acts.is_empty() {
            return Vec::new();
        }
        let mut blocks = vec![Block::Gap(0.3)];
        if self.dice.chance(0.5) {
            let lead = self.dice.pick(&[
                "Featuring",
                "with",
                "Line-up",
                "LINE-UP",
                "Program",
                "Programme",
                "Speakers",
                "On stage",
                "Special guests",
                "Artists",
            ]);
            blocks.push(Block::Text(self.text(
                Tagged::plain(lead),
                Voice::Accent,
                size * 0.8,
                2,
            )));
        }
        if self.dice.chance(0.25) {
            let mut line = Tagged::default();
            let dot = self
                .dice
                .pick(&[" • ", ", ", " / ", " + ", " · ", " & ", " | "]);
            for (i, act) in acts.iter().enumerate() {
                line = if i > 0 { line.and(dot) } else { line }.then(act.clone());
            }
            blocks.push(Block::Text(self.text(line, Voice::Body, size, 0)));
            return blocks;
        }
        let bullet = self.dice.pick(&["", "", "• ", "- ", "★ ", "→ ", "✓ "]);
        for act in acts {
            let line = if bullet.is_empty() {
                act
            } else {
                Tagged::plain(bullet).then(act)
            };
            blocks.push(Block::Text(Text {
                optional: line.0.iter().all(|p| p.0 == Tag::None),
                ..self.text(line, Voice::Body, size, 0)
            }));
        }
        blocks
    }

    /// A programme with a time before every item: all of them decoys.
    pub fn programme(&mut self, size: f32) -> Vec<Block> {
        let acts = std::mem::take(&mut self.event.acts);
        let mut minutes = self.dice.int(18, 36) * 30;
        let mut blocks = vec![Block::Gap(0.4)];
        let share = self.dice.range(0.2, 0.3);
        for act in acts {
            let time = Tagged::plain(super::times::clock(minutes % 1440, self.event.habits));
            minutes += self.dice.pick(&[15, 30, 45, 60, 90]);
            let label = Text {
                align: 0.0,
                ..self.text(time, Voice::Accent, size, 2)
            };
            let item = Text {
                align: 0.0,
                ..self.text(act, Voice::Body, size, 0)
            };
            blocks.push(Block::Pair(label, vec![item], share));
        }
        blocks
    }

    /// Sentences.
    pub fn body(&mut self, size: f32) -> Vec<Block> {
        let body = std::mem::take(&mut self.event.body);
        let mut blocks = Vec::new();
        for line in body {
            blocks.push(Block::Gap(0.25));
            blocks.push(Block::Text(Text {
                optional: true,
                ..self.text(line, Voice::Body, size, 1)
            }));
        }
        blocks
    }

    /// Contacts, below each other or in one line.
    pub fn contacts(&mut self, size: f32) -> Vec<Block> {
        let contacts = std::mem::take(&mut self.event.contacts);
        if contacts.is_empty() {
            return Vec::new();
        }
        if self.dice.chance(0.35) {
            let dot = self.dice.pick(&[" | ", " • ", ", ", " · ", " / ", " - "]);
            let mut line = Tagged::default();
            for (i, c) in contacts.into_iter().enumerate() {
                line = if i > 0 { line.and(dot) } else { line }.then(c);
            }
            return vec![Block::Text(self.text(line, Voice::Body, size, 1))];
        }
        contacts
            .into_iter()
            .map(|c| Block::Text(self.text(c, Voice::Body, size, 1)))
            .collect()
    }
}
