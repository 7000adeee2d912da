//! What the spotter's graphs have in common: one input and one output, whatever they are called.
use foveate_onnx::{Element, Graph, Port};

use crate::{Error, ErrorKind, Result};

/// Refuses a graph whose only input is not floats of this shape (`None`: any length).
pub(crate) fn one_input(graph: &Graph, shape: &[Option<usize>]) -> Result<()> {
    one(graph, "input", graph.inputs(), shape)
}

/// Refuses a graph whose only output is not floats of this shape (`None`: any length).
pub(crate) fn one_output(graph: &Graph, shape: &[Option<usize>]) -> Result<()> {
    one(graph, "output", graph.outputs(), shape)
}

fn one(graph: &Graph, side: &str, ports: &[Port], shape: &[Option<usize>]) -> Result<()> {
    if let [port] = ports
        && port.fits(Element::F32, shape)
    {
        return Ok(());
    }
    let found: Vec<_> = ports.iter().map(Port::to_string).collect();
    let wanted: Vec<_> = shape
        .iter()
        .map(|length| length.map_or("?".to_owned(), |length| length.to_string()))
        .collect();
    let message = format!(
        "{}: one {side} f32 [{}] was expected, it has {}",
        graph.path().display(),
        wanted.join(", "),
        found.join(", ")
    );
    Err(Error::new(ErrorKind::Graph, message))
}

/// A run gave a tensor of another shape than the graph's kind gives.
pub(crate) fn wrong_output(graph: &Graph, found: &[usize], wanted: &str) -> Error {
    let message = format!(
        "{}: gave {found:?}, {wanted} was expected; is it the graph of another stage?",
        graph.path().display()
    );
    Error::new(ErrorKind::Graph, message)
}
