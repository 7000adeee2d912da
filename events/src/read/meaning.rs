//! From the pieces of a text to its events.
use super::clock::{Clock, Half};
use super::cover::{Piece, Placed};
use super::days::{Days, deadline};
use super::spans::{Said, Span};
use super::text::Text;
use super::words::{Part, Sense};
use crate::date::Time;
use crate::repeat::{Every, Repeat};

/// What a time is the time of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    None,
    Doors,
    Show,
    End,
}

/// Dates with the times beside them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    pub(crate) days: Option<Days>,
    /// A second date, after a dash or `to`, and the times beside it.
    pub(crate) until: Option<Days>,
    pub(crate) times: Vec<(Label, Span)>,
    pub(crate) end_times: Vec<(Label, Span)>,
    /// Whether it is the day of something else: a deadline.
    pub(crate) aside: bool,
    /// Whether `to` stands before it.
    pub(crate) ends: bool,
    /// Every week, or every other.
    pub(crate) every: Option<u8>,
}

/// What a text says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meaning {
    pub(crate) groups: Vec<Group>,
    pub(crate) part: Option<Part>,
    pub(crate) daily: bool,
    pub(crate) monthly: bool,
    pub(crate) unexplained: Vec<(usize, usize)>,
}

/// What stands before the next piece.
#[derive(Default)]
struct Before {
    label: Option<Label>,
    dash: bool,
    to: bool,
    aside: bool,
    every: Option<u8>,
}

/// Puts the pieces of a text together.
pub(crate) fn meaning(text: &Text<'_>, pieces: &[Placed]) -> Meaning {
    let mut meaning = Meaning::default();
    let mut before = Before::default();
    let behind = behind(text, pieces);
    for (at, placed) in pieces.iter().enumerate() {
        match &placed.piece {
            Piece::Days(days) => {
                before.aside |= deadline(text, days.from);
                meaning.add_days(days, &mut before);
            }
            Piece::Times(span) => meaning.add_times(span, &mut before),
            Piece::Word if behind.contains(&at) => meaning.name_last(label(text, placed)),
            Piece::Word if aside_behind(text, &pieces[..=at]) => meaning.put_aside(),
            Piece::Word => meaning.word(text, placed, &mut before),
            Piece::Sign => before.dash = text.is(placed.from, '-'),
            Piece::Other => before.dash = false,
            Piece::Unknown => {
                (before.dash, before.to) = (false, false);
                meaning.unexplained.push((placed.from, placed.to));
            }
        }
    }
    meaning
}

/// What a word says that a time is the time of.
fn label(text: &Text<'_>, placed: &Placed) -> Option<Label> {
    let mine = text.arcs(placed.from).iter().filter(|a| a.to == placed.to);
    let said_before = |sense| (0..placed.from).any(|at| text.has(at, sense));
    let mut labels = mine.filter_map(|arc| match arc.sense {
        Sense::Doors => Some(Label::Doors),
        Sense::Show => Some(Label::Show),
        Sense::End => Some(Label::End),
        Sense::Arrival if said_before(Sense::Departure) => Some(Label::End),
        Sense::Departure if said_before(Sense::Arrival) => Some(Label::End),
        _ => None,
    });
    labels.next_back()
}

/// Whether the last of these pieces says that the day before it, with a colon between, is that of
/// something else: `May 30: registration closes.`
fn aside_behind(text: &Text<'_>, pieces: &[Placed]) -> bool {
    let [.., day, sign, word] = pieces else {
        return false;
    };
    let aside = text.sense(word.from, |s| s == Sense::Aside) == Some(word.to);
    let ends = word.to == text.len() || text.is_any(word.to, ".;|·");
    matches!(day.piece, Piece::Days(_)) && text.is(sign.from, ':') && aside && ends
}

/// The words for doors and show that stand behind their times (`7pm doors, 8pm show`): a time comes
/// first, and either none follows the last word or none follows this one.
fn behind(text: &Text<'_>, pieces: &[Placed]) -> Vec<usize> {
    let named = |p: &Placed| p.piece == Piece::Word && label(text, p).is_some();
    let is_time = |at: usize| matches!(pieces[at].piece, Piece::Times(_));
    let items: Vec<usize> = (0..pieces.len())
        .filter(|at| is_time(*at) || named(&pieces[*at]))
        .collect();
    if items.first().is_none_or(|at| !is_time(*at)) {
        return Vec::new();
    }
    let all = items.last().is_some_and(|at| !is_time(*at));
    let mut found = Vec::new();
    for (n, at) in items.iter().enumerate().skip(1) {
        let open = is_time(items[n - 1]) && !is_time(*at);
        let free = items.get(n + 1).is_none_or(|next| !is_time(*next));
        // "7pm, ends late" names no end; "7pm start, 10pm finish" does.
        let later = n > 1 && items[..n - 1].iter().any(|at| is_time(*at));
        let door = later || label(text, &pieces[*at]) != Some(Label::End);
        if open && door && (all || free) {
            found.push(*at);
        }
    }
    found
}

impl Meaning {
    /// Gives the last time its label.
    fn name_last(&mut self, label: Option<Label>) {
        let last = self.groups.last_mut().and_then(|g| g.times.last_mut());
        if let (Some(time), Some(label)) = (last, label) {
            time.0 = label;
        }
    }

    /// Makes the last day that of something else.
    fn put_aside(&mut self) {
        if let Some(group) = self.groups.last_mut() {
            group.aside = true;
        }
    }

    fn add_days(&mut self, days: &Days, before: &mut Before) {
        self.daily |= days.first.daily;
        let closes = before.label == Some(Label::End);
        before.to |= closes;
        let (to, joined) = (before.to, before.dash || before.to);
        let dated = |d: &Days| d.first.has_date();
        let open = |g: &Group| {
            let whole = to && dated(days) && g.days.as_ref().is_some_and(dated);
            g.days.is_some() && g.until.is_none() && (!g.times.is_empty() || whole)
        };
        match self.groups.last_mut() {
            Some(group) if joined && open(group) => group.until = Some(days.clone()),
            Some(group) if group.days.is_none() => {
                group.days = Some(days.clone());
                group.aside = before.aside;
                group.ends = before.to;
                group.every = before.every;
            }
            _ => self.groups.push(Group {
                days: Some(days.clone()),
                aside: before.aside,
                ends: before.to,
                every: before.every,
                ..Group::default()
            }),
        }
        *before = Before::default();
    }

    fn add_times(&mut self, span: &Span, before: &mut Before) {
        if self.groups.is_empty() {
            self.groups.push(Group::default());
        }
        let Some(group) = self.groups.last_mut() else {
            return;
        };
        let later = before.to || (before.dash && !group.times.is_empty());
        let label = before
            .label
            .unwrap_or(if later { Label::End } else { Label::None });
        let times = match group.until {
            Some(_) => &mut group.end_times,
            None => &mut group.times,
        };
        times.push((label, *span));
        (before.label, before.dash, before.to) = (None, false, false);
    }

    fn word(&mut self, text: &Text<'_>, placed: &Placed, before: &mut Before) {
        let mine = text.arcs(placed.from).iter().filter(|a| a.to == placed.to);
        before.dash = false;
        before.to = false;
        before.label = label(text, placed).or(before.label);
        for arc in mine {
            match arc.sense {
                Sense::To | Sense::ToTime => before.to = true,
                Sense::Aside => before.aside = true,
                Sense::Every => before.every = before.every.or(Some(1)),
                Sense::EveryOther => before.every = Some(2),
                Sense::Daily => self.daily = true,
                Sense::Monthly => self.monthly = true,
                Sense::Part(part) => self.part = self.part.or(Some(part)),
                _ => {}
            }
        }
    }
}

impl Group {
    /// How much of a day it names: the more, the rather it is the event's.
    pub(crate) fn rank(&self) -> u8 {
        let Some(days) = &self.days else {
            return 0;
        };
        let first = &days.first;
        let date = first.has_date() || (first.nth > 0 && first.month.is_some());
        match () {
            () if date => 5,
            () if first.relative.is_some() || first.weekend => 4,
            () if first.day.is_some() => 4,
            () if first.nth > 0 => 3,
            () => 2,
        }
    }

    /// The weekdays that come again, if it says so.
    pub(crate) fn repeat(&self, meaning: &Meaning) -> Option<Repeat> {
        let days = self.days.as_ref()?;
        let again = days.again?;
        let monthly = meaning.monthly && again.nth > 0;
        let said = self.every.is_some() || days.plural || monthly;
        (said && (again.every != Every::Month || days.first.month.is_none())).then_some(Repeat {
            interval: self.every.unwrap_or(1).max(1),
            ..again
        })
    }
}

/// A beginning and an end, with their zone.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Hours {
    pub(crate) start: Option<Clock>,
    pub(crate) end: Option<Clock>,
    pub(crate) zone: Option<Said>,
}

/// The hours of the event among the times of a group: the show's and not the doors'.
pub(crate) fn hours(times: &[(Label, Span)]) -> Hours {
    let labelled = |wanted: Label| times.iter().find(|t| t.0 == wanted).map(|t| t.1);
    let start = labelled(Label::Show)
        .or_else(|| labelled(Label::None))
        .or_else(|| labelled(Label::Doors));
    let ends = labelled(Label::End).map(|s| s.end.unwrap_or(s.start));
    Hours {
        start: start.map(|s| s.start),
        end: start.and_then(|s| s.end).or(ends),
        zone: times.iter().find_map(|t| t.1.zone),
    }
}

impl Hours {
    /// The same in a part of the day, where they say none themselves.
    pub(crate) fn within(self, part: Option<Part>) -> Self {
        let start = match (self.start, part) {
            (Some(start), Some(part)) if start.half == Half::Open => Some(start.within(part)),
            (start, _) => start,
        };
        Self { start, ..self }
    }

    /// Whether they count to 24.
    pub(crate) fn around_the_clock(&self) -> bool {
        let whole = |c: Clock| c.half == Half::Whole;
        self.start
            .map_or_else(|| self.end.is_some_and(whole), whole)
    }

    /// The times of day that they mean.
    pub(crate) fn resolve(&self, same_day: bool) -> (Option<Time>, Option<Time>) {
        match (self.start, self.end) {
            (Some(start), Some(end)) if start.half == Half::Whole && !same_day => {
                let end = if end.half == Half::Open {
                    printed(end)
                } else {
                    alone(end)
                };
                (Some(alone(start)), Some(end))
            }
            (Some(start), Some(end)) => pair(start, end),
            (start, end) => (start.map(alone), end.map(alone)),
        }
    }
}

fn pair(start: Clock, end: Clock) -> (Option<Time>, Option<Time>) {
    let first = match (start.half, end.half) {
        (Half::Open, Half::Am | Half::Pm) => {
            let half = |half| Clock { half, ..start };
            let other = if end.half == Half::Am {
                Half::Pm
            } else {
                Half::Am
            };
            let (same, other) = (alone(half(end.half)), alone(half(other)));
            if same < alone(end) { same } else { other }
        }
        (Half::Open, Half::Whole) if end.hour > 12 || end.hour == 0 => printed(start),
        // "8-2" is by day.
        (Half::Open, Half::Open) if start.hour >= 6 && end.hour < start.hour => printed(start),
        _ => alone(start),
    };
    let last = match end.half {
        // The first time after the start that its figures can mean.
        Half::Open if start.half == Half::Whole && printed(end) > first => printed(end),
        Half::Open => {
            let after = |t: Time| match (t.minutes() - first.minutes()).rem_euclid(24 * 60) {
                0 => 24 * 60,
                minutes => minutes,
            };
            let later = Clock {
                hour: (end.hour + 12) % 24,
                ..end
            };
            let times = [printed(end), printed(later)];
            times
                .into_iter()
                .min_by_key(|t| after(*t))
                .unwrap_or(times[0])
        }
        _ => alone(end),
    };
    (Some(first), Some(last))
}

fn printed(clock: Clock) -> Time {
    Time {
        hour: clock.hour % 24,
        minute: clock.minute,
    }
}

/// A time by itself: 1 to 8 are after noon where nothing says otherwise.
fn alone(clock: Clock) -> Time {
    let hour = match clock.half {
        Half::Am => clock.hour % 12,
        Half::Pm => clock.hour % 12 + 12,
        Half::Whole => clock.hour % 24,
        Half::Open if (1..=8).contains(&clock.hour) => clock.hour + 12,
        Half::Open => clock.hour % 24,
    };
    Time {
        hour,
        minute: clock.minute,
    }
}
