//! What runs a track block: its ONNX graph, or the integer kernels.
use super::bundle::{missing, names, open_block};
use super::{TrackCompute, TrackError, TracksConfig};
use crate::decoder::part::Part;
use foveate_kernels::{
    Cpu, LayerKind, TrackCache, TrackLayer, TrackScratch, TrackSizes, open_track_block,
};
use foveate_onnx::{Graph, GraphOptions, Tensor};
use ndarray::{Array1, Array2, Array3};
use std::borrow::Cow;
use std::path::{Path, PathBuf};

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

    /// Rows through the block, with its keys and values before and after: k and v by turns.
    pub fn run(
        &mut self,
        config: &TracksConfig,
        rows: &Array2<f32>,
        past: usize,
        parts: &[Part],
    ) -> Result<(Array2<f32>, Vec<Part>), String> {
        match self {
            Self::Graph(graph) => run_graph(graph, config, rows, past, parts),
            Self::Kernels(block) => block.run(config, rows, past, parts),
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
        config: &TracksConfig,
        rows: &Array2<f32>,
        past: usize,
        parts: &[Part],
    ) -> Result<(Array2<f32>, Vec<Part>), String> {
        let mut x = rows.iter().copied().collect::<Vec<f32>>();
        let mut present = Vec::with_capacity(parts.len());
        for (layer, pair) in self.layers.iter().zip(parts.as_chunks::<2>().0) {
            let [k, v] = pair.each_ref().map(|part| part.view());
            let (Some(k), Some(v)) = (k, v) else {
                return Err("keys or values cannot be read".to_owned());
            };
            let held = k.dim().1;
            let [k, v] = [k, v].map(|all| match all.to_slice() {
                Some(all) => Cow::Borrowed(all),
                None => Cow::Owned(all.iter().copied().collect::<Vec<f32>>()),
            });
            let cache = TrackCache { held, k: &k, v: &v };
            let made = layer.run(self.cpu, &mut x, past, cache, &mut self.scratch);
            let made = made.map_err(|e| e.to_string())?;
            let (heads, width) = (config.n_kv_heads, config.head_dim);
            for all in made {
                let shape = (heads, all.len() / (heads * width), width);
                let all = Array3::from_shape_vec(shape, all).map_err(|e| e.to_string())?;
                present.push(Part::Ours(all.into()));
            }
        }
        let x = Array2::from_shape_vec(rows.dim(), x).map_err(|e| e.to_string())?;
        Ok((x, present))
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
