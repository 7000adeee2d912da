//! Reads a graph's file, and finds tensors that lie in other files.
//!
//! ONNX lets a tensor name a file instead of holding its numbers. ONNX Runtime before 1.23 opens
//! whatever is named, outside the graph's folder too. So the file is looked through here first,
//! whatever the runtime's version.
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Read,
    ops::Range,
    path::{Component, Path, PathBuf},
};

use crate::{
    Error, ErrorKind, Result,
    proto::{Broken, Fields},
};

/// Longest file taken: the limit of protocol buffers.
const MAX_BYTES: u64 = (1 << 31) - 1;

/// Deepest nesting of messages; protocol buffers' own limit is 100.
const MAX_DEPTH: usize = 100;

/// Field numbers of onnx.proto: `TensorProto.external_data`, `TensorProto.data_location`,
/// `StringStringEntryProto.key` and `.value`, `ModelProto.graph`.
const EXTERNAL_DATA: u64 = 13;
const DATA_LOCATION: u64 = 14;
const KEY: u64 = 1;
const VALUE: u64 = 2;
const GRAPH: u64 = 7;

/// The bytes of a graph's file: a plain file of at most 2 GiB, read once.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    let io = |error: std::io::Error| {
        let message = format!("{}: {error}", path.display());
        Error::caused(ErrorKind::GraphMissing, message, error)
    };
    // Asked before opening: opening a FIFO waits for somebody to write.
    check(path, &fs::metadata(path).map_err(io)?)?;
    let file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    check(path, &metadata)?;
    let mut bytes = Vec::new();
    // A file that grows meanwhile is cut, and then refused as truncated.
    file.take(metadata.len())
        .read_to_end(&mut bytes)
        .map_err(io)?;
    Ok(bytes)
}

fn check(path: &Path, metadata: &fs::Metadata) -> Result<()> {
    if !metadata.is_file() {
        let message = format!(
            "{}: is a folder, device or pipe; a graph is a plain file",
            path.display()
        );
        return Err(Error::new(ErrorKind::GraphMissing, message));
    }
    if metadata.len() > MAX_BYTES {
        let why = format!(
            "has {} bytes; an ONNX file has less than 2 GiB, and larger weights in a file \
            beside it",
            metadata.len()
        );
        return Err(invalid(path, &why));
    }
    Ok(())
}

pub(crate) fn invalid(path: &Path, why: &str) -> Error {
    Error::new(
        ErrorKind::GraphInvalid,
        format!("{}: {why}", path.display()),
    )
}

pub(crate) fn broken(path: &Path) -> Error {
    invalid(path, "not an ONNX file, or truncated")
}

/// Refuses tensors in other files.
pub(crate) fn refuse(path: &Path, bytes: &[u8]) -> Result<()> {
    match locations(bytes).map_err(|_| broken(path))?.first() {
        None => Ok(()),
        Some(location) => {
            let why = format!(
                "names another file for a tensor ({location:?}), which is refused unless \
                GraphOptions::external_data allows files in the graph's folder; export it as \
                one file"
            );
            Err(invalid(path, &why))
        }
    }
}

/// Whether tensors lie in other files, each of which is a plain file in the graph's own folder.
pub(crate) fn in_folder(path: &Path, bytes: &[u8]) -> Result<bool> {
    let locations = locations(bytes).map_err(|_| broken(path))?;
    for location in &locations {
        inside(path, location).map_err(|why| {
            invalid(
                path,
                &format!("a tensor's file {location:?} {why}; it must lie beside the graph"),
            )
        })?;
    }
    Ok(!locations.is_empty())
}

fn inside(graph: &Path, location: &str) -> Result<(), String> {
    let relative = Path::new(location);
    let plain = |c: Component<'_>| matches!(c, Component::Normal(_) | Component::CurDir);
    if location.is_empty() || !relative.components().all(plain) {
        return Err("is not a name within its folder".into());
    }
    let folder = graph.parent().filter(|p| !p.as_os_str().is_empty());
    let real =
        |path: PathBuf| fs::canonicalize(&path).map_err(|e| format!("cannot be opened: {e}"));
    let folder = real(folder.unwrap_or(Path::new(".")).to_owned())?;
    let file = real(folder.join(relative))?;
    if !file.starts_with(&folder) {
        return Err(format!("leads out of it, to {}", file.display()));
    }
    match fs::metadata(&file) {
        Ok(metadata) if metadata.is_file() => Ok(()),
        _ => Err("is not a plain file".into()),
    }
}

/// The messages of onnx.proto that may hold a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Message {
    Model,
    Training,
    Graph,
    Function,
    Node,
    Attribute,
    Sparse,
    Tensor,
}

impl Message {
    /// What a field of this message is, if a tensor may be in it.
    fn within(self, number: u64) -> Option<Self> {
        Some(match (self, number) {
            (Self::Model, GRAPH) | (Self::Training, 1 | 2) | (Self::Attribute, 6 | 11) => {
                Self::Graph
            }
            (Self::Model, 20) => Self::Training,
            (Self::Model, 25) => Self::Function,
            (Self::Graph, 1) | (Self::Function, 7) => Self::Node,
            (Self::Graph, 5) | (Self::Attribute, 5 | 10) | (Self::Sparse, 1 | 2) => Self::Tensor,
            (Self::Graph, 15) | (Self::Attribute, 22 | 23) => Self::Sparse,
            (Self::Node, 5) | (Self::Function, 11) => Self::Attribute,
            _ => return None,
        })
    }
}

/// The files that tensors name; an empty name for a tensor that lies elsewhere without saying
/// where.
fn locations(bytes: &[u8]) -> Result<BTreeSet<String>, Broken> {
    // The runtime's own format begins so, in what could be read as a message too; it may name files
    // as well.
    if bytes.get(4..8) == Some(b"ORTM") {
        return Err(Broken);
    }
    let mut found = BTreeSet::new();
    let mut graph = false;
    let mut open = vec![(Message::Model, Fields::new(bytes, 0..bytes.len()))];
    while let Some((message, fields)) = open.last_mut() {
        let message = *message;
        let Some(field) = fields.next().transpose()? else {
            open.pop();
            continue;
        };
        graph |= message == Message::Model && field.number == GRAPH;
        match message.within(field.number) {
            Some(Message::Tensor) => found.extend(elsewhere(bytes, field.inside)?),
            Some(_) if open.len() >= MAX_DEPTH => return Err(Broken),
            Some(inner) => open.push((inner, Fields::new(bytes, field.inside))),
            None => {}
        }
    }
    if graph { Ok(found) } else { Err(Broken) }
}

/// The file that a tensor names, if it does not hold its numbers itself.
fn elsewhere(bytes: &[u8], tensor: Range<usize>) -> Result<Option<String>, Broken> {
    let (mut elsewhere, mut name) = (false, String::new());
    for field in Fields::new(bytes, tensor) {
        let field = field?;
        match field.number {
            // Readers keep 32 bits of the number; 0 is "in this file".
            DATA_LOCATION => elsewhere |= field.value as u32 != 0,
            EXTERNAL_DATA => {
                elsewhere = true;
                name = location(bytes, field.inside)?.unwrap_or(name);
            }
            _ => {}
        }
    }
    Ok(elsewhere.then_some(name))
}

/// The value of an entry that says `location`; other entries say where in the file.
fn location(bytes: &[u8], entry: Range<usize>) -> Result<Option<String>, Broken> {
    let (mut is_location, mut value) = (false, String::new());
    for field in Fields::new(bytes, entry) {
        let field = field?;
        let text = || String::from_utf8_lossy(&bytes[field.inside.clone()]).into_owned();
        match field.number {
            KEY => is_location = text() == "location",
            VALUE => value = text(),
            _ => {}
        }
    }
    Ok(is_location.then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{put_bytes, put_number};

    fn message(fields: &[(u64, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        for (number, inside) in fields {
            put_bytes(&mut out, *number, inside);
        }
        out
    }

    fn tensor(location: &str) -> Vec<u8> {
        let entry = message(&[(KEY, b"location"), (VALUE, location.as_bytes())]);
        let mut tensor = message(&[(8, b"w"), (EXTERNAL_DATA, &entry)]);
        put_number(&mut tensor, DATA_LOCATION, 1);
        tensor
    }

    #[test]
    fn a_tensor_elsewhere_is_found_wherever_it_is() {
        let tensor = tensor("../secret");
        let in_graph = |graph: &[u8]| message(&[(GRAPH, graph)]);
        let attribute = message(&[(5, &tensor)]);
        let node = message(&[(5, &attribute)]);
        let nested = message(&[(5, &message(&[(6, &message(&[(5, &tensor)]))]))]);
        for model in [
            in_graph(&message(&[(5, &tensor)])),
            in_graph(&message(&[(1, &node)])),
            in_graph(&message(&[(15, &message(&[(1, &tensor)]))])),
            in_graph(&message(&[(1, &nested)])),
            // A message given twice is merged by readers.
            message(&[(GRAPH, b""), (GRAPH, &message(&[(5, &tensor)]))]),
            message(&[(GRAPH, b""), (25, &message(&[(7, &node)]))]),
        ] {
            assert!(locations(&model).unwrap().contains("../secret"));
            assert!(in_folder(Path::new("x.onnx"), &model).is_err());
            let error = refuse(Path::new("x.onnx"), &model).unwrap_err();
            assert!(error.to_string().contains("../secret"), "{error}");
        }
    }

    #[test]
    fn a_location_without_a_name_is_refused_too() {
        let mut tensor = message(&[(8, b"w")]);
        // 2^32 + 1 is 1 to a reader that keeps 32 bits.
        put_number(&mut tensor, DATA_LOCATION, (1 << 32) + 1);
        let model = message(&[(GRAPH, &message(&[(5, &tensor)]))]);
        assert!(refuse(Path::new("x"), &model).is_err());
        assert!(in_folder(Path::new("x"), &model).is_err());
    }

    #[test]
    fn nesting_without_end_and_files_without_a_graph_are_broken() {
        let mut graph = Vec::new();
        for _ in 0..60 {
            graph = message(&[(1, &message(&[(5, &message(&[(6, &graph)]))]))]);
        }
        assert!(locations(&message(&[(GRAPH, &graph)])).is_err());
        assert!(locations(b"").is_err());
        assert!(locations(&message(&[(GRAPH, b"")])).unwrap().is_empty());
    }
}
