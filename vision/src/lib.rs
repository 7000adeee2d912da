//! Pictures for foveate: from the bytes of a file to the features of its patches.
//!
//! ```text
//! bytes --decode--> Pixels --Views::new--> Views --Encoder::encode--> features [views, rows, columns, d]
//!                   RGB, upright           one canvas, or an overview and four tiles
//! ```
//!
//! ```no_run
//! use foveate_onnx::GraphOptions;
//! use foveate_vision::{Encoder, ImageConfig, Limits, Mode, Pixels, Views};
//!
//! let config = ImageConfig::default();
//! let pixels = Pixels::open("flyer.jpg", &Limits::default())?;
//! let views = Views::new(&pixels, Mode::Auto, &config);
//! let encoder = Encoder::open("models/nano/vision.onnx", &config, &GraphOptions::default())?;
//! let features = encoder.encode(&views)?;
//! // Where canvas pixel (100, 50) is in the file as it was stored, before its EXIF rotation:
//! let point = views.placement().to_stored([100.0, 50.0]);
//! # Ok::<(), foveate_vision::Error>(())
//! ```
//!
//! # What is promised
//! - PNG, JPEG, WebP, GIF (the first frame), BMP and TIFF (the first page), in 1, 8 or 16 bits, grey, palette, RGB, and
//!   CMYK where the decoder converts it; transparency is laid over white; EXIF orientations 1 to 8 are applied.
//! - The size in a file's header is held against [`Limits`] before anything of that size is allocated.
//! - Any size from 1x1 to the limit works.
//!
//! # What is not
//! Colour profiles are not applied: all is taken for sRGB. While a file of 16 bits and four channels is decoded it
//! takes eight bytes a pixel, 800 MB at the default limit; lower [`Limits::max_pixels`] where that is too much.
#![forbid(unsafe_code)]

mod error;
mod exif;
mod orientation;
mod pixels;
mod spotting;
mod tiling;
mod tower;
mod transform;

pub use error::{Error, ErrorKind, Result};
pub use orientation::Orientation;
pub use pixels::{Format, Limits, Note, Pixels};
pub use spotting::{
    GraphName, Quad, Spotted, SpottedChar, SpottedLine, Spotter, SpotterConfig, SpotterOptions,
};
pub use tiling::{
    BALANCED, CropGrid, Crops, ImageConfig, ImageProcessor, Letterbox, Mode, Tile, TileBatch,
    Tiling,
};
pub use tower::{OnnxTower, VisionTower};
pub use transform::{Rect, Transform};

// The names that these types had before.
pub use {CropGrid as Parts, OnnxTower as Encoder, TileBatch as Views, Transform as Placement};
