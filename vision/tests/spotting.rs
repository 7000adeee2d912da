//! The spotter on graphs whose answers are obvious (`spotting.py`): letters are colours.

use std::path::Path;

use foveate_onnx::GraphOptions;
use foveate_vision::{
    ErrorKind, GraphName, Pixels, Spotted, Spotter, SpotterConfig, SpotterOptions,
};

const RED: [u8; 3] = [255, 0, 0];
const GREEN: [u8; 3] = [0, 255, 0];
const BLUE: [u8; 3] = [0, 0, 255];

fn name(file: &str) -> GraphName {
    GraphName {
        file: file.to_owned(),
        sha256: String::new(),
    }
}

fn config(detector: &str, recognizer: &str) -> SpotterConfig {
    SpotterConfig {
        detector: name(detector),
        classifier: Some(name("turn.onnx")),
        recognizer: name(recognizer),
        options: SpotterOptions::default(),
    }
}

fn open(config: &SpotterConfig) -> foveate_vision::Result<Spotter> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spotting");
    Spotter::open(folder, config, &GraphOptions::default())
}

/// A black picture with coloured rectangles: x, y, width, height, colour.
fn picture(size: [u32; 2], parts: &[([u32; 4], [u8; 3])]) -> Pixels {
    let colour = |x: u32, y: u32| {
        let inside = |[left, top, width, height]: [u32; 4]| {
            (left..left + width).contains(&x) && (top..top + height).contains(&y)
        };
        let part = parts.iter().find(|(place, _)| inside(*place));
        part.map_or([0; 3], |(_, colour)| *colour)
    };
    let [width, height] = size;
    let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| colour(x, y)));
    Pixels::from_rgb(width, height, rgb.collect()).unwrap()
}

fn spot(picture: &Pixels) -> Spotted {
    let spotter = open(&config("find.onnx", "read.onnx")).unwrap();
    spotter.spot(picture).unwrap()
}

fn texts(spotted: &Spotted) -> Vec<&str> {
    spotted
        .lines
        .iter()
        .map(|line| line.text.as_str())
        .collect()
}

#[test]
fn lines_are_read_where_they_are() {
    let parts = [
        ([100, 200, 100, 30], RED),
        ([200, 200, 60, 30], BLUE),
        ([260, 200, 100, 30], GREEN),
        ([500, 202, 160, 30], GREEN),
        ([100, 600, 160, 30], RED),
    ];
    let spotted = spot(&picture([800, 800], &parts));
    assert_eq!(texts(&spotted), ["a b", "b", "a"]);
    let line = &spotted.lines[0];
    let [left, top, right, bottom] = bounds(&line.quad);
    assert!(left < 100.0 && top < 200.0 && right > 360.0 && bottom > 230.0);
    assert!(left > 60.0 && top > 160.0 && right < 400.0 && bottom < 270.0);
    assert_eq!(line.turned, 0);
    for (ch, middle) in line.chars.iter().zip([150.0, 230.0, 310.0]) {
        let [left, _, right, _] = bounds(&ch.quad);
        assert!(((left + right) / 2.0 - middle).abs() < 15.0, "{ch:?}");
        assert!(ch.confidence > 0.9);
    }
    assert!(line.confidence > 0.9);
}

/// Left, top, right and bottom.
fn bounds(quad: &[[f32; 2]; 4]) -> [f32; 4] {
    let ends = |axis: usize| {
        let places = quad.iter().map(|corner| corner[axis]);
        places.fold([f32::MAX, f32::MIN], |[a, b], at| [a.min(at), b.max(at)])
    };
    let ([left, right], [top, bottom]) = (ends(0), ends(1));
    [left, top, right, bottom]
}

#[test]
fn a_line_that_runs_down_or_stands_upside_down_is_turned() {
    let down = [([300, 100, 40, 200], RED), ([300, 300, 40, 200], GREEN)];
    let spotted = spot(&picture([800, 800], &down));
    assert_eq!(texts(&spotted), ["ab"]);
    let line = &spotted.lines[0];
    assert_eq!(line.turned, 90);
    let [first, second, ..] = line.quad;
    assert!(
        first[0] > 340.0 && first[1] < 100.0,
        "it begins at the upper right: {first:?}"
    );
    assert!(
        second[0] > 340.0 && second[1] > 500.0,
        "and runs down: {second:?}"
    );
    assert!(line.chars[0].quad[0][1] < line.chars[1].quad[0][1]);

    // The classifier takes blue on the left for upside down: then the line is read from its right.
    let upside = [
        ([100, 300, 200, 40], BLUE),
        ([300, 300, 100, 40], GREEN),
        ([400, 300, 100, 40], RED),
    ];
    let spotted = spot(&picture([800, 800], &upside));
    assert_eq!(texts(&spotted), ["ab "]);
    let line = &spotted.lines[0];
    assert_eq!(line.turned, 180);
    assert!(
        line.quad[0][0] > 500.0 && line.quad[0][1] > 340.0,
        "it begins at the lower right"
    );
    assert!(
        line.chars[0].quad[1][0] < line.chars[0].quad[0][0],
        "and runs to the left"
    );
}

#[test]
fn a_slanted_line_keeps_its_slant() {
    let inside = |x: f64, y: f64| {
        // 30 degrees down to the right, through (400, 400).
        let (sin, cos) = 30_f64.to_radians().sin_cos();
        let (dx, dy) = (x - 400.0, y - 400.0);
        ((dx * cos + dy * sin).abs() < 200.0) && (dy * cos - dx * sin).abs() < 20.0
    };
    let rgb = (0..800).flat_map(|y| {
        (0..800).flat_map(move |x| {
            let first = f64::from(x - 400) * 0.866 + f64::from(y - 400) * 0.5 < 0.0;
            match (inside(f64::from(x), f64::from(y)), first) {
                (false, _) => [0; 3],
                (true, true) => RED,
                (true, false) => GREEN,
            }
        })
    });
    let spotted = spot(&Pixels::from_rgb(800, 800, rgb.collect()).unwrap());
    assert_eq!(texts(&spotted), ["ab"]);
    let [a, b, ..] = spotted.lines[0].quad;
    let angle = (b[1] - a[1]).atan2(b[0] - a[0]).to_degrees();
    assert!((angle - 30.0).abs() < 1.5, "{angle}");
}

#[test]
fn pictures_of_any_shape_are_spotted() {
    for size in [[1, 1], [1, 3000], [3000, 24], [31, 29]] {
        assert_eq!(spot(&picture(size, &[])), Spotted::default(), "{size:?}");
        let full = picture(size, &[([0, 0, size[0], size[1]], RED)]);
        for line in &spot(&full).lines {
            let [left, top, right, bottom] = bounds(&line.quad);
            assert!(left >= 0.0 && top >= 0.0, "{size:?}: {line:?}");
            assert!(
                right <= size[0] as f32 && bottom <= size[1] as f32,
                "{size:?}: {line:?}"
            );
        }
    }
    let strip = picture(
        [3000, 24],
        &[([300, 4, 200, 16], RED), ([500, 4, 200, 16], GREEN)],
    );
    assert_eq!(texts(&spot(&strip)), ["ab"]);
}

#[test]
fn places_are_the_pictures_own_however_it_was_scaled() {
    for scale in [1, 4] {
        let part = [300 * scale, 200 * scale, 200 * scale, 40 * scale];
        let spotted = spot(&picture([900 * scale, 800 * scale], &[(part, RED)]));
        let [left, top, right, bottom] = bounds(&spotted.lines[0].quad);
        let middle = [(left + right) / 2.0, (top + bottom) / 2.0].map(|at| at / scale as f32);
        assert!(
            (middle[0] - 400.0).abs() < 2.0 && (middle[1] - 220.0).abs() < 2.0,
            "{middle:?}"
        );
    }
}

#[test]
fn long_pictures_are_spotted_at_their_own_size() {
    let tops: Vec<u32> = (0..40).map(|i| 50 + i * 149).collect();
    let parts: Vec<_> = tops.iter().map(|&top| ([60, top, 160, 24], RED)).collect();
    let spotted = spot(&picture([400, 6000], &parts));
    assert_eq!(texts(&spotted), ["a"; 40]);
    for (line, top) in spotted.lines.iter().zip(tops) {
        let [left, first, right, last] = bounds(&line.quad);
        assert!(
            ((first + last) / 2.0 - top as f32 - 12.0).abs() < 3.0,
            "{line:?}"
        );
        assert!(((left + right) / 2.0 - 140.0).abs() < 3.0, "{line:?}");
    }
    let letters = (0..56).map(|i| ([120 + i * 60, 100, 60, 40], [RED, GREEN][i as usize % 2]));
    let spotted = spot(&picture([9000, 300], &letters.collect::<Vec<_>>()));
    // Windows cut it, and it is joined.
    assert_eq!(texts(&spotted), ["ab".repeat(28)]);
    let [left, _, right, _] = bounds(&spotted.lines[0].quad);
    assert!(left < 130.0 && right > 3470.0, "{left} {right}");
}

#[test]
fn numbers_that_are_none_are_no_text() {
    let spotter = open(&config("nan.onnx", "read.onnx")).unwrap();
    let seen = picture([400, 400], &[([100, 100, 200, 40], RED)]);
    assert_eq!(spotter.spot(&seen).unwrap(), Spotted::default());
}

#[test]
fn a_picture_that_nobody_wants_is_not_spotted() {
    let spotter = open(&config("find.onnx", "read.onnx")).unwrap();
    let seen = picture([400, 400], &[([100, 100, 200, 40], RED)]);
    let error = spotter.spot_while(&seen, Some(&|| false)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    let spotted = spotter.spot_while(&seen, Some(&|| true)).unwrap();
    assert_eq!(spotted, spotter.spot(&seen).unwrap());
}

#[test]
fn graphs_of_another_stage_are_refused_by_name() {
    let swapped = [
        ("read.onnx", "read.onnx", "read.onnx"),
        ("find.onnx", "find.onnx", "no alphabet"),
        ("find.onnx", "nameless.onnx", "no alphabet"),
        ("find.onnx", "short.onnx", "[?, ?, 3]"),
        ("turn.onnx", "read.onnx", "turn.onnx"),
        ("absent.onnx", "read.onnx", "absent.onnx"),
    ];
    for (detector, recognizer, said) in swapped {
        let error = open(&config(detector, recognizer)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Graph, "{error}");
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[test]
fn configurations_that_make_no_sense_are_refused_by_name() {
    for file in ["../find.onnx", "/find.onnx", "", "."] {
        let error = open(&config(file, "read.onnx")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    }
    let mut bad = config("find.onnx", "read.onnx");
    bad.options.batch = 0;
    let error = open(&bad).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("`batch` is 0"), "{error}");
    bad.options = SpotterOptions {
        unclip: f32::NAN,
        ..SpotterOptions::default()
    };
    assert!(open(&bad).unwrap_err().to_string().contains("`unclip`"));
}

#[test]
fn the_fetched_graphs_read_a_flyer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = root.join("models/base");
    // `make base` fetches them; `make test` does so before.
    if !folder.join("PP-OCRv6_rec_small.onnx").exists() {
        return;
    }
    let config = std::fs::read(folder.join("config.json")).unwrap();
    let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
    let config: SpotterConfig = serde_json::from_value(config["spotter"].clone()).unwrap();
    let spotter = Spotter::open(folder, &config, &GraphOptions::default()).unwrap();
    let flyer = root.join("examples/flyers/jazz.png");
    let flyer = Pixels::open(flyer, &foveate_vision::Limits::default()).unwrap();
    let spotted = spotter.spot(&flyer).unwrap();
    let text = texts(&spotted).join("\n");
    for line in [
        "Summer Jazz Night",
        "Saturday, 12 June 2027",
        "Tickets $15 at the door",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let title = &spotted.lines[1];
    assert_eq!(title.text, "Summer Jazz Night");
    assert!(
        title
            .chars
            .windows(2)
            .all(|pair| pair[0].quad[1] == pair[1].quad[0])
    );
}
