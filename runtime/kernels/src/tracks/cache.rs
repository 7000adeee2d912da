//! Keys and values of a layer, which grow in place.

use super::TrackSizes;

/// Keys and values that a layer holds of the rows just before the next.
#[derive(Clone, Debug)]
pub struct TrackCache {
    /// Keys and values of each head, `[rows, head_dim]`.
    heads: Vec<[Vec<f32>; 2]>,
    head_dim: usize,
    /// Rows in front that are held no longer.
    gone: usize,
}

impl TrackCache {
    /// No rows yet, of a layer of such sizes.
    pub fn new(sizes: &TrackSizes) -> Self {
        Self {
            heads: vec![[Vec::new(), Vec::new()]; sizes.n_kv_heads],
            head_dim: sizes.head_dim,
            gone: 0,
        }
    }

    /// Rows held.
    pub fn held(&self) -> usize {
        let all = self.heads.first().map_or(0, |[k, _]| k.len());
        all / self.head_dim.max(1) - self.gone
    }

    /// Bytes of the rows held.
    pub fn bytes(&self) -> usize {
        2 * self.heads.len() * self.held() * self.head_dim * size_of::<f32>()
    }

    /// Forgets the rows behind the first `held`.
    pub fn truncate(&mut self, held: usize) {
        let numbers = (self.gone + held) * self.head_dim;
        for all in self.heads.as_flattened_mut() {
            all.truncate(numbers);
        }
    }

    /// Whether it is of a layer of such sizes.
    pub(super) fn fits(&self, s: &TrackSizes) -> bool {
        self.heads.len() == s.n_kv_heads && self.head_dim == s.head_dim
    }

    /// Adds rows of keys and values, `[t, n_kv_heads, head_dim]` each.
    pub(super) fn push(&mut self, k: &[f32], v: &[f32]) {
        let (n, hd) = (self.heads.len(), self.head_dim);
        for (head, own) in self.heads.iter_mut().enumerate() {
            for (all, new) in own.iter_mut().zip([k, v]) {
                let rows = new.chunks_exact(n * hd);
                rows.for_each(|row| all.extend(&row[head * hd..][..hd]));
            }
        }
    }

    /// Holds the last `keep` rows. Their memory moves once as many are gone as a quarter of them.
    pub(super) fn keep(&mut self, keep: usize) {
        self.gone += self.held().saturating_sub(keep);
        if 4 * self.gone > keep {
            let numbers = self.gone * self.head_dim;
            for all in self.heads.as_flattened_mut() {
                all.drain(..numbers);
            }
            self.gone = 0;
        }
    }

    /// Keys and values of a head.
    pub(super) fn head(&self, head: usize) -> [&[f32]; 2] {
        let from = self.gone * self.head_dim;
        self.heads[head].each_ref().map(|all| &all[from..])
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::SIZES;
    use super::*;

    #[test]
    fn the_last_rows_are_kept_and_the_first_stay_when_it_is_cut() {
        let row = |at: usize, sign: f32| -> Vec<f32> {
            let width = SIZES.n_kv_heads * SIZES.head_dim;
            (0..width).map(|i| sign * (1000 * at + i) as f32).collect()
        };
        for keep in [1, 3, 4, 12, 13, usize::MAX] {
            let mut cache = TrackCache::new(&SIZES);
            let (mut first, mut end) = (0, 0);
            for (t, cut) in [(4, 0), (1, 0), (1, 1), (7, 0), (1, 0), (2, 1), (1, 0)] {
                let rows =
                    |sign| -> Vec<f32> { (end..end + t).flat_map(|i| row(i, sign)).collect() };
                cache.push(&rows(1.0), &rows(-1.0));
                end += t;
                cache.keep(keep);
                first = first.max(end.saturating_sub(keep));
                let held = (end - first).saturating_sub(cut);
                cache.truncate(held);
                end = first + held;
                assert_eq!(cache.held(), held, "{keep}");
                assert_eq!(
                    cache.bytes(),
                    held * 2 * SIZES.n_kv_heads * SIZES.head_dim * 4
                );
                for head in 0..SIZES.n_kv_heads {
                    let part = head * SIZES.head_dim..(head + 1) * SIZES.head_dim;
                    let of = |sign| -> Vec<f32> {
                        (first..end)
                            .flat_map(|i| row(i, sign)[part.clone()].to_vec())
                            .collect()
                    };
                    assert_eq!(cache.head(head), [of(1.0), of(-1.0)]);
                }
            }
        }
    }
}
