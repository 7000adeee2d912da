//! Headers that say something else than `FORMAT.md`.

use super::{entry, header, kind, refused, replaced};
use crate::Kind;

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
