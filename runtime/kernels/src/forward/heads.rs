//! Heads: their way into the cache, and attention over it.

use std::ops::Range;

use super::Part;
use crate::attention::{self, Head, Query};
use crate::bytes::as_f32_mut;
use crate::cache::{K_GROUP, PAGE, PageLayout};
use crate::config::MAX_HEAD;
use crate::file::Attention;
use crate::row;
use crate::weights::{Layer, Own, QkNorm};
use half::f16;

impl Part<'_> {
    /// Turns and norms queries (of the first `q_rows`); if the layer has its own, also keys, and
    /// writes those and values to the cache.
    pub(super) fn heads(
        &self,
        layer: &Layer,
        own: Option<(usize, &Own)>,
        rows: &[usize],
        q_rows: usize,
    ) {
        let c = &self.weights.config;
        let d = c.head_dim;
        let stores = if own.is_some() { 2 * c.n_kv_heads } else { 0 };
        let n = stores + q_rows * c.n_heads;
        self.team.share(n, self.team.chunk(n).min(32), |_, tasks| {
            for task in tasks {
                match (own, task.checked_sub(stores)) {
                    (Some((i, own)), None) if task < c.n_kv_heads => {
                        self.store_k(i, layer, own, task, rows)
                    }
                    (Some((i, own)), None) => self.store_v(i, own, task - c.n_kv_heads, rows),
                    (_, head) => {
                        let head = head.unwrap_or(0);
                        let row = head / c.n_heads;
                        // SAFETY: this row's head is this worker's.
                        let q = unsafe { self.b.q.get_mut(head * d..(head + 1) * d) };
                        self.bias(&layer.q_bias, head % c.n_heads, q);
                        self.turn(layer, row, &layer.q_norm, q);
                    }
                }
            }
        });
    }

    /// Adds a head's bias, if there is one.
    fn bias(&self, bias: &[f32], head: usize, x: &mut [f32]) {
        if !bias.is_empty() {
            row::add_scaled(self.cpu, x, 1.0, &bias[head * x.len()..][..x.len()]);
        }
    }

    /// RoPE and RMSNorm of a head of row `i`, in the family's order.
    fn turn(&self, layer: &Layer, i: usize, norm: &[f32], x: &mut [f32]) {
        let (half, eps) = (x.len() / 2, self.weights.config.norm_eps);
        let start = (i * self.weights.variant.angles.len() + layer.angles) * half;
        // SAFETY: the turns were written in an earlier phase.
        let turn = unsafe { self.b.turn.get(start..start + half) };
        match self.weights.variant.qk_norm {
            QkNorm::After => row::rope_norm(self.cpu, x, turn, norm, eps),
            QkNorm::Before => row::norm_rope(self.cpu, x, turn, norm, eps),
            QkNorm::None => row::rope(self.cpu, x, turn),
        }
    }

    /// One head's keys of all rows, to the cache.
    fn store_k(&self, index: usize, layer: &Layer, own: &Own, head: usize, rows: &[usize]) {
        let c = &self.weights.config;
        let d = c.head_dim;
        for (i, &row) in rows.iter().enumerate() {
            let start = i * c.kv_dim() + head * d;
            // SAFETY: this head's keys, in `k` and in the cache, are this worker's.
            let (k, page) = unsafe {
                let page =
                    self.pages[(self.past + row) / PAGE].get_mut(self.layout.head(index, head).0);
                (self.b.k.get_mut(start..start + d), page)
            };
            self.bias(&own.k_bias, head, k);
            self.turn(layer, i, &own.k_norm, k);
            self.store(
                k,
                own.scale.map(|s| s[0]),
                page,
                (self.past + row) % PAGE,
                PageLayout::k_code,
                K_GROUP,
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
            self.bias(&own.v_bias, head, v);
            self.store(
                v,
                own.scale.map(|s| s[1]),
                page,
                (self.past + row) % PAGE,
                PageLayout::v_code,
                c.head_dim,
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
        group: usize,
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
            (Attention::Measured, _) => self.measure(x, page, token, code, group),
            (Attention::F16, _) => {
                let page = page.as_chunks_mut::<2>().0;
                for (channel, &x) in x.iter().enumerate() {
                    page[code(self.layout, token, channel)] = f16::from_f32(x).to_le_bytes();
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

    /// As [`Part::store`], with scales of the token's own behind the codes, one a group of
    /// channels.
    fn measure(
        &self,
        x: &[f32],
        page: &mut [u8],
        token: usize,
        code: fn(PageLayout, usize, usize) -> usize,
        group: usize,
    ) {
        let (mut q, mut sums) = ([0; MAX_HEAD], [0; MAX_HEAD / 16]);
        let scales = page.len() - 4 * PAGE * x.len().div_ceil(group);
        for (g, x) in x.chunks(group).enumerate() {
            let q = &mut q[..x.len()];
            let scale = row::quantize(self.cpu, x, q, &mut sums);
            for (j, &q) in q.iter().enumerate() {
                page[code(self.layout, token, g * group + j)] = q as u8 ^ 0x80;
            }
            let at = scales + 4 * (g * PAGE + token);
            page[at..at + 4].copy_from_slice(&scale.to_le_bytes());
        }
    }

    /// `heads = attention(q, cache)`; a task is some heads of a group with some rows.
    pub(super) fn attend(&self, layer: usize, rows: &[usize]) {
        let c = &self.weights.config;
        let group = c.n_heads / c.n_kv_heads;
        let per_worker = (rows.len() * c.n_heads).div_ceil(self.team.workers());
        let heads = per_worker.min(group).clamp(1, attention::ROWS);
        let tokens = attention::ROWS / heads;
        let parts = group.div_ceil(heads);
        let blocks = rows.len().div_ceil(tokens);
        let tasks = c.n_kv_heads * parts * blocks;
        // Late rows see more tokens: one task a turn evens that out.
        self.team.share(tasks, 1, |worker, range| {
            // SAFETY: every worker has its own scratch.
            let own = &mut unsafe { self.b.workers.get_mut(worker..worker + 1) }[0];
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
                    &mut own.attention,
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
        let window = self.weights.layers[layer].window;
        let query = |i: usize, h: usize| {
            let range = i * c.q_dim() + h * c.head_dim..i * c.q_dim() + (h + 1) * c.head_dim;
            // SAFETY: these rows' heads are this worker's; queries were written before.
            unsafe {
                let sees = self.past + rows[i] + 1;
                Query {
                    q: self.b.q.get(range.clone()),
                    from: window.map_or(0, |window| sees.saturating_sub(window)),
                    sees,
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
            Attention::Measured => attention::measured(self.cpu, head, &mut queries, scratch),
            Attention::F16 => attention::half(self.cpu, head, &mut queries, scratch),
        }
    }
}
