//! Metadata values.

use std::io::Read;

use crate::error::{Error, ErrorKind, Result};
use crate::source::Source;

/// A metadata value. Numbers are widened; arrays hold one type, and no arrays.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Any integer.
    Integer(i128),
    /// Any float.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// Text. Bytes that are not UTF-8 are a refusal.
    Text(String),
    /// Integers.
    Integers(Vec<i64>),
    /// Floats.
    Floats(Vec<f64>),
    /// Truth values.
    Bools(Vec<bool>),
    /// Strings as their bytes: tokens of some vocabularies are no UTF-8.
    Strings(Vec<Vec<u8>>),
}

/// Type numbers of the format.
const BOOL: u32 = 7;
const STRING: u32 = 8;
const ARRAY: u32 = 9;

impl Value {
    pub(crate) fn read(source: &mut Source<impl Read>, key: &str) -> Result<Self> {
        match source.u32(key)? {
            BOOL => bool(source, key).map(Self::Bool),
            STRING => match String::from_utf8(source.bytes(key)?) {
                Ok(text) => Ok(Self::Text(text)),
                Err(_) => Err(refused(key, "text that is not UTF-8")),
            },
            ARRAY => array(source, key),
            6 => float32(source, key).map(Self::Float),
            12 => float64(source, key).map(Self::Float),
            kind => integer(source, kind, key).map(Self::Integer),
        }
    }
}

fn refused(key: &str, what: &str) -> Error {
    Error::new(ErrorKind::Value, format!("key `{key}` is {what}"))
}

fn bool(source: &mut Source<impl Read>, key: &str) -> Result<bool> {
    match source.array::<1>(key)? {
        [0] => Ok(false),
        [1] => Ok(true),
        [other] => Err(refused(key, &format!("a truth value of {other}"))),
    }
}

fn float32(source: &mut Source<impl Read>, key: &str) -> Result<f64> {
    source.array(key).map(|b| f64::from(f32::from_le_bytes(b)))
}

fn float64(source: &mut Source<impl Read>, key: &str) -> Result<f64> {
    source.array(key).map(f64::from_le_bytes)
}

/// Bytes of a number of this type.
fn width(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | BOOL => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

fn integer(source: &mut Source<impl Read>, kind: u32, key: &str) -> Result<i128> {
    Ok(match kind {
        0 => source.array(key).map(u8::from_le_bytes)?.into(),
        1 => source.array(key).map(i8::from_le_bytes)?.into(),
        2 => source.array(key).map(u16::from_le_bytes)?.into(),
        3 => source.array(key).map(i16::from_le_bytes)?.into(),
        4 => source.u32(key)?.into(),
        5 => source.array(key).map(i32::from_le_bytes)?.into(),
        10 => source.u64(key)?.into(),
        11 => source.array(key).map(i64::from_le_bytes)?.into(),
        _ => return Err(refused(key, &format!("of type {kind}"))),
    })
}

fn array(source: &mut Source<impl Read>, key: &str) -> Result<Value> {
    let (kind, n) = (source.u32(key)?, source.u64(key)?);
    if kind == STRING {
        let n = source.fits(n, 8, key)?;
        return (0..n)
            .map(|_| source.bytes(key))
            .collect::<Result<_>>()
            .map(Value::Strings);
    }
    let width = width(kind).ok_or_else(|| refused(key, &format!("an array of type {kind}")))?;
    let n = source.fits(n, width, key)?;
    match kind {
        BOOL => (0..n)
            .map(|_| bool(source, key))
            .collect::<Result<_>>()
            .map(Value::Bools),
        6 => (0..n)
            .map(|_| float32(source, key))
            .collect::<Result<_>>()
            .map(Value::Floats),
        12 => (0..n)
            .map(|_| float64(source, key))
            .collect::<Result<_>>()
            .map(Value::Floats),
        _ => (0..n)
            .map(|_| {
                let value = integer(source, kind, key)?;
                i64::try_from(value).map_err(|_| refused(key, "an integer beyond 2^63"))
            })
            .collect::<Result<_>>()
            .map(Value::Integers),
    }
}
