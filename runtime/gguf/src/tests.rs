//! Files written here by the specification, and every way to be refused.

use std::io::Cursor;

use super::*;

/// A file under construction.
#[derive(Clone)]
struct Draft {
    magic: [u8; 4],
    version: u32,
    pairs: Vec<(Vec<u8>, u32, Vec<u8>)>,
    /// Name, sizes, kind, offset.
    tensors: Vec<(String, Vec<u64>, u32, u64)>,
    data: usize,
    /// Added to the counts.
    lie: [u64; 2],
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u64).to_le_bytes()[..], bytes].concat()
}

fn strings(items: &[&[u8]]) -> Vec<u8> {
    let mut out = 8u32.to_le_bytes().to_vec();
    out.extend((items.len() as u64).to_le_bytes());
    items.iter().for_each(|i| out.extend(string(i)));
    out
}

/// Two tensors and some metadata.
fn draft() -> Draft {
    let pair = |key: &str, kind, value: &[u8]| (key.as_bytes().to_vec(), kind, value.to_vec());
    Draft {
        magic: *b"GGUF",
        version: 3,
        pairs: vec![
            pair("general.architecture", 8, &string(b"llama")),
            pair("llama.block_count", 4, &2u32.to_le_bytes()),
            pair("rope", 6, &1e4f32.to_le_bytes()),
            pair("yes", 7, &[1]),
            pair("tokens", 9, &strings(&[b"a", b"\xff"])),
        ],
        tensors: vec![
            ("a".into(), vec![64, 2], Kind::Q4_0.number(), 0),
            ("b".into(), vec![3], Kind::F32.number(), 96),
        ],
        data: 108,
        lie: [0; 2],
    }
}

impl Draft {
    fn write(&self) -> Vec<u8> {
        let mut out = self.magic.to_vec();
        out.extend(self.version.to_le_bytes());
        out.extend((self.tensors.len() as u64 + self.lie[0]).to_le_bytes());
        out.extend((self.pairs.len() as u64 + self.lie[1]).to_le_bytes());
        for (key, kind, value) in &self.pairs {
            out.extend(string(key));
            out.extend(kind.to_le_bytes());
            out.extend(value);
        }
        for (name, sizes, kind, offset) in &self.tensors {
            out.extend(string(name.as_bytes()));
            out.extend((sizes.len() as u32).to_le_bytes());
            sizes.iter().for_each(|s| out.extend(s.to_le_bytes()));
            out.extend(kind.to_le_bytes());
            out.extend(offset.to_le_bytes());
        }
        out.resize(out.len().next_multiple_of(32), 0);
        out.extend((0..self.data).map(|i| i as u8));
        out
    }

    fn with(&self, change: impl Fn(&mut Self)) -> Self {
        let mut draft = self.clone();
        change(&mut draft);
        draft
    }

    fn open(&self) -> Result<File<Cursor<Vec<u8>>>> {
        open(self.write())
    }

    fn refused(&self) -> ErrorKind {
        self.open().expect_err("the file is broken").kind()
    }
}

fn open(bytes: Vec<u8>) -> Result<File<Cursor<Vec<u8>>>> {
    let len = bytes.len() as u64;
    File::read(Cursor::new(bytes), len, Limits::default())
}

#[test]
fn what_is_written_is_read() {
    for version in [2, 3] {
        let mut file = draft().with(|d| d.version = version).open().unwrap();
        let d = file.directory().clone();
        assert_eq!(d.version, version);
        assert_eq!(d.text("general.architecture").unwrap(), "llama");
        assert_eq!(d.size("llama.block_count").unwrap(), 2);
        assert_eq!(d.number("rope").unwrap(), 10_000.0);
        assert_eq!(d.metadata["yes"], Value::Bool(true));
        let tokens = Value::Strings(vec![b"a".to_vec(), vec![255]]);
        assert_eq!(d.metadata["tokens"], tokens);
        assert_eq!(d.size("rope").unwrap_err().kind(), ErrorKind::Missing);
        let a = &d.tensors["a"];
        assert_eq!(
            (a.sizes.as_slice(), a.elements(), a.len),
            (&[64, 2][..], 128, 72)
        );
        let bytes = file.bytes(&d.tensors["b"]).unwrap();
        assert_eq!(bytes, (96..108).collect::<Vec<u8>>());
    }
}

#[test]
fn beginnings() {
    let d = draft();
    assert_eq!(d.with(|d| d.magic = *b"GGML").refused(), ErrorKind::Format);
    for version in [0, 1, 4, 3 << 24] {
        assert_eq!(d.with(|d| d.version = version).refused(), ErrorKind::Format);
    }
    assert_eq!(open(Vec::new()).unwrap_err().kind(), ErrorKind::Truncated);
    let missing = File::open("/nowhere/model.gguf").unwrap_err();
    assert!(missing.kind() == ErrorKind::Io && missing.to_string().contains("/nowhere"));
    assert_eq!(File::open("/").unwrap_err().kind(), ErrorKind::Io);
}

/// A count of anything that the file cannot hold is refused before memory is taken.
#[test]
fn counts_and_lengths() {
    let d = draft();
    for lie in [1 << 20, 1 << 40, u64::MAX - 8] {
        assert_eq!(d.with(|d| d.lie[0] = lie).refused(), ErrorKind::Truncated);
        assert_eq!(d.with(|d| d.lie[1] = lie).refused(), ErrorKind::Truncated);
        let long = |kind: u32| {
            let mut value = kind.to_le_bytes().to_vec();
            value.extend(lie.to_le_bytes());
            value
        };
        for kind in [0, 5, 6, 7, 8, 12] {
            let draft = d.with(|d| d.pairs[4].2 = long(kind));
            assert_eq!(draft.refused(), ErrorKind::Truncated);
        }
        let draft = d.with(|d| d.pairs[0].2 = lie.to_le_bytes().to_vec());
        assert_eq!(draft.refused(), ErrorKind::Truncated);
    }
    let whole = d.write();
    for n in 0..whole.len() {
        assert_eq!(
            open(whole[..n].to_vec()).unwrap_err().kind(),
            ErrorKind::Truncated,
            "{n}"
        );
    }
}

#[test]
fn limits() {
    let bytes = draft().write();
    let read = |file, directory| {
        let limits = Limits { file, directory };
        Directory::read(&bytes[..], bytes.len() as u64, limits).map_err(|e| e.kind())
    };
    assert_eq!(
        read(bytes.len() as u64 - 1, 1 << 20).unwrap_err(),
        ErrorKind::TooLarge
    );
    assert_eq!(read(1 << 20, 100).unwrap_err(), ErrorKind::TooLarge);
    assert!(read(bytes.len() as u64, 1 << 20).is_ok());
}

#[test]
fn names_and_values() {
    let d = draft();
    let key = |key: &[u8]| d.with(|d| d.pairs[2].0 = key.to_vec()).refused();
    assert_eq!(key(b"yes"), ErrorKind::Name);
    assert_eq!(key(b""), ErrorKind::Name);
    assert_eq!(key(b"\xff"), ErrorKind::Name);
    assert_eq!(key(&[b'k'; 65_536]), ErrorKind::Name);
    assert_eq!(
        d.with(|d| d.tensors[0].0 = "b".into()).refused(),
        ErrorKind::Name
    );
    assert_eq!(
        d.with(|d| d.tensors[0].0 = String::new()).refused(),
        ErrorKind::Name
    );
    assert_eq!(
        d.with(|d| d.pairs[3].2 = vec![2]).refused(),
        ErrorKind::Value
    );
    assert_eq!(d.with(|d| d.pairs[3].1 = 13).refused(), ErrorKind::Value);
    assert_eq!(
        d.with(|d| d.pairs[0].2 = string(b"\xff")).refused(),
        ErrorKind::Value
    );
    let nested = [&9u32.to_le_bytes()[..], &1u64.to_le_bytes()].concat();
    assert_eq!(
        d.with(|d| d.pairs[4].2 = nested.clone()).refused(),
        ErrorKind::Value
    );
    let beyond = [&10u32.to_le_bytes()[..], &1u64.to_le_bytes(), &[255; 8]].concat();
    assert_eq!(
        d.with(|d| d.pairs[4].2 = beyond.clone()).refused(),
        ErrorKind::Value
    );
}

#[test]
fn shapes_and_kinds() {
    let d = draft();
    for kind in [4, 9, 31, u32::MAX] {
        assert_eq!(d.with(|d| d.tensors[0].2 = kind).refused(), ErrorKind::Kind);
    }
    let shapes: [&[u64]; 6] = [
        &[],
        &[32; 5],
        &[33, 2],
        &[0],
        &[1 << 40, 1 << 40],
        &[u64::MAX - 31],
    ];
    for shape in shapes {
        let kind = d.with(|d| d.tensors[0].1 = shape.to_vec()).refused();
        assert!(
            matches!(kind, ErrorKind::Shape | ErrorKind::Truncated),
            "{shape:?}"
        );
    }
}

#[test]
fn places() {
    let d = draft();
    let at = |offset| d.with(|d| d.tensors[1].3 = offset).refused();
    assert_eq!(at(95), ErrorKind::Misaligned);
    assert_eq!(at(64), ErrorKind::Overlap);
    assert_eq!(at(128), ErrorKind::Truncated);
    assert_eq!(at(u64::MAX - 31), ErrorKind::Truncated);
    for alignment in [0u32, 4, 33, 1 << 20] {
        let pair = (
            b"general.alignment".to_vec(),
            4,
            alignment.to_le_bytes().to_vec(),
        );
        let draft = d.with(|d| d.pairs.push(pair.clone()));
        assert_eq!(draft.refused(), ErrorKind::Misaligned);
    }
}
