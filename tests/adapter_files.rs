//! Files of LoRA adapters that are broken, at odds, or another model's: every refusal by its name.
use foveate::model::DecoderFile;
use foveate::{Adapter, ErrorKind};
use foveate_onnx::GraphFile;
use ndarray::ArrayView2;
use safetensors::Dtype;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

mod tiny;
mod world;
use tiny::{copy, described, edited, model, rewritten, tiny};

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
    edited(&dir.path().join("config.json"), |config| {
        config["decoder"]["context"] = 2048.into();
    });
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
        ("block2.0.k", ErrorKind::AdapterMismatch),
        ("embed", ErrorKind::AdapterMismatch),
        ("block1.0.gate", ErrorKind::AdapterMismatch),
        ("Block1.0.q", ErrorKind::AssetsInvalid),
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
