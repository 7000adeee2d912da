//! Plain English sentences from a small grammar.

use super::places;
use crate::dice::Dice;
use crate::words;

/// `{a}` adjective, `{n}` thing, `{s}` things, `{v}` verb, `{e}` event, `{p}` person, `{c}` town, `{w}` any word, `{k}` number, `{o}` organiser, `{b}` act.
const PATTERNS: &[&str] = &[
    "Enjoy {a} {s} and {a} {s} with your {s}.", "Come and {v} the {a} {n} of {c}.", "We {v} {a} {s} for {s} of all ages.", "This {a} {e} brings together {s}, {s} and {s}.", "Our {a} {n} will {v} your {s}.",
    "Join {p} for an {e} of {s} and {s}.", "Learn how to {v} a {n} from {a} {s}.", "The {o} has been part of {c} for {k} years.", "Featuring {b}, {b} and many more.", "There will be {s}, {s} and a {a} {n}.",
    "Each {n} comes with a {a} {n} and two {s}.", "{p} will {v} about the {n} and its {s}.", "If you like {s}, you will love this {e}.", "More than {k} {s} from {c} and beyond.", "A {e} for everyone who loves {s}.",
    "With {a} {s} by {p}.", "Help us {v} the {n} and raise money for {s}.", "Every {n} counts, so {v} your {s} today.", "From {s} to {s}, there is something for every {n}.", "The first {k} {s} receive a free {n}.",
    "Bring a {n}, a {n} and your {a} {s}.", "It is the {a} {e} of the year.", "{p} of {c} opens the {e}.", "In case of {n} the {e} moves to the {n}.", "Please {v} your {n} before you {v}.", "Ask about our {s} and {a} {s}.",
    "You can {v} {s} at the {n} or online.", "Prepare to {v}, {v} and {v} all night.", "The {n} is {a}, the {s} are {a}.", "Meet the {s} behind the {a} {n}.", "What would {c} be without its {a} {s}?", "We need {k} {s} to {v} the {n}.",
    "Winner of the {c} {n} prize.", "\u{201c}A {a} {n} of {a} {s}.\u{201d}", "A {n}, a {n} and {k} {s}: that is all you need.", "No {n}, no {s}, just {a} {s}.", "Since the {n} {v}s so much, {s} are {a}.", "All {s} support the {a} {n} of {c}.",
];
const ADJECTIVES: &[&str] = &["great", "local", "fresh", "new", "live", "warm", "famous", "small", "young", "free", "classic", "fine", "happy", "bright", "quiet", "loud", "bold", "home-made", "friendly", "rare", "tasty", "colourful", "unusual", "historic", "modern", "gentle", "wild", "traditional", "award-winning", "hand-painted", "seasonal", "lively", "cosy", "healthy", "simple", "magic", "curious", "spectacular", "outdoor", "guided"];
const THINGS: &[&str] = &["song", "garden", "story", "ticket", "dancer", "stall", "artist", "neighbour", "cake", "book", "game", "film", "guest", "child", "tree", "painter", "singer", "student", "teacher", "table", "lantern", "bicycle", "boat", "house", "market", "prize", "drum", "candle", "plant", "craft", "beer", "recipe", "puzzle", "poem", "picture", "walk", "river", "church", "school", "kitchen", "farmer", "volunteer", "tune", "choir", "band", "costume", "puppet", "lecture", "record", "dog", "horse", "train", "camera", "museum", "window", "star", "flower", "seed", "quilt", "bowl"];
const VERBS: &[&str] = &["discover", "celebrate", "share", "build", "paint", "cook", "taste", "sing", "dance", "explore", "support", "protect", "visit", "win", "create", "repair", "collect", "read", "watch", "plant", "design", "bake", "play", "remember", "welcome", "try", "print", "carry", "reserve", "make"];
const EVENTS: &[&str] = &["evening", "afternoon", "day", "concert", "festival", "workshop", "party", "gathering", "show", "weekend", "session", "tour", "fair", "celebration", "contest", "market", "gala", "meeting"];

/// One sentence.
pub fn sentence(dice: &mut Dice) -> String {
    let pattern = dice.pick(PATTERNS);
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(ch) = chars.next() {
        if ch != '{' {
            out.push(ch);
            continue;
        }
        let slot = chars.next().unwrap_or('w');
        chars.next();
        out += &word(dice, slot);
    }
    words::title_case(&out)
}

fn word(dice: &mut Dice, slot: char) -> String {
    match slot {
        'a' => dice.pick(ADJECTIVES).to_string(),
        'n' => dice.pick(THINGS).to_string(),
        's' => plural(dice.pick(THINGS)),
        'v' => dice.pick(VERBS).to_string(),
        'e' => dice.pick(EVENTS).to_string(),
        'p' => words::person(dice),
        'c' => dice.pick(words::cities()).to_string(),
        'k' => dice.int(2, 90).to_string(),
        'o' => places::organizer(dice),
        'b' => places::act(dice),
        _ => dice.pick(words::everyday()).to_string(),
    }
}

fn plural(noun: &str) -> String {
    match noun {
        "child" => "children".into(),
        n if n.ends_with("ry") => format!("{}ies", &n[..n.len() - 1]),
        n if n.ends_with("ch") || n.ends_with('s') => format!("{n}es"),
        n => format!("{n}s"),
    }
}
