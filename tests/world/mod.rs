//! A small world in which every right answer is obvious: a picture is a row of pixels whose red
//! values are its text, sight sees one glyph for each character but spaces, and the decoder reads
//! them in order and fills in fields by rule.
#![allow(dead_code, reason = "each test file uses a part of it")]

use foveate::bundle::{FusionWeights, Prompts, TokenNames};
use foveate::language::fake::{self, Fake};
use foveate::language::{Dims, TextDecoder, TokenId, Tokenizer};
use foveate::model::Parts;
use foveate::readers::glyph::{
    EncodeGlyphs, GlyphReader, ImageTokens, Pointer, Rules, Seen, Slots,
};
use foveate::{Image, Mode, Model, Result, Timing};
use ndarray::{Array1, Array2};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Width of the decoder: a character's byte, two numbers to point by, and the place.
pub const DIM: usize = 4;
pub const CONTEXT: usize = 2000;
const IMAGE: TokenId = 2;
const USER: TokenId = 3;
const ANSWER: TokenId = 4;
const END: TokenId = 5;

/// What is asked of [`FLYER`].
#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
pub struct Event {
    pub title: String,
    pub date: Option<String>,
    pub venue: Option<String>,
}

/// The text of a flyer without a venue.
pub const FLYER: &str = "title=Jazz_Night|date=SAT_3_MAY|";

/// A picture of `text`.
pub fn picture(text: &str) -> Image {
    let bytes = if text.is_empty() {
        b" "
    } else {
        text.as_bytes()
    };
    let rgb = bytes.iter().flat_map(|&b| [b, 0, 0]).collect();
    Image::from_rgb(bytes.len() as u32, 1, rgb)
        .unwrap()
        .labelled(text)
}

/// Sees one glyph for each byte but spaces and line ends, 10 px apart on lines 20 px apart.
pub struct Glyphs;

impl EncodeGlyphs for Glyphs {
    fn encode(&self, image: &Image, _: Mode) -> Result<Seen> {
        let text: Vec<u8> = image.pixels().rgb().iter().step_by(3).copied().collect();
        let mut spots = Vec::new();
        let (mut x, mut y) = (10.0f32, 20.0f32);
        for &b in &text {
            match b {
                b'\n' => (x, y) = (10.0, y + 20.0),
                b' ' => x += 10.0,
                _ => {
                    spots.push((b, x, y));
                    x += 10.0;
                }
            }
        }
        let n = spots.len();
        let tokens = Array2::from_shape_fn((n, DIM), |(i, j)| match j {
            0 => f32::from(spots[i].0),
            1 => 2.0 * i as f32,
            2 => -((i * i) as f32),
            _ => 0.0,
        });
        let places =
            Array2::from_shape_fn((n, DIM), |(i, j)| if j == 3 { i as f32 + 1.0 } else { 0.0 });
        let canvas =
            Array2::from_shape_fn((n, 4), |(i, j)| [spots[i].1, spots[i].2, 10.0, 10.0][j]);
        let views = foveate::vision::TileBatch::new(
            image.pixels(),
            Mode::Rapid,
            &foveate::vision::ImageConfig::default(),
        );
        Ok(Seen {
            tokens: ImageTokens {
                tokens: &tokens + &places,
                places,
                canvas,
                glyph: spots.iter().map(|s| 6 + u32::from(s.0)).collect(),
                probability: vec![1.0; n],
                doubtful: vec![false; n],
                apart: vec![false; n],
            },
            long: false,
            left_out: Vec::new(),
            placement: *views.placement(),
            mode: Mode::Rapid,
            cost: Timing {
                encode: Duration::from_millis(3),
                adapter: Duration::from_millis(2),
                ..Timing::default()
            },
        })
    }
}

/// What the decoder of this world was shown: ids and the place of every row.
pub type Log = Arc<Mutex<(Vec<TokenId>, Vec<f32>)>>;

/// Continues the conversation `ids` as a perfect reader would: what is written next, and the glyph
/// it is read from.
fn next(tokenizer: &Tokenizer, ids: &[TokenId], glyphs: &[u8]) -> (TokenId, Option<usize>) {
    let turn = ids.iter().rposition(|&id| id == USER).unwrap_or(0);
    let answer = ids
        .iter()
        .rposition(|&id| id == ANSWER)
        .unwrap_or(ids.len() - 1);
    let question = tokenizer.decode(&ids[turn + 1..answer]);
    let written: Vec<u8> = ids[answer + 1..]
        .iter()
        .flat_map(|&id| tokenizer.bytes(id))
        .copied()
        .collect();
    let wanted = match question.as_str() {
        "Read the text." => page(glyphs),
        q if q.starts_with("Fill in ") => fields(&q[8..], glyphs),
        "Repeat." => b"ha ".repeat(500),
        q => format!("You said {q}").into_bytes(),
    };
    let Some(&byte) = wanted.get(written.len()) else {
        return (END, None);
    };
    let copies = matches!(byte, b'!'..=b'~') && question != "Repeat.";
    let source = if question == "Read the text." {
        copies.then_some(written.len())
    } else {
        // Inside a value: where its whole text stands, and how far into it this byte is.
        let inside = written.iter().filter(|b| **b == b'"').count() % 4 == 3;
        let done = written.iter().rev().take_while(|b| **b != b'"').count();
        let value: Vec<u8> = wanted[written.len() - done..]
            .iter()
            .take_while(|b| **b != b'"')
            .map(|&b| if b == b' ' { b'_' } else { b })
            .collect();
        find(glyphs, &value)
            .filter(|_| inside && copies && byte != b'"')
            .map(|at| at + done)
    };
    (tokenizer.byte(byte), source.filter(|s| *s < glyphs.len()))
}

fn find(text: &[u8], piece: &[u8]) -> Option<usize> {
    (!piece.is_empty())
        .then(|| text.windows(piece.len()).position(|w| w == piece))
        .flatten()
}

/// The text that the glyphs spell: `_` stands for a space and `|` for a line end.
fn page(glyphs: &[u8]) -> Vec<u8> {
    glyphs
        .iter()
        .map(|&b| match b {
            b'_' => b' ',
            b'|' => b'\n',
            b => b,
        })
        .collect()
}

/// Fills in each field with the glyphs after `name=` up to `|`, or `null`.
fn fields(list: &str, glyphs: &[u8]) -> Vec<u8> {
    let names: Vec<String> = list
        .trim_matches(['{', '}'])
        .split(',')
        .map(|n| n.trim_matches('"').to_owned())
        .collect();
    let text = String::from_utf8_lossy(glyphs).into_owned();
    let value = |name: &String| {
        let from = text.find(&format!("{name}=")).map(|i| i + name.len() + 1);
        from.map(|i| {
            text[i..]
                .split('|')
                .next()
                .unwrap_or_default()
                .replace('_', " ")
        })
    };
    let pair = |name: &String| {
        format!(
            "\"{name}\":{}",
            value(name).map_or("null".into(), |v| format!("\"{v}\""))
        )
    };
    format!(
        "{{{}}}",
        names.iter().map(pair).collect::<Vec<_>>().join(",")
    )
    .into_bytes()
}

/// The decoder of this world; keeps the rows of its last run in `log`.
pub fn perfect(tokenizer: Arc<Tokenizer>, vocab: usize, log: Log) -> Fake {
    Fake::new(vocab, DIM, CONTEXT, move |ids, extra| {
        let glyphs: Vec<u8> = (0..ids.len())
            .filter(|&i| ids[i] == IMAGE)
            .map(|i| extra[[i, 0]] as u8)
            .collect();
        let (id, source) = next(&tokenizer, ids, &glyphs);
        *log.lock().unwrap() = (ids.to_vec(), extra.column(3).to_vec());
        let mut logits = vec![0.0; vocab];
        logits[id as usize] = 10.0;
        let hidden = source.map_or(vec![0.0; DIM], |s| vec![s as f32, 1.0, 0.0, 0.0]);
        (logits, hidden)
    })
}

/// Lets a test look at a decoder that a model owns.
pub struct Watched(pub Arc<Fake>);

impl TextDecoder for Watched {
    fn dims(&self) -> Dims {
        self.0.dims()
    }
    fn new_cache(&self) -> foveate::language::Cache {
        self.0.new_cache()
    }
    fn forward(
        &self,
        cache: &mut foveate::language::Cache,
        rows: foveate::language::Rows<'_>,
    ) -> foveate::language::Result<foveate::language::Output> {
        self.0.forward(cache, rows)
    }
}

/// Points as [`perfect`] means it.
pub fn weights() -> FusionWeights {
    let pick = |a: usize, b: usize| {
        Array2::from_shape_fn((2, DIM), |(i, j)| {
            f32::from(u8::from((i, j) == (0, a) || (i, j) == (1, b)))
        })
    };
    FusionWeights {
        place_weight: Array2::zeros((DIM, 16)),
        place_bias: Array1::zeros(DIM),
        before_weight: Array2::zeros((DIM, 16)),
        letters_ids: vec![0],
        letters_weight: Array2::zeros((1, DIM)),
        slots_weight: Array2::zeros((DIM, 1)),
        pointer_query: pick(0, 1),
        pointer_key: pick(1, 2),
        pointer_null: ndarray::arr1(&[0.0, -1.0]),
    }
}

pub fn tokenizer() -> Arc<Tokenizer> {
    Arc::new(fake::byte_tokenizer(&[]))
}

pub fn model_of(decoder: Box<dyn TextDecoder>) -> Model {
    model_seeing(Box::new(Glyphs), decoder)
}

pub fn model_seeing(encoder: Box<dyn EncodeGlyphs>, decoder: Box<dyn TextDecoder>) -> Model {
    let tokenizer = tokenizer();
    let name = |n: &str| format!("<|{n}|>");
    let names = TokenNames {
        begin: name("begin"),
        image: name("image"),
        user: name("user"),
        answer: name("answer"),
        end: name("end"),
        pad: name("pad"),
    };
    let prompts = Prompts {
        ocr: "Read the text.".into(),
        fields: "Fill in {fields}".into(),
    };
    let template = names.template(&tokenizer, tokenizer.len()).unwrap();
    let reader = GlyphReader::new(
        encoder,
        Arc::new(Pointer::new(&weights())),
        prompts,
        tokenizer.clone(),
        [IMAGE, END],
        Rules {
            // Long pages are for filling the context here.
            crowded: None,
            ..Rules::default()
        },
    );
    Model::from_parts(Parts {
        name: "fake".into(),
        tokenizer,
        reader: Box::new(reader),
        decoder,
        template,
        mode: Mode::Auto,
        remembered_images: 4,
    })
    .unwrap()
}

/// A model that reads perfectly, its decoder, and what the decoder was shown last.
pub fn model() -> (Model, Arc<Fake>, Log) {
    let log = Log::default();
    let tokenizer = tokenizer();
    let vocab = tokenizer.len();
    let decoder = Arc::new(perfect(tokenizer, vocab, log.clone()));
    (model_of(Box::new(Watched(decoder.clone()))), decoder, log)
}

/// Slots of nothing, for tests that need the type.
pub fn no_slots() -> Slots {
    Slots {
        letters: Array2::zeros((0, 1)),
        slots: Array2::zeros((0, 1)),
        place: Array2::zeros((0, 5)),
        presence: Array1::zeros(0),
    }
}
