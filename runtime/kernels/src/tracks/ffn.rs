//! What follows attention: a feed-forward layer, or a mixture of experts in its place.

use super::{TrackScratch, finite, linear, product, quantized};
use crate::cpu::Cpu;
use crate::error::{Error, Kind, Result};
use crate::experts::{Experts, Routes};
use crate::linear::{Activations, Linear};
use crate::row;

/// Float weights of a feed-forward layer, or of the experts in its place.
pub enum FfnWeights<'a> {
    /// `[ffn_dim, dim]` twice, `[dim, ffn_dim]`.
    Dense {
        /// Rows of each.
        width: usize,
        /// Before the SiLU.
        gate: &'a [f32],
        /// What it is multiplied with.
        up: &'a [f32],
        /// Back to `dim`.
        down: &'a [f32],
    },
    /// Experts in every second layer.
    Experts {
        /// How many there are, how many a row goes through, and the width of one.
        sizes: [usize; 3],
        /// `[n, dim]`
        router: &'a [f32],
        /// `[n, width, dim]`
        gate: &'a [f32],
        /// `[n, width, dim]`
        up: &'a [f32],
        /// `[n, dim, width]`
        down: &'a [f32],
    },
}

pub(super) enum Ffn {
    Dense {
        gate: Linear,
        up: Linear,
        down: Linear,
    },
    Experts {
        per_token: usize,
        router: Vec<f32>,
        experts: Experts,
    },
}

impl Ffn {
    pub fn round(dim: usize, weights: &FfnWeights<'_>) -> Result<Self> {
        match *weights {
            FfnWeights::Dense {
                width,
                gate,
                up,
                down,
            } => Ok(Self::Dense {
                gate: linear("gate", gate, [width, dim])?,
                up: linear("up", up, [width, dim])?,
                down: linear("down", down, [dim, width])?,
            }),
            FfnWeights::Experts {
                sizes: [n, per_token, width],
                router,
                gate,
                up,
                down,
            } => {
                let experts = Experts::round([n, dim, width], gate, up, down)?;
                finite("router", router, n * dim)?;
                if !(1..=n).contains(&per_token) {
                    let what = format!("{per_token} of {n} experts are to be picked");
                    return Err(Error::new(Kind::Config, what));
                }
                Ok(Self::Experts {
                    per_token,
                    router: router.to_vec(),
                    experts,
                })
            }
        }
    }

    pub fn bytes(&self) -> usize {
        match self {
            Self::Dense { gate, up, down } => gate.bytes() + up.bytes() + down.bytes(),
            Self::Experts { experts, .. } => experts.bytes(),
        }
    }

    pub fn run(&self, cpu: Cpu, h: &Activations, scratch: &mut TrackScratch) -> Result<Vec<f32>> {
        match self {
            Self::Dense { gate, up, down } => {
                let mut inner = product(cpu, gate, h, &mut scratch.tiles);
                let ups = product(cpu, up, h, &mut scratch.tiles);
                row::silu_mul(cpu, &mut inner, &ups);
                let inner = quantized(cpu, &inner, down.cols);
                Ok(product(cpu, down, &inner, &mut scratch.tiles))
            }
            Self::Experts {
                per_token,
                router,
                experts,
            } => {
                let score = |x| {
                    router
                        .chunks_exact(h.cols)
                        .map(move |w| row::dot(cpu, w, x))
                };
                let scores: Vec<f32> = h.x.chunks_exact(h.cols).flat_map(score).collect();
                let routes = Routes::top_k(&scores, experts.count(), *per_token)?;
                let mut out = vec![0.0; h.x.len()];
                experts.run(cpu, &h.x, &routes, &mut scratch.experts, &mut out)?;
                Ok(out)
            }
        }
    }
}
