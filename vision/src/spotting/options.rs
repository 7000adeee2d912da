use serde::Deserialize;

use crate::{Error, ErrorKind, Result};

/// How text is spotted. Unless said otherwise the defaults are those of RapidOCR 3.10.0
/// (`rapidocr/config.yaml`), which runs the same graphs and which ours is held to
/// (`vision/tests/spotter_parity.py`).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpotterOptions {
    /// Longest side of a picture in pixels: a larger one is scaled down to it before anything else.
    /// 2000 (`max_side_len`).
    pub max_side: u32,
    /// Windows at most that a picture is cut into along its longer side, where that is over
    /// `max_side` and over 2.25 times the shorter: a longer picture gets longer windows, and its
    /// print gets smaller. 16, as many as other canvases of this crate; 1 scales every picture down
    /// as one, as RapidOCR does.
    pub max_windows: usize,
    /// Shortest side of a picture in pixels: a smaller one is scaled up to it. 30 (`min_side_len`).
    pub min_side: u32,
    /// A picture whose sides differ by more than this factor is padded with black until they differ
    /// by half of it: the detector knows lines with room around them. 8 (`width_height_ratio`;
    /// there only wide pictures are padded, tall ones here too, so that none asks the detector for
    /// more than `max_side` times 4 `max_side` pixels).
    pub max_aspect: f32,
    /// Shortest side of what the detector sees, in pixels: a smaller picture is scaled up to it.
    /// 736 (`limit_side_len` with `limit_type: min`).
    pub detector_side: u32,
    /// A pixel is text where its probability is over this. 0.3 (`thresh`).
    pub mask_threshold: f32,
    /// A region is text where its mean probability is this or more. 0.5 (`box_thresh`).
    pub region_threshold: f32,
    /// How far a region grows, since the detector learns shrunken ones: by area times this over
    /// perimeter, in pixels. 1.6 (`unclip_ratio`; Liao et al., "Real-time Scene Text Detection with
    /// Differentiable Binarization", 2019, use 1.5).
    pub unclip: f32,
    /// Most regions of a picture; the largest are kept. 1000 (`max_candidates`, the first found
    /// there).
    pub max_regions: usize,
    /// A line is turned by 180 degrees where the classifier's probability for it is over this. 0.9
    /// (`cls_thresh`).
    pub turn_threshold: f32,
    /// Lines that go through the classifier or the recogniser at once. 6 (`cls_batch_num`,
    /// `rec_batch_num`).
    pub batch: usize,
    /// Width that the lines of a batch are padded to at least, in pixels of a line 48 high: the
    /// recogniser has seen little narrower. 320 (`rec_img_shape`).
    pub min_line_width: usize,
    /// A line read with less confidence than this is read upside down as well, and the reading that
    /// is surer by far stays; 0 turns that off, as RapidOCR does. 0.8: the classifier turns upright
    /// lines of digits, and one line in eighteen of 94 real pictures is read with less.
    pub doubtful: f32,
    /// Between two letters or figures, or after a comma, a space is read where its probability is
    /// this or more. 1 is RapidOCR's way, which takes the likeliest alone and reads "technicaland".
    /// 0.25: set by hand.
    pub space: f32,
    /// A line is kept where its confidence is this or more. 0.5 (`text_score`). On 94 real pictures
    /// 0.6 cost 0.1% of the words and took away 8% of those made up.
    pub min_confidence: f32,
}

impl Default for SpotterOptions {
    fn default() -> Self {
        Self {
            max_side: 2000,
            max_windows: 16,
            min_side: 30,
            max_aspect: 8.0,
            detector_side: 736,
            mask_threshold: 0.3,
            region_threshold: 0.5,
            unclip: 1.6,
            max_regions: 1000,
            turn_threshold: 0.9,
            batch: 6,
            min_line_width: 320,
            doubtful: 0.8,
            space: 0.25,
            min_confidence: 0.5,
        }
    }
}

/// Largest value of every length in pixels: a picture of this side takes 200 MB as the detector's
/// input.
const MAX_SIDE: u32 = 4096;

impl SpotterOptions {
    /// Refuses values that make no sense, by name.
    pub(crate) fn check(&self) -> Result<()> {
        let sides = [
            ("max_side", self.max_side),
            ("min_side", self.min_side),
            ("detector_side", self.detector_side),
            (
                "min_line_width",
                u32::try_from(self.min_line_width).unwrap_or(u32::MAX),
            ),
        ];
        for (name, side) in sides {
            within(name, side, 1..=MAX_SIDE)?;
        }
        within("min_side", self.min_side, 1..=self.max_side)?;
        within("max_windows", self.max_windows, 1..=1000)?;
        within("max_aspect", self.max_aspect, 2.0..=64.0)?;
        within("mask_threshold", self.mask_threshold, 0.0..=1.0)?;
        within("region_threshold", self.region_threshold, 0.0..=1.0)?;
        within("unclip", self.unclip, 0.0..=8.0)?;
        within("max_regions", self.max_regions, 1..=100_000)?;
        within("turn_threshold", self.turn_threshold, 0.0..=1.0)?;
        within("batch", self.batch, 1..=256)?;
        within("doubtful", self.doubtful, 0.0..=1.0)?;
        within("space", self.space, 0.0..=1.0)?;
        within("min_confidence", self.min_confidence, 0.0..=1.0)
    }
}

fn within<T: PartialOrd + std::fmt::Display>(
    name: &str,
    value: T,
    range: std::ops::RangeInclusive<T>,
) -> Result<()> {
    if range.contains(&value) {
        return Ok(());
    }
    let (least, most) = range.into_inner();
    let message = format!("spotter option `{name}` is {value}, {least} to {most} was expected");
    Err(Error::new(ErrorKind::Config, message))
}
