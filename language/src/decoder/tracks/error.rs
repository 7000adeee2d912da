//! What can be wrong with a bundle of tracks, and with a track at work.
use crate::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The cause of an [`Error`] of a decoder of tracks; [`TrackError::of`] finds it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrackError {
    /// `tracks.json` cannot be used.
    #[error("tracks.json: {what}; export the bundle again")]
    Config {
        /// What was found and what is expected.
        what: String,
    },
    /// The graph of a track block is not in the folder.
    #[error(
        "{}: there is no such file; tracks.json says {n_tracks} tracks of {n_blocks} blocks. \
         Copy the file, or export the bundle again", path.display()
    )]
    MissingTrack {
        /// The file that is expected.
        path: PathBuf,
        /// Tracks by the configuration.
        n_tracks: usize,
        /// Blocks by the configuration.
        n_blocks: usize,
    },
    /// A layer has another number of experts than the configuration says.
    #[error(
        "{}: layer {layer} has {found} experts, tracks.json says {expected}. \
         Correct `n_experts`, or export the bundle again", path.display()
    )]
    ExpertCount {
        /// The graph's file.
        path: PathBuf,
        /// The layer in its block.
        layer: usize,
        /// Experts in the graph; 0 where the layer is dense.
        found: u64,
        /// Experts by the configuration; 0 where the layer is to be dense.
        expected: u64,
    },
    /// A block has another number of layers than the configuration says.
    #[error(
        "{}: the block has {found} layers, tracks.json says {expected}. \
         Correct `depth`, or export the bundle again", path.display()
    )]
    Depth {
        /// The graph's file.
        path: PathBuf,
        /// Layers of the graph.
        found: usize,
        /// Layers by the configuration.
        expected: usize,
    },
    /// A router's weights are not numbers.
    #[error(
        "{}: the router of layer {layer} has {bad} weights that are not finite; every one must \
         be. Export the bundle from an earlier checkpoint", path.display()
    )]
    Router {
        /// The graph's file.
        path: PathBuf,
        /// The layer in its block.
        layer: usize,
        /// Weights that are infinite or no numbers.
        bad: usize,
    },
    /// A graph is broken, or has other inputs and outputs than the configuration calls for.
    #[error("{what}")]
    Graph {
        /// What was found and what is expected, with the file.
        what: String,
    },
    /// A track ended, its thread or its process; it is started again with the next request.
    #[error("track {track} died: {what}. Ask again: it will be started anew")]
    Died {
        /// The track.
        track: usize,
        /// What was seen of it.
        what: String,
    },
    /// A track gave no answer in time; it was ended and is started again with the next request.
    #[error(
        "track {track} gave no answer within {limit:?}. Ask again: it will be started anew; or \
         allow more time (`TrackOptions::stall`)"
    )]
    Stalled {
        /// The track.
        track: usize,
        /// The time that it had.
        limit: Duration,
    },
    /// A track could not run its graph.
    #[error("track {track}: {what}")]
    Failed {
        /// The track.
        track: usize,
        /// Its own error.
        what: String,
    },
}

impl TrackError {
    /// The track error that `error` was made of, if it was.
    #[must_use]
    pub fn of(error: &Error) -> Option<&Self> {
        std::error::Error::source(error)?.downcast_ref()
    }

    /// The file that is at fault, of an error of a bundle.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::MissingTrack { path, .. }
            | Self::ExpertCount { path, .. }
            | Self::Depth { path, .. }
            | Self::Router { path, .. } => Some(path),
            _ => None,
        }
    }

    /// The track that is at fault, of an error at work.
    #[must_use]
    pub fn track(&self) -> Option<usize> {
        match self {
            Self::Died { track, .. } | Self::Stalled { track, .. } | Self::Failed { track, .. } => {
                Some(*track)
            }
            _ => None,
        }
    }
}

impl From<TrackError> for Error {
    fn from(error: TrackError) -> Self {
        Self::Decoder {
            what: error.to_string(),
            source: Some(Box::new(error)),
        }
    }
}
