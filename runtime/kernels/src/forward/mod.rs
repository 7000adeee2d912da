//! One call of the decoder: phases over shared buffers, whose items the workers share.
//!
//! ```text
//! for each chunk of rows:
//!   embed
//!   block 1, every layer:   norm | q k v | heads -> cache | attend | o + | norm | gate up | down +
//!     in its last layer, once keys and values are cached, rows that nobody selected are dropped
//!   block 2, every layer:   norm | q     | heads          | attend | o + | norm | gate up | down +
//!     on that last layer's keys and values
//!   norm, logits
//! ```
//! With [`Updates`], every product of an updated matrix has a phase before it, in which `low =
//! scale * A * act` is made.
//!
//! The rule that makes the `unsafe` here sound: in a phase, each worker writes only the rows,
//! columns or heads that `Team::share` gave to it, and reads only what earlier phases wrote.

use crate::attention;
use crate::cache::{Page, PageLayout};
use crate::cpu::Cpu;
use crate::decoder::{Input, Output};
use crate::linear::{Activations, ROWS};
use crate::lora::{Matrix, Updates};
use crate::packed::TILE;
use crate::team::{Shared, Team};
use crate::weights::Weights;

mod act;
mod heads;
mod product;
mod rows;

use act::Act;

/// Rows of a chunk: enough that reading all weights once a chunk is little beside computing with
/// them.
const CHUNK: usize = 256;

/// Memory of a call, kept from one to the next.
#[derive(Default)]
pub(crate) struct Scratch {
    rows: usize,
    x: Vec<f32>,
    /// What is normed before it is added to `x`, if anything is.
    post: Vec<f32>,
    turn: Vec<[f32; 2]>,
    q: Vec<f32>,
    k: Vec<f32>,
    v: Vec<f32>,
    /// `[rows, 3, rank]`: of up to three matrices that are multiplied in one phase.
    low: Vec<f32>,
    activations: Option<[Activations; 3]>,
    workers: Vec<WorkerScratch>,
}

/// Memory of one worker during a phase.
pub(crate) struct WorkerScratch {
    pub attention: attention::Scratch,
    /// Products of a tile, of up to two matrices. Kept, because clearing them took longer than a
    /// short one-row product.
    pub tiles: [[[f32; TILE]; ROWS]; 2],
}

impl Default for WorkerScratch {
    fn default() -> Self {
        Self {
            attention: attention::Scratch::default(),
            tiles: [[[0.0; TILE]; ROWS]; 2],
        }
    }
}

impl Scratch {
    fn fit(&mut self, weights: &Weights, rows: usize, workers: usize, lora: Option<&Updates>) {
        let c = &weights.config;
        let low = lora.map_or(0, |lora| rows * 3 * lora.rank());
        if low > self.low.len() {
            self.low = vec![0.0; low];
        }
        self.workers.resize_with(workers, Default::default);
        if rows <= self.rows {
            return;
        }
        let grouped = weights.variant.grouped;
        self.rows = rows;
        self.x = vec![0.0; rows * c.dim];
        if weights.layers.iter().any(|l| l.post_norms.is_some()) {
            self.post = vec![0.0; rows * c.dim];
        }
        self.turn = vec![[0.0; 2]; rows * weights.variant.angles.len() * c.head_dim / 2];
        self.q = vec![0.0; rows * c.q_dim()];
        self.k = vec![0.0; rows * c.kv_dim()];
        self.v = vec![0.0; rows * c.kv_dim()];
        self.activations =
            Some([c.dim, c.q_dim(), c.ffn_dim].map(|cols| Activations::new(rows, cols, grouped)));
    }
}

struct Buffers<'a> {
    x: Shared<'a, f32>,
    post: Shared<'a, f32>,
    turn: Shared<'a, [f32; 2]>,
    q: Shared<'a, f32>,
    k: Shared<'a, f32>,
    v: Shared<'a, f32>,
    low: Shared<'a, f32>,
    normed: Act<'a>,
    heads: Act<'a>,
    ffn: Act<'a>,
    workers: Shared<'a, WorkerScratch>,
    logits: Shared<'a, f32>,
    hidden: Shared<'a, f32>,
}

/// Runs a checked call; `pages` have room for it after `past` tokens, and `output` for its results.
#[allow(
    clippy::too_many_arguments,
    reason = "one caller, which owns each of them separately"
)]
pub(crate) fn run(
    weights: &Weights,
    cpu: Cpu,
    team: &Team,
    scratch: &mut Scratch,
    pages: &[Page],
    past: usize,
    input: &Input,
    lora: Option<&Updates>,
    output: &mut Output,
) {
    scratch.fit(weights, input.ids.len().min(CHUNK), team.workers(), lora);
    let Some([normed, heads, ffn]) = &mut scratch.activations else {
        return;
    };
    let buffers = Buffers {
        x: Shared::new(&mut scratch.x),
        post: Shared::new(&mut scratch.post),
        turn: Shared::new(&mut scratch.turn),
        q: Shared::new(&mut scratch.q),
        k: Shared::new(&mut scratch.k),
        v: Shared::new(&mut scratch.v),
        low: Shared::new(&mut scratch.low),
        normed: Act::new(normed),
        heads: Act::new(heads),
        ffn: Act::new(ffn),
        workers: Shared::new(&mut scratch.workers),
        logits: Shared::new(&mut output.logits),
        hidden: Shared::new(&mut output.hidden),
    };
    let layout = PageLayout::new(&weights.config, weights.attention);
    let part = Part {
        weights,
        cpu,
        team,
        b: &buffers,
        pages,
        layout,
        past,
        input,
        lora,
    };
    part.run();
}

/// A call under way, as its phases see it.
struct Part<'a> {
    weights: &'a Weights,
    cpu: Cpu,
    team: &'a Team,
    b: &'a Buffers<'a>,
    pages: &'a [Page<'a>],
    layout: PageLayout,
    past: usize,
    input: &'a Input<'a>,
    lora: Option<&'a Updates>,
}

impl Part<'_> {
    fn run(&self) {
        let (t, mut done) = (self.input.ids.len(), 0);
        for start in (0..t).step_by(CHUNK) {
            let rows: Vec<usize> = (start..t.min(start + CHUNK)).collect();
            let to = self
                .input
                .select
                .partition_point(|&s| s < start + rows.len());
            let select = &self.input.select[done..to];
            self.chunk(rows, select, done);
            done = to;
        }
    }

    /// `rows` of the call, of which `select` are wanted, to the outputs from `out` on.
    fn chunk(&self, mut rows: Vec<usize>, select: &[usize], out: usize) {
        let own = self.weights.config.n_layers_kv;
        self.embed(&rows);
        for (i, layer) in self.weights.layers.iter().enumerate() {
            self.norm(&layer.attn_norm, rows.len());
            match &layer.own {
                Some(kv) if i + 1 == own => {
                    self.project(
                        &[
                            (self.with(i, Matrix::K, &kv.k), &self.b.k),
                            (self.with(i, Matrix::V, &kv.v), &self.b.v),
                        ],
                        rows.len(),
                    );
                    self.heads(layer, Some((i, kv)), &rows, 0);
                    self.keep(&mut rows, select);
                    if rows.is_empty() {
                        return;
                    }
                    self.project(
                        &[(self.with(i, Matrix::Q, &layer.q), &self.b.q)],
                        rows.len(),
                    );
                    self.heads(layer, None, &rows, rows.len());
                }
                Some(kv) => {
                    self.project(
                        &[
                            (self.with(i, Matrix::Q, &layer.q), &self.b.q),
                            (self.with(i, Matrix::K, &kv.k), &self.b.k),
                            (self.with(i, Matrix::V, &kv.v), &self.b.v),
                        ],
                        rows.len(),
                    );
                    self.heads(layer, Some((i, kv)), &rows, rows.len());
                }
                None => {
                    self.project(
                        &[(self.with(i, Matrix::Q, &layer.q), &self.b.q)],
                        rows.len(),
                    );
                    self.heads(layer, None, &rows, rows.len());
                }
            }
            self.attend(i.min(own - 1), &rows);
            self.quantize(&self.b.heads, rows.len());
            let o = self.with(i, Matrix::O, &layer.o);
            let [post_attn, post_ffn] = layer.post_norms.as_ref().map_or([None; 2], |p| {
                [Some(p[0].as_slice()), Some(p[1].as_slice())]
            });
            self.add(o, &self.b.heads, post_attn, rows.len());
            self.norm(&layer.ffn_norm, rows.len());
            self.gate_up(i, layer, rows.len());
            self.quantize(&self.b.ffn, rows.len());
            let down = self.with(i, Matrix::Down, &layer.down);
            self.add(down, &self.b.ffn, post_ffn, rows.len());
        }
        self.logits(rows.len(), out);
    }
}
