//! The directory: metadata and where the tensors lie, wholly checked.

use std::collections::BTreeMap;
use std::io::Read;

use crate::error::{Error, ErrorKind, Result};
use crate::kind::Kind;
use crate::source::Source;
use crate::value::Value;

/// What a file may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the whole file. Default 64 GiB.
    pub file: u64,
    /// Bytes of the directory. Default 64 MiB: a vocabulary of 262,144 tokens takes some 10.
    pub directory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file: 64 << 30,
            directory: 64 << 20,
        }
    }
}

/// Where a tensor lies, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// Element type.
    pub kind: Kind,
    /// Sizes as the file has them, the fastest first: a matrix is `[columns, rows]`.
    pub sizes: Vec<usize>,
    /// From the beginning of the file.
    pub offset: u64,
    /// Bytes.
    pub len: usize,
}

impl Tensor {
    /// Elements.
    pub fn elements(&self) -> usize {
        self.sizes.iter().product() // checked when it was read
    }
}

/// Metadata and tensors of a file.
#[derive(Clone, Debug)]
pub struct Directory {
    /// 2 or 3.
    pub version: u32,
    /// Metadata by key.
    pub metadata: BTreeMap<String, Value>,
    /// Tensors by name.
    pub tensors: BTreeMap<String, Tensor>,
}

impl Directory {
    /// Reads the directory of a file of `len` bytes from its beginning.
    pub fn read(from: impl Read, len: u64, limits: Limits) -> Result<Self> {
        if len > limits.file {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!("file of {len} bytes"),
            ));
        }
        let mut source = Source::new(from, len.min(limits.directory));
        let read = Self::parse(&mut source, len);
        match read {
            Err(e) if e.kind() == ErrorKind::Truncated && len > limits.directory => Err(
                Error::new(ErrorKind::TooLarge, format!("directory, {}", e.place())),
            ),
            read => read,
        }
    }

    fn parse(source: &mut Source<impl Read>, len: u64) -> Result<Self> {
        let magic = source.array::<4>("first bytes")?;
        let version = source.u32("version")?;
        if &magic != b"GGUF" || !(2..=3).contains(&version) {
            let found = format!("`{}`, version {version}", magic.escape_ascii());
            return Err(Error::new(ErrorKind::Format, found));
        }
        let (tensors, pairs) = (source.u64("tensors")?, source.u64("metadata")?);
        // The least that a tensor and a pair take: a name of one byte, and the numbers.
        source.fits(tensors, 8 + 1 + 4 + 8 + 4 + 8, "tensors")?;
        source.fits(pairs, 8 + 1 + 4 + 1, "metadata")?;
        let metadata = pairs_of(source, pairs)?;
        let mut tensors = tensors_of(source, tensors)?;
        let data = source.position().next_multiple_of(alignment(&metadata)?);
        place(&mut tensors, data, len, alignment(&metadata)?)?;
        Ok(Self {
            version,
            metadata,
            tensors,
        })
    }

    fn get<T>(&self, key: &str, what: &str, f: impl Fn(&Value) -> Option<T>) -> Result<T> {
        let value = self.metadata.get(key).and_then(f);
        value.ok_or_else(|| Error::new(ErrorKind::Missing, format!("key `{key}`, {what}")))
    }

    /// A text.
    pub fn text(&self, key: &str) -> Result<&str> {
        let value = match self.metadata.get(key) {
            Some(Value::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        value.ok_or_else(|| Error::new(ErrorKind::Missing, format!("key `{key}`, text")))
    }

    /// An integer that is not negative.
    pub fn size(&self, key: &str) -> Result<usize> {
        self.get(key, "a size", |value| match value {
            Value::Integer(n) => usize::try_from(*n).ok(),
            _ => None,
        })
    }

    /// A number.
    pub fn number(&self, key: &str) -> Result<f64> {
        self.get(key, "a number", |value| match value {
            Value::Integer(n) => Some(*n as f64),
            Value::Float(x) => Some(*x),
            _ => None,
        })
    }

    /// Whether a key is there.
    pub fn has(&self, key: &str) -> bool {
        self.metadata.contains_key(key)
    }
}

fn pairs_of(source: &mut Source<impl Read>, n: u64) -> Result<BTreeMap<String, Value>> {
    let mut pairs = BTreeMap::new();
    for _ in 0..n {
        let key = source.name("key")?;
        let value = Value::read(source, &key)?;
        if pairs.insert(key.clone(), value).is_some() {
            return Err(Error::new(ErrorKind::Name, format!("key `{key}`, twice")));
        }
    }
    Ok(pairs)
}

fn tensors_of(source: &mut Source<impl Read>, n: u64) -> Result<BTreeMap<String, Tensor>> {
    let mut tensors = BTreeMap::new();
    for _ in 0..n {
        let name = source.name("tensor name")?;
        let tensor = tensor(source, &name)?;
        if tensors.insert(name.clone(), tensor).is_some() {
            return Err(Error::new(
                ErrorKind::Name,
                format!("tensor `{name}`, twice"),
            ));
        }
    }
    Ok(tensors)
}

/// One entry; its offset counts from the beginning of the data for now.
fn tensor(source: &mut Source<impl Read>, name: &str) -> Result<Tensor> {
    let refused = |kind, what: String| Error::new(kind, format!("tensor `{name}`, {what}"));
    let n = source.u32(name)?;
    if !(1..=4).contains(&n) {
        return Err(refused(ErrorKind::Shape, format!("{n} sizes")));
    }
    let sizes = (0..n)
        .map(|_| source.u64(name))
        .collect::<Result<Vec<_>>>()?;
    let (number, offset) = (source.u32(name)?, source.u64(name)?);
    let kind = Kind::of(number)
        .ok_or_else(|| refused(ErrorKind::Kind, format!("kind number {number}")))?;
    let shape = || refused(ErrorKind::Shape, format!("{sizes:?} of {kind:?}"));
    let sizes: Vec<usize> = sizes
        .iter()
        .map(|&s| usize::try_from(s).ok().filter(|&s| s > 0))
        .collect::<Option<_>>()
        .ok_or_else(shape)?;
    let elements = sizes.iter().try_fold(1usize, |n, &s| n.checked_mul(s));
    let len = elements.and_then(|n| (n / kind.block()).checked_mul(kind.bytes()));
    match len {
        Some(len) if sizes[0].is_multiple_of(kind.block()) => Ok(Tensor {
            kind,
            sizes,
            offset,
            len,
        }),
        _ => Err(shape()),
    }
}

fn alignment(metadata: &BTreeMap<String, Value>) -> Result<u64> {
    let found = match metadata.get("general.alignment") {
        None => return Ok(32),
        Some(Value::Integer(n)) => u64::try_from(*n).unwrap_or(0),
        Some(_) => 0,
    };
    if found.is_power_of_two() && (8..=65_536).contains(&found) {
        return Ok(found);
    }
    let place = format!("`general.alignment` of {found}");
    Err(Error::new(ErrorKind::Misaligned, place))
}

/// Moves the offsets to the file's beginning, and checks that every tensor lies inside, alone.
fn place(
    tensors: &mut BTreeMap<String, Tensor>,
    data: u64,
    len: u64,
    alignment: u64,
) -> Result<()> {
    for (name, tensor) in tensors.iter_mut() {
        let refused = |kind, at| Error::new(kind, format!("tensor `{name}` at {at}"));
        if !tensor.offset.is_multiple_of(alignment) {
            return Err(refused(ErrorKind::Misaligned, tensor.offset));
        }
        let start = data.checked_add(tensor.offset);
        let end = start.and_then(|s| s.checked_add(tensor.len as u64));
        match (start, end.filter(|&end| end <= len)) {
            (Some(start), Some(_)) => tensor.offset = start,
            _ => return Err(refused(ErrorKind::Truncated, tensor.offset)),
        }
    }
    let mut order: Vec<_> = tensors.iter().collect();
    order.sort_by_key(|(_, t)| t.offset);
    for pair in order.windows(2) {
        let [(_, a), (name, b)] = pair else { continue };
        if a.offset + a.len as u64 > b.offset {
            let place = format!("tensor `{name}` at {}", b.offset);
            return Err(Error::new(ErrorKind::Overlap, place));
        }
    }
    Ok(())
}
