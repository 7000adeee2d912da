//! Numbers that are neither dates nor times: addresses, amounts, ages, telephone numbers, years in
//! which something was founded.
use super::labels::{currency_after, currency_sign, house_before, street_behind};
use super::numbers::{ordinal_end, unit as clock_unit};
use super::text::Text;
use super::words::Sense;

/// The most words between a house number and `street`.
const NAME: usize = 3;

/// Pieces of other kinds at a token: the token after each, and its cost.
pub(crate) fn explained(text: &Text<'_>, at: usize) -> Vec<(usize, f32)> {
    let kinds = [
        founded(text, at),
        address(text, at),
        address_behind(text, at),
        house(text, at),
        street(text, at),
        at_street(text, at),
        price(text, at),
        amount(text, at),
        labelled(text, at),
        verse(text, at),
        dialled(text, at),
        counted(text, at),
        anniversary(text, at),
        years(text, at),
        enumerated(text, at),
        digits(text, at),
    ];
    kinds.into_iter().flatten().collect()
}

/// `2026-27`, `2026/2027`, `1976 - 2026`: a season, a school year, so many years.
fn years(text: &Text<'_>, at: usize) -> Option<(usize, f32)> {
    let first = text
        .number(at)
        .filter(|n| n.1 == 4 && (1900..=2199).contains(&n.0))?;
    let (last, figures) = text.number(at + 2).filter(|_| text.is_any(at + 1, "-/"))?;
    let next = figures == 2 && last == (first.0 + 1) % 100 && !text.spaced(at + 2);
    // "1900-2130": two times.
    let no_time = first.0 % 100 >= 60 || last % 100 >= 60 || last == first.0 + 1;
    let later = figures == 4 && (first.0 + 1..=2199).contains(&last) && no_time;
    let more = text.is_any(at + 3, "-/.") && text.number(at + 4).is_some();
    ((next || later) && !more).then_some((at + 3, 0.1))
}

/// `2)` before an item of a list.
fn enumerated(text: &Text<'_>, at: usize) -> Option<(usize, f32)> {
    let open = (0..at).rev().take(8).any(|i| text.is(i, '('));
    let short = text.number(at).is_some_and(|n| n.1 <= 2);
    (short && !open && text.is(at + 1, ')') && !text.spaced(at + 1)).then_some((at + 2, 0.05))
}

/// `EST. 2009`, `since 1974`, `© 2026`.
fn founded(text: &Text<'_>, at: usize) -> Option<(usize, f32)> {
    let word = text.sense(at, |s| s == Sense::Founded);
    let to = word.or_else(|| text.is(at, '©').then_some(at + 1))?;
    let to = to + usize::from(text.is_any(to, ".:"));
    let short = text.is(to, '\'') && text.number(to + 1).is_some_and(|n| n.1 == 2);
    let to = to + usize::from(short);
    text.number(to).filter(|n| n.1 == 4 || short)?;
    Some((to + 1, 0.0))
}

/// `14 Marion Street`, `5 March Road`, `10/12 High Street`.
fn address(text: &Text<'_>, at: usize) -> Option<(usize, f32)> {
    text.number(at).filter(|n| n.1 <= 4)?;
    let pair = text.is_any(at + 1, "/-") && text.number(at + 2).is_some() && !text.spaced(at + 2);
    let at = if pair { at + 2 } else { at };
    let mut to = at + 1 + usize::from(text.letters(at + 1).len() == 1 && !text.spaced(at + 1));
    let mut n = 0;
    while n < NAME {
        if !text.is_word(to) {
            return None;
        }
        let street = text.sense(to + 1, |s| s == Sense::Street);
        let ends = street.filter(|end| n > 0 || *end > 0);
        if let Some(end) = ends.filter(|_| text.is_word(to + 1)) {
            return Some((end, if n == 0 { 0.05 } else { 0.3 + 0.2 * n as f32 }));
        }
        to += 1;
        n += 1;
    }
    None
}

/// `via 20 Settembre 14`, `rue du 8 Mai 1945`.
fn address_behind(text: &Text<'_>, at: usize) -> Option<(usize, f32)> {
    let mut to = text.sense(at, |s| s == Sense::StreetBefore)?;
    while let Some(end) = text.sense(to, |s| s == Sense::Gap) {
        to = end;
    }
    let day = text.number(to).filter(|n| n.1 <= 2)?;
    let mut to = to + 1 + usize::from(text.is(to + 1, '.'));
    while let Some(end) = text.sense(to, |s| s == Sense::Gap) {
        to = end;
    }
    let month = text.month(to)?;
    let house = usize::from(text.number(month).is_some() && day.0 > 0);
    Some((month + house, 0.0))
}

/// `Lindenweg 7`, `Hauptstr. 12a`.
fn house(text: &Text<'_>, at: usize) -> Option<(usize, f32)> {
    let number = at + 1 + usize::from(text.is(at + 1, '.'));
    text.number(number)
        .filter(|n| n.1 <= 3 && text.is_word(at))?;
    let month = text.month(number + 1 + usize::from(text.is(number + 1, '.')));
    let figures = text.is_any(number + 1, ".:") && text.number(number + 2).is_some();
    let named = street_behind(text, number) && month.is_none() && !figures;
    let letter = usize::from(text.letters(number + 1).len() == 1 && !text.spaced(number + 1));
    named.then_some((number + 1 + letter, 0.05))
}

/// `12 rue Lepic`, `3 bis avenue Foch`; `Rua Augusta, 12`, `via Roma 5`.
fn street(text: &Text<'_>, at: usize) -> Option<(usize, f32)> {
    if text.number(at).is_some_and(|n| n.1 <= 4) {
        return Some((house_before(text, at)?, 0.05));
    }
    let mut to = text.sense(at, |s| s == Sense::StreetBefore)?;
    to += usize::from(text.is(to, '.'));
    for _ in 0..NAME {
        to += usize::from(text.is_word(to) && to > at);
        let number = to + usize::from(text.is(to, ','));
        let house = text.number(number).is_some_and(|n| n.1 <= 4);
        let dated = text.sense(number + 1, |s| matches!(s, Sense::Month(_) | Sense::Gap));
        if house && dated.is_none() && !clock_unit(text, number + 1) {
            let dash = number > to && is_long(text, at) && parts_day(text, number + 1);
            return Some((number + 1 + usize::from(dash), 0.1));
        }
    }
    None
}

/// Whether it is a street whose houses are told by their numbers, which a square does without:
/// `Piazza Duomo, 12 - 14 giugno` is a range.
fn is_long(text: &Text<'_>, at: usize) -> bool {
    const SQUARES: [&str; 8] = [
        "piazza", "piazzale", "largo", "plaza", "pl", "pza", "praca", "place",
    ];
    !SQUARES.iter().any(|s| text.tokens[at].word(s))
}

/// Whether a dash between spaces parts what stands before it from a number.
fn parts(text: &Text<'_>, at: usize) -> bool {
    let apart = text.is(at, '-') && text.spaced(at) && text.spaced(at + 1);
    apart && text.number(at + 1).is_some()
}

/// The same from a day and its month: `Via Roma, 12 - 13 giugno`.
fn parts_day(text: &Text<'_>, at: usize) -> bool {
    let end = text.sense(at + 2, |s| s == Sense::Gap).unwrap_or(at + 2);
    parts(text, at) && text.month(end).is_some()
}

/// `Am Markt 5, `, `An der Kirche 12a`: a name behind a preposition, and its number.
fn at_street(text: &Text<'_>, at: usize) -> Option<(usize, f32)> {
    let word = |at: usize, words: &[&str]| {
        let token = text.tokens.get(at);
        token.is_some_and(|t| words.iter().any(|w| t.word(w)))
    };
    let two =
        word(at, &["an", "auf", "in", "unter", "hinter"]) && word(at + 1, &["der", "den", "dem"]);
    let one = word(at, &["am", "im", "zum", "zur"]);
    let name = at + if two { 2 } else { usize::from(one) };
    let capital = text.letters(name).starts_with(char::is_uppercase);
    text.number(name + 1).filter(|n| n.1 <= 3)?;
    let letter = usize::from(text.letters(name + 2).len() == 1 && !text.spaced(name + 2));
    let to = name + 2 + letter;
    let ends = to == text.len() || text.is_any(to, ",|·");
    (name > at && capital && text.unknown(name) && ends).then_some((to, 0.05))
}

/// `$20`, `18,40 €`, `20%`, `#5`, `3/5 Euro`.
fn price(text: &Text<'_>, at: usize) -> Option<(usize, f32)> {
    let before = currency_sign(text, at) || text.is(at, '#');
    let end = prices(text, at + usize::from(before))?;
    let sign = currency_sign(text, end) || text.is(end, '%');
    let after = sign
        .then_some(end + 1)
        .or_else(|| currency_after(text, end));
    (before || after.is_some()).then_some((after.unwrap_or(end), 0.0))
}

/// `TOTAL 18.40`, `Fees: Rs. 100/-`, `Eintritt 8/5 Euro`.
fn amount(text: &Text<'_>, at: usize) -> Option<(usize, f32)> {
    let paid = |s: Sense| matches!(s, Sense::Amount | Sense::Label);
    let currency = |at: usize| {
        let to = text.sense(at, |s| s == Sense::Currency)?;
        Some(to + usize::from(text.is_any(to, ".:")))
    };
    let label = text.sense(at, paid);
    let label = label.map(|to| to + usize::from(text.is_any(to, ".:")));
    let to = label.or_else(|| currency(at))?;
    let to = currency(to).unwrap_or(to);
    let end = prices(text, to + usize::from(currency_sign(text, to)))?;
    Some((currency_after(text, end).unwrap_or(end), 0.0))
}

/// One amount, or two with a stroke or a dash between; the dash that stands for no cents.
fn prices(text: &Text<'_>, at: usize) -> Option<usize> {
    let mut end = decimal(text, at)?;
    if text.is_any(end, "-/") {
        let sign = usize::from(currency_sign(text, end + 1));
        end = decimal(text, end + 1 + sign).unwrap_or(end);
    }
    let no_cents = text.is_any(end, "/,.") && text.is(end + 1, '-') && !text.spaced(end + 1);
    let last = text.number(end + 2).is_none();
    Some(end + if no_cents && last { 2 } else { 0 })
}

/// `Tel: 12-10-26`, `Call 98 12 10 26`.
fn dialled(text: &Text<'_>, at: usize) -> Option<(usize, f32)> {
    let to = text.sense(at, |s| s == Sense::Phone)?;
    let mut to = to + usize::from(text.is_any(to, ".:"));
    to += usize::from(text.is_any(to, "+("));
    text.number(to)?;
    while text.number(to).is_some() {
        to += 1;
        let signs = (to..to + 2).take_while(|i| text.is_any(*i, "-/.()"));
        let next = to + signs.count();
        to = if text.number(next).is_some() {
            next
        } else {
            to
        };
    }
    Some((to, 0.05))
}

/// `Ages 18+`, `Gate 4`, `No. 7`, `Tel 555-0173`.
fn labelled(text: &Text<'_>, at: usize) -> Option<(usize, f32)> {
    let to = text.sense(at, |s| matches!(s, Sense::Numbered | Sense::Label))?;
    let to = to + usize::from(text.is_any(to, ".:#"));
    let end = digits(text, to)
        .map(|d| d.0)
        .or_else(|| decimal(text, to))?;
    let end = numbered_to(text, end).unwrap_or(end);
    Some((end + usize::from(text.is(end, '+')), 0.05))
}

/// Books that verses are named by.
const BOOKS: &str = "\
     genesis,exodus,leviticus,deuteronomy,joshua,psalm,psalms,proverbs,\
     ecclesiastes,isaiah,jeremiah,ezekiel,daniel,hosea,joel,amos,micah,matthew,\
     mark,luke,john,acts,romans,corinthians,galatians,ephesians,philippians,\
     colossians,thessalonians,timothy,hebrews,james,peter,revelation,johannes,\
     markus,lukas,juan,jean,lucas";

/// `John 3:16` before a time: a verse. Hours are printed to five minutes.
fn verse(text: &Text<'_>, at: usize) -> Option<(usize, f32)> {
    let book = BOOKS.split(',').any(|b| text.tokens[at].word(b));
    let minute = text.number(at + 3).filter(|_| text.is(at + 2, ':'))?.0;
    let verse = book && text.number(at + 1).is_some() && minute % 5 != 0;
    let range = text.is(at + 4, '-') && !text.spaced(at + 5) && text.number(at + 5).is_some();
    let end = if range { at + 6 } else { at + 4 };
    let time = |i: usize| clock_unit(text, i + 1) || text.is(i + 1, ':');
    let timed = (end..text.len()).any(|i| text.number(i).is_some() && time(i));
    let dash = usize::from(parts(text, end));
    (verse && timed).then_some((end + dash, 0.05))
}

/// Over the end of a range of such numbers: `5-12`, `5 to 12`, `3 & 4`.
fn numbered_to(text: &Text<'_>, at: usize) -> Option<usize> {
    let sign = text.is_any(at, "-&/") && !text.spaced(at) && !text.spaced(at + 1);
    let word = |s: Sense| matches!(s, Sense::To | Sense::And);
    let last = sign
        .then_some(at + 1)
        .or_else(|| text.sense(at, word))
        .or_else(|| text.is(at, '&').then_some(at + 1))?;
    let first = text.number(at - 1)?;
    text.number(last).filter(|n| n.1 <= 3 && n.0 > first.0)?;
    let more = text.number(last + 2).is_some() && !text.spaced(last + 2);
    let other = (text.is_any(last + 1, ":/.") && more) || clock_unit(text, last + 1);
    let month = text.sense(last + 1, |s| matches!(s, Sense::Month(_) | Sense::Suffix));
    (!other && month.is_none()).then_some(last + 1)
}

/// `5 km`, `18+`, `3 friends`.
fn counted(text: &Text<'_>, at: usize) -> Option<(usize, f32)> {
    let end = decimal(text, at)?;
    let plus = usize::from(text.is(end, '+') && text.number(end + 1).is_none());
    let unit = text.sense(end + plus, |s| s == Sense::Unit);
    let to = unit.or((plus > 0).then_some(end + plus))?;
    Some((to, 0.05))
}

/// `50th Anniversary`, `2nd Annual`.
fn anniversary(text: &Text<'_>, at: usize) -> Option<(usize, f32)> {
    text.number(at)?;
    let (to, marked) = ordinal_end(text, at + 1);
    (marked && to > at + 1 && text.unknown(to)).then_some((to + 1, 0.3))
}

/// `555-0173`, `+49 30 1234567`, `030/12 34 56`.
fn digits(text: &Text<'_>, at: usize) -> Option<(usize, f32)> {
    let mut to = at + usize::from(text.is_any(at, "+("));
    let dialled = to > at;
    let (mut figures, mut groups, mut long, mut pairs) = (0, 0, false, true);
    let begins = dialled || text.number(to).is_some_and(|n| n.1 >= 3);
    while let Some((_, n)) = text.number(to).filter(|_| groups < 8) {
        figures += n;
        groups += 1;
        pairs &= n == 2;
        long |= n >= 5 || (n == 4 && groups > 1) || (n == 3 && groups == 1);
        to += 1;
        let sign = usize::from(text.is_any(to, "-/.)"));
        if text.number(to + sign).is_some() {
            to += sign;
        }
    }
    let pairs = pairs && groups >= 4;
    (figures >= 7 && ((long && begins) || pairs)).then_some((to, 0.4))
}

/// A number, with what follows its point.
fn decimal(text: &Text<'_>, at: usize) -> Option<usize> {
    text.number(at)?;
    let more = text.is_any(at + 1, ".,") && text.number(at + 2).is_some() && !text.spaced(at + 2);
    Some(if more { at + 3 } else { at + 1 })
}
