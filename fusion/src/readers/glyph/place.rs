//! Where something stands on the canvas, as a vector of the decoder's width.
use super::shared::{Place, SHARED};
use crate::bundle::FusionWeights;
use ndarray::{Array1, Array2, ArrayView2};
use std::f32::consts::TAU;

/// Sines and cosines of (cx, cy, w, h), then a linear layer.
#[derive(Debug, Clone)]
pub struct PlaceEmbedding {
    /// `[n_freq]`: radians per pixel.
    rates: Vec<f32>,
    /// `[8 * n_freq, dim]`
    weight: Array2<f32>,
    /// `[dim]`
    bias: Array1<f32>,
    /// `[8 * n_freq, dim]`: what an image token gets of the one before it.
    before: Array2<f32>,
}

impl PlaceEmbedding {
    /// The layer of a bundle.
    #[must_use]
    pub fn new(weights: &FusionWeights) -> Self {
        let n_freq = weights.place_weight.ncols() / 8;
        let Place {
            longest, octaves, ..
        } = SHARED.place;
        let rate = |k: usize| TAU / longest * 2f32.powf(k as f32 * octaves / (n_freq - 1) as f32);
        Self {
            rates: (0..n_freq).map(rate).collect(),
            weight: weights.place_weight.t().to_owned(),
            bias: weights.place_bias.clone(),
            before: weights.before_weight.t().to_owned(),
        }
    }

    /// `[n, 4]` canvas pixels (cx, cy, w, h) to `[n, dim]`.
    #[must_use]
    pub fn embed(&self, place: ArrayView2<'_, f32>) -> Array2<f32> {
        self.embedded(&self.waves(place))
    }

    /// `[n, 4]` places of image tokens in their order to `[n, dim]`: what each gets of the one
    /// before it, zeros for the first.
    #[must_use]
    pub fn before(&self, place: ArrayView2<'_, f32>) -> Array2<f32> {
        self.previous(&self.waves(place))
    }

    /// `[n, 4]` places of image tokens in their order to what [`embed`](Self::embed) and
    /// [`before`](Self::before) give of them, each `[n, dim]`.
    #[must_use]
    pub fn both(&self, place: ArrayView2<'_, f32>) -> [Array2<f32>; 2] {
        let waves = self.waves(place);
        [self.embedded(&waves), self.previous(&waves)]
    }

    fn embedded(&self, waves: &Array2<f32>) -> Array2<f32> {
        waves.dot(&self.weight) + &self.bias
    }

    fn previous(&self, waves: &Array2<f32>) -> Array2<f32> {
        let mut rows = Array2::zeros((waves.nrows(), self.bias.len()));
        let earlier = waves.dot(&self.before);
        for (mut row, of) in rows.rows_mut().into_iter().skip(1).zip(earlier.rows()) {
            row.assign(&of);
        }
        rows
    }

    /// Sines and cosines `[n, 8 * n_freq]` of places `[n, 4]`.
    fn waves(&self, place: ArrayView2<'_, f32>) -> Array2<f32> {
        let half = 4 * self.rates.len();
        let mut waves = Array2::zeros((place.nrows(), 2 * half));
        for (row, mut out) in place.rows().into_iter().zip(waves.rows_mut()) {
            for (v, &value) in row.iter().enumerate() {
                let scaled = if v < 2 {
                    value
                } else {
                    value * SHARED.place.size_gain
                };
                for (k, rate) in self.rates.iter().enumerate() {
                    let (sin, cos) = (scaled * rate).sin_cos();
                    out[v * self.rates.len() + k] = sin;
                    out[half + v * self.rates.len() + k] = cos;
                }
            }
        }
        waves
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights() -> FusionWeights {
        FusionWeights {
            place_weight: Array2::eye(16),
            place_bias: Array1::zeros(16),
            before_weight: Array2::eye(16) * 2.0,
            letters_ids: vec![0],
            letters_weight: Array2::zeros((1, 16)),
            slots_weight: Array2::zeros((16, 1)),
            pointer_query: Array2::zeros((1, 16)),
            pointer_key: Array2::zeros((1, 16)),
            pointer_null: Array1::zeros(1),
        }
    }

    #[test]
    fn each_is_told_of_the_one_before() {
        let place = PlaceEmbedding::new(&weights());
        let at = ndarray::arr2(&[[1024.0, 0.0, 128.0, 4.0], [3.0, 5.0, 7.0, 9.0]]);
        let previous = place.before(at.view());
        assert_eq!(
            place.both(at.view()),
            [place.embed(at.view()), previous.clone()]
        );
        assert_eq!(previous.row(0).to_vec(), [0.0; 16]);
        assert_eq!(
            previous.row(1),
            place.embed(at.view()).row(0).map(|v| v * 2.0)
        );
        assert_eq!(
            place
                .before(ArrayView2::from_shape((0, 4), &[]).unwrap())
                .dim(),
            (0, 16)
        );
    }

    #[test]
    fn waves_are_value_major_sines_then_cosines() {
        let got = PlaceEmbedding::new(&weights())
            .embed(ndarray::arr2(&[[1024.0, 0.0, 128.0, 4.0]]).view());
        let near =
            |i: usize, v: f32| assert!((got[[0, i]] - v).abs() < 1e-4, "{i}: {}", got[[0, i]]);
        near(0, 1.0); // sin(2 pi / 4)
        near(8, 0.0); // its cosine
        near(2, 0.0);
        near(10, 1.0); // cy = 0
        near(4, 1.0); // w = 128 weighs as 1024
        near(7, 0.0); // h = 4 as 32 at 16 px: two whole waves
        near(15, 1.0);
    }
}
