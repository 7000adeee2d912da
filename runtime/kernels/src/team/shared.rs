//! A buffer that workers write in disjoint parts.

use std::marker::PhantomData;
use std::ops::Range;

/// A buffer that workers write in disjoint parts during a phase, and read in later phases.
pub(crate) struct Shared<'a, T> {
    at: *mut T,
    len: usize,
    life: PhantomData<&'a mut [T]>,
}

// SAFETY: access is by the unsafe methods only, whose callers rule out races.
unsafe impl<T: Send + Sync> Sync for Shared<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Send for Shared<'_, T> {}

impl<'a, T> Shared<'a, T> {
    pub fn new(slice: &'a mut [T]) -> Self {
        Self {
            at: slice.as_mut_ptr(),
            len: slice.len(),
            life: PhantomData,
        }
    }

    /// # Safety
    /// No worker writes to this range in the same phase.
    pub unsafe fn get(&self, range: Range<usize>) -> &[T] {
        assert!(range.start <= range.end && range.end <= self.len);
        // SAFETY: inside the slice borrowed for 'a; not written meanwhile, says the caller.
        unsafe { std::slice::from_raw_parts(self.at.add(range.start), range.len()) }
    }

    /// # Safety
    /// No other reference to any part of this range is used in the same phase, by this worker or
    /// another.
    #[allow(
        clippy::mut_from_ref,
        reason = "the caller vouches for exclusive use of the range"
    )]
    pub unsafe fn get_mut(&self, range: Range<usize>) -> &mut [T] {
        assert!(range.start <= range.end && range.end <= self.len);
        // SAFETY: inside the slice borrowed for 'a; used by nobody else, says the caller.
        unsafe { std::slice::from_raw_parts_mut(self.at.add(range.start), range.len()) }
    }
}
