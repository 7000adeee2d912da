//! The decoder: weights that never change, and the calls that run them over a session's cache.

use std::fs::File;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::cache::{Cache, PageLayout};
use crate::config::Config;
use crate::cpu::Cpu;
use crate::error::{Error, Kind, Result};
use crate::file::{Attention, Limits, Tensors};
use crate::forward::{self, Scratch};
use crate::linear::Linear;
use crate::lora::Lora;
use crate::team::Team;

/// The weights of a decoder, ready to run. Sessions (each with its own [`Cache`]) may share one; their calls take turns.
pub struct Decoder {
    pub(crate) weights: Weights,
    pub(crate) cpu: Cpu,
    state: Mutex<State>,
}

struct State {
    team: Team,
    scratch: Scratch,
}

pub(crate) struct Weights {
    pub config: Config,
    pub attention: Attention,
    pub embed: Linear,
    pub norm: Vec<f32>,
    pub layers: Vec<Layer>,
}

pub(crate) struct Layer {
    pub attn_norm: Vec<f32>,
    pub ffn_norm: Vec<f32>,
    pub q_norm: Vec<f32>,
    pub q: Linear,
    pub o: Linear,
    pub gate: Linear,
    pub up: Linear,
    pub down: Linear,
    /// Block 1 only.
    pub own: Option<Own>,
}

/// What makes a layer's own keys and values.
pub(crate) struct Own {
    pub k: Linear,
    pub v: Linear,
    pub k_norm: Vec<f32>,
    /// Of the grid of keys and of values.
    pub scale: Option<[f32; 2]>,
}

/// What one call feeds to the decoder: `ids.len()` tokens that follow what the cache holds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Input<'a> {
    /// Token ids, `[t]`.
    pub ids: &'a [u32],
    /// Added to the embeddings, `[t, dim]`: image tokens, places. Finite.
    pub extra: Option<&'a [f32]>,
    /// Absolute positions for RoPE, `[t]`; without, they go on from the cache's length. Attention is causal in the order fed.
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

impl Decoder {
    /// Opens a `decoder.safetensors` with the default [`Limits`]. `threads` 0 takes one for each core.
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
        let state = State {
            team: Team::new(threads)?,
            scratch: Scratch::default(),
        };
        Ok(Self {
            weights: Weights::new(tensors)?,
            cpu,
            state: Mutex::new(state),
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

    /// Bytes of weights that decoding one token reads: every matrix once, the embedding for the logits.
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
        self.weights.embed.bytes() + self.weights.layers.iter().map(layer).sum::<usize>()
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
        self.weights.embed.row(id as usize, &mut row);
        Ok(row)
    }

    /// Appends tokens to the cache, and gives the logits of the selected ones. After an error the cache is as before.
    pub fn run(&self, cache: &mut Cache, input: Input) -> Result<Output> {
        self.run_with(cache, input, None)
    }

    /// As [`Decoder::run`], with `lora` added to the matrices. Keys and values depend on it: the caller keeps a cache to one
    /// `lora`, or to none.
    pub fn run_with(&self, cache: &mut Cache, input: Input, lora: Option<&Lora>) -> Result<Output> {
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
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { team, scratch } = &mut *state;
        let pages = cache.grow(input.ids.len());
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
        drop(pages);
        cache.advance(input.ids.len());
        Ok(output)
    }

    fn check(&self, cache: &Cache, input: &Input) -> Result<()> {
        let (config, t) = (&self.weights.config, input.ids.len());
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
                .all(|&id| (id as usize) < config.vocab_size),
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

impl Weights {
    fn new(tensors: &Tensors) -> Result<Self> {
        let config = tensors.header.config.clone();
        let layers = (0..config.n_layers())
            .map(|i| Layer::new(tensors, i))
            .collect::<Result<_>>()?;
        let embed = Linear::new(tensors, "embed", config.vocab_size, config.dim)?;
        Ok(Self {
            embed,
            norm: tensors.vector("norm")?,
            layers,
            attention: tensors.header.attention,
            config,
        })
    }
}

impl Layer {
    fn new(tensors: &Tensors, i: usize) -> Result<Self> {
        let c = &tensors.header.config;
        let vector = |name: &str| tensors.vector(&format!("layers.{i}.{name}"));
        let matrix = |name: &str, rows, cols| {
            Linear::new(tensors, &format!("layers.{i}.{name}"), rows, cols)
        };
        let own = || -> Result<Own> {
            let scale = if tensors.header.kv_scale {
                vector("kv_scale")?.try_into().ok()
            } else {
                None
            };
            let (k, v) = (
                matrix("k", c.kv_dim(), c.dim)?,
                matrix("v", c.kv_dim(), c.dim)?,
            );
            Ok(Own {
                k,
                v,
                k_norm: vector("k_norm")?,
                scale,
            })
        };
        Ok(Self {
            attn_norm: vector("attn_norm")?,
            ffn_norm: vector("ffn_norm")?,
            q_norm: vector("q_norm")?,
            q: matrix("q", c.q_dim(), c.dim)?,
            o: matrix("o", c.dim, c.q_dim())?,
            gate: matrix("gate", c.ffn_dim, c.dim)?,
            up: matrix("up", c.ffn_dim, c.dim)?,
            down: matrix("down", c.dim, c.ffn_dim)?,
            own: if i < c.n_layers_kv {
                Some(own()?)
            } else {
                None
            },
        })
    }
}
