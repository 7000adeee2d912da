//! Heads: their way into the cache, and attention over it.

use std::ops::Range;

use super::Part;
use crate::attention::{self, Head, Query};
use crate::bytes::as_f32_mut;
use crate::cache::{PAGE, PageLayout};
use crate::decoder::{Layer, Own};
use crate::file::Attention;
use crate::row;

impl Part<'_> {
    /// Turns and norms queries (of the first `q_rows`); if the layer has its own, also keys, and writes those and values
    /// to the cache.
    pub(super) fn heads(
        &self,
        layer: &Layer,
        own: Option<(usize, &Own)>,
        rows: &[usize],
        q_rows: usize,
    ) {
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

    /// `heads = attention(q, cache)`; a task is some heads of a group with some rows.
    pub(super) fn attend(&self, layer: usize, rows: &[usize]) {
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
}
