//! Pictures for foveate: from the bytes of a file to the features of its patches.
//!
//! ```text
//! bytes --decode--> Pixels --ImageProcessor--> tiles --VisionTower--> features
//!                   RGB,     letterbox, overview        [tiles, rows, columns, d]
//!                   upright  and 2x2 tiles, crops, canvases
//! ```
//!
//! ```no_run
//! use foveate_onnx::GraphOptions;
//! use foveate_vision::{ImageConfig, Limits, Mode, OnnxTower, Pixels, TileBatch};
//!
//! let config = ImageConfig::default();
//! let pixels = Pixels::open("flyer.jpg", &Limits::default())?;
//! for note in pixels.notes() {
//!     eprintln!("flyer.jpg: {note}");
//! }
//! let tiles = TileBatch::new(&pixels, Mode::Auto, &config);
//! let tower = OnnxTower::open("models/nano/vision.onnx", &config, &GraphOptions::default())?;
//! let features = tower.encode(&tiles)?;
//! // Where canvas pixel (100, 50) is in the file as it was stored, before its EXIF rotation:
//! let point = tiles.placement().to_stored([100.0, 50.0]);
//! # Ok::<(), foveate_vision::Error>(())
//! ```
//!
//! # What is promised
//! - PNG, JPEG, WebP, GIF, BMP, TIFF and BigTIFF, in 1 to 16 bits, grey, palette, RGB, CMYK and
//!   YCbCr. Of animations the first frame that is not blank is read, of TIFFs the first page that
//!   is no thumbnail. Other formats are refused by their names.
//! - EXIF orientations 1 to 8 are applied, wherever in the file the block stands.
//! - Transparency is laid over white, black or mid grey, whichever lets what is shown stand out
//!   ([`Pixels::from_rgba`]).
//! - Of a JPEG or TIFF that is cut off or damaged, and of a PNG as far as its rows go, the part
//!   that is there is read. What was wrong, and what was passed over, is in [`Pixels::notes`].
//! - No file takes the process down: a panic in a decoder becomes an error.
//! - What a header claims is held against the file's length and [`Limits`] before it is allocated.
//! - Any size from 1x1 to the limit works.
//!
//! # What is not
//! Colour profiles are not applied: all is taken for sRGB, and [`Note::IgnoredProfile`] says so.
//! While a picture is decoded it takes 6 to 12 bytes a pixel, up to 20 for an animation: 2 GB at
//! the default limit. Lower [`Limits::max_pixels`] where that is too much.
#![forbid(unsafe_code)]

mod alpha;
mod decode;
mod error;
mod exif;
mod format;
mod limits;
mod note;
mod orientation;
mod pixels;
mod spotting;
mod tiling;
mod tower;
mod transform;

pub use error::{Error, ErrorKind, Result};
pub use format::Format;
pub use foveate_onnx::GoOn;
pub use limits::Limits;
pub use note::Note;
pub use orientation::Orientation;
pub use pixels::Pixels;
pub use spotting::{
    GraphName, Quad, Spotted, SpottedChar, SpottedLine, Spotter, SpotterConfig, SpotterOptions,
};
pub use tiling::{
    BALANCED, CanvasPlan, Canvases, CropGrid, Crops, ImageConfig, ImageProcessor, Letterbox, Mode,
    Quarters, Tile, TileBatch, Tiling,
};
pub use tower::{GlobalSizes, GlobalTower, OnnxTower, VisionTower};
pub use transform::{Rect, Transform};
