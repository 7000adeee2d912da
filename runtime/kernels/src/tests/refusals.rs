//! Every refusal of `FORMAT.md`, by name.

use std::io::Read;

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

#[test]
fn header_text() {
    for text in [
        "",
        "[]",
        "{",
        "{\"a\": 1}",
        "null",
        "\"\\ud800\"",
        "{\"__metadata__\": {\"a\": 1}}",
        "{\"a\": {\"dtype\": \"U8\"}}",
    ] {
        assert_eq!(kind(&header(|_| text.to_owned())), Kind::Header, "{text}");
    }
    let twice = entry("norm");
    assert_eq!(
        kind(&replaced(&twice, &format!("{twice}, {twice}"))),
        Kind::Header
    );
    for bad in ["-32", "1e3", "99999999999999999999", "0.5", "\"32\""] {
        assert_eq!(
            kind(&replaced(
                &twice,
                &twice.replace("[32]", &format!("[{bad}]"))
            )),
            Kind::Header,
            "{bad}"
        );
    }
    let deep = format!("{{\"a\": {}1{}}}", "[".repeat(20_000), "]".repeat(20_000));
    assert_eq!(kind(&header(|_| deep.clone())), Kind::Header);
}

#[test]
fn metadata() {
    for (from, to) in [
        ("\"foveate-decoder\"", "\"gguf\""),
        ("\"version\": \"1\"", "\"version\": \"2\""),
        ("\"int8\"", "\"int4\""),
    ] {
        assert_eq!(kind(&replaced(from, to)), Kind::Metadata);
    }
    for key in ["format", "version", "attention", "config"] {
        assert_eq!(
            refused(&replaced(&format!("\"{key}\""), "\"other\"")),
            (Kind::Metadata, format!("metadata `{key}`"))
        );
    }
}

#[test]
fn config() {
    let cases = [
        ("dim\\\": 32", "dim\\\": 0"),
        ("dim\\\": 32", "dim\\\": 18446744073709551615"),
        ("n_layers_kv\\\": 2", "n_layers_kv\\\": 0"),
        ("n_layers_kv\\\": 2", "n_layers_kv\\\": 4000000000"),
        ("n_layers_shared\\\": 1", "n_layers_shared\\\": 100000"),
        ("n_kv_heads\\\": 2", "n_kv_heads\\\": 3"),
        ("head_dim\\\": 12", "head_dim\\\": 13"),
        ("vocab_size\\\": 40", "vocab_size\\\": 1e30"),
        ("vocab_size\\\": 40", "vocab_size\\\": -1"),
        ("rope_theta\\\": 500000.0", "rope_theta\\\": 0"),
        ("norm_eps\\\": 1e-05", "norm_eps\\\": -1"),
        ("context\\\": 128", "context\\\": 1000000000"),
        ("\\\"context\\\": 128", "\\\"other\\\": 1"),
    ];
    for (from, to) in cases {
        assert_eq!(kind(&replaced(from, to)), Kind::Config, "{to}");
    }
}

/// Sizes beyond `usize` when summed, which must not wrap.
#[test]
fn config_that_overflows() {
    let file = replaced(
        "n_layers_shared\\\": 1",
        "n_layers_shared\\\": 18446744073709551615",
    );
    assert_eq!(kind(&file), Kind::Config);
    let file = replaced("head_dim\\\": 12", "head_dim\\\": 9223372036854775808");
    assert_eq!(kind(&file), Kind::Config);
}

#[test]
fn missing_and_unknown() {
    let norm = entry("norm");
    assert_eq!(
        refused(&replaced("\"norm\":", "\"nrm\":")),
        (Kind::Missing, "tensor `norm`".into())
    );
    for (name, other) in [
        ("embed.w4", "embed.w5"),
        ("layers.1.up.scale", "layers.1.up.scales"),
        ("layers.1.kv_scale", "layers.1.kv"),
    ] {
        assert_eq!(
            kind(&replaced(&format!("\"{name}\":"), &format!("\"{other}\":"))),
            Kind::Missing,
            "{name}"
        );
    }
    let file = replaced("\"layers.0.kv_scale\":", "\"layers.7.kv_scale\":");
    assert_eq!(kind(&file), Kind::Unknown);
    let empty = norm.replace("norm", "extra").replace("[32]", "[0]");
    let end = empty
        .rsplit(", ")
        .next()
        .unwrap()
        .trim_end_matches("]}")
        .to_owned();
    let start = empty
        .split("data_offsets\": [")
        .nth(1)
        .unwrap()
        .split(',')
        .next()
        .unwrap()
        .to_owned();
    let empty = empty.replace(&format!("[{start}, {end}]"), &format!("[{start}, {start}]"));
    assert_eq!(
        refused(&replaced(&norm, &format!("{empty}, {norm}"))),
        (Kind::Unknown, "tensor `extra`".into())
    );
    for twin in ["embed.w2", "layers.0.q.f32", "embed.f32"] {
        let empty = empty.replace("extra", twin);
        assert_eq!(
            kind(&replaced(&norm, &format!("{empty}, {norm}"))),
            Kind::Unknown,
            "{twin}"
        );
    }
}

#[test]
fn dtype_and_shape() {
    let (norm, codes) = (entry("norm"), entry("embed.w4"));
    assert_eq!(
        kind(&replaced(&norm, &norm.replace("F32", "F16"))),
        Kind::Dtype
    );
    let bytes = kind(&replaced(
        &norm,
        &norm.replace("[32]", "[128]").replace("F32", "U8"),
    ));
    assert!(matches!(bytes, Kind::Misaligned | Kind::Dtype));
    let (first, second) = (
        codes.replace("U8", "F32"),
        codes.replace("U8", "F32").replace("64]", "16]"),
    );
    assert_eq!(kind(&replaced(&codes, &first)), Kind::Shape);
    assert_eq!(kind(&replaced(&codes, &second)), Kind::Dtype);
    for shape in [
        "[31]",
        "[33]",
        "[]",
        "[4294967296, 4294967296]",
        "[18446744073709551615]",
        "[32, 0]",
    ] {
        assert_eq!(
            kind(&replaced(&norm, &norm.replace("[32]", shape))),
            Kind::Shape,
            "{shape}"
        );
    }
    for shape in ["[32, 1]", "[16, 2]", "[1, 32]"] {
        assert_eq!(
            kind(&replaced(&norm, &norm.replace("[32]", shape))),
            Kind::Shape,
            "{shape}"
        );
    }
    let scale = entry("embed.scale");
    for shape in ["[3, 16]", "[3, 0, 16]", "[3, 16, 1]", "[1, 3, 16]"] {
        assert_eq!(
            kind(&replaced(&scale, &scale.replace("[3, 1, 16]", shape))),
            Kind::Shape,
            "{shape}"
        );
    }
    assert_eq!(
        kind(&replaced("head_dim\\\": 12", "head_dim\\\": 16")),
        Kind::Shape
    );
}

#[test]
fn places() {
    let norm = entry("norm");
    let offsets = |begin: i64, end: i64| {
        let tail = norm.split("data_offsets\": [").nth(1).unwrap();
        let mut numbers = tail
            .trim_end_matches("]}")
            .split(", ")
            .map(|n| n.parse::<i64>().unwrap());
        let (b, e) = (
            numbers.next().unwrap() + begin,
            numbers.next().unwrap() + end,
        );
        replaced(
            &norm,
            &format!(
                "{}data_offsets\": [{b}, {e}]}}",
                norm.split("data_offsets").next().unwrap()
            ),
        )
    };
    assert_eq!(refused(&offsets(-4, -4)).0, Kind::Overlap);
    assert_eq!(kind(&offsets(1, 1)), Kind::Misaligned);
    assert_eq!(kind(&offsets(4, 4)), Kind::Gap);
    assert_eq!(kind(&offsets(128, 0)), Kind::Shape);
    assert_eq!(kind(&offsets(1 << 40, 1 << 40)), Kind::Gap);
}

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

/// Every single-byte change of the header, and many of the data, either opens or is refused: no panic.
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
