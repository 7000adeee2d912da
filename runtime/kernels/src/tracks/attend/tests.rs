//! Against the definition in plain floats, over every instruction set.

use super::*;
use crate::random::Random;

const N_KV_HEADS: usize = 2;

/// Queries, keys and values of `t` rows behind `held` ones.
struct Case {
    sizes: TrackSizes,
    held: usize,
    t: usize,
    q: Vec<f32>,
    past: [Vec<f32>; 2],
    new: [Vec<f32>; 2],
}

impl Case {
    fn new(group: usize, head_dim: usize, held: usize, t: usize) -> Self {
        let sizes = TrackSizes {
            dim: 32,
            n_heads: group * N_KV_HEADS,
            n_kv_heads: N_KV_HEADS,
            head_dim,
            window: 1,
            keep: 1,
            rope_theta: 1e4,
            norm_eps: 1e-5,
        };
        let mut random = Random::new((group * 1000 + head_dim * 100 + held * 10 + t) as u64);
        let mut some = |rows: usize, heads: usize| -> Vec<f32> {
            let n = rows * heads * head_dim;
            (0..n).map(|_| 2.0 * random.float()).collect()
        };
        Self {
            sizes,
            held,
            t,
            q: some(t, group * N_KV_HEADS),
            past: [some(held, N_KV_HEADS), some(held, N_KV_HEADS)],
            new: [some(t, N_KV_HEADS), some(t, N_KV_HEADS)],
        }
    }

    fn keys(&self) -> TrackCache {
        let mut keys = TrackCache::new(&self.sizes);
        for [k, v] in [&self.past, &self.new] {
            keys.push(k, v);
        }
        keys
    }

    /// Row `at` of a head, held or new.
    fn row(&self, which: usize, head: usize, at: usize) -> &[f32] {
        let hd = self.sizes.head_dim;
        let (all, row) = match at.checked_sub(self.held) {
            None => (&self.past[which], at),
            Some(new) => (&self.new[which], new),
        };
        &all[(row * N_KV_HEADS + head) * hd..][..hd]
    }

    /// The definition, a query at a time.
    fn oracle(&self, window: Option<usize>) -> Vec<f32> {
        let (n, hd) = (self.sizes.n_heads, self.sizes.head_dim);
        let one = |(at, q): (usize, &[f32])| {
            let (head, end) = (at % n / (n / N_KV_HEADS), self.held + at / n + 1);
            let seen = window.map_or(0, |window| end.saturating_sub(window))..end;
            let score = |k: &[f32]| q.iter().zip(k).map(|(q, k)| q * k).sum::<f32>();
            let scores = seen.clone().map(|at| score(self.row(0, head, at)));
            let e: Vec<f32> = scores.map(|x| (x / (hd as f32).sqrt()).exp()).collect();
            let total: f32 = e.iter().sum();
            let mut y = vec![0.0; hd];
            for (e, at) in e.iter().zip(seen) {
                let v = self.row(1, head, at);
                y.iter_mut().zip(v).for_each(|(y, v)| *y += e / total * v);
            }
            y
        };
        self.q.chunks_exact(hd).enumerate().flat_map(one).collect()
    }
}

fn check(case: &Case, window: Option<usize>) {
    let (s, keys) = (&case.sizes, case.keys());
    let what = format!("{s:?}, {} held, {} rows, {window:?}", case.held, case.t);
    let found = keys.attend(Cpu::scalar(), s, &case.q, case.t, window);
    for (found, expected) in found.iter().zip(case.oracle(window)) {
        assert!((found - expected).abs() < 1e-4, "{what}");
    }
    for cpu in Cpu::available() {
        let same = keys.attend(cpu, s, &case.q, case.t, window);
        assert_eq!(same, found, "{}: {what}", cpu.name());
        // The last row by itself.
        let last = case.q.len() / case.t * (case.t - 1);
        let alone = keys.attend(cpu, s, &case.q[last..], 1, window);
        assert_eq!(alone, found[last..], "{}: {what}", cpu.name());
    }
}

#[test]
fn rows_of_any_number_see_what_they_should() {
    for t in [1, 2, 3, 5, 9, 33] {
        for held in [0, 1, 15, 16, 150] {
            for group in [1, 2, 4] {
                for head_dim in [6, 16, 32, 40, 64] {
                    let case = Case::new(group, head_dim, held, t);
                    for window in [None, Some(1), Some(7), Some(70)] {
                        check(&case, window);
                    }
                }
            }
        }
    }
}

#[test]
fn a_row_that_has_more_queries_than_a_block_is_a_block() {
    check(&Case::new(2 * QUERIES + 1, 16, 20, 3), None);
}

#[test]
fn what_a_row_does_not_see_does_not_reach_it() {
    let mut case = Case::new(2, 16, 20, 5);
    let (width, row) = (case.q.len() / case.t, N_KV_HEADS * case.sizes.head_dim);
    let clean = case
        .keys()
        .attend(Cpu::scalar(), &case.sizes, &case.q, 5, None);
    case.new
        .iter_mut()
        .for_each(|new| new[3 * row..][..row].fill(f32::NAN));
    for cpu in Cpu::available() {
        let found = case.keys().attend(cpu, &case.sizes, &case.q, 5, None);
        assert_eq!(found[..3 * width], clean[..3 * width]);
        assert!(found[3 * width..].iter().all(|y| y.is_nan()));
    }
}
