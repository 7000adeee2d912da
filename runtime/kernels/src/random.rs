//! Random numbers and random decoders, for tests and benchmarks.

use std::collections::BTreeMap;

use crate::bytes::{Bytes, as_f32_mut};
use crate::config::Config;
use crate::error::Result;
use crate::file::{Attention, Header, Tensors};
use crate::packed::{BLOCK, Bits, TILE, groups_fit};
use crate::safetensors::{Dtype, Entry};

/// xorshift64* (Vigna 2014, <https://arxiv.org/abs/1402.6246>).
pub(crate) struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, n: usize) -> usize {
        ((self.next() >> 32) as usize) % n
    }

    pub fn byte(&mut self) -> u8 {
        (self.next() >> 56) as u8
    }

    /// Uniform in -1 .. 1.
    pub fn float(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// A decoder's tensors with random codes, for benchmarks and tests: scales make the rows of about
/// unit length.
pub(crate) fn tensors(config: &Config, form: &Form, seed: u64) -> Result<Tensors> {
    let header = header(config, form)?;
    let mut bytes = Bytes::zeroed(header.data);
    let mut random = Random::new(seed);
    for (name, entry) in &header.tensors {
        let out = &mut bytes.as_mut_slice()[entry.range.clone()];
        if entry.dtype == Dtype::U8 {
            out.chunks_mut(8)
                .for_each(|c| c.copy_from_slice(&random.next().to_le_bytes()[..c.len()]));
            continue;
        }
        let cols = name
            .strip_suffix(".scale")
            .map(|stem| columns(config, stem));
        let kv = name.ends_with("kv_scale");
        for (i, x) in as_f32_mut(out).into_iter().flatten().enumerate() {
            *x = match cols {
                Some((cols, bits)) => {
                    (2.0 + random.float()) / (cols as f32).sqrt() / (1 << bits) as f32
                }
                None if kv => (4.0 + i as f32) / 127.0,
                None if entry.shape.len() == 2 => random.float() / (entry.shape[1] as f32).sqrt(),
                None => 1.0 + 0.1 * random.float(),
            };
        }
    }
    return Tensors::new(header, bytes);

    fn columns(config: &Config, stem: &str) -> (usize, usize) {
        let cols = crate::file::matrices(config)
            .find(|(n, ..)| n == stem)
            .map_or(1, |m| m.2);
        (cols, if stem == "embed" { 4 } else { 2 })
    }
}

/// How random tensors are stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    /// Bits of the matrices; none is float.
    pub bits: Option<Bits>,
    /// Bits of the embedding.
    pub embed: Option<Bits>,
    /// Column groups of a matrix, where they fit.
    pub groups: usize,
    pub attention: Attention,
}

impl Form {
    /// The published one: 2 bits, embedding 4 bits, cache 8 bits.
    pub const SHIPPED: Self = Self {
        bits: Some(Bits::Two),
        embed: Some(Bits::Four),
        groups: 1,
        attention: Attention::Int8,
    };
}

fn header(config: &Config, form: &Form) -> Result<Header> {
    config.check()?;
    let mut tensors = BTreeMap::new();
    let mut at = 0;
    let mut add = |name: String, dtype, shape: Vec<usize>| {
        let bytes = shape.iter().product::<usize>() * if dtype == Dtype::U8 { 1 } else { 4 };
        tensors.insert(
            name,
            Entry {
                dtype,
                shape,
                range: at..at + bytes,
            },
        );
        at += bytes;
    };
    let bits = |name: &str| {
        if name == "embed" {
            form.embed
        } else {
            form.bits
        }
    };
    for (name, rows, cols) in crate::file::matrices(config) {
        if let Some(bits) = bits(&name) {
            add(
                format!("{name}.w{}", bits.count()),
                Dtype::U8,
                vec![rows.div_ceil(TILE), bits.blocks(cols), BLOCK],
            );
        }
    }
    for (name, rows, cols) in crate::file::matrices(config) {
        if bits(&name).is_some() {
            let groups = if groups_fit(cols, form.groups) {
                form.groups
            } else {
                1
            };
            add(
                format!("{name}.scale"),
                Dtype::F32,
                vec![rows.div_ceil(TILE), groups, TILE],
            );
        } else {
            add(format!("{name}.f32"), Dtype::F32, vec![rows, cols]);
        }
    }
    for (name, n) in crate::file::vectors(config, true) {
        add(name, Dtype::F32, vec![n]);
    }
    Ok(Header {
        config: config.clone(),
        attention: form.attention,
        kv_scale: true,
        tensors,
        data: at,
    })
}
