//! Models.
use crate::border::{Out, borrowed, free, guarded, optional_text, text};
use crate::status::Status;
use foveate_bindings::{Failure, mode_of};
use std::ffi::c_char;

/// A model, loaded once. Any number of threads may ask it.
pub struct Model(pub(crate) foveate::Model);

/// How a model is loaded. All zero is allowed.
#[repr(C)]
pub struct Options {
    /// Threads of the graphs; 0 is as many as the process may use.
    threads: u32,
    /// Pictures that may go through the encoder at once; 0 is 1. Each beyond the first costs a copy
    /// of its weights.
    at_once: u32,
    /// Pictures whose image tokens are remembered for further questions; 16 are some megabytes.
    remembered_images: u32,
    /// "auto", "rapid", "balanced" or "high"; NULL is the model's own default.
    mode: *const c_char,
    /// The ONNX Runtime library, or its folder; NULL searches for it in the usual places.
    runtime: *const c_char,
}

/// Loads a model from its folder, or by its name. `options` may be NULL, which remembers 16
/// pictures. `foveate_model_free` frees it.
///
/// # Safety
/// The pointers are NULL or valid; text ends with a zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn foveate_model_load(
    model: *const c_char,
    options: *const Options,
    out: *mut *mut Model,
) -> Status {
    guarded(|| {
        // SAFETY: as the caller promises.
        let (out, model) = unsafe { (Out::new("out", out)?, text("model", model)?) };
        let options = if options.is_null() {
            foveate::Options::default()
        } else {
            // SAFETY: as the caller promises, of the struct and of its texts.
            unsafe { borrowed("options", options)?.read()? }
        };
        out.give(Model(foveate::Model::load_with(model, &options)?));
        Ok(Status::Ok)
    })
}

impl Options {
    /// # Safety
    /// Its texts are NULL, or end with a zero.
    unsafe fn read(&self) -> Result<foveate::Options, Failure> {
        // SAFETY: as the caller promises.
        let (mode, runtime) = unsafe {
            (
                optional_text("mode", self.mode)?,
                optional_text("runtime", self.runtime)?,
            )
        };
        Ok(foveate::Options {
            threads: self.threads as usize,
            at_once: self.at_once.max(1) as usize,
            remembered_images: self.remembered_images as usize,
            mode: mode.map(mode_of).transpose()?,
            runtime: runtime.map(Into::into),
            ..foveate::Options::default()
        })
    }
}

/// Lets go of a model; answers that are being made keep it until they end. NULL is passed over.
///
/// # Safety
/// `model` was given by `foveate_model_load`, was not freed before, and no thread uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn foveate_model_free(model: *mut Model) {
    // SAFETY: as the caller promises.
    unsafe { free(model) };
}
