//! A model's folder: what it claims, checked before anything is allocated for it.
mod config;
mod find;
mod sums;
pub(crate) mod tensors;
mod weights;

use crate::{Error, Result};
use config::check;
use foveate_language::MatrixPath;
use serde::Deserialize;
use serde_json::Value;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
pub(crate) use sums::{check as check_sums, hex};

pub use config::{AdapterConfig, Config, FusionConfig, Prompts, Tier, TokenNames};
pub use sums::Checked;
pub use weights::{FusionWeights, signature};

/// The versions of `models/FORMAT.md` that this library reads.
pub const FORMATS: RangeInclusive<u32> = 1..=2;
/// Largest `config.json` and largest `tokenizer.json` that are read.
const MAX_CONFIG: u64 = 1 << 20;
pub(crate) const MAX_TOKENIZER: u64 = 64 << 20;
/// The file that says that a bundle's decoder is one of parallel tracks.
pub(crate) const TRACKS: &str = "tracks.json";
/// Room for the header of a safetensors file beside its numbers.
pub(crate) const MAX_HEADER: u64 = 1 << 20;

/// A folder whose `config.json` was read and whose files are there.
#[derive(Debug, Clone)]
pub struct Bundle {
    dir: PathBuf,
    config: Config,
}

impl Bundle {
    /// Reads and checks `config.json`; the other files only have to exist here, and are checked
    /// when they are opened. Their SHA-256 is checked by [`Model::load`](crate::Model::load).
    pub fn open(dir: impl AsRef<Path>) -> Result<Self> {
        let dir = dir.as_ref();
        Self::of(dir, config(dir)?)
    }

    /// The bundle in `dir`, whose `config.json` was read already.
    pub(crate) fn of(dir: &Path, value: Value) -> Result<Self> {
        let refused = |why: String| Error::AssetsInvalid {
            file: dir.join("config.json"),
            why,
        };
        let config = Config::deserialize(value).map_err(|e| refused(e.to_string()))?;
        check(&config).map_err(refused)?;
        let bundle = Self {
            dir: dir.to_owned(),
            config,
        };
        for name in [
            "tokenizer.json",
            "vision.onnx",
            "adapter.onnx",
            "fusion.safetensors",
        ] {
            bundle.file(name)?;
        }
        if bundle.config.fusion.mixer {
            bundle.file("mixer.onnx")?;
        }
        if !bundle.has("decoder.safetensors") && !bundle.has(TRACKS) {
            bundle.file("decoder.onnx")?;
        }
        Ok(bundle)
    }

    /// What `config.json` says.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether a file is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.dir.join(name).is_file()
    }

    /// The path of a file that is there.
    pub fn file(&self, name: &str) -> Result<PathBuf> {
        let path = self.dir.join(name);
        if path.is_file() {
            Ok(path)
        } else {
            Err(Error::AssetsMissing(path))
        }
    }

    /// The contents of `tokenizer.json`.
    pub fn tokenizer_json(&self) -> Result<Vec<u8>> {
        read(&self.file("tokenizer.json")?, MAX_TOKENIZER)
    }
}

/// Refuses a model, a folder or a file, of which a part is a device or a pipe: reading might never
/// end, and opening a pipe waits for somebody to write.
pub(crate) fn check_plain(model: &Path) -> Result<()> {
    let entries = fs::read_dir(model).into_iter().flatten().flatten();
    let mut paths = entries.map(|entry| entry.path()).chain([model.to_owned()]);
    match paths.find(|path| is_odd(path)) {
        Some(file) => Err(Error::AssetsInvalid {
            file,
            why: ODD.to_owned(),
        }),
        None => Ok(()),
    }
}

/// Why what [`is_odd`] is refused.
const ODD: &str = "a device or pipe; a plain file is expected";

/// Whether it is there and neither file nor folder, links followed.
fn is_odd(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir())
}

/// What `config.json` in a folder says, of whichever architecture.
pub(crate) fn config(dir: &Path) -> Result<Value> {
    let file = dir.join("config.json");
    let json = read(&file, MAX_CONFIG)?;
    serde_json::from_slice(&json).map_err(|e| Error::AssetsInvalid {
        file,
        why: e.to_string(),
    })
}

/// Rows and columns of a decoder's matrix; `None` of one that it has not.
pub(crate) type Shape = dyn Fn(&MatrixPath) -> Option<[usize; 2]> + Send + Sync;

/// What an adapter must have been trained on, and where a bundle keeps its own.
pub(crate) struct Base {
    /// The bundle's folder.
    pub dir: PathBuf,
    /// Of the matrices that take updates.
    pub shape: Box<Shape>,
    pub signature: String,
    /// What trains adapters of this family.
    pub trainer: &'static str,
}

impl Base {
    /// Names of the folders in `adapters/`, sorted.
    pub fn adapters(&self) -> Vec<String> {
        let folders = fs::read_dir(self.dir.join("adapters"))
            .into_iter()
            .flatten();
        let mut names: Vec<String> = folders
            .flatten()
            .filter(|f| f.path().join("adapter.json").is_file())
            .filter_map(|f| f.file_name().into_string().ok())
            .collect();
        names.sort();
        names
    }
}

/// A graph that cannot be opened is the bundle's fault, unless the runtime is.
pub(crate) fn graph_error(file: &Path, e: foveate_onnx::Error) -> Error {
    use foveate_onnx::ErrorKind;
    match e.kind() {
        ErrorKind::GraphMissing => Error::AssetsMissing(file.to_owned()),
        ErrorKind::GraphInvalid | ErrorKind::Mismatch => Error::AssetsInvalid {
            file: file.to_owned(),
            why: e.to_string(),
        },
        _ => Error::Runtime(e),
    }
}

/// Reads a file whose length is at most `limit`.
pub(crate) fn read(file: &Path, limit: u64) -> Result<Vec<u8>> {
    let refused = |why: String| Error::AssetsInvalid {
        file: file.to_owned(),
        why,
    };
    let length = match fs::metadata(file) {
        Ok(_) if is_odd(file) => return Err(refused(ODD.to_owned())),
        Ok(meta) => meta.len(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::AssetsMissing(file.to_owned()));
        }
        Err(e) => return Err(refused(e.to_string())),
    };
    if length > limit {
        return Err(refused(format!(
            "{length} bytes, at most {limit} are expected"
        )));
    }
    fs::read(file).map_err(|e| refused(e.to_string()))
}
