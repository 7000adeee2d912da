//! Reads random and mutated dates and times, and says how many and which took longest.
//!
//! ```text
//! cargo run --release -p foveate-events --example mutated_dates -- [MILLIONS [SEED]]
//! ```
//! One thread, the same strings for the same seed. It ends with the first panic, whose text is then
//! that of the last line on standard error.
use foveate_events::{Date, Options, Order, Printed, Reading, Several};
use std::time::{Duration, Instant};

/// Strings whose pieces are put together anew.
const SEEDS: &str = include_str!("../tests/dates.tsv");
const MORE: &str = include_str!("../tests/more.tsv");

/// A generator of pseudo-random numbers (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.roll() % n.max(1) as u64) as usize
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// What strings are made of.
struct Stock {
    lines: Vec<&'static str>,
    words: Vec<&'static str>,
}

impl Stock {
    fn new() -> Self {
        let rows = SEEDS.lines().skip(1).chain(MORE.lines().skip(1));
        let cells = rows.flat_map(|row| row.split('\t').skip(2).take(3));
        let lines: Vec<&str> = cells.filter(|c| *c != "-").collect();
        let words = lines.iter().flat_map(|l| l.split(' ')).collect();
        Self { lines, words }
    }

    /// A line as it is, with characters changed, of words of others, or of any characters.
    fn text(&self, dice: &mut Dice) -> String {
        match dice.below(8) {
            0 => noise(dice),
            1..=3 => self.mixed(dice),
            _ => {
                let line = dice.pick(&self.lines);
                mutated(dice, line)
            }
        }
    }

    fn mixed(&self, dice: &mut Dice) -> String {
        let count = 1 + dice.below(12);
        let joint = [" ", " ", "", "-", ", ", "/", "."];
        let mut text = String::new();
        for _ in 0..count {
            text.push_str(dice.pick(&self.words));
            text.push_str(dice.pick(&joint));
        }
        text
    }
}

fn noise(dice: &mut Dice) -> String {
    let count = dice.below(40);
    let any = |dice: &mut Dice| match dice.below(4) {
        0 => char::from(b'0' + dice.below(10) as u8),
        1 => char::from(32 + dice.below(95) as u8),
        2 => dice
            .pick(&[
                ".", "-", ":", "/", "'", "º", "–", " ", "à", "\u{301}", "\0", "\n",
            ])
            .chars()
            .next()
            .unwrap_or(' '),
        _ => char::from_u32(dice.below(0x11_0000) as u32).unwrap_or(' '),
    };
    (0..count).map(|_| any(dice)).collect()
}

/// The text with up to four characters left out, put in, replaced, or doubled.
fn mutated(dice: &mut Dice, text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..dice.below(5) {
        let at = dice.below(chars.len());
        let other = dice.pick(&["0", "1", "9", ".", "-", " ", ":", "a", "m", "é", "/", ","]);
        let other = other.chars().next().unwrap_or(' ');
        match dice.below(4) {
            _ if chars.is_empty() => chars.push(other),
            0 => drop(chars.remove(at)),
            1 => chars.insert(at, other),
            2 => chars[at] = other,
            _ => chars.insert(at, chars[at]),
        }
    }
    chars.into_iter().collect()
}

/// Counts of what was made of the strings.
#[derive(Default)]
struct Tally {
    dated: u64,
    slowest: (Duration, String),
    most: (usize, String),
}

impl Tally {
    fn add(&mut self, texts: &[String; 3], options: Options) {
        let printed = Printed {
            date: Some(&texts[0]),
            start: Some(&texts[1]),
            end: Some(&texts[2]),
        };
        let began = Instant::now();
        let reading = Reading::of(printed, options);
        let took = began.elapsed();
        self.dated += u64::from(!reading.schedules.is_empty());
        if took > self.slowest.0 {
            self.slowest = (took, format!("{texts:?}"));
        }
        if reading.effort() > self.most.0 {
            self.most = (reading.effort(), format!("{texts:?}"));
        }
    }
}

fn main() {
    let mut args = std::env::args().skip(1);
    let millions: f64 = args.next().and_then(|a| a.parse().ok()).unwrap_or(1.0);
    let seed: u64 = args.next().and_then(|a| a.parse().ok()).unwrap_or(1);
    let (stock, mut dice) = (Stock::new(), Dice(seed));
    let count = (millions * 1e6) as u64;
    let mut tally = Tally::default();
    let began = Instant::now();
    for _ in 0..count {
        let day = Date::new(2020, 1, 1).map(|d| d.plus_days(dice.below(4000) as i32));
        let mut options = Options::new(day.unwrap_or_else(Date::today));
        if dice.below(2) == 0 {
            (options.order, options.several) = (Order::DayFirst, Several::Each);
        }
        let none = String::new;
        let mut texts = [stock.text(&mut dice), none(), none()];
        if dice.below(3) == 0 {
            texts[1] = stock.text(&mut dice);
            texts[2] = stock.text(&mut dice);
        }
        tally.add(&texts, options);
    }
    println!(
        "{count} strings, seed {seed}, {:.1} s",
        began.elapsed().as_secs_f64()
    );
    println!("{} name a day", tally.dated);
    println!("slowest: {:?} for {}", tally.slowest.0, tally.slowest.1);
    println!("most readings: {} for {}", tally.most.0, tally.most.1);
}
