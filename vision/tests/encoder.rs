//! The encoder on a graph whose answer is obvious (`pool.py`): the feature of a patch is its mean
//! colour.

use std::path::{Path, PathBuf};

use foveate_onnx::GraphOptions;
use foveate_vision::{
    CropGrid, ErrorKind, ImageConfig, Mode, OnnxTower, Pixels, TileBatch, VisionTower,
};
use ndarray::Array4;

fn graph(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// 64 x 32, a colour for each 16 x 16 patch: red by column, green by row.
fn patches() -> Pixels {
    let rgb = (0..32).flat_map(|y| (0..64).flat_map(move |x| [x / 16 * 60, y / 16 * 100, 255]));
    Pixels::from_rgb(64, 32, rgb.collect()).unwrap()
}

/// Pictures are looked at as they are.
fn unscaled() -> ImageConfig {
    ImageConfig {
        max_upscale: 1.0,
        ..ImageConfig::default()
    }
}

fn pool(config: &ImageConfig) -> OnnxTower {
    OnnxTower::open(graph("tests/pool.onnx"), config, &GraphOptions::default()).unwrap()
}

#[test]
fn features_lie_where_their_patches_are() {
    let config = unscaled();
    let cases = [
        (Mode::Rapid, 1, 14),
        (Mode::Balanced, 1, 42),
        (Mode::High, 5, 42),
    ];
    for (mode, views, side) in cases {
        let seen = TileBatch::new(&patches(), mode, &config);
        let features = pool(&config).encode(&seen).unwrap();
        assert_eq!(features.dim(), (views, side, side, 3));
        let first = if mode == Mode::High { 1 } else { 0 };
        for (row, column) in (0..2).flat_map(|row| (0..4).map(move |column| (row, column))) {
            let wanted =
                [column * 60, row * 100, 255].map(|value| (value as f32 / 255.0 - 0.5) / 0.5);
            for (channel, wanted) in wanted.into_iter().enumerate() {
                let found = features[[first, row, column, channel]];
                assert!(
                    (found - wanted).abs() < 1e-5,
                    "{mode:?} {row} {column}: {found}, not {wanted}"
                );
            }
        }
        for at_once in [0, 2, 5, 9] {
            let same = pool(&config)
                .with_views_per_run(at_once)
                .encode(&seen)
                .unwrap();
            assert_eq!(same, features, "{at_once} views at once");
        }
        // Beyond the picture there is padding, 127.
        let padding = features[[first, side - 1, side - 1, 0]];
        assert!((padding - (127.0 / 255.0 - 0.5) / 0.5).abs() < 1e-5);
    }
}

#[test]
fn a_picture_that_nobody_wants_is_not_encoded() {
    let (config, seen) = (
        unscaled(),
        TileBatch::new(&patches(), Mode::Rapid, &unscaled()),
    );
    let tower = pool(&config);
    let error = tower.encode_view_while(&seen, 0, Some(&|| false));
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Stopped);
    let same = tower.encode_view_while(&seen, 0, Some(&|| true)).unwrap();
    assert_eq!(same, tower.encode_view(&seen, 0).unwrap());
}

#[test]
fn parts_show_the_picture_at_their_scale() {
    let config = ImageConfig::default();
    // A colour for each 100 x 100 pixels.
    let shade = |x: u32, y: u32| [(x / 100 * 19) as u8, (y / 100 * 28) as u8, 255];
    let rgb = (0..900).flat_map(|y| (0..1344).flat_map(move |x| shade(x, y)));
    let pixels = Pixels::from_rgb(1344, 900, rgb.collect()).unwrap();
    let views = TileBatch::new(&pixels, Mode::High, &config);
    let parts = CropGrid::new(&pixels, views.placement(), 0.5, &config);
    let encoder = pool(&config);
    // 672 x 450: two across that overlap, two down of which the second shows two lines more.
    assert_eq!(parts.count(), 4);
    let mut compared = 0;
    for part in 0..parts.count() {
        let features = encoder.encode_part(&parts, part).unwrap();
        assert_eq!(
            features.dim().1 * features.dim().2,
            parts.windows(part, &config) * 196
        );
        let shown = parts.on_canvas(part);
        for (row, column) in [(0, 0), (13, 3), (27, 27)] {
            let middle = [column as f32 * 16.0 + 8.0, row as f32 * 16.0 + 8.0];
            let [x, y, w, h] = parts.place_on_canvas(part, [middle[0], middle[1], 16.0, 16.0]);
            assert_eq!([w, h], [32.0; 2]);
            assert!(shown.x0 < f64::from(x) && f64::from(y) < shown.y1);
            // Patches with one colour alone.
            let near = |at: f32| (at - 18.0) as u32 / 100 == (at + 18.0) as u32 / 100;
            if near(x) && near(y) && y < 880.0 {
                compared += 1;
                let wanted = shade(x as u32, y as u32).map(|v| (f32::from(v) / 255.0 - 0.5) / 0.5);
                for (channel, wanted) in wanted.into_iter().enumerate() {
                    let found = features[[0, row, column, channel]];
                    assert!(
                        (found - wanted).abs() < 0.01,
                        "{part} {row} {column}: {found}, not {wanted}"
                    );
                }
            }
        }
    }
    assert!(compared >= 3, "{compared} patches lie in one colour");
    assert_eq!(parts.goes_on(0), [false, false, true, true]);
    assert_eq!(parts.goes_on(3), [true, true, false, false]);
}

#[test]
fn a_view_is_encoded_as_far_as_it_shows_the_picture() {
    let config = unscaled();
    let encoder = pool(&config);
    // Height and width covered of the overview and the four tiles.
    let cases = [
        (
            [950, 1344],
            [[672, 672], [672, 672], [672, 448], [672, 672], [672, 448]],
        ),
        (
            [1344, 660],
            [[448, 672], [672, 672], [672, 672], [0, 0], [0, 0]],
        ),
        ([64, 32], [[224, 224], [224, 224], [0, 0], [0, 0], [0, 0]]),
        ([448, 432], [[448, 448], [448, 672], [0, 0], [0, 0], [0, 0]]),
    ];
    for ([width, height], covered) in cases {
        let rgb = (0..width * height * 3).map(|i| (i % 251) as u8).collect();
        let seen = TileBatch::new(
            &Pixels::from_rgb(width, height, rgb).unwrap(),
            Mode::High,
            &config,
        );
        let whole = encoder.encode(&seen).unwrap();
        for (view, covered) in covered.into_iter().enumerate() {
            assert_eq!(
                seen.covered(view, &config),
                covered,
                "{width}x{height}, view {view}"
            );
            let part = encoder.encode_view(&seen, view).unwrap();
            assert_eq!(part.is_none(), covered == [0, 0]);
            for ((_, row, column, channel), found) in part.iter().flat_map(|p| p.indexed_iter()) {
                assert_eq!(*found, whole[[view, row, column, channel]]);
            }
        }
    }
}

/// A tower in Rust: the feature of a patch is its first red value.
struct Corner(ImageConfig);

impl VisionTower for Corner {
    fn config(&self) -> &ImageConfig {
        &self.0
    }

    fn features(&self, pixels: Array4<f32>) -> foveate_vision::Result<Array4<f32>> {
        let (tiles, _, height, width) = pixels.dim();
        let patch = self.0.patch as usize;
        let shape = (tiles, height / patch, width / patch, 1);
        let corner = |(tile, row, column, _)| pixels[[tile, 0, row * patch, column * patch]];
        Ok(Array4::from_shape_fn(shape, corner))
    }
}

#[test]
fn tiles_go_through_any_tower() {
    let config = unscaled();
    let batch = TileBatch::new(&patches(), Mode::High, &config);
    let grid = CropGrid::new(&patches(), batch.placement(), 1.0, &config);
    let onnx = pool(&config);
    let towers: [&dyn VisionTower; 2] = [&onnx, &Corner(config.clone())];
    for tile in batch.tiles().iter().chain(&[grid.tile(0, &config)]) {
        let [pooled, corner] = towers.map(|tower| tower.encode_tile(tile).unwrap());
        let (_, rows, columns, _) = corner.dim();
        assert_eq!(pooled.dim(), (1, rows, columns, 3));
    }
    // The patches of one colour each are the same to both.
    let tile = &batch.tiles()[1];
    let [pooled, corner] = towers.map(|tower| tower.encode_tile(tile).unwrap());
    assert!((pooled[[0, 1, 3, 0]] - corner[[0, 1, 3, 0]]).abs() < 1e-5);
    let crop = onnx.encode_tile(&grid.tile(0, &config)).unwrap();
    assert_eq!(crop, onnx.encode_part(&grid, 0).unwrap());
}

#[test]
fn another_graph_or_configuration_is_refused() {
    let (config, options) = (ImageConfig::default(), GraphOptions::default());
    let open = |name: &str, config: &ImageConfig| {
        OnnxTower::open(graph(name), config, &options).unwrap_err()
    };
    let error = open("../runtime/onnx/tests/add.onnx", &config);
    assert_eq!(error.kind(), ErrorKind::Graph);
    assert!(
        error
            .to_string()
            .contains("input `pixels` f32 [?, 3, ?, ?] was expected"),
        "{error}"
    );
    assert_eq!(open("tests/none.onnx", &config).kind(), ErrorKind::Graph);
    for bad in [
        ImageConfig {
            patch: 0,
            ..config.clone()
        },
        ImageConfig {
            window: 13,
            ..config.clone()
        },
        ImageConfig {
            patch: u32::MAX,
            window: u32::MAX,
            ..config.clone()
        },
        ImageConfig {
            std: [0.5, 0.0, 0.5],
            ..config.clone()
        },
        ImageConfig {
            mean: [f32::NAN; 3],
            ..config.clone()
        },
        ImageConfig {
            max_upscale: f64::INFINITY,
            ..config.clone()
        },
        ImageConfig {
            max_upscale: 0.0,
            ..config.clone()
        },
    ] {
        assert_eq!(
            open("tests/pool.onnx", &bad).kind(),
            ErrorKind::Config,
            "{bad:?}"
        );
    }
    // The windows fit, but the graph has patches of 16 pixels, not 8.
    let other = ImageConfig { patch: 8, ..config };
    let encoder = OnnxTower::open(graph("tests/pool.onnx"), &other, &options).unwrap();
    let error = encoder
        .encode(&TileBatch::new(&patches(), Mode::Rapid, &other))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Graph);
    assert!(
        error.to_string().contains("[1, 28, 28, d] was expected"),
        "{error}"
    );
}
