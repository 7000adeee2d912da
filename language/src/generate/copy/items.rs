//! Items of a list: each is a place of the text of its own, so that nothing is listed twice.
use super::page::{CopyText, Places};

/// Where the items of the list that is being written begin.
#[derive(Debug, Clone, Default)]
pub(super) struct Items {
    taken: Places,
    /// What the item that is being written says so far.
    item: Vec<u8>,
}

impl Items {
    /// Begins an item: which of the places where spans begin are free for it.
    pub(super) fn begin(&mut self, begins: &[usize]) -> Places {
        self.item.clear();
        let free = begins.iter().filter(|at| !self.taken.contains(at));
        free.copied().collect()
    }

    pub(super) fn push(&mut self, byte: u8) {
        self.item.push(byte);
    }

    /// Ends an item: it is taken for the first place that reads so and is free still.
    pub(super) fn end(&mut self, text: &CopyText) {
        let mut free = text.begins(false).into_iter();
        let at = free.find(|&at| !self.taken.contains(&at) && text.reads(at, &self.item));
        self.taken.extend(at);
    }
}
