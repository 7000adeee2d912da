//! Attention of rows over the keys before them, in float32.

use super::{TrackCache, TrackSizes};
use crate::cpu::Cpu;
use crate::row;

/// Keys and values with those of the rows at hand behind, `[n_kv_heads, rows, head_dim]`.
pub(super) struct Keys {
    k: Vec<f32>,
    v: Vec<f32>,
    rows: usize,
}

impl Keys {
    /// `k` and `v` are `[t, n_kv_heads, head_dim]`.
    pub fn joined(s: &TrackSizes, past: TrackCache<'_>, k: &[f32], v: &[f32]) -> Self {
        let join = |past_rows: &[f32], new: &[f32]| {
            let (width, hd) = (s.n_kv_heads * s.head_dim, s.head_dim);
            let mut all = Vec::with_capacity(past_rows.len() + new.len());
            for head in 0..s.n_kv_heads {
                all.extend(&past_rows[head * past.held * hd..][..past.held * hd]);
                for row in new.chunks_exact(width) {
                    all.extend(&row[head * hd..][..hd]);
                }
            }
            all
        };
        Self {
            rows: past.held + k.len() / (s.n_kv_heads * s.head_dim),
            k: join(past.k, k),
            v: join(past.v, v),
        }
    }

    /// The last `keep` rows of both.
    pub fn kept(self, s: &TrackSizes, keep: usize) -> [Vec<f32>; 2] {
        let (rows, hd) = (self.rows, s.head_dim);
        let gone = rows.saturating_sub(keep);
        [self.k, self.v].map(|all| {
            if gone == 0 {
                return all;
            }
            let heads = all.chunks_exact(rows * hd);
            heads.flat_map(|head| &head[gone * hd..]).copied().collect()
        })
    }

    /// What `t` rows of queries `[t, n_heads, head_dim]`, the last ones, see: as many, of values.
    pub fn attend(
        &self,
        cpu: Cpu,
        s: &TrackSizes,
        q: &[f32],
        t: usize,
        window: Option<usize>,
    ) -> Vec<f32> {
        let (hd, group) = (s.head_dim, s.n_heads / s.n_kv_heads);
        let scale = 1.0 / (hd as f32).sqrt();
        let (mut y, mut scores) = (vec![0.0; q.len()], Vec::new());
        for (at, (q, y)) in q.chunks_exact(hd).zip(y.chunks_exact_mut(hd)).enumerate() {
            let (i, head) = (at / s.n_heads, at % s.n_heads / group);
            let end = self.rows - t + i + 1;
            let from = window.map_or(0, |window| end.saturating_sub(window));
            let rows = |all: &'_ [f32]| -> std::ops::Range<usize> {
                let own = all.len() / s.n_kv_heads * head;
                own + from * hd..own + end * hd
            };
            let keys = self.k[rows(&self.k)].chunks_exact(hd);
            scores.clear();
            scores.extend(keys.map(|k| row::dot(cpu, q, k) * scale));
            row::softmax(cpu, &mut scores);
            let values = self.v[rows(&self.v)].chunks_exact(hd);
            for (&share, v) in scores.iter().zip(values) {
                row::add_scaled(cpu, y, share, v);
            }
        }
        y
    }
}
