//! Every refusal of `FORMAT.md`, by name.

mod data;
mod header_text;

use crate::{Cpu, Decoder, Kind, Limits};

fn golden() -> Vec<u8> {
    std::fs::read(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/two-bit.safetensors"),
    )
    .unwrap()
}

fn open(file: &[u8]) -> Result<(), crate::Error> {
    Decoder::read(file, file.len() as u64, Limits::default(), Cpu::scalar(), 1).map(drop)
}

fn refused(file: &[u8]) -> (Kind, String) {
    let error = open(file).expect_err("the file is broken");
    (error.kind(), error.place().to_owned())
}

/// The file with its header's text changed, and padded to 64 again.
fn header(change: impl Fn(String) -> String) -> Vec<u8> {
    let file = golden();
    let n = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let text = change(
        String::from_utf8(file[8..8 + n].to_vec())
            .unwrap()
            .trim_end()
            .to_owned(),
    );
    let padded = (text.len() + 8).next_multiple_of(64) - 8;
    let mut out = (padded as u64).to_le_bytes().to_vec();
    out.extend(format!("{text:padded$}").as_bytes());
    out.extend(&file[8 + n..]);
    out
}

/// As [`header`], by replacing text that must be there.
fn replaced(from: &str, to: &str) -> Vec<u8> {
    header(|text| {
        assert!(text.contains(from), "{from} is not in {text}");
        text.replacen(from, to, 1)
    })
}

fn kind(file: &[u8]) -> Kind {
    refused(file).0
}

/// The text of one tensor's entry.
fn entry(name: &str) -> String {
    let text = String::from_utf8_lossy(&golden()).into_owned();
    let start = text.find(&format!("\"{name}\":")).unwrap();
    text[start..=start + text[start..].find('}').unwrap()].to_owned()
}

/// Where a tensor's data begin in the file.
fn offset(name: &str) -> usize {
    let n = u64::from_le_bytes(golden()[..8].try_into().unwrap()) as usize;
    let entry = entry(name);
    let numbers = entry[entry.find("data_offsets").unwrap()..]
        .split(|c: char| !c.is_ascii_digit())
        .find(|s| !s.is_empty());
    8 + n + numbers.unwrap().parse::<usize>().unwrap()
}

#[test]
fn the_golden_file_is_accepted() {
    open(&golden()).unwrap();
    open(&header(|text| text)).unwrap();
}

#[test]
fn no_file() {
    let error = Decoder::open("/nowhere/decoder.safetensors", Cpu::scalar(), 1)
        .err()
        .unwrap();
    assert_eq!(error.kind(), Kind::Io);
    assert!(error.to_string().contains("/nowhere") && std::error::Error::source(&error).is_some());
}

#[test]
fn too_large_for_the_limit() {
    let file = golden();
    let limits = Limits {
        file: file.len() as u64 - 1,
        ..Limits::default()
    };
    let error = Decoder::read(&file[..], file.len() as u64, limits, Cpu::scalar(), 1)
        .err()
        .unwrap();
    assert_eq!(error.kind(), Kind::TooLarge);
}

#[test]
fn header_length() {
    for n in [0, 7] {
        assert_eq!(kind(&golden()[..n]), Kind::HeaderLength);
    }
    for n in [u64::MAX, u64::MAX - 7, 1 << 40, golden().len() as u64 - 7] {
        let mut file = golden();
        file[..8].copy_from_slice(&n.to_le_bytes());
        assert_eq!(kind(&file), Kind::HeaderLength);
    }
}
