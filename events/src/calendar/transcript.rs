//! Days and hours in all that stands on a picture, where a field does not say them.
use crate::date::Date;
use crate::read;
use crate::read::place::is_street;
use crate::read::tokens::folded;
use crate::read::words::{MONTHS, names_of};
use crate::schedule::Options;
use crate::stated::Stated;

/// The date with each year that stands by itself on the line above or below it.
pub(super) fn beside_years(transcript: &str, date: &str) -> Vec<String> {
    let lines: Vec<&str> = transcript.lines().map(str::trim).collect();
    let is_year = |line: &str| line.len() == 4 && line.bytes().all(|b| b.is_ascii_digit());
    let pairs = lines.windows(2).flat_map(|p| [(p[0], p[1]), (p[1], p[0])]);
    pairs
        .filter(|(year, line)| is_year(year) && line.contains(date))
        .map(|(year, _)| format!("{date} {year}"))
        .collect()
}

/// The lines that tell an hour, one from which the next but one goes on ("10 am", "to", "4 pm")
/// with it.
pub(super) fn hours(transcript: &str, options: Options) -> impl Iterator<Item = String> {
    let lines: Vec<&str> = transcript.lines().collect();
    let tells = move |line: &str| read::tells_an_hour(line, options) && !is_about_another(line);
    let mut used = 0;
    (0..lines.len()).filter_map(move |i| {
        if i < used || !tells(lines[i]) {
            return None;
        }
        let joined = lines.get(i..i + 3).filter(|three| {
            let [_, middle, last] = three else {
                return false;
            };
            middle.split_whitespace().count() == 1 && !tells(middle) && tells(last)
        });
        let all = joined.map(|three| three.join(" "));
        used = i + all.as_ref().map_or(1, |_| 3);
        Some(all.unwrap_or_else(|| lines[i].to_owned()))
    })
}

/// The lines of a transcript in which `part` stands beside something else.
pub(super) fn around<'t>(transcript: &'t str, part: &str) -> impl Iterator<Item = &'t str> {
    let lines = transcript.lines();
    lines.filter(move |line| {
        let more = line.split_whitespace().count() > part.split_whitespace().count();
        more && holds(line, part) && !is_about_another(line)
    })
}

/// The words of a text.
pub(super) fn words_of(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// Whether the words of `part` stand in `line` in a row.
pub(super) fn holds(line: &str, part: &str) -> bool {
    let [line, part] = [line, part].map(words_of);
    !part.is_empty() && line.windows(part.len()).any(|words| words == part)
}

/// How many words at the end of `words` are those with which the line `below` begins, the others
/// being the end of the line above it.
pub(super) fn common(words: &[&str], above: &[&str], below: &[&str]) -> Option<usize> {
    let bare = |word: &&str| word.trim_end_matches([',', ';', ':', '.']).to_owned();
    let same = |n: &usize| {
        let (title, end) = words.split_at(words.len() - n);
        let alike = end.iter().map(bare).eq(below.iter().take(*n).map(bare));
        alike && (title.ends_with(above) || above.ends_with(title))
    };
    let most = words.len().min(below.len() + 1);
    (1..most).find(|n| !above.is_empty() && same(n))
}

/// The lines that may hold the event's date, from the top; before each, it and as many short ones
/// below it as [`PIECES`] lets be: a date may be printed in pieces.
pub(super) fn elsewhere(transcript: &str, today: Date) -> impl Iterator<Item = String> {
    let lines: Vec<&str> = transcript.lines().collect();
    let count = lines.len();
    let short = |l: &&str| l.split_whitespace().count() <= 2;
    let from = move |i: usize| {
        let most = lines[i..].iter().take(PIECES).take_while(|l| short(l));
        let most = most.count().max(1);
        (1..=most)
            .rev()
            .map(|n| lines[i..i + n].join(" "))
            .collect::<Vec<_>>()
    };
    let days = (0..count).flat_map(from);
    days.filter(move |text| names_a_day(text, today))
}

/// Weekday, day, month and year.
const PIECES: usize = 4;

/// Each line that is the day of a month in figures, with each one or two words without figures that
/// are a line near it: month and day may stand in blocks of their own, which other text parts.
pub(super) fn apart(transcript: &str) -> impl Iterator<Item = String> {
    let lines: Vec<&str> = transcript.lines().map(str::trim).collect();
    let names = |line: &str| {
        (1..=2).contains(&line.split_whitespace().count())
            && !line.contains(|c: char| c.is_ascii_digit())
    };
    let near = |at: usize| at.saturating_sub(APART)..lines.len().min(at + APART + 1);
    let with_names = |day: usize| {
        let names = near(day).filter(|&i| names(lines[i]));
        names
            .map(|i| format!("{} {}", lines[day], lines[i]))
            .collect::<Vec<_>>()
    };
    let days = (0..lines.len()).filter(|&i| is_day_of_month(lines[i]));
    days.flat_map(with_names).collect::<Vec<_>>().into_iter()
}

/// Words before the colon of the event's day.
const DAY_LABELS: [&str; 10] = [
    "date", "when", "datum", "wann", "quand", "fecha", "cuando", "quando", "data", "wanneer",
];

/// What stands behind the page's only label of a day, where it names one that `date` is no part of.
pub(super) fn labelled_day(transcript: &str, date: Option<&str>, today: Date) -> Option<String> {
    let value = |line: &str| {
        let (label, value) = line.split_once(':')?;
        // A bullet may have been read as a letter or a figure.
        let words = words_of(label);
        let bullet = words.len() == 2 && words[0].chars().count() == 1;
        let known = DAY_LABELS.contains(&folded(words.last()?).as_str());
        (known && (words.len() == 1 || bullet)).then(|| value.trim().to_owned())
    };
    let mut values = transcript.lines().filter_map(value);
    let only = values.next().filter(|_| values.next().is_none())?;
    let told = date.is_some_and(|date| holds(&only, date) || holds(date, &only));
    (!told && read::stated(&only, today) == Stated::Day).then_some(only)
}

/// Whether a text is a figure that stands in lines of its own alone.
pub(super) fn is_lone_figure(transcript: &str, text: &str) -> bool {
    let text = text.trim();
    let figure = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let in_line = |line: &&str| line.split(|c: char| !c.is_ascii_digit()).any(|n| n == text);
    let mut lines = transcript.lines().filter(in_line);
    let alone = |line: &str| line.trim() == text;
    figure && lines.next().is_some_and(alone) && lines.all(alone)
}

/// Whether a text is the beginning of a line that is a street: "82 EAST 4th" of "82 EAST 4th
/// STREET (at 2nd Ave.)".
pub(super) fn is_of_street(transcript: &str, text: &str) -> bool {
    let mut lines = transcript.lines().map(str::trim);
    lines.any(|line| {
        let street = line.split(['(', ',']).next().unwrap_or_default().trim();
        street.len() > text.len() && street.starts_with(text) && is_street(street)
    })
}

/// The month that is a line of its own, where no other is.
pub(super) fn lone_month(transcript: &str) -> Option<&str> {
    let is_month = |line: &&str| {
        let name = folded(line);
        names_of(MONTHS).any(|month| month == name)
    };
    let mut months = transcript.lines().map(str::trim).filter(is_month);
    let first = months.next()?;
    months
        .all(|other| folded(other) == folded(first))
        .then_some(first)
}

/// Lines from a month to its day. Set by hand: a poster's columns have up to some five lines beside
/// them.
const APART: usize = 6;

/// Whether a line is a number up to 31, as "6" or "6th".
fn is_day_of_month(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let figures = &line[..line.len() - rest.len()];
    let ending = rest.chars().all(char::is_alphabetic) && rest.len() <= 2;
    ending && figures.len() <= 2 && matches!(figures.parse(), Ok(1..=31))
}

/// Whether a line is likely to hold a date: it has figures or tells a whole day in words, and is
/// not about another day.
fn names_a_day(line: &str, today: Date) -> bool {
    let figures = line.contains(|c: char| c.is_ascii_digit());
    (figures || read::stated(line, today) == Stated::Day) && !is_about_another(line)
}

/// Whether a line is about another day than the event's.
fn is_about_another(line: &str) -> bool {
    const OTHERS: [&str; 11] = [
        "rsvp",
        "until",
        "deadline",
        "on sale",
        "rain date",
        "closes",
        "reply",
        "or before",
        "no later than",
        "last date",
        "last day to",
    ];
    let lower = line.to_lowercase();
    OTHERS.iter().any(|o| lower.contains(o))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{CalendarEvent, Entry};

    /// The day of an event whose date was read as a street.
    fn day(transcript: &str) -> Option<String> {
        let event = CalendarEvent {
            title: Some("Open House".into()),
            date: Some("13 3995 Mill Road".into()),
            ..CalendarEvent::default()
        };
        let flyer = event.as_flyer(Some(transcript));
        let entry = Entry::from_flyer(flyer, "2026-03-10".parse().unwrap());
        entry.ok().map(|entry| entry.starts())
    }

    #[test]
    fn a_month_that_stands_alone_is_that_of_the_days() {
        let day = |transcript: &str, date: &str| {
            let event = CalendarEvent {
                title: Some("The Importance of Being Idle".into()),
                date: Some(date.into()),
                start: Some("7:30pm".into()),
                ..CalendarEvent::default()
            };
            let flyer = event.as_flyer(Some(transcript));
            let entry = Entry::from_flyer(flyer, "2026-03-10".parse().unwrap());
            entry.ok().map(|entry| entry.starts())
        };
        let text = "Date\n26th to 28th\nTime\nat 7:30pm\nFebruary";
        let found = Some("2027-02-26T19:30".to_owned());
        assert_eq!(day(text, "26th to 28th"), found);
        let two = format!("{text}\nMay");
        assert_ne!(day(&two, "26th to 28th"), found, "which of them?");
        // What explains nothing of a date gives way to a day.
        let text = "Sat 4 – Sun 5 July\n7:30pm\nSlipway 3, Falmouth";
        let found = Some("2026-07-04T19:30".to_owned());
        assert_eq!(day(text, "Slipway 3"), found);
        let text = "THU DEC 24\nin the Village\n82 EAST 4th STREET (at 2nd Ave.)";
        let found = Some("2026-12-24T19:30".to_owned());
        assert_eq!(day(text, "82 EAST 4th"), found, "a street");
    }

    #[test]
    fn a_figure_that_stands_alone_is_no_hour() {
        assert!(is_lone_figure("May 18, 2019\n9\nfree", "9"));
        for page in ["May 18\n9 am", "May 9\n9", "9\n9 to 5", "free"] {
            assert!(!is_lone_figure(page, "9"), "{page}");
        }
        assert!(!is_lone_figure("9:00", "9:00"));
    }

    #[test]
    fn the_day_behind_its_label_goes_before_a_deadline() {
        let today = "2026-03-10".parse().unwrap();
        let page = "4 Date: 28th Nov 2026\nRegistration Deadline:\n24th Nov 2026";
        let found = |page, date| labelled_day(page, Some(date), today);
        let wanted = Some("28th Nov 2026".to_owned());
        assert_eq!(found(page, "24th Nov 2026"), wanted);
        assert_eq!(found(page, "28th Nov 2026"), None, "as it was read");
        for page in [
            "Last date: 28th Nov 2026\n24th Nov",
            "Date: 28th Nov\nDate: 29th Nov\n24th Nov",
            "Date: to be announced\n24th Nov",
        ] {
            assert_eq!(found(page, "24th Nov"), None, "{page}");
        }
    }

    #[test]
    fn a_month_and_its_day_may_stand_in_blocks_of_their_own() {
        let july = Some("2026-07-13".to_owned());
        assert_eq!(
            day("JULY\nFree and open\nThe Old Mill\n13\n3995 Mill Road"),
            july
        );
        assert_eq!(day("13th\nThe Old Mill\nJuly\nEntry Rs. 100"), july);
        assert_eq!(day("13\nau moulin\njuillet"), july, "in any language");
        assert_eq!(
            day("JULY\nFree and open\n13\n14\n3995 Mill Road"),
            None,
            "two days"
        );
        let poster = "WILLOW\nCREEK\nRATROAD\nJULY\nFREE + OPEN\nWillow Creek\n13\n\
            3995 Mill Road\n10:00AM\nTrain Rides\nTO\n4:00PM";
        assert_eq!(day(poster), july);
        assert_eq!(day("Room\n13\nMill Road"), None, "no month");
        let far = format!("JULY\n{}13", "a line of text\n".repeat(APART));
        assert_eq!(day(&far), None);
    }
}
