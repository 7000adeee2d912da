//! What a lexicon says of the words of a picture: which are doubtful, and which letters of them are
//! others, or none.
use super::embed::GlyphEmbedding;
use super::lexicon::Lexicon;
use super::rules::{KnownWords, known as rule};
use super::spacing::gap;
use super::tokens::median;
use foveate_language::TokenId;
use ndarray::Array2;
use std::ops::Range;

/// Of each glyph the likeliest letter, and how probable it is.
type Letters = [(TokenId, f32)];

/// A lexicon and what its words are worth.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    pub lexicon: &'a Lexicon,
    pub embed: &'a GlyphEmbedding,
    pub rule: &'a KnownWords,
}

impl Known<'_> {
    /// Whether the page that these are the words of is in the lexicon's language.
    pub(super) fn suits(&self, words: &[Range<usize>], letters: &Letters) -> bool {
        let sure = |word: &[(TokenId, f32)]| {
            let sum: f32 = word.iter().map(|(_, probability)| probability).sum();
            word.len() >= rule::TELLING && sum >= rule::SURE * word.len() as f32
        };
        let words = words.iter().map(|word| &letters[word.clone()]);
        let known: Vec<bool> = words
            .filter(|word| sure(word))
            .filter_map(|word| self.knows(word))
            .collect();
        let of_lexicon = known.iter().filter(|known| **known).count();
        of_lexicon > 0 && of_lexicon as f32 >= self.rule.share * known.len() as f32
    }

    /// Whether the lexicon knows a word; `None` of what is none.
    fn knows(&self, word: &Letters) -> Option<bool> {
        let text = self.embed.spelled(word.iter().map(|(id, _)| *id));
        self.lexicon.knows(&text)
    }

    /// What is asked of the letters of a word; `None` where the lexicon says nothing.
    pub(super) fn least(&self, word: &Letters, large: bool) -> Option<f32> {
        Some(match self.knows(word)? {
            true => 0.0,
            false if large => self.rule.large_unknown,
            false => self.rule.unknown,
        })
    }

    /// A word (glyphs) as it is known: with another letter, without a glyph, or as two words. As it
    /// is where it is known already, or never so.
    pub(super) fn mended(
        &self,
        word: Range<usize>,
        (logits, letters): (&mut Array2<f32>, &mut [(TokenId, f32)]),
        places: &[[f32; 4]],
    ) -> Vec<Vec<usize>> {
        if let Some(second) = self.second(word.clone(), letters, places) {
            return vec![(word.start..second).collect(), (second..word.end).collect()];
        }
        let mut word: Vec<usize> = word.collect();
        self.mend(&mut word, (logits, letters), places);
        vec![word]
    }

    /// The glyph that begins a second word, both known, where the word together is not: that behind
    /// its widest gap.
    fn second(&self, word: Range<usize>, letters: &Letters, places: &[[f32; 4]]) -> Option<usize> {
        let gaps: Vec<f32> = places[word.clone()]
            .windows(2)
            .map(|two| gap(two[0], two[1]))
            .collect();
        let usual = median(gaps.clone())?;
        let (at, widest) = gaps
            .into_iter()
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(&b.1))?;
        let second = word.start + at + 1;
        let parts = [word.start..second, second..word.end];
        let long = parts.iter().all(|part| part.len() >= rule::PART);
        let wide = widest > usual + self.rule.apart;
        let known = |of: Range<usize>| self.knows(&letters[of]);
        let parted = long && wide && known(word) == Some(false);
        (parted && parts.into_iter().all(|part| known(part) == Some(true))).then_some(second)
    }

    /// Makes an unknown word (glyphs) a known one, by one letter that is likely as well, or by one
    /// glyph less that may be another one seen twice. `logits` are log-probabilities of letters.
    fn mend(
        &self,
        word: &mut Vec<usize>,
        (logits, letters): (&mut Array2<f32>, &mut [(TokenId, f32)]),
        places: &[[f32; 4]],
    ) {
        let spelled: Vec<(TokenId, f32)> = word.iter().map(|&glyph| letters[glyph]).collect();
        if word.len() < self.rule.letters || self.knows(&spelled) != Some(false) {
            return;
        }
        if let Some(at) = self.twice(word, &spelled, places) {
            word.remove(at);
        } else if let Some((at, other)) = self.other(word, &spelled, logits) {
            let glyph = word[at];
            let id = letters[glyph].0;
            if let Some(best) = self.embed.ids().iter().position(|&one| one == id) {
                logits.swap([glyph, best], [glyph, other]);
                letters[glyph].0 = self.embed.ids()[other];
            }
        }
    }

    /// The glyph of a word without which it is known, if it is near its neighbour: the least
    /// probable of several.
    fn twice(&self, word: &[usize], spelled: &Letters, places: &[[f32; 4]]) -> Option<usize> {
        let near = |a: usize, b: usize| {
            let (a, b) = (places[word[a]], places[word[b]]);
            (a[0] - b[0]).abs() < self.rule.twice * a[3].min(b[3])
        };
        let may_go = |&at: &usize| {
            let before = at > 0 && near(at - 1, at);
            (before || (at + 1 < word.len() && near(at, at + 1))) && {
                let rest = [&spelled[..at], &spelled[at + 1..]].concat();
                self.knows(&rest) == Some(true)
            }
        };
        let found = (0..word.len()).filter(may_go);
        found.min_by(|&a, &b| spelled[a].1.total_cmp(&spelled[b].1))
    }

    /// The glyph of a word and the letter, by its row, that makes it known: the likeliest.
    fn other(
        &self,
        word: &[usize],
        spelled: &Letters,
        logits: &Array2<f32>,
    ) -> Option<(usize, usize)> {
        let least = self.rule.other.ln();
        let mut best: Option<(f32, (usize, usize))> = None;
        for (at, &glyph) in word.iter().enumerate() {
            let row = logits.row(glyph);
            let most = row.fold(f32::NEG_INFINITY, |most, &one| most.max(one));
            for (other, &logit) in row.iter().enumerate() {
                let odds = logit - most;
                let likelier = best.is_none_or(|(found, _)| odds > found);
                if odds >= 0.0 || odds < least || !likelier {
                    continue;
                }
                let mut changed = spelled.to_vec();
                changed[at].0 = self.embed.ids()[other];
                if self.knows(&changed) == Some(true) {
                    best = Some((odds, (at, other)));
                }
            }
        }
        best.map(|(_, found)| found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::FusionWeights;
    use crate::readers::glyph::rules::Rules;
    use foveate_language::{Tokenizer, fake};
    use ndarray::Array1;

    const LETTERS: &[u8] = b"adfhlowtn7";

    fn embedding(tokenizer: &Tokenizer) -> GlyphEmbedding {
        let letters = LETTERS.len();
        GlyphEmbedding::new(&FusionWeights {
            place_weight: Array2::zeros((2, 16)),
            place_bias: Array1::zeros(2),
            before_weight: Array2::zeros((2, 16)),
            letters_ids: tokenizer.encode_bytes(LETTERS),
            letters_weight: Array2::zeros((letters, 2)),
            slots_weight: Array2::zeros((2, 1)),
            pointer_query: Array2::zeros((1, 2)),
            pointer_key: Array2::zeros((1, 2)),
            pointer_null: Array1::zeros(1),
        })
        .with_characters(tokenizer)
    }

    /// What `ask` gives of the lexicon of these words.
    fn knowing<T>(words: &str, ask: impl FnOnce(&Known<'_>, &Tokenizer) -> T) -> T {
        let tokenizer = fake::byte_tokenizer(&[]);
        let known = Known {
            lexicon: &Lexicon::new(words.to_owned()).unwrap(),
            embed: &embedding(&tokenizer),
            rule: &Rules::default().known.unwrap(),
        };
        ask(&known, &tokenizer)
    }

    /// The letters of `text`, each this probable.
    fn letters(tokenizer: &Tokenizer, text: &str, probability: f32) -> Vec<(TokenId, f32)> {
        let ids = tokenizer.encode_bytes(text.as_bytes());
        ids.into_iter().map(|id| (id, probability)).collect()
    }

    /// What becomes of glyphs 10 px apart but for the one at `near`, which stands 2 px behind the
    /// one before it, of an em of 20 px. Each has a letter and one that is less likely, with its
    /// share.
    fn mended(word: &[(u8, u8, f32)], near: usize) -> String {
        knowing("ahoy\nfood\nhall\ntown\n", |known, _| {
            let row = |letter: u8| LETTERS.iter().position(|&one| one == letter).unwrap();
            let mut logits = Array2::from_elem((word.len(), LETTERS.len()), -20.0);
            for (glyph, &(letter, other, share)) in word.iter().enumerate() {
                logits[[glyph, row(other)]] = share.ln();
                logits[[glyph, row(letter)]] = 0.0;
            }
            let mut letters = known.embed.likeliest(&logits);
            let mut x = 0.0;
            let mut at = |glyph: usize| {
                x += if glyph == near { 2.0 } else { 10.0 };
                [x, 50.0, 8.0, 20.0]
            };
            let places: Vec<[f32; 4]> = (0..word.len()).map(&mut at).collect();
            let mut glyphs: Vec<usize> = (0..word.len()).collect();
            known.mend(&mut glyphs, (&mut logits, &mut letters), &places);
            let after = known.embed.likeliest(&logits);
            assert!(
                glyphs
                    .iter()
                    .all(|&glyph| after[glyph].0 == letters[glyph].0)
            );
            known
                .embed
                .spelled(glyphs.iter().map(|&glyph| letters[glyph].0))
        })
    }

    fn plain(word: &str) -> Vec<(u8, u8, f32)> {
        word.bytes().map(|letter| (letter, letter, 1.0)).collect()
    }

    #[test]
    fn a_letter_that_is_nearly_as_likely_makes_a_known_word() {
        let with = |word: &str, at: usize, other: u8, share: f32| {
            let mut word = plain(word);
            word[at] = (word[at].0, other, share);
            mended(&word, 0)
        };
        assert_eq!(with("foot", 3, b'd', 0.1), "food");
        assert_eq!(with("foot", 3, b'd', 0.01), "foot", "hardly likely");
        assert_eq!(with("foot", 3, b'l', 0.5), "foot", "nor is that known");
        assert_eq!(with("town", 3, b'd', 0.9), "town", "it is known");
        assert_eq!(with("7own", 0, b't', 0.9), "7own", "no word of letters");
        assert_eq!(with("fod", 2, b'o', 0.9), "fod", "too short to tell");
    }

    #[test]
    fn a_glyph_seen_twice_goes_where_the_word_is_known_without_it() {
        assert_eq!(mended(&plain("haall"), 2), "hall");
        assert_eq!(mended(&plain("haall"), 0), "haall", "they stand apart");
        assert_eq!(mended(&plain("haldl"), 2), "haldl");
    }

    #[test]
    fn the_widest_gap_parts_two_known_words() {
        knowing("foot\nhall\ntown\ntownhall\n", |known, tokenizer| {
            // Glyphs 8 px wide of an em of 20 px, 1 px apart, and `wide` px before the one at `at`.
            let parts = |text: &str, at: usize, wide: f32| {
                let letters = letters(tokenizer, text, 0.9);
                let mut x = 0.0;
                let mut place = |glyph: usize| {
                    x += if glyph == at { 8.0 + wide } else { 9.0 };
                    [x, 50.0, 8.0, 20.0]
                };
                let places: Vec<_> = (0..letters.len()).map(&mut place).collect();
                known.second(0..letters.len(), &letters, &places)
            };
            assert_eq!(parts("foothall", 4, 3.5), Some(4));
            assert_eq!(parts("foothall", 4, 2.5), None, "a gap like the others");
            assert_eq!(parts("foothall", 3, 3.5), None, "no words");
            assert_eq!(parts("townhall", 4, 3.5), None, "one word");
            assert_eq!(parts("f", 0, 0.0), None);
        })
    }

    #[test]
    fn a_page_in_another_language_is_left_alone() {
        knowing("hall\ntown\n", |known, tokenizer| {
            let suits = |text: &str, probability: f32| {
                let letters = letters(tokenizer, &text.replace(' ', ""), probability);
                let mut from = 0;
                let mut words = Vec::new();
                for word in text.split(' ') {
                    words.push(from..from + word.len());
                    from += word.len();
                }
                known.suits(&words, &letters)
            };
            assert!(suits("town hall foot wald", 0.95));
            assert!(!suits("town wand hand foot", 0.95));
            assert!(!suits("town hall", 0.8), "nothing was surely read");
            assert!(!suits("7 al", 0.95));
        })
    }

    #[test]
    fn more_is_asked_of_unknown_words() {
        knowing("hall\n", |known, tokenizer| {
            let least = |text: &str, large| {
                let letters = letters(tokenizer, text, 0.9);
                known.least(&letters, large)
            };
            assert_eq!(least("hall", false), Some(0.0));
            assert_eq!(least("hatt", false), Some(known.rule.unknown));
            assert_eq!(least("hatt", true), Some(known.rule.large_unknown));
            assert_eq!(least("7", true), None);
        })
    }
}
