//! Where a checkpoint keeps its chat template.
use super::{ChatTemplate, MAX_SOURCE, refused};
use crate::Result;
use foveate_gguf::{Directory, Value};
use serde_json::Value as Json;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Longest `tokenizer_config.json`; Llama 3's, which lists 256 control tokens, has 55 kB.
const MAX_CONFIG: usize = 4 << 20;

/// Of a GGUF file's metadata.
pub(super) fn gguf(path: &Path) -> Result<ChatTemplate> {
    let file = foveate_gguf::File::open(path).map_err(|e| refused(e.to_string()))?;
    let d = file.directory();
    let source = d.text("tokenizer.chat_template").map_err(|_| {
        refused(
            "the file has no `tokenizer.chat_template`; take a model that was taught \
             conversations (often named Instruct or Chat)",
        )
    })?;
    let (bos, eos) = (token(d, "bos"), token(d, "eos"));
    let mut template = ChatTemplate::new(source, &bos, &eos)?;
    let add = d.metadata.get("tokenizer.ggml.add_bos_token");
    template.add_bos = matches!(add, Some(Value::Bool(true)));
    Ok(template)
}

/// The name of a control token; empty where the file has none.
fn token(d: &Directory, kind: &str) -> String {
    let id = d.size(&format!("tokenizer.ggml.{kind}_token_id")).ok();
    let name = id.and_then(|id| match d.metadata.get("tokenizer.ggml.tokens") {
        Some(Value::Strings(names)) => names.get(id),
        _ => None,
    });
    let name = name.map(|name| String::from_utf8_lossy(name).into_owned());
    name.unwrap_or_default()
}

/// Of a folder: a file of its own, or part of `tokenizer_config.json`.
pub(super) fn folder(folder: &Path) -> Result<ChatTemplate> {
    let config = match text(&folder.join("tokenizer_config.json"), MAX_CONFIG)? {
        Some(text) => serde_json::from_str(&text)
            .map_err(|e| refused(format!("tokenizer_config.json is not JSON: {e}")))?,
        None => Json::Null,
    };
    let source = match text(&folder.join("chat_template.jinja"), MAX_SOURCE)? {
        Some(source) => source,
        None => named(&config["chat_template"])
            .map(str::to_owned)
            .ok_or_else(|| {
                refused(
                    "the folder has no chat_template.jinja, and no `chat_template` in \
                 tokenizer_config.json; take a model that was taught conversations",
                )
            })?,
    };
    let token = |key: &str| config[key].as_str().or(config[key]["content"].as_str());
    let (bos, eos) = (token("bos_token"), token("eos_token"));
    ChatTemplate::new(&source, bos.unwrap_or(""), eos.unwrap_or(""))
}

/// A template alone, or that named `default` of several.
fn named(template: &Json) -> Option<&str> {
    let several = template.as_array().into_iter().flatten();
    let mut default = several.filter(|t| t["name"] == "default");
    template
        .as_str()
        .or_else(|| default.next()?["template"].as_str())
}

/// A file's text, where there is one, of at most `limit` bytes.
fn text(path: &Path, limit: usize) -> Result<Option<String>> {
    if !path.is_file() {
        return Ok(None);
    }
    let failed = |e: std::io::Error| refused(format!("{}: {e}", path.display()));
    let mut text = String::new();
    let file = File::open(path).map_err(failed)?;
    file.take(limit as u64 + 1)
        .read_to_string(&mut text)
        .map_err(failed)?;
    if text.len() > limit {
        let what = format!("{} is longer than {limit} bytes", path.display());
        return Err(refused(what));
    }
    Ok(Some(text))
}
