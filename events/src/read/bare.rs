//! What it costs to take a number for an hour.
use super::clock::{Clock, follows_day};
use super::numbers::dotted;
use super::text::{Context, Field, Text};
use super::words::Sense;

/// Cost of a time that only its place says to be one.
pub(crate) fn bare(text: &Text<'_>, ctx: &Context, from: usize, clock: &Clock, led: bool) -> f32 {
    if clock.strong {
        return clock.cost;
    }
    let beside = text.is_word(clock.to) && text.sense(clock.to, may_follow).is_none();
    let behind = from > 0 && text.is_word(from - 1) && text.sense(from - 1, may_lead).is_none();
    // "11. Juni 19.30": figures with a point behind a whole day.
    let behind = behind && !(dotted(text, from) && follows_day(text, from));
    let sign = text.is_any(clock.to, "+%.º") && !clock.figures;
    if beside || sign || (behind && !led) {
        return NEVER;
    }
    let base = match (ctx.field, led, clock.figures) {
        (Field::Time, _, _) | (_, true, _) => 0.1,
        (Field::Date, false, true) => 0.3,
        (Field::Date, false, false) => NEVER,
    };
    base + clock.cost
}

/// Too much for any reading to be chosen.
pub(crate) const NEVER: f32 = 9.0;

fn may_follow(sense: Sense) -> bool {
    !matches!(
        sense,
        Sense::Unit | Sense::Month(_) | Sense::Suffix | Sense::Street | Sense::Numbered
    ) && !labels(sense)
}

fn may_lead(sense: Sense) -> bool {
    !matches!(
        sense,
        Sense::Numbered | Sense::Month(_) | Sense::StreetBefore | Sense::Founded
    ) && !labels(sense)
}

/// Whether it makes something else of a number beside it.
fn labels(sense: Sense) -> bool {
    matches!(sense, Sense::Label | Sense::Currency | Sense::Phone)
}
