//! The graph that lets the image tokens of a picture see each other.
use crate::bundle::{Bundle, graph_error};
use crate::{Error, Result};
use foveate_onnx::{Element, GoOn, Graph, GraphOptions};
use ndarray::Array2;
use std::path::Path;

/// `mixer.onnx`: lets the image tokens of a picture see each other. The decoder is causal: without
/// it the first letter of a date cannot know what begins there.
#[derive(Debug)]
pub struct Mixer {
    graph: Graph,
}

impl Mixer {
    /// The mixer of a bundle, if its configuration says that there is one.
    pub fn of(bundle: &Bundle, options: &GraphOptions) -> Result<Option<Self>> {
        let config = bundle.config();
        if !config.fusion.mixer {
            return Ok(None);
        }
        Self::open(bundle.file("mixer.onnx")?, config.decoder.dim, options).map(Some)
    }

    /// Opens the graph and checks it against the decoder's width.
    pub fn open(path: impl AsRef<Path>, dim: usize, options: &GraphOptions) -> Result<Self> {
        let file = path.as_ref();
        let refused = |e: foveate_onnx::Error| graph_error(file, e);
        let graph = Graph::open(file, options).map_err(refused)?;
        let shape = &[None, Some(dim)];
        graph
            .expect_input("tokens", Element::F32, shape)
            .map_err(refused)?;
        graph
            .expect_output("mixed", Element::F32, shape)
            .map_err(refused)?;
        Ok(Self { graph })
    }

    /// Tokens `[n, dim]` with their places to tokens `[n, dim]`; no run where there are none.
    pub fn run(&self, tokens: Array2<f32>) -> Result<Array2<f32>> {
        self.run_while(tokens, None)
    }

    /// As [`run`](Self::run), for as long as `go_on` says so.
    pub fn run_while(&self, tokens: Array2<f32>, go_on: Option<&GoOn<'_>>) -> Result<Array2<f32>> {
        let shape = tokens.dim();
        if tokens.is_empty() {
            return Ok(tokens);
        }
        let inputs = [("tokens", tokens.into())];
        let mut outputs = self.graph.run_while(&inputs, go_on)?;
        let mixed: Array2<f32> = outputs.take("mixed")?;
        if mixed.dim() != shape {
            return Err(Error::Stage {
                stage: "mixer",
                why: format!("made {:?} of {shape:?}", mixed.dim()),
            });
        }
        Ok(mixed)
    }
}
