//! `config.json` of a page reader's bundle.
use crate::bundle::{FORMATS, hex};
use crate::{Error, Result};
use foveate_language::{Template, Tokenizer};
use foveate_vision::SpotterConfig;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
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
    /// Palettes in the place of some of its matrices: a safetensors file of the bundle.
    palettes: Option<FileName>,
    /// What it was taught here: a safetensors file of the bundle.
    weights: FileName,
    /// What is added to that for schemas which it was not taught ([`Taught`](super::taught)): a
    /// safetensors file of the bundle.
    schemas: Option<FileName>,
    /// The same for questions in words.
    asks: Option<FileName>,
    tokens: Tokens,
    pub spotter: SpotterConfig,
}

/// A file of the bundle.
#[derive(Debug, Deserialize)]
struct FileName {
    file: String,
    sha256: Option<String>,
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

    pub(super) fn palettes_file(&self, dir: &Path) -> Result<Option<PathBuf>> {
        self.palettes.as_ref().map(|f| f.path(dir)).transpose()
    }

    pub(super) fn weights_file(&self, dir: &Path) -> Result<PathBuf> {
        self.weights.path(dir)
    }

    /// The updates for schemas that were not taught, and for questions in words.
    pub(super) fn turns_files(&self, dir: &Path) -> Result<[Option<PathBuf>; 2]> {
        let path = |file: &Option<FileName>| file.as_ref().map(|f| f.path(dir)).transpose();
        Ok([path(&self.schemas)?, path(&self.asks)?])
    }

    /// What an adapter and the bundle must agree on (`models/FORMAT.md`, *Adapters*); training
    /// computes the same (`training/page/adapter.py`).
    pub(super) fn signature(&self) -> String {
        let sum = |part: &FileName| format!("{}\n", part.sha256.as_deref().unwrap_or_default());
        let parts = [
            Some(&self.decoder),
            Some(&self.weights),
            self.palettes.as_ref(),
        ];
        let sums: String = parts.into_iter().flatten().map(sum).collect();
        let named = format!("foveate-page-1\n{sums}");
        hex(&Sha256::digest(named))
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The same stands in `training/tests/test_page_adapter.py`.
    #[test]
    fn a_signature_is_of_the_decoders_sum_and_the_weights() {
        let signature = |decoder: Value, weights: Value, palettes: Option<Value>| {
            let file = json!({"file": "a.onnx", "sha256": ""});
            let config = json!({
                "format": 2, "name": "base", "decoder": decoder, "weights": weights,
                "palettes": palettes,
                "tokens": {"begin": "b", "end": "e", "user": "u", "answer": "a"},
                "spotter": {"detector": file, "recognizer": file, "options": {}}});
            PageConfig::read(Path::new("."), config)
                .unwrap()
                .signature()
        };
        let file = |digit: &str| json!({"file": "a", "sha256": digit.repeat(64)});
        let none = json!({"file": "a"});
        for (decoder, weights, expected) in [
            (
                file("a"),
                file("b"),
                "6bc4427dd69ba2890039563e1605a0513be9f34bcf77eec944f3551ac6468e45",
            ),
            (
                file("b"),
                file("a"),
                "0f84451438169c778fe3b82d29316743c5d0022210a76241d79f6048e604ea34",
            ),
            (
                none.clone(),
                none,
                "81dc786984c730d9fa38184eadb0cf6bfe22ef769f65b9b09bff9cb85c11dee3",
            ),
        ] {
            assert_eq!(signature(decoder, weights, None), expected);
        }
        let compressed = signature(file("a"), file("b"), Some(file("c")));
        let expected = "9a64e7a4db90e990040d5ae69de2902ffe7dc1ca56ad9e50cc797aca4a6b43c4";
        assert_eq!(compressed, expected);
    }
}
