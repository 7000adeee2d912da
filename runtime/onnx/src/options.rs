//! How a graph is opened.
use std::thread;

/// Most threads of one graph, for each that the process may use at once: more only wait for each
/// other.
const MOST_THREADS: usize = 4;

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
///
/// One that cannot be had, because the loaded build of ONNX Runtime lacks it or there is no such
/// device, is an error ([`ErrorKind::ProviderUnavailable`](crate::ErrorKind::ProviderUnavailable)).
/// Operators that it lacks run on the CPU.
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

/// Whether a graph's weights may lie in other files than the graph's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExternalData {
    /// They may not: a graph that names another file is refused.
    #[default]
    Refused,
    /// In plain files within the graph's folder; links that lead out of it are refused. Whoever can
    /// change that folder while the graph is opened can still choose the file.
    InFolder,
}

/// How a graph is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphOptions {
    /// Threads that compute one operator; 0 (the default) is as many as the process may use at
    /// once, which respects the limits of a container (ONNX Runtime's own default is every core of
    /// the machine). At most four times that many are started, whatever is asked for.
    pub threads: usize,
    /// How much the graph is rewritten; the default is everything, which pays from the first run
    /// on.
    pub optimisation: Optimisation,
    /// What computes; the CPU by default. One that cannot be had is an error, not a silent step
    /// back to the CPU.
    pub provider: Provider,
    /// Whether weights may lie in other files; refused by default.
    pub external_data: ExternalData,
    /// Keep freed buffers for the next run (ONNX Runtime's arena). Faster, and it holds the peak
    /// until the graph is closed. On by default.
    pub arena: bool,
    /// Remember the buffer plan of every input shape seen. Off by default: a decoder sees a new
    /// shape at every step, and each would be kept.
    pub memory_pattern: bool,
    /// Let the threads wait for the next operator in a loop. On by default as in ONNX Runtime; off
    /// saves power at the price of slower small operators. Between runs they never do: every graph
    /// has threads of its own, and those of one would take the cores from the next (on two cores of
    /// a Xeon the adapter of nano took twice as long).
    pub spin: bool,
    /// Most runs at once; further ones wait. Each beyond the first holds weights and threads of its
    /// own, opened when it is first needed from the file's bytes, which are kept for that. 1 by
    /// default, the least memory.
    pub at_once: usize,
}

impl GraphOptions {
    /// Threads that are started for one operator.
    pub(crate) fn bounded_threads(&self) -> usize {
        let at_once = thread::available_parallelism().map_or(1, usize::from);
        match self.threads {
            0 => at_once,
            threads => threads.min(at_once.saturating_mul(MOST_THREADS)),
        }
    }
}

impl Default for GraphOptions {
    fn default() -> Self {
        Self {
            threads: 0,
            optimisation: Optimisation::default(),
            provider: Provider::default(),
            external_data: ExternalData::default(),
            arena: true,
            memory_pattern: false,
            spin: true,
            at_once: 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_bounded() {
        let threads = |threads| {
            GraphOptions {
                threads,
                ..GraphOptions::default()
            }
            .bounded_threads()
        };
        let at_once = thread::available_parallelism().map_or(1, usize::from);
        assert_eq!((threads(0), threads(1)), (at_once, 1));
        assert_eq!(threads(usize::MAX), MOST_THREADS * at_once);
    }
}
