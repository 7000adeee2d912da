//! Text to token ids and back, by byte-level byte-pair encoding.
mod gguf;
mod stream;
mod vetted;

pub use stream::TextStream;

use crate::{Error, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Longest text tokenised at once, in bytes: far more than any context holds.
const MAX_TEXT: usize = 4 << 20;

/// A token's number: a row of the decoder's embedding.
pub type TokenId = u32;

/// The tokenizer of a bundle or checkpoint: byte-level BPE, from a `tokenizer.json` or a GGUF file.
///
/// Of a `tokenizer.json`, padding, truncation and templates are left out. Refused are normalizers
/// other than Unicode's, patterns that could search without end, and models other than BPE.
///
/// Text given to [`Tokenizer::encode`] never turns into a special token, whatever it contains: a
/// prompt or a page that says `<|end|>` is spelled out in bytes.
///
/// Every vocabulary must have the bytes of printing ASCII, tab and line end. Some published ones
/// lack others (SmolLM2's has no token for `0x04` or `0xf1`): these are left out of a text, as
/// their own tokenizers do.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    /// Bytes of every token, by id; empty for special tokens.
    bytes: Vec<Vec<u8>>,
    /// Name of every special token, by id.
    special: Vec<Option<String>>,
    /// The token of each single byte.
    of_byte: [Option<TokenId>; 256],
    /// Bytes of the longest token.
    longest: usize,
}

impl Tokenizer {
    /// Reads `tokenizer.json`, a plain file of at most 64 MiB.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let named = |what: String| Error::Tokenizer(format!("{}: {what}", path.display()));
        let metadata = std::fs::metadata(path).map_err(|e| named(e.to_string()))?;
        if !metadata.is_file() {
            return Err(named(
                "is a folder, device or pipe, not a plain file".into(),
            ));
        }
        vetted::check_length(metadata.len())?;
        let json = std::fs::read(path).map_err(|e| named(e.to_string()))?;
        Self::from_json(&json).map_err(|e| match e {
            Error::Tokenizer(what) => named(what),
            other => other,
        })
    }

    /// Reads the contents of a `tokenizer.json`.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        let json = vetted::vetted(json)?;
        let read = caught(|| tokenizers::Tokenizer::from_bytes(&json))?;
        let inner = read.map_err(|e| Error::Tokenizer(e.to_string()))?;
        let n = inner.get_vocab_size(true);
        let added = inner.get_added_tokens_decoder();
        let chars = byte_chars();
        let mut bytes = vec![Vec::new(); n];
        let mut special = vec![None; n];
        for id in 0..n {
            let name = inner.id_to_token(id as u32);
            let Some(name) = name else {
                return Err(Error::Tokenizer(format!(
                    "token ids have a gap at {id} of {n}"
                )));
            };
            match added.get(&(id as u32)) {
                Some(token) if token.special => special[id] = Some(name),
                // Spare tokens: named so, they stand for no text and are never written.
                _ if named_as_special(&name) => special[id] = Some(name),
                Some(_) => bytes[id] = name.into_bytes(),
                None => bytes[id] = spelled(&name, &chars).map_err(Error::Tokenizer)?,
            }
        }
        Self::of(inner, bytes, special)
    }

    /// Reads the tokenizer of a GGUF file, whose tensors are left where they are.
    ///
    /// Taken is `tokenizer.ggml.model` `gpt2` (byte-level BPE) with the pre-tokenizers of Llama 3,
    /// Qwen, SmolLM, GPT-2 and their kin. Control tokens are unknown to the encoder itself.
    pub fn from_gguf(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let named = |what: String| Error::Tokenizer(format!("{}: {what}", path.display()));
        let file = foveate_gguf::File::open(path).map_err(|e| named(e.to_string()))?;
        let read = caught(|| gguf::read(file.directory()))?;
        let gguf::Read {
            inner,
            bytes,
            special,
        } = read.map_err(named)?;
        Self::of(inner, bytes, special)
    }

    /// The tokenizer of a checkpoint: of a GGUF file, or `tokenizer.json` of a folder.
    pub fn from_checkpoint(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        if path.is_dir() {
            return Self::load(path.join("tokenizer.json"));
        }
        Self::from_gguf(path)
    }

    fn of(
        mut inner: tokenizers::Tokenizer,
        bytes: Vec<Vec<u8>>,
        special: Vec<Option<String>>,
    ) -> Result<Self> {
        inner.set_encode_special_tokens(true);
        let of_byte = single_bytes(&bytes)?;
        let longest = bytes.iter().map(Vec::len).max().unwrap_or(1);
        Ok(Self {
            inner,
            bytes,
            special,
            of_byte,
            longest,
        })
    }

    /// Number of tokens; ids are `0..len`.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Never true: a tokenizer has at least the bytes of ASCII.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Fewest tokens that `text` can have, told from its length alone. A prompt that is too long by
    /// this is refused before it is tokenised.
    #[must_use]
    pub fn least_tokens(&self, text: &str) -> usize {
        text.len().div_ceil(self.longest)
    }

    /// As [`Tokenizer::encode`], for at most `limit` tokens: a longer text is
    /// [`Error::ContextFull`], and one that is too long by its length is not tokenised at all.
    pub fn encode_within(&self, text: &str, limit: usize) -> Result<Vec<TokenId>> {
        let fits = |needed: usize| match needed > limit {
            true => Err(Error::ContextFull { needed, limit }),
            false => Ok(()),
        };
        fits(self.least_tokens(text))?;
        let ids = self.encode(text)?;
        fits(ids.len())?;
        Ok(ids)
    }

    /// Token ids of `text`, at most 4 MiB; never special ones.
    pub fn encode(&self, text: &str) -> Result<Vec<TokenId>> {
        if text.len() > MAX_TEXT {
            let what = format!(
                "a text of {} bytes; at most {MAX_TEXT} are tokenised at once",
                text.len()
            );
            return Err(Error::Tokenizer(what));
        }
        let encoded = caught(|| self.inner.encode_fast(text, false))?
            .map_err(|e| Error::Tokenizer(e.to_string()))?;
        let ids = encoded.get_ids().to_vec();
        let kept = text.bytes().filter(|&b| self.find_byte(b).is_some());
        let said = ids.iter().flat_map(|&id| self.bytes(id)).copied();
        if ids.iter().all(|&id| !self.is_special(id)) && said.eq(kept) {
            return Ok(ids);
        }
        // A normalizer or an unknown token changed the text: spell it in bytes instead of losing
        // it.
        Ok(self.spelled_out(text.as_bytes()).collect())
    }

    /// As [`Tokenizer::encode`], but names of special tokens give these: for a template's own text,
    /// never for what a user or a document says.
    pub(crate) fn encode_with_specials(&self, text: &str) -> Result<Vec<TokenId>> {
        let names = self.special.iter().enumerate();
        let named = names.filter_map(|(id, name)| Some((name.as_deref()?, id as TokenId)));
        let there: Vec<_> = named.filter(|(name, _)| text.contains(name)).collect();
        let (mut rest, mut ids) = (text, Vec::new());
        let first = |rest: &str| {
            let at = |&(name, id): &(&str, TokenId)| Some((rest.find(name)?, name.len(), id));
            // The leftmost, and of those the longest.
            there
                .iter()
                .filter_map(at)
                .min_by_key(|&(at, len, _)| (at, usize::MAX - len))
        };
        while let Some((at, len, id)) = first(rest) {
            ids.extend(self.encode(&rest[..at])?);
            ids.push(id);
            rest = &rest[at + len..];
        }
        ids.extend(self.encode(rest)?);
        Ok(ids)
    }

    fn is_special(&self, id: TokenId) -> bool {
        self.special_name(id).is_some()
    }

    fn spelled_out<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = TokenId> + 'a {
        bytes.iter().filter_map(|&b| self.find_byte(b))
    }

    /// Token ids of any bytes: pieces that are UTF-8 as [`Tokenizer::encode`] does, the rest byte
    /// by byte.
    #[must_use]
    pub fn encode_bytes(&self, bytes: &[u8]) -> Vec<TokenId> {
        let mut ids = Vec::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            match self.encode(chunk.valid()) {
                Ok(valid) => ids.extend(valid),
                Err(_) => ids.extend(self.spelled_out(chunk.valid().as_bytes())),
            }
            ids.extend(self.spelled_out(chunk.invalid()));
        }
        ids
    }

    /// The bytes that a token stands for; empty for special tokens and ids out of range.
    #[must_use]
    pub fn bytes(&self, id: TokenId) -> &[u8] {
        self.bytes.get(id as usize).map_or(&[], Vec::as_slice)
    }

    /// The token of a single byte; that of `?` for a byte that the vocabulary lacks.
    #[must_use]
    pub fn byte(&self, byte: u8) -> TokenId {
        let question = self.of_byte[usize::from(b'?')];
        self.find_byte(byte).or(question).unwrap_or_default()
    }

    /// The token of a single byte, where the vocabulary has it.
    #[must_use]
    pub fn find_byte(&self, byte: u8) -> Option<TokenId> {
        self.of_byte[usize::from(byte)]
    }

    /// The id of a special token by its name, such as `<|end|>`.
    #[must_use]
    pub fn special(&self, name: &str) -> Option<TokenId> {
        self.special
            .iter()
            .position(|s| s.as_deref() == Some(name))
            .map(|i| i as TokenId)
    }

    /// The name of a special token.
    #[must_use]
    pub fn special_name(&self, id: TokenId) -> Option<&str> {
        self.special.get(id as usize)?.as_deref()
    }

    /// Ids of all special tokens.
    pub fn specials(&self) -> impl Iterator<Item = TokenId> + '_ {
        (0..self.special.len())
            .filter(|&i| self.special[i].is_some())
            .map(|i| i as TokenId)
    }

    /// Text of `ids`; bytes that are not UTF-8 become U+FFFD.
    #[must_use]
    pub fn decode(&self, ids: &[TokenId]) -> String {
        let bytes: Vec<u8> = ids.iter().flat_map(|&id| self.bytes(id)).copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokenizer")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// A panic inside the tokenizer's crate as an error.
fn caught<T>(work: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|_| Error::Tokenizer("the tokenizer's crate gave up on it".into()))
}

/// The characters that byte-level BPE writes bytes with (GPT-2's `bytes_to_unicode`), by byte.
fn byte_chars() -> [char; 256] {
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

fn spelled(name: &str, chars: &[char; 256]) -> Result<Vec<u8>, String> {
    let byte = |c: char| chars.iter().position(|&x| x == c).map(|b| b as u8);
    let bytes: Option<Vec<u8>> = name.chars().map(byte).collect();
    bytes.ok_or_else(|| format!("token {name:?} is not spelled in byte-level characters"))
}

/// Whether a token's name is that of a control token, whatever the file says of it.
fn named_as_special(name: &str) -> bool {
    name.len() > 4 && name.starts_with("<|") && name.ends_with("|>")
}

fn single_bytes(bytes: &[Vec<u8>]) -> Result<[Option<TokenId>; 256]> {
    let mut of_byte = [None; 256];
    for (id, b) in bytes.iter().enumerate() {
        if let [b] = b[..] {
            of_byte[usize::from(b)].get_or_insert(id as TokenId);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake;

    #[test]
    fn every_text_comes_back() {
        let t = fake::byte_tokenizer(&["he", "ll", "é"]);
        for text in [
            "",
            "hello",
            "Café – 7.30pm\n",
            "日本語 🎉",
            "<|end|> \"x\"",
            "\u{0}\u{7f}",
        ] {
            assert_eq!(t.decode(&t.encode(text).unwrap()), text);
        }
    }

    #[test]
    fn text_never_becomes_a_special_token() {
        let t = fake::byte_tokenizer(&[]);
        let ids = t.encode("a<|end|>b").unwrap();
        assert!(ids.iter().all(|&id| t.special_name(id).is_none()));
        assert_eq!(ids.len(), 9);
        assert!(t.special("<|end|>").is_some());
    }

    #[test]
    fn bytes_that_are_not_text_are_kept() {
        let t = fake::byte_tokenizer(&[]);
        let odd = [b'a', 0xff, 0xc3, b'b'];
        let back: Vec<u8> = t
            .encode_bytes(&odd)
            .iter()
            .flat_map(|&id| t.bytes(id))
            .copied()
            .collect();
        assert_eq!(back, odd);
    }

    #[test]
    fn a_missing_byte_is_refused() {
        let json = String::from_utf8(fake::tokenizer_json(&[]))
            .unwrap()
            .replace("\"A\":", "\"AA\":");
        let err = Tokenizer::from_json(json.as_bytes()).unwrap_err();
        assert!(err.to_string().contains("0x41"), "{err}");
    }

    #[test]
    fn a_control_character_that_the_vocabulary_lacks_is_left_out() {
        let json = String::from_utf8(fake::tokenizer_json(&["he"]))
            .unwrap()
            .replace("\"Ā\":", "\"ĀĀ\":");
        let t = Tokenizer::from_json(json.as_bytes()).unwrap();
        let (he, y) = (t.encode("he").unwrap(), t.byte(b'y'));
        assert_eq!(he.len(), 1);
        assert_eq!(t.encode("he\0y").unwrap(), [he[0], y]);
        assert_eq!(t.encode_bytes(b"he\0\xff"), [he[0], t.byte(0xff)]);
        assert_eq!((t.find_byte(0), t.byte(0)), (None, t.byte(b'?')));
    }
}
