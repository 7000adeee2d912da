//! Says what printed dates and times mean.
//!
//! ```text
//! cargo run -p foveate-events --example when -- TODAY DATE [START [END]]
//! ```
use foveate_events::{Date, Options, Printed, Reading, Several};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let word = |at: usize| words.get(at).map(String::as_str).filter(|w| !w.is_empty());
    let today: Option<Date> = word(0).and_then(|w| w.parse().ok());
    let Some(today) = today else {
        eprintln!("usage: when TODAY DATE [START [END]]; TODAY is YYYY-MM-DD");
        std::process::exit(2);
    };
    let printed = Printed {
        date: word(1),
        start: word(2),
        end: word(3),
    };
    let options = Options {
        several: Several::Each,
        ..Options::new(today)
    };
    println!("{:#?}", Reading::of(printed, options));
}
