//! Words of seven languages, each with everything that it may mean.
mod days;
mod joins;
mod labels;
mod misread;
mod months;
mod numbers;
mod numerals;
mod times;
mod weekdays;

pub(crate) use misread::misread;
pub(crate) use months::MONTHS;
pub(crate) use weekdays::WEEKDAYS;

use super::tokens::{Kind, Token};
use std::collections::HashMap;
use std::sync::OnceLock;

/// A set of languages, one bit each.
pub(crate) type Langs = u8;
pub(crate) const EN: Langs = 1;
pub(crate) const DE: Langs = 2;
pub(crate) const FR: Langs = 4;
pub(crate) const ES: Langs = 8;
pub(crate) const IT: Langs = 16;
pub(crate) const PT: Langs = 32;
pub(crate) const NL: Langs = 64;
pub(crate) const ALL: Langs = 127;

/// A part of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// 1 to 12 are before noon.
    Morning,
    /// 11 and 12 are about noon, 1 to 10 after it.
    Noon,
    /// 1 to 11 are after noon.
    Afternoon,
    /// 1 to 11 are after noon, 12 is midnight.
    Evening,
    /// 6 to 11 are after noon, 12 is midnight, 1 to 5 come after it.
    Night,
}

/// One meaning of a word or of several in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sense {
    /// 1 to 12.
    Month(u8),
    /// Days since Monday; whether it stands for all of them ("Tuesdays").
    Weekday(u8, bool),
    /// `Samstagabend`.
    WeekdayPart(u8, Part),
    /// 1 to 31.
    Cardinal(u8),
    /// 1 to 31; -1 is the last.
    Ordinal(i8),
    /// A year in words.
    Year(i16),
    Part(Part),
    /// 0 or 12.
    NamedHour(u8),
    /// Days from today, and the part of that day.
    Relative(u8, Option<Part>),
    /// Between the ends of a range.
    To,
    /// Between the ends of a range of times only.
    ToTime,
    /// Before the first end of a range.
    From,
    /// Before two times with `and` between them.
    Between,
    /// Between the members of a list.
    And,
    /// Before a time.
    At,
    /// Between the parts of a date; means nothing by itself.
    Gap,
    /// Every week, day, or the like.
    Every,
    EveryOther,
    Daily,
    /// "of the month".
    Monthly,
    /// After a number: st, nd, er.
    Suffix,
    Am,
    Pm,
    /// h, Uhr: the hour counts to 24.
    HourUnit,
    OClock,
    /// 40 to 55, behind an hour in words.
    Minutes(u8),
    /// Minutes to add to the hour that follows.
    Before(i8),
    /// Minutes to add to the hour before.
    After(i8),
    Doors,
    Show,
    End,
    /// The two ends of a stay or a journey: whichever comes second is the end.
    Arrival,
    Departure,
    /// Before the year in which something was founded.
    Founded,
    /// After a house number and a name.
    Street,
    /// Before a name and a house number.
    StreetBefore,
    /// Before a number that is no date: room, gate, ages.
    Numbered,
    /// After such a number: km, years.
    Unit,
    /// Before an amount of money.
    Amount,
    /// Beside an amount of money: rs, euro.
    Currency,
    /// Before figures that are no date, with whatever sign: page, flat, fee.
    Label,
    /// Before what is dialled.
    Phone,
    /// Before the day of something else: deadline, rain date.
    Aside,
    /// Right before a day by which something must be done.
    By,
    Weekend,
    /// Means nothing here.
    Filler,
}

/// A meaning found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arc {
    pub(crate) sense: Sense,
    pub(crate) langs: Langs,
    /// Whether it is an ordinary word of another language, too.
    pub(crate) risky: bool,
    /// Whether it was read with a letter or two changed.
    pub(crate) misread: bool,
    /// The token after it.
    pub(crate) to: usize,
}

struct Phrase {
    rest: Vec<String>,
    sense: Sense,
    langs: Langs,
    risky: bool,
}

type Lexicon = HashMap<String, Vec<Phrase>>;

/// A row of a table: meaning, languages, words between commas; `?` before a risky one.
pub(crate) type Row = (Sense, Langs, &'static str);

/// A row that is made of others.
type Made = (Sense, Langs, String);

fn lexicon() -> &'static Lexicon {
    static LEXICON: OnceLock<Lexicon> = OnceLock::new();
    LEXICON.get_or_init(|| {
        let mut lexicon = Lexicon::new();
        let tables = [
            MONTHS,
            WEEKDAYS,
            days::DAYS,
            joins::JOINS,
            labels::LABELS,
            times::TIMES,
            numbers::NUMBERS,
        ];
        let rows = tables.into_iter().flatten().copied();
        for (sense, langs, words) in rows.chain(numerals::rows()) {
            add(&mut lexicon, sense, langs, words);
        }
        for (sense, langs, words) in numerals::made().into_iter().chain(weekdays::parts()) {
            add(&mut lexicon, sense, langs, &words);
        }
        lexicon
    })
}

fn add(lexicon: &mut Lexicon, sense: Sense, langs: Langs, words: &str) {
    for word in words.split(',') {
        let risky = word.starts_with('?');
        let mut words = word.trim_start_matches('?').split(' ').map(str::to_owned);
        let first = words.next().unwrap_or_default();
        let rest = words.collect();
        lexicon.entry(first).or_default().push(Phrase {
            rest,
            sense,
            langs,
            risky,
        });
    }
}

/// The names of months and weekdays, in all languages.
pub(crate) fn names() -> impl Iterator<Item = &'static str> + Clone {
    names_of(MONTHS).chain(names_of(WEEKDAYS))
}

/// The words of a table's rows.
pub(crate) fn names_of(rows: &'static [Row]) -> impl Iterator<Item = &'static str> + Clone {
    let words = rows.iter().flat_map(|row| row.2.split(','));
    words.map(|word| word.trim_start_matches('?'))
}

/// Everything that the words from token `at` on may mean.
pub(crate) fn senses(tokens: &[Token], at: usize) -> Vec<Arc> {
    let Some(token) = tokens.get(at).filter(|t| t.kind == Kind::Word) else {
        return Vec::new();
    };
    let phrases = lexicon().get(&token.folded).map_or(&[][..], |p| p);
    let found: Vec<Arc> = phrases
        .iter()
        .filter_map(|phrase| {
            let to = phrase.end(tokens, at + 1)?;
            Some(phrase.arc(to))
        })
        .collect();
    if found.is_empty() {
        misread(&token.folded, at + 1).into_iter().collect()
    } else {
        found
    }
}

impl Phrase {
    /// The token after the phrase; apostrophes, hyphens and dots may stand between its words.
    fn end(&self, tokens: &[Token], mut at: usize) -> Option<usize> {
        for word in &self.rest {
            if tokens.get(at).is_some_and(|t| t.is_any("'-.")) {
                at += 1;
            }
            tokens.get(at).filter(|t| t.word(word))?;
            at += 1;
        }
        Some(at)
    }

    fn arc(&self, to: usize) -> Arc {
        Arc {
            sense: self.sense,
            langs: self.langs,
            risky: self.risky,
            misread: false,
            to,
        }
    }
}

/// The languages that most of the words of these texts belong to; `arcs` are the senses of each
/// token.
pub(crate) fn language<'a>(arcs: impl Iterator<Item = &'a Vec<Arc>>) -> Langs {
    let mut votes = [0.0f32; 7];
    for arcs in arcs {
        let telling = |a: &&Arc| !a.misread && a.langs != ALL;
        let langs = arcs.iter().fold(0, |langs, a| langs | a.langs);
        let mine = arcs
            .iter()
            .filter(telling)
            .filter(|a| !a.risky)
            .fold(0, |l, a| l | a.langs);
        // What may be an ordinary word of another language says little.
        let weight = if arcs.iter().any(|a| a.risky) {
            0.1
        } else {
            1.0
        };
        for (bit, vote) in votes.iter_mut().enumerate() {
            if mine & (1 << bit) > 0 {
                *vote += weight / langs.count_ones() as f32;
            }
        }
    }
    let most = votes.iter().copied().fold(0.0, f32::max);
    if most == 0.0 {
        return ALL;
    }
    let near = votes.iter().enumerate().filter(|v| *v.1 >= 0.75 * most);
    near.fold(0, |langs, (bit, _)| langs | 1 << bit)
}
