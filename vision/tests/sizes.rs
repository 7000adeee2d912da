//! Every small size and every odd shape goes through every processor, and each tile shows what its
//! transform says.

use foveate_vision::{
    Canvases, Crops, ImageConfig, ImageProcessor, Letterbox, Mode, Pixels, Tile, TileBatch, Tiling,
};

/// A picture whose colour says where it is: red from left to right, green from top to bottom.
fn ramp(width: u32, height: u32) -> Pixels {
    let rgb =
        (0..height).flat_map(|y| (0..width).flat_map(move |x| colour([x, y], [width, height])));
    Pixels::from_rgb(width, height, rgb.collect()).unwrap()
}

fn colour(at: [u32; 2], size: [u32; 2]) -> [u8; 3] {
    let share = |axis: usize| (at[axis] * 200 / size[axis].max(2).saturating_sub(1)) as u8;
    [share(0) + 20, share(1) + 20, 220]
}

/// Compares a tile's pixels with the picture at the places that its transform gives.
fn check(tile: &Tile, size: [u32; 2], pad: [u8; 3]) {
    let (height, width, channels) = tile.rgb.dim();
    assert_eq!(tile.transform.canvas_size(), [width as u32, height as u32]);
    assert_eq!((channels, tile.transform.stored_size()), (3, size));
    // Between two pixels of the picture there is at most one step of the ramp, and as much again
    // where the filter overshoots.
    let near = |found: u8, wanted: u8, side: u32| {
        u32::from(found.abs_diff(wanted)) <= 3 + 2 * 200 / side.max(2).saturating_sub(1)
    };
    for y in (0..height).step_by(height.div_ceil(7)) {
        for x in (0..width).step_by(width.div_ceil(7)) {
            let found = [0, 1, 2].map(|channel| tile.rgb[[y, x, channel]]);
            let at = tile.transform.to_stored([x as f64 + 0.5, y as f64 + 0.5]);
            if at[0] >= f64::from(size[0]) || at[1] >= f64::from(size[1]) {
                assert_eq!(found, pad, "{size:?} ({x}, {y}) is beside the picture");
                continue;
            }
            let wanted = colour(at.map(|side| side as u32), size);
            let sound = near(found[0], wanted[0], size[0]) && near(found[1], wanted[1], size[1]);
            assert!(sound, "{size:?} ({x}, {y}): {found:?}, not {wanted:?}");
        }
    }
}

fn check_all(processor: &dyn ImageProcessor, pixels: &Pixels, pad: [u8; 3]) -> usize {
    let tiles = processor.process(pixels);
    for tile in &tiles {
        check(tile, [pixels.width(), pixels.height()], pad);
    }
    tiles.len()
}

#[test]
fn every_size_to_33_is_letterboxed_and_cut_into_crops() {
    let config = ImageConfig::default();
    let letterbox = Letterbox {
        edge: 224,
        max_upscale: config.max_upscale,
        pad: config.pad,
    };
    for width in 1..=33 {
        for height in 1..=33 {
            let pixels = ramp(width, height);
            assert_eq!(check_all(&letterbox, &pixels, config.pad), 1);
            let crops = Crops {
                transform: letterbox.transform(&pixels),
                factor: 0.8,
                config: config.clone(),
            };
            assert!(check_all(&crops, &pixels, config.pad) >= 1);
            assert_eq!(check_all(&Canvases::default(), &pixels, config.pad), 1);
        }
    }
}

#[test]
fn odd_shapes_go_through_every_mode() {
    let config = ImageConfig::default();
    let shapes = [
        [1, 1],
        [1, 1344],
        [1345, 1],
        [1, 20_000],
        [3000, 24],
        [671, 673],
        [672, 672],
        [673, 671],
        [1343, 1345],
        [1344, 673],
        [1345, 1344],
        [950, 1344],
        [1080, 8520],
        [9000, 420],
        [97, 1500],
        [400, 160],
        [2480, 3508],
    ];
    for [width, height] in shapes {
        let pixels = ramp(width, height);
        for (mode, count) in [(Mode::Rapid, 1), (Mode::Balanced, 1), (Mode::High, 5)] {
            let tiling = Tiling {
                mode,
                config: config.clone(),
            };
            assert_eq!(check_all(&tiling, &pixels, config.pad), count);
        }
        let batch = TileBatch::new(&pixels, Mode::Auto, &config);
        assert_eq!(batch.tiles().len(), batch.count());
        let crops = Crops {
            transform: *batch.placement(),
            factor: 0.67,
            config: config.clone(),
        };
        assert!(check_all(&crops, &pixels, config.pad) >= 1);
        assert!(check_all(&Canvases::default(), &pixels, config.pad) >= 1);
    }
}

#[test]
fn a_tile_is_normalised_as_the_batch_is() {
    let config = ImageConfig::default();
    let batch = TileBatch::new(&ramp(900, 700), Mode::High, &config);
    let whole = batch.normalised(&config);
    for (index, tile) in batch.tiles().iter().enumerate() {
        let one = tile.normalised(&config);
        assert_eq!(
            one.index_axis(ndarray::Axis(0), 0),
            whole.index_axis(ndarray::Axis(0), index)
        );
    }
}
