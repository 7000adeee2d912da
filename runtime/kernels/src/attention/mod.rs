//! Attention of a few query rows over one head of the cache.
//!
//! ```text
//! int8, for R rows (query heads of the group x tokens), by `dot::tile` twice:
//!   score[r][token] = f32(sum_d qq[r][d] * (K[token][d] + 128) - 128 * sum qq[r])
//!                     * (s_q * s_k / sqrt(head_dim))
//!   p = round(exp(score - max) * 16383) = 128 * high + low   two int8 rows of digits for each r
//!   out[r][d] = f32(sum_token p * (V[token][d] + 128) - 128 * sum p) * (s_v / sum p)
//! ```
//! 14 bits of p, because 7 would lose every token whose weight is under a 254th of the largest:
//! with an attention sink and a thousand image tokens that is nearly all of them.

use crate::bytes::as_f32;
use crate::cache::{PAGE, Page, PageLayout};
use crate::cpu::Cpu;
use crate::dot;
use crate::packed::{BLOCK, Bits, TILE};
use crate::row;

mod measured;

pub(crate) use measured::{half, measured};

/// Query rows of one task: two digits each make 32 rows, and their scores of 4096 tokens fit the
/// second-level cache.
pub(crate) const ROWS: usize = 16;

/// One head of one layer, and the scales of its grid.
#[derive(Clone, Copy)]
pub(crate) struct Head<'a> {
    pub pages: &'a [Page<'a>],
    pub layout: PageLayout,
    pub layer: usize,
    pub head: usize,
    pub head_dim: usize,
    pub k_scale: f32,
    pub v_scale: f32,
}

impl Head<'_> {
    /// The keys of a page.
    fn k(&self, page: usize) -> &[u8] {
        // SAFETY: keys and values are written in the phase before attention, never during it.
        unsafe { self.pages[page].get(self.layout.head(self.layer, self.head).0) }
    }

    /// The values of a page.
    fn v(&self, page: usize) -> &[u8] {
        // SAFETY: as for the keys.
        unsafe { self.pages[page].get(self.layout.head(self.layer, self.head).1) }
    }
}

/// One query row: `q` `[head_dim]`, the tokens it sees, and where its result goes, `[head_dim]`.
pub(crate) struct Query<'a> {
    pub q: &'a [f32],
    /// The first token it sees, and how many there are up to its own.
    pub from: usize,
    pub sees: usize,
    pub out: &'a mut [f32],
}

/// Scratch of one worker.
#[derive(Default)]
pub(crate) struct Scratch {
    q: Vec<i8>,
    sums: Vec<i32>,
    scores: Vec<f32>,
    floats: Vec<f32>,
    digits: Vec<i8>,
    /// Queries, one after the other.
    rows: Vec<f32>,
    /// `[tiles of channels][queries]`
    sums_of_values: Vec<[f32; TILE]>,
}

/// On the integers; at most [`ROWS`] queries.
pub(crate) fn int8(cpu: Cpu, head: Head, queries: &mut [Query], s: &mut Scratch) {
    let rows = queries.len();
    let n = queries
        .iter()
        .map(|q| q.sees)
        .max()
        .unwrap_or(0)
        .next_multiple_of(PAGE);
    let pages = n / PAGE;
    s.scores.resize(ROWS * n, 0.0);
    s.digits.resize(2 * ROWS * n, 0);
    scores(cpu, head, queries, pages, s);

    let mut totals = [0; ROWS];
    let (high, low) = s.digits.split_at_mut(rows * n);
    for (i, query) in queries.iter().enumerate() {
        let (high, low) = (&mut high[i * n..][..n], &mut low[i * n..][..n]);
        totals[i] = row::softmax_digits(cpu, &s.scores[i * n..][..query.sees], high, low);
        high[query.sees..].fill(0);
        low[query.sees..].fill(0);
    }

    let tile_bytes = PAGE / 4 * BLOCK;
    let mut sums = [[0; TILE]; 2 * ROWS];
    for tile in 0..head.head_dim.div_ceil(TILE) {
        let sums = &mut sums[..2 * rows];
        sums.as_flattened_mut().fill(0);
        for page in 0..pages {
            let codes = &head.v(page)[tile * tile_bytes..][..tile_bytes];
            dot::tile(cpu, Bits::Eight, codes, &s.digits[page * PAGE..], n, sums);
        }
        for (i, query) in queries.iter_mut().enumerate() {
            let scale = head.v_scale / totals[i] as f32;
            for (j, out) in query.out[tile * TILE..].iter_mut().take(TILE).enumerate() {
                let sum = 128 * i64::from(sums[i][j]) + i64::from(sums[rows + i][j])
                    - 128 * i64::from(totals[i]);
                *out = sum as f32 * scale;
            }
        }
    }
}

fn scores(cpu: Cpu, head: Head, queries: &[Query], pages: usize, s: &mut Scratch) {
    let n = pages * PAGE;
    let stride = head.head_dim.next_multiple_of(64);
    s.q.resize(ROWS * stride, 0);
    s.sums.resize(stride / 16, 0);
    let (mut scale, mut zero) = ([0.0; ROWS], [0; ROWS]);
    for (i, query) in queries.iter().enumerate() {
        s.sums.fill(0);
        let s_q = row::quantize(cpu, query.q, &mut s.q[i * stride..][..stride], &mut s.sums);
        scale[i] = s_q * head.k_scale * (1.0 / (head.head_dim as f32).sqrt());
        zero[i] = 128 * s.sums.iter().sum::<i32>();
    }
    let tile_bytes = head.head_dim.div_ceil(4) * BLOCK;
    let mut sums = [[0; TILE]; ROWS];
    let sums = &mut sums[..queries.len()];
    for page in 0..pages {
        for (tile, codes) in head.k(page).chunks_exact(tile_bytes).enumerate() {
            sums.as_flattened_mut().fill(0);
            dot::tile(cpu, Bits::Eight, codes, &s.q, stride, sums);
            for (i, sums) in sums.iter().enumerate() {
                let out = &mut s.scores[i * n + page * PAGE + tile * TILE..][..TILE];
                for (out, sum) in out.iter_mut().zip(sums) {
                    *out = (sum - zero[i]) as f32 * scale[i];
                }
            }
        }
    }
}

/// In float, one query after the other.
pub(crate) fn float(cpu: Cpu, head: Head, queries: &mut [Query], s: &mut Scratch) {
    let d = head.head_dim;
    let floats = |bytes| as_f32(bytes).expect("pages are aligned");
    for query in queries {
        s.scores.resize(query.sees, 0.0);
        for (page, scores) in s.scores.chunks_mut(PAGE).enumerate() {
            for (k, score) in floats(head.k(page)).chunks_exact(d).zip(scores) {
                *score = row::dot(cpu, query.q, k) * (1.0 / (d as f32).sqrt());
            }
        }
        row::softmax(cpu, &mut s.scores);
        query.out.fill(0.0);
        for (page, scores) in s.scores.chunks(PAGE).enumerate() {
            for (v, &p) in floats(head.v(page)).chunks_exact(d).zip(scores) {
                row::add_scaled(cpu, query.out, p, v);
            }
        }
    }
}
