//! A conversation about pictures. Nothing that was seen, computed or said is computed again.
mod append;
mod blank;
mod evidence;
mod headlines;
mod legibly;
mod query;
mod request;
mod stream;
mod typed;
mod words;

use crate::answer::{Timing, Usage};
use crate::grounding::Gallery;
use crate::readers::{Decoding, Encoded, Segment, Written};
use crate::{Adapter, Image, Model, Result, Task};
use foveate_language::{Context, TextDecoder, TokenId};
use foveate_vision::Mode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub use query::{Lines, Query, ValueOf, Words};
pub(crate) use request::Limit;
pub use request::Request;
pub use stream::{Snapshots, Stream};

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// The question.
    pub prompt: String,
    /// Whether all text of the pictures was asked for.
    #[serde(default)]
    pub transcribes: bool,
    /// Pictures shown before it was asked.
    pub pictures: usize,
    /// The answer's tokens, and the source that each was copied from.
    pub(crate) ids: Vec<TokenId>,
    pub(crate) sources: Vec<Option<usize>>,
    /// The answer.
    pub answer: String,
    /// Why it ended; `None` while it goes on, or when its stream was dropped.
    pub stop: Option<String>,
}

impl Turn {
    /// The answer's tokens, each with its source.
    pub(crate) fn written(&self) -> impl Iterator<Item = Written> + '_ {
        self.ids.iter().copied().zip(self.sources.iter().copied())
    }
}

/// A conversation with a model: pictures, questions and answers, in order, append-only.
///
/// Requests take `&mut self`: one at a time. Many sessions may share a [`Model`] on many threads.
pub struct Session {
    pub(crate) model: Model,
    adapter: Option<(Adapter, Arc<dyn TextDecoder>)>,
    pub(crate) context: Context,
    pub(crate) gallery: Gallery,
    pub(crate) images: Vec<PictureRecord>,
    pub(crate) turns: Vec<Turn>,
    pub(crate) instructions: Option<String>,
    /// Whether the last turn still lacks its end token.
    pub(crate) open: bool,
    /// Rows before the last question.
    asked_at: usize,
    /// The first row that was computed by a decoder for one turn alone.
    apart: Option<usize>,
    /// What seeing pictures cost since the last answer.
    seeing: Timing,
    usage: Usage,
}

/// A picture that a session was shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PictureRecord {
    /// Its label.
    pub name: String,
    /// What it is recognised by.
    pub fingerprint: crate::Fingerprint,
    /// Turns before it was shown.
    pub(crate) after: usize,
    /// The resolution that it was encoded at.
    #[serde(serialize_with = "mode_word")]
    pub(crate) mode: Mode,
    /// Its image tokens.
    pub tokens: usize,
}

impl Session {
    pub(crate) fn new(model: Model) -> Result<Self> {
        let mut context = Context::new(model.decoder());
        context.push_ids(&model.template().begin)?;
        Ok(Self {
            model,
            adapter: None,
            context,
            gallery: Gallery::default(),
            images: Vec::new(),
            turns: Vec::new(),
            instructions: None,
            open: false,
            asked_at: 0,
            apart: None,
            seeing: Timing::default(),
            usage: Usage::default(),
        })
    }

    /// What the model is to keep to; said before the first question.
    pub fn instruct(&mut self, instructions: impl Into<String>) -> &mut Self {
        self.instructions = Some(instructions.into());
        self
    }

    /// Shows a picture in the model's default mode. Pictures shown before are recognised and not
    /// encoded again.
    pub fn add_image(&mut self, image: &Image) -> Result<&mut Self> {
        self.add_image_in(image, self.model.default_mode())
    }

    /// Shows a picture in `mode`.
    pub fn add_image_in(&mut self, image: &Image, mode: Mode) -> Result<&mut Self> {
        self.add_encoded(image, mode, &Request::default())
    }

    /// Shows a picture within the time limit of `request`, counted from here, or until its handle
    /// is cancelled. The rest of `request` says nothing about pictures.
    ///
    /// # Errors
    /// [`Error::Timeout`](crate::Error::Timeout) and [`Error::Cancelled`](crate::Error::Cancelled);
    /// the session is then as it was.
    pub fn add_image_with(&mut self, image: &Image, request: &Request) -> Result<&mut Self> {
        self.add_encoded(image, self.model.default_mode(), request)
    }

    fn add_encoded(&mut self, image: &Image, mode: Mode, request: &Request) -> Result<&mut Self> {
        let (encoded, timing) = self.model.encode_with(image, mode, request)?;
        let record = PictureRecord {
            name: image.name().to_owned(),
            fingerprint: image.fingerprint(),
            after: self.turns.len(),
            mode: encoded.mode,
            tokens: encoded.len(),
        };
        self.show(encoded, record)?;
        self.seeing += timing;
        Ok(self)
    }

    /// Shows a picture that is encoded already.
    pub(crate) fn show(&mut self, encoded: Arc<Encoded>, record: PictureRecord) -> Result<()> {
        self.context.check_room(encoded.len() + 1)?;
        self.close_turn()?;
        for segment in &encoded.segments {
            self.push_segment(segment)?;
        }
        self.gallery.add(encoded);
        self.images.push(record);
        Ok(())
    }

    /// Goes on counting where `other` stands.
    pub(crate) fn take_costs(&mut self, other: &Self) {
        (self.seeing, self.usage) = (other.seeing, other.usage);
    }

    fn push_segment(&mut self, segment: &Segment) -> Result<()> {
        match segment {
            Segment::Text(ids) => self.context.push_ids(ids)?,
            Segment::Added { ids, rows } => self.context.push_rows(ids, rows.view())?,
            Segment::Embeddings(rows) => {
                let id = self.model.template().end; // stands for no token
                self.context.push_embeddings(id, rows.view())?;
            }
        }
        Ok(())
    }

    /// What the reader adds to decoding an answer.
    pub(crate) fn decoding(&self, task: Task<'_>) -> Decoding<'_> {
        let written: Vec<Written> = self.turns.iter().flat_map(Turn::written).collect();
        self.model
            .reader()
            .decoding(task, self.gallery.pictures(), &written)
    }

    /// Computes what is known already, so that the next answer begins sooner.
    pub fn prewarm(&mut self) -> Result<()> {
        self.rejoin();
        let decoder = decoder(&self.model, self.adapter.as_ref());
        Ok(self.context.prefill(decoder)?)
    }

    /// Leaves the rows of a turn that had a decoder of its own to the one of the conversation.
    fn rejoin(&mut self) {
        if let Some(first) = self.apart.take() {
            self.context.recompute_from(first);
        }
    }

    /// Answers from here on with an adapter, or without one: what was shown and said stays, and is
    /// computed again, since the decoder now sees it in another light. Setting the one that is set
    /// already costs nothing.
    ///
    /// The model is not loaded again, other sessions do not notice, and any number of adapters may
    /// be in use at a time.
    ///
    /// # Errors
    /// An adapter that does not fit the model ([`Model::decoder_with`]); the session is then as it
    /// was.
    pub fn set_adapter(&mut self, adapter: Option<&Adapter>) -> Result<&mut Self> {
        let same = match (self.adapter(), adapter) {
            (Some(now), Some(next)) => now.is(next),
            (now, next) => now.is_none() && next.is_none(),
        };
        if !same {
            self.adapter = match adapter {
                Some(adapter) => Some((adapter.clone(), self.model.decoder_with(adapter)?)),
                None => None,
            };
            let decoder = decoder(&self.model, self.adapter.as_ref());
            self.context.change_decoder(decoder);
        }
        Ok(self)
    }

    /// The adapter in use.
    #[must_use]
    pub fn adapter(&self) -> Option<&Adapter> {
        self.adapter.as_ref().map(|(adapter, _)| adapter)
    }

    /// A copy that goes its own way from here.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self {
            model: self.model.clone(),
            adapter: self.adapter.clone(),
            context: self.context.fork(),
            gallery: self.gallery.clone(),
            images: self.images.clone(),
            turns: self.turns.clone(),
            instructions: self.instructions.clone(),
            open: self.open,
            asked_at: self.asked_at,
            apart: self.apart,
            seeing: self.seeing,
            usage: self.usage,
        }
    }

    /// The questions and answers so far.
    #[must_use]
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// The pictures shown so far.
    #[must_use]
    pub fn pictures(&self) -> &[PictureRecord] {
        &self.images
    }

    /// Tokens of all answers so far.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Rows that the context still holds.
    #[must_use]
    pub fn room(&self) -> usize {
        self.context.room()
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("model", &self.model)
            .field("adapter", &self.adapter())
            .field("context", &self.context)
            .field("pictures", &self.images)
            .field("turns", &self.turns)
            .finish_non_exhaustive()
    }
}

/// What runs a session: its adapter's decoder, the model's without one.
fn decoder<'s>(
    model: &'s Model,
    adapter: Option<&'s (Adapter, Arc<dyn TextDecoder>)>,
) -> &'s dyn TextDecoder {
    adapter.map_or(model.decoder(), |(_, decoder)| &**decoder)
}

/// The word that `Mode` is read back from.
fn mode_word<S: serde::Serializer>(mode: &Mode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("{mode:?}").to_lowercase())
}
