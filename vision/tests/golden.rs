//! The views agree with Pillow's, pixel by pixel (see `golden.py`).

use std::{fs, path::PathBuf};

use foveate_vision::{ImageConfig, Limits, Mode, Pixels, TileBatch};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    mode: Mode,
    step: usize,
    views: usize,
    size: [u32; 2],
    pixel: [usize; 3],
    normal: [f64; 3],
}

/// The largest difference of a channel, in 255ths, and the largest mean difference. Both round
/// their coefficients to integers, but not with the same number of bits.
const TOLERANCE: u8 = 1;
const MEAN_TOLERANCE: f64 = 0.01;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn picture(name: &str) -> Pixels {
    Pixels::open(
        folder().join(name).with_extension("png"),
        &Limits::default(),
    )
    .unwrap()
}

#[test]
fn every_mode_and_shape_agrees_with_pillow() {
    let config = ImageConfig::default();
    let cases: Vec<Case> =
        serde_json::from_slice(&fs::read(folder().join("golden.json")).unwrap()).unwrap();
    assert_eq!(cases.len(), 15);
    for case in cases {
        let mode = format!("{:?}", case.mode).to_lowercase();
        let name = format!("{}-{mode}", case.name);
        let views = TileBatch::new(&picture(&case.name), case.mode, &config);
        assert_eq!(views.mode(), case.mode);
        assert_eq!(views.placement().content_size(), case.size, "{name}");
        assert_eq!(views.rgb().dim().0, case.views, "{name}");

        let (_, edge, ..) = views.rgb().dim();
        let at = || (case.step / 2..edge).step_by(case.step);
        let golden = picture(&name);
        assert_eq!(
            golden.rgb().len(),
            case.views * at().count().pow(2) * 3,
            "{name}"
        );
        let mut golden = golden.rgb().iter();
        let (mut largest, mut sum, mut count) = (0, 0, 0);
        for view in 0..case.views {
            for row in at() {
                for column in at() {
                    for channel in 0..3 {
                        let ours = views.rgb()[[view, row, column, channel]];
                        let difference = ours.abs_diff(*golden.next().unwrap());
                        largest = largest.max(difference);
                        sum += u64::from(difference);
                        count += 1;
                    }
                }
            }
        }
        let mean = sum as f64 / f64::from(count);
        println!("{name}: largest {largest}, mean {mean:.5}");
        assert!(
            largest <= TOLERANCE && mean <= MEAN_TOLERANCE,
            "{name}: largest {largest}, mean {mean}"
        );

        let [view, row, column] = case.pixel;
        let normal = views.normalised(&config);
        for channel in 0..3 {
            let ours = f64::from(normal[[view, channel, row, column]]);
            assert!(
                (ours - case.normal[channel]).abs() < 0.0079,
                "{name}: {ours} {:?}",
                case.normal
            );
        }
    }
}
