//! Addresses, as far as a name must be told from one.
use super::labels::street_behind;
use super::text::Text;
use super::words::Sense;

/// Most figures of a house's number.
const HOUSE: usize = 5;
/// Points of the compass before the names of streets.
const DIRECTIONS: [&str; 4] = ["n", "s", "e", "w"];
/// Words that end the names of streets and of other places as often.
const PLACES: [&str; 8] = [
    "gardens", "hill", "wharf", "parade", "highway", "ring", "ufer", "mews",
];

/// Whether a text is a street with or without a house: `9 Tanner Court`, `Ridge Lane`,
/// `Parkallee 1`, `rue Lepic`. A name of one word is none.
pub(crate) fn is_address(raw: &str) -> bool {
    let text = Text::new(raw);
    let n = text.len();
    let numbered = |at| text.number(at).is_some_and(|n| n.1 <= HOUSE);
    if n < 2 {
        return false;
    }
    // `14 Mill Race`, `14a Mill Race`; neither `2nd Floor` nor `7 pm`.
    let letter = usize::from(!text.spaced(1) && text.letters(1).len() == 1);
    if numbered(0) && text.spaced(1 + letter) && text.letters(1 + letter).len() > 2 {
        return true;
    }
    // `4601 W. Pauling Rd`.
    if numbered(0) && text.spaced(1) && DIRECTIONS.contains(&&*text.letters(1).to_lowercase()) {
        let name = 2 + usize::from(text.is(2, '.'));
        let is_street = |at: usize| text.sense(at, |s| s == Sense::Street).is_some();
        return text.letters(name).len() > 2 && (name + 1..n).any(is_street);
    }
    let street = if numbered(0) && text.is(1, ',') { 2 } else { 0 };
    let before = text.sense(street, |s| s == Sense::StreetBefore);
    if before.is_some_and(|to| to < n) {
        return true;
    }
    let end = if numbered(n - 1) { n - 1 } else { n };
    let end = end - usize::from(text.is(end - 1, ','));
    let is_street = |at: usize| {
        let to = text.sense(at, |s| s == Sense::Street);
        let ends = to.is_some_and(|to| to == end || (to + 1 == end && text.is(to, '.')));
        ends && !PLACES.contains(&text.letters(at).to_lowercase().as_str())
    };
    (1..end).any(is_street) || (end < n && street_behind(&text, end))
}

/// Whether a text is an address with the name of a street in it: `9 Tanner Court`, not `9 til 4`.
pub(crate) fn is_street(raw: &str) -> bool {
    let text = Text::new(raw);
    let word = |s: Sense| matches!(s, Sense::Street | Sense::StreetBefore);
    let named = |at: usize| text.sense(at, word).is_some() || street_behind(&text, at + 1);
    is_address(raw) && (0..text.len()).any(named)
}

/// Whether a text is a part of a building, whose name goes on behind: `Hall 109`, `Unit 9`,
/// `upstairs room`.
pub(crate) fn is_room(raw: &str) -> bool {
    const ROOMS: [&str; 15] = [
        "room", "suite", "hall", "unit", "studio", "floor", "level", "lot", "platform", "gallery",
        "foyer", "court", "stage", "aula", "saal",
    ];
    let text = Text::new(raw);
    let mut words = (0..text.len()).map(|at| text.letters(at).to_lowercase());
    let named = words.any(|word| ROOMS.contains(&word.as_str()));
    named && (text.len() == 1 || (0..text.len()).any(|at| text.number(at).is_some()))
        || text
            .letters(0)
            .chars()
            .next()
            .is_some_and(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_names() {
        for address in [
            "9 Tanner Court",
            "14a Mill Race",
            "Ridge Lane",
            "Shoreline Drive",
            "Foundry Rd.",
            "Market Place",
            "Parkallee 1",
            "Hauptstr. 12",
            "rue Lepic",
            "91, rue Clark",
            "60 Lantern Street",
            "4601 W. Pauling Rd. Monee",
            "4601 w pauling rd",
            "via Roma 5",
        ] {
            assert!(is_address(address), "{address}");
        }
        for name in [
            "2nd Floor",
            "Monterey",
            "State University",
            "Corn Exchange",
            "Studio 54",
            "Hall 109",
            "7 pm",
            "7 W Band",
            "Botanic Gardens",
            "Engine House No. 2",
            "Promenade",
            "",
            "The Street Theatre",
        ] {
            assert!(!is_address(name), "{name}");
        }
        for street in ["82 East 4th Street", "Hauptstr. 12", "Parkallee 1"] {
            assert!(is_street(street), "{street}");
        }
        assert!(!is_street("9 TIL 4") && !is_street("159 AUTOMOBILE"));
        assert!(is_room("Hall 109") && is_room("upstairs room") && is_room("Studio 54"));
        assert!(!is_room("Lumen Studio") && !is_room("Engine House No. 2"));
    }
}
