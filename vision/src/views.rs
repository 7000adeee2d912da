use std::{array, ops::Range};

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use ndarray::{Array4, Axis, Slice};
use rayon::prelude::*;
use serde::Deserialize;

use crate::{Error, ErrorKind, Pixels, Placement, Result};

/// The edge of the `rapid` canvas.
const RAPID: u32 = 224;
/// The edge of the `balanced` canvas, and of the views of mode `high`.
pub const BALANCED: u32 = 672;
/// The edge of the `high` canvas: 2x2 tiles.
const HIGH: u32 = 2 * BALANCED;

/// How much of a picture's detail is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// `balanced` for pictures whose longer side is at most 672, else `high`. Whoever sees the glyphs may look again in `high` where
    /// `balanced` shows small print, and at parts of either once more ([`Parts`](crate::Parts)) where letters are unsure.
    #[default]
    Auto,
    /// One view of 224x224.
    Rapid,
    /// One view of 672x672.
    Balanced,
    /// A canvas of 1344x1344: an overview of 672x672, then four tiles of 672x672, row by row ([`Views::far_tiles`]).
    High,
}

impl Mode {
    /// The mode itself, or the one that `Auto` stands for at this size.
    pub fn resolve(self, width: u32, height: u32) -> Self {
        match self {
            Self::Auto if width.max(height) <= BALANCED => Self::Balanced,
            Self::Auto => Self::High,
            mode => mode,
        }
    }
}

/// The `image` part of a bundle's `config.json`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ImageConfig {
    /// The edge of a patch in pixels.
    pub patch: u32,
    /// The edge of an attention window in patches.
    pub window: u32,
    /// Subtracted from a channel in 0..1, in the order R, G, B.
    pub mean: [f32; 3],
    /// Divides it after.
    pub std: [f32; 3],
    /// The colour right of and below the picture.
    pub pad: [u8; 3],
    /// A picture is not enlarged more than this: it would only blur, and cost as much as a larger one.
    pub max_upscale: f64,
    /// The mode when none is asked for.
    pub default_mode: Mode,
}

impl Default for ImageConfig {
    /// The values of `models/FORMAT.md`.
    fn default() -> Self {
        Self {
            patch: 16,
            window: 14,
            mean: [0.5; 3],
            std: [0.5; 3],
            pad: [127; 3],
            max_upscale: 2.0,
            default_mode: Mode::Auto,
        }
    }
}

impl ImageConfig {
    /// Checks what a bundle claims: windows must tile every view, and the arithmetic must stay finite.
    pub fn check(&self) -> Result<()> {
        let refuse = |message: String| Err(Error::new(ErrorKind::Config, message));
        let edge = u64::from(self.patch) * u64::from(self.window);
        if edge == 0 || u64::from(RAPID) % edge != 0 {
            return refuse(format!(
                "windows of {}x{} px do not tile a view of {RAPID}",
                self.window, self.patch
            ));
        }
        if !self.mean.iter().all(|mean| mean.is_finite())
            || !self.std.iter().all(|std| std.is_normal() && *std > 0.0)
        {
            return refuse(format!(
                "mean {:?} and std {:?} must be finite, std above 0",
                self.mean, self.std
            ));
        }
        if !(self.max_upscale.is_finite() && self.max_upscale > 0.0) {
            return refuse(format!(
                "max_upscale {} must be finite and above 0",
                self.max_upscale
            ));
        }
        Ok(())
    }
}

/// The square pictures that the encoder sees.
#[derive(Clone, Debug, PartialEq)]
pub struct Views {
    mode: Mode,
    placement: Placement,
    /// Where the second tiles across and down begin.
    far: [u32; 2],
    /// [views, edge, edge, 3], RGB, 8 bits.
    rgb: Array4<u8>,
}

impl Views {
    /// Scales a picture to a mode's canvas and cuts its views. The resampling is Pillow's `BICUBIC`; `tests/golden.py`
    /// shows the agreement.
    pub fn new(pixels: &Pixels, mode: Mode, config: &ImageConfig) -> Self {
        let mode = mode.resolve(pixels.width(), pixels.height());
        let canvas = match mode {
            Mode::Rapid => RAPID,
            Mode::Auto | Mode::Balanced => BALANCED,
            Mode::High => HIGH,
        };
        let longer = f64::from(pixels.width().max(pixels.height()));
        let scale = (f64::from(canvas) / longer).min(config.max_upscale);
        let content = scaled(pixels, scale, canvas);
        let placement = Placement {
            stored: pixels.stored_size(),
            orientation: pixels.orientation(),
            content,
            canvas,
        };
        let far = content.map(|side| far_tile(side, config));
        let whole = || letterbox(pixels, content, canvas, config.pad);
        let rgb = if mode == Mode::High {
            // Half the canvas' scale even where `max_upscale` bounds it: a point of the canvas is twice that of the
            // overview in every case.
            let half = scaled(pixels, scale / 2.0, BALANCED);
            let (overview, whole) =
                rayon::join(|| letterbox(pixels, half, BALANCED, config.pad), whole);
            overview_and_tiles(&overview, &whole, far)
        } else {
            whole()
        };
        Self {
            mode,
            placement,
            far,
            rgb,
        }
    }

    /// The mode, never `Auto`.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Where the picture lies on the canvas.
    pub fn placement(&self) -> &Placement {
        &self.placement
    }

    /// [views, edge, edge, 3], RGB, 8 bits.
    pub fn rgb(&self) -> &Array4<u8> {
        &self.rgb
    }

    /// How many views there are: 1 or 5.
    pub fn count(&self) -> usize {
        self.rgb.len_of(Axis(0))
    }

    /// The canvas' x and y where the second tiles across and down begin; `None` but in [`Mode::High`].
    ///
    /// What is looked at is whole windows ([`covered`](Self::covered)), so that there is room beside what the picture fills of
    /// them: the second tiles begin that much before the canvas' middle, and glyphs by the seam are seen whole in one of the two.
    pub fn far_tiles(&self) -> Option<[u32; 2]> {
        (self.mode == Mode::High).then_some(self.far)
    }

    /// Height and width of the part of a view that is looked at, at its top left: what shows anything of the picture, in whole
    /// windows, with a patch of padding where there is room; zeros for a tile beside the picture.
    pub fn covered(&self, view: usize, config: &ImageConfig) -> [usize; 2] {
        let edge = self.rgb.len_of(Axis(1)) as u32;
        let [width, height] = self.placement.content;
        let [x, y] = self.far;
        let part = |side: u32, far: u32, at: usize| match (self.mode, view) {
            (Mode::High, 0) => side.div_ceil(2),
            (Mode::High, _) => side.saturating_sub(at as u32 * far),
            _ => side,
        };
        let tile = view.saturating_sub(1);
        let parts = [part(height, y, tile / 2), part(width, x, tile % 2)];
        if parts.contains(&0) {
            return [0, 0];
        }
        parts.map(|side| looked_at(side, config).min(edge) as usize)
    }

    /// The encoder's input: [views, 3, edge, edge], `(x / 255 - mean) / std`.
    pub fn normalised(&self, config: &ImageConfig) -> Array4<f32> {
        let edge = self.rgb.len_of(Axis(1));
        self.normalised_part(0..self.count(), [edge; 2], config)
    }

    /// As [`normalised`](Self::normalised), of some of the views and their first rows and columns: [views, 3, height, width].
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
            .expect("whole views of an array in standard layout");
        planes(rgb, [edge; 2], [height, width], config)
    }
}

/// The first `[height, width]` of pictures of `[rows, columns]`, three bytes a pixel and one picture after the other, as the
/// encoder's input: [pictures, 3, height, width].
pub(crate) fn planes(
    rgb: &[u8],
    [rows, columns]: [usize; 2],
    [height, width]: [usize; 2],
    config: &ImageConfig,
) -> Array4<f32> {
    // A channel has 256 values: a table of each saves the divisions.
    let tables: [[f32; 256]; 3] = array::from_fn(|channel| {
        array::from_fn(|value| (value as f32 / 255.0 - config.mean[channel]) / config.std[channel])
    });
    let pictures = rgb.len() / (rows * columns * 3);
    let mut planes = vec![0.0; pictures * 3 * height * width];
    planes
        .par_chunks_exact_mut(width)
        .enumerate()
        .for_each(|(index, line)| {
            let (plane, row) = (index / height, index % height);
            let (picture, channel) = (plane / 3, plane % 3);
            let pixels = rgb[(picture * rows + row) * columns * 3..]
                .iter()
                .skip(channel)
                .step_by(3);
            line.iter_mut()
                .zip(pixels)
                .for_each(|(to, &from)| *to = tables[channel][usize::from(from)]);
        });
    Array4::from_shape_vec((pictures, 3, height, width), planes)
        .expect("a row for each picture, channel and line")
}

/// How much of a view is looked at to see the first `part` pixels of a side: whole windows, with a patch of padding, at most all.
fn looked_at(part: u32, config: &ImageConfig) -> u32 {
    let window = config.patch * config.window;
    (part + config.patch).next_multiple_of(window).min(BALANCED)
}

/// Where the second tile along a side of the canvas begins: before the middle by what is free of its windows, by half a patch more
/// than whole patches, so that the encoder's two looks at a glyph differ.
fn far_tile(side: u32, config: &ImageConfig) -> u32 {
    let Some(part) = side.checked_sub(BALANCED).filter(|part| *part > 0) else {
        return BALANCED;
    };
    let (patch, half) = (config.patch, config.patch / 2);
    let free = looked_at(part, config).saturating_sub(patch + part);
    BALANCED - ((free + half) / patch * patch).saturating_sub(half)
}

/// The width and height that a picture takes at a scale: rounded (ties to even, as Python
/// does in training), at least one pixel, at most the canvas.
fn scaled(pixels: &Pixels, scale: f64, canvas: u32) -> [u32; 2] {
    [pixels.width(), pixels.height()].map(|side| {
        let side = (f64::from(side) * scale).round_ties_even();
        (side as u32).clamp(1, canvas)
    })
}

/// A picture scaled to `content` at the top left of a square of `pad`: [1, edge, edge, 3].
fn letterbox(pixels: &Pixels, content: [u32; 2], edge: u32, pad: [u8; 3]) -> Array4<u8> {
    let picture = resize(pixels, content);
    let [width, height] = content.map(|side| side as usize);
    let edge = edge as usize;
    let mut canvas: Vec<u8> = pad.iter().copied().cycle().take(edge * edge * 3).collect();
    let rows = canvas
        .chunks_exact_mut(edge * 3)
        .zip(picture.chunks_exact(width * 3));
    rows.take(height)
        .for_each(|(to, from)| to[..from.len()].copy_from_slice(from));
    Array4::from_shape_vec((1, edge, edge, 3), canvas).expect("edge * edge pixels were taken")
}

/// Catmull-Rom with its support widened by the reduction, as Pillow's `BICUBIC`: [height, width, 3].
///
/// Two passes, rounded to 8 bits between them, so that their order shows where one overshoots and is cut off: up to
/// 19/255 at an edge. This is Pillow 13.0's order, found by trying both on 400 random sizes (earlier versions always go
/// across first); `fast_image_resize` by itself always goes down first.
pub(crate) fn resize(pixels: &Pixels, [width, height]: [u32; 2]) -> Vec<u8> {
    let from = [pixels.width(), pixels.height()];
    let [narrower, shorter] = [
        i64::from(from[0]) - i64::from(width),
        i64::from(from[1]) - i64::from(height),
    ];
    let down_first = shorter > 0 && shorter > 2 * narrower;
    let between = if down_first {
        [from[0], height]
    } else {
        [width, from[1]]
    };
    let once = resize_once(pixels.rgb(), from, between);
    resize_once(&once, between, [width, height])
}

fn resize_once(rgb: &[u8], from: [u32; 2], to: [u32; 2]) -> Vec<u8> {
    if from == to {
        return rgb.to_vec();
    }
    let from =
        ImageRef::new(from[0], from[1], rgb, PixelType::U8x3).expect("three bytes for each pixel");
    let mut resized = Image::new(to[0], to[1], PixelType::U8x3);
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom))
        .use_alpha(false);
    Resizer::new()
        .resize(&from, &mut resized, &options)
        .expect("both have the same pixel type, and no crop is asked for");
    resized.into_vec()
}

/// [5, 672, 672, 3]: the overview, then the tiles (0, 0) (0, 1) (1, 0) (1, 1) as (row, column); the second ones begin at `[x, y]`.
fn overview_and_tiles(overview: &Array4<u8>, canvas: &Array4<u8>, [x, y]: [u32; 2]) -> Array4<u8> {
    let tile = |row: u32, column: u32| {
        // `slice_axis`, since the macro `s!` does not go with `forbid(unsafe_code)`.
        let from = |at: u32| Slice::from(at as usize..(at + BALANCED) as usize);
        let rows = canvas.slice_axis(Axis(1), from(row));
        rows.slice_axis_move(Axis(2), from(column))
    };
    let views = [
        overview.view(),
        tile(0, 0),
        tile(0, x),
        tile(y, 0),
        tile(y, x),
    ];
    ndarray::concatenate(Axis(0), &views).expect("all views are of one size")
}
