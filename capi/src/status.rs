//! Codes, and the message of the last failure of a thread.
use foveate_bindings::{Failure, Kind};
use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char};

/// What a function did.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// What it was asked to.
    Ok = 0,
    /// The answer has no more pieces.
    End = 1,
    /// A file of the model is not there, or no model has the name.
    AssetsMissing = 2,
    /// A file of the model is malformed.
    AssetsInvalid = 3,
    /// ONNX Runtime is missing, too old, or failed.
    Runtime = 4,
    /// A picture cannot be read.
    InvalidImage = 5,
    /// A picture and its text are longer than the model's context.
    ContextFull = 6,
    /// A JSON Schema that cannot be enforced.
    UnsupportedSchema = 7,
    /// The token budget is smaller than the shortest valid answer.
    BudgetTooSmall = 8,
    /// The model gave no usable answer.
    Decoding = 9,
    /// What the schema must hold was not found in the picture.
    NothingRead = 10,
    /// A typed answer was closed before the model had ended it.
    Incomplete = 11,
    /// The time limit was reached before there was an answer.
    Timeout = 12,
    /// The answer was cancelled before there was one.
    Cancelled = 13,
    /// An argument that is none: a null pointer, text that is no UTF-8, a day that is no day.
    InvalidArgument = 14,
    /// A fault of the library.
    Internal = 15,
}

impl From<Kind> for Status {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::AssetsMissing => Self::AssetsMissing,
            Kind::AssetsInvalid => Self::AssetsInvalid,
            Kind::Runtime => Self::Runtime,
            Kind::InvalidImage => Self::InvalidImage,
            Kind::ContextFull => Self::ContextFull,
            Kind::UnsupportedSchema => Self::UnsupportedSchema,
            Kind::BudgetTooSmall => Self::BudgetTooSmall,
            Kind::Decoding => Self::Decoding,
            Kind::NothingRead => Self::NothingRead,
            Kind::Incomplete => Self::Incomplete,
            Kind::Timeout => Self::Timeout,
            Kind::Cancelled => Self::Cancelled,
            Kind::InvalidArgument => Self::InvalidArgument,
            Kind::Internal => Self::Internal,
        }
    }
}

thread_local! {
    static MESSAGE: RefCell<CString> = RefCell::default();
}

/// Keeps the message of a failure for this thread.
pub(crate) fn failed(failure: Failure) -> Status {
    let message = CString::new(failure.message.replace('\0', "\u{fffd}")).unwrap_or_default();
    MESSAGE.with(|kept| *kept.borrow_mut() = message);
    failure.kind.into()
}

/// The message of the last failure on this thread: what was found, what was expected, and what
/// mends it. It is empty where there was none, and valid until the next failure on this thread.
#[unsafe(no_mangle)]
pub extern "C" fn foveate_error_message() -> *const c_char {
    MESSAGE.with(|kept| kept.borrow().as_ptr())
}

/// The version of the library, as in "0.1.0".
#[unsafe(no_mangle)]
pub extern "C" fn foveate_version() -> *const c_char {
    const VERSION: &CStr =
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(version) => version,
            Err(_) => c"",
        };
    VERSION.as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_kept_for_each_thread() {
        // SAFETY: the message is valid until the next failure on this thread, and copied at once.
        let message = || unsafe { CStr::from_ptr(foveate_error_message()) }.to_owned();
        assert_eq!(failed(Failure::argument("a\0b")), Status::InvalidArgument);
        assert_eq!(message().to_str().unwrap(), "a\u{fffd}b");
        assert!(
            std::thread::spawn(move || message().is_empty())
                .join()
                .unwrap()
        );
    }
}
