//! Data of the wrong length, place or value, and bytes changed at random.

use std::io::Read;

use super::{entry, golden, kind, offset, open, refused, replaced};
use crate::{Cpu, Decoder, Kind, Limits};

#[test]
fn truncated_and_overlong() {
    let file = golden();
    for cut in [1, 4, 1000] {
        assert_eq!(kind(&file[..file.len() - cut]), Kind::Truncated);
    }
    assert_eq!(
        refused(&[&file[..], &[0]].concat()),
        (Kind::Gap, "end of file".into())
    );
    // Shorter than its declared length while it is read.
    let error = Decoder::read(
        file[..file.len() - 9].chain(&b""[..]),
        file.len() as u64,
        Limits::default(),
        Cpu::scalar(),
        1,
    );
    assert_eq!(error.err().unwrap().kind(), Kind::Io);
}

#[test]
fn data_not_at_a_multiple_of_64() {
    let file = golden();
    let n = u64::from_le_bytes(file[..8].try_into().unwrap());
    let mut shifted = (n + 8).to_le_bytes().to_vec();
    shifted.extend(&file[8..8 + n as usize]);
    shifted.extend(b"        ");
    shifted.extend(&file[8 + n as usize..]);
    assert_eq!(refused(&shifted), (Kind::Misaligned, "data".into()));
}

#[test]
fn values() {
    let cases = [
        ("embed.scale", f32::NAN),
        ("layers.2.down.scale", -1.0),
        ("layers.0.q.scale", f32::INFINITY),
        ("norm", f32::NAN),
        ("layers.1.k_norm", f32::NEG_INFINITY),
        ("layers.1.kv_scale", 0.0),
        ("layers.0.kv_scale", -1.0),
        ("layers.0.kv_scale", 1e-42),
    ];
    for (name, value) in cases {
        let (mut file, at) = (golden(), offset(name));
        file[at..at + 4].copy_from_slice(&value.to_le_bytes());
        assert_eq!(
            refused(&file),
            (Kind::Value, format!("tensor `{name}`")),
            "{value}"
        );
    }
}

/// Huge declared sizes must not be allocated: the header is refused before the data are.
#[test]
fn nothing_is_allocated_for_what_is_merely_declared() {
    let huge = 1u64 << 50;
    let norm = entry("norm");
    let tail = norm
        .split("data_offsets\": [")
        .nth(1)
        .unwrap()
        .split(',')
        .next()
        .unwrap();
    let begin: u64 = tail.parse().unwrap();
    let claim = norm.replace("[32]", &format!("[{huge}]"));
    let claim = format!(
        "{}data_offsets\": [{begin}, {}]}}",
        claim.split("data_offsets").next().unwrap(),
        begin + 4 * huge
    );
    assert!(matches!(
        kind(&replaced(&norm, &claim)),
        Kind::Overlap | Kind::Truncated | Kind::Shape
    ));
}

/// Every single-byte change of the header, and many of the data, either opens or is refused: no
/// panic.
#[test]
fn any_byte_may_be_wrong() {
    let file = golden();
    let n = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let mut random = crate::random::Random::new(9);
    // Under Miri a few of them are enough to see that no view leaves its memory.
    let (every, times) = if cfg!(miri) { (97, 5) } else { (1, 2000) };
    for at in (0..8 + n).step_by(every) {
        let mut file = file.clone();
        file[at] ^= 1 << random.below(8);
        let _ = open(&file);
    }
    for _ in 0..times {
        let mut file = file.clone();
        for _ in 0..1 + random.below(4) {
            let at = random.below(file.len());
            file[at] = random.byte();
        }
        file.truncate(file.len() - random.below(2) * random.below(file.len()));
        let _ = open(&file);
    }
}
