use super::*;
use crate::constrain::Schema;
use serde_json::json;

fn text() -> CopyText {
    let mut text = CopyText::default();
    text.push_line([("Jazz", Some(0)), ("Night", Some(1))], vec![1, 2]);
    text.push_line(
        [("May", Some(2)), ("3,", Some(3)), ("7-9pm", Some(4))],
        vec![],
    );
    text.push_line([("\"Blue\"", Some(5)), ("Hall", Some(6))], vec![0]);
    text.set_phrase("not found");
    text.push_lead("yes: ");
    text
}

/// A vocabulary of the 256 bytes alone and some longer tokens.
fn tokenizer() -> Tokenizer {
    crate::fake::byte_tokenizer(&WORDS)
}

const WORDS: [&str; 7] = ["Jazz", " Night", "9pm", "\",\"", "\"Ma", "not", "y;"];

fn copying<'a>(tokenizer: &'a Tokenizer, copied: Copied<'a>) -> Copying<'a> {
    let index = Arc::new(TokenIndex::new(tokenizer));
    Copying::new(text(), index, tokenizer, copied, END, 2)
}

const END: TokenId = 5; // `<|end|>` of the vocabulary

/// What is left of equal logits after `said`.
fn logits_after(mut copying: Copying<'_>, tokenizer: &Tokenizer, said: &str) -> Vec<f32> {
    for byte in said.bytes() {
        let id = tokenizer.byte(byte);
        copying.commit(&Token {
            id,
            source: None,
            forced: false,
        });
    }
    let mut logits = vec![0.0; tokenizer.len()];
    copying.process(&[], &mut logits).unwrap();
    logits
}

/// What may come after `said`, as text, sorted; the end as `<end>`.
fn next(copied: Copied<'_>, said: &str) -> Vec<String> {
    let tokenizer = tokenizer();
    let logits = logits_after(copying(&tokenizer, copied), &tokenizer, said);
    let left = (0..).zip(&logits).filter(|(_, l)| **l == 0.0);
    let name = |id| {
        if id == END {
            "<end>".to_owned()
        } else {
            tokenizer.decode(&[id])
        }
    };
    // Without the beginnings of the longer tokens, which its merges need.
    let whole = |name: &String| name.chars().count() == 1 || WORDS.contains(&&**name);
    let named = left.map(|(id, _)| name(id));
    let mut names: Vec<String> = named.filter(|n| n == "<end>" || whole(n)).collect();
    names.sort();
    names
}

#[test]
fn an_answer_is_a_span_or_the_phrase() {
    let first = next(Copied::Answer, "");
    for begins in [
        "Jazz", "J", "N", "M", "3", ",", "7", "-", "9pm", "\"", "B", "H", "not",
    ] {
        assert!(
            first.iter().any(|one| one == begins),
            "{begins} of {first:?}"
        );
    }
    assert!(
        !first
            .iter()
            .any(|one| ["a", "<end>", "p", " "].contains(&one.as_str())),
        "{first:?}"
    );
    assert_eq!(next(Copied::Answer, "Ja"), ["z"]);
    assert_eq!(next(Copied::Answer, "not foun"), ["d"]);
    assert_eq!(next(Copied::Answer, "not found"), ["<end>"]);
    // A lead is followed by a span, and by nothing else.
    assert_eq!(next(Copied::Answer, "yes:"), [" ", " Night"]);
    let behind = next(Copied::Answer, "yes: ");
    assert!(
        behind.contains(&"Jazz".to_owned()) && !behind.contains(&"n".to_owned()),
        "{behind:?}"
    );
}

#[test]
fn with_a_separator_an_answer_is_several_spans_and_none_of_them_twice() {
    let tokenizer = tokenizer();
    let after = |said: &str| {
        let mut copying = copying(&tokenizer, Copied::Answer);
        copying.text.set_separator("; ");
        logits_after(copying, &tokenizer, said)
    };
    let free = |logits: &[f32], id: TokenId| logits[id as usize] == 0.0;
    let ends = |said: &str| free(&after(said), END);
    let allowed = |said: &str, bytes: &[u8]| -> Vec<bool> {
        let (logits, bytes) = (after(said), bytes.iter());
        bytes.map(|&b| free(&logits, tokenizer.byte(b))).collect()
    };
    assert_eq!(allowed("Jazz", b";z"), [true, false]);
    assert_eq!(allowed("Ja", b";"), [false]);
    assert_eq!(allowed("not found", b";"), [false]);
    assert_eq!(allowed("Jazz;", b" J"), [true, false]);
    // "Jazz" was said, "Night" not; an answer does not end with a separator.
    assert_eq!(allowed("Jazz; ", b"JNn;"), [false, true, false, false]);
    assert!(!ends("Jazz; ") && ends("Jazz; Night"));
    assert_eq!(allowed("yes: Jazz; 3; ", b"J37"), [false, false, true]);

    // One token for the end of a span and the separator's first byte.
    let mut copying = copying(&tokenizer, Copied::Answer);
    copying.text.set_separator("; ");
    let [.., both] = *tokenizer.encode("May;").unwrap() else {
        unreachable!("some tokens")
    };
    assert_eq!(tokenizer.bytes(both), b"y;");
    for id in [tokenizer.byte(b'M'), tokenizer.byte(b'a'), both] {
        let forced = false;
        copying.commit(&Token {
            id,
            source: None,
            forced,
        });
    }
    let logits = logits_after(copying, &tokenizer, " ");
    assert!(!free(&logits, tokenizer.byte(b'M')) && free(&logits, tokenizer.byte(b'3')));
}

#[test]
fn a_span_ends_behind_a_word_or_sign_and_goes_on_with_a_line() {
    assert_eq!(next(Copied::Answer, "7"), ["-", "<end>"]);
    // Behind the last word of a line: the first of those that may follow.
    assert_eq!(next(Copied::Answer, "7-9pm"), ["<end>"]);
    assert_eq!(next(Copied::Answer, "Jazz"), [" ", " Night", "<end>"]);
    assert_eq!(next(Copied::Answer, "Jazz Night "), ["\"", "M"]);
}

#[test]
fn strings_of_json_are_spans_and_keys_are_not() {
    let schema = json!({"type": "object", "properties": {"t": {"type": "string"},
        "k": {"enum": ["x"]}}});
    let schema = Schema::new(&schema).unwrap();
    let strings = Copied::Strings(&schema);
    assert_eq!(next(strings, "{\"t\":\"Jaz"), ["z"]);
    let ends = next(strings, "{\"t\":\"Jazz");
    assert_eq!(ends, [" ", " Night", "\"", "\",\"", "\"Ma"]);
    assert_eq!(
        next(strings, "{\"t\":\"\\\"Blue"),
        ["\"", "\",\"", "\"Ma", "\\"]
    );
    assert!(
        next(strings, "{\"k\":\"q").len() > 200,
        "a list's words are not copied"
    );
    assert!(next(strings, "{\"q").len() > 200, "nor are keys");
    // A token that opens a string with what does not stand there is no choice.
    let opens = next(strings, "{\"t\":");
    assert!(opens.contains(&"\"Ma".to_owned()), "{opens:?}");
}

#[test]
fn tokens_know_the_word_they_came_from() {
    let tokenizer = tokenizer();
    let mut copying = copying(&tokenizer, Copied::Answer);
    let mut sources = Vec::new();
    for byte in "Night May".bytes() {
        let id = tokenizer.byte(byte);
        let source = copying.source(id);
        copying.commit(&Token {
            id,
            source,
            forced: false,
        });
        sources.push(source);
    }
    let expected = [1, 1, 1, 1, 1, 9, 2, 2, 2].map(|s| Some(s).filter(|&s| s != 9));
    assert_eq!(sources, expected);
}

#[test]
fn numbers_of_json_are_those_of_the_text() {
    let schema = json!({"type": "object", "properties": {"n": {"type": "number"},
        "k": {"enum": [1, 2]}}});
    let schema = Schema::new(&schema).unwrap();
    let strings = Copied::Strings(&schema);
    let figures = |said: &str| {
        let next = next(strings, said);
        let figure = |one: &&String| one.bytes().all(|b| b"0123456789.-,}".contains(&b));
        next.iter()
            .filter(figure)
            .cloned()
            .collect::<Vec<_>>()
            .concat()
    };
    // "May 3, 7-9pm"; a dash before a figure may be a minus.
    assert_eq!(
        figures("{\"n\":"),
        ",-.379}",
        "what is no value is for the grammar"
    );
    assert_eq!(figures("{\"n\":3"), ",.}");
    assert_eq!(figures("{\"n\":3."), "0");
    assert!(
        figures("{\"k\":").contains("12"),
        "a list's numbers are not copied"
    );
    let tokenizer = tokenizer();
    let mut copying = copying(&tokenizer, strings);
    for byte in "{\"n\":".bytes() {
        let id = tokenizer.byte(byte);
        copying.commit(&Token {
            id,
            source: None,
            forced: false,
        });
    }
    assert_eq!(copying.source(tokenizer.byte(b'9')), Some(4));
}

#[test]
fn what_is_missing_has_a_bias_where_a_value_begins_and_nowhere_else() {
    let schema = json!({"type": "object", "properties": {"t": {"type": ["string", "null"]},
        "s": {"type": ["string", "null"]}}});
    let schema = Schema::new(&schema).unwrap();
    let tokenizer = tokenizer();
    let bias = |name: &str| if name == "t" { 2.5 } else { 0.0 };
    let begun = [
        ("{\"t\":", 2.5),
        ("{\"s\":", 0.0),
        ("{\"t\":\"", 0.0),
        ("{\"", 0.0),
    ];
    for (said, expected) in begun {
        let copying = copying(&tokenizer, Copied::Strings(&schema)).with_missing(bias);
        let logits = logits_after(copying, &tokenizer, said);
        let biased = logits[tokenizer.byte(b'n') as usize];
        let biased = if biased.is_finite() { biased } else { 0.0 };
        assert!((biased - expected).abs() < 1e-6, "{said}: {biased}");
        assert!(logits[tokenizer.byte(b'm') as usize] <= 0.0);
    }
}

#[test]
fn an_item_of_a_list_is_no_place_that_another_one_is() {
    let schema = Schema::new(&json!({"type": "array", "items": {"type": "string"}})).unwrap();
    let next = |said: &str| next(Copied::Strings(&schema), said);
    assert!(next("[\"").contains(&"J".to_owned()));
    let after = next("[\"Jazz\",\"");
    assert!(
        !after.contains(&"J".to_owned()) && after.contains(&"N".to_owned()),
        "{after:?}"
    );
    let over = next("[\"Jazz Night May\",\"");
    assert!(
        !over.contains(&"J".to_owned()) && over.contains(&"M".to_owned()),
        "{over:?}"
    );
}

#[test]
fn what_stands_twice_may_be_listed_twice() {
    let mut text = CopyText::default();
    text.push_line(
        [("Owls", Some(0)), ("Moss", Some(1)), ("Owls", Some(2))],
        vec![],
    );
    let schema = Schema::new(&json!({"type": "array", "items": {"type": "string"}})).unwrap();
    let tokenizer = tokenizer();
    let index = Arc::new(TokenIndex::new(&tokenizer));
    let may = |said: &str| {
        let copied = Copied::Strings(&schema);
        let copying = Copying::new(text.clone(), index.clone(), &tokenizer, copied, END, 2);
        let logits = logits_after(copying, &tokenizer, said);
        [b'O', b'M'].map(|byte| logits[tokenizer.byte(byte) as usize] == 0.0)
    };
    assert_eq!(may("[\"Owls\",\""), [true, true]);
    assert_eq!(may("[\"Owls\",\"Owls\",\""), [false, true]);
    let all = "[\"Owls\",\"Owls\",\"Moss\",";
    let copied = Copied::Strings(&schema);
    let copying = Copying::new(text.clone(), index.clone(), &tokenizer, copied, END, 2);
    let logits = logits_after(copying, &tokenizer, all);
    let quote = logits[tokenizer.byte(b'"') as usize];
    assert!(quote == f32::NEG_INFINITY, "nothing is left to list");
    let again = may("[\"Owls\",\"Owls\",\"Moss\",\"");
    assert_eq!(again, [true, true], "what must come is copied all the same");
    // Another list begins anew.
    assert_eq!(may("[[\"Owls\",\"Owls\"],[\""), [true, true]);
}
