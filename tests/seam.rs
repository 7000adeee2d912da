//! The seam between model families, held by a second one: its rows stand in the place of
//! embeddings, tokens of text part its tiles, and it knows no sources, so that its answers have no
//! boxes.
use foveate::bundle::TokenNames;
use foveate::language::fake::{self, Fake, REPLACED};
use foveate::language::{TextDecoder, TokenId, Tokenizer};
use foveate::model::Parts;
use foveate::readers::{Decoding, Encoded, Reader, Segment, Written};
use foveate::vision::{ImageConfig, TileBatch};
use foveate::{Image, Mode, Model, Request, Result, StopReason, Task, Timing};
use ndarray::Array2;
use std::sync::Arc;

const DIM: usize = 4;
const CONTEXT: usize = 400;

/// Two tiles of a picture that is a row of pixels, whose red values are its text: one embedding a
/// pixel, and `[` or `]` before each tile.
struct Tiles {
    markers: [TokenId; 2],
    /// What answers in JSON, if the model's decoder does not.
    typed: Option<Arc<Fake>>,
}

impl Reader for Tiles {
    fn encode(&self, image: &Image, _: Mode) -> Result<Encoded> {
        let red: Vec<u8> = image.pixels().rgb().iter().step_by(3).copied().collect();
        let (left, right) = red.split_at(red.len() / 2);
        let embeddings = |tile: &[u8]| {
            let row = |(i, j): (usize, usize)| if j == 0 { f32::from(tile[i]) } else { 0.5 };
            Segment::Embeddings(Array2::from_shape_fn((tile.len(), DIM), row))
        };
        let views = TileBatch::new(image.pixels(), Mode::Rapid, &ImageConfig::default());
        Ok(Encoded {
            segments: vec![
                Segment::Text(vec![self.markers[0]]),
                embeddings(left),
                Segment::Text(vec![self.markers[1]]),
                embeddings(right),
            ],
            sources: Vec::new(),
            left_out: Vec::new(),
            transform: *views.placement(),
            mode: Mode::Rapid,
            cost: Timing::default(),
            data: None,
        })
    }

    fn prompt(&self, task: Task<'_>) -> Option<String> {
        match task {
            Task::Transcribe => Some("What does it say?".into()),
            Task::Extract(schema) => Some(format!("As JSON: {}", schema.field_list())),
            Task::Ask => None,
        }
    }

    fn decoding<'a>(&'a self, task: Task<'_>, _: &[Arc<Encoded>], _: &[Written]) -> Decoding<'a> {
        let own = self
            .typed
            .as_deref()
            .filter(|_| matches!(task, Task::Extract(_)));
        Decoding {
            decoder: own.map(|own| own as _),
            ..Decoding::default()
        }
    }
}

/// Says what the embeddings before the question spell, tile by tile.
fn spells(tokenizer: Arc<Tokenizer>, markers: [TokenId; 2]) -> Fake {
    let vocab = tokenizer.len();
    Fake::new(vocab, DIM, CONTEXT, move |ids, extra| {
        let spelled: Vec<u8> = (0..ids.len())
            .filter_map(|i| match ids[i] {
                REPLACED => Some(extra[[i, 0]] as u8),
                id if id == markers[1] => Some(b' '),
                _ => None,
            })
            .collect();
        let answer = ids.iter().rposition(|&id| id == 4).unwrap_or(0);
        let question = ids.iter().rposition(|&id| id == 3).unwrap_or(0);
        let asked = tokenizer.decode(&ids[question + 1..answer]);
        let text = match asked.strip_prefix("As JSON") {
            Some(_) => format!(r#"{{"word":"{}"}}"#, String::from_utf8_lossy(&spelled)),
            None => String::from_utf8_lossy(&spelled).into_owned(),
        };
        let written = ids.len() - answer - 1;
        let byte = text.as_bytes().get(written);
        let mut logits = vec![0.0; vocab];
        logits[byte.map_or(5, |&byte| tokenizer.byte(byte) as usize)] = 9.0;
        (logits, vec![0.0; DIM])
    })
}

fn model() -> Model {
    let spells = |tokenizer, markers| Arc::new(spells(tokenizer, markers));
    model_of(Arc::new(fake::byte_tokenizer(&[])), spells, None)
}

/// A model of this family whose decoder is made of the tokenizer and the markers, and what answers
/// in JSON instead.
fn model_of(
    tokenizer: Arc<Tokenizer>,
    decoder: impl Fn(Arc<Tokenizer>, [TokenId; 2]) -> Arc<Fake>,
    typed: Option<Arc<Fake>>,
) -> Model {
    let name = |n: &str| format!("<|{n}|>");
    let names = TokenNames {
        begin: name("begin"),
        image: name("image"),
        user: name("user"),
        answer: name("answer"),
        end: name("end"),
        pad: name("pad"),
    };
    let markers = [b'[', b']'].map(|marker| tokenizer.byte(marker));
    Model::from_parts(Parts {
        name: "tiles".into(),
        template: names.template(&tokenizer, tokenizer.len()).unwrap(),
        reader: Box::new(Tiles { markers, typed }),
        decoder: Box::new(decoder(tokenizer.clone(), markers) as Arc<dyn TextDecoder>),
        tokenizer,
        mode: Mode::Auto,
        remembered_images: 4,
    })
    .unwrap()
}

fn picture(text: &[u8]) -> Image {
    let rgb = text.iter().flat_map(|&b| [b, 0, 0]).collect();
    Image::from_rgb(text.len() as u32, 1, rgb).unwrap()
}

#[test]
fn a_family_without_sources_reads_asks_and_answers_without_boxes() {
    let mut session = model().look_at(&picture(b"jazzclub")).unwrap();
    assert_eq!(
        session.pictures()[0].tokens,
        10,
        "eight embeddings and two markers"
    );
    let reading = session.ocr().run().unwrap();
    assert_eq!(
        (reading.text.as_str(), reading.stop),
        ("jazz club", StopReason::End)
    );
    assert!(reading.lines.iter().all(|line| line.region.is_none()));

    let schema = serde_json::json!({"type": "object", "properties": {"word": {"type": "string"}},
        "required": ["word"], "additionalProperties": false});
    let typed = session
        .read_schema::<serde_json::Value>(&schema)
        .run()
        .unwrap();
    assert_eq!(typed.value["word"], "jazz club");
    assert!(typed.fields.is_empty(), "no boxes: {:?}", typed.fields);

    let brief = Request {
        max_tokens: Some(3),
        ..Request::default()
    };
    let answer = session.ask("And?").with(&brief).run().unwrap();
    assert_eq!(
        (answer.text.as_str(), answer.stop),
        ("jaz", StopReason::MaxTokens)
    );
}

#[test]
fn its_conversations_fork_and_are_saved() {
    let model = model();
    let image = picture(b"jazzclub");
    let mut session = model.look_at(&image).unwrap();
    let read = session.ocr().run().unwrap().text;
    let mut fork = session.fork();
    assert_eq!(fork.ask("And?").run().unwrap().text, read);
    let saved = session.transcript();
    let mut restored = model.restore(&saved, &[image]).unwrap();
    assert_eq!(restored.ask("And?").run().unwrap().text, read);
    assert_eq!(restored.turns()[0], saved.turns[0]);
}

/// Tokens of published vocabularies end within characters, and so may what was read of an answer.
#[test]
fn an_answer_that_was_left_within_a_character_is_saved_and_restored() {
    let tokenizer = Arc::new(fake::byte_tokenizer(&["aé"]));
    let half = (0..tokenizer.len() as TokenId)
        .find(|&id| tokenizer.bytes(id) == b"a\xc3")
        .unwrap();
    let says = |tokenizer: Arc<Tokenizer>, _| {
        let (vocab, rest) = (tokenizer.len(), tokenizer.byte(0xa9));
        Arc::new(Fake::new(vocab, DIM, CONTEXT, move |ids, _| {
            let mut logits = vec![0.0; vocab];
            let begun = ids.last() == Some(&half);
            logits[if begun { rest } else { half } as usize] = 9.0;
            (logits, vec![0.0; DIM])
        }))
    };
    let model = model_of(tokenizer, says, None);
    let mut session = model.session().unwrap();
    let mut stream = session.ask("And?").stream().unwrap();
    assert_eq!(stream.next().unwrap().unwrap(), "a");
    drop(stream);
    assert_eq!(session.turns()[0].answer, "a\u{fffd}");
    let restored = model.restore(&session.transcript(), &[]).unwrap();
    assert_eq!(restored.turns(), session.turns());
    session.forget_turns(0).unwrap();
}

#[test]
fn a_decoder_for_one_kind_of_answer_computes_those_turns_alone() {
    let tokenizer = Arc::new(fake::byte_tokenizer(&[]));
    let markers = [b'[', b']'].map(|marker| tokenizer.byte(marker));
    let [whole, typed] = [(); 2].map(|()| Arc::new(spells(tokenizer.clone(), markers)));
    let of_all = |_, _| whole.clone();
    let model = model_of(tokenizer, of_all, Some(typed.clone()));
    let mut session = model.look_at(&picture(b"jazzclub")).unwrap();
    session.ask("Where?").run().unwrap();
    let seen = whole.rows();

    let schema = serde_json::json!({"type": "object", "properties": {"word": {"type": "string"}},
        "required": ["word"], "additionalProperties": false});
    let json = session
        .ask("As JSON")
        .as_schema::<serde_json::Value>(&schema);
    assert_eq!(json.run().unwrap().value["word"], "jazz club");
    assert!(typed.rows() > 0);
    assert_eq!(whole.rows(), seen + 1, "the end of the answer before");

    let own = typed.rows();
    session.ask("And?").run().unwrap();
    assert_eq!(typed.rows(), own);
    let rows = CONTEXT - session.room();
    assert_eq!(whole.rows(), rows, "of the turn that was not its own too");
}
