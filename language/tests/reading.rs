//! Transcripts of a scripted decoder that leaves out a line: the generator goes back to it.
use foveate_language::fake::{self, Fake};
use foveate_language::*;
use std::{ops::Range, sync::Arc};

const LINES: [Range<usize>; 2] = [0..3, 3..6];
const LETTERS: &[u8] = b"abcdef";

/// A picture of two lines of letters. The hidden row's first number is the source; less than 0 is none.
struct Picture(Arc<Tokenizer>);

impl Feedback for Picture {
    fn point(&self, hidden: &[f32], spent: &Spent) -> Option<usize> {
        let source = (hidden[0] >= 0.0).then_some(hidden[0] as usize)?;
        (!spent.has(source)).then_some(source)
    }

    fn place(&self, _: usize) -> &[f32] {
        &[0.0; 4]
    }

    fn line(&self, source: usize) -> Option<Range<usize>> {
        LINES.into_iter().find(|line| line.contains(&source))
    }

    /// Wide behind the second glyph of each line.
    fn gap(&self, source: usize) -> Option<f32> {
        let line = self.line(source)?;
        line.contains(&(source + 1))
            .then_some(if source % 3 == 1 { 0.3 } else { 0.0 })
    }

    fn looks(&self, source: usize) -> Option<TokenId> {
        LETTERS.get(source).map(|&letter| self.0.byte(letter))
    }

    /// Hardly of the last glyph.
    fn sure(&self, source: usize) -> f32 {
        if source == 5 { 0.5 } else { 1.0 }
    }

    fn unread(&self, spent: &Spent) -> Option<(TokenId, Range<usize>)> {
        let fresh = |line: &Range<usize>| !line.clone().any(|source| spent.has(source));
        let line = LINES.into_iter().find(fresh)?;
        Some((self.looks(line.start)?, line))
    }
}

#[test]
fn a_line_left_out_is_read_at_the_end_and_to_its_end() {
    let tokenizer = Arc::new(fake::byte_tokenizer(&[]));
    let (vocab, end) = (tokenizer.len(), tokenizer.special("<|end|>").unwrap());
    let names = tokenizer.clone();
    // It leaves out the end of the first line, which is its own affair, and the second line, which is not; and behind `d` it wants to
    // wander back to the first.
    let decoder = Fake::new(vocab, 4, 64, move |seen, _| {
        let last = names.bytes(*seen.last().unwrap());
        let (token, source) = match last {
            b"a" => (names.byte(b'b'), 1.0),
            b"b" => (end, -1.0),
            b"d" => (names.byte(b'x'), 2.0),
            b"e" => (names.byte(b'f'), 5.0),
            b"f" => (end, -1.0),
            _ => (names.byte(b'a'), 0.0),
        };
        let mut logits = vec![0.0; vocab];
        logits[token as usize] = 1.0;
        (logits, vec![source, 0.0, 0.0, 0.0])
    });
    let mut context = Context::new(&decoder);
    context.push(1, None).unwrap();
    let picture = Picture(tokenizer.clone());
    let mut generator = Generator::new(&decoder, &mut context, Sampler::new(Sampling::Greedy), end)
        .with_feedback(&picture)
        .reading_once(tokenizer.byte(b'\n'));
    let tokens: Vec<Token> = generator.by_ref().map(|token| token.unwrap()).collect();
    let ids: Vec<TokenId> = tokens.iter().map(|token| token.id).collect();
    assert_eq!(tokenizer.decode(&ids), "ab\ndef");
    assert_eq!(generator.stop(), Some(StopReason::End));
}

/// What is written by a decoder that means to write `script`: letters, each with how sure it is of it and where it was read (less than 0 is
/// nowhere), whatever was written before.
fn written(script: &'static [(u8, f32, f32)]) -> String {
    let tokenizer = Arc::new(fake::byte_tokenizer(&[]));
    let (vocab, end) = (tokenizer.len(), tokenizer.special("<|end|>").unwrap());
    let picture = Picture(tokenizer.clone());
    let names = tokenizer.clone();
    let decoder = Fake::new(vocab, 4, 64, move |seen, _| {
        let done = seen[1..].iter().filter(|&&id| names.bytes(id) != b" ");
        let (mut logits, mut at) = (vec![0.0; vocab], -1.0);
        match script.get(done.count()) {
            Some(&(letter, lead, source)) => {
                (logits[names.byte(letter) as usize], at) = (lead, source);
            }
            None => logits[end as usize] = 9.0,
        }
        (logits, vec![at, 0.0, 0.0, 0.0])
    });
    let mut context = Context::new(&decoder);
    context.push(1, None).unwrap();
    let generator = Generator::new(&decoder, &mut context, Sampler::new(Sampling::Greedy), end)
        .with_feedback(&picture)
        .spacing(tokenizer.byte(b' '));
    let ids: Vec<TokenId> = generator.take(20).map(|token| token.unwrap().id).collect();
    tokenizer.decode(&ids)
}

#[test]
fn a_near_tie_goes_to_what_the_source_looks_like() {
    // The second glyph looks like a `b`.
    assert_eq!(written(&[(b'a', 9.0, 0.0), (b'x', 1.0, 1.0)]), "ab");
    assert_eq!(written(&[(b'a', 9.0, 0.0), (b'x', 2.0, 1.0)]), "ax");
}

#[test]
fn where_a_line_begins_what_the_source_looks_like_decides() {
    assert_eq!(written(&[(b'd', 5.0, 0.0), (b'b', 9.0, 1.0)]), "ab");
    assert_eq!(written(&[(b'a', 9.0, 0.0), (b'x', 5.0, 3.0)]), "ad");
    assert_eq!(
        written(&[(b'a', 9.0, 0.0), (b'x', 5.0, 5.0)]),
        "ax",
        "unless it looks like several"
    );
}

#[test]
fn a_wide_gap_is_a_space_and_a_narrow_one_is_none() {
    let plain: &[_] = &[(b'a', 9.0, 0.0), (b'b', 9.0, 1.0), (b'c', 4.0, 2.0)];
    assert_eq!(written(plain), "ab c");
    let sure: &[_] = &[(b'a', 9.0, 0.0), (b'b', 9.0, 1.0), (b'c', 9.0, 2.0)];
    assert_eq!(written(sure), "abc", "a decoder that is sure has its way");
    let parted: &[_] = &[(b'a', 9.0, 0.0), (b' ', 5.0, -1.0)];
    assert_eq!(written(parted), "ab");
}

#[test]
fn a_value_reads_its_line_to_the_end_before_another() {
    let tokenizer = Arc::new(fake::byte_tokenizer(&[]));
    let (vocab, end) = (tokenizer.len(), tokenizer.special("<|end|>").unwrap());
    let grammars = Grammars::new(tokenizer.clone(), vocab, end).unwrap();
    let picture = Picture(tokenizer.clone());
    let read = |schema: serde_json::Value| {
        let names = tokenizer.clone();
        // It means to write "abd", whose `d` begins the second line, while the first is not over.
        let decoder = Fake::new(vocab, 4, 64, move |seen, _| {
            let (letter, source) = match names.bytes(*seen.last().unwrap()) {
                b"a" => (b'b', 1.0),
                b"b" | b"c" => (b'd', 3.0),
                b"d" => (b'"', -1.0),
                _ => (b'a', 0.0),
            };
            let mut logits = vec![0.0; vocab];
            logits[names.byte(letter) as usize] = 10.0;
            (logits, vec![source, 0.0, 0.0, 0.0])
        });
        let mut context = Context::new(&decoder);
        context.push(1, None).unwrap();
        let constraint = grammars.json(&Schema::new(&schema).unwrap(), 40).unwrap();
        let generator = Generator::new(&decoder, &mut context, Sampler::new(Sampling::Greedy), end)
            .with_feedback(&picture)
            .constrained(Box::new(constraint));
        let ids: Vec<TokenId> = generator.map(|token| token.unwrap().id).collect();
        tokenizer.decode(&ids)
    };
    assert_eq!(read(serde_json::json!({"type": "string"})), "\"abcd\"");
    assert_eq!(
        read(serde_json::json!({"enum": ["abd", "axd"]})),
        "\"abd\"",
        "what the schema forbids is not read"
    );
}
