//! Where pictures lie on their canvases, and the way back.

use foveate_vision::{
    Error, ErrorKind, ImageConfig, Limits, Mode, Orientation, Pixels, Rect, TileBatch,
};

/// A picture whose colour says where it is: red from left to right, green from top to bottom.
fn ramp(width: u32, height: u32) -> Pixels {
    let share = |at: u32, length: u32| (at * 255 / length.max(2).saturating_sub(1)) as u8;
    let rgb = (0..height)
        .flat_map(|y| (0..width).flat_map(move |x| [share(x, width), share(y, height), 0]));
    Pixels::from_rgb(width, height, rgb.collect()).unwrap()
}

fn uniform(width: u32, height: u32, colour: [u8; 3]) -> Pixels {
    Pixels::from_rgb(
        width,
        height,
        colour.repeat(width as usize * height as usize),
    )
    .unwrap()
}

#[test]
fn sizes_on_the_canvas() {
    let config = ImageConfig::default();
    let size = |width, height, mode| {
        let views = TileBatch::new(&uniform(width, height, [9; 3]), mode, &config);
        (
            views.placement().canvas(),
            views.placement().content_size(),
            views.rgb().dim().0,
        )
    };
    assert_eq!(size(1000, 500, Mode::Rapid), (224, [224, 112], 1));
    assert_eq!(size(1000, 500, Mode::Balanced), (672, [672, 336], 1));
    assert_eq!(size(1000, 500, Mode::High), (1344, [1344, 672], 5));
    assert_eq!(
        size(100, 50, Mode::Balanced),
        (672, [200, 100], 1),
        "not enlarged more than twice"
    );
    assert_eq!(size(672, 300, Mode::Auto), (672, [672, 300], 1));
    assert_eq!(size(300, 673, Mode::Auto), (1344, [599, 1344], 5));
    assert_eq!(size(1, 1, Mode::High), (1344, [2, 2], 5));
    assert_eq!(size(3, 20000, Mode::High), (1344, [1, 1344], 5));
}

#[test]
fn tiles_are_the_quarters_and_the_overview_the_whole() {
    let config = ImageConfig::default();
    let views = TileBatch::new(&ramp(1344, 1344), Mode::High, &config);
    let rgb = views.rgb();
    let share = |at: usize| (at * 255 / 1343) as u8;
    for (tile, (row, column)) in [(0, 0), (0, 672), (672, 0), (672, 672)]
        .into_iter()
        .enumerate()
    {
        for (y, x) in [(0, 0), (100, 500), (671, 671)] {
            let found = [rgb[[tile + 1, y, x, 0]], rgb[[tile + 1, y, x, 1]]];
            assert_eq!(found, [share(column + x), share(row + y)], "tile {tile}");
        }
    }
    assert!(rgb[[0, 336, 671, 0]] >= 253 && rgb[[0, 336, 671, 1]].abs_diff(127) <= 1);
}

#[test]
fn second_tiles_begin_earlier_by_what_is_free_of_their_windows() {
    let config = ImageConfig::default();
    let far = |width, height, mode| {
        TileBatch::new(&uniform(width, height, [9; 3]), mode, &config).far_tiles()
    };
    // 448 px are looked at, of which 278 show the picture and 16 are padding: 152 are free.
    assert_eq!(far(950, 1344, Mode::High), Some([672 - 152, 672]));
    assert_eq!(far(1344, 1200, Mode::High), Some([672, 672 - 120]));
    assert_eq!(far(660, 1344, Mode::High), Some([672; 2]));
    assert_eq!(far(600, 600, Mode::Balanced), None);
    let views = TileBatch::new(&ramp(950, 1344), Mode::High, &config);
    let red = |view: usize, x: usize| views.rgb()[[view, 0, x, 0]];
    assert_eq!(
        [red(2, 0), red(2, 100), red(4, 151)],
        [red(1, 520), red(1, 620), red(1, 671)]
    );
    assert_eq!(
        [1, 2, 3, 4].map(|view| views.covered(view, &config)),
        [[672, 672], [672, 448], [672, 672], [672, 448]]
    );
}

#[test]
fn a_point_of_the_canvas_is_twice_that_of_the_overview() {
    let config = ImageConfig::default();
    for (width, height) in [(2000, 900), (500, 300), (60, 700)] {
        let views = TileBatch::new(&uniform(width, height, [0, 200, 0]), Mode::High, &config);
        let content = views.placement().content_size();
        let green =
            |view: usize, x: u32, y: u32| views.rgb()[[view, y as usize, x as usize, 1]] == 200;
        let [right, bottom] = content.map(|side| (side / 2).max(1) - 1);
        assert!(green(0, right, bottom), "{width}x{height}");
        assert!(
            right + 2 > 671 || !green(0, right + 2, 0),
            "{width}x{height}"
        );
        assert!(
            bottom + 2 > 671 || !green(0, 0, bottom + 2),
            "{width}x{height}"
        );
    }
}

#[test]
fn what_is_not_picture_is_padding() {
    let config = ImageConfig {
        pad: [1, 2, 3],
        ..ImageConfig::default()
    };
    let views = TileBatch::new(&uniform(50, 100, [200; 3]), Mode::Rapid, &config);
    let at = |x: usize, y: usize| [0, 1, 2].map(|channel| views.rgb()[[0, y, x, channel]]);
    assert_eq!(views.placement().content_size(), [100, 200]);
    assert_eq!(
        [at(99, 199), at(100, 0), at(0, 200), at(223, 223)],
        [[200; 3], [1, 2, 3], [1, 2, 3], [1, 2, 3]]
    );
}

#[test]
fn one_colour_stays_that_colour_at_any_reduction() {
    let config = ImageConfig::default();
    for (width, height) in [
        (1, 1),
        (2, 3),
        (5000, 1),
        (1, 300_000),
        (65_535, 7),
        (3001, 2999),
        (10_000, 10_000),
        (1_000_000, 100),
    ] {
        for mode in [Mode::Rapid, Mode::High] {
            let views = TileBatch::new(&uniform(width, height, [200, 100, 50]), mode, &config);
            let [right, bottom] = views
                .placement()
                .content_size()
                .map(|side| side as usize - 1);
            let last = if mode == Mode::High {
                (right % 672, bottom % 672)
            } else {
                (right, bottom)
            };
            let view = if mode == Mode::High {
                1 + right / 672 + bottom / 672 * 2
            } else {
                0
            };
            let found = [0, 1, 2].map(|channel| views.rgb()[[view, last.1, last.0, channel]]);
            let near = found
                .iter()
                .zip([200_u8, 100, 50])
                .all(|(a, b)| a.abs_diff(b) <= 1);
            assert!(near, "{width}x{height} {mode:?}: {found:?}");
        }
    }
}

#[test]
fn the_way_to_the_canvas_and_back() {
    let config = ImageConfig::default();
    for (width, height) in [(640, 480), (97, 1500), (1, 1), (4000, 3000)] {
        for mode in [Mode::Rapid, Mode::Balanced, Mode::High] {
            let placement =
                *TileBatch::new(&uniform(width, height, [0; 3]), mode, &config).placement();
            let corner = placement.from_upright([f64::from(width), f64::from(height)]);
            assert_eq!(corner, placement.content_size().map(f64::from));
            for point in [
                [0.0, 0.0],
                [0.5, 0.5],
                [f64::from(width) / 3.0, f64::from(height) / 7.0],
            ] {
                let back = placement.to_stored(placement.from_stored(point));
                assert!(
                    (0..2).all(|axis| (back[axis] - point[axis]).abs() < 1e-9),
                    "{point:?}: {back:?}"
                );
            }
            let whole = Rect {
                x0: -5.0,
                y0: 0.0,
                x1: 5000.0,
                y1: 5000.0,
            };
            let whole = placement.rect_to_upright(whole);
            assert_eq!(
                whole,
                Rect {
                    x0: 0.0,
                    y0: 0.0,
                    x1: f64::from(width),
                    y1: f64::from(height)
                }
            );
        }
    }
}

#[test]
fn a_box_goes_back_through_every_orientation() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bad");
    for number in 1..=8 {
        let pixels = Pixels::open(
            folder.join(format!("turned-{number}.jpg")),
            &Limits::default(),
        )
        .unwrap();
        let orientation = Orientation::from_exif(number).unwrap();
        let placement =
            *TileBatch::new(&pixels, Mode::Balanced, &ImageConfig::default()).placement();
        assert_eq!(placement.scale(), [2.0, 2.0]);
        // The stored pixels (1..4, 2..7), where they come to lie on the canvas, and back.
        let stored = Rect {
            x0: 1.0,
            y0: 2.0,
            x1: 4.0,
            y1: 7.0,
        };
        let corners = [[1.0, 2.0], [4.0, 7.0]].map(|corner| {
            let upright = orientation.apply(corner, [12, 8]);
            assert_eq!(
                placement.from_stored(corner),
                upright.map(|value| 2.0 * value)
            );
            upright.map(|value| 2.0 * value)
        });
        assert_eq!(
            placement.rect_to_stored(Rect::around(corners[0], corners[1])),
            stored,
            "{number}"
        );
    }
}

#[test]
fn the_configuration_of_a_bundle_is_read() {
    let text = r#"{"patch": 16, "window": 14, "mean": [0.5,0.5,0.5], "std": [0.5,0.5,0.5],
        "pad": [127,127,127],
        "max_upscale": 2.0, "default_mode": "auto"}"#;
    let config: ImageConfig = serde_json::from_str(text).unwrap();
    assert_eq!(config, ImageConfig::default());
    config.check().unwrap();
    assert!(serde_json::from_str::<ImageConfig>(&text.replace("auto", "huge")).is_err());
}

#[test]
fn limits_are_those_asked_for() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bad/sound.png");
    let kind = |limits: &Limits| Pixels::open(&path, limits).unwrap_err().kind();
    let bytes = std::fs::metadata(&path).unwrap().len();
    let refuses = [
        Limits {
            max_pixels: 95,
            ..Limits::default()
        },
        Limits {
            max_side: 11,
            ..Limits::default()
        },
        Limits {
            max_bytes: bytes - 1,
            ..Limits::default()
        },
    ];
    for limits in refuses {
        assert_eq!(kind(&limits), ErrorKind::TooLarge, "{limits:?}");
    }
    let exact = Limits {
        max_pixels: 96,
        max_side: 12,
        max_bytes: bytes,
    };
    Pixels::open(&path, &exact).unwrap();
    let missing = Pixels::open("/no/such/file.png", &Limits::default());
    assert_eq!(missing.unwrap_err().kind(), ErrorKind::Io);
    let refused: Error = Pixels::from_rgb(2, 2, vec![0; 11]).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Config);
    assert_eq!(
        Pixels::from_rgb(0, 7, vec![]).unwrap_err().kind(),
        ErrorKind::Config
    );
}
