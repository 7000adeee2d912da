//! The glyph reader (`models/nano`): one image token for each glyph of a picture, and a pointer
//! from each token that the decoder writes to the glyph it was copied from.
//!
//! | stage | file |
//! |---|---|
//! | patch features to glyph slots | `slots.rs` |
//! | which slots show a glyph, which are kept, in which order | `nms.rs`, `select.rs`, `layout/` |
//! | unsure letters encoded at a second scale | `refine.rs` |
//! | lines that are hardly legible left out | `legible.rs` |
//! | what a lexicon says of words | `lexicon.rs`, `known.rs` |
//! | glyphs to rows of the decoder's width | `embed.rs`, `place.rs`, `tokens.rs`, `mixer.rs` |
//! | a picture to its rows | `encode.rs` |
//! | what decoding needs of a picture | `page.rs`, `pointer.rs` |
//! | logit biases, coverage, prompt-lookup drafting | `decode/` |
//! | every hand-set number of these | `rules.rs` |
mod closer;
mod covered;
mod decode;
mod embed;
mod encode;
mod known;
mod layout;
mod legible;
mod lexicon;
mod mixer;
mod nms;
mod page;
mod pass;
mod place;
mod plain;
mod pointer;
mod refine;
mod rules;
mod select;
mod shared;
mod slots;
mod spacing;
mod tokens;

pub use covered::Covered;
pub use embed::GlyphEmbedding;
pub use encode::{GlyphEncoder, Seen};
pub use lexicon::Lexicon;
pub use mixer::Mixer;
pub use page::Page;
pub use place::PlaceEmbedding;
pub use pointer::Pointer;
pub use rules::{
    Coverage, KnownWords, Legible, LetterBias, Lookup, Nms, ReadingOrder, Rules, SecondScale,
    SmallPrint, SpaceBias, Turned,
};
pub use select::{Chosen, choose};
pub use shared::glyph_box;
pub use slots::{SlotAdapter, Slots};
pub use tokens::{ImageTokens, image_tokens};

use super::{Decoding, Encoded, Opened, Reader, Segment, Written, tracks};
use crate::at_once::at_once;
use crate::bundle::{Base, Bundle, Prompts, TRACKS, graph_error, signature};
use crate::model::DecoderFile;
use crate::{Error, Image, Options, Result, Task};
use decode::{Copying, Figures, Marks, Pointing, Writes};
use foveate_language::{OnnxDecoder, PackedDecoder, Template, TextDecoder, TokenId, Tokenizer};
use foveate_onnx::{GoOn, GraphOptions};
use foveate_vision::Mode;
use page::Pages;
use std::sync::Arc;

/// What `config.json` calls this family; bundles that name none are of it.
pub const ARCHITECTURE: &str = "glyph";

/// The glyph reader of a bundle.
pub struct GlyphReader {
    encoder: Box<dyn EncodeGlyphs>,
    pointer: Arc<Pointer>,
    prompts: Prompts,
    /// The token whose rows are image tokens.
    image: TokenId,
    tokenizer: Arc<Tokenizer>,
    digits: Vec<TokenId>,
    marks: Marks,
    figures: Figures,
    rules: Rules,
}

/// Pictures to image tokens: the graphs of a bundle, or whatever a test makes up.
pub trait EncodeGlyphs: Send + Sync {
    /// Image tokens of `image`. What [`Mode::Auto`] stands for is the encoder's choice.
    fn encode(&self, image: &Image, mode: Mode) -> Result<Seen>;

    /// As [`encode`](Self::encode), for as long as `go_on` says so
    /// ([`Reader::encode_while`]).
    fn encode_while(&self, image: &Image, mode: Mode, go_on: Option<&GoOn<'_>>) -> Result<Seen> {
        let _ = go_on;
        self.encode(image, mode)
    }

    /// Most image tokens of a picture, where there is a bound.
    fn most_tokens(&self) -> Option<usize> {
        None
    }
}

impl EncodeGlyphs for GlyphEncoder {
    fn encode(&self, image: &Image, mode: Mode) -> Result<Seen> {
        Self::encode(self, image, mode)
    }

    fn encode_while(&self, image: &Image, mode: Mode, go_on: Option<&GoOn<'_>>) -> Result<Seen> {
        Self::encode_while(self, image, mode, go_on)
    }

    fn most_tokens(&self) -> Option<usize> {
        Some(Self::most_tokens(self))
    }
}

impl GlyphReader {
    /// A reader of its stages. `image` and `end` are the tokens of that name.
    #[must_use]
    pub fn new(
        encoder: Box<dyn EncodeGlyphs>,
        pointer: Arc<Pointer>,
        prompts: Prompts,
        tokenizer: Arc<Tokenizer>,
        [image, end]: [TokenId; 2],
        rules: Rules,
    ) -> Self {
        Self {
            encoder,
            pointer,
            prompts,
            image,
            digits: tokenizer.encode_bytes(b"0123456789"),
            marks: Marks {
                space: tokenizer.byte(b' '),
                line_end: tokenizer.byte(b'\n'),
                end,
            },
            figures: Figures {
                figures: tokenizer.encode_bytes(b"0123456789-"),
                minus: tokenizer.byte(b'-'),
                quote: tokenizer.byte(b'"'),
                escape: tokenizer.byte(b'\\'),
            },
            tokenizer,
            rules,
        }
    }
}

impl Reader for GlyphReader {
    fn encode(&self, image: &Image, detail: Mode) -> Result<Encoded> {
        self.encode_while(image, detail, None)
    }

    fn encode_while(
        &self,
        image: &Image,
        detail: Mode,
        go_on: Option<&GoOn<'_>>,
    ) -> Result<Encoded> {
        let seen = self.encoder.encode_while(image, detail, go_on)?;
        let mut page = Page::new(&seen.tokens, &self.pointer, &self.digits, &self.rules);
        let receipt = plain::is_receipt(&page, &self.tokenizer, &self.rules);
        let (glyphs, shown) = (seen.tokens.len(), seen.tokens.tokens.nrows());
        let most = self.rules.crowded.unwrap_or(usize::MAX);
        let crowded = glyphs > shown || seen.tokens.legible() >= most;
        if seen.long || crowded || receipt {
            let [width, height] = seen.placement.content_size();
            let how = (&self.rules, receipt || seen.long && height > width);
            let text = plain::text(&page, &self.tokenizer, &self.marks, how);
            page.set_text(text);
        }
        let tokens = seen.tokens;
        Ok(Encoded {
            sources: (0..tokens.len()).map(|i| tokens.source(i)).collect(),
            left_out: seen.left_out,
            segments: vec![Segment::Added {
                ids: vec![self.image; tokens.tokens.nrows()],
                rows: tokens.tokens,
            }],
            transform: seen.placement,
            mode: seen.mode,
            cost: seen.cost,
            data: Some(Arc::new(page)),
        })
    }

    fn most_rows(&self) -> Option<usize> {
        self.encoder.most_tokens()
    }

    fn prompt(&self, task: Task<'_>) -> Option<String> {
        match task {
            Task::Transcribe => Some(self.prompts.ocr.clone()),
            Task::Extract(schema) => {
                let fields = &self.prompts.fields;
                Some(fields.replace("{fields}", &schema.field_list()))
            }
            Task::Ask => None,
        }
    }

    fn decoding<'a>(
        &'a self,
        task: Task<'_>,
        images: &[Arc<Encoded>],
        written: &[Written],
    ) -> Decoding<'a> {
        let pages = Pages::new(images.iter().filter_map(|image| image.data::<Page>()));
        let writes = match task {
            Task::Transcribe => Writes::Transcript,
            Task::Extract(_) => Writes::Value,
            Task::Ask => Writes::Words,
        };
        let draft = self.rules.lookup.map(|rule| {
            let Marks {
                space, line_end, ..
            } = self.marks;
            Box::new(Copying::new(
                &pages,
                space,
                line_end,
                written.to_vec(),
                rule,
            )) as Box<_>
        });
        let rules = self.rules.clone();
        let marks = (self.marks, self.figures.clone());
        // Nothing to read: there is nothing to say, whatever the decoder would make up.
        let blank = !images.is_empty() && pages.len() == 0;
        let answer = match writes {
            Writes::Transcript | Writes::Words if blank => Some(Vec::new()),
            Writes::Transcript => pages.text(self.marks.line_end),
            _ => None,
        };
        let pointing = Pointing::new(pages, self.pointer.clone(), rules, marks, writes);
        Decoding {
            answer,
            processors: Vec::new(),
            attribution: Some(Box::new(pointing)),
            decoder: None,
            draft,
        }
    }
}

/// Opens a bundle; `encoder` opens what finds its glyphs.
pub(super) fn open(
    bundle: &Bundle,
    graphs: &GraphOptions,
    options: &Options,
    encoder: impl FnOnce(GlyphEmbedding) -> Result<Box<dyn EncodeGlyphs>>,
) -> Result<Opened> {
    let config = bundle.config();
    let (tokenizer, template) = open_tokenizer(bundle)?;
    let tokenizer = Arc::new(tokenizer);
    let special = |name: &str| {
        tokenizer.special(name).ok_or_else(|| Error::Stage {
            stage: "tokenizer",
            why: format!("has no special token {name}"),
        })
    };
    let marks = [special(&config.tokens.image)?, special(&config.tokens.end)?];
    let weights = bundle.fusion_weights()?;
    let embed = GlyphEmbedding::new(&weights).with_characters(&tokenizer);
    let decoder = || open_decoder(bundle, options.decoder, graphs);
    let (decoder, encoder) = at_once(decoder, || encoder(embed));
    let (encoder, decoder) = (encoder?, decoder?);
    let reader = GlyphReader::new(
        encoder,
        Arc::new(Pointer::new(&weights)),
        config.prompts.clone(),
        tokenizer.clone(),
        marks,
        options.rules.clone(),
    );
    let sizes = config.decoder;
    let signature = signature(&sizes, &weights);
    // Tracks take no adapters.
    let packed = !bundle.has(TRACKS);
    Ok(Opened {
        name: config.name.clone(),
        architecture: config.architecture.clone(),
        tier: config.tier,
        reader: Box::new(reader),
        decoder,
        tokenizer,
        template,
        mode: config.image.default_mode,
        base: packed.then(|| Base {
            dir: bundle.dir().to_owned(),
            shape: Box::new(move |path| sizes.matrix(path)),
            signature,
            trainer: "training/train_adapter.py",
        }),
    })
}

/// The tokenizer of a bundle, and the tokens around turns.
fn open_tokenizer(bundle: &Bundle) -> Result<(Tokenizer, Template)> {
    let config = bundle.config();
    let file = bundle.file("tokenizer.json")?;
    let broken = |why: String| Error::AssetsInvalid {
        file: file.clone(),
        why,
    };
    let tokenizer = Tokenizer::from_json(&bundle.tokenizer_json()?);
    let tokenizer = tokenizer.map_err(|e| broken(e.to_string()))?;
    let vocab_size = config.decoder.vocab_size;
    if tokenizer.len() > vocab_size {
        return Err(broken(format!(
            "{} tokens, the decoder has {vocab_size}",
            tokenizer.len()
        )));
    }
    let template = config.tokens.template(&tokenizer, vocab_size);
    let template = template.map_err(broken)?;
    Ok((tokenizer, template))
}

fn open_decoder(
    bundle: &Bundle,
    which: DecoderFile,
    graphs: &GraphOptions,
) -> Result<Box<dyn TextDecoder>> {
    if which == DecoderFile::Auto && bundle.has(TRACKS) {
        return open_tracks(bundle, graphs);
    }
    let packed = which == DecoderFile::Packed
        || (which == DecoderFile::Auto && bundle.has("decoder.safetensors"));
    let file = bundle.file(if packed {
        "decoder.safetensors"
    } else {
        "decoder.onnx"
    })?;
    let config = bundle.config().decoder;
    let invalid = |e: foveate_language::Error| match e {
        foveate_language::Error::Decoder { what, source } => {
            match source.map(|s| s.downcast::<foveate_onnx::Error>()) {
                Some(Ok(e)) => graph_error(&file, *e),
                _ => Error::AssetsInvalid {
                    file: file.clone(),
                    why: what,
                },
            }
        }
        other => other.into(),
    };
    if packed {
        let decoder = PackedDecoder::open(&file, config, graphs.threads);
        return Ok(Box::new(decoder.map_err(invalid)?));
    }
    let decoder = OnnxDecoder::open(&file, config, graphs);
    Ok(Box::new(decoder.map_err(invalid)?))
}

/// Tracks in the decoder's place: of its width and tokens.
fn open_tracks(bundle: &Bundle, graphs: &GraphOptions) -> Result<Box<dyn TextDecoder>> {
    let decoder = tracks::open(bundle.dir(), graphs)?;
    let expected = bundle.config().decoder;
    let found = decoder.dims();
    for (name, found, expected) in [
        ("dim", found.dim, expected.dim),
        ("vocab_size", found.vocab_size, expected.vocab_size),
        ("context", found.context, expected.context),
    ] {
        if found != expected {
            return Err(Error::AssetsInvalid {
                file: bundle.dir().join(TRACKS),
                why: format!(
                    "`{name}` is {found}; {expected} is expected, as `decoder` in config.json says"
                ),
            });
        }
    }
    Ok(Box::new(decoder))
}
