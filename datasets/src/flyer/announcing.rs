//! The day in pieces, and an event told in one sentence.

use super::event::{Detail, Event, Topic};
use super::tagged::{Tag, Tagged};
use crate::dice::Dice;
use crate::words;

impl Event {
    /// The day in pieces with their sizes, to stand below each other; the day's value follows what
    /// is printed.
    pub fn day_pieces(&mut self, dice: &mut Dice) -> Vec<(String, f32)> {
        let weekday = words::WEEKDAYS[self.day.weekday()];
        let month = words::MONTHS[self.day.month as usize - 1];
        let short = dice.chance(0.6);
        let weekday = if short {
            weekday[..3].to_string()
        } else {
            weekday.to_string()
        };
        let month = if short {
            month[..3].to_string()
        } else {
            month.to_string()
        };
        let number = if dice.chance(0.25) {
            format!("{:02}", self.day.day)
        } else {
            self.day.day.to_string()
        };
        let mut pieces = if self.habits.month_first {
            vec![(month, 1.2), (number, 2.8)]
        } else {
            vec![(number, 2.8), (month, 1.2)]
        };
        if dice.chance(0.6) {
            pieces.insert(0, (weekday, 1.1));
        }
        if self.habits.year && dice.chance(0.7) {
            pieces.push((self.day.year.to_string(), 1.1));
        }
        let with_year = pieces
            .last()
            .is_some_and(|p| p.0.len() == 4 && p.0.starts_with(['1', '2']));
        let value = self.day.value(with_year);
        self.values.retain(|v| v.0 != Tag::Date);
        self.values.push((Tag::Date, value));
        pieces
    }

    /// Title, day, hours and place as one sentence of an invitation; takes those details. `None` if
    /// one of them is missing.
    pub fn invitation(&mut self, dice: &mut Dice) -> Option<Vec<Tagged>> {
        let find = |event: &Self, topic| event.details.iter().position(|d| d.topic == topic);
        let (day, time, place) = (
            find(self, Topic::Date)?,
            find(self, Topic::Time)?,
            find(self, Topic::Place)?,
        );
        let line = |event: &Self, at: usize| event.details[at].lines[0].clone();
        let (day_line, time_line, place_line) =
            (line(self, day), line(self, time), line(self, place));
        let rest: Vec<Tagged> = self.details[place].lines[1..].to_vec();
        if time_line.0.first().is_none_or(|p| p.0 != Tag::Start) || time_line.0.len() > 3 {
            return None;
        }
        let mut sorted = [day, time, place];
        sorted.sort_unstable();
        sorted
            .iter()
            .rev()
            .for_each(|&i| drop(self.details.remove(i)));
        let on = Tagged::plain("on ")
            .then(day_line)
            .and(" at ")
            .then(time_line);
        let at =
            Tagged::plain(dice.pick(&["at ", "at ", "in ", "to be held at "])).then(place_line);
        let mut lines = if dice.chance(0.5) {
            vec![on.and(" ").then(at)]
        } else {
            vec![on, at]
        };
        lines.extend(rest);
        Some(lines)
    }
}

/// Day and hours in one line.
pub fn joined(dice: &mut Dice, date: Tagged, time: Tagged) -> Detail {
    let glue = dice.pick(&[
        " at ", ", ", " | ", " • ", " - ", " @ ", " – ", ", at ", " · ", " from ",
    ]);
    let first = time.0.first().map_or("", |p| p.1.as_str());
    let glue = if first.starts_with("from") || time.0.first().is_none_or(|p| p.0 != Tag::Start) {
        dice.pick(&[", ", " | ", " - ", " "])
    } else {
        glue
    };
    let line = if dice.chance(0.85) {
        date.and(glue).then(time)
    } else {
        time.and(dice.pick(&[", ", " on ", " | ", " - "]))
            .then(date)
    };
    Detail {
        topic: Topic::When,
        label: dice.pick(&[
            "When",
            "Date",
            "Date & Time",
            "Date and time",
            "When?",
            "When",
        ]),
        lines: vec![line],
    }
}

/// What it costs.
pub fn price(dice: &mut Dice) -> Tagged {
    let amount = |dice: &mut Dice| Tagged::of(Tag::Price, words::price(dice));
    match dice.below(9) {
        0 | 1 => Tagged::of(
            Tag::Price,
            dice.pick(&[
                "Free",
                "FREE",
                "Free entry",
                "Free admission",
                "By donation",
                "Pay what you can",
                "No charge",
            ]),
        ),
        2 => amount(dice).and(&format!(
            " / {} {}",
            words::price(dice),
            dice.pick(&["students", "at the door", "members", "kids", "concessions"])
        )),
        3 => amount(dice).and(dice.pick(&[
            " per person",
            " at the door",
            " in advance",
            " each",
            " per family",
        ])),
        4 => Tagged::plain("Adults ")
            .then(amount(dice))
            .and(&format!(", children {}", words::price(dice))),
        _ => amount(dice),
    }
}
