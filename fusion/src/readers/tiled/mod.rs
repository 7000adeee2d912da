//! The tiled reader, that of the server tier: a plain vision transformer sees an overview and 2x2
//! tiles, the published adapter makes a fixed number of rows of each, and a decoder of parallel
//! tracks is shown them in the place of embeddings.
//!
//! ```text
//! begin
//! <|image|> overview:   rows of the overview
//! <|image|> tile 0,0:   rows of the tile at the top left, then (0,1) (1,0) (1,1)
//! <|user|> question <|answer|> answer <|end|>
//! ```
//! Nothing says where an answer was read: it has no boxes.
mod config;
mod encoder;

use super::{Decoding, Encoded, Opened, Reader, Segment, Views, Written, tracks};
use crate::answer::Timing;
use crate::bundle::{self, Prompts};
use crate::{Error, Image, Mode, Options, Result, Task};
use config::{Labels, TiledConfig};
use encoder::TiledEncoder;
use foveate_language::{TextDecoder, TokenId, Tokenizer};
use foveate_onnx::{GoOn, GraphOptions};
use foveate_vision::{GlobalTower, ImageProcessor, Quarters, VisionTower};
use ndarray::{Array3, Axis};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use config::ARCHITECTURE;

/// Shows a decoder the views of a picture.
struct TiledReader {
    encoder: TiledEncoder,
    tokenizer: Arc<Tokenizer>,
    /// The token before each view, which no text can say.
    image: TokenId,
    labels: Labels,
    prompts: Prompts,
}

impl TiledReader {
    /// The views' rows, each behind its place.
    fn segments(&self, places: &[Option<[u32; 2]>], tokens: &Array3<f32>) -> Result<Vec<Segment>> {
        let mut segments = Vec::with_capacity(2 * places.len());
        for (place, rows) in places.iter().zip(tokens.axis_iter(Axis(0))) {
            let mut mark = vec![self.image];
            mark.extend(self.tokenizer.encode(&self.labels.of(*place))?);
            segments.push(Segment::Text(mark));
            segments.push(Segment::Embeddings(rows.to_owned()));
        }
        Ok(segments)
    }
}

impl Reader for TiledReader {
    fn encode(&self, image: &Image, detail: Mode) -> Result<Encoded> {
        self.encode_while(image, detail, None)
    }

    fn encode_while(
        &self,
        image: &Image,
        detail: Mode,
        go_on: Option<&GoOn<'_>>,
    ) -> Result<Encoded> {
        let pixels = image.pixels();
        let quarters = Quarters::new(pixels, detail, self.encoder.tower.config());
        let views = quarters.process(pixels);
        let rows = self.encoder.rows(&views, go_on)?;
        let places = views.iter().enumerate();
        let places: Vec<_> = places.map(|(i, view)| quarters.place(i, view)).collect();
        Ok(Encoded {
            segments: self.segments(&places, &rows.tokens)?,
            sources: Vec::new(),
            left_out: Vec::new(),
            transform: quarters.transform(pixels),
            mode: match quarters.detail {
                true => Mode::High,
                false => Mode::Balanced,
            },
            cost: Timing {
                encode: rows.encode,
                adapter: rows.adapter,
                ..Timing::default()
            },
            data: None,
        })
    }

    fn views(&self) -> Option<Views> {
        Some(Views {
            bytes: self.encoder.tower.view_bytes(),
            at_once: self.encoder.tower.views_per_run(),
        })
    }

    fn prompt(&self, task: Task<'_>) -> Option<String> {
        match task {
            Task::Transcribe => Some(self.prompts.ocr.clone()),
            Task::Extract(schema) => {
                let fields = schema.field_list();
                Some(self.prompts.fields.replace("{fields}", &fields))
            }
            Task::Ask => None,
        }
    }

    fn decoding<'a>(&'a self, _: Task<'_>, _: &[Arc<Encoded>], _: &[Written]) -> Decoding<'a> {
        Decoding::default()
    }
}

/// Opens the bundle in `dir`.
pub(super) fn open(
    dir: &Path,
    config: Value,
    graphs: &GraphOptions,
    options: &Options,
) -> Result<Opened> {
    let config = TiledConfig::read(dir, config)?;
    let decoder = tracks::open(dir, graphs)?;
    let dims = decoder.dims();
    let tokenizer = Arc::new(open_tokenizer(dir, dims.vocab_size)?);
    let unnamed = |why: String| Error::AssetsInvalid {
        file: dir.join("config.json"),
        why,
    };
    let template = config.tokens.template(&tokenizer, dims.vocab_size);
    let template = template.map_err(unnamed)?;
    // The template has found it.
    let image = tokenizer.special(&config.tokens.image).unwrap_or_default();
    let encoder = open_encoder(dir, &config, dims.dim, graphs, options)?;
    Ok(Opened {
        name: config.name,
        architecture: ARCHITECTURE.to_owned(),
        tier: config.tier,
        reader: Box::new(TiledReader {
            encoder,
            tokenizer: tokenizer.clone(),
            image,
            labels: config.views,
            prompts: config.prompts,
        }),
        decoder: Box::new(decoder),
        tokenizer,
        template,
        mode: config.image.default_mode,
        base: None,
    })
}

fn file(dir: &Path, name: &str) -> Result<PathBuf> {
    let path = dir.join(name);
    match path.is_file() {
        true => Ok(path),
        false => Err(Error::AssetsMissing(path)),
    }
}

fn open_tokenizer(dir: &Path, vocab_size: usize) -> Result<Tokenizer> {
    let file = file(dir, "tokenizer.json")?;
    let json = bundle::read(&file, bundle::MAX_TOKENIZER)?;
    let broken = |why: String| Error::AssetsInvalid {
        file: file.clone(),
        why,
    };
    let tokenizer = Tokenizer::from_json(&json).map_err(|e| broken(e.to_string()))?;
    match tokenizer.len() {
        n if n <= vocab_size => Ok(tokenizer),
        n => Err(broken(format!("{n} tokens, the decoder has {vocab_size}"))),
    }
}

fn open_encoder(
    dir: &Path,
    config: &TiledConfig,
    dim: usize,
    graphs: &GraphOptions,
    options: &Options,
) -> Result<TiledEncoder> {
    let vision = file(dir, "vision.onnx")?;
    let refused = |why: String, file: &Path| Error::AssetsInvalid {
        file: file.to_owned(),
        why,
    };
    let tower = GlobalTower::open(&vision, &config.image, config.vision, graphs);
    let tower = tower.map_err(|e| match e.kind() {
        foveate_vision::ErrorKind::Config => refused(e.to_string(), &dir.join("config.json")),
        _ => refused(e.to_string(), &vision),
    })?;
    let tower = tower.with_memory(options.view_memory);
    let adapter = file(dir, "adapter.onnx")?;
    TiledEncoder::open(tower, config.vision.width, &adapter, dim, graphs)
}
