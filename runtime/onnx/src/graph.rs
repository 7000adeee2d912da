mod metadata;

use std::{
    path::{Path, PathBuf},
    thread,
};

use ort::{
    ep,
    session::{
        Session,
        builder::{GraphOptimizationLevel, SessionBuilder},
    },
    value::{DynValue, TensorRef},
};

use crate::{
    Element, Error, ErrorKind, Kept, Outputs, Port, Result, Runtime, RuntimeOptions, Tensor,
    sessions::Sessions, tensor::mismatch,
};

/// How much a graph is rewritten when it is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Optimisation {
    /// Run it as it is written.
    Off,
    /// Constants folded, useless nodes removed.
    Basic,
    /// Nodes fused as well.
    Extended,
    /// Everything, the memory layout for this CPU included.
    #[default]
    All,
}

/// What computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Provider {
    /// The CPU.
    #[default]
    Cpu,
    /// An NVIDIA GPU, by its number; needs the `onnxruntime-gpu` build.
    Cuda {
        /// The device's number, from 0.
        device: i32,
    },
    /// Apple's Core ML; needs a macOS build.
    CoreMl,
}

/// How a graph is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphOptions {
    /// Threads that compute one operator; 0 (the default) is as many as the process may use at once, which respects
    /// the limits of a container (ONNX Runtime's own default is every core of the machine).
    pub threads: usize,
    /// How much the graph is rewritten; the default is everything, which pays from the first run on.
    pub optimisation: Optimisation,
    /// What computes; the CPU by default. One that cannot be had is an error, not a silent step back to the CPU.
    pub provider: Provider,
    /// Keep freed buffers for the next run (ONNX Runtime's arena). Faster, and it holds the peak until the graph is
    /// closed. On by default.
    pub arena: bool,
    /// Remember the buffer plan of every input shape seen. Off by default: a decoder sees a new shape at every step,
    /// and each would be kept.
    pub memory_pattern: bool,
    /// Let the threads wait for the next operator in a loop. On by default as in ONNX Runtime; off saves power at the price of
    /// slower small operators. Between runs they never do: every graph has threads of its own, and those of one would take
    /// the cores from the next (on two cores of a Xeon the adapter of nano took twice as long; by hand, no command kept).
    pub spin: bool,
    /// Most runs at once; further ones wait. Each beyond the first holds weights and threads of its own, opened when it is
    /// first needed. 1 by default, the least memory.
    pub at_once: usize,
}

impl Default for GraphOptions {
    fn default() -> Self {
        Self {
            threads: 0,
            optimisation: Optimisation::default(),
            provider: Provider::default(),
            arena: true,
            memory_pattern: false,
            spin: true,
            at_once: 1,
        }
    }
}

/// A graph that is ready to run. It may be shared between threads; [`GraphOptions::at_once`] says how many may run it at
/// once, and the others wait.
#[derive(Debug)]
pub struct Graph {
    path: PathBuf,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    sessions: Sessions,
}

impl Graph {
    /// Opens an ONNX file. The runtime is [found](Runtime::find) by default options if it was not before.
    pub fn open(path: impl AsRef<Path>, options: &GraphOptions) -> Result<Self> {
        let file = path.as_ref().to_owned();
        let how = options.clone();
        Self::of(path.as_ref(), options, move || open_session(&file, &how))
    }

    /// Opens what was read from `path` and may have been changed since.
    pub(crate) fn from_bytes(path: &Path, bytes: Vec<u8>, options: &GraphOptions) -> Result<Self> {
        let file = path.to_owned();
        let how = options.clone();
        Self::of(path, options, move || {
            commit(&file, &how, |builder| builder.commit_from_memory(&bytes))
        })
    }

    fn of(
        path: &Path,
        options: &GraphOptions,
        open: impl Fn() -> Result<Session> + Send + Sync + 'static,
    ) -> Result<Self> {
        let sessions = Sessions::new(options.at_once, open)?;
        let (inputs, outputs) = sessions.with(|session| {
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

    /// Checks that the graph has an input of this name, element type and shape (`None`: any length).
    pub fn expect_input(
        &self,
        name: &str,
        element: Element,
        shape: &[Option<usize>],
    ) -> Result<&Port> {
        self.expect("input", &self.inputs, name, element, shape)
    }

    /// Checks that the graph has an output of this name, element type and shape (`None`: any length).
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

    /// Runs the graph. Every input must be given once; names, element types and shapes are checked before.
    pub fn run(&self, inputs: &[(&str, Tensor<'_>)]) -> Result<Outputs> {
        self.check(inputs)?;
        let failed = |error: ort::Error| {
            Error::caused(
                ErrorKind::Run,
                format!("{}: {error}", self.path.display()),
                error,
            )
        };
        let contiguous: Vec<_> = inputs
            .iter()
            .map(|(name, tensor)| (*name, row_major(tensor)))
            .collect();
        let mut values = Vec::with_capacity(contiguous.len());
        for (name, tensor) in &contiguous {
            values.push((*name, input_value(tensor).map_err(failed)?));
        }
        self.sessions.with(|session| {
            let outputs = session.run(values).map_err(failed)?;
            let kept = outputs
                .into_iter()
                .map(|(name, value)| Kept::new(name, value))
                .collect::<Result<_>>()?;
            Ok(Outputs { kept })
        })?
    }

    /// How many copies of the graph are open: one, and another each time that all of them were in use
    /// ([`GraphOptions::at_once`]).
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

fn open_session(path: &Path, options: &GraphOptions) -> Result<Session> {
    std::fs::File::open(path).map_err(|error| {
        let message = format!("{}: {error}", path.display());
        Error::caused(ErrorKind::GraphMissing, message, error)
    })?;
    commit(path, options, |builder| builder.commit_from_file(path))
}

fn commit(
    path: &Path,
    options: &GraphOptions,
    commit: impl FnOnce(&mut SessionBuilder) -> ort::Result<Session>,
) -> Result<Session> {
    let runtime = Runtime::find(&RuntimeOptions::default())?;
    commit(&mut builder(runtime, options)?).map_err(|error| {
        let message = format!("{}: {error}", path.display());
        Error::caused(ErrorKind::GraphInvalid, message, error)
    })
}

fn builder(runtime: &Runtime, options: &GraphOptions) -> Result<SessionBuilder> {
    let refused = |error: ort::Error| {
        Error::caused(ErrorKind::Run, format!("session options: {error}"), error)
    };
    let recover = |error: ort::Error<SessionBuilder>| refused(error.into());
    let threads = match options.threads {
        0 => thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let builder = Session::builder(runtime.environment()).map_err(refused)?;
    let builder = builder.with_intra_threads(threads).map_err(recover)?;
    let builder = builder.with_inter_threads(1).map_err(recover)?;
    let builder = builder
        .with_intra_op_spinning(options.spin)
        .map_err(recover)?;
    let builder = builder
        .with_config_entry("session.force_spinning_stop", "1")
        .map_err(recover)?;
    let builder = builder
        .with_optimization_level(level(options.optimisation))
        .map_err(recover)?;
    let builder = builder
        .with_memory_pattern(options.memory_pattern)
        .map_err(recover)?;
    let cpu = ep::CPU::default()
        .with_arena_allocator(options.arena)
        .build()
        .error_on_failure();
    let providers = match options.provider {
        Provider::Cpu => vec![cpu],
        Provider::Cuda { device } => {
            vec![
                ep::CUDA::default()
                    .with_device_id(device)
                    .build()
                    .error_on_failure(),
                cpu,
            ]
        }
        Provider::CoreMl => vec![ep::CoreML::default().build().error_on_failure(), cpu],
    };
    builder
        .with_execution_providers(providers)
        .map_err(|error| {
            let error: ort::Error = error.into();
            let message = format!(
                "{:?} cannot be had from {}: {error}",
                options.provider,
                runtime.library().display()
            );
            Error::caused(ErrorKind::ProviderUnavailable, message, error)
        })
}

fn level(optimisation: Optimisation) -> GraphOptimizationLevel {
    match optimisation {
        Optimisation::Off => GraphOptimizationLevel::Disable,
        Optimisation::Basic => GraphOptimizationLevel::Level1,
        Optimisation::Extended => GraphOptimizationLevel::Level2,
        Optimisation::All => GraphOptimizationLevel::All,
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
