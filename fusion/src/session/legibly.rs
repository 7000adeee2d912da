//! A transcript without the words that are hardly legible.
use crate::grounding::Gallery;
use crate::readers::Written;
use foveate_language::Tokenizer;

/// Passes on the tokens of a transcript word by word, and leaves out words most of whose sources
/// are doubtful. Of the white space around a word that is left out one space stays, or one line
/// end.
pub(super) struct Legibly<'s> {
    gallery: &'s Gallery,
    pub(super) tokenizer: &'s Tokenizer,
    /// The word being written.
    word: Vec<Written>,
    /// White space behind the last word passed on.
    between: Vec<Written>,
    /// Whether a word was left out since.
    left_out: bool,
    /// Whether a word was passed on.
    begun: bool,
}

impl<'s> Legibly<'s> {
    /// `None` where nothing that was found is doubtful.
    pub(super) fn new(gallery: &'s Gallery, tokenizer: &'s Tokenizer) -> Option<Self> {
        gallery.has_doubts().then(|| Self {
            gallery,
            tokenizer,
            word: Vec::new(),
            between: Vec::new(),
            left_out: false,
            begun: false,
        })
    }

    /// The tokens of `all` that are passed on.
    pub(super) fn of(mut self, all: impl IntoIterator<Item = Written>) -> Vec<Written> {
        let mut out = Vec::new();
        for written in all {
            out.extend(self.push(written));
        }
        out.extend(self.finish());
        out
    }

    /// Takes the next token; what is sure to be passed on by now.
    pub(super) fn push(&mut self, written: Written) -> Vec<Written> {
        if !self.is_white(written) {
            self.word.push(written);
            return Vec::new();
        }
        let out = self.end_word();
        if !self.left_out {
            self.between.push(written);
        } else if !self.between.iter().any(|&white| self.ends_line(white)) {
            self.between = vec![written];
        }
        out
    }

    /// What is left when the transcript ends.
    pub(super) fn finish(&mut self) -> Vec<Written> {
        let mut out = self.end_word();
        if self.begun && !self.left_out {
            out.append(&mut self.between);
        }
        out
    }

    fn end_word(&mut self) -> Vec<Written> {
        let word = std::mem::take(&mut self.word);
        if word.is_empty() {
            return word;
        }
        if self.is_doubtful(&word) {
            self.left_out = true;
            return Vec::new();
        }
        let mut out = std::mem::take(&mut self.between);
        if self.left_out && !self.begun {
            out.clear();
        }
        (self.begun, self.left_out) = (true, false);
        out.extend(word);
        out
    }

    fn is_doubtful(&self, word: &[Written]) -> bool {
        let sources: Vec<usize> = word.iter().filter_map(|(_, source)| *source).collect();
        let doubtful = sources.iter().filter(|&&at| self.gallery.is_doubtful(at));
        2 * doubtful.count() > sources.len()
    }

    fn is_white(&self, (id, _): Written) -> bool {
        let bytes = self.tokenizer.bytes(id);
        !bytes.is_empty() && bytes.iter().all(u8::is_ascii_whitespace)
    }

    fn ends_line(&self, (id, _): Written) -> bool {
        self.tokenizer.bytes(id).contains(&b'\n')
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Timing;
    use crate::readers::{Encoded, Source};
    use foveate_language::fake;
    use foveate_vision::{ImageConfig, Mode, Pixels, Rect, TileBatch};
    use std::sync::Arc;

    /// A picture of these glyphs, of which capitals are doubtful.
    fn gallery(glyphs: &str) -> Gallery {
        let pixels = Pixels::from_rgb(4, 4, vec![9; 48]).unwrap();
        let views = TileBatch::new(&pixels, Mode::Rapid, &ImageConfig::default());
        let source = |letter: char| Source {
            canvas: Rect::default(),
            confidence: 0.7,
            doubtful: letter.is_uppercase(),
        };
        let mut gallery = Gallery::default();
        gallery.add(Arc::new(Encoded {
            segments: Vec::new(),
            sources: glyphs.chars().map(source).collect(),
            left_out: Vec::new(),
            transform: *views.placement(),
            mode: Mode::Rapid,
            cost: Timing::default(),
            data: None,
        }));
        gallery
    }

    /// What is passed on of a transcript whose capitals are doubtful; `_` was read nowhere.
    fn given(text: &str) -> String {
        let tokenizer = fake::byte_tokenizer(&[]);
        let of_picture = |ch: &char| !ch.is_whitespace() && *ch != '_';
        let glyphs: String = text.chars().filter(of_picture).collect();
        let gallery = gallery(&glyphs);
        let mut source = 0..;
        let written = |ch: char| {
            let from = of_picture(&ch).then(|| source.next()).flatten();
            (tokenizer.byte(ch as u8), from)
        };
        let written: Vec<Written> = text.chars().map(written).collect();
        let Some(words) = Legibly::new(&gallery, &tokenizer) else {
            return text.to_owned();
        };
        let ids: Vec<_> = words.of(written).into_iter().map(|(id, _)| id).collect();
        tokenizer.decode(&ids)
    }

    #[test]
    fn doubtful_words_are_left_out_with_the_space_before_or_behind_them() {
        for (text, left) in [
            ("to be\nor not\n", "to be\nor not\n"),
            ("to BE or", "to or"),
            ("to BE\nor", "to\nor"),
            ("to\nBE or", "to\nor"),
            ("to\nBE\nor", "to\nor"),
            ("to BE OR not", "to not"),
            ("BE or", "or"),
            ("BE\nor", "or"),
            ("to BE", "to"),
            ("to BE\n", "to"),
            ("TO BE", ""),
            ("tO be", "tO be"),
            ("tOO be_", "be_"),
            ("__ BE", "__"),
        ] {
            assert_eq!(given(text), left, "{text:?}");
        }
    }
}
