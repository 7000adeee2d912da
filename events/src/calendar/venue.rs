//! Where a page says that its event is, beside what was read for it.
use super::Flyer;
use super::flyer::is_when;
use super::place::{is_no_place, letters_of, may_name, names_a_place, one_of};
use super::transcript::{holds, words_of};
use crate::read;
use crate::read::place::{is_address, is_street};
use crate::schedule::Options;
use std::borrow::Cow;

/// Words before the colon of a place, or alone above it.
const LABELS: &str = "\
    venue where location place ort wo lieu ou lugar donde luogo dove locatie waar local onde \
    veranstaltungsort treffpunkt plaats";
/// Words of lines that say something of an event and may name a place beside it.
const SAYS: &str = "\
    by your our you we us will please join presents presented hosted sponsored sponsors supported \
    organized organised prof dr speakers register registration tickets contact open opens free \
    doors presentado par";
/// Words that a number stands behind.
const NUMBERED: [&str; 8] = [
    "no", "nr", "room", "suite", "unit", "studio", "saal", "raum",
];
/// Words before a place in the line of a time.
const BEFORE: [&str; 5] = ["at", "in", "im", "bei", "@"];
/// Most words of a line that names a place and its town. Set by hand.
const LONGEST: usize = 10;
/// Most words of the line of a town and its country below. Set by hand.
const TOWN: usize = 4;

/// The place of the page: what stands behind a label for it; else the name above what was read,
/// where that is the street below; else what was read, where that may be a place or nothing stands
/// with the time that may; else what does.
pub(super) fn told<'a>(flyer: &Flyer<'a>, options: Options) -> Option<Cow<'a, str>> {
    let read = flyer.venue.map(str::trim);
    let read = read.filter(|v| !v.is_empty() && !is_no_place(v));
    let page = Page::of(flyer, options);
    if let Some(found) = page.labelled() {
        let own = read.filter(|read| alike(read, &found));
        return Some(own.map_or(Cow::Owned(found), Cow::Borrowed));
    }
    if let Some(found) = read.and_then(|read| page.above_street(read)) {
        return Some(Cow::Owned(found));
    }
    let part = |read: &str| read.split(',').any(|part| is_address(part.trim()));
    let unlikely = read.is_none_or(|read| !names_a_place(read) && !part(read));
    let spoilt = read.is_none() && flyer.venue.is_some_and(is_no_place);
    let only = || match spoilt {
        true => page.only(),
        false => page.only_place(read),
    };
    let found = unlikely.then(|| page.with_time().or_else(only));
    // A street alone is no better than a name that may stand above it.
    let street = |found: &str| found.starts_with(|c: char| c.is_ascii_digit());
    let found = found
        .flatten()
        .filter(|found| read.is_none() || !street(found));
    found.map(Cow::Owned).or_else(|| Some(page.numbered(read?)))
}

/// Whether half the words of the shorter text stand in the other.
fn alike(a: &str, b: &str) -> bool {
    let [a, b] = [a, b].map(|text| letters_of(text).collect::<Vec<_>>());
    let shared = a.iter().filter(|word| b.contains(word)).count();
    2 * shared >= a.len().min(b.len())
}

/// A page's lines, and which of them tell when.
struct Page<'a> {
    flyer: &'a Flyer<'a>,
    lines: Vec<&'a str>,
    options: Options,
}

impl<'a> Page<'a> {
    fn of(flyer: &'a Flyer<'_>, options: Options) -> Self {
        let lines = flyer.transcript.unwrap_or_default().lines();
        let lines = lines.map(str::trim).filter(|line| !line.is_empty());
        Self {
            flyer,
            lines: lines.collect(),
            options,
        }
    }

    /// The place behind its label, or below one that stands alone.
    fn labelled(&self) -> Option<String> {
        (0..self.lines.len()).find_map(|at| {
            let line = self.lines[at];
            let (label, value) = line.split_once(':').unwrap_or((line, ""));
            let is = letters_of(label).collect::<Vec<_>>();
            let known = is.last().is_some_and(|word| one_of(LABELS, word));
            // A bullet may have been read as a letter.
            let alone = is.len() == 1 || (is.len() == 2 && is[0].chars().count() == 1);
            let value = value.trim();
            let marked = line.contains(':') || line.to_uppercase() == line;
            if !known || !alone || !marked {
                return None;
            }
            if !value.is_empty() {
                return self.may_be(value).then(|| value.to_owned());
            }
            // Labels of a row stand before the values of the row below.
            let mut below = (at + 1..self.lines.len()).take(3);
            let value = |line: &str| !line.ends_with(':') && !self.tells_when(line);
            let at = below.find(|&i| value(self.lines[i]))?;
            self.may_be(self.lines[at]).then(|| self.with_town(at))
        })
    }

    /// What stands in the line of the time behind "at", or names a place in the line below it.
    fn with_time(&self) -> Option<String> {
        let times = (0..self.lines.len()).filter(|&i| self.tells_when(self.lines[i]));
        let beside = |at: usize| {
            let line = self.lines[at];
            let mut parts = line.split(['·', '•', '|']).map(str::trim);
            let part = parts.find(|part| *part != line && self.is_place(part));
            part.map(str::to_owned).or_else(|| self.behind_at(line))
        };
        let below = |at: usize| {
            let line = self.lines.get(at + 1)?;
            self.is_place(line).then(|| self.with_town(at + 1))
        };
        times
            .into_iter()
            .find_map(|at| beside(at).or_else(|| below(at)))
    }

    /// The name between the time and the street that was read, with the line of that street.
    fn above_street(&self, read: &str) -> Option<String> {
        let begins = |line: &&str| line.split(',').next() == Some(read);
        let at = self.lines.iter().position(begins)?;
        let [when, name] = self.lines.get(at.checked_sub(2)?..at)? else {
            return None;
        };
        let names = may_name(name)
            && !self.tells_when(name)
            && !self.flyer.title.is_some_and(|title| holds(title, name));
        let found = names && is_street(read) && self.tells_when(when);
        found.then(|| format!("{name}, {}", self.lines[at]))
    }

    /// The only line that names a place, where what was read is a line of the title's own block.
    fn only_place(&self, read: Option<&str>) -> Option<String> {
        let (title, read) = (self.flyer.title.unwrap_or_default(), read?);
        self.flyer.headlines.iter().find(|block| {
            let holds_a_line = |field: &str| block.lines().any(|line| holds(field, line));
            holds_a_line(title) && holds_a_line(read)
        })?;
        self.only()
    }

    /// The only line that names a place.
    fn only(&self) -> Option<String> {
        let mut places = (0..self.lines.len()).filter(|&i| self.is_place(self.lines[i]));
        let only = places.next().filter(|_| places.next().is_none())?;
        Some(self.with_town(only))
    }

    /// Whether a line tells the event's day or hour.
    fn tells_when(&self, line: &str) -> bool {
        let when = [self.flyer.when.date, self.flyer.when.start];
        // An hour's bare figure stands in other lines too.
        let clear = |part: &&str| !part.trim().bytes().all(|b| b.is_ascii_digit());
        let in_line = |part: &str| {
            let [line, part] = [line, part].map(|text| letters_of(text).collect::<Vec<_>>());
            !part.is_empty() && line.windows(part.len()).any(|words| words == part)
        };
        let mut when = when.into_iter().flatten().filter(clear);
        when.any(in_line) || is_when(line, self.options)
    }

    /// Whether a text may be a place: it is no address of the web or price and tells no time.
    fn may_be(&self, text: &str) -> bool {
        let signs = ["www.", "http", "?", "!", "$", "£", "€"];
        let words = words_of(text).len();
        let letters = text.chars().filter(|c| c.is_alphabetic()).count() > 2;
        let web = signs.iter().any(|sign| text.contains(sign));
        letters && !web && words <= LONGEST && !self.tells_when(text)
    }

    /// Whether a line names a place, and says no more.
    fn is_place(&self, line: &str) -> bool {
        let says = |word: String| one_of(SAYS, &word);
        let signs = line.contains(|c| ":(|@".contains(c));
        let title = self.flyer.title.unwrap_or_default();
        let hour = read::tells_an_hour(line, self.options);
        self.may_be(line)
            && names_a_place(line)
            && !signs
            && !hour
            && !letters_of(line).any(says)
            && !holds(title, line)
            && !holds(line, title)
    }

    /// What follows the last "at" or "in the" of a line, where it begins with a capital; what
    /// follows "in" alone may be a language or a concert.
    fn behind_at(&self, line: &str) -> Option<String> {
        let words = words_of(line);
        let at = words.iter().rposition(|word| BEFORE.contains(word))?;
        let the = |word: &&&str| ["the", "der", "dem", "le", "la"].contains(&&***word);
        let rest = &words[at + 1..];
        let articles = rest.iter().take_while(the).count();
        let place = rest[articles..].join(" ");
        let said = words[at] != "in" || articles > 0 || names_a_place(&place);
        let named = said && place.starts_with(char::is_uppercase) && self.may_be(&place);
        let time = read::tells_an_hour(&place, self.options)
            || read::stated(&place, self.options.today) != crate::stated::Stated::Nothing;
        (at > 0 && named && !time).then_some(place)
    }

    /// What was read for the place, with the number that its line goes on with: "Engine House No."
    /// and "7".
    fn numbered<'r>(&self, read: &'r str) -> Cow<'r, str> {
        let last = letters_of(read).last();
        let open = last.is_some_and(|word| NUMBERED.contains(&&*word));
        let mut rests = self.lines.iter().filter_map(|line| line.strip_prefix(read));
        let number = |rest: &&str| {
            let rest = rest.trim();
            !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric()) && rest.len() < 5
        };
        let number = rests.find(|rest| open && rest.starts_with(' ') && number(rest));
        number.map_or(Cow::Borrowed(read), |rest| {
            Cow::Owned(format!("{read}{rest}"))
        })
    }

    /// A line without its bullet, with the town of the line below.
    fn with_town(&self, at: usize) -> String {
        let line = self.lines[at].trim_start_matches(|c: char| !c.is_alphanumeric());
        let below = self.lines.get(at + 1).filter(|below| {
            let words = words_of(below).len();
            let figures = below.contains(|c: char| c.is_ascii_digit());
            let named = below.starts_with(char::is_uppercase) && self.may_be(below);
            named && !figures && below.contains(", ") && words <= TOWN
        });
        let name = line.trim_end_matches(',');
        below.map_or_else(|| line.to_owned(), |below| format!("{name}, {below}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::Printed;

    fn place(read: &str, transcript: &str, headlines: &[&str]) -> Option<String> {
        let headlines: Vec<String> = headlines.iter().map(|&h| h.to_owned()).collect();
        let when = Printed {
            date: Some("Friday, April 19"),
            start: Some("8:30am"),
            ..Printed::default()
        };
        let flyer = Flyer {
            title: Some("Chalk Derby"),
            when,
            venue: Some(read),
            transcript: Some(transcript),
            headlines: &headlines,
        };
        let options = Options::new(crate::Date::new(2026, 3, 10).unwrap());
        told(&flyer, options).map(Cow::into_owned)
    }

    #[test]
    fn a_label_names_the_place() {
        for page in [
            "Chalk Derby\nLocation: Mill Race Works\nAnn Lee",
            "Chalk Derby\nVENUE\nMill Race Works\nAnn Lee",
            "Chalk Derby\nVenue:\nContact:\n28th February 2026\nMill Race Works",
            "Chalk Derby\n4 Venue: Mill Race Works",
            "Chalk Derby\nLugar: Mill Race Works",
        ] {
            let found = place("Ann Lee", page, &[]);
            let wanted = "Mill Race Works";
            assert_eq!(found.as_deref(), Some(wanted), "{page}");
        }
        let page = "Venue: Mill Race Works,\n4 Mill Race";
        let own = "Mill Race Works, 4 Mill Race";
        assert_eq!(
            place(own, page, &[]).as_deref(),
            Some(own),
            "as it was read"
        );
        for page in [
            "Where: www.derby.example",
            "We know where\nSmith",
            "Venue: 8:30am",
        ] {
            assert_eq!(
                place("Ann Lee", page, &[]).as_deref(),
                Some("Ann Lee"),
                "{page}"
            );
        }
    }

    #[test]
    fn what_is_no_place_gives_way_to_one_with_the_time() {
        let found = |page| place("Scan the code", page, &[]);
        let below = "Chalk Derby\nFriday, April 19, 8:30am\nDriftmier, Room 1240\nScan the code";
        assert_eq!(found(below).as_deref(), Some("Driftmier, Room 1240"));
        let beside = "FRIDAY, APRIL 19, 8:30am in the CC ODEUM\nScan the code";
        assert_eq!(found(beside).as_deref(), Some("CC ODEUM"));
        let apart = "Maple Court · 8:30am\nScan the code";
        assert_eq!(found(apart).as_deref(), Some("Maple Court"));
        let town = "From 8:30am\n* Aula A11, Carl von Ossietzky\nOldenburg, Germany\nScan the code";
        let wanted = "Aula A11, Carl von Ossietzky, Oldenburg, Germany";
        assert_eq!(found(town).as_deref(), Some(wanted));
        // No place is named there: what was read stays.
        for page in [
            "Friday, April 19\nPresented by the School of Art\nScan the code",
            "Friday, April 19\nMusic: the Town Hall Band\nScan the code",
            "8:30am\n9 TIL 4 I £5\nScan the code",
            "Friday, April 19 at 9 pm\nScan the code",
            "Friday, April 19 in English\nScan the code",
            "Friday, April 19\nOpen house of the Marshall Band\nScan the code",
        ] {
            assert_eq!(found(page).as_deref(), Some("Scan the code"), "{page}");
        }
        let named = place("Lumen Studio", below, &[]);
        assert_eq!(named.as_deref(), Some("Lumen Studio"));
        let street = "8:30am\n88 Bayfront Road, Pascagoula\nOld Cannery Landing";
        let kept = place("Old Cannery Landing", street, &[]);
        assert_eq!(kept.as_deref(), Some("Old Cannery Landing"));
        let named = place("Schlosspark Rosenfeld", below, &[]);
        assert_eq!(named.as_deref(), Some("Schlosspark Rosenfeld"));
        assert_eq!(
            place("9 Tanner Court", below, &[]).as_deref(),
            Some("9 Tanner Court")
        );
    }

    #[test]
    fn prices_and_addresses_of_the_web_are_no_places() {
        let page = "Chalk Derby\nFriday, April 19";
        for read in [
            "Adults £7",
            "campus, ann@derby.example",
            "www.derby.example",
        ] {
            assert_eq!(place(read, page, &[]), None, "{read}");
        }
        let named = format!("{page}\nWorks Museum");
        let found = place("Adults £7", &named, &[]);
        assert_eq!(found.as_deref(), Some("Works Museum"), "the only one");
        for read in ["@ the Mill", "The $5 Club", "Ann's"] {
            assert_eq!(place(read, page, &[]).as_deref(), Some(read));
        }
    }

    #[test]
    fn a_street_has_its_name_above_it() {
        let street = "Mill Road";
        let found = |page| place(street, page, &[]);
        let page = "Chalk Derby\nat 8:30am\nLARKFIELD SURGERY\nMill Road, Larkfield";
        let wanted = "LARKFIELD SURGERY, Mill Road, Larkfield";
        assert_eq!(found(page).as_deref(), Some(wanted));
        for page in [
            "Chalk Derby\nat 8:30am\nMill Road\nbetween the bakery and the chapel",
            "Bring a friend\nLarkfield Surgery\nMill Road\nat 8:30am",
            "Chalk Derby\nat 8:30am\nBring a friend!\nMill Road",
            "at 8:30am\nChalk Derby\nMill Road",
        ] {
            assert_eq!(found(page).as_deref(), Some(street), "{page}");
        }
    }

    #[test]
    fn a_line_of_the_headline_gives_way_to_the_only_place() {
        let page = "Chalk Derby\nExploring Chalk\nFriday, April 19\nAnn Lee\nOnline event";
        let block = ["Chalk Derby\nExploring Chalk"];
        let found = |page| place("Exploring Chalk", page, &block);
        assert_eq!(found(page).as_deref(), Some("Online event"));
        assert_eq!(place("", page, &block), None, "the page may have none");
        let two = format!("{page}\nTown Hall");
        assert_eq!(
            found(&two).as_deref(),
            Some("Exploring Chalk"),
            "two places"
        );
        assert_eq!(
            place("Exploring Chalk", page, &[]).as_deref(),
            Some("Exploring Chalk")
        );
    }

    #[test]
    fn a_number_belongs_to_its_place() {
        let page = "8:30am\nEngine House No. 7\n18 Quarry Rd.\nTown Hall 7 pm";
        let found = |read| place(read, page, &[]);
        let whole = Some("Engine House No. 7");
        assert_eq!(found("Engine House No.").as_deref(), whole);
        assert_eq!(found("Engine House No. 7").as_deref(), whole);
        assert_eq!(found("Town Hall").as_deref(), Some("Town Hall"));
    }
}
