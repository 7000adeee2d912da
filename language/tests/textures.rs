//! Weights of tracks stored as ASTC textures (`training/server/golden.py --textures`).

mod bundles;

use bundles::{bundle, copy, golden, options, run};
use foveate_kernels::astc_texels;
use foveate_language::{TextDecoder, TrackDecoder};
use ndarray::Array2;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::fs;
use std::path::Path;

/// A tensor of numbers.
fn numbers(file: &SafeTensors<'_>, name: &str) -> Vec<f32> {
    let tensor = file.tensor(name).unwrap();
    assert_eq!(tensor.dtype(), Dtype::F16);
    let halves = tensor.data().as_chunks().0.iter();
    halves
        .map(|b| half::f16::from_le_bytes(*b).to_f32())
        .collect()
}

/// The weights of a texture `[n, rows, cols]`, by the words of the format alone.
fn decoded(file: &SafeTensors<'_>, name: &str, [n, rows, cols]: [usize; 3]) -> Vec<f32> {
    let part = |end: &str| numbers(file, &format!("{name}.{end}"));
    let blocks = file.tensor(&format!("{name}.astc")).unwrap();
    let texels = astc_texels(blocks.data(), [n * rows, cols]).unwrap();
    let [min, step, a, b] = ["min", "step", "lora_a", "lora_b"].map(part);
    let rank = a.len() / (n * cols);
    let weight = |at: usize| {
        let (row, col) = (at / cols, at % cols);
        let start = min[row / 6] + step[row / 6] * f32::from(texels[at]);
        let update = (0..rank).map(|k| a[(row / rows * rank + k) * cols + col] * b[row * rank + k]);
        update.fold(start, |sum, x| sum + x)
    };
    (0..n * rows * cols).map(weight).collect()
}

/// The file of textures with its matrices as float32.
fn as_numbers(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut out: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
    for (name, tensor) in file.tensors() {
        let Some((matrix, end)) = name
            .rsplit_once('.')
            .filter(|_| tensor.dtype() == Dtype::U8)
        else {
            let of_texture = ["min", "step", "lora_a", "lora_b"];
            if !of_texture
                .iter()
                .any(|end| name.ends_with(&format!(".{end}")))
            {
                out.push((
                    name,
                    tensor.dtype(),
                    tensor.shape().to_vec(),
                    tensor.data().to_vec(),
                ));
            }
            continue;
        };
        assert_eq!(end, "astc");
        let [a, b] =
            ["lora_a", "lora_b"].map(|end| file.tensor(&format!("{matrix}.{end}")).unwrap());
        let shape = [a.shape()[0], b.shape()[1], a.shape()[2]];
        let weights = decoded(&file, matrix, shape);
        let data = weights.iter().flat_map(|w| w.to_le_bytes()).collect();
        let expert = matrix.contains(".ffn.") && shape[0] > 1;
        let shape = if expert {
            shape.to_vec()
        } else {
            shape[1..].to_vec()
        };
        out.push((matrix.to_owned(), Dtype::F32, shape, data));
    }
    let views = out.iter().map(|(name, dtype, shape, data)| {
        (name, TensorView::new(*dtype, shape.clone(), data).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

/// What texture blocks of 3.56 bits and a rank of 2 cost beside the same weights of 16 bits, in the
/// measure of `BY_BITS` in `tracks.rs`.
/// 0.747 was measured, of weights that are 0.15 from themselves: what is 0.08 from itself at 4 bits
/// comes to 0.283, since rows go to other experts.
const BY_TEXTURES: f32 = 0.9;

#[test]
fn weights_stored_as_textures_answer_as_the_decoded_ones() {
    let (golden, wide) = (golden("wide"), copy("wide"));
    let file = wide.path().join("track0.block0.safetensors");
    let textures = bundle("textures.safetensors");
    let size = |path: &Path| fs::metadata(path).unwrap().len();
    assert!(size(&textures) < size(&file) * 2 / 3);
    let answer = || {
        let decoder = TrackDecoder::open(wide.path(), &options()).unwrap();
        run(&decoder, &mut decoder.new_cache(), &golden, [0, 48]).unwrap()
    };
    let plain = answer();
    fs::copy(&textures, &file).unwrap();
    let stored = answer();
    fs::write(&file, as_numbers(&textures)).unwrap();
    let decoded = answer();
    assert_eq!(stored.hidden, decoded.hidden);
    assert_eq!(stored.logits, decoded.logits);
    let square = |x: &Array2<f32>| x.iter().map(|x| x * x).sum::<f32>();
    let apart = (square(&(&stored.hidden - &plain.hidden)) / square(&plain.hidden)).sqrt();
    println!("hidden rows by textures and by float16: {apart:.4} of their length apart");
    assert!(apart > 0.0 && apart < BY_TEXTURES, "{apart}");
}

#[test]
fn spoilt_textures_are_refused() {
    let wide = copy("wide");
    let file = wide.path().join("track0.block0.safetensors");
    let bytes = fs::read(bundle("textures.safetensors")).unwrap();
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let text = String::from_utf8(bytes[8..header].to_vec()).unwrap();
    let refused = |bytes: &[u8], why: &str| {
        fs::write(&file, bytes).unwrap();
        let error = TrackDecoder::open(wide.path(), &options()).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    };
    let renamed = |from: &str, to: &str| {
        assert_eq!((text.contains(from), from.len()), (true, to.len()));
        let text = text.replace(from, to);
        [&bytes[..8], text.as_bytes(), &bytes[header..]].concat()
    };
    refused(
        &renamed("layers.0.q.min", "layers.0.q.mix"),
        "layers.0.q.min",
    );
    refused(&renamed("layers.0.q.astc", "layers.0.q.astx"), "layers.0.q");
    let mut broken = bytes.clone();
    // Textures lie at the end: a block of zeros is reserved.
    let end = broken.len();
    broken[end - 16..].fill(0);
    refused(&broken, "none of ASTC's LDR profile");
}
