//! Days and times in every style that the flyers of the generator have (`datasets/src/flyer`), and
//! texts that are none.
use foveate_events::{Date, Options, Order, Printed, Reading, Schedule, Several, Time};
use proptest::prelude::*;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

fn days() -> impl Strategy<Value = Date> {
    let parts = (1998i16..2036, 1i8..13, 1i8..32);
    parts.prop_filter_map("a day of the calendar", |(y, m, d)| Date::new(y, m, d))
}

fn ordinal(n: i8) -> &'static str {
    match (n % 10, n / 10) {
        (1, t) if t != 1 => "st",
        (2, t) if t != 1 => "nd",
        (3, t) if t != 1 => "rd",
        _ => "th",
    }
}

/// Weekday and month, long or short, with or without a dot.
fn names(d: Date, style: usize) -> (String, String) {
    let (weekday, month) = (
        WEEKDAYS[d.weekday() as usize],
        MONTHS[d.month() as usize - 1],
    );
    let dot = if style.is_multiple_of(2) { "." } else { "" };
    let short_month = match month {
        "May" => "May".to_owned(),
        "September" => format!("Sept{dot}"),
        _ => format!("{}{dot}", &month[..3]),
    };
    let short_weekday = match weekday {
        "Thursday" if style.is_multiple_of(3) => format!("Thurs{dot}"),
        "Tuesday" if style.is_multiple_of(3) => format!("Tues{dot}"),
        _ => format!("{}{dot}", &weekday[..3]),
    };
    match style % 4 {
        0 => (weekday.into(), month.into()),
        1 => (weekday.into(), short_month),
        2 => (short_weekday, month.into()),
        _ => (short_weekday, short_month),
    }
}

/// A day with its month's name; `year` says whether its year is printed.
fn named(d: Date, style: usize, year: bool) -> String {
    let (weekday, month) = names(d, style / 7);
    let (n, y) = (d.day(), d.year());
    let nth = ordinal(n);
    let heads = [
        format!("{weekday}, "),
        format!("{weekday} "),
        format!("{weekday} | "),
        String::new(),
    ];
    let head = &heads[style % 4];
    let core = match style / 4 % 7 {
        0 => format!("{head}{month} {n}"),
        1 => format!("{head}{month} {n}{nth}"),
        2 => format!("{head}{n} {month}"),
        3 => format!("{head}{n:02} {month}"),
        4 => format!("{head}{n}{nth} {month}"),
        5 => format!("{head}{n}{nth} of {month}"),
        _ => format!("{weekday} the {n}{nth} of {month}"),
    };
    match style / 28 % 4 {
        _ if !year => core,
        0 => format!("{core} {y}"),
        1 => format!("{core}, {y}"),
        2 if y >= 2000 => format!("{core} '{:02}", y % 100),
        _ => format!("{core} | {y}"),
    }
}

/// A day in figures that says itself which is the month, or has dots; with its year.
fn figures(d: Date, style: usize) -> Option<String> {
    let (n, m, y) = (d.day(), d.month(), d.year());
    let short = y % 100;
    let weekday = WEEKDAYS[d.weekday() as usize];
    let core = match style % 9 {
        0 => format!("{n}.{m}.{y}"),
        1 => format!("{n:02}.{m:02}.{y}"),
        2 => format!("{n}. {m}. {y}"),
        3 => format!("{m}/{n}/{y}"),
        4 => format!("{m:02}-{n:02}-{y}"),
        5 if n > 12 => format!("{n}/{m}/{y}"),
        6 => format!("{y}-{m:02}-{n:02}"),
        7 if y >= 2000 => format!("{m}/{n}/{short:02}"),
        8 if y >= 2000 => format!("{n}.{m}.{short:02}"),
        _ => return None,
    };
    Some(match style / 9 % 3 {
        0 => format!("{weekday}, {core}"),
        1 => format!("{} {core}", &weekday[..3]),
        _ => core,
    })
}

fn clock(t: Time, style: usize) -> String {
    let (h, m) = (t.hour, t.minute);
    let twelve = if h.is_multiple_of(12) { 12 } else { h % 12 };
    let half = ["am", "pm"][usize::from(h >= 12)];
    match style % 16 {
        0 => format!("{h:02}:{m:02}"),
        1 => format!("{h:02}.{m:02}"),
        2 if m == 0 => format!("{h}h"),
        2 | 3 => format!("{h}h{m:02}"),
        4 => format!("{h:02}:{m:02} h"),
        5 if h > 12 => format!("{h}:{m:02}"),
        6 => format!("{h:02}:{m:02} hrs"),
        7 if m == 0 => format!("{twelve}{half}"),
        8 => format!("{twelve}:{m:02}{half}"),
        9 => format!("{twelve}:{m:02} {}", half.to_uppercase()),
        10 => format!("{twelve}:{m:02} {}.m.", &half[..1]),
        11 => format!("{twelve}.{m:02}{half}"),
        12 => format!("{twelve}.{m:02} {}.m.", &half[..1]),
        13 => format!("{twelve}:{m:02} {}.M.", half[..1].to_uppercase()),
        14 if m == 0 => format!("{twelve} {}", half.to_uppercase()),
        15 if h == 12 && m == 0 => "12 noon".into(),
        _ => format!("{twelve}:{m:02}{half}"),
    }
}

/// An amount of money.
fn priced(n: u8, style: usize) -> String {
    let before = [
        "Rs. ", "Rs.", "INR ", "USD ", "EUR ", "CHF ", "$", "€", "£", "₹", "₹ ",
    ];
    let after = [
        " €", " Euro", " euros", " EUR", " dollars", "$", " kr", " Rs.",
    ];
    match style % 2 {
        0 => format!("{}{n}", before[style / 2 % before.len()]),
        _ => format!("{n}{}", after[style / 2 % after.len()]),
    }
}

/// Two figures that something beside them makes an amount, a telephone number, an address or a
/// number of something.
fn other(a: u8, b: u8, style: usize) -> String {
    let sign = ["/", "-", "."][style % 3];
    let pair = format!("{a}{sign}{b}");
    let labels = [
        "Fee: ",
        "APPLICATION FEES: ",
        "price ",
        "Tickets: ",
        "Eintritt ",
        "Tarif ",
        "precio ",
        "ingresso ",
        "Rs. ",
        "EUR ",
        "$",
        "₹",
        "£",
        "Flat ",
        "Suite ",
        "Page ",
        "Vol. ",
        "No. ",
    ];
    let units = [" Euro", " EUR", " USD", " dollars", "€", " ₹", " Rs."];
    match style / 3 % 5 {
        0 | 1 => format!("{}{pair}", labels[style / 15 % labels.len()]),
        2 => format!("{pair}{}", units[style / 15 % units.len()]),
        3 => {
            let call = ["Tel. ", "Phone: ", "Call ", "Mob ", "WhatsApp "][style / 15 % 5];
            format!("{call}{pair}{sign}{:02}", (a + b) % 100)
        }
        _ => {
            let street = ["High Street", "Mill Lane", "Station Road"][style / 15 % 3];
            format!("{a}/{b} {street}")
        }
    }
}

fn read(date: &str, start: Option<&str>, today: Date) -> Option<Schedule> {
    let printed = Printed {
        date: Some(date),
        start,
        end: None,
    };
    Schedule::read(printed, today, Order::default())
}

fn times() -> impl Strategy<Value = Time> {
    (0u8..24, 0u8..12).prop_map(|(hour, fives)| Time {
        hour,
        minute: fives * 5,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_day_with_its_year_comes_back(d in days(), today in days(), style in 0usize..2000) {
        let text = named(d, style, true);
        let found = read(&text, None, today).map(|s| (s.date, s.last));
        prop_assert_eq!(found, Some((d, None)), "{}", text);
    }

    #[test]
    fn a_day_without_its_year_is_the_next(d in days(), style in 0usize..2000, ago in 0i32..300) {
        let text = named(d, style, false);
        let read = read(&text, None, d.plus_days(-ago));
        prop_assert_eq!(read.map(|s| (s.date, s.last)), Some((d, None)), "{}", text);
    }

    #[test]
    fn figures_come_back(d in days(), today in days(), style in 0usize..27) {
        if let Some(text) = figures(d, style) {
            let got = read(&text, None, today).map(|s| s.date);
            // With dots the day is first, else the month, but where the weekday says otherwise.
            let turned = Date::new(d.year(), d.day(), d.month());
            let both = turned.is_some_and(|t| t.weekday() == d.weekday());
            prop_assert!(got == Some(d) || (both && got == turned), "{} {:?}", text, got);
        }
    }

    #[test]
    fn a_range_of_days_comes_back(d in days(), more in 1i8..4, style in 0usize..12) {
        if let Some(last) = Date::new(d.year(), d.month(), d.day() + more) {
            let dash = ["-", "–", " - ", " – ", " & ", " to "][style % 6];
            let month = MONTHS[d.month() as usize - 1];
            let (a, b, y) = (d.day(), last.day(), d.year());
            let text = match style / 6 {
                0 => format!("{month} {a}{dash}{b}, {y}"),
                _ => format!("{a}{dash}{b} {month} {y}"),
            };
            let list = dash == " & " && more > 1;
            let expected = if list { None } else { Some(last) };
            let got = read(&text, None, d).map(|s| (s.date, s.last));
            prop_assert_eq!(got, Some((d, expected)), "{}", text);
        }
    }

    #[test]
    fn a_time_comes_back(t in times(), style in 0usize..16, beside in any::<bool>()) {
        let text = clock(t, style);
        let today = Date::new(2026, 4, 22).unwrap();
        // Beside the day a point may belong to it.
        let got = match beside && style != 1 {
            true => read(&format!("Saturday 6 June, {text}"), None, today),
            false => read("6 June", Some(&text), today),
        };
        prop_assert_eq!(got.and_then(|s| s.start), Some(t), "{}", text);
    }

    #[test]
    fn a_day_and_its_time_come_back_whatever_parts_them(
        d in days(), t in times(), style in 0usize..2000, clocked in 0usize..16, sign in 0usize..10,
    ) {
        // A point may belong to a day, and so may a short year.
        let clocked = if clocked == 1 { 0 } else { clocked };
        let style = if style / 28 % 4 == 2 { style % 28 } else { style };
        let day = named(d, style, true);
        let sign = [" - ", " – ", " — ", "- ", ", ", " @ ", " / ", " | ", " at ", " · "][sign];
        let text = format!("{day}{sign}{}", clock(t, clocked));
        let got = read(&text, None, d).map(|s| (s.date, s.start, s.end));
        prop_assert_eq!(got, Some((d, Some(t), None)), "{}", text);
    }

    #[test]
    fn two_times_come_back(a in times(), b in times(), style in 0usize..16, joint in 0usize..5) {
        // Without am and pm an earlier end may be in the evening.
        prop_assume!(a < b || (style >= 7 && a != b));
        let joint = ["-", " - ", " – ", " to ", " until "][joint];
        let text = format!("{}{joint}{}", clock(a, style), clock(b, style));
        let got = read("6 June", Some(&text), Date::new(2026, 4, 22).unwrap());
        prop_assert_eq!(got.map(|s| (s.start, s.end)), Some((Some(a), Some(b))), "{}", text);
    }

    #[test]
    fn amounts_numbers_and_addresses_are_no_days(a in 1u8..32, b in 1u8..32, style in 0usize..840) {
        let text = other(a, b, style);
        prop_assert_eq!(read(&text, None, Date::new(2026, 4, 22).unwrap()), None, "{}", text);
    }

    #[test]
    fn a_day_beside_an_amount_comes_back(
        d in days(), style in 0usize..2000, amount in 0usize..400,
    ) {
        let price = priced(1 + amount as u8 % 30, amount);
        let day = named(d, style, true);
        for text in [format!("{day}, {price}"), format!("{price}, {day}")] {
            let got = read(&text, None, d).map(|s| (s.date, s.last));
            prop_assert_eq!(got, Some((d, None)), "{}", text);
        }
    }

    #[test]
    fn a_day_beside_other_figures_comes_back(
        d in days(), style in 0usize..2000, n in 2u8..20, what in 0usize..9,
    ) {
        let day = named(d, style, true);
        let text = match what {
            0 => format!("RSVP by May {n}. {day}"),
            1 => format!("Please reply by {n} March; {day}"),
            2 => format!("Week {n} - {day}"),
            3 => format!("Session {n}: {day}"),
            4 => format!("Ages {n}-{}, {day}", n + 5),
            5 => format!("{day}, ages {n} to {}", n + 5),
            6 => format!("Season 2026-27 · {day}"),
            7 => format!("Early bird until May {n}! {day}"),
            _ => format!("{day}, {n} rue Pasteur"),
        };
        let got = read(&text, None, d).map(|s| (s.date, s.last, s.start));
        prop_assert_eq!(got, Some((d, None, None)), "{}", text);
    }

    #[test]
    fn letters_that_look_like_figures_count_as_figures(d in days(), style in 0usize..2000) {
        if d.day() > 9 && d.year() >= 2000 && style / 28 % 4 != 2 {
            let text = named(d, style, true).replacen('0', "O", 1).replacen('1', "l", 1);
            let got = read(&text, None, d).map(|s| (s.date, s.last));
            prop_assert_eq!(got, Some((d, None)), "{}", text);
        }
    }

    #[test]
    fn any_text_is_read_or_not(text in ".{0,80}", start in ".{0,20}", end in ".{0,20}") {
        let today = Date::new(2026, 4, 22).unwrap();
        let printed = Printed { date: Some(&text), start: Some(&start), end: Some(&end) };
        let each = Options { several: Several::Each, ..Options::new(today) };
        let reading = Reading::of(printed, each);
        for s in reading.schedules {
            prop_assert!(s.last.is_none_or(|last| last > s.date));
        }
    }
}

/// The most readings that one token may have; measured: 66 for the dearest of these.
const READINGS: usize = 400;

#[test]
fn the_readings_grow_with_the_length_only() {
    let today = Date::new(2026, 4, 22).unwrap();
    let pieces = [
        "May 3, ",
        "3 ",
        "3. ",
        "3 & ",
        "3/4/",
        "12-",
        "Sat ",
        "7pm - ",
        "1st & ",
        "mar 12 ",
        "a ",
        "12.",
        "2026 ",
        "every Tuesday, ",
        "3 May - ",
        "7:30/",
        "May, ",
        "x3 ",
    ];
    for piece in pieces {
        let effort = |times: usize| {
            let text = piece.repeat(times);
            let printed = Printed {
                date: Some(&text),
                ..Printed::default()
            };
            Reading::of(printed, Options::new(today)).effort()
        };
        let (short, long) = (effort(50), effort(400));
        assert!(
            long <= 10 * short + 1000,
            "{piece:?}: {short} readings, then {long}"
        );
        assert!(long <= 400 * READINGS * 4, "{piece:?}: {long} readings");
    }
}
