//! A bundle of the server tier: plain encoder, overview and 2x2 tiles, parallel tracks. It loads,
//! answers and streams like any other, and says what PyTorch says. `training/server/tiny_server.py`
//! makes it, of random weights.
mod tiny;

use foveate::bundle::Tier;
use foveate::language::Rows;
use foveate::readers::Segment;
use foveate::vision::{GlobalSizes, GlobalTower, ImageConfig, ImageProcessor, Quarters, Tile};
use foveate::{
    Error, ErrorKind, Image, Mode, Model, Options, Request, StopReason, onnx::Graph,
    onnx::GraphOptions,
};
use ndarray::{Array2, Array3, Array4, ArrayD};
use safetensors::{Dtype, SafeTensors};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tiny::edited;

/// Float32 through six layers, in other orders of summing; 5e-6 is what was measured.
const TOLERANCE: f32 = 1e-4;

fn dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tiny-server")
}

fn model() -> Model {
    load(&dir(), &Options::default()).unwrap()
}

fn load(dir: &Path, options: &Options) -> foveate::Result<Model> {
    let threads = 1;
    Model::load_with(
        dir,
        &Options {
            threads,
            ..options.clone()
        },
    )
}

fn picture() -> Image {
    Image::open(tiny::tiny().join("picture.png")).unwrap()
}

/// A golden tensor as numbers.
fn golden(name: &str) -> ArrayD<f32> {
    let bytes = fs::read(dir().join("golden.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = tensors.tensor(name).unwrap();
    let data = tensor.data();
    let values: Vec<f32> = match tensor.dtype() {
        Dtype::F32 => data
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
            .collect(),
        Dtype::I64 => data
            .chunks_exact(8)
            .map(|b| i64::from_le_bytes(b.try_into().unwrap()) as f32)
            .collect(),
        Dtype::U8 => data.iter().map(|&b| f32::from(b)).collect(),
        other => panic!("{other:?}"),
    };
    ArrayD::from_shape_vec(tensor.shape(), values).unwrap()
}

fn ids(name: &str) -> Vec<u32> {
    golden(name).iter().map(|&id| id as u32).collect()
}

fn apart<'a>(a: impl IntoIterator<Item = &'a f32>, b: &ArrayD<f32>) -> f32 {
    let mut b = b.iter();
    let apart = a
        .into_iter()
        .map(|a| (a - b.next().unwrap()).abs())
        .fold(0.0, f32::max);
    assert!(b.next().is_none(), "as many numbers");
    apart
}

/// The rows that stand in the place of embeddings, and the tokens between them.
fn shown(model: &Model, mode: Mode) -> (Vec<Array2<f32>>, Vec<Vec<u32>>) {
    let (encoded, _) = model.encode(&picture(), mode).unwrap();
    let (mut rows, mut marks) = (Vec::new(), Vec::new());
    for segment in &encoded.segments {
        match segment {
            Segment::Text(ids) => marks.push(ids.clone()),
            Segment::Embeddings(own) => rows.push(own.clone()),
            Segment::Added { .. } => panic!("nothing is added to embeddings"),
        }
    }
    (rows, marks)
}

fn tower(views_per_run: u64) -> (GlobalTower, ImageConfig) {
    let config: Value =
        serde_json::from_slice(&fs::read(dir().join("config.json")).unwrap()).unwrap();
    let sizes: GlobalSizes = serde_json::from_value(config["vision"].clone()).unwrap();
    let image: ImageConfig = serde_json::from_value(config["image"].clone()).unwrap();
    let path = dir().join("vision.onnx");
    let tower = GlobalTower::open(path, &image, sizes, &GraphOptions::default()).unwrap();
    (
        tower.with_memory(views_per_run * sizes.view_bytes(36)),
        image,
    )
}

/// The golden views, where ours lie: two resamplers differ by 1 of 255 here and there.
fn golden_views(config: &ImageConfig) -> Vec<Tile> {
    let pixels = picture();
    let quarters = Quarters::new(pixels.pixels(), Mode::High, config);
    let mut views = quarters.process(pixels.pixels());
    let (mut apart, mut at_all) = (0.0f32, 0);
    for (view, golden) in views.iter_mut().zip(golden("views").outer_iter()) {
        for (ours, theirs) in view.rgb.iter_mut().zip(&golden) {
            let difference = (f32::from(*ours) - theirs).abs();
            apart = apart.max(difference);
            at_all += usize::from(difference > 0.0);
            *ours = *theirs as u8;
        }
    }
    println!("views: {at_all} values differ, by {apart} at most");
    assert!(apart <= 1.0 && at_all < 1000 && views.len() == 5);
    views
}

#[test]
fn features_are_those_of_pytorch_however_many_views_go_through_at_once() {
    let views = golden_views(&tower(1).1);
    let mut first: Option<Array4<f32>> = None;
    for at_once in [0, 1, 2, 5, 9] {
        let (tower, _) = tower(at_once);
        assert_eq!(tower.views_per_run() as u64, at_once.max(1));
        let features = tower.encode_while(&views, None).unwrap();
        let error = apart(&features, &golden("features"));
        println!("{at_once} views at once: {error:e}");
        assert!(error < TOLERANCE, "{at_once} views at once: {error}");
        let same = first.get_or_insert_with(|| features.clone());
        assert!(apart(&features, &same.clone().into_dyn()) < TOLERANCE);
    }
    let stopped = tower(2)
        .0
        .encode_while(&views, Some(&|| false))
        .unwrap_err();
    assert_eq!(stopped.kind(), foveate::vision::ErrorKind::Stopped);
    assert!(tower(2).0.encode_while(&[], None).is_err());
}

/// What 1 of 255 in some pixels comes to in the adapter's rows; 0.0026 was measured.
const BY_PIXELS: f32 = 0.01;

#[test]
fn the_adapters_rows_are_those_of_pytorch_and_stand_behind_their_places() {
    let model = model();
    let (rows, marks) = shown(&model, Mode::High);
    let shape = (rows.len(), rows[0].nrows(), rows[0].ncols());
    assert_eq!(shape, (5, 9, 16));
    let error = apart(rows.iter().flatten(), &golden("tokens"));
    println!("rows of our pixels: {error:e}");
    assert!(error < BY_PIXELS, "{error}");
    let image = model.tokenizer().special("<|image|>").unwrap();
    let places = [
        "overview:",
        "tile 0,0:",
        "tile 0,1:",
        "tile 1,0:",
        "tile 1,1:",
    ];
    for (mark, place) in marks.iter().zip(places) {
        assert_eq!(mark[0], image);
        assert_eq!(model.tokenizer().decode(&mark[1..]), place);
    }
    let all_at_once = Options {
        view_memory: 1 << 30,
        ..Options::default()
    };
    let (together, _) = shown(&load(&dir(), &all_at_once).unwrap(), Mode::High);
    let alone = ndarray::stack(
        ndarray::Axis(0),
        &rows.iter().map(|r| r.view()).collect::<Vec<_>>(),
    );
    assert!(apart(together.iter().flatten(), &alone.unwrap().into_dyn()) < TOLERANCE);
    let (overview, _) = shown(&model, Mode::Balanced);
    assert_eq!(overview.len(), 1);
}

/// The adapter's graph on golden features, without a reader around it.
#[test]
fn the_adapter_is_that_of_pytorch() {
    let graph = Graph::open(dir().join("adapter.onnx"), &GraphOptions::default()).unwrap();
    let features: Array4<f32> = golden("features").into_dimensionality().unwrap();
    let mut outputs = graph.run(&[("features", features.into())]).unwrap();
    let tokens: Array3<f32> = outputs.take("tokens").unwrap();
    let error = apart(&tokens, &golden("tokens"));
    println!("tokens: {error:e}");
    assert!(error < TOLERANCE, "{error}");
}

#[test]
fn the_decoder_says_of_the_whole_conversation_what_pytorch_says() {
    let model = model();
    let ids = ids("ids");
    let end = model.template().end;
    let replaced: Vec<usize> = (0..ids.len()).filter(|&row| ids[row] == end).collect();
    let mut extra = Array2::zeros((ids.len(), 16));
    let tokens: Array3<f32> = golden("tokens").into_dimensionality().unwrap();
    for (&at, row) in replaced.iter().zip(tokens.rows()) {
        extra.row_mut(at).assign(&row);
    }
    let decoder = model.decoder();
    let rows = Rows {
        ids: &ids,
        extra: extra.view(),
        replaced: &replaced,
        select: &[ids.len() - 1],
    };
    let said = decoder.forward(&mut decoder.new_cache(), rows).unwrap();
    for (name, found) in [("hidden", said.hidden), ("logits", said.logits)] {
        let error = apart(&found, &golden(name));
        println!("{name}: {error:e}");
        assert!(error < TOLERANCE, "{name}: {error}");
    }
}

#[test]
fn it_answers_and_streams_like_any_other() {
    let model = model();
    assert_eq!(model.tier(), Some(Tier::Server));
    assert_eq!(model.architecture(), Some("tiled"));
    let mut session = model.look_at(&picture()).unwrap();
    // Later ones are closer calls than 1 of 255 in some pixels.
    let golden = &ids("answer")[..7];
    let brief = Request {
        max_tokens: Some(golden.len()),
        ..Request::default()
    };
    let mut fork = session.fork();
    let answer = session.ask("Where is it?").with(&brief).run().unwrap();
    let saved = session.transcript();
    let turn = &serde_json::to_value(&saved).unwrap()["turns"][0];
    assert_eq!(turn["ids"], json!(golden), "PyTorch says the same");
    assert_eq!((answer.stop, answer.region), (StopReason::MaxTokens, None));
    let mut stream = fork.ask("Where is it?").with(&brief).stream().unwrap();
    let pieces: Vec<String> = stream.by_ref().map(|piece| piece.unwrap()).collect();
    assert!(pieces.len() > 1, "piece by piece: {pieces:?}");
    assert_eq!(pieces.concat(), answer.text);
    drop(stream);
    let mut restored = model.restore(&saved, &[picture()]).unwrap();
    let [next, again] = [&mut session, &mut restored].map(|s| s.ask("And?").with(&brief).run());
    assert_eq!(next.unwrap().text, again.unwrap().text);
}

#[test]
fn it_answers_with_a_type_and_within_its_limits() {
    let model = model();
    let schema = json!({"type": "object", "properties": {"floor": {"enum": ["one", "two"]}},
        "required": ["floor"], "additionalProperties": false});
    let mut session = model.look_at(&picture()).unwrap();
    let question = session.ask("Which floor?").as_schema::<Value>(&schema);
    let typed = question.run().unwrap();
    assert!(["one", "two"].contains(&typed.value["floor"].as_str().unwrap()));
    assert!(typed.fields.is_empty());
    let cancel = foveate::CancelHandle::default();
    cancel.cancel();
    let request = Request {
        cancel: Some(cancel),
        ..Request::default()
    };
    let error = model.look_at_with(&picture(), &request).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(session.forget_turns(1).is_ok());
}

fn copy() -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for file in fs::read_dir(dir()).unwrap() {
        let file = file.unwrap().path();
        fs::copy(&file, copy.path().join(file.file_name().unwrap())).unwrap();
    }
    copy
}

/// The error of a spoilt copy, and the name of the file that it says is at fault.
fn refused(spoil: impl FnOnce(&Path)) -> (Error, String) {
    let copy = copy();
    spoil(copy.path());
    let error = load(copy.path(), &Options::default()).unwrap_err();
    let said = error
        .to_string()
        .replace(&copy.path().display().to_string(), "");
    println!("{said}");
    (error, said)
}

#[test]
fn bundles_whose_tracks_are_not_whole_are_refused_at_load() {
    let remove = |name: &'static str| move |dir: &Path| fs::remove_file(dir.join(name)).unwrap();
    for name in [
        "track1.block0.onnx",
        "vision.onnx",
        "adapter.onnx",
        "tokenizer.json",
    ] {
        let (error, said) = refused(remove(name));
        assert_eq!(error.kind(), ErrorKind::AssetsMissing);
        assert!(said.contains(name), "{said}");
    }
    let sizes = |name: &'static str, value: usize| {
        refused(move |dir| edited(&dir.join("tracks.json"), |c| c[name] = json!(value)))
    };
    for (name, value, said) in [
        ("n_experts", 5, "layer 1 has 4 experts, tracks.json says 5"),
        ("depth", 2, "the block has 4 layers, tracks.json says 2"),
        ("n_blocks", 2, "track0.block1.onnx is missing"),
        ("dim", 32, "ends.onnx"),
        ("context", 0, "`context` is 0"),
    ] {
        let (error, found) = sizes(name, value);
        assert!(found.contains(said), "{name}: {found}");
        let missing = name == "n_blocks";
        let kind = if missing {
            ErrorKind::AssetsMissing
        } else {
            ErrorKind::AssetsInvalid
        };
        assert_eq!(error.kind(), kind, "{name}");
    }
    let (error, said) = refused(|dir| {
        let path = dir.join("track1.block0.onnx");
        let mut bytes = fs::read(&path).unwrap();
        let name = b"layers.3.ffn.router\x4a";
        let at = bytes
            .windows(name.len())
            .position(|part| part == name)
            .unwrap();
        // Behind the tag a length of two bytes, then 16 x 4 numbers.
        let number = at + name.len() + 2;
        bytes[number..number + 4].copy_from_slice(&f32::NAN.to_le_bytes());
        fs::write(path, bytes).unwrap();
    });
    assert_eq!(error.kind(), ErrorKind::AssetsInvalid);
    assert!(
        said.contains("the router of layer 3 has 1 weights that are not finite"),
        "{said}"
    );
}

#[test]
fn bundles_whose_encoder_does_not_fit_are_refused_at_load() {
    let config = |edit: fn(&mut Value)| refused(move |dir| edited(&dir.join("config.json"), edit));
    type Edit = fn(&mut Value);
    let cases: [(Edit, &str); 11] = [
        (|c| c["format"] = json!(9), "format 9"),
        (|c| c["image"]["window"] = json!(4), "vision.onnx"),
        (|c| c["image"]["window"] = json!(1 << 20), "config.json"),
        (|c| c["image"]["std"] = json!([0.5, 0.0, 0.5]), "std"),
        (|c| c["vision"]["width"] = json!(32), "vision.onnx"),
        (|c| c["vision"]["n_heads"] = json!(0), "`n_heads` is 0"),
        (|c| c["views"]["tile"] = json!("tile {row}:"), "{column}"),
        (
            |c| c["tokens"]["image"] = json!("<|picture|>"),
            "<|picture|>",
        ),
        (|c| c["prompts"]["fields"] = json!("Fill in"), "{fields}"),
        (|c| c["tier"] = json!("moon"), "moon"),
        (|c| c["architecture"] = json!("cubist"), "tiled"),
    ];
    for (edit, wanted) in cases {
        let (error, said) = config(edit);
        assert_eq!(error.kind(), ErrorKind::AssetsInvalid, "{said}");
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    for name in ["vision.onnx", "adapter.onnx", "ends.onnx"] {
        let (error, said) = refused(|dir| fs::write(dir.join(name), "no graph").unwrap());
        assert_eq!(error.kind(), ErrorKind::AssetsInvalid, "{said}");
        assert!(said.contains(name), "{said}");
    }
    // Another graph in the adapter's place.
    let (_, said) = refused(|dir| {
        fs::copy(dir.join("ends.onnx"), dir.join("adapter.onnx")).unwrap();
    });
    assert!(said.contains("features"), "{said}");
}
