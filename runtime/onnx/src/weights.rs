//! The weights of an ONNX file, read and replaced before the graph is opened.
//!
//! Only the skeleton of the file is read: the model's graph, and in it each initializer's name,
//! element type, shape and place. All else is passed on as it stands.
use std::{
    collections::BTreeMap,
    ops::Range,
    path::{Path, PathBuf},
};

use half::f16;
use ndarray::{Array2, ArrayView2};

use crate::{
    Error, ErrorKind, Graph, GraphOptions, Result, external,
    proto::{Broken, Field, Fields, number, put_bytes, put_number},
};

/// Field numbers and element types of onnx.proto: `ModelProto.graph`, `GraphProto.initializer`,
/// `TensorProto`.
const GRAPH: u64 = 7;
const INITIALIZER: u64 = 5;
const DIMS: u64 = 1;
const DATA_TYPE: u64 = 2;
const NAME: u64 = 8;
const RAW_DATA: u64 = 9;
const FLOAT: u64 = 1;
const FLOAT16: u64 = 10;

/// An ONNX file in memory whose weights can be changed.
#[derive(Debug)]
pub struct GraphFile {
    path: PathBuf,
    bytes: Vec<u8>,
    /// The `graph` field with its tag and length, and what is in it.
    graph: Field,
    weights: BTreeMap<String, Weight>,
    replaced: BTreeMap<String, Vec<u8>>,
}

/// An initializer.
#[derive(Debug, Default)]
struct Weight {
    /// The whole field, tag and length included.
    span: Range<usize>,
    shape: Vec<u64>,
    element: u64,
    /// The numbers, little-endian, where they are stored so.
    data: Option<Range<usize>>,
}

impl GraphFile {
    /// Reads the file and finds its weights.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = external::read(path)?;
        external::refuse(path, &bytes)?;
        let broken = |_: Broken| external::broken(path);
        let mut graphs = Vec::new();
        for field in Fields::new(&bytes, 0..bytes.len()) {
            let field = field.map_err(broken)?;
            if field.number == GRAPH {
                graphs.push(field);
            }
        }
        // Readers would merge several.
        let (Some(graph), true) = (graphs.pop(), graphs.is_empty()) else {
            return Err(external::invalid(path, "has more or less than one graph"));
        };
        let mut weights = BTreeMap::new();
        for field in Fields::new(&bytes, graph.inside.clone()) {
            let field = field.map_err(broken)?;
            if field.number == INITIALIZER {
                let (name, weight) = Weight::read(&bytes, &field).map_err(broken)?;
                weights.insert(name, weight);
            }
        }
        Ok(Self {
            path: path.to_owned(),
            bytes,
            graph,
            weights,
            replaced: BTreeMap::new(),
        })
    }

    /// The first of `names` that is a weight of the graph.
    pub fn find<'n>(&self, names: &[&'n str]) -> Option<&'n str> {
        names
            .iter()
            .find(|n| self.weights.contains_key(**n))
            .copied()
    }

    /// The names of all weights, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.weights.keys().map(String::as_str)
    }

    /// A weight's lengths along its axes, as the file claims them; `None` where there is no such
    /// weight.
    pub fn shape(&self, name: &str) -> Option<&[u64]> {
        self.weights.get(name).map(|weight| weight.shape.as_slice())
    }

    /// A matrix of the file as floats, `[rows, cols]`; stored as float32 or float16.
    pub fn matrix(&self, name: &str) -> Result<Array2<f32>> {
        let weight = self.weight(name)?;
        let refused = |why: &str| self.refused(name, why);
        let &[rows, cols] = weight.shape.as_slice() else {
            return Err(refused(&format!("is {:?}, not a matrix", weight.shape)));
        };
        let data = weight
            .data
            .clone()
            .ok_or_else(|| refused("is not stored in the file itself as raw data"))?;
        let data = &self.bytes[data];
        let values: Vec<f32> = match weight.element {
            FLOAT => data
                .as_chunks()
                .0
                .iter()
                .map(|b| f32::from_le_bytes(*b))
                .collect(),
            FLOAT16 => {
                let halves = data.as_chunks().0.iter().map(|b| f16::from_le_bytes(*b));
                halves.map(f16::to_f32).collect()
            }
            _ => return Err(refused("is neither float32 nor float16")),
        };
        let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        Array2::from_shape_vec((size(rows), size(cols)), values)
            .map_err(|_| refused(&format!("has another length than {rows} x {cols} numbers")))
    }

    /// Puts `values` in a matrix' place, as float32; the shape stays.
    ///
    /// Where the graph stores it as float16 and widens it with a `Cast`, that becomes a cast of
    /// float32 to itself: legal, and folded away when the graph is opened.
    pub fn replace(&mut self, name: &str, values: ArrayView2<'_, f32>) -> Result<()> {
        let shape = [values.nrows() as u64, values.ncols() as u64];
        let weight = self.weight(name)?;
        if weight.shape != shape {
            let why = format!("is {:?}, not {shape:?}", weight.shape);
            return Err(self.refused(name, &why));
        }
        let data: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let mut tensor = Vec::with_capacity(data.len() + name.len() + 32);
        for dim in shape {
            put_number(&mut tensor, DIMS, dim);
        }
        put_number(&mut tensor, DATA_TYPE, FLOAT);
        put_bytes(&mut tensor, NAME, name.as_bytes());
        put_bytes(&mut tensor, RAW_DATA, &data);
        self.replaced.insert(name.to_owned(), tensor);
        Ok(())
    }

    /// Opens the graph with the weights as they are now. What the file held besides is freed
    /// afterwards.
    pub fn open(self, options: &GraphOptions) -> Result<Graph> {
        Graph::from_bytes(&self.path, self.changed(), options)
    }

    /// The file with the replaced weights.
    fn changed(&self) -> Vec<u8> {
        let mut spans: Vec<_> = self
            .replaced
            .keys()
            .map(|name| self.weights[name].span.clone())
            .collect();
        spans.sort_by_key(|s| s.start);
        let mut graph = Vec::new();
        let mut at = self.graph.inside.start;
        for span in spans {
            graph.extend_from_slice(&self.bytes[at..span.start]);
            at = span.end;
        }
        graph.extend_from_slice(&self.bytes[at..self.graph.inside.end]);
        for tensor in self.replaced.values() {
            put_bytes(&mut graph, INITIALIZER, tensor);
        }
        let mut out = self.bytes[..self.graph.span.start].to_vec();
        put_bytes(&mut out, GRAPH, &graph);
        out.extend_from_slice(&self.bytes[self.graph.span.end..]);
        out
    }

    fn weight(&self, name: &str) -> Result<&Weight> {
        self.weights
            .get(name)
            .ok_or_else(|| self.refused(name, "is not in the graph"))
    }

    fn refused(&self, name: &str, why: &str) -> Error {
        let message = format!("{}: weight `{name}` {why}", self.path.display());
        Error::new(ErrorKind::Mismatch, message)
    }
}

impl Weight {
    fn read(bytes: &[u8], field: &Field) -> Result<(String, Self), Broken> {
        let mut name = String::new();
        let mut weight = Self {
            span: field.span.clone(),
            ..Self::default()
        };
        for part in Fields::new(bytes, field.inside.clone()) {
            let part = part?;
            match part.number {
                DIMS if part.inside.is_empty() => weight.shape.push(part.value),
                DIMS => {
                    let mut at = part.inside.start;
                    while at < part.inside.end {
                        let dim = number(bytes, &mut at, part.inside.end);
                        weight.shape.push(dim.ok_or(Broken)?);
                    }
                }
                DATA_TYPE => weight.element = part.value,
                NAME => {
                    let text = String::from_utf8(bytes[part.inside].to_vec());
                    name = text.map_err(|_| Broken)?;
                }
                RAW_DATA => weight.data = Some(part.inside),
                _ => {}
            }
        }
        Ok((name, weight))
    }
}
