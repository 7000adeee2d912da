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

#[test]
fn a_text_too_long_by_its_length_is_not_tokenised() {
    let t = fake::byte_tokenizer(&[]);
    // More than is tokenised at all, which would be another error.
    let long = "a".repeat(MAX_TEXT + 1);
    assert!(matches!(t.encode(&long), Err(Error::Tokenizer(_))));
    let least = t.least_tokens(&long);
    let Err(Error::ContextFull { needed, limit }) = t.encode_within(&long, 100) else {
        panic!("it was tokenised");
    };
    assert_eq!((needed, limit), (least, 100));
    assert_eq!(t.encode_within("abc", 3).unwrap().len(), 3);
    assert!(matches!(
        t.encode_within("abcd", 3),
        Err(Error::ContextFull {
            needed: 4,
            limit: 3
        })
    ));
}
