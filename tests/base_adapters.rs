//! LoRA adapters of `models/base`: they add to what its decoder was taught, and one that was made
//! for another model is refused with words that help.
use foveate::language::{Context, TextDecoder};
use foveate::{Adapter, ErrorKind, Image, Model, Session};
use half::f16;
use safetensors::{Dtype, tensor::TensorView};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// Rows and columns of the matrices of a layer of SmolLM2-135M.
const MATRICES: [(&str, usize, usize); 7] = [
    ("q", 576, 576),
    ("k", 192, 576),
    ("v", 192, 576),
    ("o", 576, 576),
    ("ffn.gate", 1536, 576),
    ("ffn.up", 1536, 576),
    ("ffn.down", 576, 1536),
];

fn base() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/base")
}

/// What `models/FORMAT.md` says that an adapter of `models/base` must name.
fn signature() -> String {
    let config = fs::read(base().join("config.json")).unwrap();
    let config: Value = serde_json::from_slice(&config).unwrap();
    let [decoder, weights] = ["decoder", "weights"].map(|part| config[part]["sha256"].as_str());
    let [decoder, weights] = [decoder.unwrap(), weights.unwrap()];
    let digest = Sha256::digest(format!("foveate-page-1\n{decoder}\n{weights}\n"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An adapter to be written.
struct Draft {
    base: String,
    rank: usize,
    /// Paths of matrices, their rows and columns.
    targets: Vec<(String, usize, usize)>,
    /// Most of B's values; A's are at most 1.
    loud: f32,
}

impl Draft {
    /// Of the matrices of the first and the last layer.
    fn new(loud: f32) -> Self {
        let layer = |i: usize| {
            let path = move |(name, rows, cols)| (format!("layers.{i}.{name}"), rows, cols);
            MATRICES.map(path)
        };
        Self {
            base: signature(),
            rank: 2,
            targets: [layer(0), layer(29)].concat(),
            loud,
        }
    }

    /// Of one matrix.
    fn one(path: &str, rows: usize, cols: usize) -> Self {
        Self {
            targets: vec![(path.to_owned(), rows, cols)],
            ..Self::new(0.0)
        }
    }

    fn write(&self, dir: &Path) {
        fs::create_dir_all(dir).unwrap();
        let mut state = 7u64;
        let mut values = |n: usize, most: f32| -> Vec<u8> {
            let mut next = || {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                most * ((state >> 40) as f32 / (1u64 << 23) as f32 - 1.0)
            };
            (0..n)
                .flat_map(|_| f16::from_f32(next()).to_le_bytes())
                .collect()
        };
        let mut tensors = Vec::new();
        for (path, rows, cols) in &self.targets {
            for (factor, shape, most) in [
                ("lora_a", [self.rank, *cols], 1.0),
                ("lora_b", [*rows, self.rank], self.loud),
            ] {
                let data = values(shape[0] * shape[1], most);
                tensors.push((format!("{path}.{factor}"), shape.to_vec(), data));
            }
        }
        let views = tensors.iter().map(|(name, shape, data)| {
            (
                name,
                TensorView::new(Dtype::F16, shape.clone(), data).unwrap(),
            )
        });
        let bytes = safetensors::serialize(views, None).unwrap();
        fs::write(dir.join("adapter.safetensors"), bytes).unwrap();
        let targets: Vec<_> = self.targets.iter().map(|target| &target.0).collect();
        let card = json!({
            "format": 1, "name": "drawn", "rank": self.rank, "alpha": self.rank,
            "targets": targets, "base": self.base, "description": "", "licence": "MIT"});
        fs::write(dir.join("adapter.json"), card.to_string()).unwrap();
    }

    fn load(&self) -> Adapter {
        let dir = tempfile::tempdir().unwrap();
        self.write(dir.path());
        Adapter::load(dir.path()).unwrap()
    }
}

/// The logits after some tokens.
fn logits(decoder: &dyn TextDecoder) -> Vec<f32> {
    let mut context = Context::new(decoder);
    for id in [1, 4093, 198, 28120, 314, 260] {
        context.push(id, None).unwrap();
    }
    let output = context.forward(decoder, 1).unwrap();
    output.logits.into_iter().collect()
}

fn answers(session: &Session) -> Vec<String> {
    let ask = |question| session.fork().ask(question).run().unwrap().text;
    ["Where is it?", "How much are the tickets?", "Who plays?"]
        .map(ask)
        .to_vec()
}

#[test]
fn an_adapter_adds_to_what_the_decoder_was_taught() {
    let model = Model::load(base()).unwrap_or_else(|e| panic!("{e}; run `make base`"));
    let [quiet, loud] = [0.0, 1.0].map(|loud| Draft::new(loud).load());
    let [without, with] = [&quiet, &loud].map(|one| logits(&*model.decoder_with(one).unwrap()));
    // An update of nothing leaves the one that came with the model as it is.
    assert_eq!(without, logits(model.decoder()));
    assert_ne!(with, without);
    assert!(with.iter().all(|x| x.is_finite()));

    let flyer = base().join("../../examples/flyers/jazz.png");
    let mut session = model.look_at(&Image::open(flyer).unwrap()).unwrap();
    let plain = answers(&session);
    assert_eq!(plain[0], "Riverside Hall");
    session.set_adapter(Some(&quiet)).unwrap();
    assert_eq!(answers(&session), plain, "an update of nothing");
    session.set_adapter(Some(&loud)).unwrap();
    assert_ne!(answers(&session), plain, "a loud one");
    session.set_adapter(None).unwrap();
    assert_eq!(answers(&session), plain, "taken off again");
}

/// The bundle's files in a folder of their own, without their bytes where links are possible.
fn copy() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for file in fs::read_dir(base()).unwrap().map(Result::unwrap) {
        let (from, to) = (file.path(), dir.path().join(file.file_name()));
        if from.is_file() && fs::hard_link(&from, &to).is_err() {
            fs::copy(&from, &to).unwrap_or_else(|e| panic!("{e}; run `make base`"));
        }
    }
    dir
}

#[test]
fn adapters_lie_in_the_bundle_and_those_of_others_are_refused() {
    let dir = copy();
    let at = |name: &str| dir.path().join("adapters").join(name);
    Draft::new(0.0).write(&at("quiet"));
    let model = Model::load(dir.path()).unwrap();
    assert_eq!(model.adapters(), ["quiet"]);
    assert_eq!(model.adapter("quiet").unwrap().base(), signature());
    let mut session = model.session().unwrap();
    let mut error = |draft: Draft| {
        draft.write(&at("odd"));
        let e = session
            .set_adapter(Some(&draft.load()))
            .map(drop)
            .unwrap_err();
        assert_eq!(e.kind(), ErrorKind::AdapterMismatch, "{e}");
        let named = model.adapter("odd").map(drop).map_err(|e| e.to_string());
        (named, e.to_string())
    };
    let other = Draft {
        base: "0123456789abcdef".to_owned(),
        ..Draft::new(0.0)
    };
    let ours = format!("this one is {}..", &signature()[..12]);
    for (draft, says) in [
        (other, [&*ours, "python -m page.adapter"]),
        (
            Draft::one("layers.30.q", 576, 576),
            ["no matrix", "layers.30.q"],
        ),
        (
            Draft::one("layers.00.q", 576, 576),
            ["no matrix", "layers.00.q"],
        ),
        (
            Draft::one("block1.0.q", 576, 576),
            ["no matrix", "block1.0.q"],
        ),
        (
            Draft::one("layers.0.gate", 1536, 576),
            ["no matrix", "layers.0.gate"],
        ),
        (
            Draft::one("layers.0.k", 576, 576),
            ["layers.0.k is 192 x 576", "576 x 576"],
        ),
    ] {
        let (named, e) = error(draft);
        assert_eq!(named, Err(e.clone()));
        assert!(says.iter().all(|words| e.contains(words)), "{e}");
    }
    // It fits, but not beside what the decoder was taught, of rank 16.
    let wide = Draft {
        rank: 241,
        ..Draft::one("layers.3.v", 192, 576)
    };
    let (_, e) = error(wide);
    assert!(e.contains("16 + 241, at most 256"), "{e}");
}
