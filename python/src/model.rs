//! Models, and what is asked of them.
use crate::answer::{Answering, Cancel};
use crate::raised;
use foveate::{Limits, Options};
use foveate_bindings::{Failure, Picture, Question, Settings, Work, mode_of, time_limit_of};
use pyo3::prelude::*;
use std::path::PathBuf;

/// A model, loaded once.
#[pyclass(frozen, module = "foveate._native")]
pub(crate) struct Model(foveate::Model);

/// A picture as `foveate._pictures` hands it over.
#[derive(FromPyObject)]
enum Given {
    /// Width, height, channels, bytes.
    Pixels(u32, u32, u32, Vec<u8>),
    File(Vec<u8>),
    Path(PathBuf),
}

impl From<Given> for Picture {
    fn from(given: Given) -> Self {
        match given {
            Given::Path(path) => Self::Path(path),
            Given::File(bytes) => Self::File(bytes),
            Given::Pixels(width, height, channels, bytes) => Self::Pixels {
                width,
                height,
                channels,
                bytes,
            },
        }
    }
}

/// How a model is loaded: a dict of `foveate._model`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Loading {
    runtime: Option<PathBuf>,
    threads: usize,
    at_once: usize,
    remembered_images: usize,
    mode: Option<String>,
}

impl Loading {
    fn options(self) -> Result<Options, Failure> {
        Ok(Options {
            runtime: self.runtime,
            threads: self.threads,
            at_once: self.at_once,
            remembered_images: self.remembered_images,
            mode: self.mode.as_deref().map(mode_of).transpose()?,
            ..Options::default()
        })
    }
}

/// How a question is answered: a dict of `foveate._model`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct How {
    stream: bool,
    max_tokens: Option<usize>,
    time_limit: Option<f64>,
    max_pixels: Option<u64>,
    cancel: Option<Py<Cancel>>,
}

impl How {
    fn settings(self) -> Result<Settings, Failure> {
        let limits = Limits::default();
        Ok(Settings {
            max_tokens: self.max_tokens,
            time_limit: time_limit_of(self.time_limit)?,
            limits: Limits {
                max_pixels: self.max_pixels.unwrap_or(limits.max_pixels),
                ..limits
            },
            stream: self.stream,
            cancel: self.cancel.map(|c| c.get().0.clone()),
        })
    }
}

#[pymethods]
impl Model {
    #[staticmethod]
    fn load(py: Python<'_>, model: PathBuf, how: Loading) -> PyResult<Self> {
        let loaded = py.detach(|| Ok(foveate::Model::load_with(model, &how.options()?)?));
        loaded.map(Self).map_err(|e: Failure| raised(py, e))
    }

    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    fn begin(
        &self,
        py: Python<'_>,
        picture: Given,
        task: &str,
        text: Option<&str>,
        how: How,
    ) -> PyResult<Answering> {
        let begun = question(task, text)
            .and_then(|question| Work::begin(&self.0, picture.into(), question, how.settings()?));
        begun.map(Answering).map_err(|e| raised(py, e))
    }
}

fn question(task: &str, text: Option<&str>) -> Result<Question, Failure> {
    match (task, text) {
        ("ocr", _) => Ok(Question::Ocr),
        ("event", today) => Question::event(today),
        ("read", Some(schema)) => Question::read(schema),
        ("ask", Some(question)) => Ok(Question::Ask(question.to_owned())),
        _ => Err(Failure::argument(format!(
            "{task:?} is no task, or lacks its text"
        ))),
    }
}
