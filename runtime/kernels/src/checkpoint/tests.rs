//! The values of every kind, and what is refused.

use std::io::Cursor;
use std::path::Path;

use super::*;

fn golden(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    std::fs::read(folder.join(name)).unwrap()
}

fn file(bytes: Vec<u8>) -> foveate_gguf::File<Cursor<Vec<u8>>> {
    let len = bytes.len() as u64;
    foveate_gguf::File::read(Cursor::new(bytes), len, Default::default()).unwrap()
}

/// `kinds.gguf` holds what the package `gguf` reads from it.
#[test]
fn values_of_every_kind() {
    let mut file = file(golden("kinds.gguf"));
    let golden = golden("kinds.f32");
    let mut golden = golden
        .as_chunks::<4>()
        .0
        .iter()
        .map(|b| f32::from_le_bytes(*b));
    let tensors = file.directory().tensors.clone();
    assert_eq!(tensors.len(), foveate_gguf::Kind::ALL.len());
    for (name, tensor) in tensors {
        let bytes = file.bytes(&tensor).unwrap();
        let matrix = import::linear(&name, tensor.kind, &bytes, 2, 256, |r| r).unwrap();
        for r in 0..2 {
            let mut row = [0.0; 256];
            matrix.row(r, &mut row);
            let expected: Vec<f32> = golden.by_ref().take(256).collect();
            assert_eq!(row.as_slice(), expected, "{name}, row {r}");
        }
    }
}

/// The file with some bytes replaced by as many others, everywhere.
fn replaced(name: &str, from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = golden(name);
    assert_eq!(from.len(), to.len());
    let places: Vec<usize> = (0..bytes.len() - from.len())
        .filter(|&i| bytes[i..].starts_with(from))
        .collect();
    assert!(!places.is_empty(), "{} is not there", from.escape_ascii());
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes
}

fn open(bytes: Vec<u8>) -> Result<Decoder> {
    let options = OpenOptions {
        threads: 1,
        ..OpenOptions::new(Cpu::scalar())
    };
    Decoder::from_gguf(file(bytes), &options)
}

fn refused(from: &[u8], to: &[u8]) -> Kind {
    open(replaced("qwen3.gguf", from, to))
        .err()
        .expect("the file is broken")
        .kind()
}

#[test]
fn what_does_not_fit_is_refused() {
    assert!(open(golden("qwen3.gguf")).is_ok());
    assert_eq!(refused(b"architecture", b"architekture"), Kind::Missing);
    let size = |key: &str, value: u32| {
        let mut to = key.as_bytes().to_vec();
        to.extend(4u32.to_le_bytes());
        let from = to.clone();
        to.extend(value.to_le_bytes());
        let whole = golden("qwen3.gguf");
        let at = (0..whole.len())
            .find(|&i| whole[i..].starts_with(&from))
            .unwrap();
        let old = &whole[at..at + to.len()];
        refused(old, &to)
    };
    assert_eq!(size("qwen3.block_count", 3), Kind::Missing);
    assert_eq!(size("qwen3.block_count", 1), Kind::Unknown);
    assert_eq!(size("qwen3.block_count", 0), Kind::Config);
    assert_eq!(size("qwen3.block_count", u32::MAX), Kind::Config);
    assert_eq!(size("qwen3.feed_forward_length", 97), Kind::Shape);
    assert_eq!(size("qwen3.attention.head_count_kv", 3), Kind::Config);
    assert_eq!(size("qwen3.attention.value_length", 16), Kind::Config);
    assert_eq!(refused(b"attn_q_norm", b"attn_q_nrom"), Kind::Missing);
    assert_eq!(
        refused(b"\x05\0\0\0\0\0\0\0qwen3", b"\x05\0\0\0\0\0\0\0qwen9"),
        Kind::Config
    );
    let attention = OpenOptions {
        attention: Attention::Int8,
        ..OpenOptions::new(Cpu::scalar())
    };
    let refused = Decoder::from_gguf(file(golden("llama.gguf")), &attention);
    assert_eq!(refused.err().unwrap().kind(), Kind::Input);
}

/// Norms and scales that are no numbers.
#[test]
fn values_that_are_no_numbers() {
    let mut from = golden("qwen3.gguf");
    let tensors = file(from.clone()).directory().tensors.clone();
    for name in [
        "output_norm.weight",
        "token_embd.weight",
        "blk.0.attn_q.weight",
    ] {
        let at = tensors[name].offset as usize;
        let old = from[at..at + 4].to_vec();
        from[at..at + 4].copy_from_slice(&[0, 0xfe, 0xff, 0xff]); // NaN as f16 and as f32
        let found = open(from.clone()).err().map(|e| e.kind());
        assert_eq!(found, Some(Kind::Value), "{name}");
        from[at..at + 4].copy_from_slice(&old);
    }
}
