//! What an answer is to be.
use foveate_language::Schema;

/// What an answer is to be. A reader prompts and decodes by it; nothing is recognised by comparing
/// prompts.
#[derive(Debug, Clone, Copy)]
pub enum Task<'s> {
    /// All text of the pictures, in reading order.
    Transcribe,
    /// A value of this schema.
    Extract(&'s Schema),
    /// An answer in words.
    Ask,
}
