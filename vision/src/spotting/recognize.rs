use std::path::Path;

use foveate_onnx::{Dim, GoOn, Graph, GraphOptions};
use ndarray::{Array4, Axis, Ix3};

use super::{
    SpotterOptions,
    ctc::{Alphabet, Glyph, decode},
    graphs::{one_input, one_output, wrong_output},
    raster::Raster,
    rectify::Line,
};
use crate::{Error, ErrorKind, Result};

/// The height of a line where the graph leaves it free (`rec_img_shape` of RapidOCR 3.10.0).
const HEIGHT: usize = 48;
/// Where the file keeps its alphabet, a character a line.
const ALPHABET: &str = "character";

/// The recognition graph: lines [n, 3, 48, width] to probabilities [n, columns, characters].
#[derive(Debug)]
pub(crate) struct Recognizer {
    graph: Graph,
    alphabet: Alphabet,
    height: usize,
}

/// What was read of a line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    pub(crate) glyphs: Vec<Glyph>,
    /// How many columns the line itself has; those behind are padding.
    pub(crate) columns: f64,
}

impl Reading {
    /// The mean over the characters, 0 for none.
    pub(crate) fn confidence(&self) -> f32 {
        let sum: f32 = self.glyphs.iter().map(|glyph| glyph.confidence).sum();
        sum / self.glyphs.len().max(1) as f32
    }
}

impl Recognizer {
    pub(crate) fn open(path: &Path, options: &GraphOptions) -> Result<Self> {
        let graph = Graph::open(path, options)?;
        one_input(&graph, &[None, Some(3), None, None])?;
        let missing = || {
            let message = format!(
                "{}: no alphabet: metadata `{ALPHABET}`, a character a line, was expected",
                graph.path().display()
            );
            Error::new(ErrorKind::Graph, message)
        };
        let alphabet = Alphabet::parse(&graph.metadata(ALPHABET)?.ok_or_else(missing)?);
        one_output(&graph, &[None, None, Some(alphabet.len())])?;
        let height = match graph.inputs()[0].shape[2] {
            Dim::Fixed(height) => height,
            Dim::Free(_) => HEIGHT,
        };
        Ok(Self {
            graph,
            alphabet,
            height,
        })
    }

    /// Reads lines, in their order.
    pub(crate) fn read(
        &self,
        lines: &[Line],
        options: &SpotterOptions,
        go_on: Option<&GoOn<'_>>,
    ) -> Result<Vec<Reading>> {
        let mut readings = vec![Reading::default(); lines.len()];
        let mut order: Vec<usize> = (0..lines.len()).collect();
        order.sort_by(|&a, &b| lines[a].aspect().total_cmp(&lines[b].aspect()));
        for batch in order.chunks(options.batch) {
            let pixels: Vec<_> = batch.iter().map(|&index| &lines[index].pixels).collect();
            for (&index, reading) in batch.iter().zip(self.run(&pixels, options, go_on)?) {
                readings[index] = reading;
            }
        }
        Ok(readings)
    }

    /// Reads lines at once, padded on the right with grey to the width of the widest.
    fn run(
        &self,
        lines: &[&Raster],
        options: &SpotterOptions,
        go_on: Option<&GoOn<'_>>,
    ) -> Result<Vec<Reading>> {
        let exact = |line: &Raster| self.height as f64 * (line.width as f64 / line.height as f64);
        let widest = lines
            .iter()
            .map(|line| exact(line) as usize)
            .max()
            .unwrap_or(0);
        let width = widest.max(options.min_line_width);
        let widths = lines
            .iter()
            .map(|line| (exact(line).ceil() as usize).clamp(1, width));
        let widths: Vec<_> = widths.collect();
        let mut pixels = Array4::zeros((lines.len(), 3, self.height, width));
        let planes = pixels.axis_iter_mut(Axis(0));
        for ((line, &width), to) in lines.iter().zip(&widths).zip(planes) {
            let line = line.view().resized(width, self.height);
            line.view().write_bgr(&normalised(), to);
        }
        let input = self.graph.inputs()[0].name.as_str();
        let output = self.graph.outputs()[0].name.as_str();
        let outputs = self.graph.run_while(&[(input, pixels.into())], go_on)?;
        let scores = outputs.view::<f32, Ix3>(output)?;
        let (count, columns, characters) = scores.dim();
        if count != lines.len() || characters != self.alphabet.len() {
            let wanted = format!("[{}, columns, {}]", lines.len(), self.alphabet.len());
            return Err(wrong_output(&self.graph, scores.shape(), &wanted));
        }
        let readings = scores
            .outer_iter()
            .zip(lines)
            .map(|(scores, line)| Reading {
                glyphs: decode(scores, &self.alphabet, options.space),
                columns: columns as f64 * exact(line).min(width as f64) / width as f64,
            });
        Ok(readings.collect())
    }
}

/// Values of a pixel as the classifier and the recogniser take them: -1 to 1.
pub(crate) fn normalised() -> [f32; 256] {
    std::array::from_fn(|value| (value as f32 / 255.0 - 0.5) / 0.5)
}
