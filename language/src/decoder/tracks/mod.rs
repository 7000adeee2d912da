//! The server decoder: parallel tracks with mixtures of experts, one ONNX graph a track block.
//!
//! ```text
//! ids, extra -> ends.onnx -> rows
//! for each block:   rows -> track0.blockB.onnx  \
//!                   rows -> track1.blockB.onnx   } at the same time -> their mean -> rows
//!                   ...                         /
//! rows -> ends.onnx -> hidden, logits
//! ```
//! Tracks meet at the borders of blocks alone: L/D times a pass, where tensor parallelism
//! synchronises 2L times. Each keeps its own keys and values. Three layers of four see a window,
//! and keep no more; the fourth sees everything. The integer kernels may run the blocks too, or
//! alone where a bundle has the weights for them and no graphs.
//! `training/server/export_tracks.py` writes the files.
mod block;
mod bundle;
mod config;
mod crew;
mod error;
mod frame;
mod link;
#[cfg(unix)]
mod process;
mod store;
mod worker;

pub use config::TracksConfig;
pub use crew::TrackCounts;
pub use error::TrackError;
#[cfg(unix)]
pub use process::serve_track;

use crate::decoder::onnx::refused;
use crate::{Cache, Dims, Error, Output, Result, Rows, TextDecoder};
use crew::Crew;
use foveate_onnx::{Graph, GraphOptions};
use frame::Frame;
use link::{Link, ThreadLink};
use ndarray::{Array1, Array2, Axis, Slice};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store::TrackStore;
use worker::Worker;

/// Most rows of a pass.
const MOST_CHUNK: usize = 4096;

/// Where the tracks of a decoder live.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrackPlaces {
    /// Each in a thread of this process.
    #[default]
    Threads,
    /// Each in a process of its own, over Unix sockets.
    #[cfg(unix)]
    Processes {
        /// A program that calls [`serve_track`] with its arguments `DIR TRACK THREADS`; the
        /// crate's own is `foveate-track`.
        program: PathBuf,
    },
}

/// What computes the blocks of tracks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TrackCompute {
    /// The integer kernels where a bundle has their weights (`trackT.blockB.safetensors`) for every
    /// block, its graphs otherwise.
    #[default]
    Auto,
    /// The ONNX graphs, in float32.
    Graphs,
    /// The integer kernels: experts of 4 bits, the other matrices of 8.
    Kernels,
}

/// How a decoder of tracks is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackOptions {
    /// Where the tracks live; in threads by default.
    pub places: TrackPlaces,
    /// Threads of each track; 0, the default, shares the cores out among them.
    pub threads: usize,
    /// What computes the blocks. Tracks in processes of their own always go by
    /// [`TrackCompute::Auto`].
    pub compute: TrackCompute,
    /// Rows of a pass at most, 1 to 4096: longer prompts go through in pieces. 256 by default, as
    /// in the integer decoder. A global layer's scores are `n_heads` x this x the context.
    pub chunk: usize,
    /// Time that a track has for a block; 60 seconds by default, hundreds of times what a pass of
    /// 256 rows takes. A track that dies is seen at once, whatever this is.
    pub stall: Duration,
}

impl Default for TrackOptions {
    fn default() -> Self {
        Self {
            places: TrackPlaces::default(),
            threads: 0,
            compute: TrackCompute::default(),
            chunk: 256,
            stall: Duration::from_secs(60),
        }
    }
}

/// A decoder of parallel tracks. It takes rows in the place of embeddings; adapters it does not.
pub struct TrackDecoder {
    config: TracksConfig,
    ends: Graph,
    crew: Arc<Crew>,
    chunk: usize,
}

impl TrackDecoder {
    /// Opens a folder of `tracks.json`, `ends.onnx` and `trackT.blockB.onnx`.
    ///
    /// # Errors
    /// A bundle that is not whole or not what `tracks.json` says, as a [`TrackError`].
    pub fn open(dir: impl AsRef<Path>, options: &TrackOptions) -> Result<Self> {
        let dir = dir.as_ref();
        let config = bundle::read_config(dir)?;
        bundle::check_files(dir, &config)?;
        let graph = graph_options(options.threads, config.n_tracks);
        let ends = bundle::open_ends(dir, &config, &graph)?;
        let start = starter(dir, config, options, graph);
        let crew = Crew::new(config.n_tracks, start, options.stall)?;
        Ok(Self {
            config,
            ends,
            crew: Arc::new(crew),
            chunk: options.chunk.clamp(1, MOST_CHUNK),
        })
    }

    /// Its sizes.
    #[must_use]
    pub fn config(&self) -> &TracksConfig {
        &self.config
    }

    /// What passed between it and its tracks so far.
    #[must_use]
    pub fn counts(&self) -> TrackCounts {
        self.crew.counts()
    }

    /// The process of each track; `None` of one in a thread, or dead.
    #[must_use]
    pub fn processes(&self) -> Vec<Option<u32>> {
        self.crew.processes()
    }

    /// Runs some of a call's rows; gives those that went through all blocks, `[part, dim]`.
    fn pass(
        &self,
        store: &mut TrackStore,
        rows: &Rows<'_>,
        part: Range<usize>,
    ) -> Result<Array2<f32>> {
        let place = store.place();
        let mut x = self.embed(rows, part.clone())?;
        let mut bytes = 0;
        self.crew.count_pass();
        for block in 0..self.config.n_blocks {
            let frame = Frame {
                block,
                conversation: place.conversation,
                base: place.base,
                past: place.past,
                forgotten: Vec::new(),
                rows: x,
            };
            (x, bytes) = self.crew.border(place.epoch, frame)?;
        }
        store.advance(part.len(), bytes);
        Ok(x)
    }

    fn embed(&self, rows: &Rows<'_>, part: Range<usize>) -> Result<Array2<f32>> {
        // What stands in a token's place has none; 0 is always one.
        let id = |row| match rows.replaced.contains(&row) {
            true => 0,
            false => i64::from(rows.ids[row]),
        };
        let ids: Array1<i64> = part.clone().map(id).collect();
        let extra = rows.extra.slice_axis(Axis(0), Slice::from(part.clone()));
        let none = Array2::<f32>::zeros((0, self.config.dim));
        let inputs = [
            ("ids", ids.into()),
            ("extra", extra.into()),
            ("rows", none.into()),
        ];
        let mut outputs = self.ends.run(&inputs).map_err(refused)?;
        let mut x: Array2<f32> = outputs.take("embedded").map_err(refused)?;
        for &row in rows.replaced.iter().filter(|row| part.contains(row)) {
            x.row_mut(row - part.start).assign(&rows.extra.row(row));
        }
        Ok(x)
    }

    /// Hidden rows and logits of `rows` `[select, dim]`.
    fn answer(&self, rows: Array2<f32>) -> Result<Output> {
        if rows.is_empty() {
            return Ok(Output {
                logits: Array2::zeros((0, self.config.vocab_size)),
                hidden: rows,
            });
        }
        let ids = Array1::<i64>::zeros(0);
        let extra = Array2::<f32>::zeros((0, self.config.dim));
        let inputs = [
            ("ids", ids.into()),
            ("extra", extra.into()),
            ("rows", rows.into()),
        ];
        let mut outputs = self.ends.run(&inputs).map_err(refused)?;
        Ok(Output {
            logits: outputs.take("logits").map_err(refused)?,
            hidden: outputs.take("hidden").map_err(refused)?,
        })
    }

    fn check(&self, past: usize, rows: &Rows<'_>) -> Result<()> {
        let (t, c) = (rows.ids.len(), &self.config);
        if past + t > c.context {
            return Err(Error::ContextFull {
                needed: past + t,
                limit: c.context,
            });
        }
        if rows.extra.dim() != (t, c.dim) {
            let found = rows.extra.dim();
            let what = format!("extra is {found:?}, [{t}, {}] is expected", c.dim);
            return Err(Error::decoder(what));
        }
        if let Some(row) = rows
            .select
            .iter()
            .chain(rows.replaced)
            .find(|&&row| row >= t)
        {
            return Err(Error::decoder(format!(
                "row {row} of {t} is named; 0..{t} are expected"
            )));
        }
        let replaced = |row: &usize| rows.replaced.contains(row);
        let outside = |row: &usize| rows.ids[*row] as usize >= c.vocab_size && !replaced(row);
        if let Some(row) = (0..t).find(outside) {
            let (id, n) = (rows.ids[row], c.vocab_size);
            return Err(Error::decoder(format!(
                "token {id} is outside the {n} of the vocabulary"
            )));
        }
        Ok(())
    }
}

impl std::fmt::Debug for TrackDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrackDecoder")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl TextDecoder for TrackDecoder {
    fn dims(&self) -> Dims {
        self.config.dims()
    }

    fn new_cache(&self) -> Cache {
        Cache::new(TrackStore::new(self.crew.clone(), &self.config))
    }

    /// After an error the cache is empty, and the same rows can be asked for again from the first.
    fn forward(&self, cache: &mut Cache, rows: Rows<'_>) -> Result<Output> {
        self.crew.ready()?;
        let past = cache.len();
        self.check(past, &rows)?;
        let store = cache.store::<TrackStore>()?;
        if !store.belongs_to(&self.crew) {
            return Err(Error::decoder(
                "the cache belongs to another decoder of tracks",
            ));
        }
        let mut wanted = Vec::new();
        for start in (0..rows.ids.len()).step_by(self.chunk) {
            let part = start..rows.ids.len().min(start + self.chunk);
            let through = self
                .pass(store, &rows, part.clone())
                .inspect_err(|_| store.reset())?;
            for row in rows.select.iter().filter(|row| part.contains(row)) {
                wanted.extend(through.row(row - start));
            }
        }
        let shape = (rows.select.len(), self.config.dim);
        let wanted = Array2::from_shape_vec(shape, wanted);
        self.answer(wanted.map_err(|e| Error::decoder(e.to_string()))?)
    }
}

/// What a track's graphs are opened with.
fn graph_options(threads: usize, n_tracks: usize) -> GraphOptions {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    GraphOptions {
        threads: if threads == 0 {
            (cores / n_tracks).max(1)
        } else {
            threads
        },
        ..GraphOptions::default()
    }
}

/// Starts a track where it is to live.
fn starter(
    dir: &Path,
    config: TracksConfig,
    options: &TrackOptions,
    graph: GraphOptions,
) -> Box<crew::Start> {
    let (dir, stall, compute) = (dir.to_owned(), options.stall, options.compute);
    match options.places.clone() {
        TrackPlaces::Threads => Box::new(move |track| {
            let worker = Worker::open(&dir, &config, track, &graph, compute)?;
            let link: Box<dyn Link> = Box::new(ThreadLink::start(worker, track, stall)?);
            Ok(link)
        }),
        #[cfg(unix)]
        TrackPlaces::Processes { program } => Box::new(move |track| {
            let threads = graph.threads;
            let link = process::ProcessLink::start(&program, &dir, &config, track, threads, stall)?;
            Ok(Box::new(link))
        }),
    }
}
