//! Opens the files of a bundle of tracks, and holds them against `tracks.json`.
use super::block::kernel_path;
use super::{TrackError, TracksConfig};
use foveate_onnx::{Element, Graph, GraphFile, GraphOptions};
use std::path::{Path, PathBuf};

/// More than `tracks.json` needs.
const MOST_CONFIG: u64 = 1 << 16;

pub(super) fn graph_error(error: &foveate_onnx::Error) -> TrackError {
    TrackError::Graph {
        what: error.to_string(),
    }
}

/// Reads and checks `tracks.json`.
pub(super) fn read_config(dir: &Path) -> Result<TracksConfig, TrackError> {
    let refuse = |what: String| TrackError::Config { what };
    let path = dir.join("tracks.json");
    let named = |what: &dyn std::fmt::Display| refuse(format!("{}: {what}", path.display()));
    let length = path.metadata().map_err(|e| named(&e))?.len();
    if length > MOST_CONFIG {
        return Err(named(&format!(
            "{length} bytes; at most {MOST_CONFIG} are expected"
        )));
    }
    let text = std::fs::read_to_string(&path).map_err(|e| named(&e))?;
    let config: TracksConfig = serde_json::from_str(&text).map_err(|e| named(&e))?;
    config.check()?;
    Ok(config)
}

pub(super) fn block_path(dir: &Path, track: usize, block: usize) -> PathBuf {
    dir.join(format!("track{track}.block{block}.onnx"))
}

pub(super) fn missing(path: PathBuf, config: &TracksConfig) -> TrackError {
    TrackError::MissingTrack {
        path,
        n_tracks: config.n_tracks,
        n_blocks: config.n_blocks,
    }
}

/// That all blocks are there, as graphs or for the kernels.
pub(super) fn check_files(dir: &Path, config: &TracksConfig) -> Result<(), TrackError> {
    for track in 0..config.n_tracks {
        for block in 0..config.n_blocks {
            let path = block_path(dir, track, block);
            if !path.is_file() && !kernel_path(dir, track, block).is_file() {
                return Err(missing(path, config));
            }
        }
    }
    Ok(())
}

/// Opens the graph of a track block. Its weights are checked before ONNX Runtime sees the file.
pub(super) fn open_block(
    dir: &Path,
    config: &TracksConfig,
    [track, block]: [usize; 2],
    options: &GraphOptions,
) -> Result<Graph, TrackError> {
    let path = block_path(dir, track, block);
    if !path.is_file() {
        return Err(missing(path, config));
    }
    let file = GraphFile::read(&path).map_err(|e| graph_error(&e))?;
    check_depth(&file, &path, config)?;
    for layer in 0..config.depth {
        check_experts(&file, &path, config, block, layer)?;
    }
    let graph = file.open(options).map_err(|e| graph_error(&e))?;
    check_ports(&graph, config).map_err(|e| graph_error(&e))?;
    Ok(graph)
}

fn check_depth(file: &GraphFile, path: &Path, config: &TracksConfig) -> Result<(), TrackError> {
    let layer = |name: &str| -> Option<usize> {
        let rest = name.strip_prefix("layers.")?;
        rest.split_once('.')?.0.parse().ok()
    };
    let found = file
        .names()
        .filter_map(layer)
        .max()
        .map_or(0, |last| last + 1);
    if found == config.depth {
        return Ok(());
    }
    Err(TrackError::Depth {
        path: path.to_owned(),
        found,
        expected: config.depth,
    })
}

/// The number of a layer's experts, and its router's weights.
fn check_experts(
    file: &GraphFile,
    path: &Path,
    config: &TracksConfig,
    block: usize,
    layer: usize,
) -> Result<(), TrackError> {
    let stored = |name: &str| -> Option<String> {
        let forms = [
            format!("layers.{layer}.ffn.{name}"),
            format!("layers.{layer}.ffn.{name}.f16"),
        ];
        forms.into_iter().find(|form| file.shape(form).is_some())
    };
    let expected = match config.has_experts(block * config.depth + layer) {
        true => config.n_experts as u64,
        false => 0,
    };
    let count = |name: &str, axis: usize| {
        let shape = stored(name).and_then(|name| file.shape(&name)?.get(axis).copied());
        shape.unwrap_or(0)
    };
    let counts = [
        count("router", 1),
        count("gate", 0),
        count("up", 0),
        count("down", 0),
    ];
    if let Some(&found) = counts.iter().find(|&&found| found != expected) {
        return Err(TrackError::ExpertCount {
            path: path.to_owned(),
            layer,
            found,
            expected,
        });
    }
    let Some(router) = stored("router") else {
        return Ok(());
    };
    let router = file.matrix(&router).map_err(|e| graph_error(&e))?;
    match router.iter().filter(|weight| !weight.is_finite()).count() {
        0 => Ok(()),
        bad => Err(TrackError::Router {
            path: path.to_owned(),
            layer,
            bad,
        }),
    }
}

fn check_ports(graph: &Graph, config: &TracksConfig) -> foveate_onnx::Result<()> {
    let rows = [None, Some(config.dim)];
    graph.expect_input("rows", Element::F32, &rows)?;
    graph.expect_input("positions", Element::I64, &[None])?;
    graph.expect_output("through", Element::F32, &rows)?;
    let kv = [Some(config.n_kv_heads), None, Some(config.head_dim)];
    for name in names(config) {
        graph.expect_input(&format!("past_{name}"), Element::F32, &kv)?;
        graph.expect_output(&format!("present_{name}"), Element::F32, &kv)?;
    }
    Ok(())
}

/// Keys and values of a block's layers, by turns: `k_0`, `v_0`, `k_1`...
pub(super) fn names(config: &TracksConfig) -> impl Iterator<Item = String> {
    (0..config.depth).flat_map(|i| [format!("k_{i}"), format!("v_{i}")])
}

/// Opens `ends.onnx`: embedding and logits.
pub(super) fn open_ends(
    dir: &Path,
    config: &TracksConfig,
    options: &GraphOptions,
) -> Result<Graph, TrackError> {
    let open = || -> foveate_onnx::Result<Graph> {
        let graph = Graph::open(dir.join("ends.onnx"), options)?;
        let rows = [None, Some(config.dim)];
        graph.expect_input("ids", Element::I64, &[None])?;
        graph.expect_input("extra", Element::F32, &rows)?;
        graph.expect_input("rows", Element::F32, &rows)?;
        graph.expect_output("embedded", Element::F32, &rows)?;
        graph.expect_output("hidden", Element::F32, &rows)?;
        graph.expect_output("logits", Element::F32, &[None, Some(config.vocab_size)])?;
        Ok(graph)
    };
    open().map_err(|e| graph_error(&e))
}
