//! The tokenizer of a GGUF file: vocabulary, kinds of tokens and merges from the metadata, the
//! pre-tokenizer by its name. Keys, kinds and names: llama.cpp, `gguf-py/gguf/constants.py` and
//! `src/llama-vocab.cpp`.
use super::bytes::{byte_chars, named_as_special, spelled};
use super::{Spaces, TokenId, sentencepiece};
use foveate_gguf::{Directory, Value};
use std::collections::{BTreeSet, HashSet};
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{AddedToken, ModelWrapper, SplitDelimiterBehavior};

/// What a token is, by `tokenizer.ggml.token_type`.
pub(super) const NORMAL: i64 = 1;
const USER_DEFINED: i64 = 4;
pub(super) const BYTE: i64 = 6;

/// Keys of tokens that never stand in a text, whatever their kind.
const CONTROL: [&str; 6] = ["bos", "eos", "unknown", "padding", "eot", "eom"];

pub(super) type Refused<T> = Result<T, String>;

/// A tokenizer without its control tokens, and what each token stands for.
pub(super) struct Read {
    pub inner: tokenizers::Tokenizer,
    /// Bytes of every token, by id; empty for special tokens.
    pub bytes: Vec<Vec<u8>>,
    /// Name of every special token, by id.
    pub special: Vec<Option<String>>,
    /// Tokens of a byte that may be part of a character, ascending: used where no other spells it.
    pub fallback: Vec<TokenId>,
    /// How the vocabulary writes spaces.
    pub spaces: Spaces,
}

/// Reads the metadata. Control tokens are not in the encoder's vocabulary: no text and no merge can
/// give one.
pub(super) fn read(d: &Directory) -> Refused<Read> {
    let model = d.text("tokenizer.ggml.model").map_err(|e| e.to_string())?;
    match model {
        "gpt2" => byte_level(d),
        "llama" => sentencepiece::read(d),
        other => Err(format!(
            "the tokenizer is of the kind `{other}`; `gpt2` (byte-level BPE: Llama 3, Qwen, \
             SmolLM) or `llama` (SentencePiece: Gemma, Llama 2) is expected"
        )),
    }
}

fn byte_level(d: &Directory) -> Refused<Read> {
    let pre = pre_tokenizer(d.text("tokenizer.ggml.pre").map_err(|_| {
        "the file does not name its pre-tokenizer (`tokenizer.ggml.pre`); convert the model again \
         with a converter of 2024 or later"
    })?)?;
    let chars = byte_chars();
    let tokens = Tokens::read(d, |_, name| spelled(name, &chars))?;
    let model = BPE::builder()
        .vocab_and_merges(tokens.vocabulary()?, merges(d)?)
        .ignore_merges(pre.ignore_merges)
        .build()
        .map_err(|e| format!("the merges do not fit the vocabulary: {e}"))?;
    let mut inner = tokens.encoder(model)?;
    inner.with_pre_tokenizer(Some(pre.steps));
    let Tokens { bytes, special, .. } = tokens;
    Ok(Read {
        inner,
        bytes,
        special,
        fallback: Vec::new(),
        spaces: Spaces::Plain,
    })
}

/// The vocabulary, by id.
pub(super) struct Tokens<'a> {
    pub names: Vec<&'a str>,
    /// As the file has them; special tokens may be of any kind.
    pub kinds: &'a [i64],
    /// Those that are found in a text before anything else.
    added: Vec<&'a str>,
    pub bytes: Vec<Vec<u8>>,
    pub special: Vec<Option<String>>,
}

impl<'a> Tokens<'a> {
    /// `spelled` gives the bytes that a token stands for, from its kind and name.
    pub(super) fn read(
        d: &'a Directory,
        spelled: impl Fn(i64, &str) -> Refused<Vec<u8>>,
    ) -> Refused<Self> {
        let raw = strings(d, "tokenizer.ggml.tokens")?;
        let kinds = kinds(d, raw.len())?;
        let control = control_ids(d);
        let mut tokens = Self {
            names: Vec::with_capacity(raw.len()),
            kinds,
            added: Vec::new(),
            bytes: vec![Vec::new(); raw.len()],
            special: vec![None; raw.len()],
        };
        for (id, (raw, &kind)) in raw.iter().zip(kinds).enumerate() {
            let name = std::str::from_utf8(raw).map_err(|_| {
                format!("token {id} is `{}`, UTF-8 is expected", raw.escape_ascii())
            })?;
            tokens.names.push(name);
            let known = matches!(kind, NORMAL | USER_DEFINED | BYTE) && !name.is_empty();
            if !known || named_as_special(name) || control.contains(&id) {
                tokens.special[id] = Some(name.to_owned());
            } else if kind == USER_DEFINED {
                tokens.added.push(name);
                tokens.bytes[id] = raw.clone();
            } else {
                let bytes = spelled(kind, name);
                tokens.bytes[id] = bytes.map_err(|e| format!("token {id}: {e}"))?;
            }
        }
        Ok(tokens)
    }

    /// An encoder with the user-defined tokens.
    pub(super) fn encoder(&self, model: impl Into<ModelWrapper>) -> Refused<tokenizers::Tokenizer> {
        let mut encoder = tokenizers::Tokenizer::new(model);
        let added = self.added.iter().map(|name| AddedToken::from(*name, false));
        encoder
            .add_tokens(added.map(|token| token.normalized(false)))
            .map_err(|e| format!("the user-defined tokens cannot be added: {e}"))?;
        Ok(encoder)
    }

    /// Names and ids of the tokens that a text can have.
    pub(super) fn vocabulary(&self) -> Refused<Vocab> {
        let plain = |(id, _): &(usize, &&str)| self.special[*id].is_none();
        let named = || self.names.iter().enumerate().filter(plain);
        let mut seen = HashSet::new();
        if let Some((id, name)) = named().find(|(_, name)| !seen.insert(**name)) {
            return Err(format!(
                "token {id}, {name:?}, stands twice in the vocabulary"
            ));
        }
        Ok(named()
            .map(|(id, name)| ((*name).to_owned(), id as u32))
            .collect())
    }
}

fn strings<'a>(d: &'a Directory, key: &str) -> Refused<&'a [Vec<u8>]> {
    match d.metadata.get(key) {
        Some(Value::Strings(strings)) => Ok(strings),
        _ => Err(format!(
            "the file has no strings `{key}`; a file with its tokenizer is expected"
        )),
    }
}

/// The kind of every token.
fn kinds(d: &Directory, n: usize) -> Refused<&[i64]> {
    let key = "tokenizer.ggml.token_type";
    match d.metadata.get(key) {
        Some(Value::Integers(kinds)) if kinds.len() == n => Ok(kinds),
        Some(Value::Integers(kinds)) => Err(format!(
            "`{key}` has {} numbers for {n} tokens; one each is expected",
            kinds.len()
        )),
        _ => Err(format!(
            "the file has no numbers `{key}`, so that control tokens cannot be told from text; \
             convert the model again"
        )),
    }
}

fn control_ids(d: &Directory) -> BTreeSet<usize> {
    let key = |name: &str| format!("tokenizer.ggml.{name}_token_id");
    CONTROL
        .iter()
        .filter_map(|name| d.size(&key(name)).ok())
        .collect()
}

/// Pairs of names, in their order. A name has no space of its own: bytes are spelled by letters.
fn merges(d: &Directory) -> Refused<Vec<(String, String)>> {
    let pair = |raw: &Vec<u8>| {
        let (a, b) = std::str::from_utf8(raw).ok()?.split_once(' ')?;
        Some((a.to_owned(), b.to_owned()))
    };
    let raw = strings(d, "tokenizer.ggml.merges")?;
    let merge = |(i, raw)| {
        let wrong = || format!("merge {i} is not two names with a space between");
        pair(raw).ok_or_else(wrong)
    };
    raw.iter().enumerate().map(merge).collect()
}

/// How a text is cut before merging, and whether a piece that is a token is left whole.
struct PreTokenizer {
    steps: PreTokenizerWrapper,
    ignore_merges: bool,
}

/// Words, of Llama 3's `tokenizer.json` (meta-llama/Meta-Llama-3-8B); numbers follow.
const WORDS: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|";
/// Signs and spaces, of the same.
const REST: &str = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Mistral's Tekken (mistralai/Mistral-Nemo-Base-2407): words that begin or end in small letters,
/// words of capitals, and the rest.
const TEKKEN: [&str; 3] = [
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|",
    r"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
];

/// The pre-tokenizer of a name. The pattern of GPT-2 is in `ByteLevel` itself.
fn pre_tokenizer(name: &str) -> Refused<PreTokenizer> {
    let gpt2 = || ByteLevel::new(false, false, true).into();
    let (steps, ignore_merges) = match name {
        "gpt-2" | "gpt2" | "phi-2" | "mpt" | "olmo" | "jais" => (gpt2(), false),
        "smollm" | "starcoder" | "refact" | "command-r" | "codeshell" | "minerva-7b" => {
            let digits = Digits::new(true).into();
            (Sequence::new(vec![digits, gpt2()]).into(), false)
        }
        "qwen2" | "deepseek-r1-qwen" | "stablelm2" => (split([WORDS, r"\p{N}", REST])?, false),
        "llama-bpe" | "llama3" | "llama-v3" | "falcon3" => {
            (split([WORDS, r"\p{N}{1,3}", REST])?, true)
        }
        "smaug-bpe" => (split([WORDS, r"\p{N}{1,3}", REST])?, false),
        "tekken" => (split(TEKKEN)?, true),
        other => {
            return Err(format!(
                "the pre-tokenizer is `{other}`; known are those of Llama 3 (llama-bpe), Qwen \
                 (qwen2), SmolLM (smollm), Mistral (tekken), GPT-2 (gpt-2) and their kin"
            ));
        }
    };
    Ok(PreTokenizer {
        steps,
        ignore_merges,
    })
}

/// A pattern in three parts, then bytes.
fn split(pattern: [&str; 3]) -> Refused<PreTokenizerWrapper> {
    let pattern = SplitPattern::Regex(pattern.concat());
    let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false);
    let split = split.map_err(|e| e.to_string())?.into();
    let bytes = ByteLevel::new(false, false, false).into();
    Ok(Sequence::new(vec![split, bytes]).into())
}
