//! What a model is.
use crate::options::Common;
use crate::terminal::{harmless, print};
use anyhow::Result;
use foveate::Model;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// Prints what `model` is, what memory it takes, and how many rows it has room for.
pub fn info(model: &Model, common: &Common) -> Result<()> {
    let dims = model.decoder().dims();
    let views = model.reader().views();
    let folder = model.dir().unwrap_or(Path::new(""));
    let facts = [
        ("name", json!(model.name())),
        ("folder", json!(folder.display().to_string())),
        ("architecture", json!(model.architecture())),
        ("width", json!(dims.dim)),
        ("vocabulary", json!(dims.vocab_size)),
        ("rows", json!(dims.context)),
        ("picture_rows", json!(model.reader().most_rows())),
        ("row_bytes", json!(model.decoder().cache_row_bytes())),
        ("view_bytes", json!(views.map(|views| views.bytes))),
        ("views_at_once", json!(views.map(|views| views.at_once))),
        (
            "mode",
            json!(format!("{:?}", model.default_mode()).to_lowercase()),
        ),
        ("file_bytes", json!(bytes_of(folder))),
        ("checked", checked(model)),
        ("resident_bytes", json!(resident())),
        ("adapters", json!(model.adapters())),
    ];
    if common.json {
        let facts = facts
            .into_iter()
            .map(|(name, fact)| (name.to_owned(), fact));
        let object: serde_json::Map<_, _> = facts.collect();
        return Ok(print(&format!("{}\n", Value::Object(object)))?);
    }
    let line = |(name, value): &(&str, Value)| format!("{name:<15}{}\n", described(name, value));
    Ok(print(&facts.iter().map(line).collect::<String>())?)
}

/// What was held against the sums of `config.json`.
fn checked(model: &Model) -> Value {
    let checked = model.checked();
    json!({
        "files": checked.files,
        "bytes": checked.bytes,
        "seconds": checked.time.as_secs_f64(),
    })
}

/// A fact in words.
fn described(name: &str, value: &Value) -> String {
    match (name, value) {
        ("vocabulary", n) => format!("{n} tokens"),
        ("rows", n) => format!("{n} of a conversation, pictures, questions and answers together"),
        ("picture_rows", Value::Null) => "as many as its text takes".into(),
        ("picture_rows", n) => format!("{n} at most"),
        ("row_bytes", Value::Null) => "unknown beforehand".into(),
        ("row_bytes", n) => format!("{n} bytes of memory for each row of a conversation"),
        ("view_bytes" | "views_at_once", Value::Null) => "not bounded by --view-memory".into(),
        ("view_bytes", n) => format!("{n} bytes of memory for each view, the weights aside"),
        ("mode", mode) => format!("{} by default", mode.as_str().unwrap_or_default()),
        ("file_bytes" | "resident_bytes", Value::Number(n)) => {
            format!("{:.1} MB", n.as_f64().unwrap_or_default() / 1e6)
        }
        ("checked", checked) => match checked["files"].as_u64() {
            None | Some(0) => "no file: config.json names no SHA-256".into(),
            Some(files) => format!(
                "{files} files, {:.1} MB, by SHA-256 in {:.0} ms",
                checked["bytes"].as_f64().unwrap_or_default() / 1e6,
                checked["seconds"].as_f64().unwrap_or_default() * 1e3
            ),
        },
        (_, Value::Null) => "unknown on this system".into(),
        (_, Value::Array(names)) if names.is_empty() => "none".into(),
        (_, Value::Array(names)) => {
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            harmless(&names.join(", "))
        }
        (_, value) => value.as_str().map_or_else(|| value.to_string(), harmless),
    }
}

/// Bytes of the files right in a folder.
fn bytes_of(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let files = entries.filter_map(|entry| entry.metadata().ok());
    files.filter(fs::Metadata::is_file).map(|m| m.len()).sum()
}

/// Bytes of memory that this process holds, the model loaded; `None` where the system does not say
/// so in `/proc`.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
