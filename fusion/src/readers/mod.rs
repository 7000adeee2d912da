//! Model families: how each turns pictures into rows for a text decoder, and what it adds to
//! decoding. The function `open` here is the one place that names them.
mod chat;
pub mod glyph;
mod page;
mod tiled;
mod tracks;

use crate::answer::Timing;
use crate::at_once::at_once;
use crate::bundle::{self, Base, Bundle, Checked, Tier};
use crate::{Error, Image, Options, Result, Task};
use foveate_language::{
    Attribution, Draft, LogitsProcessor, Template, TextDecoder, TokenId, Tokenizer,
};
use foveate_onnx::{GoOn, GraphOptions};
use foveate_vision::{Mode, Rect, Transform};
use glyph::GlyphEncoder;
use ndarray::Array2;
use serde_json::Value;
use std::any::Any;
use std::path::Path;
use std::sync::Arc;

/// A model family: from pictures to rows for a text decoder.
///
/// Implemented by each architecture that a bundle may name, and by whoever builds a model of their
/// own ([`Parts`](crate::model::Parts)).
pub trait Reader: Send + Sync {
    /// What the decoder is shown of `image`. What [`Mode::Auto`] stands for is the reader's choice.
    fn encode(&self, image: &Image, detail: Mode) -> Result<Encoded>;

    /// As [`encode`](Self::encode), for as long as `go_on` says so; then it ends with an error,
    /// whichever, and the caller says why it was stopped. `None` never stops it. A family that
    /// cannot be stopped encodes to the end.
    fn encode_while(
        &self,
        image: &Image,
        detail: Mode,
        go_on: Option<&GoOn<'_>>,
    ) -> Result<Encoded> {
        let _ = go_on;
        self.encode(image, detail)
    }

    /// The words in which the model was taught to be asked for `task`; `None` for an open question,
    /// which is asked in the user's own words.
    fn prompt(&self, task: Task<'_>) -> Option<String>;

    /// Whether transcripts are left out of the decoder's context, because [`encode`](Self::encode)
    /// shows it the text itself.
    fn transcribes_aside(&self) -> bool {
        false
    }

    /// Most rows that a picture takes, where the family bounds them beforehand.
    fn most_rows(&self) -> Option<usize> {
        None
    }

    /// What views of a picture take, of a family that
    /// [`Options::view_memory`](crate::Options::view_memory) bounds.
    fn views(&self) -> Option<Views> {
        None
    }

    /// What an answer in words says where the pictures do not tell; `None` of a family that was not
    /// taught to say so.
    fn not_found(&self) -> Option<&str> {
        None
    }

    /// What is added to decoding an answer to `task` about `images`. `written` are the tokens of
    /// the earlier answers, each with its source.
    fn decoding<'a>(
        &'a self,
        task: Task<'_>,
        images: &[Arc<Encoded>],
        written: &[Written],
    ) -> Decoding<'a>;
}

/// Memory of the views of a picture in an encoder with global attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Views {
    /// Bytes of a view, the weights aside.
    pub bytes: u64,
    /// Views that are encoded at once.
    pub at_once: usize,
}

/// A token of an answer, and the source that it was copied from.
pub type Written = (TokenId, Option<usize>);

/// A picture as rows for a text decoder.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// What the decoder is shown, in this order.
    pub segments: Vec<Segment>,
    /// What answers are copied from. Sources of a conversation are counted over all its pictures.
    /// Empty where a family knows none: its answers have no boxes.
    pub sources: Vec<Source>,
    /// What was found and transcripts leave out.
    pub left_out: Vec<LeftOut>,
    /// The way back from the canvas to the picture's own pixels.
    pub transform: Transform,
    /// The mode it was encoded in, never `Auto`.
    pub mode: Mode,
    /// What it cost.
    pub cost: Timing,
    /// What the family itself keeps of the picture, for [`Reader::decoding`].
    pub data: Option<Arc<dyn Any + Send + Sync>>,
}

/// Something that answers are copied from: a glyph, a word.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Source {
    /// Its box in canvas pixels.
    pub canvas: Rect,
    /// How probable it is that it reads as it was read, 0 to 1.
    pub confidence: f32,
    /// Whether it is hardly legible: fields may be read from it, transcripts leave its word out.
    pub doubtful: bool,
}

/// Something that was found in a picture and that transcripts leave out.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    /// What it may read.
    pub tokens: Vec<TokenId>,
    /// Its box in canvas pixels.
    pub canvas: Rect,
    /// How probable it is that it reads so, 0 to 1.
    pub confidence: f32,
    /// Why it is left out.
    pub why: Why,
}

/// Why something is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// It is hardly legible: a misread word, or no text at all.
    Illegible,
    /// The picture holds more text than the decoder takes.
    TooMany,
}

impl Why {
    /// A word for logs and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Illegible => "illegible",
            Self::TooMany => "too_many",
        }
    }
}

/// A run of rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Segment {
    /// Tokens.
    Text(Vec<TokenId>),
    /// Tokens with what is added to the embedding of each.
    Added {
        /// `[n]`
        ids: Vec<TokenId>,
        /// `[n, dim]`
        rows: Array2<f32>,
    },
    /// Rows (`[n, dim]`) that stand in the place of embeddings.
    Embeddings(Array2<f32>),
}

impl Segment {
    /// Rows of the decoder that it takes.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(ids) => ids.len(),
            Self::Added { rows, .. } | Self::Embeddings(rows) => rows.nrows(),
        }
    }

    /// Whether it takes no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Encoded {
    /// Rows of the decoder that the picture takes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.segments.iter().map(Segment::len).sum()
    }

    /// Whether the decoder is shown nothing of the picture.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the family keeps of the picture, if it is a `T`.
    #[must_use]
    pub fn data<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.data.clone()?.downcast().ok()
    }
}

/// What a family adds to decoding one answer.
#[derive(Default)]
pub struct Decoding<'a> {
    /// Change the logits, in this order.
    pub processors: Vec<Box<dyn LogitsProcessor + 'a>>,
    /// Knows where tokens are copied from; without it answers have no boxes.
    pub attribution: Option<Box<dyn Attribution + 'a>>,
    /// The whole answer, where the family knows it without asking the decoder.
    pub answer: Option<Vec<Written>>,
    /// What computes the rows of the question and its answer, where it is not the model's decoder;
    /// of the same shape. A session with an adapter asks that one instead.
    pub decoder: Option<&'a dyn TextDecoder>,
    /// Proposes what comes next.
    pub draft: Option<Box<dyn Draft + 'a>>,
}

/// The parts that a bundle's architecture is made of.
pub(crate) struct Opened {
    pub name: String,
    /// The architecture that `config.json` names.
    pub architecture: String,
    /// Where it is meant to run.
    pub tier: Tier,
    pub reader: Box<dyn Reader>,
    pub decoder: Box<dyn TextDecoder>,
    pub tokenizer: Arc<Tokenizer>,
    pub template: Template,
    /// The mode of pictures when nobody says.
    pub mode: Mode,
    /// What adapters must have been trained on; `None` of a family that takes none.
    pub base: Option<Base>,
}

/// Opens the model in `dir`, and holds its files against the sums that its `config.json` names. If
/// that is in order and a file is not the one it names, this is the error, whatever else comes of
/// it.
pub(crate) fn open(
    dir: &Path,
    graphs: &GraphOptions,
    options: &Options,
) -> Result<(Opened, Checked)> {
    bundle::check_plain(dir)?;
    if chat::is_gguf(dir) {
        return Ok((chat::open(dir, graphs, options)?, Checked::default()));
    }
    let config = bundle::config(dir)?;
    let (checked, opened) = at_once(
        || bundle::check_sums(dir, &config),
        || open_family(dir, config.clone(), graphs, options),
    );
    match opened {
        Err(e) if is_about_config(&e) => Err(e),
        opened => checked.and_then(|checked| Ok((opened?, checked))),
    }
}

fn is_about_config(e: &Error) -> bool {
    matches!(e, Error::AssetsInvalid { file, .. } if file.ends_with("config.json"))
}

/// Opens the bundle in `dir` as its `architecture` says, or the checkpoint of others that it is.
fn open_family(
    dir: &Path,
    config: Value,
    graphs: &GraphOptions,
    options: &Options,
) -> Result<Opened> {
    if chat::is_hugging_face(&config) {
        return chat::open(dir, graphs, options);
    }
    // A glyph bundle need not name its family, and says itself what is wrong with a name that is
    // none.
    let family = config["architecture"]
        .as_str()
        .unwrap_or(glyph::ARCHITECTURE);
    match family.to_owned().as_str() {
        page::ARCHITECTURE => page::open(dir, config, graphs, options),
        tiled::ARCHITECTURE => tiled::open(dir, config, graphs, options),
        glyph::ARCHITECTURE => {
            let bundle = Bundle::of(dir, config)?;
            glyph::open(&bundle, graphs, options, |embed| {
                let encoder = GlyphEncoder::open(&bundle, embed, graphs, &options.rules)?;
                Ok(Box::new(encoder))
            })
        }
        other => Err(Error::AssetsInvalid {
            file: dir.join("config.json"),
            why: format!(
                "architecture {other:?}; this library knows {:?}",
                [glyph::ARCHITECTURE, page::ARCHITECTURE, tiled::ARCHITECTURE]
            ),
        }),
    }
}
