//! Times of day in words.
use super::clock::{Clock, Half, finished, later, shifted};
use super::text::{Context, Text};
use super::words::{DE, EN, NL, Sense};

/// Noon, half past six, seven o'clock.
pub(super) fn in_words(text: &Text<'_>, ctx: &Context, at: usize) -> Vec<Clock> {
    let mut found = Vec::new();
    for arc in text.arcs(at) {
        let cost = ctx.cost(arc);
        match arc.sense {
            Sense::NamedHour(hour) => {
                let half = if hour == 0 { Half::Am } else { Half::Pm };
                let clock = Clock::new(12, 0, arc.to);
                let clock = Clock {
                    half,
                    cost,
                    ..clock
                };
                found.push(later(text, ctx, clock));
            }
            Sense::Before(minutes) => found.extend(past(text, ctx, arc.to, minutes, arc.langs)),
            Sense::Cardinal(hour @ 1..=12) => {
                let clock = Clock {
                    strong: false,
                    cost,
                    ..Clock::new(hour.into(), 0, arc.to)
                };
                let clock = later(text, ctx, minutes(text, clock));
                found.extend(finished(text, ctx, at, clock));
            }
            _ => {}
        }
    }
    found
}

/// The minutes in words behind an hour in words: `five-thirty`, `three forty-five`.
fn minutes(text: &Text<'_>, clock: Clock) -> Clock {
    let at = clock.to + usize::from(text.is(clock.to, '-'));
    let quarters = text.arcs(at).iter().filter_map(|arc| match arc.sense {
        Sense::Cardinal(minute @ (10 | 15 | 20 | 30)) => Some((minute, arc.to)),
        Sense::Minutes(minute) => Some((minute, arc.to)),
        _ => None,
    });
    match quarters.max_by_key(|q| q.1) {
        Some((minute, to)) => Clock {
            minute,
            to,
            strong: matches!(minute, 15 | 30 | 45),
            ..clock
        },
        None => clock,
    }
}

/// The hour after `half past`, `halb`, `quarter to`.
fn past(text: &Text<'_>, ctx: &Context, at: usize, minutes: i8, langs: u8) -> Vec<Clock> {
    if ctx.langs & langs == 0 && ctx.langs & (EN | DE | NL) == 0 {
        return Vec::new();
    }
    // "half seven" in English is half past; `half` is listed for Dutch only, where it is before.
    let english = langs & NL > 0 && ctx.langs & NL == 0 && ctx.langs & EN > 0;
    let minutes = if english { minutes.abs() } else { minutes };
    let hours = text
        .number(at)
        .filter(|n| n.0 <= 12 && n.1 <= 2)
        .map(|n| (n.0, at + 1));
    let spelled = || {
        text.arcs(at).iter().find_map(|arc| match arc.sense {
            Sense::Cardinal(hour @ 1..=12) => Some((u32::from(hour), arc.to)),
            _ => None,
        })
    };
    let Some((hour, to)) = hours.or_else(spelled) else {
        return Vec::new();
    };
    let clock = shifted(Clock::new(hour, 0, to), minutes);
    finished(text, ctx, at, clock)
}
