//! Memory over 1,000 runs. A process of its own, so that no other test's memory is counted.
#![cfg(target_os = "linux")]

use std::{fs, path::Path};

use foveate_onnx::{Graph, GraphOptions};
use ndarray::{Array3, array};

/// Resident kilobytes of this process.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// A decoder's loop: the past grows by one row at each step and is kept from step to step; 125
/// answers of 8 steps.
fn answers(graph: &Graph, count: usize) {
    let new = Array3::<f32>::ones((2, 1, 4));
    let ids = array![1_i64];
    for _ in 0..count {
        let first = Array3::<f32>::zeros((2, 512, 4));
        let inputs = [
            ("past", (&first).into()),
            ("new", (&new).into()),
            ("ids", (&ids).into()),
        ];
        let mut past = graph.run(&inputs).unwrap().keep("present").unwrap();
        for _ in 1..8 {
            let inputs = [
                ("past", (&past).into()),
                ("new", (&new).into()),
                ("ids", (&ids).into()),
            ];
            let mut outputs = graph.run(&inputs).unwrap();
            outputs.take::<f32, ndarray::Ix3>("attention").unwrap();
            past = outputs.keep("present").unwrap();
        }
    }
}

#[test]
fn a_thousand_runs_do_not_grow_the_process() {
    let graph = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/step.onnx");
    for arena in [true, false] {
        let graph = Graph::open(
            &graph,
            &GraphOptions {
                threads: 1,
                arena,
                ..GraphOptions::default()
            },
        )
        .unwrap();
        answers(&graph, 25);
        let before = resident();
        answers(&graph, 125);
        let grown = resident().saturating_sub(before);
        // 1,000 runs; a leak of one 33 kB past a run would be 33 MB. 1 MB is room for the
        // allocator.
        assert!(grown < 1024, "grew by {grown} kB, arena: {arena}");
    }
}
