//! What crosses the border: pointers in, pointers out, and no panic.
use crate::status::{Status, failed};
use foveate_bindings::{Failure, Kind};
use std::ffi::{CStr, CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the body of a function; failures and panics become codes.
pub(crate) fn guarded(body: impl FnOnce() -> Result<Status, Failure>) -> Status {
    let panicked = |_| Err(Failure::new(Kind::Internal, "the library panicked"));
    catch_unwind(AssertUnwindSafe(body))
        .unwrap_or_else(panicked)
        .unwrap_or_else(failed)
}

/// Frees or cancels; a panic while it does stays here.
pub(crate) fn quietly(body: impl FnOnce()) {
    drop(catch_unwind(AssertUnwindSafe(body)));
}

fn null(name: &str) -> Failure {
    Failure::argument(format!("{name} is NULL"))
}

/// What a pointer points at.
///
/// # Safety
/// `pointer` is null, or points at a `T` that lives and is not written while `'a` lasts.
pub(crate) unsafe fn borrowed<'a, T>(name: &str, pointer: *const T) -> Result<&'a T, Failure> {
    // SAFETY: as the caller promises.
    unsafe { pointer.as_ref() }.ok_or_else(|| null(name))
}

/// Text of C's.
///
/// # Safety
/// `pointer` is null, or points at text that ends with a zero and is not written while `'a` lasts.
pub(crate) unsafe fn text<'a>(name: &str, pointer: *const c_char) -> Result<&'a str, Failure> {
    // SAFETY: as the caller promises.
    unsafe { optional_text(name, pointer) }?.ok_or_else(|| null(name))
}

/// Text of C's; `None` where the pointer is null.
///
/// # Safety
/// As of [`text`].
pub(crate) unsafe fn optional_text<'a>(
    name: &str,
    pointer: *const c_char,
) -> Result<Option<&'a str>, Failure> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: it is not null; for the rest as the caller promises.
    let text = unsafe { CStr::from_ptr(pointer) }.to_str();
    text.map(Some)
        .map_err(|e| Failure::argument(format!("{name} is no UTF-8: {e}")))
}

/// Bytes of C's.
///
/// # Safety
/// `pointer` is null, or points at `length` bytes that are not written while `'a` lasts.
pub(crate) unsafe fn bytes<'a>(
    name: &str,
    pointer: *const u8,
    length: usize,
) -> Result<&'a [u8], Failure> {
    if pointer.is_null() {
        return Err(null(name));
    }
    if isize::try_from(length).is_err() {
        return Err(Failure::argument(format!("{name} has {length} bytes")));
    }
    // SAFETY: it is not null and no longer than memory can be; for the rest as the caller promises.
    Ok(unsafe { std::slice::from_raw_parts(pointer, length) })
}

/// A place for what a function gives, which is null until then.
pub(crate) struct Out<T>(*mut *mut T);

impl<T> Out<T> {
    /// # Safety
    /// `place` is null, or may be written until the function returns.
    pub unsafe fn new(name: &str, place: *mut *mut T) -> Result<Self, Failure> {
        if place.is_null() {
            return Err(null(name));
        }
        // SAFETY: it is not null, and may be written as the caller promises.
        unsafe { place.write(std::ptr::null_mut()) };
        Ok(Self(place))
    }

    fn put(self, given: *mut T) {
        // SAFETY: `new` was promised that it may be written.
        unsafe { self.0.write(given) };
    }

    /// Gives a handle, which its function for that frees.
    pub fn give(self, value: T) {
        self.put(Box::into_raw(Box::new(value)));
    }
}

impl Out<c_char> {
    /// Gives text, which `foveate_string_free` frees.
    pub fn give_text(self, text: String) {
        let text = CString::new(text.replace('\0', "\u{fffd}")).unwrap_or_default();
        self.put(text.into_raw());
    }
}

/// Takes a handle back that [`Out::give`] gave.
///
/// # Safety
/// `handle` is null, or was given by [`Out::give`], was not freed before, and is used by no thread.
pub(crate) unsafe fn free<T>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: as the caller promises, it is the box that `give` made.
        quietly(|| drop(unsafe { Box::from_raw(handle) }));
    }
}

/// Frees text that the library gave. NULL is passed over.
///
/// # Safety
/// `text` was given by this library and was not freed before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn foveate_string_free(text: *mut c_char) {
    if !text.is_null() {
        // SAFETY: as the caller promises, it is what `give_text` made, whose zero was not moved.
        quietly(|| drop(unsafe { CString::from_raw(text) }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_code() {
        assert_eq!(guarded(|| panic!("a test's own")), Status::Internal);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let letters = [0xff_u8, 0];
        // SAFETY: the text ends with a zero.
        let told = unsafe { text("question", letters.as_ptr().cast()) }.unwrap_err();
        assert!(told.message.starts_with("question is no UTF-8"), "{told}");
        // SAFETY: null is allowed.
        let told = unsafe { text("question", std::ptr::null()) }.unwrap_err();
        assert_eq!(told.message, "question is NULL");
    }

    #[test]
    fn text_goes_out_and_is_freed() {
        let mut place: *mut c_char = std::ptr::dangling_mut();
        // SAFETY: the place is a variable of ours.
        let out = unsafe { Out::new("piece", &raw mut place) }.unwrap();
        assert!(place.is_null());
        out.give_text("a\0b".into());
        // SAFETY: it was just given.
        let given = unsafe { CStr::from_ptr(place) };
        assert_eq!(given.to_str().unwrap(), "a\u{fffd}b");
        // SAFETY: it was given above and is not used again.
        unsafe { foveate_string_free(place) };
    }
}
