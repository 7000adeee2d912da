mod metadata;

use std::path::{Path, PathBuf};

use ort::{
    session::RunOptions,
    value::{DynValue, TensorRef},
};

use crate::{
    Element, Error, ErrorKind, GraphOptions, Kept, Outputs, Port, Result, Tensor,
    session::Source,
    sessions::Sessions,
    stop::{self, GoOn},
    tensor::mismatch,
};

/// A graph that is ready to run. It may be shared between threads; [`GraphOptions::at_once`] says
/// how many may run it at once, and the others wait.
#[derive(Debug)]
pub struct Graph {
    path: PathBuf,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    sessions: Sessions,
}

impl Graph {
    /// Opens an ONNX file: a plain file of less than 2 GiB, which names no other unless
    /// [`GraphOptions::external_data`] says so. The runtime is [found](crate::Runtime::find) by
    /// default options if it was not before.
    pub fn open(path: impl AsRef<Path>, options: &GraphOptions) -> Result<Self> {
        Self::of(
            path.as_ref(),
            options,
            Source::read(path.as_ref(), options)?,
        )
    }

    /// Opens what was read from `path` and may have been changed since.
    pub(crate) fn from_bytes(path: &Path, bytes: Vec<u8>, options: &GraphOptions) -> Result<Self> {
        Self::of(path, options, Source::of(path, bytes, options))
    }

    fn of(path: &Path, options: &GraphOptions, source: Source) -> Result<Self> {
        let sessions = Sessions::new(options.at_once, move || source.open())?;
        let (inputs, outputs) = sessions.with(&stop::NEVER, |session| {
            let ports = |outlets: &[ort::value::Outlet]| outlets.iter().map(Port::new).collect();
            (ports(session.inputs()), ports(session.outputs()))
        })?;
        Ok(Self {
            path: path.to_owned(),
            inputs,
            outputs,
            sessions,
        })
    }

    /// The file it was opened from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The inputs, as the graph declares them.
    pub fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    /// The outputs, as the graph declares them.
    pub fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    /// Checks that the graph has an input of this name, element type and shape (`None`: any
    /// length).
    pub fn expect_input(
        &self,
        name: &str,
        element: Element,
        shape: &[Option<usize>],
    ) -> Result<&Port> {
        self.expect("input", &self.inputs, name, element, shape)
    }

    /// Checks that the graph has an output of this name, element type and shape (`None`: any
    /// length).
    pub fn expect_output(
        &self,
        name: &str,
        element: Element,
        shape: &[Option<usize>],
    ) -> Result<&Port> {
        self.expect("output", &self.outputs, name, element, shape)
    }

    fn expect<'a>(
        &self,
        side: &str,
        ports: &'a [Port],
        name: &str,
        element: Element,
        shape: &[Option<usize>],
    ) -> Result<&'a Port> {
        let wanted: Vec<_> = shape
            .iter()
            .map(|dim| dim.map_or("?".to_owned(), |dim| dim.to_string()))
            .collect();
        let wanted = format!("{side} `{name}` {element} [{}]", wanted.join(", "));
        match ports.iter().find(|port| port.name == name) {
            Some(port) if port.fits(element, shape) => Ok(port),
            Some(port) => Err(mismatch(format!(
                "{}: {wanted} was expected, it has {port}",
                self.path.display()
            ))),
            None => Err(mismatch(format!(
                "{}: {wanted} was expected, it has {}",
                self.path.display(),
                list(ports)
            ))),
        }
    }

    /// Runs the graph. Every input must be given once; names, element types and shapes are checked
    /// before.
    pub fn run(&self, inputs: &[(&str, Tensor<'_>)]) -> Result<Outputs> {
        self.run_while(inputs, None)
    }

    /// As [`run`](Self::run), for as long as `go_on` says so: once it says no, the run ends with
    /// [`ErrorKind::Stopped`]. A cancel handle and a time limit are such functions. `None` never
    /// stops it, and costs nothing.
    ///
    /// It is asked every 5 ms, from another thread, also while this run waits for its turn. ONNX
    /// Runtime looks up between two operators, so that one long operator is still finished.
    pub fn run_while(
        &self,
        inputs: &[(&str, Tensor<'_>)],
        go_on: Option<&GoOn<'_>>,
    ) -> Result<Outputs> {
        self.check(inputs)?;
        let failed = |error: ort::Error| {
            let message = format!("{}: {error}", self.path.display());
            Error::caused(ErrorKind::Run, message, error)
        };
        let contiguous: Vec<_> = inputs
            .iter()
            .map(|(name, tensor)| (*name, row_major(tensor)))
            .collect();
        let mut values = Vec::with_capacity(contiguous.len());
        for (name, tensor) in &contiguous {
            values.push((*name, input_value(tensor).map_err(failed)?));
        }
        let options = RunOptions::new().map_err(failed)?;
        self.sessions
            .with(go_on.unwrap_or(&stop::NEVER), |session| {
                let run = || session.run_with_options(values, &options);
                let outputs = match go_on {
                    None => run(),
                    Some(go_on) => stop::watched(go_on, &options, run)
                        .ok_or_else(|| stop::stopped(&self.path))?,
                };
                let kept = outputs
                    .map_err(failed)?
                    .into_iter()
                    .map(|(name, value)| Kept::new(name, value))
                    .collect::<Result<_>>()?;
                Ok(Outputs { kept })
            })?
    }

    /// How many copies of the graph are open: one, and another each time that all of them were in
    /// use ([`GraphOptions::at_once`]).
    pub fn copies(&self) -> usize {
        self.sessions.count()
    }

    fn check(&self, inputs: &[(&str, Tensor<'_>)]) -> Result<()> {
        let refuse = |message: String| Err(mismatch(format!("{}: {message}", self.path.display())));
        for (i, (name, tensor)) in inputs.iter().enumerate() {
            let Some(port) = self.inputs.iter().find(|port| port.name == *name) else {
                return refuse(format!(
                    "there is no input `{name}`, it has {}",
                    list(&self.inputs)
                ));
            };
            if !port.accepts(tensor.element(), tensor.shape()) {
                return refuse(format!(
                    "input {port} was given {} {:?}",
                    tensor.element(),
                    tensor.shape()
                ));
            }
            if inputs[..i].iter().any(|(earlier, _)| earlier == name) {
                return refuse(format!("input `{name}` was given twice"));
            }
        }
        match self
            .inputs
            .iter()
            .find(|port| !inputs.iter().any(|(name, _)| port.name == *name))
        {
            Some(port) => refuse(format!("input {port} was not given")),
            None => Ok(()),
        }
    }
}

/// The same tensor in row-major order, copied only if it is not already.
fn row_major<'a>(tensor: &'a Tensor<'_>) -> Tensor<'a> {
    match tensor {
        Tensor::F32(array) => Tensor::F32(array.as_standard_layout()),
        Tensor::I64(array) => Tensor::I64(array.as_standard_layout()),
        Tensor::Kept(kept) => Tensor::Kept(kept),
    }
}

fn input_value<'a>(tensor: &'a Tensor<'_>) -> ort::Result<ort::session::SessionInputValue<'a>> {
    Ok(match tensor {
        Tensor::F32(array) => TensorRef::from_array_view(array.view())?.into(),
        Tensor::I64(array) => TensorRef::from_array_view(array.view())?.into(),
        Tensor::Kept(kept) => <&DynValue>::into(&kept.value),
    })
}

fn list(ports: &[Port]) -> String {
    ports
        .iter()
        .map(Port::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}
