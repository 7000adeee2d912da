//! The pointer head: which glyph of the picture a token is copied from.
use super::covered::Covered;
use crate::bundle::FusionWeights;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

/// The pointer's weights.
#[derive(Debug, Clone)]
pub struct Pointer {
    /// `[dim, pointer_dim]`
    query: Array2<f32>,
    /// `[dim, pointer_dim]`
    key: Array2<f32>,
    /// `[pointer_dim]`
    null: Array1<f32>,
}

impl Pointer {
    /// The head of a bundle.
    #[must_use]
    pub fn new(weights: &FusionWeights) -> Self {
        Self {
            query: weights.pointer_query.t().to_owned(),
            key: weights.pointer_key.t().to_owned(),
            null: weights.pointer_null.clone(),
        }
    }

    /// A head of such matrices: `[dim, pointer_dim]` twice, and `[pointer_dim]`.
    #[cfg(test)]
    pub(super) fn of(query: Array2<f32>, key: Array2<f32>, null: Array1<f32>) -> Self {
        Self { query, key, null }
    }

    /// Keys of image tokens, glyph and place together (`[n, dim]`): `[n, pointer_dim]`.
    #[must_use]
    pub fn keys_of(&self, tokens: ArrayView2<'_, f32>) -> Array2<f32> {
        tokens.dot(&self.key)
    }

    /// The image token that `hidden` (`[dim]`) points at among those of all pictures, whose `keys`
    /// are `[n, pointer_dim]` each, with the number of the first; `None` where nothing beats
    /// pointing nowhere. Where it is a covered one, the likeliest that is not.
    #[must_use]
    pub fn point<'k>(
        &self,
        hidden: ArrayView1<'_, f32>,
        keys: impl IntoIterator<Item = (usize, &'k Array2<f32>)>,
        covered: &Covered,
    ) -> Option<usize> {
        // The scale 1/sqrt(pointer_dim) does not change which is largest.
        let query = hidden.dot(&self.query);
        let scores = keys
            .into_iter()
            .flat_map(|(first, keys)| (first..).zip(keys.dot(&query)));
        let scores: Vec<(usize, f32)> = scores.collect();
        let nowhere = query.dot(&self.null);
        let first = largest(&scores, nowhere, |_| true)?;
        if covered.has(first) {
            largest(&scores, f32::NEG_INFINITY, |i| !covered.has(i))
        } else {
            Some(first)
        }
    }
}

/// The first of the largest scores above `least` among those that `may` be.
fn largest(scores: &[(usize, f32)], least: f32, may: impl Fn(usize) -> bool) -> Option<usize> {
    let mut best = (least, None);
    for &(i, score) in scores {
        if score > best.0 && may(i) {
            best = (score, Some(i));
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_score_wins_unless_nowhere_is_larger() {
        let pointer = Pointer {
            query: Array2::eye(2),
            key: Array2::eye(2),
            null: ndarray::arr1(&[0.5, 0.5]),
        };
        let keys = ndarray::arr2(&[[1.0, 0.0], [0.0, 2.0], [0.0, 2.0]]);
        let mut covered = Covered::default();
        let at = |hidden: [f32; 2], covered: &Covered| {
            pointer.point(ndarray::arr1(&hidden).view(), [(0, &keys)], covered)
        };
        let point = |hidden| at(hidden, &Covered::default());
        assert_eq!(point([1.0, 0.0]), Some(0));
        assert_eq!(point([0.0, 1.0]), Some(1), "of equals the first");
        assert_eq!(point([-1.0, -1.0]), None);
        assert_eq!(
            pointer.point(
                ndarray::arr1(&[1.0, 1.0]).view(),
                [(0, &Array2::zeros((0, 2)))],
                &Covered::default()
            ),
            None
        );
        covered.add(1);
        assert_eq!(at([0.0, 1.0], &covered), Some(2), "the next best");
        assert_eq!(at([-1.0, -1.0], &covered), None);
        (0..3).for_each(|i| covered.add(i));
        assert_eq!(at([0.0, 1.0], &covered), None, "all were read");
    }
}
