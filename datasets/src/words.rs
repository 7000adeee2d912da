//! Words, names and short pieces of text that occur in notices.

use crate::dice::Dice;
use std::sync::OnceLock;

macro_rules! list {
    ($name:ident, $file:literal, $what:literal) => {
        #[doc = $what]
        pub fn $name() -> &'static [&'static str] {
            static LIST: OnceLock<Vec<&'static str>> = OnceLock::new();
            LIST.get_or_init(|| {
                include_str!(concat!("lists/", $file))
                    .lines()
                    .filter(|l| !l.is_empty())
                    .collect()
            })
        }
    };
}

list!(common, "words.txt", "English words in lower case.");
list!(
    everyday,
    "everyday.txt",
    "Words of daily life, in lower case."
);
list!(first_names, "first_names.txt", "Given names.");
list!(last_names, "last_names.txt", "Family names.");
list!(streets, "streets.txt", "First words of street names.");
list!(cities, "cities.txt", "Towns.");

/// Months in full.
pub const MONTHS: [&str; 12] = [
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
/// Weekdays in full, Monday first.
pub const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

const ONSETS: &[&str] = &[
    "b", "br", "c", "ch", "cl", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "l", "m", "n", "p",
    "pl", "qu", "r", "s", "sh", "st", "t", "th", "tr", "v", "w", "z", "",
];
const NUCLEI: &[&str] = &[
    "a", "e", "i", "o", "u", "ai", "ea", "ou", "oo", "y", "é", "ü", "ö", "å", "ie",
];
const CODAS: &[&str] = &[
    "", "", "n", "r", "l", "s", "t", "m", "ck", "nd", "rt", "x", "ll", "ng", "st", "p", "d",
];

/// A word that no list holds.
pub fn invented(dice: &mut Dice) -> String {
    let mut word = String::new();
    for _ in 0..dice.int(1, 3) {
        let nucleus = if dice.chance(0.9) {
            NUCLEI[dice.below(10)]
        } else {
            dice.pick(NUCLEI)
        };
        word += dice.pick(ONSETS);
        word += nucleus;
        word += dice.pick(CODAS);
    }
    word
}

/// Any printable characters in a row.
pub fn jumble(dice: &mut Dice, letters: &str) -> String {
    let set: Vec<char> = letters.chars().collect();
    (0..dice.int(1, 9)).map(|_| dice.pick(&set)).collect()
}

/// A first and a last name.
pub fn person(dice: &mut Dice) -> String {
    let first = dice.pick(first_names());
    let last = dice.pick(last_names());
    match dice.below(12) {
        0 => format!("{}. {last}", &first.chars().next().unwrap_or('A')),
        1 => format!("{first} {}. {last}", (b'A' + dice.below(26) as u8) as char),
        2 => format!("Dr. {first} {last}"),
        _ => format!("{first} {last}"),
    }
}

/// A telephone number.
pub fn phone(dice: &mut Dice) -> String {
    let mut digits = |n: usize| {
        (0..n)
            .map(|_| (b'0' + dice.below(10) as u8) as char)
            .collect::<String>()
    };
    let (a, b, c) = (digits(3), digits(3), digits(4));
    match dice.below(9) {
        0 => format!("({a}) {b}-{c}"),
        1 => format!("{a}-{b}-{c}"),
        2 => format!("{a}.{b}.{c}"),
        3 => format!("+44 20 {c} {b}{}", &a[..1]),
        4 => format!("0{a} {b}{c}"),
        5 => format!("+1 {a} {b} {c}"),
        6 => format!("+49 {a} {b}{c}"),
        7 => format!("{b}-{c}"),
        _ => format!("0{} {} {} {}", &a[..1], &a[1..], &b[..2], &c[..2]),
    }
}

const ENDINGS: &[&str] = &[
    "com", "org", "net", "co.uk", "info", "de", "fr", "eu", "io", "ca", "edu", "events", "club",
    "gov", "at", "ch", "nl",
];

/// A domain name.
pub fn domain(dice: &mut Dice) -> String {
    let mut name = dice.pick(common()).to_string();
    if dice.chance(0.7) {
        name += if dice.chance(0.25) { "-" } else { "" };
        name += dice.pick(common());
    }
    format!("{name}.{}", dice.pick(ENDINGS))
}

/// A web address.
pub fn url(dice: &mut Dice) -> String {
    let head = dice.pick(&["www.", "", "", "https://", "http://www."]);
    let tail = if dice.chance(0.3) {
        format!("/{}", dice.pick(common()))
    } else {
        String::new()
    };
    format!("{head}{}{tail}", domain(dice))
}

/// An e-mail address.
pub fn email(dice: &mut Dice) -> String {
    let user = match dice.below(4) {
        0 => dice
            .pick(&[
                "info", "contact", "tickets", "hello", "events", "office", "rsvp",
            ])
            .to_string(),
        1 => format!("{}.{}", dice.pick(first_names()), dice.pick(last_names())).to_lowercase(),
        2 => format!("{}{}", dice.pick(common()), dice.int(1, 99)),
        _ => dice.pick(common()).to_string(),
    };
    let user: String = user
        .chars()
        .filter(|c| c.is_ascii() && *c != '\'')
        .collect();
    format!("{user}@{}", domain(dice))
}

/// An amount of money.
pub fn price(dice: &mut Dice) -> String {
    let n = dice.pick(&[
        2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 18, 20, 25, 30, 35, 40, 45, 50, 60, 75, 100, 120, 250,
    ]);
    let cents = dice.pick(&["00", "50", "99", "95", "25"]);
    let sign = dice.pick(&["$", "$", "$", "£", "€"]);
    match dice.below(8) {
        0..=2 => format!("{sign}{n}"),
        3 | 4 => format!("{sign}{n}.{cents}"),
        5 => format!("{n} €"),
        6 => format!("{n},{cents} €"),
        _ => format!("{n} EUR"),
    }
}

/// A whole or decimal number.
pub fn number(dice: &mut Dice) -> String {
    match dice.below(7) {
        0 => dice.int(0, 99).to_string(),
        1 => dice.int(100, 9999).to_string(),
        2 => format!("{},{:03}", dice.int(1, 999), dice.int(0, 999)),
        3 => format!("{}.{}", dice.int(0, 999), dice.int(0, 99)),
        4 => format!("{}%", dice.int(1, 100)),
        5 => format!("#{}", dice.int(1, 999)),
        _ => format!("{:05}", dice.int(0, 99999)),
    }
}

/// A clock time, or two.
pub fn time(dice: &mut Dice) -> String {
    let (h, m) = (dice.int(1, 12), dice.pick(&[0, 0, 15, 30, 45]));
    let half = dice.pick(&["am", "pm", " AM", " PM", " a.m.", " p.m.", "PM", "AM"]);
    match dice.below(8) {
        0 => format!("{h}{half}"),
        1 | 2 => format!("{h}:{m:02}{half}"),
        3 => format!("{:02}:{m:02}", dice.int(0, 23)),
        4 => format!("{h}.{m:02}{half}"),
        5 => format!("{}h{m:02}", dice.int(0, 23)),
        6 => format!("{h}–{}{half}", dice.int(1, 12)),
        _ => format!("{h}:{m:02} - {}:{m:02}{half}", dice.int(1, 12)),
    }
}

/// A date in one of many styles.
pub fn date(dice: &mut Dice) -> String {
    let (d, m, y) = (dice.int(1, 31), dice.int(1, 12), dice.int(1995, 2035));
    let (month, weekday) = (MONTHS[m as usize - 1], dice.pick(&WEEKDAYS));
    match dice.below(9) {
        0 => format!("{weekday}, {month} {d}, {y}"),
        1 => format!("{d} {month} {y}"),
        2 => format!("{:02}/{:02}/{y}", m, d),
        3 => format!("{d}.{m}.{:02}", y % 100),
        4 => format!("{y}-{m:02}-{d:02}"),
        5 => format!("{} {} {d}", &weekday[..3], &month[..3]),
        6 => format!("{month} {d}{}", ordinal(d)),
        7 => format!("{}. {d}. {month}", &weekday[..2]),
        _ => format!("{d}{} of {month}", ordinal(d)),
    }
}

/// The English ending of an ordinal.
pub fn ordinal(n: i32) -> &'static str {
    match (n % 100, n % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    }
}

/// House number and street.
pub fn street(dice: &mut Dice) -> String {
    let kind = dice.pick(&[
        "Street", "St.", "Road", "Rd", "Avenue", "Ave", "Lane", "Drive", "Square", "Way", "Place",
        "Blvd", "Court", "Terrace",
    ]);
    match dice.below(10) {
        0 => format!("{}-Straße {}", dice.pick(last_names()), dice.int(1, 99)),
        1 => format!("{}, rue {}", dice.int(1, 99), dice.pick(last_names())),
        _ => format!("{} {} {kind}", dice.int(1, 999), dice.pick(streets())),
    }
}

/// First letter a capital.
pub fn title_case(word: &str) -> String {
    let mut chars = word.chars();
    chars
        .next()
        .map_or(String::new(), |c| c.to_uppercase().chain(chars).collect())
}
