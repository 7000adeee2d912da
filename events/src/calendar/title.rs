//! Titles that a day was read with, or for.
use super::flyer::is_when;
use super::transcript::{holds, words_of};
use crate::read;
use crate::schedule::Options;
use crate::stated::Stated;

/// Most figures of the day of a month.
const FIGURES: usize = 2;

/// What people are called to, in the words before it.
const CALLS: [&str; 7] = [
    "you are invited to",
    "you're invited to",
    "you are cordially invited to",
    "you're cordially invited to",
    "join us for",
    "please join us for",
    "come and join us for",
];
/// Words behind which a sentence says what its subject is.
const TELLS: [&str; 4] = ["a", "an", "the", "our"];
/// Subjects that are no names.
const NO_NAMES: [&str; 8] = [
    "this", "that", "it", "here", "there", "what", "who", "where",
];
/// Most words of a subject that is a name. Set by hand.
const SUBJECT: usize = 6;

/// The title's words without what was read with them: a day, its number, a call.
pub(super) fn bare<'a, 'w>(
    words: &'a [&'w str],
    lines: &[Vec<&str>],
    is_when: impl Fn(&[&str]) -> bool,
    date: Option<&str>,
) -> &'a [&'w str] {
    let words = without_day(words, lines, is_when);
    without_call(without_number(words, lines, date))
}

/// The title behind "You are invited to". Something must be left.
fn without_call<'a, 'w>(words: &'a [&'w str]) -> &'a [&'w str] {
    let is = |call: &&str| {
        let call = words_of(call);
        let begins = words.iter().zip(&call).filter(|(word, own)| {
            let word = word.to_lowercase().replace('\u{2019}', "'");
            word == **own
        });
        (begins.count() == call.len() && words.len() > call.len()).then_some(call.len())
    };
    CALLS.iter().find_map(is).map_or(words, |n| &words[n..])
}

/// What a sentence is about: "Fern Fair" of "Fern Fair, or FF, is a market for plants". For small
/// print: "Love is a Battlefield" may be a headline.
pub(super) fn subject<'a, 'w>(words: &'a [&'w str]) -> &'a [&'w str] {
    let says = |pair: &[&str]| pair[0] == "is" && TELLS.contains(&pair[1]);
    let Some(is) = words.windows(2).position(says).filter(|&at| at > 0) else {
        return words;
    };
    let comma = words[..is].iter().position(|word| word.ends_with(','));
    let own = &words[..comma.map_or(is, |at| at + 1)];
    let first = own[0].to_lowercase();
    let name = own.len() <= SUBJECT
        && own[0].starts_with(|c: char| c.is_uppercase())
        && !NO_NAMES.contains(&first.trim_end_matches(','));
    if name { own } else { words }
}

/// The title's words without lines before them that are a day or an hour and nothing else.
/// Something must be left.
fn without_day<'a, 'w>(
    mut words: &'a [&'w str],
    lines: &[Vec<&str>],
    is_when: impl Fn(&[&str]) -> bool,
) -> &'a [&'w str] {
    let before = |words: &[&str]| {
        let whole = |l: &&Vec<&str>| !l.is_empty() && l.len() < words.len();
        let mut lines = lines.iter().filter(whole);
        let line = lines.find(|l| words.starts_with(l) && is_when(l))?;
        Some(line.len())
    };
    while let Some(n) = before(words) {
        words = &words[n..];
    }
    words
}

/// The title's words without the day's number before them, where that is a line of its own and a
/// part of the date that was read: "10 Oktoberfest" under "April". Something must be left.
fn without_number<'a, 'w>(
    words: &'a [&'w str],
    lines: &[Vec<&str>],
    date: Option<&str>,
) -> &'a [&'w str] {
    let [first, rest @ ..] = words else {
        return words;
    };
    let number = first.len() <= FIGURES && first.bytes().all(|b| b.is_ascii_digit());
    let stands_alone = || lines.iter().any(|line| line == &[*first]);
    let of_date = || date.is_some_and(|date| holds(date, first));
    // Figures alone would be no name.
    let names = rest.iter().any(|word| word.contains(char::is_alphabetic));
    match number && names && stands_alone() && of_date() {
        true => rest,
        false => words,
    }
}

/// The line of the transcript below a day that was read for the title, up to the first that may be
/// a name; the lines between name days or hours. `is_other` says which lines are of other fields.
pub(super) fn below_day<'t>(
    title: &str,
    transcript: &'t str,
    is_other: impl Fn(&str) -> bool,
    options: Options,
) -> Option<&'t str> {
    let lines: Vec<&str> = transcript.lines().map(str::trim).collect();
    let title = words_of(title);
    let last = lines.iter().rposition(|line| {
        let words = words_of(line);
        !words.is_empty() && title.ends_with(&words)
    })?;
    let tells_when = |line: &str| {
        let stated = read::stated(line, options.today) != Stated::Nothing;
        stated || read::tells_an_hour(line, options) || is_when(line, options)
    };
    let mut below = lines[last + 1..].iter().filter(|line| !line.is_empty());
    let next = below.find(|line| !tells_when(line) && !is_other(line))?;
    let name = next.contains(char::is_alphabetic) && !next.contains(['@', '/', ':']);
    name.then_some(*next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_the_day_is_no_part_of_the_title() {
        let text = ["April", "10", "Oktoberfest"].map(words_of);
        let rest = |title, date| without_number(&words_of(title), &text, date).join(" ");
        assert_eq!(rest("10 Oktoberfest", Some("April 10")), "Oktoberfest");
        assert_eq!(rest("10 Oktoberfest", Some("April 9")), "10 Oktoberfest");
        assert_eq!(rest("10 Oktoberfest", None), "10 Oktoberfest");
        assert_eq!(rest("10", Some("April 10")), "10", "something is left");
        let own = ["10 Years of Jazz", "April 10"].map(words_of);
        let title = words_of("10 Years of Jazz");
        assert_eq!(without_number(&title, &own, Some("April 10")), title);
    }

    #[test]
    fn a_title_begins_behind_the_line_of_its_day() {
        let lines = ["DEC 20", "9pm", "The Choir"].map(words_of);
        let is_when = |words: &[&str]| words != ["The", "Choir"];
        let rest = |title| without_day(&words_of(title), &lines, is_when).join(" ");
        assert_eq!(rest("DEC 20 9pm The Choir"), "The Choir");
        assert_eq!(rest("The Choir"), "The Choir");
        assert_eq!(rest("DEC 20"), "DEC 20", "something is left");
    }

    #[test]
    fn a_call_is_no_part_of_the_title() {
        let rest = |title| without_call(&words_of(title)).join(" ");
        assert_eq!(
            rest("You are cordially invited to Choir Concert!"),
            "Choir Concert!"
        );
        assert_eq!(rest("YOU\u{2019}RE INVITED TO Game Time"), "Game Time");
        assert_eq!(rest("Join us for"), "Join us for", "something is left");
        assert_eq!(rest("Join us"), "Join us");
    }

    #[test]
    fn a_sentence_is_about_its_subject() {
        let name = |title| subject(&words_of(title)).join(" ");
        assert_eq!(name("Fern Fair is a market"), "Fern Fair");
        assert_eq!(name("MathConn, or MC, is a free conference"), "MathConn,");
        for title in [
            "This is the End",
            "Fern Fair",
            "is a market",
            "All you need is love",
            "music is the answer",
            "Who is the Boss",
        ] {
            assert_eq!(name(title), title);
        }
    }

    #[test]
    fn a_day_is_no_title_and_what_stands_below_it_may_be() {
        let options = Options::new("2026-03-10".parse().unwrap());
        let below = |text: &'static str| {
            let other = |line: &str| line == "Old Mill";
            below_day("JUN 27", text, other, options)
        };
        let text = "Saturday\nJUN\n27\n2 PM\nOld Mill\nSummer Showcase\nTwo hundred dancers";
        assert_eq!(below(text), Some("Summer Showcase"));
        assert_eq!(below("JUN 27\nsee mill.org/summer\nOld Mill"), None);
        assert_eq!(below("Summer Showcase\nJUN 27"), None);
    }
}
