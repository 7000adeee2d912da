//! Decoders for turns of some kinds, whose rows alone pass through one more update.
use foveate_language::{Lora, Result, TextDecoder};
use std::sync::{Arc, OnceLock};

/// A decoder with one more update, put together when it is first asked: beside the page's it takes
/// some 30 MB.
pub(super) struct ForTurns {
    base: Arc<dyn TextDecoder>,
    lora: Lora,
    whole: OnceLock<Option<Arc<dyn TextDecoder>>>,
}

impl ForTurns {
    /// Checks that `lora` fits.
    pub(super) fn new(base: Arc<dyn TextDecoder>, lora: Lora) -> Result<Self> {
        base.adapted(&lora)?;
        Ok(Self {
            base,
            lora,
            whole: OnceLock::new(),
        })
    }

    /// `None` never, since the update was seen to fit.
    pub(super) fn decoder(&self) -> Option<&dyn TextDecoder> {
        let whole = || self.base.adapted(&self.lora).ok();
        self.whole.get_or_init(whole).as_deref()
    }
}
