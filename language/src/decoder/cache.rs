//! Keys and values of a conversation, kept by the decoder that made them.
use crate::{Error, Result};
use std::any::Any;

/// The keys and values that a decoder keeps of a conversation. What is inside is the decoder's own
/// affair.
pub struct Cache(Box<dyn Store>);

/// A decoder's way of keeping keys and values.
pub trait Store: Any + Send + Sync {
    /// Rows held.
    fn len(&self) -> usize;
    /// Whether no row is held.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Forgets every row from `len` on.
    fn truncate(&mut self, len: usize);
    /// A copy that goes its own way.
    fn fork(&self) -> Box<dyn Store>;
    /// Bytes held.
    fn bytes(&self) -> usize;
}

impl Cache {
    /// Wraps a decoder's store.
    pub fn new(store: impl Store) -> Self {
        Self(Box::new(store))
    }

    /// Rows held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no row is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets every row from `len` on; does nothing where there are fewer.
    pub fn truncate(&mut self, len: usize) {
        if len < self.len() {
            self.0.truncate(len);
        }
    }

    /// A copy that goes its own way.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self(self.0.fork())
    }

    /// Bytes held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.bytes()
    }

    /// The store, for the decoder that made it; another decoder's cache is an error.
    pub fn store<S: Store>(&mut self) -> Result<&mut S> {
        let any: &mut dyn Any = &mut *self.0;
        any.downcast_mut()
            .ok_or_else(|| Error::decoder("the cache belongs to another kind of decoder"))
    }
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
