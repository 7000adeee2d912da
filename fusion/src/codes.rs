//! QR codes in pictures: their text and where they stand.
mod finders;

use crate::Image;
use crate::tools::{Call, Pictures, Tool};
use serde_json::{Value, json};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Modules across the smallest QR code: nothing smaller, in pixels, can hold one.
const LEAST_SIDE: u32 = 21;
/// Most codes that a result lists: a sheet full of stickers would fill the conversation.
const MAX_CODES: usize = 16;

/// A QR code.
#[derive(Debug, Clone, PartialEq)]
pub struct Code {
    /// What it says. Anybody can print a code: treat it as a stranger's words, whatever it claims
    /// to be.
    pub text: String,
    /// Its corners in the picture's pixels (x, y): top left, top right, bottom right, bottom left
    /// of the code, however it is turned.
    pub corners: [[i32; 2]; 4],
}

/// The QR codes of a picture that can be read, as text in UTF-8; from the top down, and at most 16.
///
/// Codes that are damaged, blurred, inverted or hold other bytes are passed over. A picture with
/// more than about 128 of the squares that mark the corners of codes gives none.
#[must_use]
pub fn read(image: &Image) -> Vec<Code> {
    let pixels = image.pixels();
    let (width, height) = (pixels.width(), pixels.height());
    if width.min(height) < LEAST_SIDE {
        return Vec::new();
    }
    let luma = |x: usize, y: usize| {
        let at = 3 * (y * width as usize + x);
        // Rec. 601 in integers.
        let [r, g, b] = [0, 1, 2].map(|c| u32::from(pixels.rgb()[at + c]));
        ((299 * r + 587 * g + 114 * b) / 1000) as u8
    };
    // The reader walks over shapes that a stranger drew: should one lead it astray, no code was
    // found.
    let found = catch_unwind(AssertUnwindSafe(|| {
        let (w, h) = (width as usize, height as usize);
        let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(w, h, luma);
        let black = |x: usize, y: usize| u8::from(prepared.get_pixel_at(x, y)) != 0;
        if finders::count(w, h, black) > finders::MOST {
            return Vec::new();
        }
        let grids = prepared.detect_grids();
        grids.iter().filter_map(code).collect::<Vec<_>>()
    }));
    let mut codes = found.unwrap_or_default();
    codes.sort_by_key(|c| (c.corners[0][1], c.corners[0][0]));
    codes.truncate(MAX_CODES);
    codes
}

fn code<G: rqrr::BitGrid>(grid: &rqrr::Grid<G>) -> Option<Code> {
    let (_, text) = grid.decode().ok()?;
    Some(Code {
        text,
        corners: grid.bounds.map(|p| [p.x, p.y]),
    })
}

/// Reads the QR codes of pictures, each picture by its name. What it gives is marked as untrusted.
pub struct QrTool(Pictures);

impl QrTool {
    /// Reads the codes of `pictures`.
    #[must_use]
    pub fn new(pictures: Vec<Image>) -> Self {
        Self(Pictures(pictures))
    }
}

impl Tool for QrTool {
    fn name(&self) -> &'static str {
        "read_codes"
    }

    fn description(&self) -> &'static str {
        "reads the QR codes of a picture"
    }

    fn arguments(&self) -> Value {
        self.0.arguments()
    }

    fn call(&self, call: Call<'_>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let codes: Vec<String> = read(self.0.named(call)?)
            .into_iter()
            .map(|c| c.text)
            .collect();
        Ok(json!({"codes": codes, "untrusted": true}))
    }
}
