use std::ops::Range;

use ndarray::{Array4, Axis, Slice};

use super::{
    BALANCED, ImageConfig, ImageProcessor, Letterbox, Mode, Tile,
    letterbox::{letterbox, scaled},
    normalise::planes,
};
use crate::{Pixels, Transform};

/// What a [`Mode`] makes of a picture: one letterboxed canvas, or an overview and 2x2 tiles of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tiling {
    /// How much detail is kept.
    pub mode: Mode,
    /// How pictures are prepared for the tower.
    pub config: ImageConfig,
}

impl ImageProcessor for Tiling {
    fn process(&self, pixels: &Pixels) -> Vec<Tile> {
        TileBatch::new(pixels, self.mode, &self.config).tiles()
    }
}

/// The square tiles that the tower sees of a picture, as one array.
#[derive(Clone, Debug, PartialEq)]
pub struct TileBatch {
    mode: Mode,
    transform: Transform,
    /// Width and height of the picture on the overview of [`Mode::High`].
    overview: [u32; 2],
    /// Where the second tiles across and down begin.
    far: [u32; 2],
    /// [tiles, edge, edge, 3], RGB, 8 bits.
    rgb: Array4<u8>,
}

impl TileBatch {
    /// Scales a picture to a mode's canvas and cuts its tiles. The resampling is Pillow's
    /// `BICUBIC`; `tests/golden.py` shows the agreement.
    pub fn new(pixels: &Pixels, mode: Mode, config: &ImageConfig) -> Self {
        let mode = mode.resolve(pixels.width(), pixels.height());
        let (edge, max_upscale, pad) = (mode.canvas(), config.max_upscale, config.pad);
        let boxed = Letterbox {
            edge,
            max_upscale,
            pad,
        };
        let transform = boxed.transform(pixels);
        let far = transform.scaled.map(|side| far_tile(side, config));
        // Half the canvas' scale even where `max_upscale` bounds it: a point of the canvas is twice
        // that of the overview in every case.
        let longer = f64::from(pixels.width().max(pixels.height()));
        let scale = (f64::from(edge) / longer).min(max_upscale);
        let overview = scaled(pixels, scale / 2.0, BALANCED);
        let whole = || letterbox(pixels, transform.scaled, edge, pad);
        let rgb = if mode == Mode::High {
            let half = || letterbox(pixels, overview, BALANCED, pad);
            let (overview, whole) = rayon::join(half, whole);
            overview_and_tiles(&overview, &whole, far)
        } else {
            whole()
        };
        Self {
            mode,
            transform,
            overview,
            far,
            rgb,
        }
    }

    /// The tiles one by one, each with its own place in the picture.
    pub fn tiles(&self) -> Vec<Tile> {
        let tile = |(index, rgb): (usize, ndarray::ArrayView3<u8>)| Tile {
            rgb: rgb.to_owned(),
            transform: self.tile_transform(index),
        };
        self.rgb.outer_iter().enumerate().map(tile).collect()
    }

    /// Where a tile lies in the picture.
    pub fn tile_transform(&self, tile: usize) -> Transform {
        let edge = [BALANCED; 2];
        match (self.mode, tile) {
            (Mode::High, 0) => Transform {
                scaled: self.overview,
                canvas: edge,
                ..self.transform
            },
            (Mode::High, _) => {
                let across = u32::from((tile - 1) % 2 == 1);
                let down = u32::from((tile - 1) / 2 == 1);
                let at = [across * self.far[0], down * self.far[1]];
                self.transform.tile(at, edge)
            }
            _ => self.transform,
        }
    }

    /// The mode, never `Auto`.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Where the picture lies on the canvas.
    pub fn placement(&self) -> &Transform {
        &self.transform
    }

    /// [tiles, edge, edge, 3], RGB, 8 bits.
    pub fn rgb(&self) -> &Array4<u8> {
        &self.rgb
    }

    /// How many tiles there are: 1 or 5.
    pub fn count(&self) -> usize {
        self.rgb.len_of(Axis(0))
    }

    /// The canvas' x and y where the second tiles across and down begin; `None` but in
    /// [`Mode::High`].
    ///
    /// The tower runs over whole windows ([`covered`](Self::covered)), so that there is room beside
    /// what the picture fills of them. The second tiles begin that much before the canvas' middle:
    /// what lies on the seam is whole in one of the two.
    pub fn far_tiles(&self) -> Option<[u32; 2]> {
        (self.mode == Mode::High).then_some(self.far)
    }

    /// Height and width of the part of a tile that the tower runs over, at its top left: what shows
    /// anything of the picture, in whole windows, with a patch of padding where there is room;
    /// zeros for a tile beside the picture.
    pub fn covered(&self, tile: usize, config: &ImageConfig) -> [usize; 2] {
        let edge = self.rgb.len_of(Axis(1)) as u32;
        let [width, height] = self.transform.scaled;
        let [x, y] = self.far;
        let part = |side: u32, far: u32, at: usize| match (self.mode, tile) {
            (Mode::High, 0) => side.div_ceil(2),
            (Mode::High, _) => side.saturating_sub(at as u32 * far),
            _ => side,
        };
        let tile = tile.saturating_sub(1);
        let parts = [part(height, y, tile / 2), part(width, x, tile % 2)];
        if parts.contains(&0) {
            return [0, 0];
        }
        parts.map(|side| in_windows(side, config).min(edge) as usize)
    }

    /// The tower's input: [tiles, 3, edge, edge], `(x / 255 - mean) / std`.
    pub fn normalised(&self, config: &ImageConfig) -> Array4<f32> {
        let edge = self.rgb.len_of(Axis(1));
        self.normalised_part(0..self.count(), [edge; 2], config)
    }

    /// As [`normalised`](Self::normalised), of some of the tiles and their first rows and columns:
    /// [tiles, 3, height, width].
    pub(crate) fn normalised_part(
        &self,
        part: Range<usize>,
        [height, width]: [usize; 2],
        config: &ImageConfig,
    ) -> Array4<f32> {
        let (_, edge, ..) = self.rgb.dim();
        let rgb = self.rgb.slice_axis(Axis(0), Slice::from(part));
        let rgb = rgb
            .to_slice()
            .expect("whole tiles of an array in standard layout");
        planes(rgb, [edge; 2], [height, width], config)
    }
}

/// The whole windows that hold the first `part` pixels of a tile's side and a patch of padding, at
/// most all.
fn in_windows(part: u32, config: &ImageConfig) -> u32 {
    let window = config.patch * config.window;
    (part + config.patch).next_multiple_of(window).min(BALANCED)
}

/// Where the second tile along a side of the canvas begins: before the middle by what is free of
/// its windows, by half a patch more than whole patches, so that what lies on the seam falls
/// differently on the patches of the two.
fn far_tile(side: u32, config: &ImageConfig) -> u32 {
    let Some(part) = side.checked_sub(BALANCED).filter(|part| *part > 0) else {
        return BALANCED;
    };
    let (patch, half) = (config.patch, config.patch / 2);
    let free = in_windows(part, config).saturating_sub(patch + part);
    BALANCED - ((free + half) / patch * patch).saturating_sub(half)
}

/// [5, 672, 672, 3]: the overview, then the tiles (0, 0) (0, 1) (1, 0) (1, 1) as (row, column); the
/// second ones begin at `[x, y]`.
fn overview_and_tiles(overview: &Array4<u8>, canvas: &Array4<u8>, [x, y]: [u32; 2]) -> Array4<u8> {
    let tile = |row: u32, column: u32| {
        // `slice_axis`, since the macro `s!` does not go with `forbid(unsafe_code)`.
        let from = |at: u32| Slice::from(at as usize..(at + BALANCED) as usize);
        let rows = canvas.slice_axis(Axis(1), from(row));
        rows.slice_axis_move(Axis(2), from(column))
    };
    let tiles = [
        overview.view(),
        tile(0, 0),
        tile(0, x),
        tile(y, 0),
        tile(y, x),
    ];
    ndarray::concatenate(Axis(0), &tiles).expect("all tiles are of one size")
}
