//! Many pictures on the fakes of `world/mod.rs`: order, a bad one among them, and how many are in
//! hand.
mod world;

use foveate::batch::in_order;
use foveate::{ErrorKind, Image};
use std::sync::atomic::{AtomicUsize, Ordering};
use world::{model, picture};

/// Pictures of their numbers; every seventh is none.
fn album(count: usize) -> impl Iterator<Item = foveate::Result<Image>> {
    (0..count).map(|i| match i % 7 {
        3 => Image::from_bytes(b"no picture"),
        _ => Ok(picture(&format!("number_{i}"))),
    })
}

#[test]
fn pictures_are_answered_in_order_and_few_are_in_hand() {
    const COUNT: usize = 60;
    for workers in [1, 2, 5] {
        let (model, _, _) = model();
        let (in_hand, peak) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let pictures = album(COUNT).inspect(|_| {
            let now = in_hand.fetch_add(1, Ordering::SeqCst) + 1;
            peak.fetch_max(now, Ordering::SeqCst);
        });
        let mut texts = Vec::new();
        in_order(
            pictures,
            workers,
            |image| model.ocr(&image?),
            |reading| {
                in_hand.fetch_sub(1, Ordering::SeqCst);
                texts.push(reading.map(|r| r.text).map_err(|e| e.kind()));
                Ok::<(), ()>(())
            },
        )
        .unwrap();
        let expected: Vec<_> = (0..COUNT)
            .map(|i| match i % 7 {
                3 => Err(ErrorKind::InvalidImage),
                _ => Ok(format!("number {i}")),
            })
            .collect();
        assert_eq!(texts, expected);
        let peak = peak.load(Ordering::SeqCst);
        assert!(peak <= 2 * workers, "{peak} in hand, {workers} workers");
    }
}
