//! `config.json` of a page reader's bundle.
use crate::bundle::FORMATS;
use crate::{Error, Result};
use foveate_language::{Template, Tokenizer};
use foveate_vision::SpotterConfig;
use serde::Deserialize;
use serde_json::Value;
use std::path::{Component, Path, PathBuf};

/// What `config.json` calls this family.
pub const ARCHITECTURE: &str = "page";

/// `config.json`.
#[derive(Debug, Deserialize)]
pub(in crate::readers) struct PageConfig {
    format: u32,
    pub name: String,
    /// The pretrained decoder: a GGUF file of the bundle.
    decoder: FileName,
    /// What it was taught here: a safetensors file of the bundle.
    weights: FileName,
    tokens: Tokens,
    pub spotter: SpotterConfig,
}

/// A file of the bundle.
#[derive(Debug, Deserialize)]
struct FileName {
    file: String,
}

/// Names of the tokens around turns, and what is said within them.
#[derive(Debug, Deserialize)]
struct Tokens {
    begin: String,
    end: String,
    user: String,
    answer: String,
}

impl PageConfig {
    pub(in crate::readers) fn read(dir: &Path, config: Value) -> Result<Self> {
        let refused = |why: String| Error::AssetsInvalid {
            file: dir.join("config.json"),
            why,
        };
        let config = Self::deserialize(config).map_err(|e| refused(e.to_string()))?;
        if !FORMATS.contains(&config.format) {
            return Err(refused(format!(
                "format {}, this library reads formats {} to {}",
                config.format,
                FORMATS.start(),
                FORMATS.end()
            )));
        }
        Ok(config)
    }

    pub(super) fn decoder_file(&self, dir: &Path) -> Result<PathBuf> {
        self.decoder.path(dir)
    }

    pub(super) fn weights_file(&self, dir: &Path) -> Result<PathBuf> {
        self.weights.path(dir)
    }

    /// The tokens around turns: `begin` and `user` before a question, `end`, a line end, `begin`
    /// and `answer` before an answer, which `end` ends.
    pub(super) fn template(
        &self,
        tokenizer: &Tokenizer,
        vocab_size: usize,
    ) -> foveate_language::Result<Template> {
        let special = |name: &str| {
            let found = tokenizer.special(name);
            found.ok_or_else(|| {
                let what = format!("has no special token {name}, which config.json names");
                foveate_language::Error::Tokenizer(what)
            })
        };
        let (begin, end) = (special(&self.tokens.begin)?, special(&self.tokens.end)?);
        let mut question = vec![begin];
        question.extend(tokenizer.encode(&self.tokens.user)?);
        let mut answer = vec![end];
        answer.extend(tokenizer.encode("\n")?);
        answer.push(begin);
        answer.extend(tokenizer.encode(&self.tokens.answer)?);
        Ok(Template {
            begin: Vec::new(),
            question,
            answer,
            end,
            never: Template::never(tokenizer, end, vocab_size),
        })
    }
}

impl FileName {
    fn path(&self, dir: &Path) -> Result<PathBuf> {
        let mut parts = Path::new(&self.file).components();
        let (Some(Component::Normal(_)), None) = (parts.next(), parts.next()) else {
            return Err(Error::AssetsInvalid {
                file: dir.join("config.json"),
                why: format!(
                    "{:?}: the name of a file in the bundle was expected",
                    self.file
                ),
            });
        };
        let path = dir.join(&self.file);
        match path.is_file() {
            true => Ok(path),
            false => Err(Error::AssetsMissing(path)),
        }
    }
}
