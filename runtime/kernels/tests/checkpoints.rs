//! Tiny checkpoints of every family, written by `golden/make_checkpoints.py` with the logits that
//! `transformers` gives in float32 for the values they hold.

use std::path::{Path, PathBuf};

use foveate_kernels::{Attention, Cpu, Decoder, Input, OpenOptions};

const ROWS: [usize; 3] = [0, 20, 39];

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

fn open(family: &str, cpu: Cpu, threads: usize, attention: Attention) -> Decoder {
    let options = OpenOptions {
        threads,
        attention,
        ..OpenOptions::new(cpu)
    };
    Decoder::open_gguf(golden(&format!("{family}.gguf")), &options).unwrap()
}

fn ids() -> Vec<u32> {
    (0..40).map(|i| (7 * i + 3) % 64).collect()
}

/// The logits of `ROWS`, in calls of these lengths.
fn run(decoder: &Decoder, calls: &[usize]) -> Vec<f32> {
    run_on(decoder, &ids(), calls, &ROWS)
}

/// The logits of some rows, in calls of these lengths.
fn run_on(decoder: &Decoder, ids: &[u32], calls: &[usize], rows: &[usize]) -> Vec<f32> {
    let (mut cache, mut out) = (decoder.cache(), Vec::new());
    for &n in calls {
        let past = cache.len();
        let of_call = |r: &usize| r.checked_sub(past).filter(|r| *r < n);
        let select: Vec<usize> = rows.iter().filter_map(of_call).collect();
        let input = Input {
            ids: &ids[past..past + n],
            select: &select,
            ..Input::default()
        };
        out.extend(decoder.run(&mut cache, input).unwrap().logits);
    }
    out
}

fn floats(name: &str) -> Vec<f32> {
    let bytes = std::fs::read(golden(name)).unwrap();
    let floats = bytes.as_chunks::<4>().0.iter();
    floats.map(|b| f32::from_le_bytes(*b)).collect()
}

/// The difference of two sets of logits, as a part of the second's size.
fn error(a: &[f32], b: &[f32]) -> f64 {
    let square = |x: f32| f64::from(x).powi(2);
    let apart: f64 = a.iter().zip(b).map(|(a, b)| square(a - b)).sum();
    (apart / b.iter().map(|&x| square(x)).sum::<f64>()).sqrt()
}

/// A Hugging Face folder: weights in float, so that only the cache is off.
#[test]
fn a_folder_of_several_files() {
    for (attention, most) in [(Attention::Measured, 0.02), (Attention::F16, 2e-3)] {
        let options = OpenOptions {
            threads: 2,
            attention,
            ..OpenOptions::new(Cpu::detect().unwrap())
        };
        let decoder = Decoder::open_folder(golden("gemma3"), &options).unwrap();
        let error = error(&run(&decoder, &[40]), &floats("gemma3-folder.f32"));
        println!("{attention:?}: {:.3}% of the logits' size", 100.0 * error);
        assert!(error < most, "{attention:?}: {error}");
    }
    let options = OpenOptions::new(Cpu::scalar());
    let refused = Decoder::open_folder(golden(""), &options).err().unwrap();
    assert_eq!(refused.kind(), foveate_kernels::Kind::Io);
    assert!(refused.to_string().contains("config.json"));
}

/// Within what int8 activations (and keys and values) move logits; and the same bits everywhere.
#[test]
fn logits_are_those_of_transformers() {
    for family in ["llama", "qwen2", "qwen3", "gemma3"] {
        let golden = floats(&format!("{family}.f32"));
        for attention in [Attention::Measured, Attention::F16] {
            let oracle = run(&open(family, Cpu::scalar(), 1, attention), &[40]);
            let error = error(&oracle, &golden);
            println!(
                "{family}, {attention:?}: {:.2}% of the logits' size",
                100.0 * error
            );
            assert!(error < 0.03, "{family} {attention:?}: {error}");
            for cpu in Cpu::available() {
                let decoder = open(family, cpu, 3, attention);
                assert_eq!(run(&decoder, &[40]), oracle, "{family} {}", cpu.name());
                let cut = run(&decoder, &[1, 8, 9, 3, 18, 1]);
                assert_eq!(cut, oracle, "{family} {} in calls", cpu.name());
            }
        }
    }
}

/// Palettes in the place of some matrices of the second layer, of files that order rows otherwise
/// and of files that do not.
#[test]
fn palettes_stand_in_the_place_of_matrices() {
    for family in ["llama", "qwen3"] {
        let palettes = golden(&format!("{family}-palettes.safetensors"));
        let run = |cpu, threads, calls: &[usize]| {
            let options = OpenOptions {
                threads,
                palettes: Some(palettes.clone()),
                ..OpenOptions::new(cpu)
            };
            let file = golden(&format!("{family}.gguf"));
            run(&Decoder::open_gguf(file, &options).unwrap(), calls)
        };
        let oracle = run(Cpu::scalar(), 1, &[40]);
        let error = error(&oracle, &floats(&format!("{family}-palettes.f32")));
        println!("{family}: {:.2}% of the logits' size", 100.0 * error);
        assert!(error < 0.03, "{family}: {error}");
        for cpu in Cpu::available() {
            assert_eq!(run(cpu, 3, &[40]), oracle, "{family} {}", cpu.name());
            let cut = run(cpu, 2, &[1, 8, 9, 3, 18, 1]);
            assert_eq!(cut, oracle, "{family} {} in calls", cpu.name());
        }
    }
}

/// Over several pages of the cache, with as many queries at once as attention takes.
#[test]
fn pages_do_not_matter() {
    let (ids, rows) = ((0..200).map(|i| (11 * i + 5) % 64), [63, 64, 130, 199]);
    let ids: Vec<u32> = ids.collect();
    for family in ["llama", "qwen2", "qwen3", "gemma3"] {
        let float = open(family, Cpu::scalar(), 1, Attention::F16);
        let oracle = run_on(&float, &ids, &[200], &rows);
        let measured = open(family, Cpu::scalar(), 1, Attention::Measured);
        let error = error(&run_on(&measured, &ids, &[200], &rows), &oracle);
        assert!(error < 0.03, "{family}: {error}");
        for cpu in Cpu::available() {
            let decoder = open(family, cpu, 3, Attention::F16);
            for calls in [&[200][..], &[60, 8, 1, 70, 61]] {
                let found = run_on(&decoder, &ids, calls, &rows);
                assert_eq!(found, oracle, "{family} {} {calls:?}", cpu.name());
            }
        }
    }
}

/// A row may be a token, a token and a vector, or an embedding instead of a token.
#[test]
fn rows_without_tokens() {
    for family in ["qwen3", "gemma3"] {
        let decoder = open(family, Cpu::detect().unwrap(), 1, Attention::Measured);
        let (ids, dim) = (ids(), decoder.config().dim);
        let plain = run(&decoder, &[40]);
        let mut swapped = ids.clone();
        let mut extra = vec![0.0; 40 * dim];
        for i in [0, 7, 39] {
            swapped[i] = Input::NO_TOKEN;
            let embedding = decoder.embedding(ids[i]).unwrap();
            extra[i * dim..(i + 1) * dim].copy_from_slice(&embedding);
        }
        let input = Input {
            ids: &swapped,
            extra: Some(&extra),
            select: &ROWS,
            ..Input::default()
        };
        let out = decoder.run(&mut decoder.cache(), input).unwrap();
        assert_eq!(out.logits, plain);
        let alone = Input {
            extra: None,
            ..input
        };
        assert!(decoder.run(&mut decoder.cache(), alone).is_err());
    }
}
