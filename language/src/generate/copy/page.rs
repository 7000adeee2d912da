//! The text that is copied from: where spans may begin, go on and end.
use super::numbers::Numbers;

/// Places in a text: numbers of its bytes, ascending. A place is behind what was copied, at the
/// byte that comes next.
pub(super) type Places = Vec<usize>;

/// Ends a line.
const LINE: u8 = b'\n';
/// Ends the phrase: nothing goes on from it.
const STOP: u8 = 0;
/// Ends a lead: a span begins behind it.
const SPAN: u8 = 1;

/// Text that answers are copied from: lines of words, each word with its source; a phrase that may
/// stand for the whole answer instead; leads, words that may come before it; and a separator of the
/// spans of an answer.
#[derive(Debug, Clone, Default)]
pub struct CopyText {
    bytes: Vec<u8>,
    /// Of each byte, the source of its word.
    sources: Vec<Option<usize>>,
    begins: Vec<usize>,
    /// Of each byte, whether a span may end before it.
    ends: Vec<bool>,
    /// Where each line begins.
    lines: Vec<usize>,
    /// The lines that each may go on with.
    follows: Vec<Vec<usize>>,
    /// Where the phrase and the leads begin.
    own: Vec<usize>,
    /// Where the separator begins.
    separator: Option<usize>,
}

impl CopyText {
    /// Adds a line of words, each with its source. A span may go on from its end with the first
    /// word of the lines `follows`, counted from 0 in the order in which they are added.
    pub fn push_line<'w>(
        &mut self,
        words: impl IntoIterator<Item = (&'w str, Option<usize>)>,
        follows: Vec<usize>,
    ) {
        let first = self.bytes.len();
        for (word, source) in words {
            if self.bytes.len() > first {
                self.push(b' ', None, true);
            }
            self.push_word(word, source);
        }
        if self.bytes.len() > first {
            self.push(LINE, None, true);
        }
        self.lines.push(first);
        self.follows.push(follows);
    }

    /// The phrase that says that the text does not tell.
    pub fn set_phrase(&mut self, phrase: &str) {
        self.push_own(phrase, STOP);
    }

    /// Words that may come before the span that is the answer, such as `yes: `.
    pub fn push_lead(&mut self, lead: &str) {
        self.push_own(lead, SPAN);
    }

    /// What may stand between the spans of an answer, such as `; `: without it an answer is one.
    pub fn set_separator(&mut self, separator: &str) {
        self.separator = Some(self.bytes.len());
        self.push_text(separator, SPAN);
    }

    fn push_own(&mut self, text: &str, end: u8) {
        self.own.push(self.bytes.len());
        self.push_text(text, end);
    }

    fn push_text(&mut self, text: &str, end: u8) {
        text.bytes().for_each(|byte| self.push(byte, None, false));
        self.push(end, None, end == STOP);
    }

    fn push(&mut self, byte: u8, source: Option<usize>, ends: bool) {
        self.bytes.push(byte);
        self.sources.push(source);
        self.ends.push(ends);
    }

    fn push_word(&mut self, word: &str, source: Option<usize>) {
        let mut before: Option<char> = None;
        for c in word.chars() {
            // Letters and figures hold together; any other sign stands by itself.
            let joined = before.is_some_and(|b| b.is_alphanumeric() && c.is_alphanumeric());
            if !joined {
                self.begins.push(self.bytes.len());
            }
            let mut buffer = [0; 4];
            for (i, &byte) in c.encode_utf8(&mut buffer).as_bytes().iter().enumerate() {
                self.push(byte, source, i == 0 && !joined && before.is_some());
            }
            before = Some(c);
        }
    }

    /// Where a span may begin; `whole` where the answer is one, which may be the phrase or begin
    /// with a lead.
    pub(super) fn begins(&self, whole: bool) -> Places {
        let own: &[usize] = if whole { &self.own } else { &[] };
        self.begins.iter().chain(own).copied().collect()
    }

    /// Whether a span may end at one of the places.
    pub(super) fn may_end(&self, places: &[usize]) -> bool {
        places
            .iter()
            .any(|&at| self.ends.get(at).is_some_and(|&ends| ends))
    }

    /// Whether an answer may end at one of the places: one of its spans, which has begun.
    pub(super) fn ends_answer(&self, places: &[usize]) -> bool {
        places != self.begins && self.may_end(places)
    }

    /// Where the separator begins, if an answer may go on with it from one of the places.
    fn separates(&self, places: &[usize]) -> Option<usize> {
        let said = places.iter().any(|&at| self.bytes.get(at) == Some(&STOP));
        self.separator.filter(|_| !said && self.ends_answer(places))
    }

    /// Whether the first byte of the separator was written, after which another span begins.
    pub(super) fn is_separated(&self, places: &[usize]) -> bool {
        self.separator.is_some_and(|at| places.contains(&(at + 1)))
    }

    /// Takes the first place out of the choice from which a span can begin that reads `said`, or
    /// the longest end of it that one can read: a lead or a space may stand before it.
    pub(super) fn take(&mut self, said: &[u8]) {
        let reading = |span: &[u8]| self.begins.iter().position(|&at| self.reads(at, span));
        if let Some(i) = (0..said.len()).find_map(|from| reading(&said[from..])) {
            self.begins.remove(i);
        }
    }

    /// Whether a span that begins at a place can read so, to its end.
    pub(super) fn reads(&self, at: usize, span: &[u8]) -> bool {
        let places = span.iter().try_fold(vec![at], |places, &byte| {
            let next = self.step(&places, byte);
            (!next.is_empty()).then_some(next)
        });
        places.is_some_and(|places| self.may_end(&places))
    }

    /// The places after `byte`.
    pub(super) fn step(&self, places: &[usize], byte: u8) -> Places {
        let mut next = Places::new();
        let separator = self.separates(places);
        next.extend(
            separator
                .filter(|&at| self.bytes.get(at) == Some(&byte))
                .map(|at| at + 1),
        );
        for &at in places {
            match self.bytes.get(at) {
                Some(&LINE) if byte == b' ' => next.extend(self.after_line(at)),
                Some(&(STOP | SPAN)) | None => {}
                Some(&own) if own == byte => match self.bytes.get(at + 1) {
                    Some(&SPAN) => next.extend(&self.begins),
                    _ => next.push(at + 1),
                },
                Some(_) => {}
            }
        }
        next.sort_unstable();
        next.dedup();
        next
    }

    /// Where the lines begin that may follow the line that ends at `at`.
    fn after_line(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let line = self.lines.partition_point(|&first| first <= at);
        let follows = line.checked_sub(1).and_then(|line| self.follows.get(line));
        let first = |&line: &usize| self.lines.get(line).copied();
        follows.into_iter().flatten().filter_map(first)
    }

    /// The bytes that may come next, each once.
    pub(super) fn next_bytes(&self, places: &[usize]) -> Vec<u8> {
        let mut seen = [false; 256];
        if let Some(&byte) = self.separates(places).and_then(|at| self.bytes.get(at)) {
            seen[usize::from(byte)] = true;
        }
        for &at in places {
            match self.bytes.get(at) {
                Some(&LINE) => seen[usize::from(b' ')] |= self.after_line(at).next().is_some(),
                Some(&(STOP | SPAN)) | None => {}
                Some(&byte) => seen[usize::from(byte)] = true,
            }
        }
        (0..=u8::MAX)
            .filter(|&byte| seen[usize::from(byte)])
            .collect()
    }

    /// The place of a token's first byte: of those `from` which it may come, the one that goes on
    /// from `last` or else the first, among those that lead to `to`.
    pub(super) fn one_of(
        &self,
        from: &[usize],
        byte: u8,
        last: Option<usize>,
        to: &[usize],
    ) -> Option<usize> {
        let holds = |at: usize| self.bytes.get(at) == Some(&byte);
        let leads =
            |at: usize| to.is_empty() || to.iter().any(|&end| end > at && end <= at + LONGEST);
        let fitting = || from.iter().copied().filter(|&at| holds(at) && leads(at));
        let near = last.and_then(|last| fitting().find(|&at| at > last && at <= last + LONGEST));
        near.or_else(|| fitting().next())
    }

    /// The numbers of its words.
    pub(super) fn numbers(&self) -> Numbers {
        let mut numbers = Numbers::default();
        let mut from = 0;
        // Words end at a space, lines at their end; what is no word's has no figures.
        for word in self.bytes.split(|&byte| byte == b' ' || byte == LINE) {
            let text = std::str::from_utf8(word).unwrap_or_default();
            numbers.add(text, self.sources.get(from).copied().flatten());
            from += word.len() + 1;
        }
        numbers
    }

    /// The source of the word at a place.
    pub(super) fn source(&self, at: usize) -> Option<usize> {
        self.sources.get(at).copied().flatten()
    }
}

/// Within how many bytes a token of words ends: those of SmolLM2 have up to 25.
const LONGEST: usize = 25;
