//! LoRA adapters: both decoders against PyTorch with merged weights, swapping in a session, and every refusal by its name.
use foveate::language::{Context, Decoder};
use foveate::{Adapter, DecoderFile, ErrorKind, Image, Model, Options, Request};
use foveate_kernels::packed::{Bits, pack, pack_scale};
use foveate_onnx::GraphFile;
use ndarray::{Array2, ArrayView2};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

mod world;

fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tiny")
}

fn tensor(file: &str, name: &str) -> (Vec<usize>, Vec<u8>) {
    let bytes = fs::read(tiny().join(file)).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let found = tensors.tensor(name).unwrap();
    (found.shape().to_vec(), found.data().to_vec())
}

fn floats(file: &str, name: &str) -> Array2<f32> {
    let (shape, data) = tensor(file, name);
    let values = data.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b));
    Array2::from_shape_vec((shape[0], shape[1]), values.collect()).unwrap()
}

fn integers(file: &str, name: &str) -> Vec<usize> {
    let (_, data) = tensor(file, name);
    let values = data.as_chunks().0.iter().map(|b| i64::from_le_bytes(*b));
    values.map(|v| usize::try_from(v).unwrap()).collect()
}

fn model(dir: &Path, decoder: DecoderFile) -> Model {
    let options = Options {
        threads: 1,
        decoder,
        ..Options::default()
    };
    Model::load_with(dir, &options).unwrap()
}

/// What a decoder says of the golden rows, fed in two calls.
fn said(decoder: &dyn Decoder) -> Array2<f32> {
    let (ids, extra) = (
        integers("golden.safetensors", "ids"),
        floats("golden.safetensors", "extra"),
    );
    let wanted = integers("golden.safetensors", "select").len();
    let mut context = Context::new(decoder);
    for (i, (&id, extra)) in ids.iter().zip(extra.outer_iter()).enumerate() {
        let extra = extra.to_vec();
        context
            .push(u32::try_from(id).unwrap(), Some(&extra))
            .unwrap();
        if i == ids.len() / 2 {
            context.prefill(decoder).unwrap();
        }
    }
    context.forward(decoder, wanted).unwrap().logits
}

fn apart(a: &Array2<f32>, b: &Array2<f32>) -> f32 {
    (a - b).iter().fold(0.0, |most, d| most.max(d.abs()))
}

/// A copy of the tiny bundle with a `decoder.safetensors` of its graph's weights, in float or at 8 bits.
fn packed(eight_bits: bool) -> TempDir {
    let dir = copy();
    let graph = GraphFile::read(tiny().join("decoder.onnx")).unwrap();
    let config = fs::read(tiny().join("config.json")).unwrap();
    let config: Value = serde_json::from_slice(&config).unwrap();
    let config = &config["decoder"];
    let size = |name: &str| usize::try_from(config[name].as_u64().unwrap()).unwrap();
    let (own, all) = (
        size("n_layers_kv"),
        size("n_layers_kv") + size("n_layers_shared"),
    );
    let mut file = Packed::default();
    file.matrix("embed", &graph, "embed", eight_bits);
    for i in 0..all {
        let layer = if i < own {
            format!("block1.{i}")
        } else {
            format!("block2.{}", i - own)
        };
        for part in ["q", "k", "v", "o", "ffn.gate", "ffn.up", "ffn.down"] {
            if i < own || !["k", "v"].contains(&part) {
                let name = format!("layers.{i}.{}", part.trim_start_matches("ffn."));
                file.matrix(&name, &graph, &format!("{layer}.{part}"), eight_bits);
            }
        }
        for (norm, n) in [
            ("attn", "dim"),
            ("ffn", "dim"),
            ("q", "head_dim"),
            ("k", "head_dim"),
        ] {
            if i < own || norm != "k" {
                file.ones(&format!("layers.{i}.{norm}_norm"), size(n));
            }
        }
    }
    file.ones("norm", size("dim"));
    fs::write(dir.path().join("decoder.safetensors"), file.written(config)).unwrap();
    dir
}

/// The tensors of a `decoder.safetensors`: element type, shape, bytes.
#[derive(Default)]
struct Packed(Vec<(String, &'static str, Vec<usize>, Vec<u8>)>);

impl Packed {
    fn floats(&mut self, name: String, shape: Vec<usize>, values: &[f32]) {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.0.push((name, "F32", shape, bytes));
    }

    /// Norms of the tiny model are all ones.
    fn ones(&mut self, name: &str, n: usize) {
        self.floats(name.to_owned(), vec![n], &vec![1.0; n]);
    }

    fn matrix(&mut self, name: &str, graph: &GraphFile, theirs: &str, eight_bits: bool) {
        let w = graph.matrix(&format!("d.{theirs}.weight.f16")).unwrap();
        let (rows, cols) = w.dim();
        if !eight_bits {
            let values = w.as_slice().unwrap();
            return self.floats(format!("{name}.f32"), vec![rows, cols], values);
        }
        let top = |row: ndarray::ArrayView1<f32>| row.iter().fold(1e-8f32, |m, v| m.max(v.abs()));
        let scale: Vec<f32> = w.outer_iter().map(|row| top(row) / 127.5).collect();
        let code = |(row, v): (usize, &f32)| (v / scale[row] + 128.0).floor().clamp(0.0, 255.0);
        let codes: Vec<u8> = w
            .iter()
            .enumerate()
            .map(|(i, v)| code((i / cols, v)) as u8)
            .collect();
        let bytes = pack(Bits::Eight, rows, cols, &codes);
        let tiles = rows.div_ceil(16);
        let shape = vec![tiles, bytes.len() / 64 / tiles, 64];
        self.0.push((format!("{name}.w8"), "U8", shape, bytes));
        let scale = pack_scale(rows, 1, &scale);
        self.floats(format!("{name}.scale"), vec![tiles, 1, 16], &scale);
    }

    /// The file: bytes that are packed first, so that they are aligned.
    fn written(mut self, config: &Value) -> Vec<u8> {
        self.0.sort_by_key(|t| t.1 == "F32");
        let mut header = Map::new();
        let metadata = json!({"format": "foveate-decoder", "version": "1", "config": config.to_string(), "attention": "f32"});
        header.insert("__metadata__".into(), metadata);
        let mut data = Vec::new();
        for (name, dtype, shape, bytes) in self.0 {
            let at = data.len();
            data.extend(bytes);
            let entry = json!({"dtype": dtype, "shape": shape, "data_offsets": [at, data.len()]});
            header.insert(name, entry);
        }
        let mut header = Value::Object(header).to_string().into_bytes();
        header.resize((header.len() + 8).next_multiple_of(64) - 8, b' ');
        let length = (header.len() as u64).to_le_bytes();
        [&length[..], &header, &data].concat()
    }
}

/// A copy of the tiny bundle.
fn copy() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for file in fs::read_dir(tiny()).unwrap().flatten() {
        if file.path().is_file() {
            fs::copy(file.path(), dir.path().join(file.file_name())).unwrap();
        }
    }
    let adapter = dir.path().join("adapters/loud");
    fs::create_dir_all(&adapter).unwrap();
    for name in ["adapter.json", "adapter.safetensors"] {
        fs::copy(tiny().join("adapters/loud").join(name), adapter.join(name)).unwrap();
    }
    dir
}

#[test]
fn both_decoders_say_what_pytorch_says_with_merged_weights() {
    let plain = floats("golden.safetensors", "logits");
    let adapted = floats("golden_adapter.safetensors", "logits");
    let range = adapted.iter().fold(0f32, |m, v| m.max(v.abs()));
    assert!(apart(&plain, &adapted) > 0.3 * range, "the update is loud");
    // In float, sums differ in order alone; at 8 bits, weights and activations are rounded to 1/255 of their range.
    let (float, eight) = (packed(false), packed(true));
    for (dir, decoder, tolerance) in [
        (tiny(), DecoderFile::Onnx, 2e-4 * range),
        (float.path().to_owned(), DecoderFile::Packed, 2e-4 * range),
        (eight.path().to_owned(), DecoderFile::Packed, 0.03 * range),
    ] {
        let model = model(&dir, decoder);
        let found = apart(&said(model.decoder()), &plain);
        assert!(found < tolerance, "{decoder:?} without: {found}");
        let with = model.decoder_with(&model.adapter("loud").unwrap()).unwrap();
        let found = apart(&said(&*with), &adapted);
        assert!(found < tolerance, "{decoder:?} with: {found}");
        let found = apart(&said(model.decoder()), &plain);
        assert!(found < tolerance, "{decoder:?} without again: {found}");
    }
}

#[test]
fn a_session_swaps_adapters_and_others_do_not_notice() {
    let dir = packed(true);
    let image = Image::open(tiny().join("picture.png")).unwrap();
    let request = Request {
        max_tokens: Some(12),
        ..Request::default()
    };
    for decoder in [DecoderFile::Onnx, DecoderFile::Packed] {
        let model = model(dir.path(), decoder);
        assert_eq!(model.adapters(), ["loud"]);
        let loud = model.adapter("loud").unwrap();
        assert_eq!((loud.name(), loud.lora().rank()), ("loud", 4));
        let elsewhere = Adapter::load(dir.path().join("adapters/loud")).unwrap();
        assert!(!loud.is(&elsewhere) && loud.lora() == elsewhere.lora());

        let shown = model.look_at(&image).unwrap();
        let ask =
            |session: &foveate::Session| session.fork().ask_with("What?", &request).unwrap().text;
        let plain = ask(&shown);
        let mut session = shown.fork();
        session.prewarm().unwrap();
        session.set_adapter(Some(&loud)).unwrap();
        assert_eq!(session.transcript().adapter.as_deref(), Some("loud"));
        let with = ask(&session);
        assert_ne!(with, plain, "{decoder:?}");
        assert_eq!(ask(&shown), plain, "another session");

        let mut fresh = model.session().unwrap();
        fresh.set_adapter(Some(&elsewhere)).unwrap();
        fresh.add_image(&image).unwrap();
        assert_eq!(ask(&fresh), with, "set before the picture was shown");
        session.set_adapter(None).unwrap();
        assert!(session.adapter().is_none());
        assert_eq!(ask(&session), plain, "taken off again");
    }
}

#[test]
fn an_adapted_decoder_is_shared_while_it_is_used() {
    let model = model(&tiny(), DecoderFile::Onnx);
    let loud = model.adapter("loud").unwrap();
    let first = model.decoder_with(&loud).unwrap();
    assert!(Arc::ptr_eq(
        &first,
        &model.decoder_with(&loud.clone()).unwrap()
    ));
    let weak = Arc::downgrade(&first);
    drop(first);
    assert!(weak.upgrade().is_none(), "nobody holds it");
}

/// The error of using the adapter whose files `spoil` changed.
fn error(spoil: impl FnOnce(&Path)) -> (ErrorKind, String) {
    let dir = copy();
    let adapter = dir.path().join("adapters/loud");
    spoil(&adapter);
    let model = model(dir.path(), DecoderFile::Onnx);
    let mut session = model.session().unwrap();
    let e = Adapter::load(&adapter).and_then(|a| session.set_adapter(Some(&a)).map(drop));
    let e = e.unwrap_err();
    assert_eq!(
        model.adapter("loud").map_err(|e| e.kind()).err(),
        Some(e.kind())
    );
    assert!(session.adapter().is_none());
    (e.kind(), e.to_string())
}

fn described(dir: &Path, edit: impl FnOnce(&mut Value)) {
    let file = dir.join("adapter.json");
    let mut card: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    edit(&mut card);
    fs::write(file, card.to_string()).unwrap();
}

/// Writes the tensors again after `edit`: element type, shape, bytes of each.
fn rewritten(dir: &Path, edit: impl FnOnce(&mut BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>)) {
    let file = dir.join("adapter.safetensors");
    let bytes = fs::read(&file).unwrap();
    let read = SafeTensors::deserialize(&bytes).unwrap();
    let mut tensors = read
        .iter()
        .map(|(name, t)| {
            let parts = (t.dtype(), t.shape().to_vec(), t.data().to_vec());
            (name.to_owned(), parts)
        })
        .collect();
    edit(&mut tensors);
    let views = tensors.iter().map(|(name, (dtype, shape, data))| {
        (name, TensorView::new(*dtype, shape.clone(), data).unwrap())
    });
    fs::write(file, safetensors::serialize(views, None).unwrap()).unwrap();
}

#[test]
fn another_models_adapter_is_a_mismatch() {
    let (kind, e) = error(|dir| described(dir, |card| card["base"] = "0123456789abcdef".into()));
    assert_eq!(kind, ErrorKind::AdapterMismatch);
    let card = tiny().join("adapters/loud/adapter.json");
    let card: Value = serde_json::from_slice(&fs::read(card).unwrap()).unwrap();
    let base = format!("{}..", &card["base"].as_str().unwrap()[..12]);
    assert!(
        e.contains("loud") && e.contains("0123456789ab..") && e.contains(&base),
        "{e}"
    );
    // The other way round: a model of other sizes.
    let dir = copy();
    let file = dir.path().join("config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    config["decoder"]["context"] = 2048.into();
    fs::write(&file, config.to_string()).unwrap();
    let e = model(dir.path(), DecoderFile::Onnx)
        .adapter("loud")
        .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::AdapterMismatch);
}

#[test]
fn matrices_that_the_model_has_not_are_named() {
    let renamed = |dir: &Path, to: &'static str| {
        let from = "block2.0.q";
        described(dir, |card| {
            let targets = card["targets"].as_array_mut().unwrap();
            *targets.iter_mut().find(|t| *t == from).unwrap() = to.into();
        });
        rewritten(dir, |tensors| {
            for factor in ["lora_a", "lora_b"] {
                let t = tensors.remove(&format!("{from}.{factor}")).unwrap();
                tensors.insert(format!("{to}.{factor}"), t);
            }
        });
    };
    for (to, kind) in [
        ("block1.2.q", ErrorKind::AdapterMismatch),
        ("block2.1.q", ErrorKind::AdapterMismatch),
        ("block2.0.k", ErrorKind::AssetsInvalid),
        ("embed", ErrorKind::AssetsInvalid),
        ("block1.0.gate", ErrorKind::AssetsInvalid),
    ] {
        let (found, e) = error(|dir| renamed(dir, to));
        assert_eq!(found, kind, "{to}: {e}");
        assert!(e.contains(to), "{e}");
    }
}

#[test]
fn shapes_at_odds_are_named() {
    let reshaped = |rows: usize, cols: usize| {
        move |dir: &Path| {
            rewritten(dir, |tensors| {
                let t = tensors.get_mut("block1.1.k.lora_b").unwrap();
                *t = (Dtype::F16, vec![rows, cols], vec![0; 2 * rows * cols]);
            });
        }
    };
    for (rows, cols, kind) in [
        (33, 4, ErrorKind::AdapterMismatch),
        (32, 5, ErrorKind::AssetsInvalid),
        (0, 4, ErrorKind::AssetsInvalid),
    ] {
        let (found, e) = error(reshaped(rows, cols));
        assert_eq!(found, kind, "{e}");
        assert!(e.contains("block1.1.k"), "{e}");
    }
    let (kind, e) = error(|dir| described(dir, |card| card["rank"] = 8.into()));
    assert!(
        kind == ErrorKind::AssetsInvalid && e.contains("the rank 8"),
        "{e}"
    );
}

#[test]
fn broken_files_are_named() {
    let cut = |keep: f64| {
        move |dir: &Path| {
            let file = dir.join("adapter.safetensors");
            let bytes = fs::read(&file).unwrap();
            fs::write(file, &bytes[..(bytes.len() as f64 * keep) as usize]).unwrap();
        }
    };
    let changed = |name: &'static str, dtype: Dtype, fill: [u8; 2]| {
        move |dir: &Path| {
            rewritten(dir, |tensors| {
                let (ty, shape, data) = tensors.get_mut(name).unwrap();
                if dtype == Dtype::F32 {
                    *shape = vec![shape[0], shape[1] / 2];
                }
                *ty = dtype;
                data[..2].copy_from_slice(&fill);
            });
        }
    };
    let card = |key: &'static str, value: Value| {
        move |dir: &Path| described(dir, |card| card[key] = value)
    };
    type Spoil = Box<dyn FnOnce(&Path)>;
    let nan = changed("block2.0.o.lora_a", Dtype::F16, [0x00, 0x7e]);
    let spoils: Vec<(Spoil, &str)> = vec![
        (Box::new(cut(0.0)), "adapter.safetensors"),
        (Box::new(cut(0.05)), "adapter.safetensors"),
        (Box::new(cut(0.9)), "its header describes"),
        (
            Box::new(nan),
            "block2.0.o holds numbers that are not finite",
        ),
        (
            Box::new(changed("block1.0.q.lora_a", Dtype::F32, [0; 2])),
            "not F16 or BF16",
        ),
        (
            Box::new(|dir| rewritten(dir, |t| drop(t.remove("block1.0.q.lora_b")))),
            "block1.0.q.lora_b is missing",
        ),
        (
            Box::new(|dir| {
                rewritten(dir, |t| {
                    let more = t["block1.0.q.lora_a"].clone();
                    t.insert("block1.0.q.lora_c".into(), more);
                });
            }),
            "block1.0.q.lora_c",
        ),
        (
            Box::new(|dir| fs::write(dir.join("adapter.safetensors"), [255; 64]).unwrap()),
            "at most",
        ),
        (
            Box::new(|dir| fs::write(dir.join("adapter.json"), "{").unwrap()),
            "adapter.json",
        ),
        (Box::new(card("rank", 0.into())), "rank is 0"),
        (Box::new(card("rank", 100_000.into())), "rank is 100000"),
        (Box::new(card("format", 2.into())), "format 2"),
        (Box::new(card("name", "".into())), "name is empty"),
        (Box::new(card("targets", json!([]))), "targets is empty"),
        (
            Box::new(card("targets", json!(["block1.0.q", "block1.0.q"]))),
            "twice",
        ),
    ];
    for (spoil, says) in spoils {
        let (kind, e) = error(spoil);
        assert_eq!(kind, ErrorKind::AssetsInvalid, "{e}");
        assert!(e.contains(says), "{says}: {e}");
    }
    let (kind, e) = error(|dir| fs::remove_file(dir.join("adapter.safetensors")).unwrap());
    assert!(
        kind == ErrorKind::AssetsMissing && e.contains("adapter.safetensors"),
        "{e}"
    );
}

#[test]
fn names_that_are_not_there_are_answered_with_those_that_are() {
    let model = model(&tiny(), DecoderFile::Onnx);
    for name in ["quiet", "", ".", "..", "../adapters/loud", "/etc"] {
        let e = model.adapter(name).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::AdapterMismatch, "{name}");
        assert!(e.to_string().contains("it has loud"), "{e}");
    }
    let (parts, ..) = world::model();
    let loud = Adapter::load(tiny().join("adapters/loud")).unwrap();
    let e = parts.session().unwrap().set_adapter(Some(&loud)).map(drop);
    assert_eq!(e.unwrap_err().kind(), ErrorKind::AdapterMismatch);
}

/// Weights of a graph are found, read and replaced; what is cut off anywhere is refused.
#[test]
fn a_graphs_weights_can_be_replaced() {
    let mut file = GraphFile::read(tiny().join("decoder.onnx")).unwrap();
    let name = file.find(&["no", "d.block1.0.q.weight.f16"]).unwrap();
    let weight = file.matrix(name).unwrap();
    assert_eq!(weight.dim(), (64, 64));
    assert!(file.matrix("no").is_err() && file.matrix("pow_1").is_err());
    assert!(file.replace(name, ArrayView2::from(&[[0.0]])).is_err());
    file.replace(name, (weight * 2.0).view()).unwrap();
    let graph = file.open(&foveate_onnx::GraphOptions::default()).unwrap();
    assert!(!graph.inputs().is_empty());

    let bytes = fs::read(tiny().join("decoder.onnx")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cut.onnx");
    for keep in [0, 1, 7, 100, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&path, &bytes[..keep]).unwrap();
        let e = GraphFile::read(&path).unwrap_err();
        assert_eq!(e.kind(), foveate_onnx::ErrorKind::GraphInvalid, "{keep}");
    }
}
