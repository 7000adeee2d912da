//! Text in a picture: where it is, what it says.
//!
//! ```text
//! Pixels --windows--> parts of a long picture --frame--> sides within limits --detect--> regions
//!        --rectify--> lines laid flat --orientation--> none upside down
//!        --recognize--> probabilities --ctc--> characters and their places
//! ```
//! Three graphs run: one gives for each pixel the probability of text (DB: Liao et al., 2019), one
//! says whether a line stands upside down, one gives for each strip of a line the probabilities of
//! characters (CTC). Any graphs of these kinds will do; the bundle `base` has PP-OCRv6 small.
mod ctc;
mod detect;
mod frame;
mod graphs;
mod options;
mod orientation;
mod quad;
mod raster;
mod recognize;
mod rectify;
mod regions;
mod spotter;
mod windows;

pub use options::SpotterOptions;
pub use quad::Quad;
pub use spotter::{GraphName, Spotted, SpottedChar, SpottedLine, Spotter, SpotterConfig};
