//! Text cut into numbers, words and signs.
use super::words::names;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Figures: their value (`u32::MAX` where it is larger) and how many there are.
    Number(u32, usize),
    /// Letters.
    Word,
    /// Anything else; every dash is `-`, every apostrophe `'`, every sign of an ordinal `º`.
    Sign(char),
}

/// A number, a word or a sign, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// The letters of a word, lower case and without accents; empty for anything else.
    pub(crate) folded: String,
    /// Bytes of the text: from, to.
    pub(crate) span: (usize, usize),
    /// Whether white space stands before it.
    pub(crate) spaced: bool,
}

/// The tokens of `text`, white space left out.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = text.char_indices().peekable();
    let mut spaced = false;
    while let Some((from, c)) = chars.next() {
        let class = class(c);
        if class == Class::Space {
            spaced = true;
            continue;
        }
        let mut to = from + c.len_utf8();
        if class != Class::Sign {
            while let Some((at, c)) = chars.next_if(|&(_, c)| class.goes_on(c)) {
                to = at + c.len_utf8();
            }
        }
        let after_figures = matches!(
            tokens.last(),
            Some(Token {
                kind: Kind::Number(..),
                ..
            })
        );
        let end = match class {
            Class::Letter => from + head(&text[from..to], after_figures && !spaced),
            _ => from,
        };
        if end > from {
            tokens.push(Token::new(class, &text[from..end], (from, end), spaced));
            spaced = false;
        }
        tokens.push(Token::new(class, &text[end..to], (end, to), spaced));
        spaced = false;
    }
    tokens
}

/// Bytes of what another word is printed right behind.
fn head(letters: &str, after_figures: bool) -> usize {
    let ending = if after_figures { ending(letters) } else { 0 };
    if ending > 0 {
        ending
    } else {
        glued(letters, after_figures)
    }
}

/// Bytes of a weekday or month that another name is printed right behind (`SaturdayJune`), or of
/// am and pm before a name or a word between two times (`7PMto9PM`).
fn glued(letters: &str, after_figures: bool) -> usize {
    let long = || names().filter(|n| n.len() >= 3);
    let starts = |head: &str| {
        let begin = letters.get(..head.len());
        let tail = letters.get(head.len()..).filter(|tail| tail.len() >= 2)?;
        begin
            .filter(|b| b.eq_ignore_ascii_case(head))
            .and(Some(tail))
    };
    let named = |tail: &str| long().any(|n| n.eq_ignore_ascii_case(tail));
    let joins = |tail: &str| {
        ["to", "till", "til", "until"]
            .iter()
            .any(|j| j.eq_ignore_ascii_case(tail))
    };
    let halves = ["am", "pm"].into_iter().filter(|_| after_figures);
    let half = halves.filter(|h| starts(h).is_some_and(|tail| named(tail) || joins(tail)));
    let name = long().filter(|n| starts(n).is_some_and(named));
    half.chain(name).map(str::len).max().unwrap_or(0)
}

/// Bytes of an ordinal's ending that a name in capitals is printed right behind (`27thJUNE`).
fn ending(letters: &str) -> usize {
    let english = ["st", "nd", "rd", "th"];
    let begins = english.iter().any(|e| letters.starts_with(e));
    let capital = letters[if begins { 2 } else { 0 }..].starts_with(char::is_uppercase);
    if begins && capital { 2 } else { 0 }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Space,
    Figure,
    Letter,
    Sign,
}

impl Class {
    fn goes_on(self, c: char) -> bool {
        class(c) == self || (self == Self::Letter && is_mark(c))
    }
}

fn class(c: char) -> Class {
    match c {
        _ if c.is_whitespace() || is_invisible(c) => Class::Space,
        '0'..='9' | '０'..='９' => Class::Figure,
        'º' | 'ª' | '°' => Class::Sign,
        _ if c.is_alphabetic() => Class::Letter,
        _ => Class::Sign,
    }
}

/// Accents that are characters of their own.
fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// Zero-width characters and marks of direction.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
}

impl Token {
    fn new(class: Class, text: &str, span: (usize, usize), spaced: bool) -> Self {
        let (kind, folded) = match class {
            Class::Figure => (number(text), String::new()),
            Class::Letter => (Kind::Word, folded(text)),
            _ => (Kind::Sign(plain(text)), String::new()),
        };
        Self {
            kind,
            folded,
            span,
            spaced,
        }
    }

    /// Whether it is this sign.
    pub(crate) fn is(&self, sign: char) -> bool {
        self.kind == Kind::Sign(sign)
    }

    /// Whether it is one of these signs.
    pub(crate) fn is_any(&self, signs: &str) -> bool {
        matches!(self.kind, Kind::Sign(c) if signs.contains(c))
    }

    /// Whether it is this word, without accents.
    pub(crate) fn word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.folded == word
    }
}

fn number(text: &str) -> Kind {
    let value = |c: char| match c {
        '０'..='９' => c as u32 - '０' as u32,
        _ => c as u32 - '0' as u32,
    };
    let total = text
        .chars()
        .try_fold(0u32, |n, c| n.checked_mul(10)?.checked_add(value(c)));
    Kind::Number(total.unwrap_or(u32::MAX), text.chars().count())
}

fn plain(text: &str) -> char {
    match text.chars().next().unwrap_or(' ') {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '~' | '→' | '➔' | '›' | '>' | '⁃' | '﹣' | '－' => {
            '-'
        }
        '’' | '‘' | '`' | '´' | 'ʼ' => '\'',
        'ª' | '°' => 'º',
        '：' => ':',
        '•' | '●' | '∙' | '◦' | '*' | '★' | '‧' | '・' => '·',
        '¦' | '│' => '|',
        '＠' => '@',
        other => other,
    }
}

/// Lower case, without accents.
pub(crate) fn folded(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars().flat_map(char::to_lowercase) {
        match c {
            'à'..='å' | 'ā' => out.push('a'),
            'è'..='ë' | 'ē' | 'ᵉ' => out.push('e'),
            'ì'..='ï' => out.push('i'),
            'ò'..='ö' | 'ø' => out.push('o'),
            'ù'..='ü' => out.push('u'),
            'ç' => out.push('c'),
            'ñ' | 'ⁿ' => out.push('n'),
            'ý' | 'ÿ' => out.push('y'),
            'ß' => out.push_str("ss"),
            'œ' => out.push_str("oe"),
            'æ' => out.push_str("ae"),
            'ˢ' => out.push('s'),
            'ᵗ' => out.push('t'),
            'ᵈ' => out.push('d'),
            'ʳ' => out.push('r'),
            'ʰ' => out.push('h'),
            _ if is_mark(c) => {}
            other => out.push(other),
        }
    }
    out
}
