//! Names of places.
use super::transcript::{common, holds, words_of};
use crate::read::place::{is_address, is_room, is_street};
use crate::read::tokens::folded;
use std::ops::RangeInclusive;

/// Words that places are named by, without accents.
const PLACES: &str = "\
    hall church chapel cathedral temple mosque synagogue auditorium theatre theater cinema kino \
    university college school academy institute library museum gallery gallerie park garden \
    gardens stadium arena gym gymnasium club clubhouse pub bar tavern cafe restaurant hotel inn \
    resort room studio lounge campus building plaza square pavilion barn brewery winery farm \
    fairgrounds courthouse boathouse yard house haus hof garten lodge ballroom hospital station \
    pier beach marina harbour harbor market mall center centre garage warehouse loft rooftop \
    tent court quad mill castle palace online zoom virtual aula saal halle stadthalle kirche \
    schule rathaus zentrum bibliothek gasthaus gasthof schloss universitat hochschule platz \
    salle eglise ecole universite mairie chateau gare teatro iglesia escuela universidad centro \
    biblioteca parque museo chiesa scuola universita piazza palazzo igreja escola universidade \
    kerk universiteit buurthuis";
/// Last parts of compounds that do the same: `Schlosspark`, `Lighthouse`. Few: "Marshall" is no
/// hall.
const COMPOUNDS: [&str; 14] = [
    "park", "platz", "haus", "halle", "saal", "schule", "kirche", "garten", "hof", "zentrum",
    "museum", "theater", "house", "kerk",
];
/// Words of a line that surely names a place: one alone is as often a month or a label.
const NAME: RangeInclusive<usize> = 2..=6;

/// A place by name: what was read for it up to the first comma, or to the end of its line where an
/// address begins below. The name of a room goes on behind the comma, but not with an address. What
/// begins with an address is left as it is.
pub(super) fn name_of(venue: &str, transcript: &str) -> String {
    let venue = venue.trim();
    let mut parts = venue.split(',').map(str::trim);
    let first = parts.next().unwrap_or_default();
    if begins_with_figure(first) && is_address(first) {
        return venue.to_owned();
    }
    let whole = parts
        .next()
        .filter(|next| is_room(first) && !begins_with_figure(next));
    let name = whole.map_or_else(|| first.to_owned(), |next| format!("{first}, {next}"));
    above_address(&name, transcript).unwrap_or(name)
}

fn begins_with_figure(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

/// The words of `name` in a line of the transcript, where the others begin the next line, an
/// address.
fn above_address(name: &str, transcript: &str) -> Option<String> {
    let words = words_of(name);
    let lines: Vec<Vec<&str>> = transcript.lines().map(words_of).collect();
    let n = lines
        .windows(2)
        .find_map(|pair| common(&words, &pair[0], &pair[1]))?;
    let (first, below) = words.split_at(words.len() - n);
    is_address(&below.join(" ")).then(|| first.join(" "))
}

/// The line above the page's only address, and the address, where the line looks like a name and
/// `venue` is on neither: a place is printed above its street.
pub(super) fn named_above<'t>(
    venue: &str,
    transcript: &'t str,
    is_when: impl Fn(&str) -> bool,
) -> Option<[&'t str; 2]> {
    let lines: Vec<&str> = transcript.lines().map(str::trim).collect();
    let street = |line: &str| {
        let first = line.split(',').next().unwrap_or_default();
        begins_with_figure(first) && is_address(first) && !is_when(line)
    };
    let mut streets = (0..lines.len()).filter(|&i| street(lines[i]));
    let (at, None) = (streets.next()?, streets.next()) else {
        return None;
    };
    let (above, line) = (lines[at.checked_sub(1)?], lines[at]);
    let told = |line: &str| holds(line, venue) || holds(venue, line);
    (may_name(above) && !is_when(above) && !told(above) && !told(line)).then_some([above, line])
}

/// Whether a line looks like the name above a street: a few words, the first with a capital, no
/// figures and no signs.
pub(super) fn may_name(line: &str) -> bool {
    !line.contains(|c: char| c.is_ascii_digit() || "@:.,!?|".contains(c))
        && line.starts_with(char::is_uppercase)
        && NAME.contains(&words_of(line).len())
}

/// Whether a text is a price or has an address of the web or of mail.
pub(super) fn is_no_place(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let mail = |word: &str| {
        word.find('@')
            .is_some_and(|at| at > 0 && at + 1 < word.len())
    };
    words.any(|word| mail(word) || word.starts_with("www.") || word.starts_with("http"))
        || (text.contains(['$', '£', '€']) && !names_a_place(text))
}

/// Whether a text has a word that places are named by, or a street.
pub(super) fn names_a_place(text: &str) -> bool {
    let ends = |word: &str| {
        let mut ends = COMPOUNDS.iter();
        ends.any(|end| word.len() > end.len() + 2 && word.ends_with(end))
    };
    letters_of(text).any(|word| one_of(PLACES, &word) || ends(&word))
        || text.split(',').any(|part| is_street(part.trim()))
}

/// Whether a list holds the word.
pub(super) fn one_of(words: &str, word: &str) -> bool {
    words.split_whitespace().any(|other| other == word)
}

/// Its words in small letters, without accents and signs.
pub(super) fn letters_of(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_where_its_address_begins() {
        for (read, name) in [
            ("Lumen Studio, 9 Tanner Court", "Lumen Studio"),
            ("Founders' Plaza, State University, Ames", "Founders' Plaza"),
            (
                "Hall 109, Lincoln Opera House",
                "Hall 109, Lincoln Opera House",
            ),
            ("Studio 54, Church Square", "Studio 54, Church Square"),
            ("Unit 9, 4 Willow Row", "Unit 9"),
            ("4601 W. Pauling Rd., Monee", "4601 W. Pauling Rd., Monee"),
            ("The Old Mill", "The Old Mill"),
            ("", ""),
        ] {
            assert_eq!(name_of(read, ""), name, "{read}");
        }
        let above = |read: &str, transcript: &str| name_of(read, transcript);
        let transcript = "Saturday\nStudio Seven\nFish Dock Road\nfree";
        assert_eq!(
            above("Studio Seven Fish Dock Road", transcript),
            "Studio Seven"
        );
        let transcript = "Schlosspark Rosenfeld\nParkallee 1, Rosenfeld";
        let read = "Schlosspark Rosenfeld Parkallee 1, Rosenfeld";
        assert_eq!(above(read, transcript), "Schlosspark Rosenfeld");
        let transcript = "Gannet Bay Lifeboat\nStation";
        let read = "Gannet Bay Lifeboat Station";
        assert_eq!(above(read, transcript), read);
    }

    #[test]
    fn a_place_stands_above_its_street() {
        let page = "Pinecrest PTA\nBake-Off\nSaturday\nPinecrest Gym\n415 Alder Lane, Dunmore";
        let named = |venue: &str, page| named_above(venue, page, |line| line == "Saturday");
        let found = Some(["Pinecrest Gym", "415 Alder Lane, Dunmore"]);
        assert_eq!(named("Pinecrest PTA", page), found);
        assert_eq!(named("Pinecrest Gym", page), None);
        assert_eq!(named("415 Alder Lane, Dunmore", page), None);
        // Two addresses; no name above; none of either.
        let two = "A\nSmith Hall\n4 Mill Lane\nTown Hall\n5 Mill Lane";
        assert_eq!(named("A", two), None);
        for above in [
            "Saturday",
            "Adults $5",
            "Bring a friend!",
            "doors open",
            "Call: Ann",
        ] {
            let page = format!("{above}\n4 Mill Lane");
            let found = named_above("A", &page, |line| line == "Saturday");
            assert_eq!(found, None, "{above}");
        }
        assert_eq!(named("A", "4 Mill Lane"), None);
    }
}
