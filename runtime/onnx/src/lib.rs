//! ONNX Runtime for foveate: finds the library, opens graphs, runs them.
//!
//! This is the only crate of the workspace that names `ort`; none of its types are in a signature
//! here, so that the binding can change without a new major version of anything else.
//!
//! ```no_run
//! use foveate_onnx::{Graph, GraphOptions};
//! use ndarray::Array4;
//!
//! let graph = Graph::open("models/nano/vision.onnx", &GraphOptions::default())?;
//! let pixels = Array4::<f32>::zeros((1, 3, 224, 224));
//! let mut outputs = graph.run(&[("pixels", pixels.view().into())])?;
//! let features: Array4<f32> = outputs.take("features")?;
//! # Ok::<(), foveate_onnx::Error>(())
//! ```
//!
//! [`find`](Runtime::find) says where the library is looked for. It is loaded on the first use,
//! once for the process; call [`Runtime::find`] first to choose the file, or to learn early that
//! there is none.
//!
//! # Nothing is sent
//! Official builds of ONNX Runtime from 1.29 on keep usage data in the user's cache folder and send
//! it to their maker. One environment variable stops that, and it is read while the library is set
//! up: [`Runtime::find`] sets `ORT_DISABLE_TELEMETRY` to `1` for that moment, unless it is `1`
//! already.
//!
//! # What is not promised
//! A graph is code: ONNX Runtime parses it in C++ and it can ask for any amount of memory or time.
//! Open graphs from people you would take a program from. Three things are seen to here, whatever
//! the runtime's version: a graph is a plain file of less than 2 GiB, it reads no other file unless
//! [`GraphOptions::external_data`] says so, and a run can be stopped ([`Graph::run_while`]).
#![forbid(unsafe_code)]

mod error;
mod external;
mod find;
mod graph;
mod options;
mod proto;
mod session;
mod sessions;
mod stop;
mod tensor;
mod weights;

pub use error::{Error, ErrorKind, Result};
pub use find::{OLDEST_MINOR, Runtime, RuntimeOptions};
pub use graph::Graph;
pub use options::{ExternalData, GraphOptions, Optimisation, Provider};
pub use stop::GoOn;
pub use tensor::{Dim, Element, FromTensor, Kept, Outputs, Port, Tensor};
pub use weights::GraphFile;
