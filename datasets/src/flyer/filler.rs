//! Sentences that a flyer also holds: some only talk, some hold dates and times that are not the
//! event's.

use super::dates::{self, Day, Habits};
use super::places;
use super::times;
use crate::content::Source;
use crate::dice::Dice;
use crate::words;

const TALK: &[&str] = &[
    "Bring your friends and family!",
    "All are welcome.",
    "Everyone welcome!",
    "Light refreshments will be served.",
    "Bring a blanket and a chair.",
    "Free parking on site.",
    "Wheelchair accessible.",
    "Rain or shine.",
    "Food and drinks available.",
    "No experience necessary.",
    "All proceeds go to charity.",
    "All materials provided.",
    "Please bring your own mug.",
    "Limited seats, so book early.",
    "Children under 12 must be with an adult.",
    "Fun for the whole family!",
    "Live music all day.",
    "Cash bar.",
    "Dress code: smart casual.",
    "Dress to impress.",
    "Costumes encouraged.",
    "Prizes for the best costume!",
    "Raffle with great prizes.",
    "Dogs on leads welcome.",
    "Face painting, games and a bouncy castle.",
    "Come hungry, leave happy.",
    "Home-made cakes and hot drinks.",
    "Meet local artists and makers.",
    "Over 40 stalls of handmade goods.",
    "Join us for an unforgettable evening.",
    "Don't miss it!",
    "Save the date",
    "You're invited",
    "See you there!",
    "Tell a friend.",
    "Volunteers needed.",
    "No tickets required.",
    "Donations welcome at the door.",
    "Suitable for all abilities.",
    "Beginners welcome.",
    "Photography permitted.",
    "First come, first served.",
    "Subject to availability.",
    "Programme may change.",
    "Please recycle this flyer.",
    "Sign up at the front desk.",
    "Ask at reception for details.",
    "Space is limited.",
    "Vegetarian and vegan options.",
    "Gluten-free options available.",
    "Hosted by your neighbours.",
    "Support live music.",
    "Sponsored by",
    "Follow us @",
    "In aid of the local hospice.",
    "Presented in partnership with the city.",
    "Kids eat free!",
    "Free entry",
    "FREE ADMISSION",
    "Tickets at the door",
    "Limited tickets available",
    "Open to the public",
    "Members and guests",
    "Cash only",
    "No refunds.",
    "Sorry, no dogs.",
];
/// `{d}` another date, `{t}` another time, `{u}` a later one, `{w}` a weekday, `{p}` a price, `{v}`
/// another place, `{n}` a number, `{x}` a person, `{y}` a year, `{h}` a phone.
const DECOYS: &[&str] = &[
    "Doors open at {t}.",
    "Tickets on sale from {d}.",
    "RSVP by {d}",
    "Please reply by {d}.",
    "Rain date: {d}",
    "Rehearsals every {w} at {t}.",
    "Last year's edition on {d} sold out.",
    "Registration from {t}.",
    "Registration closes {d}.",
    "Box office open {w} to {w}, {t} – {u}.",
    "Early bird until {d}: {p}",
    "Set-up from {t}.",
    "Free parking after {t}.",
    "Kitchen open until {u}.",
    "Last entry {u}.",
    "Call between {t} and {u}.",
    "Next meeting: {d}, {t}",
    "Stall bookings by {d}.",
    "Established {y}.",
    "Free shuttle from {v} every {n} minutes.",
    "Also on {d} at {v}.",
    "Coming soon: {x}, {d}",
    "Exhibition continues until {d}.",
    "Happy hour {t} - {u}",
    "Office hours: {w}–{w} {t}–{u}",
    "Deadline for entries: {d}",
    "Tickets also from {v}.",
    "Bus {n} stops outside; last bus {u}.",
    "After-party from {u} at {v}.",
    "Sound check {t}.",
    "Volunteers please arrive at {t}.",
    "Moved from {d}.",
    "New date! Formerly {d}.",
    "Closed on {d}.",
    "Since {y}",
    "Printed {d}",
    "Posted {d}",
    "Poster design: {x}",
    "Photo: {x}",
    "© {y} {x}",
    "Lunch at {t}, coffee at {u}.",
    "Group rates: call {h}.",
    "Children under {n} free.",
    "Workshop fee {p}, materials {p}.",
    "Refunds until {d}.",
    "Our club meets every {w} at {t} in {v}.",
    "Bring this flyer before {t} for {p} off.",
    "The {y} season opens on {d}.",
    "Pre-sale starts {d} at {t}.",
    "Drop off items on {d} between {t} and {u}.",
];

/// A sentence that holds nothing to mistake.
pub fn talk(dice: &mut Dice) -> String {
    match dice.below(10) {
        0..=4 => dice.pick(TALK).to_string(),
        5..=8 => super::grammar::sentence(dice),
        _ => {
            let n = dice.int(4, 14) as usize;
            prose(dice, n)
        }
    }
}

/// About `count` words: sentences that mean something, or words in a row.
pub fn prose(dice: &mut Dice, count: usize) -> String {
    if dice.chance(0.6) {
        let mut text = super::grammar::sentence(dice);
        while text.split(' ').count() < count {
            text = text + " " + &super::grammar::sentence(dice);
        }
        return text;
    }
    let mut source = Source::prose();
    let mut text: Vec<String> = (0..count).map(|_| source.next(dice)).collect();
    if let Some(last) = text.last_mut() {
        *last = last
            .trim_end_matches([',', ';', ':', '-', '(', '–'])
            .to_string()
            + ".";
    }
    text.join(" ")
}

/// A sentence with a date, time, price or place that is not the event's.
pub fn decoy(dice: &mut Dice, day: Day, habits: Habits) -> String {
    let template = dice.pick(DECOYS);
    let mut out = String::new();
    let mut chars = template.chars();
    while let Some(ch) = chars.next() {
        if ch != '{' {
            out.push(ch);
            continue;
        }
        let slot = chars.next().unwrap_or('n');
        chars.next();
        out += &slot_text(dice, slot, day, habits);
    }
    out
}

fn slot_text(dice: &mut Dice, slot: char, day: Day, habits: Habits) -> String {
    match slot {
        'd' => {
            let (least, most) = dice.pick(&[(-30, -1), (-400, -300), (1, 40), (-14, -1)]);
            let other = day.near(dice, least.max(-60), most);
            dates::day(dice, other, habits).0
        }
        't' => times::clock(dice.int(16, 38) * 30, habits),
        'u' => times::clock(dice.int(38, 47) * 30, habits),
        'w' => dice.pick(&words::WEEKDAYS).to_string(),
        'p' => words::price(dice),
        'v' => places::venue(dice),
        'x' => words::person(dice),
        'y' => dice.int(1888, 2026).to_string(),
        'h' => words::phone(dice),
        _ => dice.int(2, 90).to_string(),
    }
}
