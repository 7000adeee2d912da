//! Titles that a day was read with, or for.
use super::flyer::is_when;
use super::transcript::{holds, words_of};
use crate::read;
use crate::schedule::Options;
use crate::stated::Stated;

/// Most figures of the day of a month.
const FIGURES: usize = 2;

/// The title's words without lines before them that are a day or an hour and nothing else.
/// Something must be left.
pub(super) fn without_day<'a, 'w>(
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
pub(super) fn without_number<'a, 'w>(
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
