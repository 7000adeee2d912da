//! The native half of the Python package `foveate`: models, and answers that are waited for without
//! the GIL. `python/foveate` gives both the types that Python's people know.
#![forbid(unsafe_code)]
#![allow(
    missing_docs,
    reason = "pyo3 makes public items of its own; foveate/_native.pyi documents ours"
)]

mod answer;
mod model;

use pyo3::prelude::*;

/// The module `foveate._native`.
#[pymodule]
mod _native {
    #[pymodule_export]
    use super::answer::{Answering, Cancel};
    #[pymodule_export]
    use super::model::Model;
}

/// The exception of a failure: `foveate._errors` has the classes.
fn raised(py: Python<'_>, failure: foveate_bindings::Failure) -> PyErr {
    let made = py.import("foveate._errors").and_then(|errors| {
        errors.call_method1("error_of", (failure.kind.as_str(), failure.message))
    });
    made.map_or_else(|e| e, PyErr::from_value)
}
