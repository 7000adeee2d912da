//! Business cards are scored without and with an adapter, on the bundle of random weights.
#![cfg(feature = "eval")]

use foveate::{ErrorKind, Mode, Model, Options};
use foveate_datasets::eval::cards::{BusinessCard, FIELDS, evaluate};
use foveate_datasets::files::Set;
use foveate_datasets::fonts::{Fonts, Split};
use std::path::Path;

#[test]
fn a_card_is_read_twice_and_scored_once_for_each() {
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/tiny");
    let options = Options {
        mode: Some(Mode::Rapid),
        threads: 1,
        ..Options::default()
    };
    let model = Model::load_with(tiny, &options).unwrap();
    let none = model.adapter("business-card").map_err(|e| e.kind());
    assert_eq!(none.err(), Some(ErrorKind::AdapterMismatch));
    let set = Set {
        split: Split::Test,
        seed: 1,
        count: 1,
        photographed: 0.0,
    };
    let dump = std::env::temp_dir().join(format!("foveate-cards-{}", std::process::id()));
    let loud = model.adapter("loud").unwrap();
    let report = evaluate(&model, &loud, &Fonts::kept(), &set, Some(&dump)).unwrap();
    let explained = std::fs::read_to_string(dump.join("00000.txt")).unwrap();
    std::fs::remove_dir_all(&dump).unwrap();

    assert_eq!(model.encoder_runs(), 1, "both saw the same image tokens");
    assert_eq!(report.columns.each_ref().map(|t| t.cards), [1, 1]);
    assert!(explained.contains("expected BusinessCard"), "{explained}");
    let table = report.to_string();
    assert!(table.starts_with("| | without | with `loud` |\n| --- | --- | --- |\n| cards"));
    for field in FIELDS {
        assert!(table.contains(&format!("| {field} | ")), "{table}");
    }
    assert_eq!(
        BusinessCard::default().right(&BusinessCard::default()),
        [true; 7]
    );
}
