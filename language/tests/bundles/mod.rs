//! The small decoders of tracks, what PyTorch says of them, and copies that are spoilt.
#![allow(dead_code, reason = "each test program uses a part")]

use foveate_language::{
    Cache, Output, Rows, TextDecoder, TokenId, TrackDecoder, TrackOptions, TrackPlaces,
};
use ndarray::{Array2, Axis, Slice};
use std::path::{Path, PathBuf};

pub fn bundle(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/tracks")
        .join(name)
}

/// One thread a track: what processes and threads are to agree on.
pub fn options() -> TrackOptions {
    TrackOptions {
        threads: 1,
        ..TrackOptions::default()
    }
}

pub fn open(name: &str) -> TrackDecoder {
    TrackDecoder::open(bundle(name), &options()).unwrap()
}

#[cfg(unix)]
pub fn in_processes() -> TrackOptions {
    TrackOptions {
        places: TrackPlaces::Processes {
            program: env!("CARGO_BIN_EXE_foveate-track").into(),
        },
        ..options()
    }
}

/// Rows, and PyTorch's answer to each.
pub struct Golden {
    pub ids: Vec<TokenId>,
    pub extra: Array2<f32>,
    pub hidden: Array2<f32>,
    pub logits: Array2<f32>,
}

pub fn golden(name: &str) -> Golden {
    let text = std::fs::read_to_string(bundle(name).join("golden.json")).unwrap();
    let all: serde_json::Value = serde_json::from_str(&text).unwrap();
    let table = |name: &str| {
        let rows: Vec<Vec<f32>> = serde_json::from_value(all[name].clone()).unwrap();
        Array2::from_shape_vec((rows.len(), rows[0].len()), rows.concat()).unwrap()
    };
    Golden {
        ids: serde_json::from_value(all["ids"].clone()).unwrap(),
        extra: table("extra"),
        hidden: table("hidden"),
        logits: table("logits"),
    }
}

/// Runs rows `from..to` of `golden`, and asks for all of them.
pub fn run(
    decoder: &dyn TextDecoder,
    cache: &mut Cache,
    golden: &Golden,
    [from, to]: [usize; 2],
) -> foveate_language::Result<Output> {
    let select: Vec<usize> = (0..to - from).collect();
    decoder.forward(
        cache,
        Rows {
            ids: &golden.ids[from..to],
            extra: golden.extra.slice_axis(Axis(0), Slice::from(from..to)),
            replaced: &[],
            select: &select,
        },
    )
}

/// The largest difference of two tables.
pub fn apart(a: &Array2<f32>, b: &Array2<f32>) -> f32 {
    assert_eq!(a.dim(), b.dim());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

/// How far an answer is from PyTorch's rows `from..`.
pub fn error(said: &Output, golden: &Golden, from: usize) -> f32 {
    let part = |table: &Array2<f32>, n: usize| {
        table
            .slice_axis(Axis(0), Slice::from(from..from + n))
            .to_owned()
    };
    let n = said.logits.nrows();
    let logits = apart(&said.logits, &part(&golden.logits, n));
    logits.max(apart(&said.hidden, &part(&golden.hidden, n)))
}

/// A copy of a bundle to spoil.
pub fn copy(name: &str) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(bundle(name)).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.path().join(file.file_name())).unwrap();
    }
    to
}
