//! The page reader (`models/base`): a text spotter reads the picture, and a pretrained decoder is
//! shown what it read, each token with a row that says where its line stands.
//!
//! The text itself is the transcript. Answers are spans of it, or say that it does not tell: they
//! are copied, never spelled, and each word has its box.
mod cells;
mod columns;
pub(super) mod config;
mod draft;
mod panels;
mod place;
mod rules;
mod spelling;
mod spotted;
mod strips;
mod taught;
pub(super) mod text;
mod turns;
mod weights;

use super::{Decoding, Encoded, Opened, Reader, Segment, Why, Written};
use crate::answer::Timing;
use crate::at_once::at_once;
use crate::bundle::{Base, Shape, Tier};
use crate::{Error, Image, Options, Result, Task};
use config::PageConfig;
use draft::LookUp;
use foveate_language::{
    CheckpointDecoder, CheckpointOptions, Copied, CopyText, Copying, Template, TextDecoder,
    TokenId, TokenIndex, Tokenizer,
};
use foveate_onnx::{GoOn, GraphOptions};
use foveate_vision::{Mode, Spotter};
use place::Places;
use rules::PAGE_ROWS;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use taught::Taught;
use text::{PageLine, PageText, Reading};
use turns::ForTurns;
use weights::PageWeights;

pub use config::ARCHITECTURE;

/// What an answer says where the page does not tell. The decoder was taught these words
/// (`training/page/tasks.py`).
const NOT_FOUND: &str = "not found";
/// What comes before the answer to a question of yes or no, from the same place.
const LEADS: [&str; 2] = ["yes: ", "no: "];

/// Reads pictures by a spotter, for a decoder that knows language.
pub struct PageReader {
    spotter: Spotter,
    places: Places,
    tokenizer: Arc<Tokenizer>,
    index: Arc<TokenIndex>,
    template: Template,
    newline: Vec<TokenId>,
    dim: usize,
    /// Whether lines that are hardly legible are left out.
    legible: bool,
    taught: Taught,
    /// The decoder for schemas that it was not taught.
    for_schemas: Option<ForTurns>,
    /// The decoder for questions in words.
    for_asks: Option<ForTurns>,
    /// What stands between the spans of its answers.
    separator: Option<String>,
}

impl PageReader {
    /// The rows of lines that fit, and those lines.
    fn rows(&self, lines: Vec<PageLine>) -> Result<(Segment, Vec<PageLine>, Vec<PageLine>)> {
        let around = text::around_all(&lines);
        let median = text::median_height(&lines);
        let (mut ids, mut rows) = (Vec::new(), Vec::new());
        let (mut shown, mut rest) = (Vec::new(), Vec::new());
        for line in lines {
            let own = &line.tokens;
            if !rest.is_empty() || ids.len() + own.len() + self.newline.len() > PAGE_ROWS {
                rest.push(line);
                continue;
            }
            let before: &[TokenId] = if ids.is_empty() { &[] } else { &self.newline };
            let row = self.places.row(&line, &around, median);
            rows.extend((0..before.len() + own.len()).flat_map(|_| row.iter().copied()));
            ids.extend(before.iter().chain(own));
            shown.push(line);
        }
        let rows = ndarray::Array2::from_shape_vec((ids.len(), self.dim), rows);
        let rows = rows.map_err(|e| Error::Stage {
            stage: "page",
            why: e.to_string(),
        })?;
        Ok((Segment::Added { ids, rows }, shown, rest))
    }

    /// The decoder for a turn, where it has one of its own.
    fn decoder_of(&self, task: Task<'_>) -> Option<&dyn TextDecoder> {
        match task {
            Task::Extract(schema) if !self.taught.covers(schema) => {
                self.for_schemas.as_ref()?.decoder()
            }
            Task::Ask => self.for_asks.as_ref()?.decoder(),
            _ => None,
        }
    }

    /// What answers about the pictures are copied from.
    fn copied_from(images: &[Arc<Encoded>]) -> CopyText {
        let mut copied = CopyText::default();
        let (mut words, mut lines) = (0, 0);
        for page in images.iter().filter_map(|image| image.data::<PageText>()) {
            for (line, follows) in page.lines().iter().zip(page.follows()) {
                let own = line.iter().enumerate();
                let follows = follows.iter().map(|follow| lines + follow).collect();
                copied.push_line(own.map(|(i, word)| (&**word, Some(words + i))), follows);
                words += line.len();
            }
            lines += page.lines().len();
        }
        copied
    }

    /// The tokens of the lines, each with the source of its word.
    fn look_up(&self, images: &[Arc<Encoded>]) -> LookUp {
        let mut tokens = Vec::new();
        let mut first = 0;
        for page in images.iter().filter_map(|image| image.data::<PageText>()) {
            for (words, ids) in page.lines().iter().zip(page.tokens()) {
                tokens.extend(self.traced(words, ids, first).map(Some));
                tokens.push(None);
                first += words.len();
            }
        }
        LookUp::new(tokens)
    }

    /// The tokens of a line, whose first word is the source `first`.
    fn traced<'l>(
        &'l self,
        words: &'l [String],
        ids: &'l [TokenId],
        first: usize,
    ) -> impl Iterator<Item = Written> + 'l {
        let ends: Vec<usize> = words
            .iter()
            .scan(0, |at, word| {
                let end = *at + word.len();
                *at = end + 1; // a space
                Some(end)
            })
            .collect();
        let mut at = 0;
        ids.iter().map(move |&id| {
            let bytes = self.tokenizer.bytes(id);
            let spaces = bytes.iter().take_while(|&&byte| byte == b' ').count();
            let word = ends.partition_point(|&end| end <= at + spaces);
            at += bytes.len();
            (id, Some(first + word.min(words.len().saturating_sub(1))))
        })
    }
}

impl Reader for PageReader {
    fn encode(&self, image: &Image, detail: Mode) -> Result<Encoded> {
        self.encode_while(image, detail, None)
    }

    fn encode_while(&self, image: &Image, _: Mode, go_on: Option<&GoOn<'_>>) -> Result<Encoded> {
        let began = Instant::now();
        let mut spotted = self.spotter.spot_while(image.pixels(), go_on)?;
        spelling::mend(&mut spotted.lines);
        let encode = began.elapsed();
        let transform = text::CANVAS.transform(image.pixels());
        let Reading { lines, illegible } =
            text::read(&spotted, &transform, &self.tokenizer, self.legible)?;
        let (placed, shown, rest) = self.rows(lines)?;
        let illegible = illegible.iter().map(|line| line.left_out(Why::Illegible));
        let too_many = rest.iter().map(|line| line.left_out(Why::TooMany));
        let sources = shown.iter().flat_map(PageLine::sources).collect();
        let begin = self.template.question.clone();
        let end = [&[self.template.end][..], &self.newline].concat();
        let segments = match shown.is_empty() {
            true => Vec::new(),
            false => vec![Segment::Text(begin), placed, Segment::Text(end)],
        };
        Ok(Encoded {
            segments,
            sources,
            left_out: illegible.chain(too_many).collect(),
            transform,
            mode: Mode::High,
            cost: Timing {
                encode,
                adapter: began.elapsed().saturating_sub(encode),
                ..Timing::default()
            },
            data: Some(Arc::new(PageText::new(shown))),
        })
    }

    fn prompt(&self, task: Task<'_>) -> Option<String> {
        match task {
            Task::Transcribe => Some(text::ALL.to_owned()),
            Task::Extract(schema) => Some(format!("Fill in:\n{}", schema.described())),
            Task::Ask => None,
        }
    }

    fn transcribes_aside(&self) -> bool {
        true
    }

    fn not_found(&self) -> Option<&str> {
        Some(NOT_FOUND)
    }

    fn decoding<'a>(
        &'a self,
        task: Task<'_>,
        images: &[Arc<Encoded>],
        _: &[Written],
    ) -> Decoding<'a> {
        if images.is_empty() {
            return Decoding::default(); // a conversation about nothing: free text
        }
        let mut text = Self::copied_from(images);
        let empty = images.iter().all(|image| image.sources.is_empty());
        let copied = match task {
            Task::Transcribe => {
                return Decoding {
                    answer: Some(text::transcript(images, &self.tokenizer)),
                    ..Decoding::default()
                };
            }
            Task::Ask if empty => {
                // Without any text there is nothing to say, as for `nano`.
                return Decoding {
                    answer: Some(Vec::new()),
                    ..Decoding::default()
                };
            }
            Task::Ask => Copied::Answer,
            Task::Extract(schema) => Copied::Strings(schema),
        };
        text.set_phrase(NOT_FOUND);
        LEADS.iter().for_each(|lead| text.push_lead(lead));
        if let (Task::Ask, Some(separator)) = (task, &self.separator) {
            text.set_separator(separator);
        }
        let end = self.template.end;
        let index = self.index.clone();
        let copying = Copying::new(text, index, &self.tokenizer, copied, end, self.dim);
        let copying = copying.with_missing(|name: &str| self.taught.missing(name));
        Decoding {
            attribution: Some(Box::new(copying)),
            draft: Some(Box::new(self.look_up(images))),
            decoder: self.decoder_of(task),
            ..Decoding::default()
        }
    }
}

/// Opens the reader and the decoder of the bundle in `dir`.
pub(super) fn open(
    dir: &Path,
    config: serde_json::Value,
    graphs: &GraphOptions,
    options: &Options,
) -> Result<Opened> {
    let config = PageConfig::read(dir, config)?;
    let weights = config.weights_file(dir)?;
    let turns = config.turns_files(dir)?;
    let gguf = config.decoder_file(dir)?;
    let palettes = config.palettes_file(dir)?;
    // The graphs and the decoder need nothing of each other: they are opened at the same time.
    let (language, spotter) = at_once(
        || open_language(&config, &gguf, palettes, &weights, &turns, graphs.threads),
        || Spotter::open(dir, &config.spotter, graphs),
    );
    let spotter = spotter.map_err(|e| Error::AssetsInvalid {
        file: dir.to_owned(),
        why: format!("{e}; `make base` fetches the graphs"),
    });
    let Language {
        tokenizer,
        decoder,
        template,
        places,
        taught,
        for_schemas,
        for_asks,
        separator,
        shape,
    } = language?;
    let (spotter, dim) = (spotter?, decoder.dims().dim);
    let signature = config.signature();
    let reader = PageReader {
        spotter,
        places,
        index: Arc::new(TokenIndex::new(&tokenizer)),
        newline: tokenizer.encode("\n")?,
        tokenizer: tokenizer.clone(),
        template: template.clone(),
        dim,
        legible: options.rules.legible.is_some(),
        taught,
        for_schemas,
        for_asks,
        separator,
    };
    Ok(Opened {
        name: config.name,
        architecture: ARCHITECTURE.to_owned(),
        tier: Tier::OnDevice,
        reader: Box::new(reader),
        decoder: Box::new(decoder),
        tokenizer,
        template,
        mode: Mode::High,
        base: Some(Base {
            dir: dir.to_owned(),
            shape,
            signature,
            trainer: "`python -m page.adapter` in training/",
        }),
    })
}

/// The half of the model that knows language.
struct Language {
    tokenizer: Arc<Tokenizer>,
    decoder: Arc<dyn TextDecoder>,
    template: Template,
    places: Places,
    taught: Taught,
    for_schemas: Option<ForTurns>,
    for_asks: Option<ForTurns>,
    separator: Option<String>,
    shape: Box<Shape>,
}

/// Opens the decoder with what it was taught.
fn open_language(
    config: &PageConfig,
    gguf: &Path,
    palettes: Option<PathBuf>,
    weights: &Path,
    turns: &[Option<PathBuf>; 2],
    threads: usize,
) -> Result<Language> {
    let refused = |e: foveate_language::Error| Error::AssetsInvalid {
        file: gguf.to_owned(),
        why: format!("{e}; `make base` fetches it"),
    };
    let tokenizer = Arc::new(Tokenizer::from_gguf(gguf).map_err(refused)?);
    let options = CheckpointOptions {
        threads,
        // Twice the memory of int8 keys is some 10 MB for a page of 400 rows, and the cross-entropy
        // of texts is then that of float32 within 0.2% (runtime/kernels/LOG.md).
        float16_cache: true,
        palettes,
        ..CheckpointOptions::default()
    };
    let decoder = CheckpointDecoder::open(gguf, &options).map_err(refused)?;
    decoder.check_vocabulary(&tokenizer).map_err(refused)?;
    let dims = decoder.dims();
    let template = config
        .template(&tokenizer, dims.vocab_size)
        .map_err(refused)?;
    let PageWeights {
        lora,
        place,
        taught,
    } = PageWeights::read(weights, dims.dim)?;
    let own = decoder.adapted(&lora).map_err(refused)?;
    let of_turns = |file: &Option<PathBuf>| -> Result<_> {
        let Some(file) = file else {
            return Ok((None, None));
        };
        let (lora, separator) = weights::updates(file)?;
        let whole = ForTurns::new(own.clone(), lora).map_err(refused)?;
        Ok((Some(whole), separator))
    };
    let [(for_schemas, _), (for_asks, separator)] = [of_turns(&turns[0])?, of_turns(&turns[1])?];
    Ok(Language {
        tokenizer,
        decoder: own,
        template,
        places: Places::new(place),
        taught,
        for_schemas,
        for_asks,
        separator,
        shape: Box::new(move |path| decoder.matrix(path)),
    })
}
