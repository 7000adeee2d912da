//! Seeded chance: the same seed and index give the same picture, on every machine and with any
//! number of threads.

use crate::photos::{Photo, Piece};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::sync::Arc;

/// A ChaCha8 stream with the draws that the generator needs.
pub struct Dice {
    stream: ChaCha8Rng,
    photos: Vec<Arc<Photo>>,
}

impl Dice {
    /// The dice of picture `index` under `seed`.
    pub fn new(seed: u64, index: u64) -> Self {
        let mut stream = ChaCha8Rng::seed_from_u64(seed);
        stream.set_stream(index);
        Self {
            stream,
            photos: Vec::new(),
        }
    }

    /// Photographs to draw pieces from.
    pub fn with_photos(mut self, photos: Vec<Arc<Photo>>) -> Self {
        self.photos = photos;
        self
    }

    /// With probability `p` a piece of one of the photographs. Throws nothing where there are none,
    /// so that pictures stay as they were.
    pub fn photo(&mut self, p: f32) -> Option<Piece> {
        if self.photos.is_empty() || !self.chance(p) {
            return None;
        }
        let at = self.below(self.photos.len());
        let photo = self.photos[at].clone();
        Some(Piece::any(self, photo))
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f32 {
        (self.stream.next_u32() >> 8) as f32 / (1u32 << 24) as f32
    }

    /// A whole random word.
    pub fn bits(&mut self) -> u64 {
        self.stream.next_u64()
    }

    /// Uniform in [low, high).
    pub fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Uniform in the logarithm, in [low, high).
    pub fn log_range(&mut self, low: f32, high: f32) -> f32 {
        low * (high / low).powf(self.unit())
    }

    /// A whole number in low..=high.
    pub fn int(&mut self, low: i32, high: i32) -> i32 {
        low + self.below((high - low + 1).max(1) as usize) as i32
    }

    /// A whole number in 0..n (0 when n is 0).
    pub fn below(&mut self, n: usize) -> usize {
        ((u64::from(self.stream.next_u32()) * n as u64) >> 32) as usize
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f32) -> bool {
        self.unit() < p
    }

    /// One of `items`.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// An index drawn in proportion to `weights`.
    pub fn weighted(&mut self, weights: &[f32]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f32>();
        for (i, w) in weights.iter().enumerate() {
            left -= w;
            if left < 0.0 {
                return i;
            }
        }
        weights.len() - 1
    }

    /// Roughly normal with mean 0 and deviation 1 (sum of four uniforms).
    pub fn gauss(&mut self) -> f32 {
        ((0..4).map(|_| self.unit()).sum::<f32>() - 2.0) * 1.732
    }

    /// Puts `items` into a random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}
