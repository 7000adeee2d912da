//! Sizes of a decoder of parallel tracks: `tracks.json`.
use super::TrackError;
use crate::decoder::Dims;
use serde::Deserialize;

/// More than any published model has of tracks, blocks, layers or experts: a file that claims more
/// is broken.
const MOST: usize = 1024;

/// Sizes of a decoder of parallel tracks with mixtures of experts, by the names of `tracks.json`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct TracksConfig {
    /// Width of a row, in every track.
    pub dim: usize,
    /// Tracks that run at the same time.
    pub n_tracks: usize,
    /// Track blocks, one after another; the tracks synchronise at the end of each.
    pub n_blocks: usize,
    /// Layers of a track block, D.
    pub depth: usize,
    /// Query heads of a track.
    pub n_heads: usize,
    /// Key and value heads of a track.
    pub n_kv_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// Width of a feed-forward layer without experts.
    pub ffn_dim: usize,
    /// Experts in every second layer of a track; 0 for none.
    pub n_experts: usize,
    /// Experts that a row goes through.
    pub experts_per_token: usize,
    /// Width of an expert.
    pub expert_dim: usize,
    /// One layer of each cycle of so many is global, without positions.
    pub cycle: usize,
    /// Which of a cycle, from 0; its last where none is named.
    #[serde(default)]
    pub global_layer: Option<usize>,
    /// Rows that the other layers see, the row itself among them.
    pub window: usize,
    /// Rows that those layers keep beyond the window, so that as many can be cut off again.
    pub slack: usize,
    /// Number of tokens.
    pub vocab_size: usize,
    /// Base of the rotary position embedding.
    pub rope_theta: f64,
    /// Epsilon of the RMS norms.
    pub norm_eps: f64,
    /// Most rows that a conversation may have.
    pub context: usize,
}

impl TracksConfig {
    /// What everything around the decoder has to know.
    #[must_use]
    pub fn dims(&self) -> Dims {
        Dims {
            dim: self.dim,
            vocab_size: self.vocab_size,
            context: self.context,
        }
    }

    /// Layers of a track, L.
    #[must_use]
    pub fn n_layers(&self) -> usize {
        self.n_blocks * self.depth
    }

    /// Whether a layer, counted over all blocks, is global.
    #[must_use]
    pub fn is_global(&self, layer: usize) -> bool {
        layer % self.cycle == self.global_layer.unwrap_or(self.cycle - 1)
    }

    /// Whether a layer, counted over all blocks, has experts.
    #[must_use]
    pub fn has_experts(&self, layer: usize) -> bool {
        self.n_experts > 0 && layer % 2 == 1
    }

    /// Rows that a local layer keeps at most.
    #[must_use]
    pub fn keep(&self) -> usize {
        self.window - 1 + self.slack
    }

    /// How often the tracks synchronise in a pass, L/D, and how often tensor parallelism would, 2L.
    #[must_use]
    pub fn synchronisations(&self) -> [usize; 2] {
        [self.n_blocks, 2 * self.n_layers()]
    }

    pub(super) fn check(&self) -> Result<(), TrackError> {
        let refuse = |what: String| Err(TrackError::Config { what });
        for (name, size) in [
            ("dim", self.dim),
            ("n_heads", self.n_heads),
            ("n_kv_heads", self.n_kv_heads),
            ("head_dim", self.head_dim),
            ("cycle", self.cycle),
            ("window", self.window),
            ("vocab_size", self.vocab_size),
            ("context", self.context),
        ] {
            if size == 0 || size > 1 << 30 {
                return refuse(format!("`{name}` is {size}; 1 to {} is expected", 1 << 30));
            }
        }
        for (name, count) in [
            ("n_tracks", self.n_tracks),
            ("n_blocks", self.n_blocks),
            ("depth", self.depth),
        ] {
            if count == 0 || count > MOST {
                return refuse(format!("`{name}` is {count}; 1 to {MOST} is expected"));
            }
        }
        if let Some(layer) = self.global_layer.filter(|&layer| layer >= self.cycle) {
            return refuse(format!(
                "`global_layer` is {layer}; one of a cycle of {} from 0 is expected",
                self.cycle
            ));
        }
        let (experts, picked) = (self.n_experts, self.experts_per_token);
        if experts > MOST || (experts > 0 && !(1..=experts).contains(&picked)) {
            return refuse(format!(
                "{picked} of {experts} experts are to be picked; 1 to `n_experts` of at most \
                 {MOST} are expected"
            ));
        }
        if self.slack > 1 << 30 {
            return refuse(format!(
                "`slack` is {}; at most {} is expected",
                self.slack,
                1 << 30
            ));
        }
        Ok(())
    }
}
