//! Text to numbers, words and signs.

/// A piece of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Figures: their value and how many.
    Number(u32, usize),
    /// Letters: folded to lower case without accents, and as printed.
    Word(String, String),
    /// Anything else; every dash is `-`, every apostrophe `'`.
    Sign(char),
}

/// The pieces of `text`, spaces left out.
pub(super) fn scan(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(&c) = chars.peek() {
        if c.is_ascii_digit() {
            let figures: String =
                std::iter::from_fn(|| chars.next_if(char::is_ascii_digit)).collect();
            pieces.push(Piece::Number(
                figures.parse().unwrap_or(u32::MAX),
                figures.len(),
            ));
        } else if c.is_alphabetic() {
            let raw: String = std::iter::from_fn(|| chars.next_if(|c| c.is_alphabetic())).collect();
            pieces.push(Piece::Word(folded(&raw), raw));
        } else {
            chars.next();
            if !c.is_whitespace() {
                pieces.push(Piece::Sign(plain(c)));
            }
        }
    }
    pieces
}

fn plain(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '~' | '→' => '-',
        '’' | '‘' | '`' | '´' => '\'',
        other => other,
    }
}

fn folded(raw: &str) -> String {
    let fold = |c: char| match c {
        'à' | 'á' | 'â' | 'ä' | 'å' | 'ã' => 'a',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ò' | 'ó' | 'ô' | 'ö' | 'õ' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        other => other,
    };
    raw.to_lowercase().chars().map(fold).collect()
}

impl Piece {
    /// The folded letters of a word.
    pub(super) fn word(&self) -> Option<&str> {
        if let Self::Word(word, _) = self {
            Some(word)
        } else {
            None
        }
    }

    /// The letters of a word as printed.
    pub(super) fn raw(&self) -> Option<&str> {
        if let Self::Word(_, raw) = self {
            Some(raw)
        } else {
            None
        }
    }

    /// Whether it is this sign.
    pub(super) fn is(&self, sign: char) -> bool {
        *self == Self::Sign(sign)
    }
}
