//! SentencePiece vocabularies of GGUF files (`tokenizer.ggml.model` `llama`): pieces with scores,
//! of which neighbours with the best score merge first. A character without a piece is its bytes.
//!
//! ```text
//! text | user-defined tokens, as they stand | the rest: " " is "▁"
//!      -> characters that are pieces, or bytes <0xE9> -> merged to pieces, best score first
//! ```
//! The method: Kudo and Richardson 2018, arXiv 1808.06226, and SentencePiece's `bpe_model.cc`. The
//! vocabulary as merges: `generate_merges` in `convert_slow_tokenizer.py` of transformers.
use super::gguf::{BYTE, NORMAL, Read, Refused, Tokens};
use super::{Spaces, TokenId};
use foveate_gguf::{Directory, Value};
use std::collections::HashSet;
use tokenizers::models::bpe::BPE;
use tokenizers::normalizers::Replace;

/// Stands for a space: U+2581, SentencePiece's `kSpaceSymbol`.
pub(super) const MARK: &str = "▁";

/// Longest piece, in bytes: finding its merges takes the square of its length. SentencePiece's
/// trainer makes 16 characters by default; the longest piece of Gemma 3 has 48 bytes.
const MAX_PIECE: usize = 512;
/// Bytes of all merges, for a byte of all pieces: Gemma 3 has 2.04 (513,511 merges).
const MERGES: usize = 8;
/// Bytes of merges that every vocabulary may have: small ones may be all runs of one sign.
const MERGES_LEAST: usize = 1 << 20;

/// Reads the metadata. Control tokens are not in the encoder's vocabulary, and only pieces merge:
/// no text can give one.
pub(super) fn read(d: &Directory) -> Refused<Read> {
    let tokens = Tokens::read(d, spelled)?;
    let scores = scores(d, tokens.names.len())?;
    let fallback = fallback(&tokens)?;
    let model = BPE::builder()
        .vocab_and_merges(tokens.vocabulary()?, merges(&tokens, scores)?)
        .byte_fallback(true)
        .build()
        .map_err(|e| format!("the pieces cannot be merged: {e}"))?;
    let mut inner = tokens.encoder(model)?;
    let marked = Replace::new(" ", MARK).map_err(|e| e.to_string())?;
    inner
        .with_normalizer(Some(marked))
        .map_err(|e| e.to_string())?;
    let Tokens { bytes, special, .. } = tokens;
    Ok(Read {
        inner,
        bytes,
        special,
        fallback,
        spaces: Spaces::Marked { prefix: prefix(d)? },
    })
}

/// The bytes of a piece, or of a byte token.
fn spelled(kind: i64, name: &str) -> Refused<Vec<u8>> {
    if kind != BYTE {
        return Ok(name.replace(MARK, " ").into_bytes());
    }
    let digits = name.strip_prefix("<0x").and_then(|n| n.strip_suffix('>'));
    let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
    // As the encoder writes it, and no other way.
    let byte = byte.filter(|byte| format!("<{byte:#04X}>") == name);
    byte.map(|byte| vec![byte])
        .ok_or_else(|| format!("{name:?} is a byte token; a name such as `<0x0A>` is expected"))
}

/// The score of every token.
fn scores(d: &Directory, n: usize) -> Refused<&[f64]> {
    let key = "tokenizer.ggml.scores";
    let Some(Value::Floats(scores)) = d.metadata.get(key) else {
        return Err(format!(
            "the file has no numbers `{key}`, by which pieces are merged; convert the model again"
        ));
    };
    if scores.len() != n {
        let found = scores.len();
        return Err(format!(
            "`{key}` has {found} numbers for {n} tokens; one each is expected"
        ));
    }
    match scores.iter().position(|score| !score.is_finite()) {
        Some(id) => Err(format!(
            "the score of token {id} is {}; a finite number is expected",
            scores[id]
        )),
        None => Ok(scores),
    }
}

/// Whether a text that begins gets a space before it; SentencePiece's default is yes.
fn prefix(d: &Directory) -> Refused<bool> {
    let key = "tokenizer.ggml.add_space_prefix";
    match d.metadata.get(key) {
        None => Ok(true),
        Some(Value::Bool(prefix)) => Ok(*prefix),
        Some(_) => Err(format!("`{key}` is not true or false")),
    }
}

/// The byte tokens, ascending. All 256 are needed, so that every text can be written.
fn fallback(tokens: &Tokens) -> Refused<Vec<TokenId>> {
    let byte = |id: &usize| tokens.kinds[*id] == BYTE && tokens.special[*id].is_none();
    let ids: Vec<_> = (0..tokens.names.len()).filter(byte).collect();
    let there: HashSet<_> = ids.iter().map(|&id| tokens.bytes[id].as_slice()).collect();
    match (0..=255).find(|byte| !there.contains(&[*byte][..])) {
        Some(byte) => Err(format!(
            "the vocabulary has no token <{byte:#04X}>; SentencePiece with all 256 byte tokens \
             (`byte_fallback`) is expected"
        )),
        None => Ok(ids.into_iter().map(|id| id as TokenId).collect()),
    }
}

/// Pairs of pieces that make a piece, the best score first; of one score, the longest left side.
fn merges(tokens: &Tokens, scores: &[f64]) -> Refused<Vec<(String, String)>> {
    let normal = |id: &usize| tokens.kinds[*id] == NORMAL && tokens.special[*id].is_none();
    let ids = || (0..tokens.names.len()).filter(normal);
    let pieces: HashSet<&str> = ids().map(|id| tokens.names[id]).collect();
    let bytes: usize = pieces.iter().map(|piece| piece.len()).sum();
    let mut left = MERGES * bytes + MERGES_LEAST;
    let mut found = Vec::new();
    for id in ids() {
        let (piece, n) = (tokens.names[id], tokens.names[id].len());
        if n > MAX_PIECE {
            return Err(format!(
                "token {id} has {n} bytes; pieces of at most {MAX_PIECE} are read"
            ));
        }
        let splits = piece.char_indices().map(|(at, _)| piece.split_at(at));
        for (a, b) in splits.filter(|(a, b)| pieces.contains(a) && pieces.contains(b)) {
            left = left.checked_sub(n).ok_or_else(|| {
                format!(
                    "the pieces can be merged in too many ways: more than {MERGES} bytes of \
                     merges for each of their own"
                )
            })?;
            found.push((scores[id], a, b));
        }
    }
    let chars = |side: &str| side.chars().count();
    found.sort_by(|(x, a, b), (y, c, d)| {
        let longer = || (chars(c), chars(d)).cmp(&(chars(a), chars(b)));
        y.total_cmp(x).then_with(longer)
    });
    let owned = |(_, a, b): (f64, &str, &str)| (a.to_owned(), b.to_owned());
    Ok(found.into_iter().map(owned).collect())
}
