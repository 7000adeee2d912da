//! How vocabularies spell bytes, and control tokens.
use super::TokenId;
use crate::{Error, Result};

/// The characters that byte-level BPE writes bytes with (GPT-2's `bytes_to_unicode`), by byte.
pub(super) fn byte_chars() -> [char; 256] {
    let mut shifted = 0x100u32;
    std::array::from_fn(|b| {
        let b = b as u32;
        if matches!(b, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff) {
            return char::from_u32(b).unwrap_or('?');
        }
        shifted += 1;
        char::from_u32(shifted - 1).unwrap_or('?')
    })
}

pub(super) fn spelled(name: &str, chars: &[char; 256]) -> Result<Vec<u8>, String> {
    let byte = |c: char| chars.iter().position(|&x| x == c).map(|b| b as u8);
    let bytes: Option<Vec<u8>> = name.chars().map(byte).collect();
    bytes.ok_or_else(|| format!("token {name:?} is not spelled in byte-level characters"))
}

/// Whether a token's name is that of a control token, whatever the file says of it: Gemma's turns
/// are user-defined in early conversions.
pub(super) fn named_as_special(name: &str) -> bool {
    let barred = name.len() > 4 && name.starts_with("<|") && name.ends_with("|>");
    barred || matches!(name, "<start_of_turn>" | "<end_of_turn>")
}

/// The first token of each byte; of those in `fallback` (ascending) only where there is no other.
pub(super) fn single_bytes(
    bytes: &[Vec<u8>],
    fallback: &[TokenId],
) -> Result<[Option<TokenId>; 256]> {
    let mut of_byte = [None; 256];
    let ids = 0..bytes.len() as TokenId;
    let others = ids.filter(|id| fallback.binary_search(id).is_err());
    for id in others.chain(fallback.iter().copied()) {
        if let [b] = bytes[id as usize][..] {
            of_byte[usize::from(b)].get_or_insert(id);
        }
    }
    let needed = |b: u8| matches!(b, b' '..=b'~' | b'\t' | b'\n');
    let missing = (0..=255).find(|&b| needed(b) && of_byte[usize::from(b)].is_none());
    match missing {
        Some(b) => Err(Error::Tokenizer(format!(
            "no token stands for the byte 0x{b:02x}; a byte-level vocabulary is expected to have \
             printing ASCII, tab and line end"
        ))),
        None => Ok(of_byte),
    }
}
