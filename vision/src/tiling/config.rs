use serde::Deserialize;

use crate::{Error, ErrorKind, Result};

/// The edge of the `rapid` canvas.
pub(super) const RAPID: u32 = 224;
/// The edge of the `balanced` canvas, and of the tiles of mode `high`.
pub const BALANCED: u32 = 672;
/// The edge of the `high` canvas: 2x2 tiles.
pub(super) const HIGH: u32 = 2 * BALANCED;

/// The resolution that pictures are encoded at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// `balanced` for pictures whose longer side is at most 672, else `high`. A reader may go from
    /// `balanced` to `high` where print is small, and read crops at another scale
    /// ([`CropGrid`](crate::CropGrid)) where it is unsure.
    #[default]
    Auto,
    /// One letterboxed canvas of 224x224.
    Rapid,
    /// One letterboxed canvas of 672x672.
    Balanced,
    /// A canvas of 1344x1344: an overview of 672x672, then four tiles of 672x672, row by row
    /// ([`TileBatch::far_tiles`](crate::TileBatch::far_tiles)).
    High,
}

impl Mode {
    /// The edge of its canvas; of `Auto`, that of `balanced`.
    pub(super) fn canvas(self) -> u32 {
        match self {
            Self::Rapid => RAPID,
            Self::Auto | Self::Balanced => BALANCED,
            Self::High => HIGH,
        }
    }

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
    /// A picture is not enlarged more than this: it would only blur, and cost as much as a larger
    /// one.
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
    /// Checks what a bundle claims: windows must fill every tile, and the arithmetic must stay
    /// finite.
    pub fn check(&self) -> Result<()> {
        let refuse = |message: String| Err(Error::new(ErrorKind::Config, message));
        let edge = u64::from(self.patch) * u64::from(self.window);
        if edge == 0 || u64::from(RAPID) % edge != 0 {
            return refuse(format!(
                "windows of {}x{} px do not fill a tile of {RAPID}",
                self.window, self.patch
            ));
        }
        self.check_numbers()
    }

    /// Checks all but the windows.
    pub(crate) fn check_numbers(&self) -> Result<()> {
        let refuse = |message: String| Err(Error::new(ErrorKind::Config, message));
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
