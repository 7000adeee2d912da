//! A device whose confidence and print are what the picture says, and a server that counts what it
//! is asked.
use foveate::bundle::TokenNames;
use foveate::engine::{
    Conversation, Engine, Leave, Local, Outgoing, Pieces, Place, RemoteError, Reply, Route, Sent,
    Terms,
};
use foveate::language::Tokenizer;
use foveate::language::fake::{self, Fake};
use foveate::model::Parts;
use foveate::readers::{Decoding, Encoded, Reader, Segment, Source, Written};
use foveate::vision::{ImageConfig, TileBatch};
use foveate::{Error, Image, Mode, Model, Rect, Result, StopReason, Task, Timing, Usage};
use std::sync::{Arc, Mutex};

const DIM: usize = 2;
pub const CONTEXT: usize = 300;

/// Sees one word, as high as the picture's first red value says and as sure as its second, in
/// hundredths; it is read as `here`, or as `not found` where the third is not 0.
struct Word {
    tokenizer: Arc<Tokenizer>,
}

pub fn picture(height: u8, sure: u8, absent: bool) -> Image {
    let rgb = [height, sure, u8::from(absent)]
        .into_iter()
        .flat_map(|v| [v, 0, 0]);
    Image::from_rgb(3, 1, rgb.collect())
        .unwrap()
        .labelled("flyer")
}

impl Reader for Word {
    fn encode(&self, image: &Image, _: Mode) -> Result<Encoded> {
        let red: Vec<f32> = image
            .pixels()
            .rgb()
            .iter()
            .step_by(3)
            .map(|&v| f32::from(v))
            .collect();
        let views = TileBatch::new(image.pixels(), Mode::Rapid, &ImageConfig::default());
        Ok(Encoded {
            segments: vec![Segment::Text(vec![2; 4])],
            sources: vec![Source {
                canvas: Rect {
                    x0: 0.0,
                    y0: 0.0,
                    x1: 20.0,
                    y1: f64::from(red[0]),
                },
                confidence: red[1] / 100.0,
                doubtful: false,
            }],
            left_out: Vec::new(),
            transform: *views.placement(),
            mode: Mode::Rapid,
            cost: Timing::default(),
            data: Some(Arc::new(red[2] != 0.0)),
        })
    }

    fn prompt(&self, _: Task<'_>) -> Option<String> {
        None
    }

    fn not_found(&self) -> Option<&str> {
        Some("not found")
    }

    fn decoding<'a>(&'a self, _: Task<'_>, images: &[Arc<Encoded>], _: &[Written]) -> Decoding<'a> {
        let absent = images
            .iter()
            .any(|i| i.data::<bool>().is_some_and(|absent| *absent));
        let text = if absent { "not found" } else { "here" };
        let source = (!absent && !images.is_empty()).then_some(0);
        let tokens = text.bytes().map(|b| (self.tokenizer.byte(b), source));
        Decoding {
            answer: Some(tokens.collect()),
            ..Decoding::default()
        }
    }
}

pub fn device() -> Local {
    let tokenizer = Arc::new(fake::byte_tokenizer(&[]));
    let name = |n: &str| format!("<|{n}|>");
    let names = TokenNames {
        begin: name("begin"),
        image: name("image"),
        user: name("user"),
        answer: name("answer"),
        end: name("end"),
        pad: name("pad"),
    };
    let vocab = tokenizer.len();
    let decoder = Fake::new(vocab, DIM, CONTEXT, move |_, _| {
        (vec![0.0; vocab], vec![0.0; DIM])
    });
    let model = Model::from_parts(Parts {
        name: "word".into(),
        template: names.template(&tokenizer, vocab).unwrap(),
        reader: Box::new(Word {
            tokenizer: tokenizer.clone(),
        }),
        decoder: Box::new(decoder),
        tokenizer,
        mode: Mode::Auto,
        remembered_images: 4,
    });
    Local::new(model.unwrap())
}

/// What a server was shown and asked, in order.
pub type Seen = Arc<Mutex<Vec<String>>>;

/// Answers with a number; its first `down` questions fail.
#[derive(Clone, Default)]
pub struct Server {
    pub seen: Seen,
    pub down: Arc<Mutex<usize>>,
}

struct Asked {
    server: Server,
    /// What this conversation was given.
    own: Vec<String>,
    reply: Option<Reply>,
}

impl Engine for Server {
    fn begin(&self) -> Result<Box<dyn Conversation>> {
        Ok(Box::new(Asked {
            server: self.clone(),
            own: Vec::new(),
            reply: None,
        }))
    }
}

impl Conversation for Asked {
    fn instruct(&mut self, instructions: &str) -> Result<()> {
        self.own.push(format!("keep to {instructions}"));
        Ok(())
    }

    fn show(&mut self, image: &Image, leave: Leave) -> Result<()> {
        assert_eq!(leave, Leave::Allowed, "a private picture has left");
        self.own.push(format!("see {}", image.name()));
        Ok(())
    }

    fn append(&mut self, question: &str, answer: &str) -> Result<()> {
        self.own.push(format!("{question} {answer}"));
        Ok(())
    }

    fn ask<'c>(&'c mut self, question: &str, _: &Terms) -> Result<Pieces<'c>> {
        let mut down = self.server.down.lock().unwrap();
        if *down > 0 {
            *down -= 1;
            return Err(Error::Remote(RemoteError::Unreachable {
                url: "https://example.org".into(),
                attempts: 3,
                why: "nobody listens".into(),
            }));
        }
        let mut seen = self.server.seen.lock().unwrap();
        seen.append(&mut self.own);
        seen.push(question.to_owned());
        self.reply = Some(Reply {
            text: "there".into(),
            stop: StopReason::End,
            region: None,
            found: true,
            usage: Usage::default(),
            route: Route::only(Place::Server),
        });
        Ok(Box::new(
            ["the", "re"].into_iter().map(|p| Ok(p.to_owned())),
        ))
    }

    fn last(&self) -> Option<Reply> {
        self.reply.clone()
    }

    fn outgoing(&self, question: &str) -> Option<Outgoing> {
        let asked = Sent::Question(question.to_owned());
        let shown = self.own.iter().cloned().map(Sent::Instructions);
        Some(Outgoing {
            url: "https://example.org".into(),
            parts: shown.chain([asked]).collect(),
            bytes: 100,
        })
    }
}
