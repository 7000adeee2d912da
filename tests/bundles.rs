//! Bundles that are incomplete, truncated or at odds with themselves: each gives the named error,
//! none panics.
use foveate::{ErrorKind, Model};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

mod tiny;
use tiny::{FILES, copy, edited};

/// The error of loading a bundle spoilt by `spoil`, which must name `file`.
fn error(file: &str, spoil: impl FnOnce(PathBuf)) -> (ErrorKind, String) {
    let dir = copy();
    spoil(dir.path().join(file));
    let e = Model::load(dir.path()).unwrap_err();
    assert!(e.to_string().contains(file), "{e}");
    (e.kind(), e.to_string())
}

#[test]
fn the_bundle_itself_loads() {
    assert_eq!(Model::load(copy().path()).unwrap().name(), "tiny");
}

#[test]
fn missing_files_are_named() {
    for file in FILES {
        let (kind, _) = error(file, |path| fs::remove_file(path).unwrap());
        assert_eq!(kind, ErrorKind::AssetsMissing, "{file}");
    }
    assert_eq!(
        Model::load("/nowhere").unwrap_err().kind(),
        ErrorKind::AssetsMissing
    );
}

#[test]
fn truncated_and_empty_files_are_named() {
    for file in FILES {
        for keep in [0, 2] {
            let cut = |path: PathBuf| {
                let bytes = fs::read(&path).unwrap();
                fs::write(&path, &bytes[..bytes.len() * keep / 3]).unwrap();
            };
            let (kind, e) = error(file, cut);
            assert_eq!(kind, ErrorKind::AssetsInvalid, "{file}: {e}");
        }
    }
}

#[test]
#[cfg(unix)]
fn devices_and_pipes_are_named_and_not_read() {
    for file in FILES {
        let device = |path: PathBuf| {
            fs::remove_file(&path).unwrap();
            std::os::unix::fs::symlink("/dev/zero", path).unwrap();
        };
        let pipe = |path: PathBuf| {
            fs::remove_file(&path).unwrap();
            let made = std::process::Command::new("mkfifo").arg(path).status();
            assert!(made.unwrap().success());
        };
        for (kind, e) in [error(file, device), error(file, pipe)] {
            assert_eq!(kind, ErrorKind::AssetsInvalid, "{file}: {e}");
            assert!(e.contains("a device or pipe"), "{e}");
        }
    }
}

#[test]
fn a_file_that_is_not_the_one_config_json_names_is_named() {
    for file in ["vision.onnx", "tokenizer.json"] {
        let (kind, e) = error(file, |path| {
            let config = path.with_file_name("config.json");
            let sum = format!("{:064x}", 7);
            edited(&config, |c| c["sha256"] = serde_json::json!({file: sum}));
        });
        assert_eq!(kind, ErrorKind::AssetsInvalid);
        assert!(
            e.contains("its SHA-256 is") && e.contains("make base"),
            "{e}"
        );
    }
}

#[test]
fn the_models_of_this_repository_are_checked_whole() {
    let nano = concat!(env!("CARGO_MANIFEST_DIR"), "/models/nano");
    let checked = Model::load(nano).unwrap().checked();
    assert_eq!(checked.files, 7);
    assert!(checked.bytes > 10_000_000, "{checked:?}");
}

#[test]
fn a_configuration_at_odds_is_refused_by_name() {
    for (pointer, value, says) in [
        ("/format", 3.into(), "format 3"),
        ("/tier", "cloud".into(), "unknown variant"),
        ("/decoder/dim", 0.into(), "decoder.dim"),
        ("/decoder/dim", 1_000_000_000_000u64.into(), "decoder.dim"),
        ("/decoder/n_heads", 3.into(), "n_heads"),
        ("/decoder/vocab_size", "many".into(), "invalid type"),
        ("/fusion/n_freq", 1.into(), "n_freq"),
        ("/image/patch", 13.into(), "image"),
        ("/adapter/max_glyphs", 0.into(), "max_glyphs"),
        ("/prompts/fields", "Fill in".into(), "{fields}"),
        ("/tokens", Value::Null, "TokenNames"),
    ] {
        let (kind, e) = error("config.json", |path| {
            edited(&path, |c| *c.pointer_mut(pointer).unwrap() = value)
        });
        assert_eq!(kind, ErrorKind::AssetsInvalid, "{pointer}");
        assert!(e.contains(says), "{pointer}: {e}");
    }
}

#[test]
fn files_that_do_not_fit_the_configuration_are_named() {
    let spoilt = |pointer: &str, value: u64| {
        let dir = copy();
        edited(&dir.path().join("config.json"), |c| {
            *c.pointer_mut(pointer).unwrap() = value.into()
        });
        Model::load(dir.path()).unwrap_err()
    };
    for (pointer, value, file) in [
        ("/decoder/dim", 128, "fusion.safetensors"),
        ("/fusion/pointer_dim", 8, "fusion.safetensors"),
        ("/fusion/n_freq", 5, "fusion.safetensors"),
        ("/decoder/vocab_size", 300, "tokenizer.json"),
        ("/decoder/vocab_size", 1024, "decoder.onnx"),
        ("/decoder/n_layers_kv", 3, "decoder.onnx"),
        ("/decoder/n_layers_kv", 1, "decoder.onnx"),
        ("/decoder/head_dim", 32, "decoder.onnx"),
    ] {
        let e = spoilt(pointer, value);
        assert!(
            e.kind() == ErrorKind::AssetsInvalid && e.to_string().contains(file),
            "{pointer}: {e}"
        );
    }
    let dir = copy();
    edited(&dir.path().join("config.json"), |c| {
        c["tokens"]["end"] = "<|stop|>".into()
    });
    let e = Model::load(dir.path()).unwrap_err().to_string();
    assert!(
        e.contains("tokenizer.json") && e.contains("<|stop|>"),
        "{e}"
    );
}

#[test]
fn a_safetensors_header_that_claims_too_much_is_refused() {
    for header in [u64::MAX, 1 << 40, 7] {
        let (kind, _) = error("fusion.safetensors", |path| {
            let mut bytes = fs::read(&path).unwrap();
            bytes[..8].copy_from_slice(&header.to_le_bytes());
            fs::write(&path, bytes).unwrap();
        });
        assert_eq!(kind, ErrorKind::AssetsInvalid);
    }
}
