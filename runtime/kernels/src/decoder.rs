//! The decoder: weights that never change, and the calls that run them over a session's cache.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use crate::cache::{Cache, PageLayout};
use crate::config::Config;
use crate::cpu::Cpu;
use crate::error::{Error, Kind, Result};
use crate::file::{Attention, Limits, Tensors};
use crate::forward::{self, Scratch};
use crate::lora::Updates;
use crate::team::Team;
use crate::weights::{Layer, Weights};

/// The weights of a decoder, ready to run. Sessions (each with its own [`Cache`]) may share one,
/// and their calls run side by side: each on its caller's thread with scratch of its own, the first
/// with the helper threads that the others leave it.
pub struct Decoder {
    pub(crate) weights: Weights,
    pub(crate) cpu: Cpu,
    team: Mutex<Team>,
    /// Calls under way.
    calls: Arc<AtomicUsize>,
    /// Of calls that are over, for those to come: as many as ran side by side.
    scratch: Mutex<Vec<Scratch>>,
}

/// Counts a call while it is under way.
struct Call<'a>(&'a AtomicUsize);

impl<'a> Call<'a> {
    fn begin(calls: &'a AtomicUsize) -> Self {
        calls.fetch_add(1, Ordering::Relaxed);
        Self(calls)
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What one call feeds to the decoder: `ids.len()` tokens that follow what the cache holds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Input<'a> {
    /// Token ids, `[t]`; [`Input::NO_TOKEN`] for a row that is `extra` alone.
    pub ids: &'a [u32],
    /// Added to the embeddings, `[t, dim]`: image tokens, places. Finite.
    pub extra: Option<&'a [f32]>,
    /// Absolute positions for RoPE, `[t]`; without, they go on from the cache's length. Attention
    /// is causal in the order fed.
    pub positions: Option<&'a [u32]>,
    /// Rows of this call whose logits are wanted, ascending, `[m]`. Block 2 runs on these only.
    pub select: &'a [usize],
}

/// What a call gives back, for the selected rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Output {
    /// `[m, vocab_size]`, before softmax.
    pub logits: Vec<f32>,
    /// `[m, dim]`, after the final norm.
    pub hidden: Vec<f32>,
}

impl Input<'_> {
    /// Instead of an id: this row is an embedding, given in `extra`.
    pub const NO_TOKEN: u32 = u32::MAX;
}

impl Decoder {
    /// Opens a `decoder.safetensors` with the default [`Limits`]. `threads` 0 takes one for each
    /// core.
    pub fn open(path: impl AsRef<Path>, cpu: Cpu, threads: usize) -> Result<Self> {
        let path = path.as_ref();
        let io = |e| Error::caused(Kind::Io, path.display().to_string(), e);
        let file = File::open(path).map_err(io)?;
        let len = file.metadata().map_err(io)?.len();
        Self::read(file, len, Limits::default(), cpu, threads)
    }

    /// As [`Decoder::open`], from anything that gives `len` bytes.
    pub fn read(
        from: impl std::io::Read,
        len: u64,
        limits: Limits,
        cpu: Cpu,
        threads: usize,
    ) -> Result<Self> {
        Self::new(&Tensors::read(from, len, limits)?, cpu, threads)
    }

    pub(crate) fn new(tensors: &Tensors, cpu: Cpu, threads: usize) -> Result<Self> {
        Self::of(Weights::new(tensors)?, cpu, threads)
    }

    /// A decoder of these weights.
    pub(crate) fn of(weights: Weights, cpu: Cpu, threads: usize) -> Result<Self> {
        let calls = Arc::default();
        Ok(Self {
            weights,
            cpu,
            team: Mutex::new(Team::new(threads, Arc::clone(&calls))?),
            calls,
            scratch: Mutex::default(),
        })
    }

    /// The sizes.
    pub fn config(&self) -> &Config {
        &self.weights.config
    }

    /// How attention is computed.
    pub fn attention(&self) -> Attention {
        self.weights.attention
    }

    /// The instruction set in use.
    pub fn cpu(&self) -> Cpu {
        self.cpu
    }

    /// An empty cache of this decoder's layout.
    pub fn cache(&self) -> Cache {
        Cache::new(self.layout())
    }

    /// Bytes of cache that a token takes.
    pub fn kv_bytes_per_token(&self) -> usize {
        self.layout().bytes_per_token()
    }

    /// Bytes of weights that decoding one token reads: every matrix once, the embedding for the
    /// logits.
    pub fn weight_bytes_per_token(&self) -> usize {
        let layer = |l: &Layer| {
            let own = l
                .own
                .as_ref()
                .map_or(0, |own| own.k.bytes() + own.v.bytes());
            own + [&l.q, &l.o, &l.gate, &l.up, &l.down]
                .iter()
                .map(|m| m.bytes())
                .sum::<usize>()
        };
        self.weights.logits().bytes() + self.weights.layers.iter().map(layer).sum::<usize>()
    }

    fn layout(&self) -> PageLayout {
        PageLayout::new(&self.weights.config, self.weights.attention)
    }

    /// The embedding of a token, `[dim]`, without `extra`.
    pub fn embedding(&self, id: u32) -> Result<Vec<f32>> {
        if id as usize >= self.weights.config.vocab_size {
            return Err(Error::new(Kind::Input, format!("token id {id}")));
        }
        let mut row = vec![0.0; self.weights.config.dim];
        self.weights.embedding(id, &mut row);
        Ok(row)
    }

    /// Appends tokens to the cache, and gives the logits of the selected ones. After an error the
    /// cache is as before.
    pub fn run(&self, cache: &mut Cache, input: Input) -> Result<Output> {
        self.run_with(cache, input, None)
    }

    /// As [`Decoder::run`], with `lora` added to the matrices. Keys and values depend on it: the
    /// caller keeps a cache to one `lora`, or to none.
    pub fn run_with(
        &self,
        cache: &mut Cache,
        input: Input,
        lora: Option<&Updates>,
    ) -> Result<Output> {
        self.check(cache, &input)?;
        if lora.is_some_and(|lora| !lora.fits(&self.weights.config)) {
            return Err(Error::new(Kind::Input, "updates of another decoder"));
        }
        let (config, m, past) = (&self.weights.config, input.select.len(), cache.len());
        let size = |width: usize| {
            m.checked_mul(width)
                .ok_or_else(|| Error::new(Kind::Input, "select"))
        };
        let mut output = Output {
            logits: vec![0.0; size(config.vocab_size)?],
            hidden: vec![0.0; size(config.dim)?],
        };
        let pages = cache.grow(input.ids.len());
        self.with_team(|team, scratch| {
            forward::run(
                &self.weights,
                self.cpu,
                team,
                scratch,
                &pages,
                past,
                &input,
                lora,
                &mut output,
            );
        });
        drop(pages);
        cache.advance(input.ids.len());
        Ok(output)
    }

    /// Runs a call with the helpers, if no other call has them, and with scratch of its own.
    fn with_team(&self, call: impl FnOnce(&Team, &mut Scratch)) {
        let _counted = Call::begin(&self.calls);
        let scratches = || self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = scratches().pop().unwrap_or_default();
        match self.team.try_lock() {
            Ok(team) => call(&team, &mut scratch),
            Err(TryLockError::Poisoned(team)) => call(&team.into_inner(), &mut scratch),
            Err(TryLockError::WouldBlock) => {
                call(&Team::alone(self.calls.clone()), &mut scratch);
            }
        }
        scratches().push(scratch);
    }

    fn check(&self, cache: &Cache, input: &Input) -> Result<()> {
        let (config, t) = (&self.weights.config, input.ids.len());
        let no_token = |id| id == Input::NO_TOKEN && input.extra.is_some();
        let expect = |ok: bool, what: &str| {
            if ok {
                Ok(())
            } else {
                Err(Error::new(Kind::Input, what))
            }
        };
        expect(cache.layout == self.layout(), "cache of another decoder")?;
        expect(
            input
                .ids
                .iter()
                .all(|&id| (id as usize) < config.vocab_size || no_token(id)),
            "ids",
        )?;
        expect(
            input
                .extra
                .is_none_or(|e| Some(e.len()) == t.checked_mul(config.dim)),
            "extra",
        )?;
        expect(
            input.extra.is_none_or(|e| e.iter().all(|x| x.is_finite())),
            "extra",
        )?;
        expect(input.positions.is_none_or(|p| p.len() == t), "positions")?;
        expect(input.select.is_sorted_by(|a, b| a < b), "select")?;
        expect(input.select.last().is_none_or(|&last| last < t), "select")?;
        if t > config.context.saturating_sub(cache.len()) {
            return Err(Error::new(
                Kind::Context,
                format!("{} + {t} tokens of {}", cache.len(), config.context),
            ));
        }
        Ok(())
    }
}
