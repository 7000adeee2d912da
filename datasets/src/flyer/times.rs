//! Clock times, printed in the many ways of flyers.

use super::dates::Habits;
use super::tagged::{Tag, Tagged};
use crate::dice::Dice;

/// `HH:MM` of minutes since midnight.
pub fn clock_value(minutes: i32) -> String {
    format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)
}

/// A time in the flyer's way.
pub fn clock(minutes: i32, habits: Habits) -> String {
    let (h, m) = (minutes / 60 % 24, minutes % 60);
    if habits.h24 {
        clock24(h, m, habits.clock)
    } else {
        clock12(h, m, habits.clock, true)
    }
}

fn clock24(h: i32, m: i32, style: usize) -> String {
    match style {
        0..=54 => format!("{h:02}:{m:02}"),
        55..=64 => format!("{h:02}.{m:02}"),
        65..=74 if m == 0 => format!("{h}h"),
        65..=79 => format!("{h}h{m:02}"),
        80..=87 => format!("{h:02}:{m:02} h"),
        88..=93 if h > 9 || h == 0 => format!("{h}:{m:02}"),
        94.. => format!("{h:02}:{m:02} hrs"),
        _ => format!("{h:02}:{m:02}"),
    }
}

/// Without its half of the day if `half` is false.
fn clock12(h: i32, m: i32, style: usize, half: bool) -> String {
    if h == 12 && m == 0 && half && style.is_multiple_of(3) {
        return (if style.is_multiple_of(2) {
            "noon"
        } else {
            "12 noon"
        })
        .into();
    }
    let (sep, space, lower, upper, zeros) = match style {
        0..=19 => (":", "", "am", "pm", false),
        20..=39 => (":", " ", "AM", "PM", true),
        40..=52 => (":", " ", "AM", "PM", false),
        53..=60 => (":", "", "AM", "PM", false),
        61..=68 => (":", " ", "a.m.", "p.m.", true),
        69..=76 => (":", " ", "a.m.", "p.m.", false),
        77..=83 => (":", " ", "am", "pm", true),
        84..=88 => (".", "", "am", "pm", false),
        89..=92 => (".", " ", "p.m.", "p.m.", true),
        93..=96 => (":", "", "am", "pm", true),
        _ => (":", " ", "A.M.", "P.M.", true),
    };
    let lower = if lower == "p.m." { "a.m." } else { lower };
    let hour = if h % 12 == 0 { 12 } else { h % 12 };
    let figures = if m == 0 && !zeros {
        hour.to_string()
    } else {
        format!("{hour}{sep}{m:02}")
    };
    if half {
        format!("{figures}{space}{}", if h < 12 { lower } else { upper })
    } else {
        figures
    }
}

/// Start, and end if there is one.
pub fn hours(dice: &mut Dice, start: i32, end: Option<i32>, habits: Habits) -> Tagged {
    let first = Tagged::of(Tag::Start, clock(start, habits));
    let Some(end) = end else {
        return first.and(open_end(dice));
    };
    let last = Tagged::of(Tag::End, clock(end, habits));
    let same_half = start / 720 == end / 720 && start % 720 >= 60 && !habits.h24;
    match dice.below(10) {
        0..=3 if same_half => {
            let bare = clock12(start / 60, start % 60, habits.clock, false);
            Tagged::of(Tag::Start, bare)
                .and(dice.pick(&["-", "–", " - ", " – ", " to ", "-", "–"]))
                .then(last)
        }
        4 => Tagged::plain("from ").then(first).and(" to ").then(last),
        5 => first
            .and(dice.pick(&[" to ", " until ", " till "]))
            .then(last),
        6 | 7 => first.and(dice.pick(&[" - ", "-"])).then(last),
        _ => first.and(dice.pick(&[" – ", "–", " — "])).then(last),
    }
}

fn open_end(dice: &mut Dice) -> &'static str {
    if dice.chance(0.85) {
        ""
    } else {
        dice.pick(&[
            " till late",
            " onwards",
            " sharp",
            " until late",
            " - late",
            "+",
        ])
    }
}

/// Doors first, then the show, which is the start.
pub fn doors(dice: &mut Dice, start: i32, habits: Habits) -> Tagged {
    let open = start - dice.pick(&[30, 30, 60, 60, 45, 15, 90]);
    let (a, b) = (clock(open, habits), clock(start, habits));
    let show = Tagged::of(Tag::Start, b);
    match dice.below(8) {
        0 => Tagged::plain(format!("Doors {a} / Show ")).then(show),
        1 => Tagged::plain(format!("Doors open {a}, starts ")).then(show),
        2 => Tagged::plain(format!("Doors: {a} | Start: ")).then(show),
        3 => Tagged::plain("Show ")
            .then(show)
            .and(&format!(" (doors {a})")),
        4 => show.and(&format!(" (doors open at {a})")),
        5 => Tagged::plain(format!("Doors {a} · Music ")).then(show),
        6 if (1020..1260).contains(&start) && !habits.h24 => {
            let (a, b) = (
                clock12(open / 60, open % 60, 0, false),
                clock12(start / 60, start % 60, 0, false),
            );
            Tagged::plain(format!("Doors {a} / Show ")).then(Tagged::of(Tag::Start, b))
        }
        _ => Tagged::plain(format!("Admission from {a}, begins ")).then(show),
    }
}
