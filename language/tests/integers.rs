//! Weights of tracks stored as integers for the kernels, and bundles that have no others.

mod bundles;

use bundles::{copy, golden, options, run};
use foveate_language::{Output, TextDecoder, TrackCompute, TrackDecoder, TrackError, TrackOptions};
use half::f16;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::fs;
use std::path::Path;

type Stored = (String, Dtype, Vec<usize>, Vec<u8>);

/// A matrix as integers with a scale for each row, and as the float32 that they stand for.
fn rounded(name: &str, shape: &[usize], values: &[f32]) -> [Vec<Stored>; 2] {
    let cols = *shape.last().unwrap();
    let (mut codes, mut scales, mut floats) = (Vec::new(), Vec::new(), Vec::new());
    for row in values.chunks_exact(cols) {
        let most = row.iter().fold(0.0f32, |most, x| most.max(x.abs()));
        let scale = f16::from_f32((most / 127.0).max(2f32.powi(-14)));
        scales.extend(scale.to_le_bytes());
        for x in row {
            let code = (x / scale.to_f32()).round().clamp(-127.0, 127.0) as i8;
            codes.push(code.cast_unsigned());
            floats.extend((f32::from(code) * scale.to_f32()).to_le_bytes());
        }
    }
    let (all, rows) = (shape.to_vec(), shape[..shape.len() - 1].to_vec());
    [
        vec![
            (format!("{name}.i8"), Dtype::I8, all.clone(), codes),
            (format!("{name}.scale"), Dtype::F16, rows, scales),
        ],
        vec![(name.to_owned(), Dtype::F32, all, floats)],
    ]
}

/// A block's file with its matrices but the routers as integers, and as what these stand for.
fn as_integers(path: &Path) -> [Vec<u8>; 2] {
    let bytes = fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut files: [Vec<Stored>; 2] = Default::default();
    for (name, tensor) in file.tensors() {
        let shape = tensor.shape().to_vec();
        let halves = tensor.data().as_chunks().0.iter();
        let values: Vec<f32> = halves.map(|b| f16::from_le_bytes(*b).to_f32()).collect();
        let matrix = shape.len() > 1 && !name.ends_with("router");
        let whole = || {
            vec![(
                name.clone(),
                tensor.dtype(),
                shape.clone(),
                tensor.data().to_vec(),
            )]
        };
        let made = match matrix {
            true => rounded(&name, &shape, &values),
            false => [whole(), whole()],
        };
        for (file, part) in files.iter_mut().zip(made) {
            file.extend(part);
        }
    }
    files.map(|tensors| {
        let views = tensors.iter().map(|(name, dtype, shape, data)| {
            (name, TensorView::new(*dtype, shape.clone(), data).unwrap())
        });
        safetensors::serialize(views, None).unwrap()
    })
}

fn answer(dir: &Path) -> Output {
    let decoder = TrackDecoder::open(dir, &options()).unwrap();
    run(&decoder, &mut decoder.new_cache(), &golden("wide"), [0, 48]).unwrap()
}

#[test]
fn integers_answer_as_what_they_stand_for_and_need_no_graphs() {
    let wide = copy("wide");
    let file = wide.path().join("track0.block0.safetensors");
    let [integers, floats] = as_integers(&file);
    assert!(integers.len() < fs::read(&file).unwrap().len() * 2 / 3);
    fs::write(&file, floats).unwrap();
    let stood_for = answer(wide.path());
    fs::write(&file, integers).unwrap();
    fs::remove_file(wide.path().join("track0.block0.onnx")).unwrap();
    let stored = answer(wide.path());
    assert_eq!(stored.hidden, stood_for.hidden);
    assert_eq!(stored.logits, stood_for.logits);
}

#[test]
fn a_block_that_is_missing_is_named() {
    let refused = |dir: &Path, compute, missing: &str| {
        let options = TrackOptions {
            compute,
            ..options()
        };
        let error = TrackDecoder::open(dir, &options).unwrap_err();
        let Some(TrackError::MissingTrack { path, .. }) = TrackError::of(&error) else {
            panic!("{error}");
        };
        assert_eq!(path.file_name().unwrap().to_str().unwrap(), missing);
    };
    let wide = copy("wide");
    let graph = "track0.block0.onnx";
    fs::remove_file(wide.path().join(graph)).unwrap();
    refused(wide.path(), TrackCompute::Graphs, graph);
    fs::remove_file(wide.path().join("track0.block0.safetensors")).unwrap();
    refused(wide.path(), TrackCompute::Auto, graph);
}

#[test]
fn spoilt_integers_are_refused() {
    let wide = copy("wide");
    let file = wide.path().join("track0.block0.safetensors");
    let [bytes, _] = as_integers(&file);
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let text = String::from_utf8(bytes[8..header].to_vec()).unwrap();
    for (from, to, why) in [
        ("layers.0.q.scale", "layers.0.q.scalx", "layers.0.q.scale"),
        ("layers.0.q.i8", "layers.0.q.i9", "layers.0.q"),
        ("\"I8\"", "\"U8\"", "i8"),
    ] {
        assert!(text.contains(from));
        let changed = text.replace(from, to);
        fs::write(
            &file,
            [&bytes[..8], changed.as_bytes(), &bytes[header..]].concat(),
        )
        .unwrap();
        let error = TrackDecoder::open(wide.path(), &options()).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
}
