//! Letters and figures that print makes look alike, put right where what they stand beside says
//! which is meant: `June l3, 2O26`, `7:OO PM`, `0ctober`, `Fr1day`.
use super::words::{MONTHS, names, names_of};
use std::borrow::Cow;
use std::ops::Range;

/// Endings that only a number has.
const ENDINGS: [&str; 9] = ["st", "nd", "rd", "th", "am", "pm", "AM", "PM", "Uhr"];
/// Words that stand behind an hour.
const HOURS: [&str; 8] = ["am", "pm", "AM", "PM", "a.m", "p.m", "Uhr", "uhr"];

/// The text with those letters and figures changed; as many bytes, each token where it was.
pub(crate) fn mended(raw: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(raw);
    let runs = runs(raw);
    for run in &runs {
        if let Some(right) = name(&raw[run.clone()]) {
            text.to_mut().replace_range(run.clone(), &right);
        }
    }
    for run in runs {
        if let Some(right) = number(&text, &run) {
            text.to_mut().replace_range(run, &right);
        }
    }
    text
}

/// Letters and figures of ASCII in a row, of both kinds or of letters that look like figures.
fn runs(raw: &str) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut from = 0;
    let other = |c: char| !c.is_alphanumeric();
    for (at, sign) in raw.match_indices(other).chain([(raw.len(), "")]) {
        let word = &raw[from..at];
        if word.is_ascii() && word.len() <= 12 && word.bytes().any(like_figure) {
            runs.push(from..at);
        }
        from = at + sign.len();
    }
    runs
}

fn like_figure(b: u8) -> bool {
    figure(b as char).is_some()
}

/// The figure that a character is or looks like.
fn figure(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        'O' | 'o' => Some('0'),
        'l' | 'I' => Some('1'),
        'S' => Some('5'),
        _ => None,
    }
}

/// The name of a month or weekday with figures among its letters.
fn name(word: &str) -> Option<String> {
    let figures = word.bytes().filter(u8::is_ascii_digit).count();
    if figures == 0 || figures > 2 || word.len() < 3 {
        return None;
    }
    let letters = |one: char| -> String {
        let right = |c| match c {
            '0' => 'o',
            '1' => one,
            '5' if word.len() > 5 => 's',
            other => other,
        };
        word.chars().map(right).collect()
    };
    let known = |word: &str| names().any(|n| n.eq_ignore_ascii_case(word));
    ['l', 'i'].map(letters).into_iter().find(|w| known(w))
}

/// The number that a word is, where something beside it says that it is one.
fn number(raw: &str, run: &Range<usize>) -> Option<String> {
    let word = &raw[run.clone()];
    let ending = ENDINGS.iter().find(|e| word.ends_with(*e));
    let core = &word[..word.len() - ending.map_or(0, |e| e.len())];
    let figures = core.bytes().filter(u8::is_ascii_digit).count();
    let all: Option<String> = core.chars().map(figure).collect();
    let all = all.filter(|_| figures < core.len() && core.len() <= 4)?;
    // `1o` is the first in Italian, and S looks like 5 only behind a figure.
    if core.ends_with('o') || core.starts_with(['S', 'o']) {
        return None;
    }
    let year = core.len() == 4 && figures >= 2 && all.starts_with("20");
    let beside = beside(raw, run);
    let said = ending.is_some() || beside.hour || beside.month || beside.figures;
    let ordinal = ending.is_some_and(|e| e.len() == 2 && !e.to_lowercase().ends_with('m'));
    let pair = core.len() == 2 && (beside.hour || beside.figures || ordinal);
    let ten = matches!(core, "lO" | "IO") && beside.month;
    let sure = (figures > 0 && said) || pair || ten;
    (year || sure).then(|| all + &word[core.len()..])
}

/// What stands beside a word that makes a number of it.
struct Beside {
    month: bool,
    hour: bool,
    figures: bool,
}

fn beside(raw: &str, run: &Range<usize>) -> Beside {
    let (before, after) = (&raw[..run.start], &raw[run.end..]);
    let gap = |c: char| c.is_whitespace() || matches!(c, '.' | ',');
    let word = |text: &str| is_month(text.trim_matches(|c: char| !c.is_alphabetic()));
    let last = before
        .trim_end_matches(gap)
        .rsplit(char::is_whitespace)
        .next();
    let next = after
        .trim_start_matches(gap)
        .split(char::is_whitespace)
        .next();
    let clock = after.trim_start();
    // A sign, and a figure behind it.
    let touches = |sign: Option<char>, next: Option<char>| {
        sign.is_some_and(|c| "/:.-".contains(c)) && next.and_then(figure).is_some()
    };
    let (mut back, mut ahead) = (before.chars().rev(), after.chars());
    Beside {
        month: last.is_some_and(word) || next.is_some_and(word),
        hour: HOURS.iter().any(|h| clock.starts_with(h)),
        figures: touches(back.next(), back.next()) || touches(ahead.next(), ahead.next()),
    }
}

fn is_month(word: &str) -> bool {
    word.len() >= 3 && names_of(MONTHS).any(|n| n.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::mended;

    #[test]
    fn letters_and_figures_are_put_right() {
        for (printed, right) in [
            ("June l3, 2O26", "June 13, 2026"),
            ("3O June", "30 June"),
            ("Sat I3th Jun", "Sat 13th Jun"),
            ("June 1S, 7:OO PM", "June 15, 7:00 PM"),
            ("0ctober l2, Oct lO", "October 12, Oct 10"),
            ("ll:3Oam", "11:30am"),
            ("13.O6.2026", "13.06.2026"),
            ("0CT 3, N0vember 7", "OcT 3, November 7"),
            ("Ju1y Fr1day 5aturday", "July Friday saturday"),
        ] {
            let same = mended(printed).eq_ignore_ascii_case(right);
            assert!(same, "{printed} {}", mended(printed));
        }
    }

    #[test]
    fn what_is_meant_stays() {
        for text in [
            "So I go, H2O, O2 Arena",
            "S5 Bahn, A5, I5 bands, B2B",
            "1o de maio",
            "Il 3 giugno, Oslo",
            "All in: 5 Sols",
        ] {
            assert_eq!(mended(text), text);
        }
    }
}
