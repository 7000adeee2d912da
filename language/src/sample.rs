//! Logits to a token.
use crate::{Error, Result, TokenId};

/// How the next token is chosen from the logits.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Sampling {
    /// The likeliest; of equals the lowest id. The default: reading has one right answer.
    #[default]
    Greedy,
    /// Drawn at random; the same seed and the same logits give the same tokens on every machine.
    Random {
        /// Divides the logits; 1 leaves them, less is more certain. 0 is greedy.
        temperature: f32,
        /// Only the `k` likeliest may be drawn.
        top_k: Option<usize>,
        /// Only the likeliest whose probabilities reach `p` together may be drawn.
        top_p: Option<f32>,
        /// Seed of the draws.
        seed: u64,
    },
}

/// Chooses tokens; holds the state of the random draws.
#[derive(Debug, Clone)]
pub struct Sampler {
    sampling: Sampling,
    state: u64,
}

impl Sampler {
    /// A sampler at the beginning of its draws.
    #[must_use]
    pub fn new(sampling: Sampling) -> Self {
        let state = if let Sampling::Random { seed, .. } = sampling {
            seed
        } else {
            0
        };
        Self { sampling, state }
    }

    /// Whether the likeliest token is always chosen.
    #[must_use]
    pub fn is_greedy(&self) -> bool {
        !matches!(self.sampling, Sampling::Random { temperature, .. } if temperature > 0.0)
    }

    /// The next token by `logits` (`[vocab]`); tokens at negative infinity are never chosen.
    pub fn pick(&mut self, logits: &[f32]) -> Result<TokenId> {
        if logits.iter().any(|x| x.is_nan()) {
            return Err(Error::Decoding(
                "the decoder's logits are not numbers".into(),
            ));
        }
        match self.sampling {
            Sampling::Random {
                temperature,
                top_k,
                top_p,
                ..
            } if temperature > 0.0 => self.draw(logits, temperature, top_k, top_p),
            _ => argmax(logits),
        }
    }

    fn draw(
        &mut self,
        logits: &[f32],
        temperature: f32,
        top_k: Option<usize>,
        top_p: Option<f32>,
    ) -> Result<TokenId> {
        let best = logits[argmax(logits)? as usize];
        let mut kept: Vec<(f32, usize)> = (0..logits.len())
            .filter(|&i| logits[i] > f32::NEG_INFINITY)
            .map(|i| (((logits[i] - best) / temperature).exp(), i))
            .collect();
        kept.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        kept.truncate(top_k.unwrap_or(usize::MAX).max(1));
        if let Some(p) = top_p {
            kept.truncate(nucleus(&kept, p));
        }
        let total: f32 = kept.iter().map(|k| k.0).sum();
        let mut left = self.uniform() * total;
        for &(weight, id) in &kept {
            left -= weight;
            if left < 0.0 {
                return Ok(id as TokenId);
            }
        }
        Ok(kept[0].1 as TokenId)
    }

    /// SplitMix64 (Steele, Lea and Flood 2014), its top 24 bits as a number in [0, 1).
    fn uniform(&mut self) -> f32 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1u64 << 24) as f32
    }
}

/// The index of the largest value; of equals the first.
pub fn argmax(values: &[f32]) -> Result<TokenId> {
    let mut best = None;
    for (i, &v) in values.iter().enumerate() {
        if v > best.map_or(f32::NEG_INFINITY, |b: usize| values[b]) {
            best = Some(i);
        }
    }
    best.map(|i| i as TokenId)
        .ok_or_else(|| Error::Decoding("no token is allowed".into()))
}

/// How many of the sorted weights reach the share `p` of their sum; at least one.
fn nucleus(sorted: &[(f32, usize)], p: f32) -> usize {
    let total: f32 = sorted.iter().map(|k| k.0).sum();
    let mut sum = 0.0;
    let reached = sorted.iter().position(|k| {
        sum += k.0;
        sum >= p * total
    });
    reached.map_or(sorted.len(), |i| i + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: [f32; 5] = [0.0, 2.0, f32::NEG_INFINITY, 1.0, 2.0];

    fn random(top_k: Option<usize>, top_p: Option<f32>, seed: u64) -> Sampler {
        Sampler::new(Sampling::Random {
            temperature: 1.0,
            top_k,
            top_p,
            seed,
        })
    }

    fn counts(mut sampler: Sampler) -> [usize; 5] {
        let mut counts = [0; 5];
        for _ in 0..4000 {
            counts[sampler.pick(&LOGITS).unwrap() as usize] += 1;
        }
        counts
    }

    #[test]
    fn greedy_takes_the_first_of_the_best() {
        assert_eq!(Sampler::new(Sampling::Greedy).pick(&LOGITS).unwrap(), 1);
        let cold = Sampling::Random {
            temperature: 0.0,
            top_k: None,
            top_p: None,
            seed: 1,
        };
        assert_eq!(Sampler::new(cold).pick(&LOGITS).unwrap(), 1);
    }

    #[test]
    fn draws_follow_the_probabilities_and_the_limits() {
        let all = counts(random(None, None, 1));
        let share = |i: usize| all[i] as f32 / 4000.0;
        assert_eq!(all[2], 0);
        assert!(
            (share(1) - 0.399).abs() < 0.03 && (share(0) - 0.054).abs() < 0.02,
            "{all:?}"
        );
        assert_eq!(counts(random(Some(1), None, 2))[1], 4000);
        let two = counts(random(None, Some(0.5), 3));
        assert_eq!(two[1] + two[4], 4000, "{two:?}");
    }

    #[test]
    fn a_seed_repeats_itself() {
        let run = |seed| {
            let mut s = random(None, None, seed);
            (0..40)
                .map(|_| s.pick(&LOGITS).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(run(5), run(5));
        assert_ne!(run(5), run(6));
    }

    #[test]
    fn unusable_logits_are_errors() {
        let mut s = Sampler::new(Sampling::Greedy);
        assert!(s.pick(&[f32::NAN, 1.0]).is_err());
        assert!(s.pick(&[f32::NEG_INFINITY; 3]).is_err());
        assert!(s.pick(&[]).is_err());
    }
}
