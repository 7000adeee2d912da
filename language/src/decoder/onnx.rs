//! The decoder of a bundle's `decoder.onnx`, run by ONNX Runtime.
use super::no_replaced_rows;
use super::part::Part;
use crate::{
    Cache, DecoderConfig, Dims, Error, Lora, LowRank, MatrixPath, Output, Result, Rows, Store,
    TextDecoder,
};
use foveate_onnx::{Element, Graph, GraphFile, GraphOptions, Outputs, Tensor};
use ndarray::Array1;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// A float decoder graph: `ids`, `extra`, `positions`, `select` and the past keys and values in;
/// `logits`, `hidden` and the present keys and values out (`models/FORMAT.md` has the shapes).
#[derive(Debug)]
pub struct OnnxDecoder {
    graph: Graph,
    config: DecoderConfig,
    options: GraphOptions,
    /// What was added to the weights of its file.
    merged: Vec<Lora>,
    /// Names of the cache's tensors: k and v of each block-1 layer, as inputs and as outputs.
    past: Vec<String>,
    present: Vec<String>,
}

impl OnnxDecoder {
    /// Opens the graph and checks every input and output against `config`.
    pub fn open(
        path: impl AsRef<Path>,
        config: DecoderConfig,
        options: &GraphOptions,
    ) -> Result<Self> {
        let graph = Graph::open(path, options).map_err(refused)?;
        Self::of(graph, config, options)
    }

    fn of(graph: Graph, config: DecoderConfig, options: &GraphOptions) -> Result<Self> {
        let layers = || (0..config.n_layers_kv).flat_map(|i| [format!("k_{i}"), format!("v_{i}")]);
        let past: Vec<String> = layers().map(|l| format!("past_{l}")).collect();
        let present: Vec<String> = layers().map(|l| format!("present_{l}")).collect();
        let kv = [Some(config.n_kv_heads), None, Some(config.head_dim)];
        for (name, element, dims) in [
            ("ids", Element::I64, &[None][..]),
            ("extra", Element::F32, &[None, Some(config.dim)]),
            ("positions", Element::I64, &[None]),
            ("select", Element::I64, &[None]),
        ] {
            graph.expect_input(name, element, dims).map_err(refused)?;
        }
        for (name, width) in [("logits", config.vocab_size), ("hidden", config.dim)] {
            graph
                .expect_output(name, Element::F32, &[None, Some(width)])
                .map_err(refused)?;
        }
        for (past, present) in past.iter().zip(&present) {
            graph
                .expect_input(past, Element::F32, &kv)
                .map_err(refused)?;
            graph
                .expect_output(present, Element::F32, &kv)
                .map_err(refused)?;
        }
        let wanted = 4 + past.len();
        if graph.inputs().len() != wanted {
            let has = graph.inputs().len();
            return Err(Error::decoder(format!(
                "the graph has {has} inputs, {wanted} by the configuration's layers"
            )));
        }
        Ok(Self {
            graph,
            config,
            options: options.clone(),
            merged: Vec::new(),
            past,
            present,
        })
    }

    fn run(&self, kv: &KvCache, rows: Rows<'_>) -> Result<Outputs> {
        let ids: Array1<i64> = rows.ids.iter().map(|&id| i64::from(id)).collect();
        let positions: Array1<i64> = (kv.len..kv.len + ids.len()).map(|p| p as i64).collect();
        let select: Array1<i64> = rows.select.iter().map(|&row| row as i64).collect();
        let mut inputs: Vec<(&str, Tensor<'_>)> = vec![
            ("ids", ids.into()),
            ("extra", rows.extra.into()),
            ("positions", positions.into()),
            ("select", select.into()),
        ];
        for (name, part) in self.past.iter().zip(&kv.parts) {
            inputs.push((name, part.tensor()));
        }
        self.graph.run(&inputs).map_err(refused)
    }
}

pub(super) fn refused(e: foveate_onnx::Error) -> Error {
    Error::Decoder {
        what: e.to_string(),
        source: Some(Box::new(e)),
    }
}

impl TextDecoder for OnnxDecoder {
    fn dims(&self) -> Dims {
        self.config.dims()
    }

    fn new_cache(&self) -> Cache {
        let empty = || Part::empty(self.config.n_kv_heads, self.config.head_dim);
        Cache::new(KvCache {
            len: 0,
            parts: self.past.iter().map(|_| empty()).collect(),
        })
    }

    fn forward(&self, cache: &mut Cache, rows: Rows<'_>) -> Result<Output> {
        no_replaced_rows(&rows)?;
        let kv = cache.store::<KvCache>()?;
        let len = kv.len + rows.ids.len();
        if len > self.config.context {
            return Err(Error::ContextFull {
                needed: len,
                limit: self.config.context,
            });
        }
        if rows.extra.dim() != (rows.ids.len(), self.config.dim) {
            return Err(Error::decoder(format!(
                "extra is {:?}, not [{}, {}]",
                rows.extra.dim(),
                rows.ids.len(),
                self.config.dim
            )));
        }
        if rows
            .ids
            .iter()
            .any(|&id| id as usize >= self.config.vocab_size)
        {
            return Err(Error::decoder("a token id is outside the vocabulary"));
        }
        let mut outputs = self.run(kv, rows)?;
        let output = Output {
            logits: outputs.take("logits").map_err(refused)?,
            hidden: outputs.take("hidden").map_err(refused)?,
        };
        let keep = |name: &String| outputs.keep(name).map(Part::from).map_err(refused);
        kv.parts = self.present.iter().map(keep).collect::<Result<_>>()?;
        kv.len = len;
        Ok(output)
    }

    /// Reads the graph's file again, adds the update to the weights in it, and opens the result
    /// beside this graph.
    ///
    /// Merging costs nothing a token, works with every bundle whose graph names its weights
    /// (`models/FORMAT.md`), and takes the memory of a second graph, and the time of opening it,
    /// once for each adapter in use. Rejected: graph inputs for `A` and `B` (two more products for
    /// each matrix and token even without an adapter, and a new export of every bundle), and ONNX
    /// Runtime's own `AddInitializer` (weights so replaced are left out of constant folding, and
    /// the casts from float16 would run at every step).
    fn adapted(&self, lora: &Lora) -> Result<Arc<dyn TextDecoder>> {
        let mut file = GraphFile::read(self.graph.path()).map_err(refused)?;
        let merged: Vec<Lora> = self.merged.iter().chain([lora]).cloned().collect();
        let each = |lora| Lora::updates(lora).iter().map(move |u| (u, lora.scale()));
        let updates = || merged.iter().flat_map(each);
        let names: BTreeSet<&MatrixPath> = updates().map(|(update, _)| &update.name).collect();
        for name in names {
            merge(&mut file, name, updates().filter(|(u, _)| u.name == *name))?;
        }
        let graph = file.open(&self.options).map_err(refused)?;
        let mut decoder = Self::of(graph, self.config, &self.options)?;
        decoder.merged = merged;
        Ok(Arc::new(decoder))
    }
}

/// `W + scale * B A`, summed over its updates, in the place of `W`, which may be stored transposed
/// and as float16.
fn merge<'u>(
    file: &mut GraphFile,
    name: &MatrixPath,
    updates: impl Iterator<Item = (&'u LowRank, f32)>,
) -> Result<()> {
    let forms =
        ["weight", "weight.f16", "weight.T", "weight.T.f16"].map(|f| format!("d.{name}.{f}"));
    let names = forms.each_ref().map(String::as_str);
    let Some(stored) = file.find(&names) else {
        return Err(Error::decoder(format!(
            "the graph has no weight {}",
            forms[0]
        )));
    };
    let mut weight = file.matrix(stored).map_err(refused)?;
    for (LowRank { a, b, .. }, scale) in updates {
        let mut delta = b.dot(a) * scale;
        if stored.contains(".T") {
            delta = delta.reversed_axes();
        }
        if weight.dim() != delta.dim() {
            return Err(Error::decoder(format!(
                "{name}: the update is {:?}, the weight {:?}",
                delta.dim(),
                weight.dim()
            )));
        }
        weight += &delta;
    }
    file.replace(stored, weight.view()).map_err(refused)
}

/// Keys and values, `[n_kv_heads, len, head_dim]` each, k and v of every block-1 layer by turns.
struct KvCache {
    len: usize,
    parts: Vec<Part>,
}

impl Store for KvCache {
    fn len(&self) -> usize {
        self.len
    }

    fn truncate(&mut self, len: usize) {
        let cut: Option<Vec<Part>> = self.parts.iter().map(|part| part.rows(0..len)).collect();
        // A tensor that cannot be read cannot be cut: what is lost is computed again.
        match cut {
            Some(parts) => (self.len, self.parts) = (len, parts),
            None => self.clear(),
        }
    }

    fn fork(&self) -> Box<dyn Store> {
        Box::new(Self {
            len: self.len,
            parts: self.parts.clone(),
        })
    }

    fn bytes(&self) -> usize {
        self.parts.iter().map(Part::bytes).sum()
    }
}

impl KvCache {
    fn clear(&mut self) {
        let empty = |part: &Part| {
            let (heads, width) = part.view().map_or((0, 0), |v| (v.dim().0, v.dim().2));
            Part::empty(heads, width)
        };
        self.parts = self.parts.iter().map(empty).collect();
        self.len = 0;
    }
}
