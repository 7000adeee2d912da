//! What a transcript has read.

/// Sources that were read already.
#[derive(Debug, Clone, Default)]
pub struct Covered(Vec<bool>);

impl Covered {
    /// Whether `source` was read.
    #[must_use]
    pub fn has(&self, source: usize) -> bool {
        self.0.get(source).copied().unwrap_or(false)
    }

    /// `source` was read.
    pub fn add(&mut self, source: usize) {
        if self.0.len() <= source {
            self.0.resize(source + 1, false);
        }
        self.0[source] = true;
    }
}
