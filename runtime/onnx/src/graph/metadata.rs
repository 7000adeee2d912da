//! What a graph's file says about itself.
use super::Graph;
use crate::{Error, ErrorKind, Result, stop};

impl Graph {
    /// The text that the file keeps under `key` (`metadata_props` of ONNX' `ModelProto`), or `None`
    /// where it keeps none.
    pub fn metadata(&self, key: &str) -> Result<Option<String>> {
        self.sessions.with(&stop::NEVER, |session| {
            let metadata = session.metadata().map_err(|error| {
                let message = format!("{}: metadata: {error}", self.path.display());
                Error::caused(ErrorKind::Run, message, error)
            })?;
            Ok(metadata.custom(key))
        })?
    }
}
