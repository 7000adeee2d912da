//! One call of the decoder, as every worker of the team runs it: phases over shared buffers, a barrier after each.
//!
//! ```text
//! for each chunk of rows:
//!   embed
//!   block 1, every layer:   norm | q k v | heads -> cache | attend | o + | norm | gate up | down +
//!     in its last layer, once keys and values are cached, rows that nobody selected are dropped
//!   block 2, every layer:   norm | q     | heads          | attend | o + | norm | gate up | down +     on that last layer's keys and values
//!   norm, logits
//! ```
//! With a [`Lora`], every product of an updated matrix has a phase before it, in which `low = scale * A * act` is made.
//!
//! The rule that makes the `unsafe` here sound: in a phase, each worker writes only the rows, columns or heads that
//! `Worker::share` gave to it, and reads only what earlier phases wrote.

use std::ops::Range;

use crate::attention::{self, Head, Query};
use crate::bytes::as_f32_mut;
use crate::cache::{PAGE, Page, PageLayout};
use crate::cpu::Cpu;
use crate::decoder::{Input, Layer, Output, Own, Weights};
use crate::file::Attention;
use crate::linear::{Activations, Linear, ROWS, View};
use crate::lora::{Factors, Lora, Matrix};
use crate::packed::TILE;
use crate::row;
use crate::team::{Shared, Team, Worker};

/// Rows of a chunk: enough that reading all weights once a chunk is little beside computing with them.
const CHUNK: usize = 256;

/// Memory of a call, kept from one to the next.
#[derive(Default)]
pub(crate) struct Scratch {
    rows: usize,
    x: Vec<f32>,
    turn: Vec<[f32; 2]>,
    q: Vec<f32>,
    k: Vec<f32>,
    v: Vec<f32>,
    /// `[rows, 3, rank]`: of up to three matrices that are multiplied in one phase.
    low: Vec<f32>,
    activations: Option<[Activations; 3]>,
    attention: Vec<attention::Scratch>,
}

impl Scratch {
    fn fit(&mut self, weights: &Weights, rows: usize, workers: usize, lora: Option<&Lora>) {
        let c = &weights.config;
        let low = lora.map_or(0, |lora| rows * 3 * lora.rank());
        if low > self.low.len() {
            self.low = vec![0.0; low];
        }
        self.attention.resize_with(workers, Default::default);
        if rows <= self.rows {
            return;
        }
        self.rows = rows;
        self.x = vec![0.0; rows * c.dim];
        self.turn = vec![[0.0; 2]; rows * c.head_dim / 2];
        self.q = vec![0.0; rows * c.q_dim()];
        self.k = vec![0.0; rows * c.kv_dim()];
        self.v = vec![0.0; rows * c.kv_dim()];
        self.activations =
            Some([c.dim, c.q_dim(), c.ffn_dim].map(|cols| Activations::new(rows, cols)));
    }
}

/// [`Activations`], shared by the workers.
struct Act<'a> {
    x: Shared<'a, f32>,
    q: Shared<'a, i8>,
    scale: Shared<'a, f32>,
    sums: Shared<'a, i32>,
    cols: usize,
    stride: usize,
}

impl<'a> Act<'a> {
    fn new(a: &'a mut Activations) -> Self {
        let q = &mut a.quantized;
        Self {
            x: Shared::new(&mut a.x),
            q: Shared::new(&mut q.q),
            scale: Shared::new(&mut q.scale),
            sums: Shared::new(&mut q.sums),
            cols: a.cols,
            stride: q.stride,
        }
    }

    fn row(&self, i: usize) -> Range<usize> {
        i * self.cols..(i + 1) * self.cols
    }

    /// # Safety
    /// No worker writes to the first `rows` in this phase.
    unsafe fn view(&self, rows: usize) -> View<'_> {
        // SAFETY: passed on.
        unsafe {
            View {
                x: self.x.get(0..rows * self.cols),
                q: self.q.get(0..rows * self.stride),
                stride: self.stride,
                scale: self.scale.get(0..rows),
                sums: self.sums.get(0..rows * Activations::parts(self.cols)),
                cols: self.cols,
            }
        }
    }

    /// Row `i` as int8.
    ///
    /// # Safety
    /// Row `i` is this worker's in this phase.
    unsafe fn quantize(&self, cpu: Cpu, i: usize) {
        let parts = Activations::parts(self.cols);
        // SAFETY: passed on.
        unsafe {
            let sums = self.sums.get_mut(i * parts..(i + 1) * parts);
            let q = self.q.get_mut(i * self.stride..(i + 1) * self.stride);
            self.scale.get_mut(i..i + 1)[0] =
                row::quantize(cpu, self.x.get(self.row(i)), q, &mut sums[1..]);
            sums[0] = sums[1..].iter().sum();
        }
    }

    /// Copies row `from` to row `to`.
    ///
    /// # Safety
    /// Both rows are this worker's in this phase.
    unsafe fn copy(&self, from: usize, to: usize) {
        let parts = Activations::parts(self.cols);
        // SAFETY: passed on.
        unsafe {
            copy(&self.x, self.cols, from, to);
            copy(&self.q, self.stride, from, to);
            copy(&self.scale, 1, from, to);
            copy(&self.sums, parts, from, to);
        }
    }
}

/// # Safety
/// Both rows are this worker's in this phase.
unsafe fn copy<T: Copy>(buffer: &Shared<T>, width: usize, from: usize, to: usize) {
    if from != to {
        // SAFETY: the rows are disjoint, and this worker's.
        unsafe {
            buffer
                .get_mut(to * width..(to + 1) * width)
                .copy_from_slice(buffer.get(from * width..(from + 1) * width))
        }
    }
}

/// Copies a tile's values; nearly always 16, which is a few moves and no call.
fn put(to: &mut [f32], from: &[f32]) {
    match (to.as_mut_array::<TILE>(), from.as_array::<TILE>()) {
        (Some(to), Some(from)) => *to = *from,
        _ => to.copy_from_slice(from),
    }
}

struct Buffers<'a> {
    x: Shared<'a, f32>,
    turn: Shared<'a, [f32; 2]>,
    q: Shared<'a, f32>,
    k: Shared<'a, f32>,
    v: Shared<'a, f32>,
    low: Shared<'a, f32>,
    normed: Act<'a>,
    heads: Act<'a>,
    ffn: Act<'a>,
    attention: Shared<'a, attention::Scratch>,
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
    team: &mut Team,
    scratch: &mut Scratch,
    pages: &[Page],
    past: usize,
    input: &Input,
    lora: Option<&Lora>,
    output: &mut Output,
) {
    scratch.fit(weights, input.ids.len().min(CHUNK), team.workers(), lora);
    let Some([normed, heads, ffn]) = &mut scratch.activations else {
        return;
    };
    let buffers = Buffers {
        x: Shared::new(&mut scratch.x),
        turn: Shared::new(&mut scratch.turn),
        q: Shared::new(&mut scratch.q),
        k: Shared::new(&mut scratch.k),
        v: Shared::new(&mut scratch.v),
        low: Shared::new(&mut scratch.low),
        normed: Act::new(normed),
        heads: Act::new(heads),
        ffn: Act::new(ffn),
        attention: Shared::new(&mut scratch.attention),
        logits: Shared::new(&mut output.logits),
        hidden: Shared::new(&mut output.hidden),
    };
    let layout = PageLayout::new(&weights.config, weights.attention);
    team.run(|worker| {
        Part {
            weights,
            cpu,
            worker,
            b: &buffers,
            pages,
            layout,
            past,
            input,
            lora,
        }
        .run()
    });
}

/// One worker's part of a call.
struct Part<'a> {
    weights: &'a Weights,
    cpu: Cpu,
    worker: &'a Worker<'a>,
    b: &'a Buffers<'a>,
    pages: &'a [Page<'a>],
    layout: PageLayout,
    past: usize,
    input: &'a Input<'a>,
    lora: Option<&'a Lora>,
}

/// A matrix and what is added to it.
type Updated<'a> = (&'a Linear, Option<&'a Factors>);

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
            self.add(o, &self.b.heads, rows.len());
            self.norm(&layer.ffn_norm, rows.len());
            self.gate_up(i, layer, rows.len());
            self.quantize(&self.b.ffn, rows.len());
            let down = self.with(i, Matrix::Down, &layer.down);
            self.add(down, &self.b.ffn, rows.len());
        }
        self.logits(rows.len(), out);
    }

    /// `x = E[id] + extra`, and the turns of RoPE.
    fn embed(&self, rows: &[usize]) {
        let c = &self.weights.config;
        let half = c.head_dim / 2;
        self.worker.share(rows.len(), 4, |range| {
            for i in range {
                // SAFETY: row i is this worker's.
                let (x, turn) = unsafe {
                    (
                        self.b.x.get_mut(i * c.dim..(i + 1) * c.dim),
                        self.b.turn.get_mut(i * half..(i + 1) * half),
                    )
                };
                self.weights.embed.row(self.input.ids[rows[i]] as usize, x);
                if let Some(extra) = self.input.extra {
                    row::add_scaled(self.cpu, x, 1.0, &extra[rows[i] * c.dim..][..c.dim]);
                }
                let position = self
                    .input
                    .positions
                    .map_or((self.past + rows[i]) as f64, |p| f64::from(p[rows[i]]));
                for (j, turn) in turn.iter_mut().enumerate() {
                    let (sin, cos) = (position
                        * c.rope_theta.powf(-((2 * j) as f64) / c.head_dim as f64))
                    .sin_cos();
                    *turn = [cos as f32, sin as f32];
                }
            }
        });
    }

    /// `normed = quantized rmsnorm(x)`
    fn norm(&self, weight: &[f32], rows: usize) {
        let (dim, normed) = (self.weights.config.dim, &self.b.normed);
        self.worker.share(rows, self.worker.chunk(rows), |range| {
            for i in range {
                // SAFETY: row i is this worker's; x was written before.
                unsafe {
                    let x = self.b.x.get(i * dim..(i + 1) * dim);
                    row::rmsnorm(
                        self.cpu,
                        x,
                        weight,
                        self.weights.config.norm_eps,
                        normed.x.get_mut(normed.row(i)),
                    );
                    normed.quantize(self.cpu, i);
                }
            }
        });
    }

    fn quantize(&self, act: &Act, rows: usize) {
        // SAFETY: row i is this worker's.
        self.worker.share(rows, self.worker.chunk(rows), |range| {
            range.for_each(|i| unsafe { act.quantize(self.cpu, i) })
        });
    }

    /// A layer's matrix with its update, if it has one.
    fn with<'m>(&'m self, layer: usize, matrix: Matrix, weights: &'m Linear) -> Updated<'m> {
        (weights, self.lora.and_then(|l| l.factors(layer, matrix)))
    }

    /// `low = scale * A * act` of every update among `matrices`; without any, not even a phase.
    fn lower(&self, matrices: &[Updated], act: &Act, rows: usize) {
        let rank = self.lora.map_or(0, Lora::rank);
        if matrices.iter().all(|m| m.1.is_none()) {
            return;
        }
        let n = rows * matrices.len() * rank;
        self.worker.share(n, self.worker.chunk(n), |tasks| {
            for task in tasks {
                let (row, m, k) = (
                    task / rank / matrices.len(),
                    task / rank % matrices.len(),
                    task % rank,
                );
                let Some(update) = matrices[m].1 else {
                    continue;
                };
                // SAFETY: this number is this worker's; the activations were written before.
                unsafe {
                    let x = act.x.get(act.row(row));
                    self.b.low.get_mut(task..task + 1)[0] = update.lower(self.cpu, k, x);
                }
            }
        });
    }

    /// Adds the update of matrix `m` (of `count`) to a tile's products with the rows `part`; the tile begins at row `at` of
    /// the matrix.
    fn raise(
        &self,
        update: Option<&Factors>,
        [m, count]: [usize; 2],
        part: Range<usize>,
        at: usize,
        out: &mut [[f32; TILE]],
    ) {
        let (Some(update), Some(lora)) = (update, self.lora) else {
            return;
        };
        for (i, out) in part.zip(out) {
            let start = (i * count + m) * lora.rank();
            // SAFETY: `low` was written in an earlier phase.
            let low = unsafe { self.b.low.get(start..start + lora.rank()) };
            update.raise(self.cpu, low, at, out);
        }
    }

    /// Every tile of `matrices` (as if stacked) times every row of `act`: `sink(matrix, row, column, values)`.
    fn product(
        &self,
        matrices: &[Updated],
        act: &Act,
        rows: usize,
        sink: impl Fn(usize, usize, usize, &[f32]),
    ) {
        self.lower(matrices, act, rows);
        let total = matrices.iter().map(|m| m.0.tiles()).sum();
        // SAFETY: the activations were written before.
        let view = unsafe { act.view(rows) };
        let mut out = [[0.0; TILE]; ROWS];
        self.worker
            .share(total, self.worker.chunk(total).min(32), |tiles| {
                for start in (0..rows).step_by(ROWS) {
                    let part = start..rows.min(start + ROWS);
                    let mut first = 0;
                    for (m, &(matrix, update)) in matrices.iter().enumerate() {
                        let lent = matrix.lend();
                        for tile in tiles.start.max(first)..tiles.end.min(first + matrix.tiles()) {
                            let at = (tile - first) * TILE;
                            lent.tile(
                                self.cpu,
                                view,
                                part.clone(),
                                tile - first,
                                &mut out[..part.len()],
                            );
                            self.raise(
                                update,
                                [m, matrices.len()],
                                part.clone(),
                                at,
                                &mut out[..part.len()],
                            );
                            for (i, out) in part.clone().zip(&out) {
                                sink(m, i, at, &out[..TILE.min(matrix.rows - at)]);
                            }
                        }
                        first += matrix.tiles();
                    }
                }
            });
    }

    /// `out = matrix * normed` for each pair.
    fn project(&self, pairs: &[(Updated, &Shared<f32>)], rows: usize) {
        let matrices: Vec<_> = pairs.iter().map(|p| p.0).collect();
        self.product(&matrices, &self.b.normed, rows, |m, i, at, y| {
            let start = i * matrices[m].0.rows + at;
            // SAFETY: this tile's columns are this worker's.
            put(unsafe { pairs[m].1.get_mut(start..start + y.len()) }, y);
        });
    }

    /// `x += matrix * act`
    fn add(&self, matrix: Updated, act: &Act, rows: usize) {
        self.product(&[matrix], act, rows, |_, i, at, y| {
            let start = i * matrix.0.rows + at;
            // SAFETY: this tile's columns are this worker's.
            let x = unsafe { self.b.x.get_mut(start..start + y.len()) };
            match (x.as_mut_array::<TILE>(), y.as_array::<TILE>()) {
                (Some(x), Some(y)) => (0..TILE).for_each(|j| x[j] += y[j]),
                _ => x.iter_mut().zip(y).for_each(|(x, y)| *x += y),
            }
        });
    }

    /// `ffn = silu(gate * normed) * (up * normed)`
    fn gate_up(&self, i: usize, layer: &Layer, rows: usize) {
        let matrices = [
            self.with(i, Matrix::Gate, &layer.gate),
            self.with(i, Matrix::Up, &layer.up),
        ];
        self.lower(&matrices, &self.b.normed, rows);
        let tiles = layer.gate.tiles();
        // SAFETY: the activations were written before.
        let view = unsafe { self.b.normed.view(rows) };
        let (mut gate, mut up) = ([[0.0; TILE]; ROWS], [[0.0; TILE]; ROWS]);
        self.worker
            .share(tiles, self.worker.chunk(tiles).min(16), |tiles| {
                let lent = matrices.map(|m| m.0.lend());
                for start in (0..rows).step_by(ROWS) {
                    let part = start..rows.min(start + ROWS);
                    let (gate, up) = (&mut gate[..part.len()], &mut up[..part.len()]);
                    for tile in tiles.clone() {
                        for (m, out) in [&mut *gate, &mut *up].into_iter().enumerate() {
                            lent[m].tile(self.cpu, view, part.clone(), tile, out);
                            self.raise(matrices[m].1, [m, 2], part.clone(), tile * TILE, out);
                        }
                        row::silu_mul(self.cpu, gate.as_flattened_mut(), up.as_flattened());
                        let n = TILE.min(layer.gate.rows - tile * TILE);
                        for (i, gate) in part.clone().zip(&*gate) {
                            let start = i * layer.gate.rows + tile * TILE;
                            // SAFETY: this tile's columns are this worker's.
                            put(
                                unsafe { self.b.ffn.x.get_mut(start..start + n) },
                                &gate[..n],
                            );
                        }
                    }
                }
            });
    }

    /// Turns and norms queries (of the first `q_rows`); if the layer has its own, also keys, and writes those and values
    /// to the cache.
    fn heads(&self, layer: &Layer, own: Option<(usize, &Own)>, rows: &[usize], q_rows: usize) {
        let c = &self.weights.config;
        let (d, half) = (c.head_dim, c.head_dim / 2);
        let stores = if own.is_some() { 2 * c.n_kv_heads } else { 0 };
        let n = stores + q_rows * c.n_heads;
        self.worker.share(n, self.worker.chunk(n).min(32), |tasks| {
            for task in tasks {
                match (own, task.checked_sub(stores)) {
                    (Some((i, own)), None) if task < c.n_kv_heads => {
                        self.store_k(i, own, task, rows)
                    }
                    (Some((i, own)), None) => self.store_v(i, own, task - c.n_kv_heads, rows),
                    (_, head) => {
                        let head = head.unwrap_or(0);
                        let row = head / c.n_heads;
                        // SAFETY: this row's head is this worker's; the turns were written before.
                        let (q, turn) = unsafe {
                            (
                                self.b.q.get_mut(head * d..(head + 1) * d),
                                self.b.turn.get(row * half..(row + 1) * half),
                            )
                        };
                        row::rope_norm(self.cpu, q, turn, &layer.q_norm, c.norm_eps);
                    }
                }
            }
        });
    }

    /// One head's keys of all rows, to the cache.
    fn store_k(&self, layer: usize, own: &Own, head: usize, rows: &[usize]) {
        let c = &self.weights.config;
        let (d, half) = (c.head_dim, c.head_dim / 2);
        for (i, &row) in rows.iter().enumerate() {
            let start = i * c.kv_dim() + head * d;
            // SAFETY: this head's keys, in `k` and in the cache, are this worker's; the turns were written before.
            let (k, turn, page) = unsafe {
                let page =
                    self.pages[(self.past + row) / PAGE].get_mut(self.layout.head(layer, head).0);
                (
                    self.b.k.get_mut(start..start + d),
                    self.b.turn.get(i * half..(i + 1) * half),
                    page,
                )
            };
            row::rope_norm(self.cpu, k, turn, &own.k_norm, c.norm_eps);
            self.store(
                k,
                own.scale.map(|s| s[0]),
                page,
                (self.past + row) % PAGE,
                PageLayout::k_code,
            );
        }
    }

    /// One head's values of all rows, to the cache.
    fn store_v(&self, layer: usize, own: &Own, head: usize, rows: &[usize]) {
        let c = &self.weights.config;
        for (i, &row) in rows.iter().enumerate() {
            let start = i * c.kv_dim() + head * c.head_dim;
            // SAFETY: this head's values, in `v` and in the cache, are this worker's.
            let (v, page) = unsafe {
                let page =
                    self.pages[(self.past + row) / PAGE].get_mut(self.layout.head(layer, head).1);
                (self.b.v.get_mut(start..start + c.head_dim), page)
            };
            self.store(
                v,
                own.scale.map(|s| s[1]),
                page,
                (self.past + row) % PAGE,
                PageLayout::v_code,
            );
        }
    }

    /// One token's keys or values of one head, to the head's part of a page.
    fn store(
        &self,
        x: &mut [f32],
        scale: Option<f32>,
        page: &mut [u8],
        token: usize,
        code: fn(PageLayout, usize, usize) -> usize,
    ) {
        match (self.weights.attention, scale) {
            (Attention::Int8, Some(scale)) => {
                let mut codes = [0; 64];
                for (part, x) in x.chunks(codes.len()).enumerate() {
                    row::to_grid(self.cpu, x, scale, &mut codes[..x.len()]);
                    for (j, &c) in codes[..x.len()].iter().enumerate() {
                        page[code(self.layout, token, part * codes.len() + j)] = c;
                    }
                }
            }
            (_, scale) => {
                if let Some(scale) = scale {
                    row::round_to_grid(self.cpu, x, scale);
                }
                let page = as_f32_mut(page).expect("pages are aligned");
                page[token * x.len()..][..x.len()].copy_from_slice(x);
            }
        }
    }

    /// Drops the rows that nobody selected.
    fn keep(&self, rows: &mut Vec<usize>, select: &[usize]) {
        if rows.len() == select.len() {
            return;
        }
        let (dim, half, first) = (
            self.weights.config.dim,
            self.weights.config.head_dim / 2,
            rows[0],
        );
        self.worker.share(1, 1, |_| {
            for (to, from) in select.iter().map(|s| s - first).enumerate() {
                // SAFETY: there is one task, so all rows are this worker's.
                unsafe {
                    copy(&self.b.x, dim, from, to);
                    copy(&self.b.turn, half, from, to);
                    self.b.normed.copy(from, to);
                }
            }
        });
        rows.clear();
        rows.extend(select);
    }

    /// `heads = attention(q, cache)`; a task is some heads of a group with some rows.
    fn attend(&self, layer: usize, rows: &[usize]) {
        let c = &self.weights.config;
        let group = c.n_heads / c.n_kv_heads;
        let per_worker = (rows.len() * c.n_heads).div_ceil(self.worker.workers());
        let heads = per_worker.min(group).clamp(1, attention::ROWS);
        let tokens = attention::ROWS / heads;
        let parts = group.div_ceil(heads);
        let blocks = rows.len().div_ceil(tokens);
        let tasks = c.n_kv_heads * parts * blocks;
        // SAFETY: every worker takes its own.
        let scratch = &mut unsafe {
            self.b
                .attention
                .get_mut(self.worker.index()..self.worker.index() + 1)
        }[0];
        // Late rows see more tokens: one task a turn evens that out.
        self.worker.share(tasks, 1, |range| {
            for task in range {
                let (kv, part, block) = (
                    task / (parts * blocks),
                    task / blocks % parts,
                    task % blocks,
                );
                let heads =
                    kv * group + part * heads..kv * group + (part * heads + heads).min(group);
                self.attend_block(
                    layer,
                    kv,
                    heads,
                    block * tokens..rows.len().min((block + 1) * tokens),
                    rows,
                    scratch,
                );
            }
        });
    }

    fn attend_block(
        &self,
        layer: usize,
        kv: usize,
        heads: Range<usize>,
        block: Range<usize>,
        rows: &[usize],
        scratch: &mut attention::Scratch,
    ) {
        let c = &self.weights.config;
        let [k_scale, v_scale] = self.weights.layers[layer]
            .own
            .as_ref()
            .and_then(|own| own.scale)
            .unwrap_or([1.0; 2]);
        let head = Head {
            pages: self.pages,
            layout: self.layout,
            layer,
            head: kv,
            head_dim: c.head_dim,
            k_scale,
            v_scale,
        };
        let query = |i: usize, h: usize| {
            let range = i * c.q_dim() + h * c.head_dim..i * c.q_dim() + (h + 1) * c.head_dim;
            // SAFETY: these rows' heads are this worker's; queries were written before.
            unsafe {
                Query {
                    q: self.b.q.get(range.clone()),
                    sees: self.past + rows[i] + 1,
                    out: self.b.heads.x.get_mut(range),
                }
            }
        };
        let mut queries: Vec<Query> = block
            .flat_map(|i| heads.clone().map(move |h| (i, h)))
            .map(|(i, h)| query(i, h))
            .collect();
        match self.weights.attention {
            Attention::Int8 => attention::int8(self.cpu, head, &mut queries, scratch),
            Attention::F32 => attention::float(self.cpu, head, &mut queries, scratch),
        }
    }

    /// `hidden = rmsnorm(x)`, `logits = E * hidden`, to the outputs' rows from `out` on.
    fn logits(&self, rows: usize, out: usize) {
        let (dim, vocab) = (self.weights.config.dim, self.weights.config.vocab_size);
        self.norm(&self.weights.norm, rows);
        self.product(
            &[(&self.weights.embed, None)],
            &self.b.normed,
            rows,
            |_, i, at, y| {
                let start = (out + i) * vocab + at;
                // SAFETY: this tile's columns are this worker's.
                put(unsafe { self.b.logits.get_mut(start..start + y.len()) }, y);
            },
        );
        self.worker.share(1, 1, |_| {
            // SAFETY: there is one task; `normed` was written before.
            unsafe {
                self.b
                    .hidden
                    .get_mut(out * dim..(out + rows) * dim)
                    .copy_from_slice(self.b.normed.x.get(0..rows * dim))
            }
        });
    }
}
