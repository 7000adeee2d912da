//! QR codes in pictures: their text and where they stand.
mod corners;
mod finders;

use crate::Image;
use crate::tools::{Call, Pictures, Tool};
use corners::Corners;
use finders::Square;
use serde_json::{Value, json};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Modules across the smallest QR code: nothing smaller, in pixels, can hold one.
const LEAST_SIDE: usize = 21;
/// Most codes that a result lists: a sheet full of stickers would fill the conversation.
const MAX_CODES: usize = 16;
/// What the search for the codes of a picture may cost, in copies of a pixel: `rqrr` (0.11) copies
/// the picture for each three of squares that it tries. Set by hand: a few seconds. Finding the
/// squares of a picture comes before, and is not counted.
const EFFORT: f64 = 4e9;
/// What looking at a part of a picture costs beside that, as many copies of it.
const LOOK: f64 = 100.0;

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
/// Codes that are damaged, blurred, inverted or hold other bytes are passed over. The squares that
/// mark the corners of codes are found first: where there are many, each three that may belong
/// together are looked at by themselves. Of more than 128 none is read so, and the effort is
/// bounded.
#[must_use]
pub fn read(image: &Image) -> Vec<Code> {
    let pixels = image.pixels();
    let size = [pixels.width() as usize, pixels.height() as usize];
    if size[0].min(size[1]) < LEAST_SIDE {
        return Vec::new();
    }
    let luma = |x: usize, y: usize| {
        let at = 3 * (y * size[0] + x);
        // Rec. 601 in integers.
        let [r, g, b] = [0, 1, 2].map(|c| u32::from(pixels.rgb()[at + c]));
        ((299 * r + 587 * g + 114 * b) / 1000) as u8
    };
    let mut search = Search {
        luma,
        size,
        left: EFFORT,
        codes: Vec::new(),
    };
    search.run();
    let mut codes = search.codes;
    codes.sort_by_key(|c| (c.corners[0][1], c.corners[0][0]));
    codes.truncate(MAX_CODES);
    codes
}

/// The search for the codes of a picture.
struct Search<L> {
    /// How light a pixel is.
    luma: L,
    /// Width and height of the picture.
    size: [usize; 2],
    /// Effort that is left of [`EFFORT`].
    left: f64,
    codes: Vec<Code>,
}

impl<L: Fn(usize, usize) -> u8> Search<L> {
    /// Looks at the whole, then at squares that belong to no code yet.
    fn run(&mut self) {
        let [width, height] = self.size;
        let squares = self.look([0, 0, width, height]);
        let mut used: Vec<bool> = squares.iter().map(|square| self.is_read(square)).collect();
        for corners in Corners::all(&squares) {
            if self.codes.len() >= MAX_CODES || self.left <= 0.0 {
                return;
            }
            if corners.squares.iter().any(|&index| used[index]) {
                continue;
            }
            let part = corners.bounds(&squares, self.size);
            self.left -= LOOK * ((part[2] - part[0]) * (part[3] - part[1])) as f64;
            self.look(part);
            for (used, square) in used.iter_mut().zip(&squares) {
                *used |= self.is_read(square);
            }
        }
    }

    /// Looks for codes in a part of the picture (left, top, right, bottom), where its squares are
    /// few enough. Gives these.
    fn look(&mut self, [left, top, right, bottom]: [usize; 4]) -> Vec<Square> {
        let [w, h] = [right.saturating_sub(left), bottom.saturating_sub(top)];
        let area = (w * h) as f64;
        if w.min(h) < LEAST_SIDE {
            return Vec::new();
        }
        let luma = |x: usize, y: usize| (self.luma)(left + x, top + y);
        // The reader walks over shapes that a stranger drew: should one lead it astray, no code was
        // found.
        let found = catch_unwind(AssertUnwindSafe(|| {
            let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(w, h, luma);
            let black = |x: usize, y: usize| u8::from(prepared.get_pixel_at(x, y)) != 0;
            let squares = finders::squares(w, h, black);
            let cost = finders::count(w, h, black).powi(3) / 4.0 * area;
            if cost > self.left / 2.0 {
                return (squares, 0.0, Vec::new());
            }
            let grids = prepared.detect_grids();
            (squares, cost, grids.iter().filter_map(code).collect())
        }));
        let (squares, cost, codes) = found.unwrap_or_default();
        self.left -= cost;
        let moved = codes.into_iter().map(|code: Code| Code {
            corners: code.corners.map(|[x, y]| [x + left as i32, y + top as i32]),
            ..code
        });
        let new: Vec<Code> = moved.filter(|code| !self.has(code)).collect();
        self.codes.extend(new);
        squares
    }

    /// Whether a code was read at this place already.
    fn has(&self, code: &Code) -> bool {
        let middle = |code: &Code, axis: usize| {
            code.corners.iter().map(|corner| corner[axis]).sum::<i32>() / 4
        };
        let centre = [0, 1].map(|axis| f64::from(middle(code, axis)));
        self.codes.iter().any(|read| read.contains(centre))
    }

    /// Whether a square belongs to a code that was read.
    fn is_read(&self, square: &Square) -> bool {
        self.codes.iter().any(|code| code.contains(square.centre))
    }
}

impl Code {
    /// Whether a point is within its corners.
    fn contains(&self, [x, y]: [f64; 2]) -> bool {
        let corners = self.corners.map(|corner| corner.map(f64::from));
        (0..4).all(|i| {
            let ([x0, y0], [x1, y1]) = (corners[i], corners[(i + 1) % 4]);
            (x1 - x0) * (y - y0) >= (y1 - y0) * (x - x0)
        })
    }
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
