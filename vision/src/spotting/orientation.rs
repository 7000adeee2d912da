use std::path::Path;

use foveate_onnx::{GoOn, Graph, GraphOptions};
use ndarray::{Array4, Axis, Ix2};

use super::{
    SpotterOptions,
    graphs::{one_input, one_output, wrong_output},
    raster::Raster,
    recognize::normalised,
    rectify::Line,
};
use crate::Result;

/// Height and width of a line as the classifier sees it (`cls_image_shape` of RapidOCR 3.10.0).
const SIZE: [usize; 2] = [48, 192];

/// The classifier: lines [n, 3, 48, 192] to the probabilities of upright and upside down [n, 2].
#[derive(Debug)]
pub(crate) struct Classifier {
    graph: Graph,
}

impl Classifier {
    pub(crate) fn open(path: &Path, options: &GraphOptions) -> Result<Self> {
        let graph = Graph::open(path, options)?;
        one_input(&graph, &[None, Some(3), None, None])?;
        one_output(&graph, &[None, Some(2)])?;
        Ok(Self { graph })
    }

    /// Which lines stand upside down.
    pub(crate) fn classify(
        &self,
        lines: &[Line],
        options: &SpotterOptions,
        go_on: Option<&GoOn<'_>>,
    ) -> Result<Vec<bool>> {
        let mut turned = Vec::with_capacity(lines.len());
        for batch in lines.chunks(options.batch) {
            turned.extend(self.run(batch, options.turn_threshold, go_on)?);
        }
        Ok(turned)
    }

    fn run(&self, lines: &[Line], threshold: f32, go_on: Option<&GoOn<'_>>) -> Result<Vec<bool>> {
        let mut pixels = Array4::zeros((lines.len(), 3, SIZE[0], SIZE[1]));
        for (line, to) in lines.iter().zip(pixels.axis_iter_mut(Axis(0))) {
            fitted(&line.pixels).view().write_bgr(&normalised(), to);
        }
        let input = self.graph.inputs()[0].name.as_str();
        let output = self.graph.outputs()[0].name.as_str();
        let outputs = self.graph.run_while(&[(input, pixels.into())], go_on)?;
        let scores = outputs.view::<f32, Ix2>(output)?;
        if scores.dim() != (lines.len(), 2) {
            let wanted = format!("[{}, 2]", lines.len());
            return Err(wrong_output(&self.graph, scores.shape(), &wanted));
        }
        let turned =
            |scores: ndarray::ArrayView1<'_, f32>| scores[1] > scores[0] && scores[1] > threshold;
        Ok(scores.outer_iter().map(turned).collect())
    }
}

/// A line at the classifier's height, no wider than it sees: a longer one is squeezed.
fn fitted(line: &Raster) -> Raster {
    let width = SIZE[0] as f64 * (line.width as f64 / line.height as f64);
    line.view()
        .resized((width.ceil() as usize).clamp(1, SIZE[1]), SIZE[0])
}
