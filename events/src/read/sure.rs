//! How sure a reading is.
use super::days::Days;
use super::meaning::Group;
use super::resolve::SWAPPED;
use crate::date::Order;
use crate::schedule::{Confidence, Figures};

/// Cost from which a reading is a guess.
const GUESS: f32 = 0.55;
/// Cost from which a reading is less than sure.
const UNSURE: f32 = 0.25;

/// How sure the days of some groups are.
pub(super) fn confidence(groups: &[&Group]) -> Confidence {
    let worst = groups
        .iter()
        .filter_map(|g| g.days.as_ref())
        .map(|days| match () {
            () if doubt(days) >= GUESS => Confidence::Low,
            () if days.mismatch || days.ambiguous || days.misread || doubt(days) >= UNSURE => {
                Confidence::Medium
            }
            () => Confidence::High,
        });
    worst.min().unwrap_or(Confidence::Low)
}

/// The cost of a reading but for that of an order of figures which its weekday confirms.
fn doubt(days: &Days) -> f32 {
    let confirmed = days.first.swapped && !days.ambiguous;
    days.cost - if confirmed { SWAPPED } else { 0.0 }
}

/// Whether two figures are all that names the day of a group.
pub(super) fn is_bare(group: &Group) -> bool {
    let first = group.days.as_ref().map(|days| &days.first);
    first.is_some_and(|d| d.day_first.is_some() && d.year.is_none() && d.weekday.is_none())
}

/// How the figures of the first day were taken.
pub(super) fn figures(groups: &[&Group]) -> Option<Figures> {
    let days = groups.iter().find_map(|g| g.days.as_ref())?;
    let day_first = days.first.day_first?;
    Some(Figures {
        order: if day_first {
            Order::DayFirst
        } else {
            Order::MonthFirst
        },
        ambiguous: days.ambiguous,
    })
}
