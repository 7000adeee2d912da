//! What events are called.

use super::places;
use crate::dice::Dice;
use crate::words::{self, cities, common, first_names, last_names, title_case};

/// Templates: `{n}` a number's ordinal, `{w}` a word, `{p}` a person, `{f}` and `{g}` first names,
/// `{l}` a last name, `{c}` a town, `{a}` an act, `{s}` a season, `{y}` a number, `{m}` a kind of
/// music, `{o}` an organiser.
const TEMPLATES: &[&str] = &[
    "{m} Night",
    "{m} Festival",
    "{c} {m} Festival",
    "{s} {m} Concert",
    "{a} Live",
    "{a} in Concert",
    "An Evening with {p}",
    "{a}",
    "{a} + {a}",
    "{m} in the Park",
    "{m} Under the Stars",
    "{s} Concert",
    "{s} Festival",
    "{n} Annual {s} Festival",
    "{s} Fair",
    "{s} Craft Fair",
    "{s} Market",
    "{c} Farmers Market",
    "Christmas Market",
    "Flea Market",
    "Vintage Market",
    "{w} Market",
    "Garage Sale",
    "Community Yard Sale",
    "Rummage Sale",
    "Book Sale",
    "Bake Sale",
    "Plant Sale",
    "Spring Clean-Up Day",
    "{w} Workshop",
    "Intro to {w}",
    "Pottery for Beginners",
    "Learn to {w}",
    "{w} for Beginners",
    "{w} & {w} Workshop",
    "Creative Writing Workshop",
    "Watercolor Workshop",
    "The Art of {w}",
    "The History of {w}",
    "Lecture: {w} and {w}",
    "{w}: A Talk by {p}",
    "Meet the Author: {p}",
    "Book Launch: The {w} {w}",
    "Poetry Slam",
    "Open Mic Night",
    "Open Mic at the {w}",
    "Comedy Night",
    "Stand-Up Comedy with {p}",
    "Karaoke Night",
    "Trivia Night",
    "Pub Quiz",
    "The Big {w} Quiz",
    "Bingo Night",
    "Charity Bingo",
    "Game Night",
    "Chess Tournament",
    "{c} Chess Open",
    "{n} Annual {l} Golf Classic",
    "{c} 5K",
    "{w} Run",
    "Fun Run & Walk",
    "{s} Half Marathon",
    "Charity Bike Ride",
    "{l} Memorial 10K",
    "Swim Meet",
    "Yoga in the Park",
    "Sunrise Yoga",
    "Yoga & {w}",
    "Mindfulness Morning",
    "Wellness Retreat",
    "Blood Drive",
    "Health Fair",
    "Food Drive",
    "Coat Drive",
    "Pancake Breakfast",
    "Spaghetti Supper",
    "Church Supper",
    "Fish Fry",
    "Chili Cook-Off",
    "BBQ & {m}",
    "Taste of {c}",
    "Wine Tasting",
    "Beer Festival",
    "{c} Beer & Cider Festival",
    "Street Food {s}",
    "Ice Cream Social",
    "Harvest Dinner",
    "Farm to Table Dinner",
    "Charity Gala",
    "{n} Annual Charity Gala",
    "Benefit Concert for {w}",
    "Fundraiser for {p}",
    "Silent Auction",
    "Casino Night",
    "Masquerade Ball",
    "{s} Ball",
    "Homecoming Dance",
    "Senior Prom",
    "Swing Dance Social",
    "Salsa Night",
    "Tango for Two",
    "Barn Dance",
    "Square Dance",
    "Silent Disco",
    "80s Party",
    "Halloween Party",
    "New Year's Eve Party",
    "{f}'s {n} Birthday",
    "{f} is turning {y}!",
    "{f} & {g}",
    "{f} and {g}'s Wedding",
    "The Wedding of {f} {l} and {g} {l}",
    "Baby Shower for {f}",
    "{l} Family Reunion",
    "Retirement Party for {p}",
    "Class of {y} Reunion",
    "Graduation Party",
    "Housewarming Party",
    "Kids Fun Day",
    "Family Fun Day",
    "Story Time",
    "Puppet Show",
    "The {w} Princess",
    "Easter Egg Hunt",
    "Trunk or Treat",
    "Summer Camp",
    "Science Night",
    "Robotics Open House",
    "Open House",
    "School Play: The {w} {w}",
    "The {w} of {c}",
    "Romeo and Juliet",
    "A Midsummer Night's Dream",
    "The {w} {w}",
    "{w} & {w}",
    "{w}",
    "Murder at the {w}",
    "Film Night: The {w}",
    "Movie in the Park",
    "Short Film Festival",
    "{w}: An Exhibition",
    "{p}: Paintings",
    "{w} / {w}",
    "Gallery Opening",
    "Photography Exhibition",
    "Model Railway Show",
    "Classic Car Show",
    "Dog Show",
    "Pet Adoption Day",
    "Cat Café Opening",
    "Flower Show",
    "{c} Horticultural Show",
    "Garden Tour",
    "Bird Walk",
    "Guided Hike: {w} Trail",
    "Stargazing Night",
    "Beach Clean-Up",
    "Tree Planting Day",
    "Town Hall Meeting",
    "Annual General Meeting",
    "Public Meeting: {w} Road",
    "Neighborhood Watch Meeting",
    "Networking Breakfast",
    "Startup Night",
    "{w} Summit {y}",
    "{w} Conference",
    "{w}Con",
    "Hackathon {y}",
    "Career Day",
    "Job Fair",
    "Tax Seminar",
    "Choir Concert",
    "Carols by Candlelight",
    "Organ Recital",
    "Piano Recital by {p}",
    "Messiah",
    "String Quartet in {w}",
    "Gospel Brunch",
    "Jazz Brunch",
    "Sunday Session",
    "Battle of the Bands",
    "{w} Fest",
    "{w}fest",
    "{a} Tour",
    "The {w} Tour",
    "{n} {c} {w} Days",
    "{o} Open Day",
    "Night of the {w}",
    "Day of {w}",
    "{w} at the {w}",
    "Celebrate {w}",
    "{w} Night",
    "{w} Party",
    "{w} Club",
    "International {w} Day",
    "Women in {w}",
    "Tea & {w}",
    "Coffee Morning",
    "Knit & Natter",
    "Repair Café",
    "Clothes Swap",
    "Seed Swap",
    "Record Fair",
    "Toy Drive",
    "{f}'s {w} Class",
    "Life Drawing",
    "Ceilidh",
    "Zumba Party",
    "First Aid Course",
    "Dog Training Class",
    "{w} {w} {w}",
    "Grand Opening",
    "Ribbon Cutting",
    "Memorial Service for {p}",
    "Candlelight Vigil",
    "Harvest Festival",
    "Oktoberfest",
    "St. Patrick's Day Parade",
    "Pride {y}",
    "Lantern Parade",
    "Winter Lights",
    "Fireworks over {c}",
    "Regatta",
    "Rodeo",
    "Tractor Pull",
    "Monster Truck Show",
    "Pumpkin Patch",
    "Maple Festival",
    "Strawberry Social",
    "Apple Day",
    "Cheese & Wine Evening",
];
const MUSIC: &[&str] = &[
    "Jazz",
    "Blues",
    "Folk",
    "Rock",
    "Indie",
    "Soul",
    "Funk",
    "Techno",
    "Classical",
    "Bluegrass",
    "Reggae",
    "Hip Hop",
    "Gospel",
    "Baroque",
    "Country",
    "Punk",
    "Latin",
    "Chamber Music",
    "Acoustic",
    "Swing",
    "Opera",
    "Brass Band",
    "Live Music",
    "Disco",
];
const SEASONS: &[&str] = &[
    "Spring",
    "Summer",
    "Autumn",
    "Fall",
    "Winter",
    "Christmas",
    "Easter",
    "Holiday",
    "Midsummer",
    "Harvest",
    "Halloween",
    "Midnight",
];

fn word(dice: &mut Dice) -> String {
    if dice.chance(0.04) {
        return title_case(&words::invented(dice));
    }
    loop {
        let word = if dice.chance(0.85) {
            dice.pick(words::everyday())
        } else {
            dice.pick(common())
        };
        if word.len() > 2 {
            return title_case(word);
        }
    }
}

/// A title, and whether it is only the name of an act.
pub fn title(dice: &mut Dice) -> String {
    let template = dice.pick(TEMPLATES);
    let mut title = fill(dice, template);
    if dice.chance(0.05) {
        title.push('!');
    }
    if dice.chance(0.04) {
        title += &format!(" {}", dice.int(2023, 2028));
    }
    title
}

fn fill(dice: &mut Dice, template: &str) -> String {
    let mut out = String::new();
    let mut chars = template.chars();
    while let Some(ch) = chars.next() {
        if ch != '{' {
            out.push(ch);
            continue;
        }
        let slot = chars.next().unwrap_or('w');
        chars.next();
        out += &slot_text(dice, slot);
    }
    out
}

fn slot_text(dice: &mut Dice, slot: char) -> String {
    match slot {
        'n' => {
            let n = dice.int(1, 60);
            format!("{n}{}", words::ordinal(n))
        }
        'y' => dice
            .pick(&[18, 21, 30, 40, 50, 60, 1985, 1999, 2005, 2010, 2025, 2026])
            .to_string(),
        'p' => words::person(dice),
        'f' | 'g' => dice.pick(first_names()).to_string(),
        'l' => dice.pick(last_names()).to_string(),
        'c' => dice.pick(cities()).to_string(),
        'a' => places::act(dice),
        'o' => places::organizer(dice),
        's' => dice.pick(SEASONS).to_string(),
        'm' => dice.pick(MUSIC).to_string(),
        _ => word(dice),
    }
}
