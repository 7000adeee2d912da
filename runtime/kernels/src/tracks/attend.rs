//! Attention of rows over the keys before them, in float32.
//!
//! The queries of several rows that read the same keys are worked on at once: a block. Scores are
//! taken over the keys that any of them sees, softmax and sums of values over those that a query
//! sees itself. So what a query gives does not depend on the others, down to the last bit.

use super::{TrackCache, TrackSizes};
use crate::cpu::Cpu;
use crate::row;
use std::ops::Range;

/// Most queries of a block, unless one row has more: scores of 2,000 keys are then 256 KB.
const QUERIES: usize = 32;
/// Values that all queries of a block take before the next: 16 KB for heads of 64.
const VALUES: usize = 64;

impl TrackCache {
    /// What `t` rows of queries `[t, n_heads, head_dim]`, the last ones, see: as many, of values.
    pub(super) fn attend(
        &self,
        cpu: Cpu,
        s: &TrackSizes,
        q: &[f32],
        t: usize,
        window: Option<usize>,
    ) -> Vec<f32> {
        let width = s.n_heads / s.n_kv_heads * s.head_dim; // of the queries of a head in a row
        let step = (QUERIES * s.head_dim / width).max(1);
        let (mut y, mut block) = (vec![0.0; q.len()], Block::new(s.head_dim));
        for head in 0..s.n_kv_heads {
            let part = |i: usize| (i * s.n_kv_heads + head) * width..;
            let [k, v] = self.head(head);
            for first in (0..t).step_by(step) {
                let rows = first..t.min(first + step);
                block.clear();
                for i in rows.clone() {
                    let end = self.held() - t + i + 1;
                    let from = window.map_or(0, |window| end.saturating_sub(window));
                    block.push(&q[part(i)][..width], from..end);
                }
                block.run(cpu, k, v);
                for (i, found) in rows.zip(block.y.chunks_exact(width)) {
                    y[part(i)][..width].copy_from_slice(found);
                }
            }
        }
        y
    }
}

/// Queries of one key head.
struct Block {
    /// `[queries, head_dim]`, times the scale of the scores.
    q: Vec<f32>,
    /// The keys that each query sees.
    seen: Vec<Range<usize>>,
    /// `[queries, keys]`, the keys being those that any query sees.
    scores: Vec<f32>,
    /// `[queries, head_dim]`
    y: Vec<f32>,
    /// 16 keys as columns, `[head_dim, 16]`.
    turned: Vec<[f32; 16]>,
}

impl Block {
    fn new(head_dim: usize) -> Self {
        Self {
            q: Vec::new(),
            seen: Vec::new(),
            scores: Vec::new(),
            y: Vec::new(),
            turned: vec![[0.0; 16]; head_dim],
        }
    }

    fn clear(&mut self) {
        self.q.clear();
        self.seen.clear();
    }

    /// Takes the queries of a row, which see the same keys.
    fn push(&mut self, q: &[f32], seen: Range<usize>) {
        let hd = self.turned.len();
        let scale = 1.0 / (hd as f32).sqrt();
        self.q.extend(q.iter().map(|q| q * scale));
        self.seen.extend(std::iter::repeat_n(seen, q.len() / hd));
    }

    /// Fills `y`; `k` and `v` are the keys and values of the head.
    fn run(&mut self, cpu: Cpu, k: &[f32], v: &[f32]) {
        let hd = self.turned.len();
        let any = spans(&self.seen).0;
        let n = any.len();
        self.scores.resize(self.seen.len() * n, 0.0);
        let keys = &k[any.start * hd..any.end * hd];
        row::scores(cpu, &self.q, keys, &mut self.turned, &mut self.scores, n);
        let scores = self.scores.chunks_exact_mut(n).zip(&self.seen);
        let totals: Vec<f32> = scores
            .map(|(scores, seen)| {
                row::exponentials(cpu, &mut scores[seen.start - any.start..][..seen.len()])
            })
            .collect();
        self.add_values(cpu, v);
        for (y, total) in self.y.chunks_exact_mut(hd).zip(totals) {
            y.iter_mut().for_each(|y| *y /= total);
        }
    }

    /// Sums of the values by `exp(score)`: the keys that all queries see for all at once, those
    /// before and behind for each query by itself.
    fn add_values(&mut self, cpu: Cpu, v: &[f32]) {
        let (hd, n) = (self.turned.len(), self.seen.len());
        let (any, all) = spans(&self.seen);
        self.y.clear();
        self.y.resize(n * hd, 0.0);
        let (scores, y) = (&self.scores, &mut self.y);
        let mut add = |queries: Range<usize>, keys: Range<usize>| {
            if !keys.is_empty() {
                let p = &scores[queries.start * any.len() + keys.start - any.start..];
                let v = &v[keys.start * hd..keys.end * hd];
                let y = &mut y[queries.start * hd..queries.end * hd];
                row::add_values(cpu, p, any.len(), v, hd, y);
            }
        };
        for (i, seen) in self.seen.iter().enumerate() {
            add(i..i + 1, seen.start..seen.end.min(all.start));
        }
        for start in all.clone().step_by(VALUES) {
            add(0..n, start..all.end.min(start + VALUES));
        }
        for (i, seen) in self.seen.iter().enumerate() {
            add(i..i + 1, seen.start.max(all.end)..seen.end);
        }
    }
}

/// The keys that any query sees, and those that all of them see.
fn spans(seen: &[Range<usize>]) -> (Range<usize>, Range<usize>) {
    let (starts, ends) = (seen.iter().map(|r| r.start), seen.iter().map(|r| r.end));
    let any = starts.clone().min().unwrap_or(0)..ends.clone().max().unwrap_or(0);
    let all = starts.max().unwrap_or(0)..ends.min().unwrap_or(0);
    match all.is_empty() {
        true => (any.clone(), any.end..any.end),
        false => (any, all),
    }
}

#[cfg(test)]
mod tests;
