//! The street and town of a page.
use super::Flyer;
use super::flyer::{is_when, undated};
use super::place::{letters_of, one_of};
use super::transcript::{holds, words_of};
use crate::read::place::is_street;
use crate::schedule::Options;

/// Words that stand behind "street" where that is no address: street food.
const NO_STREET: &str = "\
    food party fair festival market art artist artists dance dancers theatre theater performers \
    musicians band parking level style";
/// Most words of an address, and of the line of a town below it. Set by hand.
const MOST: [usize; 2] = [12, 5];
/// Figures of a postal code: five in most of Europe and in the United States, four in Switzerland,
/// Austria and the Netherlands.
const CODE: [usize; 2] = [4, 5];
/// Least figures of a telephone's number; a postal code with its suffix has nine in the United
/// States.
const PHONE: usize = 10;

/// The address of the flyer's page, as far as its `location` does not tell it: behind the street
/// the town alone.
pub(super) fn beyond(flyer: &Flyer<'_>, location: Option<&str>) -> Option<String> {
    let title = flyer.title.unwrap_or_default();
    let address = on_page(flyer.transcript?, title, location, undated()?)?;
    let Some(location) = location.filter(|location| !is_part(location, &address)) else {
        return Some(address);
    };
    let (street, town) = address.split_once(',').unwrap_or((&address, ""));
    let [told, own] = [location, street].map(|text| letters_of(text).collect::<Vec<_>>());
    if told.ends_with(&own) {
        return Some(town.trim().to_owned()).filter(|town| !town.is_empty());
    }
    let is_told = told.windows(own.len()).any(|words| words == own);
    (!is_told).then_some(address)
}

/// The page's address: the end of a line from where a street begins, with the town of the line
/// below. Of several that below or beside `venue`; none of several others.
fn on_page(transcript: &str, title: &str, venue: Option<&str>, options: Options) -> Option<String> {
    let lines: Vec<&str> = transcript.lines().map(str::trim).collect();
    let lines: Vec<&str> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    let street = |at: usize| {
        let line = lines[at];
        let other = is_when(line, options) || holds(title, line) || holds(line, title);
        (!other).then(|| street_of(line)).flatten()
    };
    let found: Vec<(usize, &str)> = (0..lines.len())
        .filter_map(|at| Some((at, street(at)?)))
        .collect();
    let beside = |at: usize| {
        let near = &lines[at.saturating_sub(1)..=at];
        venue.is_some_and(|venue| near.iter().any(|line| holds(line, first_of(venue))))
    };
    let (at, street) = match found.as_slice() {
        [one] => *one,
        several => *several.iter().find(|(at, _)| beside(*at))?,
    };
    let goes_on = street.ends_with(',');
    let street = street.trim_end_matches(',');
    // Behind a comma any name is that of the town.
    let below = |line: &&&str| is_town(line) || (goes_on && may_be_town(line));
    let town = lines.get(at + 1).filter(below);
    Some(match town {
        Some(town) => format!("{street}, {town}"),
        None => street.to_owned(),
    })
}

/// Whether all of `location` stands in `address`.
pub(super) fn is_part(location: &str, address: &str) -> bool {
    let [location, address] = [location, address].map(|text| letters_of(text).collect::<Vec<_>>());
    !location.is_empty() && address.windows(location.len()).any(|part| part == location)
}

/// The text up to its first comma.
fn first_of(text: &str) -> &str {
    text.split(',').next().unwrap_or_default().trim()
}

/// A line from the first part on that is a street with a house's number; a street without one may
/// be somebody's name.
fn street_of(line: &str) -> Option<&str> {
    let begins = |(at, part): (usize, &str)| {
        let part = part.trim();
        let words: Vec<String> = letters_of(part).collect();
        let numbered = part.contains(|c: char| c.is_ascii_digit());
        let is_food = |pair: &[String]| pair[0] == "street" && one_of(NO_STREET, &pair[1]);
        let food = words.windows(2).any(is_food);
        (numbered && !food && words.len() > 1 && is_street(part)).then(|| line[at..].trim())
    };
    let ends = line.match_indices([',', '|', '·', '•']);
    let ends = ends.map(|(at, sign)| (at, at + sign.len()));
    let mut from = 0;
    let mut parts = Vec::new();
    for (end, next) in ends.chain([(line.len(), line.len())]) {
        parts.push((from, &line[from..end]));
        from = next;
    }
    let street = without_phone(parts.into_iter().find_map(begins)?);
    let web = street.contains(['@', ':']) || street.contains("www.");
    (!web && words_of(street).len() <= MOST[0]).then_some(street)
}

/// Whether a line is a town with its postal code or its state: `Winsted, CT 06098`,
/// `26129 Oldenburg`, `Sedbergh, LA10 5HG`.
fn is_town(line: &str) -> bool {
    let words = words_of(line);
    let figures = |word: &&str| word.bytes().all(|b| b.is_ascii_digit());
    let year = |word: &str| word.len() == 4 && (word.starts_with("19") || word.starts_with("20"));
    let code = |word: &&str| figures(word) && CODE.contains(&word.len()) && !year(word);
    let named = line.contains(|c: char| c.is_alphabetic()) && !line.contains(['@', ':', '/']);
    let numbers = words.iter().filter(|word| figures(word)).count();
    let [first, last] = [words.first(), words.last()];
    let behind = last.is_some_and(|word| code(&&**word) && word.len() == CODE[1]);
    let before = first.is_some_and(code) && words.len() > 1;
    let british = words.len() > 2 && is_british(&words[words.len() - 2..]);
    let state = line.contains(", ")
        && last.is_some_and(|word| word.len() == 2 && word.bytes().all(|b| b.is_ascii_uppercase()));
    let coded = (behind || before) && numbers == 1;
    named && words.len() <= MOST[1] && (coded || british || state)
}

/// Whether a line is a few words that begin with capitals.
fn may_be_town(line: &str) -> bool {
    let capital = |word: &&str| word.starts_with(char::is_uppercase);
    let words = words_of(line);
    words.len() < MOST[1]
        && words.iter().all(capital)
        && line
            .chars()
            .all(|c| c.is_alphabetic() || " -'.,".contains(c))
}

/// An address without the number of a telephone at its end.
fn without_phone(address: &str) -> &str {
    let is_number = |c: char| c.is_ascii_digit() || " ()+-".contains(c);
    let name = address.trim_end_matches(is_number);
    let rest = &address[name.len()..];
    let figures = rest.bytes().filter(u8::is_ascii_digit).count();
    match figures < PHONE {
        true => address,
        false => name.trim_end_matches(','),
    }
}

/// Whether two words are a postal code of the United Kingdom: `LA10 5HG`.
fn is_british(words: &[&str]) -> bool {
    let kind = |b: u8| match b {
        b'A'..=b'Z' => 'a',
        b'0'..=b'9' => '9',
        _ => '-',
    };
    let form = |word: &str| word.bytes().map(kind).collect::<String>();
    let [out, own] = [words[0], words[1]].map(form);
    ["a9", "a99", "a9a", "aa9", "aa99", "aa9a"].contains(&&*out) && own == "9aa"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(page: &str, venue: Option<&str>) -> Option<String> {
        let options = Options::new(crate::Date::new(2026, 3, 10).unwrap());
        on_page(page, "Chalk Derby", venue, options)
    }

    #[test]
    fn the_only_street_of_a_page_is_its_address() {
        for (page, wanted) in [
            ("Town Hall\n4 Mill Lane", "4 Mill Lane"),
            ("Town Hall\n45 Market Street", "45 Market Street"),
            (
                "St George\n4601 W. PAULING RD. MONEE, IL 60449\nfree",
                "4601 W. PAULING RD. MONEE, IL 60449",
            ),
            (
                "THE MILL, 82 EAST 4th STREET (at 2nd Ave.)",
                "82 EAST 4th STREET (at 2nd Ave.)",
            ),
            (
                "Club\n300 Torringford Street\nWinsted, CT 06098",
                "300 Torringford Street, Winsted, CT 06098",
            ),
            (
                "Aula\nHauptstr. 12\n26129 Oldenburg",
                "Hauptstr. 12, 26129 Oldenburg",
            ),
            (
                "Mill\n9 Tanner Court,\nSedbergh LA10 5HG",
                "9 Tanner Court, Sedbergh LA10 5HG",
            ),
            (
                "Mill\nRua das Flores 22,\nPorto\nfree",
                "Rua das Flores 22, Porto",
            ),
            ("Mill\n9 Tanner Court,\nfree entry", "9 Tanner Court"),
            (
                "Mill\n5 Sheep Street, Stow 01632 960 061",
                "5 Sheep Street, Stow",
            ),
            ("Mill\n9 Tanner Court\nDoors at 7", "9 Tanner Court"),
            ("Mill\n9 Tanner Court\n2026 Season", "9 Tanner Court"),
        ] {
            assert_eq!(found(page, None).as_deref(), Some(wanted), "{page}");
        }
    }

    #[test]
    fn what_is_no_address_is_not_taken_for_one() {
        for page in [
            "",
            "Sunday 5 May\nTown Hall",
            "with Ann Lane",
            "10 dollar street food",
            "Chalk Derby 5 Mill Lane",
            "5 Mill Lane: call Ann",
            "5 PM\nMill Lane",
        ] {
            assert_eq!(found(page, None), None, "{page}");
        }
    }

    #[test]
    fn of_two_streets_that_of_the_place_is_taken() {
        let page = "Bakery\n4 Mill Lane\nTown Hall\n5 Church Road";
        assert_eq!(found(page, None), None);
        let own = found(page, Some("Town Hall, upstairs"));
        assert_eq!(own.as_deref(), Some("5 Church Road"));
        assert_eq!(found(page, Some("the Old Mill")), None);
    }

    #[test]
    fn what_the_place_tells_is_not_told_again() {
        let page = "Town Hall\n4 Mill Lane\nDunmore, CT";
        let rest = |location: Option<&str>| {
            let flyer = Flyer {
                transcript: Some(page),
                ..Flyer::default()
            };
            beyond(&flyer, location)
        };
        let whole = Some("4 Mill Lane, Dunmore, CT");
        for location in [None, Some("Town Hall"), Some("4 Mill Lane"), Some("")] {
            assert_eq!(rest(location).as_deref(), whole, "{location:?}");
        }
        let town = rest(Some("Town Hall, 4 MILL LANE"));
        assert_eq!(town.as_deref(), Some("Dunmore, CT"));
        assert_eq!(rest(Some("Town Hall 4 Mill Lane Dunmore")), None);
        assert!(is_part("4 Mill Lane", "4 Mill Lane, Dunmore") && !is_part("", "4 Mill Lane"));
    }
}
