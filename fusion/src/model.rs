//! A model: what it takes to answer questions about pictures, loaded once and shared.
mod loading;

use crate::answer::{Answer, Reading, Timing, Typed};
use crate::bundle::{Base, Checked, Tier};
use crate::lora::Adapter;
use crate::readers::{Encoded, Reader};
use crate::session::Limit;
use crate::{Error, Fingerprint, Image, Request, Result, Session};
use foveate_language::{Grammars, Template, TextDecoder, Tokenizer};
use foveate_vision::Mode;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

pub use loading::{DecoderFile, Options, Parts};

/// A picture in a mode, and its rows.
type Remembered = ((Fingerprint, Mode), Arc<Encoded>);

struct Shared {
    parts: Parts,
    grammars: Grammars,
    /// The pictures encoded last, the latest at the end.
    remembered: Mutex<Vec<Remembered>>,
    encoded: AtomicUsize,
    /// What it was loaded from.
    origin: Option<Origin>,
    /// The decoders of the adapters in use.
    adapted: Mutex<Vec<(Adapter, Weak<dyn TextDecoder>)>>,
}

/// The bundle that a model was loaded from.
struct Origin {
    dir: PathBuf,
    architecture: String,
    tier: Tier,
    /// What adapters must have been trained on; `None` of a family that takes none.
    base: Option<Base>,
    /// What was held against sums when it was loaded.
    checked: Checked,
}

/// A model, loaded once; clones share it, and any number of threads may use it at a time.
#[derive(Clone)]
pub struct Model(Arc<Shared>);

impl Model {
    /// The model's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.parts.name
    }

    /// The folder that it was loaded from; `None` of one put together of parts.
    #[must_use]
    pub fn dir(&self) -> Option<&Path> {
        self.0.origin.as_ref().map(|origin| &*origin.dir)
    }

    /// How many of its files were held against the SHA-256 of its `config.json`, and how long that
    /// took. A file that differs is [`Error::AssetsDamaged`] at load.
    #[must_use]
    pub fn checked(&self) -> Checked {
        let origin = self.0.origin.as_ref();
        origin.map(|origin| origin.checked).unwrap_or_default()
    }

    /// The architecture that its `config.json` names; `None` of one put together of parts.
    #[must_use]
    pub fn architecture(&self) -> Option<&str> {
        self.0.origin.as_ref().map(|origin| &*origin.architecture)
    }

    /// Where it is meant to run, by its `config.json`; `None` of one put together of parts.
    #[must_use]
    pub fn tier(&self) -> Option<Tier> {
        self.0.origin.as_ref().map(|origin| origin.tier)
    }

    /// Names of the adapters that came with the model, sorted.
    #[must_use]
    pub fn adapters(&self) -> Vec<String> {
        let base = self.0.origin.as_ref().and_then(|o| o.base.as_ref());
        base.map(Base::adapters).unwrap_or_default()
    }

    /// Loads one of the adapters that came with the model, and checks that it fits.
    /// [`Session::set_adapter`] puts it to use; [`Adapter::load`] takes one from anywhere.
    pub fn adapter(&self, name: &str) -> Result<Adapter> {
        let known = self.adapters();
        let base = self.base(name)?;
        if !known.iter().any(|n| n == name) {
            let why = match known.as_slice() {
                [] => "the model came with no adapters".to_owned(),
                known => format!("the model has no such adapter; it has {}", known.join(", ")),
            };
            return Err(mismatch(name, why));
        }
        let adapter = Adapter::load(base.dir.join("adapters").join(name))?;
        adapter.check(base)?;
        Ok(adapter)
    }

    /// The decoder with an adapter added to what it was taught. It is made on the first call
    /// (`decoder.onnx` is opened a second time with the merged weights; packed weights and those of
    /// GGUF files are shared) and then shared by all who use it; the last one to let go frees it.
    ///
    /// # Errors
    /// [`ErrorKind::AdapterMismatch`](crate::ErrorKind::AdapterMismatch) where the adapter was
    /// trained on another model or holds matrices that this one has not.
    pub fn decoder_with(&self, adapter: &Adapter) -> Result<Arc<dyn TextDecoder>> {
        adapter.check(self.base(adapter.name())?)?;
        let mut adapted = self
            .0
            .adapted
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        adapted.retain(|(_, decoder)| decoder.strong_count() > 0);
        let known = adapted.iter().find(|(known, _)| known.is(adapter));
        if let Some(decoder) = known.and_then(|(_, decoder)| decoder.upgrade()) {
            return Ok(decoder);
        }
        let decoder = self.decoder().adapted(adapter.lora());
        let decoder = decoder.map_err(|e| mismatch(adapter.name(), e.to_string()))?;
        adapted.push((adapter.clone(), Arc::downgrade(&decoder)));
        Ok(decoder)
    }

    fn base(&self, adapter: &str) -> Result<&Base> {
        let Some(origin) = &self.0.origin else {
            let why =
                "the model was put together of parts; only one loaded from a bundle takes adapters";
            return Err(mismatch(adapter, why.to_owned()));
        };
        let why = || {
            format!(
                "models of architecture {} take no adapters",
                origin.architecture
            )
        };
        origin.base.as_ref().ok_or_else(|| mismatch(adapter, why()))
    }

    /// A new conversation.
    pub fn session(&self) -> Result<Session> {
        Session::new(self.clone())
    }

    /// Answers one question about one picture.
    pub fn ask(&self, image: &Image, prompt: &str) -> Result<Answer> {
        self.look_at(image)?.ask(prompt).run()
    }

    /// Reads a `T` off a picture. [`Session::read`] tells more than the value.
    ///
    /// # Errors
    /// An answer that the model did not end itself, for example because it went in circles:
    /// [`Error::Incomplete`]. A picture without text where `T` must hold some:
    /// [`Error::NothingRead`]. A number or truth value that it must hold and that is not on the
    /// picture: [`Error::NoEvidence`].
    pub fn read<T: DeserializeOwned + JsonSchema>(&self, image: &Image) -> Result<T> {
        let typed: Typed<T> = self.look_at(image)?.read().run()?;
        if typed.stop.is_complete() {
            return Ok(typed.value);
        }
        Err(Error::Incomplete {
            stop: typed.stop,
            so_far: typed.json,
        })
    }

    /// Reads a value of a JSON Schema off a picture.
    pub fn read_value(
        &self,
        image: &Image,
        schema: &serde_json::Value,
    ) -> Result<Typed<serde_json::Value>> {
        self.look_at(image)?.read_schema(schema).run()
    }

    /// Reads the text of a picture, with the boxes of its lines.
    pub fn ocr(&self, image: &Image) -> Result<Reading> {
        self.look_at(image)?.ocr().run()
    }

    /// A new conversation about a picture.
    pub fn look_at(&self, image: &Image) -> Result<Session> {
        let mut session = self.session()?;
        session.add_image(image)?;
        Ok(session)
    }

    /// As [`look_at`](Self::look_at), within the time limit of `request`, counted from here, or
    /// until its handle is cancelled.
    ///
    /// # Errors
    /// As [`Session::add_image_with`].
    pub fn look_at_with(&self, image: &Image, request: &Request) -> Result<Session> {
        let mut session = self.session()?;
        session.add_image_with(image, request)?;
        Ok(session)
    }

    /// How often a picture was encoded; small print that was encoded again counts twice, crops at a
    /// second scale do not count, and pictures that are remembered are not encoded.
    #[must_use]
    pub fn encoder_runs(&self) -> usize {
        self.0.encoded.load(Ordering::Relaxed)
    }

    /// A picture as rows for the decoder, remembered or made, and what it cost to make them. What
    /// `auto` made of a picture is remembered apart from the modes that it stands for.
    pub fn encode(&self, image: &Image, mode: Mode) -> Result<(Arc<Encoded>, Timing)> {
        self.encode_with(image, mode, &Request::default())
    }

    /// As [`encode`](Self::encode), within the time limit of `request`, counted from here, or until
    /// its handle is cancelled. It ends between two operators of a graph: within a fraction of a
    /// second.
    ///
    /// # Errors
    /// As [`Session::add_image_with`]; nothing is remembered then.
    pub fn encode_with(
        &self,
        image: &Image,
        mode: Mode,
        request: &Request,
    ) -> Result<(Arc<Encoded>, Timing)> {
        let limit = Limit::of(request);
        limit.check()?;
        let key = (image.fingerprint(), mode);
        let decoding = Timing {
            image: image.decoding(),
            ..Timing::default()
        };
        if let Some(encoded) = self.recall(key) {
            return Ok((encoded, decoding));
        }
        let encoded = Arc::new(self.encode_within(image, mode, &limit)?);
        let runs = 1 + usize::from(encoded.cost.glance > Duration::ZERO);
        self.0.encoded.fetch_add(runs, Ordering::Relaxed);
        let mut timing = decoding;
        timing += encoded.cost;
        let mut memory = self.memory();
        memory.push((key, encoded.clone()));
        let forgotten = memory.len().saturating_sub(self.0.parts.remembered_images);
        memory.drain(..forgotten);
        Ok((encoded, timing))
    }

    fn encode_within(&self, image: &Image, mode: Mode, limit: &Limit) -> Result<Encoded> {
        let reader = self.reader();
        if limit.is_none() {
            return reader.encode(image, mode);
        }
        let go_on = || limit.check().is_ok();
        let encoded = reader.encode_while(image, mode, Some(&go_on));
        // What ended since its time was up failed for that reason, whatever the stage says.
        encoded.map_err(|e| limit.check().err().unwrap_or(e))
    }

    /// Forgets the rows of every picture; sessions keep theirs.
    pub fn forget_images(&self) {
        self.memory().clear();
    }

    fn memory(&self) -> MutexGuard<'_, Vec<Remembered>> {
        self.0
            .remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn recall(&self, key: (Fingerprint, Mode)) -> Option<Arc<Encoded>> {
        let mut memory = self.memory();
        let at = memory.iter().position(|(k, _)| *k == key)?;
        let entry = memory.remove(at);
        let encoded = entry.1.clone();
        memory.push(entry);
        Some(encoded)
    }

    /// The mode of pictures when nobody says.
    #[must_use]
    pub fn default_mode(&self) -> Mode {
        self.0.parts.mode
    }

    /// Text to tokens.
    #[must_use]
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.0.parts.tokenizer
    }

    /// Rows to logits.
    #[must_use]
    pub fn decoder(&self) -> &dyn TextDecoder {
        &*self.0.parts.decoder
    }

    /// Pictures to rows.
    #[must_use]
    pub fn reader(&self) -> &dyn Reader {
        &*self.0.parts.reader
    }

    /// The tokens around the turns of a conversation.
    #[must_use]
    pub fn template(&self) -> &Template {
        &self.0.parts.template
    }

    /// Schemas to constraints.
    #[must_use]
    pub fn grammars(&self) -> &Grammars {
        &self.0.grammars
    }
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

fn mismatch(adapter: &str, why: String) -> Error {
    Error::AdapterMismatch {
        name: adapter.to_owned(),
        why,
    }
}
