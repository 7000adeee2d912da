//! Text to token ids and back, by byte-pair encoding of bytes or of SentencePiece's pieces.
mod bytes;
mod gguf;
mod sentencepiece;
mod stream;
#[cfg(test)]
mod tests;
mod vetted;

pub use stream::TextStream;

use crate::{Error, Result};
use bytes::{byte_chars, named_as_special, single_bytes, spelled};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Longest text tokenised at once, in bytes: far more than any context holds.
const MAX_TEXT: usize = 4 << 20;

/// A token's number: a row of the decoder's embedding.
pub type TokenId = u32;

/// The tokenizer of a bundle or checkpoint: byte-level BPE from a `tokenizer.json` or a GGUF file,
/// SentencePiece's BPE with byte fallback from a GGUF file.
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
    spaces: Spaces,
}

/// How a vocabulary writes spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spaces {
    /// As any other byte.
    Plain,
    /// As SentencePiece's mark; with `prefix`, one stands before a text that begins.
    Marked { prefix: bool },
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
        Self::of(gguf::Read {
            inner,
            bytes,
            special,
            fallback: Vec::new(),
            spaces: Spaces::Plain,
        })
    }

    /// Reads the tokenizer of a GGUF file, whose tensors are left where they are.
    ///
    /// | `tokenizer.ggml.model` | what it is |
    /// |---|---|
    /// | `gpt2` | byte-level BPE, pre-tokenizers of Llama 3, Qwen, SmolLM, GPT-2 and their kin |
    /// | `llama` | SentencePiece's BPE with scores and all 256 byte tokens: Gemma, Llama 2 |
    ///
    /// Others (`t5`, `bert`, `rwkv`) are refused by name. Control tokens are unknown to the encoder
    /// itself.
    pub fn from_gguf(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let named = |what: String| Error::Tokenizer(format!("{}: {what}", path.display()));
        let file = foveate_gguf::File::open(path).map_err(|e| named(e.to_string()))?;
        let read = caught(|| gguf::read(file.directory()))?;
        Self::of(read.map_err(named)?)
    }

    /// The tokenizer of a checkpoint: of a GGUF file, or `tokenizer.json` of a folder.
    pub fn from_checkpoint(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        if path.is_dir() {
            return Self::load(path.join("tokenizer.json"));
        }
        Self::from_gguf(path)
    }

    fn of(read: gguf::Read) -> Result<Self> {
        let mut inner = read.inner;
        inner.set_encode_special_tokens(true);
        Ok(Self {
            inner,
            of_byte: single_bytes(&read.bytes, &read.fallback)?,
            longest: read.bytes.iter().map(Vec::len).max().unwrap_or(1),
            bytes: read.bytes,
            special: read.special,
            spaces: read.spaces,
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
        if self.spaces == Spaces::Plain {
            return self.encode_part(text);
        }
        // The mark itself would come back as a space: it is spelled in bytes.
        let mut ids = Vec::new();
        for (i, part) in text.split(sentencepiece::MARK).enumerate() {
            if i > 0 {
                ids.extend(self.spelled_out(sentencepiece::MARK.as_bytes()));
            }
            if !part.is_empty() {
                ids.extend(self.encode_part(part)?);
            }
        }
        Ok(ids)
    }

    fn encode_part(&self, text: &str) -> Result<Vec<TokenId>> {
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

    /// As [`Tokenizer::encode`], for a text that stands at the beginning or behind a control token.
    /// Many SentencePiece vocabularies put a space before it (`tokenizer.ggml.add_space_prefix`),
    /// so that its first word is the same token as elsewhere. The space is part of the decoded
    /// text.
    pub fn encode_beginning(&self, text: &str) -> Result<Vec<TokenId>> {
        match self.spaces {
            Spaces::Marked { prefix: true } if !text.is_empty() => self.encode(&format!(" {text}")),
            _ => self.encode(text),
        }
    }

    /// As [`Tokenizer::encode`], but names of special tokens give these: for a template's own text,
    /// never for what a user or a document says. `begins` says whether the text stands at the
    /// beginning or behind a control token.
    pub(crate) fn encode_with_specials(&self, text: &str, begins: bool) -> Result<Vec<TokenId>> {
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
        let encode = |text: &str, begins| match begins {
            true => self.encode_beginning(text),
            false => self.encode(text),
        };
        let mut begins = begins;
        while let Some((at, len, id)) = first(rest) {
            ids.extend(encode(&rest[..at], begins)?);
            ids.push(id);
            rest = &rest[at + len..];
            begins = true;
        }
        ids.extend(encode(rest, begins)?);
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
