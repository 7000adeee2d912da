//! Days set in numerals that outgrow the title.

use super::blocks::{Block, Text};
use super::parts::Parts;
use super::tagged::{Tag, Tagged};
use super::theme::Voice;

impl Parts<'_> {
    /// The day in pieces of any size, below each other or beside the number; `None` when the day
    /// shares a line with the hours.
    pub fn large_day(&mut self) -> Option<Vec<Block>> {
        let pieces = self.take_day()?;
        let scale = self.dice.log_range(0.8, 3.0);
        let small = self.dice.range(0.5, 1.0);
        let upper = self.dice.chance(0.5);
        let voices = [Voice::Head, Voice::Head, Voice::Body, Voice::Accent];
        let (large, little) = (self.dice.pick(&voices), self.dice.pick(&voices));
        let tones = [self.dice.below(3), self.dice.below(3)];
        let block = |s: &Self, (text, size): (String, f32)| {
            let figures = is_number(&text);
            let text = if upper { text.to_uppercase() } else { text };
            let (voice, size, tone) = if figures {
                (large, size * scale, tones[0])
            } else {
                (little, size * scale.sqrt() * small, tones[1])
            };
            Block::Text(Text {
                align: s.align,
                tone,
                ..Text::new(Tagged::of(Tag::Date, text), voice, size)
            })
        };
        if self.align > 0.0 || self.dice.chance(0.55) {
            return Some(pieces.into_iter().map(|p| block(self, p)).collect());
        }
        let (number, others): (Vec<_>, Vec<_>) = pieces.into_iter().partition(|p| is_number(&p.0));
        let [number, others] =
            [number, others].map(|pieces| pieces.into_iter().map(|p| block(self, p)).collect());
        let share = self.dice.range(0.6, 1.4);
        let columns = if self.dice.chance(0.75) {
            vec![(share, number), (1.0, others)]
        } else {
            vec![(1.0, others), (share, number)]
        };
        Some(vec![Block::Columns(columns)])
    }
}

/// Whether a piece is the day of the month, not its name or a year.
fn is_number(piece: &str) -> bool {
    piece.parse::<u8>().is_ok()
}
