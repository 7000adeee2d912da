//! Answers that are being made.
use crate::raised;
use foveate::CancelHandle;
use foveate_bindings::{Step, Work};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::time::Duration;

/// How often a waiting thread looks whether Ctrl-C was pressed.
const TICK: Duration = Duration::from_millis(50);

/// Ends answers from another thread.
#[pyclass(frozen, module = "foveate")]
pub(crate) struct Cancel(pub CancelHandle);

#[pymethods]
impl Cancel {
    #[new]
    fn new() -> Self {
        Self(CancelHandle::new())
    }

    fn cancel(&self) {
        self.0.cancel();
    }

    #[getter]
    fn cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// An answer that is being made.
#[pyclass(frozen, module = "foveate._native")]
pub(crate) struct Answering(pub Work);

#[pymethods]
impl Answering {
    /// The next piece; `None` at the end.
    fn piece(&self, py: Python<'_>) -> PyResult<Option<String>> {
        match self.next(py)? {
            Step::Piece(piece) => Ok(Some(piece)),
            Step::Ended(Err(failure)) => Err(raised(py, failure)),
            _ => Ok(None),
        }
    }

    /// The whole answer as JSON; pieces are passed over.
    fn wait<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        loop {
            match self.next(py)? {
                Step::Ended(Ok(answer)) => {
                    return Ok(PyBytes::new(py, answer.to_string().as_bytes()));
                }
                Step::Ended(Err(failure)) => return Err(raised(py, failure)),
                _ => {}
            }
        }
    }

    fn cancel(&self) {
        self.0.cancel();
    }
}

impl Answering {
    /// The next piece or the end, waited for without the GIL. Ctrl-C cancels the answer.
    fn next(&self, py: Python<'_>) -> PyResult<Step> {
        loop {
            match py.detach(|| self.0.step(TICK)) {
                Step::Waiting => py.check_signals().inspect_err(|_| self.0.cancel())?,
                step => return Ok(step),
            }
        }
    }
}
