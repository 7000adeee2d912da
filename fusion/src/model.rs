//! A model: what it takes to answer questions about pictures, loaded once and shared.
mod loading;

use crate::adapter::Adapter;
use crate::answer::{Answer, Reading, Timing, Typed};
use crate::bundle::Base;
use crate::pointer::Pointer;
use crate::prompt::Prompt;
use crate::sight::Seen;
use crate::{Error, Fingerprint, Image, Result, Session};
use foveate_language::{Decoder, Grammars, Tokenizer};
use foveate_vision::Mode;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

pub use loading::{DecoderFile, Options, Parts};

/// A picture as looked at in a mode, and what was seen.
type Remembered = ((Fingerprint, Mode), Arc<Seen>);

struct Shared {
    parts: Parts,
    grammars: Grammars,
    /// The pictures seen last, the latest at the end.
    seen: Mutex<Vec<Remembered>>,
    encoded: AtomicUsize,
    /// The bundle that it was loaded from.
    base: Option<Base>,
    /// The decoders of the adapters in use.
    adapted: Mutex<Vec<(Adapter, Weak<dyn Decoder>)>>,
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

    /// Names of the adapters that came with the model, sorted.
    #[must_use]
    pub fn adapters(&self) -> Vec<String> {
        self.0.base.as_ref().map(Base::adapters).unwrap_or_default()
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

    /// The decoder with an adapter applied. It is made on the first call (`decoder.onnx` is opened a second time with the
    /// merged weights; packed weights are shared) and then shared by all who use it; the last one to let go frees it.
    ///
    /// # Errors
    /// [`ErrorKind::AdapterMismatch`](crate::ErrorKind::AdapterMismatch) where the adapter was trained on another model or
    /// holds matrices that this one has not.
    pub fn decoder_with(&self, adapter: &Adapter) -> Result<Arc<dyn Decoder>> {
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
        let why =
            "the model was put together of parts; only one loaded from a bundle takes adapters";
        let base = self.0.base.as_ref();
        base.ok_or_else(|| mismatch(adapter, why.to_owned()))
    }

    /// A new conversation.
    pub fn session(&self) -> Result<Session> {
        Session::new(self.clone())
    }

    /// Answers one question about one picture.
    pub fn ask(&self, image: &Image, prompt: &str) -> Result<Answer> {
        self.look_at(image)?.ask(prompt)
    }

    /// Reads a `T` off a picture. [`Session::read`] tells more than the value.
    pub fn read<T: DeserializeOwned + JsonSchema>(&self, image: &Image) -> Result<T> {
        Ok(self.look_at(image)?.read()?.value)
    }

    /// Reads a value of a JSON Schema off a picture.
    pub fn read_value(
        &self,
        image: &Image,
        schema: &serde_json::Value,
    ) -> Result<Typed<serde_json::Value>> {
        self.look_at(image)?.read_value(schema)
    }

    /// Reads the text of a picture, with the boxes of its lines.
    pub fn ocr(&self, image: &Image) -> Result<Reading> {
        self.look_at(image)?.ocr()
    }

    /// A new conversation about a picture.
    pub fn look_at(&self, image: &Image) -> Result<Session> {
        let mut session = self.session()?;
        session.add_image(image)?;
        Ok(session)
    }

    /// How often a picture was encoded, a closer look at small print counted too, one at unsure parts not; pictures that are remembered are not.
    #[must_use]
    pub fn encoder_runs(&self) -> usize {
        self.0.encoded.load(Ordering::Relaxed)
    }

    /// Image tokens of a picture, remembered or made, and what it cost to make them. What `auto` made of a picture is remembered
    /// apart from the modes that it stands for: it looks again where it was unsure.
    pub fn see(&self, image: &Image, mode: Mode) -> Result<(Arc<Seen>, Timing)> {
        let key = (image.fingerprint(), mode);
        let mut timing = Timing {
            image: image.decoding(),
            ..Timing::default()
        };
        if let Some(seen) = self.recall(key) {
            return Ok((seen, timing));
        }
        let seen = Arc::new(self.0.parts.sight.see(image, mode)?);
        let looks = 1 + usize::from(seen.glance > Duration::ZERO);
        self.0.encoded.fetch_add(looks, Ordering::Relaxed);
        (timing.encode, timing.adapter) = (seen.encode, seen.adapter);
        timing.glance = seen.glance;
        let mut memory = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        memory.push((key, seen.clone()));
        let forgotten = memory.len().saturating_sub(self.0.parts.remembered_images);
        memory.drain(..forgotten);
        Ok((seen, timing))
    }

    /// Forgets what was seen of every picture; sessions keep theirs.
    pub fn forget_images(&self) {
        self.0
            .seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    fn recall(&self, key: (Fingerprint, Mode)) -> Option<Arc<Seen>> {
        let mut memory = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let at = memory.iter().position(|(k, _)| *k == key)?;
        let entry = memory.remove(at);
        let seen = entry.1.clone();
        memory.push(entry);
        Some(seen)
    }

    /// How closely pictures are looked at when nobody says.
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
    pub fn decoder(&self) -> &dyn Decoder {
        &*self.0.parts.decoder
    }

    /// Hidden rows to glyphs.
    #[must_use]
    pub fn pointer(&self) -> &Arc<Pointer> {
        &self.0.parts.pointer
    }

    /// The conversation's form.
    #[must_use]
    pub fn prompt(&self) -> &Prompt {
        &self.0.parts.prompt
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
