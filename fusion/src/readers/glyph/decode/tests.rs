//! Scripted decoders over a page of two lines of letters.
use super::*;
use crate::readers::glyph::page::tests::{page, pages};
use foveate_language::fake::{self, Fake};
use foveate_language::{Context, Generator, Sampler, Sampling, StopReason, TokenStream, Tokenizer};
use ndarray::{Array1, Array2};

const LETTERS: &[u8] = b"abcdef";

/// The hidden row of a decoder that points at `source`; less than 0 is nowhere.
fn at(source: f32) -> Vec<f32> {
    if source < 0.0 {
        vec![0.0; 4]
    } else {
        vec![source, 1.0, 0.0, 0.0]
    }
}

/// A page of two lines of letters, with a wide gap behind the second glyph of each line, and a last
/// glyph that is hardly read.
fn letters(tokenizer: &Tokenizer) -> Pages {
    let mut page = page(&[0..3, 3..6]);
    let place = |i: usize| [[5.0, 15.0, 31.0][i % 3], 100.0 * (i / 3) as f32, 10.0, 20.0];
    let key = |(i, j): (usize, usize)| {
        if j == 0 {
            2.0 * i as f32
        } else {
            -((i * i) as f32)
        }
    };
    page.keys = Array2::from_shape_fn((6, 2), key);
    page.places = Array2::zeros((6, 4));
    page.canvas = (0..6).map(place).collect();
    page.glyph = LETTERS
        .iter()
        .map(|&letter| tokenizer.byte(letter))
        .collect();
    page.probability[5] = 0.5;
    pages(page)
}

fn pointing(tokenizer: &Tokenizer, writes: Writes, end: TokenId) -> Box<Pointing> {
    let query = Array2::from_shape_fn((4, 2), |(i, j)| f32::from(u8::from(i == j)));
    let null = Array1::from_vec(vec![0.0, -1.0]);
    let pointer = Arc::new(Pointer::of(query.clone(), query, null));
    let marks = Marks {
        space: tokenizer.byte(b' '),
        line_end: tokenizer.byte(b'\n'),
        end,
    };
    let rules = Rules::default();
    Box::new(Pointing::new(
        letters(tokenizer),
        pointer,
        rules,
        (marks, Figures::default()),
        writes,
    ))
}

#[test]
fn a_line_left_out_is_read_at_the_end_and_to_its_end() {
    let tokenizer = Arc::new(fake::byte_tokenizer(&[]));
    let (vocab, end) = (tokenizer.len(), tokenizer.special("<|end|>").unwrap());
    let names = tokenizer.clone();
    // It leaves out the end of the first line, which is its own affair, and the second line, which
    // is not; and behind `d` it wants to wander back to the first.
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
        (logits, at(source))
    });
    let mut context = Context::new(&decoder);
    context.push(1, None).unwrap();
    let mut generator = Generator::new(&decoder, &mut context, Sampler::new(Sampling::Greedy), end)
        .attributed(pointing(&tokenizer, Writes::Transcript, end));
    let tokens: Vec<Token> = generator.by_ref().map(|token| token.unwrap()).collect();
    let ids: Vec<TokenId> = tokens.iter().map(|token| token.id).collect();
    assert_eq!(tokenizer.decode(&ids), "ab\nde f");
    assert_eq!(generator.stop(), Some(StopReason::End));
}

/// What is written by a decoder that means to write `script`: letters, each with how sure it is of
/// it and where it was read (less than 0 is nowhere), whatever was written before.
fn written(script: &'static [(u8, f32, f32)]) -> String {
    let tokenizer = Arc::new(fake::byte_tokenizer(&[]));
    let (vocab, end) = (tokenizer.len(), tokenizer.special("<|end|>").unwrap());
    let names = tokenizer.clone();
    let decoder = Fake::new(vocab, 4, 64, move |seen, _| {
        let done = seen[1..].iter().filter(|&&id| names.bytes(id) != b" ");
        let (mut logits, mut from) = (vec![0.0; vocab], -1.0);
        match script.get(done.count()) {
            Some(&(letter, lead, source)) => {
                (logits[names.byte(letter) as usize], from) = (lead, source);
            }
            None => logits[end as usize] = 9.0,
        }
        (logits, at(from))
    });
    let mut context = Context::new(&decoder);
    context.push(1, None).unwrap();
    let generator = Generator::new(&decoder, &mut context, Sampler::new(Sampling::Greedy), end)
        .attributed(pointing(&tokenizer, Writes::Words, end));
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
fn an_answer_from_the_middle_of_a_page_ends_with_its_line() {
    let second: &[_] = &[
        (b'd', 9.0, 3.0),
        (b'e', 9.0, 4.0),
        (b'\n', 9.0, -1.0),
        (b'a', 9.0, 0.0),
    ];
    assert_eq!(written(second), "de");
    let first: &[_] = &[(b'a', 9.0, 0.0), (b'\n', 9.0, -1.0), (b'd', 9.0, 3.0)];
    assert_eq!(
        written(first),
        "a\nd",
        "from the top it may be the whole page that was asked for"
    );
}
