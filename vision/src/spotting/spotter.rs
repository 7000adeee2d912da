use std::path::{Component, Path, PathBuf};

use foveate_onnx::{GoOn, GraphOptions};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    SpotterOptions,
    ctc::places,
    detect::Detector,
    frame::Frame,
    orientation::Classifier,
    quad::Quad,
    raster::RasterView,
    recognize::{Reading, Recognizer},
    rectify::{Line, Projection},
    windows::{Window, append},
};
use crate::{Error, ErrorKind, Pixels, Result};

/// The `spotter` part of a bundle's `config.json`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpotterConfig {
    /// Finds text: pixels [n, 3, height, width] to probabilities [n, 1, height, width].
    pub detector: GraphName,
    /// Says which lines stand upside down: [n, 3, 48, 192] to [n, 2]. Without it all are taken for
    /// upright.
    pub classifier: Option<GraphName>,
    /// Reads lines: [n, 3, 48, width] to [n, columns, characters], with its alphabet in the
    /// metadata `character`.
    pub recognizer: GraphName,
    /// How they are used.
    #[serde(default)]
    pub options: SpotterOptions,
}

/// A graph's file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraphName {
    /// Its name in the bundle's folder.
    pub file: String,
    /// Lower-case hexadecimal SHA-256 of the file; [`Spotter::open`] does not check it, whoever
    /// fetched the file did.
    pub sha256: String,
}

impl GraphName {
    fn path(&self, folder: &Path) -> Result<PathBuf> {
        let mut parts = Path::new(&self.file).components();
        match (parts.next(), parts.next()) {
            (Some(Component::Normal(_)), None) => Ok(folder.join(&self.file)),
            _ => {
                let message = format!(
                    "graph `{}`: the name of a file in the bundle was expected",
                    self.file
                );
                Err(Error::new(ErrorKind::Config, message))
            }
        }
    }
}

/// What was spotted in a picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Spotted {
    /// Its lines, from the top down; those that share a row from left to right.
    pub lines: Vec<SpottedLine>,
}

/// A line of text, or as much of one as the detector took for one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpottedLine {
    /// Where it is.
    pub quad: Quad,
    /// What it says, spaces included.
    pub text: String,
    /// Its characters, in the order of `text`.
    pub chars: Vec<SpottedChar>,
    /// The mean of the characters' confidences, 0 to 1.
    pub confidence: f32,
    /// By how many degrees clockwise its text is turned in the picture, to the next quarter: 0, 90,
    /// 180 or 270. A line that stands askew by less than about 45 degrees counts as upright; its
    /// quad says how much.
    pub turned: u16,
}

impl SpottedLine {
    /// The line that characters make; `None` for spaces alone.
    pub(crate) fn of(chars: Vec<SpottedChar>, turned: u16) -> Option<Self> {
        let text: String = chars.iter().map(|char| char.ch.as_str()).collect();
        let (first, last) = (chars.first()?.quad, chars.last()?.quad);
        let sum: f32 = chars.iter().map(|char| char.confidence).sum();
        (!text.trim().is_empty()).then(|| Self {
            quad: [first[0], last[1], last[2], first[3]],
            text,
            confidence: sum / chars.len() as f32,
            chars,
            turned,
        })
    }
}

/// A character of a line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpottedChar {
    /// The character: one of the recogniser's alphabet, a space too.
    pub ch: String,
    /// Where it is: as high as its line, as wide as half way to its neighbours.
    pub quad: Quad,
    /// Its probability, 0 to 1.
    pub confidence: f32,
    /// What else it may be and how likely: of 0.1 or more, likeliest first.
    pub others: Vec<(String, f32)>,
}

/// A text spotter: finds lines in a picture and reads them.
///
/// It may be shared between threads; [`GraphOptions::at_once`] says how many pictures are spotted
/// at once.
#[derive(Debug)]
pub struct Spotter {
    detector: Detector,
    classifier: Option<Classifier>,
    recognizer: Recognizer,
    options: SpotterOptions,
}

impl Spotter {
    /// Opens the graphs of a bundle. Their inputs, outputs and alphabet are checked; what does not
    /// fit is an error that names the file.
    pub fn open(
        folder: impl AsRef<Path>,
        config: &SpotterConfig,
        graphs: &GraphOptions,
    ) -> Result<Self> {
        config.options.check()?;
        let path = |name: &GraphName| name.path(folder.as_ref());
        let classifier = config.classifier.as_ref();
        Ok(Self {
            detector: Detector::open(&path(&config.detector)?, graphs)?,
            classifier: classifier
                .map(|name| Classifier::open(&path(name)?, graphs))
                .transpose()?,
            recognizer: Recognizer::open(&path(&config.recognizer)?, graphs)?,
            options: config.options.clone(),
        })
    }

    /// How it spots.
    pub fn options(&self) -> &SpotterOptions {
        &self.options
    }

    /// Finds and reads the lines of a picture, in its pixels as it stands upright. One without text
    /// gives none.
    pub fn spot(&self, picture: &Pixels) -> Result<Spotted> {
        self.spot_while(picture, None)
    }

    /// As [`spot`](Self::spot), for as long as `go_on` says so; then it ends with
    /// [`ErrorKind::Stopped`].
    pub fn spot_while(&self, picture: &Pixels, go_on: Option<&GoOn<'_>>) -> Result<Spotted> {
        let picture = RasterView {
            width: picture.width() as usize,
            height: picture.height() as usize,
            rgb: picture.rgb(),
        };
        let windows = Window::all([picture.width, picture.height], &self.options);
        let mut lines = Vec::new();
        if let [_] = windows[..] {
            lines = self.spot_once(picture, go_on)?;
        } else {
            for window in &windows {
                let found = self.spot_once(window.cut(picture).view(), go_on)?;
                let own = found.into_iter().filter_map(|line| window.own(line));
                append(&mut lines, window, own.collect());
            }
        }
        Ok(Spotted {
            lines: in_rows(lines),
        })
    }

    /// The lines of a picture, or of a window of one, in no order.
    fn spot_once(
        &self,
        picture: RasterView<'_>,
        go_on: Option<&GoOn<'_>>,
    ) -> Result<Vec<SpottedLine>> {
        let frame = Frame::new(picture, &self.options);
        let regions = self.detector.detect(frame.pixels(), &self.options, go_on)?;
        let lines = regions.into_par_iter();
        let lines: Vec<_> = lines
            .filter_map(|corners| Line::cut(frame.pixels(), corners))
            .collect();
        let lines = self.upright(lines, go_on)?;
        let read = self.read(lines, go_on)?;
        let lines = read.iter();
        let lines = lines.filter_map(|(line, reading)| self.line(line, reading, &frame));
        Ok(lines.collect())
    }

    /// The same lines, those upside down turned.
    fn upright(&self, lines: Vec<Line>, go_on: Option<&GoOn<'_>>) -> Result<Vec<Line>> {
        let Some(classifier) = &self.classifier else {
            return Ok(lines);
        };
        let turned = classifier.classify(&lines, &self.options, go_on)?;
        let lines = lines.into_iter().zip(turned);
        Ok(lines
            .map(|(line, turned)| if turned { line.upside_down() } else { line })
            .collect())
    }

    /// Reads lines; those of which little is sure upside down as well.
    fn read(&self, lines: Vec<Line>, go_on: Option<&GoOn<'_>>) -> Result<Vec<(Line, Reading)>> {
        let readings = self.recognizer.read(&lines, &self.options, go_on)?;
        let mut read: Vec<_> = lines.into_iter().zip(readings).collect();
        let unsure = |(_, reading): &&mut (Line, Reading)| {
            !reading.glyphs.is_empty() && reading.confidence() < self.options.doubtful
        };
        let doubtful: Vec<_> = read.iter_mut().filter(unsure).collect();
        let turned = doubtful.iter().map(|(line, _)| line.clone().upside_down());
        let turned: Vec<_> = turned.collect();
        let again = self.recognizer.read(&turned, &self.options, go_on)?;
        for (first, second) in doubtful.into_iter().zip(turned.into_iter().zip(again)) {
            if second.1.confidence() > first.1.confidence() + SURER {
                *first = second;
            }
        }
        Ok(read)
    }

    /// A line that says something with enough confidence.
    fn line(&self, line: &Line, reading: &Reading, frame: &Frame<'_>) -> Option<SpottedLine> {
        let text: String = reading
            .glyphs
            .iter()
            .map(|glyph| glyph.text.as_str())
            .collect();
        let confidence = reading.confidence();
        if text.trim().is_empty() || confidence < self.options.min_confidence {
            return None;
        }
        let projection = Projection::onto(line.corners)?;
        let places = places(&reading.glyphs, reading.columns);
        let chars = reading
            .glyphs
            .iter()
            .zip(places)
            .map(|(glyph, part)| SpottedChar {
                ch: glyph.text.clone(),
                quad: frame.to_picture(line.part(&projection, part)),
                confidence: glyph.confidence,
                others: glyph.others.clone(),
            });
        Some(SpottedLine {
            quad: frame.to_picture(line.corners),
            text,
            chars: chars.collect(),
            confidence,
            turned: u16::from(line.quarters % 4) * 90,
        })
    }
}

/// By how much a line read upside down must be surer to stay so: two ways to read no text are about
/// as sure.
const SURER: f32 = 0.1;

/// Two lines are in one row where their tops are less than this apart, in pixels
/// (`_BOX_SORT_Y_THRESHOLD` of RapidOCR 3.10.0).
const SAME_ROW: f32 = 10.0;

/// Lines sorted from the top down, and from left to right within a row: as long as the next line's
/// top is near the last one's.
fn in_rows(mut lines: Vec<SpottedLine>) -> Vec<SpottedLine> {
    let corner = |line: &SpottedLine, axis: usize| {
        let corners = line.quad.iter().map(|corner| corner[axis]);
        corners.fold(f32::INFINITY, f32::min)
    };
    lines.sort_by(|a, b| corner(a, 1).total_cmp(&corner(b, 1)));
    let same = |a: &SpottedLine, b: &SpottedLine| corner(b, 1) - corner(a, 1) < SAME_ROW;
    for row in lines.chunk_by_mut(same) {
        row.sort_by(|a, b| corner(a, 0).total_cmp(&corner(b, 0)));
    }
    lines
}
