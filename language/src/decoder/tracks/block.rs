//! What runs a track block: its ONNX graph, or the integer kernels.
use super::bundle::{missing, names, open_block};
use super::{TrackCompute, TrackError, TracksConfig};
use crate::decoder::part::Part;
use foveate_kernels::{
    Cpu, LayerKind, TrackCache, TrackLayer, TrackScratch, TrackSizes, open_track_block,
};
use foveate_onnx::{Graph, GraphOptions, Tensor};
use ndarray::{Array1, Array2};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A track block that is ready to run.
pub(super) enum Block {
    Graph(Graph),
    Kernels(Box<KernelBlock>),
}

/// Layers of integer weights.
pub(super) struct KernelBlock {
    layers: Vec<TrackLayer>,
    cpu: Cpu,
    scratch: TrackScratch,
}

/// Keys and values of a block's layers. A copy shares them until one of the two goes on.
#[derive(Clone)]
pub(super) enum LayerCaches {
    /// Of the graph: k and v by turns.
    Graph(Vec<Part>),
    Kernels(Vec<Arc<TrackCache>>),
}

impl LayerCaches {
    /// Rows that a layer holds.
    pub fn held(&self, layer: usize) -> usize {
        match self {
            Self::Graph(parts) => parts.get(2 * layer).map_or(0, Part::held),
            Self::Kernels(caches) => caches.get(layer).map_or(0, |cache| cache.held()),
        }
    }

    /// Forgets the rows of a layer behind the first `held`; whether it could.
    pub fn truncate(&mut self, layer: usize, held: usize) -> bool {
        match self {
            Self::Graph(parts) => parts.iter_mut().skip(2 * layer).take(2).all(|part| {
                let left = part.rows(0..held);
                left.map(|left| *part = left).is_some()
            }),
            Self::Kernels(caches) => {
                let cache = caches.get_mut(layer);
                cache.map(|one| Arc::make_mut(one).truncate(held)).is_some()
            }
        }
    }

    pub fn bytes(&self) -> usize {
        match self {
            Self::Graph(parts) => parts.iter().map(Part::bytes).sum(),
            Self::Kernels(caches) => caches.iter().map(|cache| cache.bytes()).sum(),
        }
    }
}

/// The weights for the kernels, beside the block's graph or in its place.
pub(super) fn kernel_path(dir: &Path, track: usize, block: usize) -> PathBuf {
    dir.join(format!("track{track}.block{block}.safetensors"))
}

/// Whether the blocks of a bundle are to be run by the kernels.
///
/// # Errors
/// Kernels that are asked for, and a block without their weights.
pub(super) fn by_kernels(
    dir: &Path,
    config: &TracksConfig,
    compute: TrackCompute,
) -> Result<bool, TrackError> {
    let blocks = (0..config.n_tracks).flat_map(|t| (0..config.n_blocks).map(move |b| (t, b)));
    let mut paths = blocks.map(|(track, block)| kernel_path(dir, track, block));
    let lacking = paths.find(|path| !path.is_file());
    match (compute, lacking) {
        (TrackCompute::Graphs, _) | (TrackCompute::Auto, Some(_)) => Ok(false),
        (_, None) => Ok(true),
        (TrackCompute::Kernels, Some(path)) => Err(missing(path, config)),
    }
}

impl Block {
    pub fn open(
        dir: &Path,
        config: &TracksConfig,
        [track, block]: [usize; 2],
        options: &GraphOptions,
        kernels: bool,
    ) -> Result<Self, TrackError> {
        if !kernels {
            return open_block(dir, config, [track, block], options).map(Self::Graph);
        }
        let path = kernel_path(dir, track, block);
        let opened = Cpu::detect().and_then(|cpu| {
            Ok(KernelBlock {
                layers: open_track_block(&path, sizes(config), &kinds(config, block))?,
                cpu,
                scratch: TrackScratch::default(),
            })
        });
        opened
            .map(|block| Self::Kernels(Box::new(block)))
            .map_err(|e| TrackError::Graph {
                what: format!("{}: {e}; export the bundle again", path.display()),
            })
    }

    /// Of a conversation that has yet to begin.
    pub fn caches(&self, config: &TracksConfig) -> LayerCaches {
        let part = || Part::empty(config.n_kv_heads, config.head_dim);
        let cache = || Arc::new(TrackCache::new(&sizes(config)));
        match self {
            Self::Graph(_) => LayerCaches::Graph((0..2 * config.depth).map(|_| part()).collect()),
            Self::Kernels(_) => LayerCaches::Kernels((0..config.depth).map(|_| cache()).collect()),
        }
    }

    /// Rows through the block, whose caches get their keys and values.
    pub fn run(
        &mut self,
        config: &TracksConfig,
        rows: &Array2<f32>,
        past: usize,
        caches: &mut LayerCaches,
    ) -> Result<Array2<f32>, String> {
        match (self, caches) {
            (Self::Graph(graph), LayerCaches::Graph(parts)) => {
                let (through, present) = run_graph(graph, config, rows, past, parts)?;
                *parts = present;
                Ok(through)
            }
            (Self::Kernels(block), LayerCaches::Kernels(caches)) => block.run(rows, past, caches),
            _ => Err("the caches are of another kind than the block".to_owned()),
        }
    }
}

fn run_graph(
    graph: &Graph,
    config: &TracksConfig,
    rows: &Array2<f32>,
    past: usize,
    parts: &[Part],
) -> Result<(Array2<f32>, Vec<Part>), String> {
    let positions: Array1<i64> = (past..past + rows.nrows()).map(|p| p as i64).collect();
    let pasts: Vec<String> = names(config).map(|name| format!("past_{name}")).collect();
    let mut inputs: Vec<(&str, Tensor<'_>)> =
        vec![("rows", rows.into()), ("positions", positions.into())];
    for (name, part) in pasts.iter().zip(parts) {
        inputs.push((name, part.tensor()));
    }
    let failed = |e: foveate_onnx::Error| e.to_string();
    let mut outputs = graph.run(&inputs).map_err(failed)?;
    let through = outputs.take("through").map_err(failed)?;
    let keep = |name: String| outputs.keep(&format!("present_{name}")).map(Part::from);
    let parts = names(config)
        .map(keep)
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    Ok((through, parts))
}

impl KernelBlock {
    fn run(
        &mut self,
        rows: &Array2<f32>,
        past: usize,
        caches: &mut [Arc<TrackCache>],
    ) -> Result<Array2<f32>, String> {
        let mut x = rows.iter().copied().collect::<Vec<f32>>();
        for (layer, cache) in self.layers.iter().zip(caches) {
            let cache = Arc::make_mut(cache);
            let run = layer.run(self.cpu, &mut x, past, cache, &mut self.scratch);
            run.map_err(|e| e.to_string())?;
        }
        Array2::from_shape_vec(rows.dim(), x).map_err(|e| e.to_string())
    }
}

fn sizes(c: &TracksConfig) -> TrackSizes {
    TrackSizes {
        dim: c.dim,
        n_heads: c.n_heads,
        n_kv_heads: c.n_kv_heads,
        head_dim: c.head_dim,
        window: c.window,
        keep: c.keep(),
        rope_theta: c.rope_theta,
        norm_eps: c.norm_eps as f32,
    }
}

fn kinds(c: &TracksConfig, block: usize) -> Vec<LayerKind> {
    let layers = block * c.depth..(block + 1) * c.depth;
    let kind = |layer| LayerKind {
        is_global: c.is_global(layer),
        experts: c
            .has_experts(layer)
            .then_some([c.n_experts, c.experts_per_token, c.expert_dim]),
        ffn_dim: c.ffn_dim,
    };
    layers.map(kind).collect()
}
