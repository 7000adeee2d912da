//! Sessions of `ort`: their options, and where their bytes come from.
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use ort::{
    ep,
    session::{
        Session,
        builder::{GraphOptimizationLevel, SessionBuilder},
    },
};

use crate::{
    Error, ErrorKind, ExternalData, GraphOptions, Optimisation, Provider, Result, Runtime,
    RuntimeOptions, external,
};

/// What the sessions of one graph are opened from. All see the same bytes, whatever becomes of the
/// file.
pub(crate) struct Source {
    path: PathBuf,
    options: GraphOptions,
    /// Nothing once the only session is open, or where weights lie beside the file.
    bytes: Mutex<Option<Arc<Vec<u8>>>>,
    beside: bool,
}

impl Source {
    /// Reads the graph's file and checks what it refers to.
    pub(crate) fn read(path: &Path, options: &GraphOptions) -> Result<Self> {
        let bytes = external::read(path)?;
        let beside = match options.external_data {
            ExternalData::Refused => external::refuse(path, &bytes).map(|()| false)?,
            ExternalData::InFolder => external::in_folder(path, &bytes)?,
        };
        let source = Self::of(path, bytes, options);
        if beside {
            source.lock().take();
        }
        Ok(Self { beside, ..source })
    }

    /// A graph whose bytes are known and checked.
    pub(crate) fn of(path: &Path, bytes: Vec<u8>, options: &GraphOptions) -> Self {
        Self {
            path: path.to_owned(),
            options: options.clone(),
            bytes: Mutex::new(Some(Arc::new(bytes))),
            beside: false,
        }
    }

    /// Opens one more session.
    pub(crate) fn open(&self) -> Result<Session> {
        if self.beside {
            return self.commit(|builder| builder.commit_from_file(&self.path));
        }
        let bytes = if self.options.at_once > 1 {
            self.lock().clone()
        } else {
            self.lock().take()
        };
        let bytes = bytes.ok_or_else(|| external::invalid(&self.path, "is open already"))?;
        self.commit(|builder| builder.commit_from_memory(&bytes))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Arc<Vec<u8>>>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn commit(
        &self,
        commit: impl FnOnce(&mut SessionBuilder) -> ort::Result<Session>,
    ) -> Result<Session> {
        let runtime = Runtime::find(&RuntimeOptions::default())?;
        commit(&mut builder(runtime, &self.options)?).map_err(|error| {
            let told = error.to_string();
            let hint = if told.contains(SHARED_ZERO_POINT) {
                "; two of its 8-bit weights share a zero point: give each its own"
            } else {
                ""
            };
            let message = format!("{}: {told}{hint}", self.path.display());
            Error::caused(ErrorKind::GraphInvalid, message, error)
        })
    }
}

/// Whether ONNX Runtime's kernels of 8 bits add up two products in 16, which overflows unless the
/// weights have 7 bits: on processors with AVX2 or AVX-512 and without VNNI. `x64quantprecision`
/// then makes it take kernels that do not. With VNNI it must not be asked for: the sums are the
/// same bits, and nano's encoder took 280 to 333 ms a view in place of 163 to 192 (a Xeon with
/// AVX-512 VNNI).
#[cfg(target_arch = "x86_64")]
fn sums_overflow() -> bool {
    // What ONNX Runtime asks for before it takes the 512-bit kernels.
    let wide = is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vnni");
    !wide && !is_x86_feature_detected!("avxvnni")
}

/// Other processors add up in 32 bits.
#[cfg(not(target_arch = "x86_64"))]
fn sums_overflow() -> bool {
    false
}

/// What ONNX Runtime 1.31 says where `session.x64quantprecision` meets weights that share a zero
/// point.
const SHARED_ZERO_POINT: &str = "Attempt to replace the existing tensor";

/// Microseconds that a thread waits in a loop for the next operator; versions that do not know of
/// it wait for longer. Threads spin when they are started too, which takes a core from the graph
/// that is opened beside: nano loads in 170 ms with this bound and in 222 without (medians of 14
/// runs on two cores of a Xeon; training/LOG.md, load-1), and encodes as fast. With 50 and 10,000
/// it loads in 187 and 192.
const SPIN: &str = "1000";

fn builder(runtime: &Runtime, options: &GraphOptions) -> Result<SessionBuilder> {
    let refused = |error: ort::Error| {
        Error::caused(ErrorKind::Run, format!("session options: {error}"), error)
    };
    let recover = |error: ort::Error<SessionBuilder>| refused(error.into());
    let builder = Session::builder(runtime.environment()).map_err(refused)?;
    let threads = options.bounded_threads();
    let builder = builder.with_intra_threads(threads).map_err(recover)?;
    let builder = builder.with_inter_threads(1).map_err(recover)?;
    let builder = builder
        .with_intra_op_spinning(options.spin)
        .map_err(recover)?;
    let builder = builder
        .with_config_entry("session.force_spinning_stop", "1")
        .map_err(recover)?;
    let builder = builder
        .with_config_entry("session.intra_op.spin_duration_us", SPIN)
        .map_err(recover)?;
    let builder = if sums_overflow() {
        let entry = builder.with_config_entry("session.x64quantprecision", "1");
        entry.map_err(recover)?
    } else {
        builder
    };
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
