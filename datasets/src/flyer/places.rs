//! Venues, hosts, bands and pubs, put together from lists.

use crate::dice::Dice;
use crate::words::{self, cities, common, first_names, last_names, streets, title_case};

const HALLS: &[&str] = &[
    "Hall",
    "Community Center",
    "Community Centre",
    "Town Hall",
    "Theatre",
    "Theater",
    "Arts Center",
    "Library",
    "Museum",
    "Gallery",
    "Ballroom",
    "Auditorium",
    "Concert Hall",
    "Playhouse",
    "Opera House",
    "Pavilion",
    "Park",
    "Gardens",
    "Stadium",
    "Arena",
    "Club",
    "Lounge",
    "Cafe",
    "Café",
    "Coffee House",
    "Bookshop",
    "Books",
    "Brewery",
    "Brewing Co.",
    "Taproom",
    "Winery",
    "Vineyard",
    "Farm",
    "Barn",
    "School",
    "High School",
    "Elementary School",
    "Primary School",
    "Academy",
    "College",
    "University",
    "Church",
    "Chapel",
    "Cathedral",
    "Temple",
    "Mosque",
    "Synagogue",
    "Senior Center",
    "Youth Club",
    "Sports Centre",
    "Gym",
    "Studio",
    "Dance Studio",
    "Yoga Studio",
    "Hotel",
    "Inn",
    "Lodge",
    "Restaurant",
    "Bistro",
    "Kitchen",
    "Bakery",
    "Mall",
    "Market Hall",
    "Plaza",
    "Square",
    "Marina",
    "Pier",
    "Boathouse",
    "Clubhouse",
    "Country Club",
    "Golf Club",
    "Recreation Ground",
    "Village Hall",
    "Parish Hall",
    "Civic Center",
    "Convention Center",
    "Conference Centre",
    "Cinema",
    "Warehouse",
    "Fire Station",
    "VFW Post 214",
    "Legion Hall",
    "Grange",
    "Masonic Lodge",
    "Cultural Center",
    "Institute",
    "Rooms",
    "House",
    "Manor",
    "Castle",
    "Works",
    "Factory",
];
const SAINTS: &[&str] = &[
    "Mary", "John", "Paul", "Peter", "James", "Luke", "Mark", "Andrew", "Anne", "George",
    "Patrick", "Michael", "Joseph", "Francis", "Nicholas", "Martin", "Cuthbert", "Agnes", "Clare",
    "Helena",
];
const BEASTS: &[&str] = &[
    "Lion",
    "Fox",
    "Hare",
    "Stag",
    "Swan",
    "Bull",
    "Horse",
    "Bear",
    "Owl",
    "Crow",
    "Dolphin",
    "Badger",
    "Raven",
    "Anchor",
    "Crown",
    "Plough",
    "Bell",
    "Ship",
    "Oak",
    "Rose",
    "Compass",
    "Barrel",
    "Lantern",
    "Spade",
    "Parrot",
    "Griffin",
    "Wheatsheaf",
    "Lamb",
    "Goose",
    "Otter",
];
const COLORS: &[&str] = &[
    "Red", "White", "Black", "Golden", "Blue", "Green", "Silver", "Old", "Crooked", "Rusty",
    "Drunken", "Lucky", "Royal", "Velvet", "Copper", "Little", "Flying", "Jolly", "Merry",
    "Hungry",
];

fn word(dice: &mut Dice) -> String {
    loop {
        let word = if dice.chance(0.85) {
            dice.pick(words::everyday())
        } else {
            dice.pick(common())
        };
        if word.len() > 3 {
            return title_case(word);
        }
    }
}

/// Where something takes place.
pub fn venue(dice: &mut Dice) -> String {
    let hall = dice.pick(HALLS);
    match dice.below(17) {
        0 | 1 => format!("{} {hall}", dice.pick(cities())),
        2 | 3 => format!("{} {hall}", dice.pick(streets())),
        4 => format!("The {} {}", dice.pick(COLORS), dice.pick(BEASTS)),
        5 => format!("The {} & {}", dice.pick(BEASTS), dice.pick(BEASTS)),
        6 => format!(
            "St. {}'s {}",
            dice.pick(SAINTS),
            dice.pick(&[
                "Church",
                "Church Hall",
                "School",
                "Parish Hall",
                "Cathedral",
                "Chapel",
                "Hospital"
            ])
        ),
        7 => format!("{} Memorial {hall}", dice.pick(last_names())),
        8 => format!(
            "{}'s {}",
            dice.pick(first_names()),
            dice.pick(&[
                "Bar",
                "Cafe",
                "Bar & Grill",
                "Pub",
                "Diner",
                "Place",
                "Jazz Club",
                "Tavern",
                "Pizzeria",
                "Kitchen",
                "Bookshop"
            ])
        ),
        9 => format!("The {} {hall}", word(dice)),
        10 => format!(
            "{} {}, {} {hall}",
            dice.pick(&["Room", "Studio", "Hall", "Suite"]),
            dice.int(1, 420),
            dice.pick(streets())
        ),
        11 => format!("{} {hall}", dice.pick(last_names())),
        12 => format!(
            "Club {}",
            if dice.chance(0.5) {
                word(dice)
            } else {
                title_case(&words::invented(dice))
            }
        ),
        13 => format!(
            "The {}",
            dice.pick(&[
                "Basement",
                "Attic",
                "Loft",
                "Depot",
                "Foundry",
                "Annex",
                "Orangery",
                "Greenhouse",
                "Cellar",
                "Observatory",
                "Boiler Room",
                "Engine Shed"
            ])
        ),
        14 => format!(
            "{} {} {hall}",
            dice.pick(&[
                "North", "South", "East", "West", "Upper", "Lower", "First", "Central", "Old",
                "New"
            ]),
            dice.pick(streets())
        ),
        15 => format!("{} {hall}", title_case(&words::invented(dice))),
        _ => format!(
            "{} of {}",
            dice.pick(&[
                "Museum",
                "House",
                "School",
                "Church",
                "Institute",
                "Temple",
                "Academy"
            ]),
            word(dice)
        ),
    }
}

/// Town, perhaps with state or postcode.
pub fn city(dice: &mut Dice) -> String {
    let city = dice.pick(cities());
    let letter = |dice: &mut Dice| (b'A' + dice.below(26) as u8) as char;
    let state = dice.pick(&[
        "CA", "NY", "TX", "OH", "WA", "OR", "MA", "IL", "PA", "VT", "GA", "NC", "MN", "CO", "MI",
        "ON", "BC",
    ]);
    match dice.below(8) {
        0 => format!("{city}, {state}"),
        1 => format!("{city}, {state} {:05}", dice.int(501, 99950)),
        2 => format!(
            "{city} {}{}{} {}{}{}",
            letter(dice),
            letter(dice),
            dice.int(1, 20),
            dice.int(1, 9),
            letter(dice),
            letter(dice)
        ),
        3 => format!("{:05} {city}", dice.int(1000, 99999)),
        _ => city.to_string(),
    }
}

/// Who holds an event.
pub fn organizer(dice: &mut Dice) -> String {
    let body = dice.pick(&[
        "Society",
        "Association",
        "Club",
        "Foundation",
        "Council",
        "Trust",
        "Committee",
        "Collective",
        "Productions",
        "Rotary Club",
        "Lions Club",
        "PTA",
        "Friends",
        "Group",
        "Alliance",
        "League",
        "Network",
        "Choir",
        "Players",
        "Department",
        "Guild",
        "Union",
        "Events",
    ]);
    match dice.below(7) {
        0 | 1 => format!(
            "{} {} {body}",
            dice.pick(cities()),
            dice.pick(&[
                "Arts", "Music", "Garden", "History", "Book", "Sports", "Film", "Heritage",
                "Business", "Women's", "Youth", "Nature", "Jazz", "Animal"
            ])
        ),
        2 => format!("Friends of {}", venue(dice)),
        3 => format!("{} {body}", word(dice)),
        4 => format!("The {} {body}", dice.pick(last_names())),
        5 => words::person(dice),
        _ => format!(
            "{} & {} {}",
            dice.pick(last_names()),
            dice.pick(last_names()),
            dice.pick(&[
                "Productions",
                "Events",
                "LLC",
                "Ltd",
                "Law",
                "Realty",
                "Catering",
                "Bank"
            ])
        ),
    }
}

/// A band or an artist.
pub fn act(dice: &mut Dice) -> String {
    let plural = |dice: &mut Dice| {
        let mut noun = word(dice);
        if !noun.ends_with('s') {
            noun.push('s');
        }
        noun
    };
    match dice.below(11) {
        0 | 1 => format!("The {}", plural(dice)),
        2 => format!("The {} {}", word(dice), plural(dice)),
        3 => format!("{} & the {}", words::person(dice), plural(dice)),
        4 => format!(
            "{} {}",
            dice.pick(last_names()),
            dice.pick(&[
                "Trio",
                "Quartet",
                "Quintet",
                "Band",
                "Brothers",
                "Sisters",
                "Ensemble",
                "Orchestra",
                "Project",
                "Family"
            ])
        ),
        5 => format!(
            "DJ {}",
            if dice.chance(0.5) {
                dice.pick(first_names()).to_string()
            } else {
                word(dice)
            }
        ),
        6 => format!("{} {}", word(dice), word(dice)),
        7 => title_case(&words::invented(dice)),
        8 => format!("{} of {}", plural(dice), word(dice)),
        _ => words::person(dice),
    }
}
