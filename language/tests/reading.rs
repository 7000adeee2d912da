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

    fn looks(&self, source: usize) -> Option<TokenId> {
        LETTERS.get(source).map(|&letter| self.0.byte(letter))
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

#[test]
fn a_near_tie_goes_to_what_the_source_looks_like() {
    let tokenizer = Arc::new(fake::byte_tokenizer(&[]));
    let (vocab, end) = (tokenizer.len(), tokenizer.special("<|end|>").unwrap());
    let picture = Picture(tokenizer.clone());
    let read = |lead: f32| {
        let names = tokenizer.clone();
        // It reads the second glyph, which looks like a `b`, as an `x` by a lead over all else.
        let decoder = Fake::new(vocab, 4, 64, move |seen, _| {
            let began = matches!(names.bytes(*seen.last().unwrap()), b"b" | b"x");
            let mut logits = vec![0.0; vocab];
            logits[if began { end } else { names.byte(b'x') } as usize] = lead;
            (logits, vec![if began { -1.0 } else { 1.0 }, 0.0, 0.0, 0.0])
        });
        let mut context = Context::new(&decoder);
        context.push(1, None).unwrap();
        let generator = Generator::new(&decoder, &mut context, Sampler::new(Sampling::Greedy), end)
            .with_feedback(&picture);
        let ids: Vec<TokenId> = generator.map(|token| token.unwrap().id).collect();
        tokenizer.decode(&ids)
    };
    assert_eq!([read(1.0), read(2.0)], ["b", "x"]);
}
