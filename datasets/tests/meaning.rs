//! What flyers print means to `foveate` what the generator says it means.
#![cfg(feature = "eval")]

use foveate_datasets::eval::normalised;
use foveate_datasets::files::EventTruth;
use foveate_datasets::fonts::{Fonts, Split};
use foveate_datasets::metrics;
use foveate_datasets::pen::Pen;
use foveate_datasets::stream::{self, Kind, Options};
use foveate_events::CalendarEvent;

#[test]
fn printed_dates_and_times_mean_their_values() {
    let (fonts, mut pen) = (Fonts::kept(), Pen::default());
    let options = Options {
        kind: Kind::Flyers,
        split: Split::Train,
        seed: 3,
        size: 1344,
        count: None,
        threads: 1,
        pixels: false,
        photographed: 0.0,
    };
    let mut wrong = Vec::new();
    for index in 0..1000 {
        let truth = stream::samples(&fonts, &options, index, &mut pen)
            .remove(0)
            .0;
        let printed = |name: &str| truth.fields.get(name).map(|f| f.text.clone());
        let event = CalendarEvent {
            title: printed("title"),
            date: printed("date"),
            start: printed("start"),
            end: printed("end"),
            venue: printed("venue"),
        };
        let (expected, meaning) = (EventTruth::of(&truth), normalised(&event));
        if !metrics::score(&expected, &meaning).all() || expected.end != meaning.end {
            wrong.push(format!("{event:?} means {meaning:?}, not {expected:?}"));
        }
    }
    assert!(
        wrong.len() <= 10,
        "{} of 1000: {}",
        wrong.len(),
        wrong.join("\n")
    );
}
