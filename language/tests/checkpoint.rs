//! Checkpoints of others: both formats agree, updates are those of published models, and what does
//! not fit is refused by name.

mod models;

use std::path::Path;

use foveate_language::{
    CheckpointDecoder, CheckpointOptions, Error, ErrorKind, Lora, LowRank, Rows, TextDecoder,
    Tokenizer, fake,
};
use models::{CONTEXT, DIM, FFN, HEADS, KV_HEADS, Meta, Model, Random};
use ndarray::{Array2, aview1};

const FAMILIES: [&str; 3] = ["llama", "qwen2", "qwen3"];

/// One thread and float keys and values, so that only floats' last bits may differ.
fn options() -> CheckpointOptions {
    CheckpointOptions {
        threads: 1,
        float16_cache: true,
        ..CheckpointOptions::default()
    }
}

fn open(path: &Path) -> CheckpointDecoder {
    CheckpointDecoder::open(path, &options()).unwrap()
}

fn refused(path: &Path) -> String {
    let error = CheckpointDecoder::open(path, &options()).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Decoder);
    error.to_string()
}

/// Both formats of a model.
fn both(model: &Model, folder: &Path) -> [std::path::PathBuf; 2] {
    let file = folder.join("model.gguf");
    model.write_gguf(&file, &model.metadata());
    model.write_folder(folder);
    [file, folder.to_path_buf()]
}

fn logits(decoder: &dyn TextDecoder) -> Vec<f32> {
    let ids: Vec<u32> = (0..20).map(|i| (37 * i + 11) % 200).collect();
    let extra = Array2::zeros((ids.len(), DIM));
    let rows = Rows {
        ids: &ids,
        extra: extra.view(),
        replaced: &[],
        select: &[0, 7, 19],
    };
    let output = decoder.forward(&mut decoder.new_cache(), rows).unwrap();
    assert_eq!(output.hidden.dim(), (3, DIM));
    output.logits.into_iter().collect()
}

/// The distance of two sets of logits, as a part of the second's size.
fn apart(a: &[f32], b: &[f32]) -> f32 {
    let norm = |v: &mut dyn Iterator<Item = f32>| v.map(|x| x * x).sum::<f32>().sqrt();
    norm(&mut a.iter().zip(b).map(|(a, b)| a - b)) / norm(&mut b.iter().copied())
}

#[test]
fn both_formats_give_the_same() {
    for family in FAMILIES {
        let folder = tempfile::tempdir().unwrap();
        let [gguf, hf] = both(&Model::new(family), folder.path());
        let (a, b) = (open(&gguf), open(&hf));
        assert_eq!(a.dims(), b.dims());
        assert_eq!(a.dims().context, CONTEXT);
        assert_eq!(logits(&a), logits(&b), "{family}");
        assert_eq!(a.embedding(3).unwrap(), b.embedding(3).unwrap());
        assert_eq!(a.n_layers(), 2);
    }
}

/// Updates of every matrix of the first layer.
fn updates(model: &Model, rank: usize, seed: u64) -> Vec<LowRank> {
    let mut random = Random(seed);
    let (q, kv) = (HEADS * model.head_dim, KV_HEADS * model.head_dim);
    let mut update = |name: &str, rows: usize, cols: usize| LowRank {
        name: format!("layers.0.{name}").parse().unwrap(),
        a: Array2::from_shape_vec((rank, cols), random.values(rank * cols, 0.3)).unwrap(),
        b: Array2::from_shape_vec((rows, rank), random.values(rows * rank, 0.3)).unwrap(),
    };
    vec![
        update("q", q, DIM),
        update("k", kv, DIM),
        update("v", kv, DIM),
        update("o", DIM, q),
        update("ffn.gate", FFN, DIM),
        update("ffn.up", FFN, DIM),
        update("ffn.down", DIM, FFN),
    ]
}

/// The model with updates in its weights.
fn merged(model: &Model, updates: &[LowRank], scale: f32) -> Model {
    let mut merged = model.clone();
    for update in updates {
        let part = update.name.as_str().trim_start_matches("layers.0.");
        let part = match part.strip_prefix("ffn.") {
            Some(part) => format!("mlp.{part}"),
            None => format!("self_attn.{part}"),
        };
        let name = format!("model.layers.0.{part}_proj.weight");
        let values = &mut merged.tensors.get_mut(&name).unwrap().1;
        let delta = update.b.dot(&update.a) * scale;
        values.iter_mut().zip(&delta).for_each(|(w, d)| *w += d);
    }
    merged
}

/// An update is the sum of the published weights and `scale * B A`, in whatever order a file has
/// its rows.
#[test]
fn an_adapted_decoder_is_one_of_merged_weights() {
    for family in FAMILIES {
        let model = Model::new(family);
        let updates = updates(&model, 3, 99);
        let merged = merged(&model, &updates, 0.5);
        let lora = Lora::new(3, 0.5, updates).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let plain = both(&model, folder.path()).map(|path| {
            let base = open(&path);
            (logits(&base), logits(&*base.adapted(&lora).unwrap()))
        });
        let expected = both(&merged, folder.path()).map(|path| logits(&open(&path)));
        for ((base, adapted), expected) in plain.iter().zip(&expected) {
            assert!(apart(adapted, expected) < 1e-3, "{family}");
            assert!(apart(base, expected) > 0.05, "{family}: the update is lost");
        }
    }
}

/// A decoder that is adapted again keeps what was added to it before.
#[test]
fn a_second_update_is_added_to_the_first() {
    let model = Model::new("llama");
    let (first, mut second) = (updates(&model, 3, 99), updates(&model, 2, 98));
    second.truncate(3); // q, k and v alone
    let both = merged(&merged(&model, &first, 0.5), &second, 0.75);
    let [first, second] = [(3, 0.5, first), (2, 0.75, second)]
        .map(|(rank, scale, updates)| Lora::new(rank, scale, updates).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let [file, _] = self::both(&model, folder.path());
    let once = open(&file).adapted(&first).unwrap();
    let twice = once.adapted(&second).unwrap();
    let alone = open(&file).adapted(&second).unwrap();
    let [file, _] = self::both(&both, folder.path());
    let expected = logits(&open(&file));
    assert!(apart(&logits(&*twice), &expected) < 1e-3);
    for one in [once, alone] {
        assert!(apart(&logits(&*one), &expected) > 0.05);
    }
    let wide = Lora::new(254, 1.0, Vec::new()).unwrap();
    let error = twice.adapted(&wide).err().unwrap().to_string();
    assert!(error.contains("5 + 254, at most 256"), "{error}");
}

#[test]
fn matrices_have_the_shapes_of_their_updates() {
    let model = Model::new("qwen3");
    let folder = tempfile::tempdir().unwrap();
    let [file, _] = both(&model, folder.path());
    let decoder = open(&file);
    for LowRank { name, a, b } in updates(&model, 2, 1) {
        assert_eq!(
            decoder.matrix(&name),
            Some([b.nrows(), a.ncols()]),
            "{name}"
        );
    }
    for name in ["layers.2.q", "layers.00.q", "block1.0.q", "layers.0.gate"] {
        assert_eq!(decoder.matrix(&name.parse().unwrap()), None, "{name}");
    }
}

#[test]
fn updates_that_do_not_fit_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let [_, hf] = both(&Model::new("llama"), folder.path());
    let decoder = open(&hf);
    for (name, rows, word) in [
        ("layers.2.q", 32, "layers.2.q"),
        ("layers.00.q", 32, "layers.00.q"),
        ("block1.0.q", 32, "block1.0.q"),
        ("layers.0.gate", 32, "layers.0.gate"),
        ("layers.1.q", 31, "layer 1, Q"),
    ] {
        let update = LowRank {
            name: name.parse().unwrap(),
            a: Array2::zeros((1, DIM)),
            b: Array2::zeros((rows, 1)),
        };
        let lora = Lora::new(1, 1.0, vec![update]).unwrap();
        let error = decoder.adapted(&lora).err().unwrap().to_string();
        assert!(error.contains(word), "{error}");
    }
}

/// A row that is given the embedding of a token says what the token says.
#[test]
fn embeddings_in_the_place_of_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let [file, _] = both(&Model::new("qwen3"), folder.path());
    let decoder = open(&file);
    let run = |ids: &[u32], extra: &Array2<f32>, replaced: &[usize]| {
        let select = &[ids.len() - 1];
        let extra = extra.view();
        let rows = Rows {
            ids,
            extra,
            replaced,
            select,
        };
        decoder.forward(&mut decoder.new_cache(), rows)
    };
    let tokens = run(&[5, 60, 70], &Array2::zeros((3, DIM)), &[]).unwrap();
    let mut extra = Array2::zeros((3, DIM));
    extra
        .row_mut(1)
        .assign(&aview1(&decoder.embedding(60).unwrap()));
    let replaced = run(&[5, 9, 70], &extra, &[1]).unwrap();
    assert_eq!(tokens.logits, replaced.logits);
    let added = run(&[5, 9, 70], &extra, &[]).unwrap();
    assert_ne!(tokens.logits, added.logits);
    for (ids, replaced) in [
        ([5, u32::MAX, 70], &[][..]),
        ([5, 9, 7000], &[1]),
        ([5, 9, 70], &[3]),
    ] {
        assert!(run(&ids, &extra, replaced).is_err(), "{ids:?} {replaced:?}");
    }
    let narrow = Array2::zeros((3, DIM - 1));
    let error = run(&[5, 9, 70], &narrow, &[]).unwrap_err().to_string();
    assert!(error.contains("(3, 31)"), "{error}");
}

#[test]
fn a_conversation_ends_at_the_context() {
    let folder = tempfile::tempdir().unwrap();
    let [file, _] = both(&Model::new("llama"), folder.path());
    let short = CheckpointOptions {
        context: 8,
        ..options()
    };
    let decoder = CheckpointDecoder::open(&file, &short).unwrap();
    assert_eq!(decoder.dims().context, 8);
    let extra = Array2::zeros((9, DIM));
    let rows = Rows {
        ids: &[1; 9],
        extra: extra.view(),
        replaced: &[],
        select: &[],
    };
    let error = decoder.forward(&mut decoder.new_cache(), rows).unwrap_err();
    let Error::ContextFull { needed, limit } = error else {
        panic!("{error}");
    };
    assert_eq!((needed, limit), (9, 8));
}

/// Palettes of matrices that the checkpoint has none of, and a file that is none.
#[test]
fn palettes_that_do_not_fit_are_refused_by_name() {
    let kernels = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/kernels/tests/golden");
    let open = |palettes: &str| {
        let options = CheckpointOptions {
            palettes: Some(kernels.join(palettes)),
            ..options()
        };
        CheckpointDecoder::open(kernels.join("llama.gguf"), &options)
    };
    assert!(open("llama-palettes.safetensors").is_ok());
    for (file, words) in [
        ("none.safetensors", ["none.safetensors", "No such file"]),
        (
            "qwen3-palettes.safetensors",
            [
                "qwen3-palettes",
                "`blk.1.attn_q.weight.codes` of [128, 32], expected [64, 32]",
            ],
        ),
        ("float.safetensors", ["float.safetensors", "tensor `"]),
    ] {
        let error = open(file).unwrap_err().to_string();
        for word in words {
            assert!(error.contains(word), "{word}: {error}");
        }
    }
}

#[test]
fn what_is_no_checkpoint_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let expect = |path: &Path, words: &[&str]| {
        let error = refused(path);
        for word in words {
            assert!(error.contains(word), "{word}: {error}");
        }
    };
    expect(&at("none.gguf"), &["none.gguf", "GGUF file, or a folder"]);
    expect(folder.path(), &["config.json", "model.safetensors"]);
    std::fs::write(at("text.gguf"), "once upon a time").unwrap();
    expect(&at("text.gguf"), &["text.gguf", "once", "version 2 or 3"]);

    let model = Model::new("qwen2");
    let file = at("changed.gguf");
    let mut metadata = model.metadata();
    metadata.insert("general.architecture".into(), Meta::Text("mamba".into()));
    model.write_gguf(&file, &metadata);
    expect(&file, &["mamba", "qwen2", "take another model"]);

    let mut missing = model.clone();
    missing.tensors.remove("model.layers.1.mlp.up_proj.weight");
    missing.write_gguf(&file, &model.metadata());
    expect(&file, &["blk.1.ffn_up.weight", "missing"]);
    missing.write_folder(folder.path());
    expect(
        folder.path(),
        &["model.layers.1.mlp.up_proj.weight", "missing"],
    );

    let mut odd = model.clone();
    odd.tensors
        .insert("model.extra.weight".into(), (vec![4], vec![0.0; 4]));
    odd.write_gguf(&file, &model.metadata());
    expect(&file, &["extra", "not called for"]);

    model.write_gguf(&file, &model.metadata());
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() - 100]).unwrap();
    expect(&file, &["fetch it again"]);
}

#[test]
fn vocabularies_that_disagree_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut model = Model::new("llama");
    let [file, hf] = both(&model, folder.path());
    for path in [&file, &hf] {
        let tokenizer = Tokenizer::from_checkpoint(path).unwrap();
        open(path).check_vocabulary(&tokenizer).unwrap();
    }
    let large = fake::byte_tokenizer(&["hello", "world", "again and again"]);
    let error = open(&file)
        .check_vocabulary(&large)
        .unwrap_err()
        .to_string();
    assert!(error.contains(&large.len().to_string()), "{error}");
    assert!(error.contains("published with the weights"), "{error}");
    // Rows without a token: a few are taken.
    for (spare, fits) in [(100, true), (2000, false)] {
        let (shape, values) = model.tensors.get_mut("model.embed_tokens.weight").unwrap();
        model.vocab = models::vocab() + spare;
        shape[0] = model.vocab;
        values.resize(model.vocab * DIM, 0.0);
        model.write_folder(folder.path());
        let tokenizer = Tokenizer::from_checkpoint(folder.path()).unwrap();
        assert_eq!(
            open(folder.path()).check_vocabulary(&tokenizer).is_ok(),
            fits
        );
    }
}
