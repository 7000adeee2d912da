//! Which experts each token goes through, and the tokens of each expert.

use std::ops::Range;

use crate::error::{Error, Kind, Result};

/// The experts of every token, with what each answer counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Routes {
    per_token: usize,
    /// `[tokens, per_token]`
    picks: Vec<(usize, f32)>,
}

/// The picks in the order of their experts. None is dropped.
pub(super) struct Groups {
    /// Picks (`token * per_token + i`), those of expert 0 first, in the order of the tokens.
    pub order: Vec<usize>,
    /// Where each pick stands in `order`.
    pub places: Vec<usize>,
    /// Each expert's part of `order`.
    pub rows: Vec<Range<usize>>,
}

impl Routes {
    /// The `k` best of `n` experts for each row of `scores` `[tokens, n]`; of equal ones the first.
    /// Shares are the softmax over the picked scores.
    ///
    /// # Errors
    /// `k` of 0 or over `n`; rows that are not whole; scores that are not finite.
    pub fn top_k(scores: &[f32], n: usize, k: usize) -> Result<Self> {
        if k == 0 || k > n || !scores.len().is_multiple_of(n) {
            let what = format!("routes: {} scores, {k} of {n} experts", scores.len());
            return Err(Error::new(Kind::Input, what));
        }
        if let Some(bad) = scores.iter().position(|score| !score.is_finite()) {
            let what = format!("routes: score {bad} is {}", scores[bad]);
            return Err(Error::new(Kind::Value, what));
        }
        let picks = scores.chunks_exact(n).flat_map(|row| best(row, k));
        Ok(Self {
            per_token: k,
            picks: picks.collect(),
        })
    }

    /// Tokens.
    pub fn tokens(&self) -> usize {
        self.picks.len() / self.per_token
    }

    /// Experts of a token.
    pub fn per_token(&self) -> usize {
        self.per_token
    }

    /// The experts and shares of each token, `[tokens, per_token]`.
    pub fn picks(&self) -> &[(usize, f32)] {
        &self.picks
    }

    /// The routes of one token.
    pub fn of_token(&self, token: usize) -> Self {
        Self {
            per_token: self.per_token,
            picks: self.picks[token * self.per_token..][..self.per_token].to_vec(),
        }
    }

    pub(super) fn share(&self, pick: usize) -> f32 {
        self.picks[pick].1
    }

    /// Sorts by counting.
    pub(super) fn grouped(&self, n: usize) -> Result<Groups> {
        let mut ends = vec![0; n];
        for &(expert, _) in &self.picks {
            let end = ends.get_mut(expert).ok_or_else(|| {
                Error::new(Kind::Input, format!("routes: expert {expert} of {n}"))
            })?;
            *end += 1;
        }
        let mut total = 0;
        let rows: Vec<Range<usize>> = ends
            .iter()
            .map(|count| {
                total += count;
                total - count..total
            })
            .collect();
        let mut next: Vec<usize> = rows.iter().map(|rows| rows.start).collect();
        let (mut order, mut places) = (vec![0; self.picks.len()], Vec::new());
        for (pick, &(expert, _)) in self.picks.iter().enumerate() {
            order[next[expert]] = pick;
            places.push(next[expert]);
            next[expert] += 1;
        }
        Ok(Groups {
            order,
            places,
            rows,
        })
    }
}

/// The `k` best of a row, the best first, with the softmax over them.
fn best(row: &[f32], k: usize) -> Vec<(usize, f32)> {
    let mut order: Vec<usize> = (0..row.len()).collect();
    order.sort_by(|&a, &b| row[b].total_cmp(&row[a]).then(a.cmp(&b)));
    order.truncate(k);
    let weights: Vec<f32> = order
        .iter()
        .map(|&e| (row[e] - row[order[0]]).exp())
        .collect();
    let total: f32 = weights.iter().sum();
    order
        .into_iter()
        .zip(weights)
        .map(|(e, w)| (e, w / total))
        .collect()
}
