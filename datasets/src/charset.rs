//! The characters that pictures may hold.

use std::sync::OnceLock;

const EXTRA: &str = "éèêëàâäáåãçñöôóòøõüúùûíìîïßæœ\
    ÉÈÊËÀÂÄÁÅÃÇÑÖÔÓÒØÕÜÚÙÛÍÌÎÏÆŒ¡¿–—‘’“”„«»•·…€£¥¢©®™°½¼¾×№§ªº²³★✓→ŁłŠšŽžČčőűę";

/// All characters but the space, ascending.
pub fn all() -> &'static [char] {
    static ALL: OnceLock<Vec<char>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut chars: Vec<char> = ('!'..='~').chain(EXTRA.chars()).collect();
        chars.sort_unstable();
        chars.dedup();
        chars
    })
}

/// Where `ch` stands in [`all`].
pub fn index(ch: char) -> Option<usize> {
    match ch {
        '!'..='~' => Some(ch as usize - '!' as usize),
        _ => all().binary_search(&ch).ok(),
    }
}

/// A plainer spelling for a character that a font lacks; `None` when it is best left out.
pub fn plainer(ch: char) -> Option<&'static str> {
    Some(match ch {
        '–' | '—' | '•' | '·' | '→' => "-",
        '‘' | '’' => "'",
        '“' | '”' | '„' | '«' | '»' => "\"",
        '…' => "...",
        '×' => "x",
        '№' => "No.",
        '½' => "1/2",
        '★' | '✓' => "*",
        '€' => "EUR",
        'ł' => "l",
        'Ł' => "L",
        'š' => "s",
        'Š' => "S",
        'č' => "c",
        'ž' => "z",
        'é' | 'è' | 'ê' | 'ë' | 'ę' => "e",
        'à' | 'â' | 'ä' | 'á' | 'å' | 'ã' => "a",
        'ö' | 'ô' | 'ó' | 'ò' | 'ø' | 'õ' => "o",
        'ü' | 'ú' | 'ù' | 'û' => "u",
        'í' | 'ì' | 'î' | 'ï' => "i",
        'ß' => "ss",
        'ñ' => "n",
        'ç' => "c",
        'É' | 'È' | 'Ê' | 'Ë' => "E",
        'Å' | 'Ä' | 'Á' | 'À' => "A",
        'Ö' | 'Ø' | 'Ó' => "O",
        'Ü' | 'Ú' => "U",
        'Ñ' => "N",
        _ => return None,
    })
}
