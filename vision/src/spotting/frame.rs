use super::{
    SpotterOptions,
    detect::multiple,
    quad::Quad,
    raster::{Raster, RasterView},
};

/// A picture as it is spotted: its sides within limits, and with room around it where it is a
/// strip.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    picture: RasterView<'a>,
    /// What the frame holds where that is not the picture itself.
    made: Option<Raster>,
    /// Pixels of the picture for one of the frame, across and down.
    scale: [f64; 2],
    /// Columns and rows of the frame before the picture begins.
    pad: [usize; 2],
}

impl<'a> Frame<'a> {
    pub(crate) fn new(picture: RasterView<'a>, options: &SpotterOptions) -> Self {
        let whole = [picture.width, picture.height];
        let size = size(whole, options);
        let pad = padding(size, options.max_aspect);
        let mut made = None;
        if size != whole {
            made = Some(picture.resized(size[0], size[1]));
        }
        if pad != [0, 0] {
            let inner = made.as_ref().map_or(picture, Raster::view);
            made = Some(inner.padded(pad[0], pad[1]));
        }
        Self {
            picture,
            made,
            scale: [0, 1].map(|axis| whole[axis] as f64 / size[axis] as f64),
            pad,
        }
    }

    pub(crate) fn pixels(&self) -> RasterView<'_> {
        self.made.as_ref().map_or(self.picture, Raster::view)
    }

    /// Places in the frame as places in the picture, in its pixels and inside it.
    pub(crate) fn to_picture(&self, corners: [[f64; 2]; 4]) -> Quad {
        let sides = [self.picture.width, self.picture.height].map(|side| side as f64);
        corners.map(|corner| {
            [0, 1].map(|axis| {
                let at = (corner[axis] - self.pad[axis] as f64) * self.scale[axis];
                at.clamp(0.0, sides[axis]) as f32
            })
        })
    }
}

/// The size in a frame of a picture of size `whole`, before it is padded.
fn size(whole: [usize; 2], options: &SpotterOptions) -> [usize; 2] {
    let longer = whole[0].max(whole[1]);
    let limit = options.max_side as usize;
    let size = if longer > limit {
        scaled(whole, limit, longer)
    } else {
        whole
    };
    let shorter = size[0].min(size[1]);
    let limit = options.min_side as usize;
    if shorter >= limit {
        return size;
    }
    // A thread is made thicker, not longer than it may be.
    scaled(size, limit, shorter).map(|side| side.min(options.max_side as usize))
}

/// Scaled so that a side of `from` pixels has `to`, both sides in whole multiples of 32.
fn scaled(size: [usize; 2], to: usize, from: usize) -> [usize; 2] {
    let scale = to as f64 / from as f64;
    size.map(|side| multiple((side as f64 * scale).trunc()))
}

/// What is put on both sides of each axis (`get_padding_h` of RapidOCR 3.10.0).
fn padding([width, height]: [usize; 2], max_aspect: f32) -> [usize; 2] {
    let missing = |long: usize, short: usize| {
        let aspect = long as f64 / short as f64;
        let wanted = (long as f64 / f64::from(max_aspect)).trunc() as usize * 2;
        if aspect > f64::from(max_aspect) {
            wanted.saturating_sub(short) / 2
        } else {
            0
        }
    };
    [missing(height, width), missing(width, height)]
}
