//! Days set in numerals that outgrow the title.

use super::blocks::{Block, Text};
use super::event::Topic;
use super::parts::Parts;
use super::tagged::{Tag, Tagged};
use super::theme::Voice;

impl Parts<'_> {
    /// The day in pieces of any size, below each other or beside the number; `None` when the day shares a line with the hours.
    pub fn large_day(&mut self) -> Option<Vec<Block>> {
        let day = |d: &super::event::Detail| d.topic == Topic::Date;
        let at = self.event.details.iter().position(day)?;
        self.event.details.remove(at);
        let pieces = self.event.day_pieces(self.dice);
        let scale = self.dice.log_range(0.8, 3.0);
        let small = self.dice.range(0.5, 1.0);
        let upper = self.dice.chance(0.5);
        let voices = [Voice::Head, Voice::Head, Voice::Body, Voice::Accent];
        let (large, little) = (self.dice.pick(&voices), self.dice.pick(&voices));
        let tones = [self.dice.below(3), self.dice.below(3)];
        let mut number = Vec::new();
        let mut others = Vec::new();
        let mut all = Vec::new();
        for (text, size) in pieces {
            let figures = size > 2.0;
            let text = if upper { text.to_uppercase() } else { text };
            let (voice, size, tone) = if figures {
                (large, size * scale, tones[0])
            } else {
                (little, size * scale.sqrt() * small, tones[1])
            };
            let block = Block::Text(Text {
                align: self.align,
                tone,
                ..Text::new(Tagged::of(Tag::Date, text), voice, size)
            });
            all.push(block.clone());
            if figures { &mut number } else { &mut others }.push(block);
        }
        if self.align > 0.0 || others.is_empty() || self.dice.chance(0.55) {
            return Some(all);
        }
        let share = self.dice.range(0.6, 1.4);
        let columns = if self.dice.chance(0.75) {
            vec![(share, number), (1.0, others)]
        } else {
            vec![(1.0, others), (share, number)]
        };
        Some(vec![Block::Columns(columns)])
    }
}
