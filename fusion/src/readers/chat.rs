//! Models of others: any GGUF file or Hugging Face folder with a chat template. They know no
//! pictures; where the spotter of `models/base` is found it reads them, and they are shown its
//! text.
//!
//! Answers are in their own words: no boxes, no promise that they stand in the picture.
use super::page::config::PageConfig;
use super::page::text::{self, PageLine, PageText};
use super::{Decoding, Encoded, Opened, Reader, Segment, Why, Written};
use crate::answer::Timing;
use crate::bundle::{self, Bundle, Tier};
use crate::{Error, Image, Options, Result, Task};
use foveate_language::{
    ChatTemplate, CheckpointDecoder, CheckpointOptions, Template, TextDecoder, Tokenizer,
};
use foveate_onnx::{GoOn, GraphOptions};
use foveate_vision::{Mode, Spotter};
use serde_json::Value;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// What models of this family are called where architectures are named.
const ARCHITECTURE: &str = "chat";
/// The bundle whose spotter reads for them.
const READS: &str = "base";

/// Shows a chat model the text of pictures.
struct ChatReader {
    /// Opened with the first picture.
    spotter: Mutex<Option<Arc<Spotter>>>,
    graphs: GraphOptions,
    tokenizer: Arc<Tokenizer>,
    template: Template,
    legible: bool,
}

/// Whether `path` is a GGUF file by its name.
pub(super) fn is_gguf(path: &Path) -> bool {
    path.extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("gguf"))
}

/// Whether a `config.json` is that of a Hugging Face folder: it names no format of ours.
pub(super) fn is_hugging_face(config: &Value) -> bool {
    config["format"].is_null() && config["model_type"].is_string()
}

impl ChatReader {
    fn spotter(&self) -> Result<Arc<Spotter>> {
        let mut spotter = self.spotter.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(spotter) = &*spotter {
            return Ok(spotter.clone());
        }
        let unread = |e: Error| Error::Stage {
            stage: "pictures",
            why: format!(
                "the model knows none, and what would read their text for it was not found: {e}"
            ),
        };
        let dir = Bundle::find(READS).map_err(unread)?;
        let config = PageConfig::read(&dir, bundle::config(&dir)?).map_err(unread)?;
        let opened = Spotter::open(&dir, &config.spotter, &self.graphs)?;
        Ok(spotter.insert(Arc::new(opened)).clone())
    }

    /// A turn that shows the text, and the answer that it was seen: templates want turns to
    /// alternate.
    fn turn(&self, lines: &[PageLine]) -> Result<Vec<Segment>> {
        let text: Vec<String> = lines.iter().map(PageLine::text).collect();
        let says = format!("This is the text of a picture:\n{}", text.join("\n"));
        let mut ids = self.template.asked(&self.tokenizer, &says)?;
        ids.extend(self.tokenizer.encode("I have read it.")?);
        ids.push(self.template.end);
        Ok(vec![Segment::Text(ids)])
    }
}

impl Reader for ChatReader {
    fn encode(&self, image: &Image, detail: Mode) -> Result<Encoded> {
        self.encode_while(image, detail, None)
    }

    fn encode_while(&self, image: &Image, _: Mode, go_on: Option<&GoOn<'_>>) -> Result<Encoded> {
        let began = Instant::now();
        let spotted = self.spotter()?.spot_while(image.pixels(), go_on)?;
        let transform = text::CANVAS.transform(image.pixels());
        let text::Reading { lines, illegible } =
            text::read(&spotted, &transform, &self.tokenizer, self.legible)?;
        let left_out = illegible.iter().map(|line| line.left_out(Why::Illegible));
        Ok(Encoded {
            left_out: left_out.collect(),
            segments: self.turn(&lines)?,
            sources: lines.iter().flat_map(PageLine::sources).collect(),
            transform,
            mode: Mode::High,
            cost: Timing {
                encode: began.elapsed(),
                ..Timing::default()
            },
            data: Some(Arc::new(PageText::new(lines))),
        })
    }

    fn prompt(&self, task: Task<'_>) -> Option<String> {
        match task {
            Task::Transcribe => Some(text::ALL.to_owned()),
            Task::Extract(schema) => Some(format!(
                "Give these as JSON, in the words of the text; null what it does not tell:\n{}",
                schema.described()
            )),
            Task::Ask => None,
        }
    }

    fn transcribes_aside(&self) -> bool {
        true
    }

    fn decoding<'a>(
        &'a self,
        task: Task<'_>,
        images: &[Arc<Encoded>],
        _: &[Written],
    ) -> Decoding<'a> {
        match task {
            Task::Transcribe => Decoding {
                answer: Some(text::transcript(images, &self.tokenizer)),
                ..Decoding::default()
            },
            Task::Extract(_) | Task::Ask => Decoding::default(),
        }
    }
}

/// Opens the checkpoint at `path`.
pub(super) fn open(path: &Path, graphs: &GraphOptions, options: &Options) -> Result<Opened> {
    let refused = |e: foveate_language::Error| Error::AssetsInvalid {
        file: path.to_owned(),
        why: e.to_string(),
    };
    let checkpoint = CheckpointOptions {
        threads: graphs.threads,
        ..CheckpointOptions::default()
    };
    let decoder = CheckpointDecoder::open(path, &checkpoint).map_err(refused)?;
    let tokenizer = Arc::new(Tokenizer::from_checkpoint(path).map_err(refused)?);
    decoder.check_vocabulary(&tokenizer).map_err(refused)?;
    let template = ChatTemplate::from_checkpoint(path)
        .and_then(|chat| chat.template(&tokenizer, decoder.dims().vocab_size))
        .map_err(refused)?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(Opened {
        name: name.into_owned(),
        architecture: ARCHITECTURE.to_owned(),
        tier: Tier::OnDevice,
        reader: Box::new(ChatReader {
            spotter: Mutex::new(None),
            graphs: graphs.clone(),
            tokenizer: tokenizer.clone(),
            template: template.clone(),
            legible: options.rules.legible.is_some(),
        }),
        decoder: Box::new(decoder),
        tokenizer,
        template,
        mode: Mode::High,
        base: None,
    })
}
