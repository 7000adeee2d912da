//! A decoder of parallel tracks, of whichever family its bundle is.
use crate::bundle::TRACKS;
use crate::{Error, Result};
use foveate_language::{TrackDecoder, TrackError, TrackOptions};
use foveate_onnx::GraphOptions;
use std::path::Path;

/// Opens the tracks of the bundle in `dir`.
pub(super) fn open(dir: &Path, graphs: &GraphOptions) -> Result<TrackDecoder> {
    let options = TrackOptions {
        threads: graphs.threads,
        ..TrackOptions::default()
    };
    TrackDecoder::open(dir, &options).map_err(|e| error(dir, e))
}

/// An error of the decoder's files: which is at fault, and how.
fn error(dir: &Path, e: foveate_language::Error) -> Error {
    let invalid = |file: &Path, why: String| Error::AssetsInvalid {
        file: file.to_owned(),
        why,
    };
    match TrackError::of(&e) {
        Some(TrackError::MissingTrack { path, .. }) => Error::AssetsMissing(path.clone()),
        Some(cause) => {
            let file = cause
                .path()
                .map_or_else(|| dir.join(TRACKS), Path::to_owned);
            let why = cause.to_string();
            let named = format!("{}: ", file.display());
            invalid(&file, why.strip_prefix(&named).unwrap_or(&why).to_owned())
        }
        None => e.into(),
    }
}
