//! Memory whose alignment is known: weights as they lie in the file, and pages of the KV cache.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;

#[cfg(target_endian = "big")]
compile_error!("packed weights and floats are read in place, which needs a little-endian machine");

/// A zeroed, owned block of bytes that begins at a multiple of [`Bytes::ALIGN`].
pub(crate) struct Bytes {
    at: NonNull<u8>,
    len: usize,
}

// SAFETY: a plain owned allocation; `&Bytes` only lends `&[u8]`.
unsafe impl Send for Bytes {}
// SAFETY: as above.
unsafe impl Sync for Bytes {}

impl Bytes {
    /// A cache line, and the width of the widest vector.
    pub const ALIGN: usize = 64;
    /// Large blocks begin at huge-page borders, so that the operating system can back them with
    /// huge pages.
    const HUGE: usize = 2 << 20;

    fn layout(len: usize) -> Layout {
        let align = if len >= 2 * Self::HUGE {
            Self::HUGE
        } else {
            Self::ALIGN
        };
        Layout::from_size_align(len.max(1), align)
            .expect("a block of memory is smaller than half the address space")
    }

    /// `len` zero bytes.
    pub fn zeroed(len: usize) -> Self {
        let layout = Self::layout(len);
        // SAFETY: the layout's size is at least 1.
        let at = NonNull::new(unsafe { alloc_zeroed(layout) })
            .unwrap_or_else(|| handle_alloc_error(layout));
        Self { at, len }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: `at` points to `len` initialised bytes owned by self.
        unsafe { std::slice::from_raw_parts(self.at.as_ptr(), self.len) }
    }

    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: as above, and self is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.at.as_ptr(), self.len) }
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        // SAFETY: allocated by `zeroed` with the same layout.
        unsafe { dealloc(self.at.as_ptr(), Self::layout(self.len)) }
    }
}

impl Clone for Bytes {
    fn clone(&self) -> Self {
        let mut copy = Self::zeroed(self.len);
        copy.as_mut_slice().copy_from_slice(self.as_slice());
        copy
    }
}

/// The bytes as little-endian f32; `None` if they are misaligned or not a whole number of them.
pub(crate) fn as_f32(bytes: &[u8]) -> Option<&[f32]> {
    // SAFETY: every bit pattern is an f32; `align_to` itself sees to alignment and length.
    let (head, body, tail) = unsafe { bytes.align_to::<f32>() };
    (head.is_empty() && tail.is_empty()).then_some(body)
}

/// The bytes as float16; `None` if they are misaligned or not a whole number of them.
pub(crate) fn as_f16(bytes: &[u8]) -> Option<&[half::f16]> {
    // SAFETY: every bit pattern is an f16; `align_to` itself sees to alignment and length.
    let (head, body, tail) = unsafe { bytes.align_to::<half::f16>() };
    (head.is_empty() && tail.is_empty()).then_some(body)
}

/// As [`as_f32`], mutably.
pub(crate) fn as_f32_mut(bytes: &mut [u8]) -> Option<&mut [f32]> {
    // SAFETY: every bit pattern is an f32 and every f32 is four bytes.
    let (head, body, tail) = unsafe { bytes.align_to_mut::<f32>() };
    (head.is_empty() && tail.is_empty()).then_some(body)
}
