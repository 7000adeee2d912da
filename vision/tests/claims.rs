//! What a header merely claims is not allocated. A process of its own, so that no other test's
//! memory is counted.
#![cfg(target_os = "linux")]

use std::{fs, path::Path};

use foveate_vision::{Limits, Pixels};

/// Kilobytes of address space that this process has had at most: what was allocated, whether it was
/// touched or not.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmPeak:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn nothing_is_allocated_for_a_claim() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bad");
    // The first picture brings in what is allocated once.
    Pixels::open(folder.join("sound.png"), &Limits::default()).unwrap();
    let mut claims = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // Those that claim 81 million pixels and more, a colour profile of 40 MB in 40 kB, an EXIF
        // block of 4 GB, and tiles of more.
        let marks = ["000x", "max", "bomb", "claims"];
        if !marks.iter().any(|mark| name.contains(mark)) {
            continue;
        }
        claims += 1;
        let before = peak();
        let _ = Pixels::open(&path, &Limits::default());
        let grown = peak() - before;
        assert!(grown < 4096, "{name}: grew by {grown} kB");
    }
    assert!(claims >= 14, "{claims}");
}
