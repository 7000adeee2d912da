//! Figures that a word or a sign beside them makes something else of: an amount of money, a
//! telephone number, a house number, a page.
use super::text::Text;
use super::words::{FR, Sense};

/// Signs of currencies.
const CURRENCIES: &str = "$£€¥₹₩₽₺₴₪₫₱₦₵฿¢";

/// Whether the sign of a currency stands there.
pub(crate) fn currency_sign(text: &Text<'_>, at: usize) -> bool {
    text.is_any(at, CURRENCIES)
}

/// Whether the number is an amount of money, a share or an address on the web.
pub(crate) fn money(text: &Text<'_>, at: usize) -> bool {
    let dialled = at > 0 && text.is(at - 1, '+') && text.spaced(at - 1) && !text.spaced(at);
    let before = at > 0 && (currency_sign(text, at - 1) || text.is(at - 1, '#'));
    // "May 5 $10": the sign belongs to the number that it touches.
    let next = text.number(at + 2).is_some() && !text.spaced(at + 2);
    let after = currency_sign(text, at + 1) && !(next && text.spaced(at + 1));
    let worded =
        named(text, at, |s| s == Sense::Currency) || currency_after(text, at + 1).is_some();
    dialled || before || after || worded || text.is(at + 1, '%')
}

/// Over the name of a currency that stands behind an amount; the token after it. Before another
/// number it is that one's.
pub(crate) fn currency_after(text: &Text<'_>, at: usize) -> Option<usize> {
    let to = text.sense(at, |s| s == Sense::Currency)?;
    let point = usize::from(text.is(to, '.'));
    text.number(to + point).is_none().then_some(to)
}

/// Whether a word for what is dialled stands right before.
pub(crate) fn is_dialled(text: &Text<'_>, at: usize) -> bool {
    named(text, at, |s| s == Sense::Phone)
}

/// Whether the figures from `at` up to `to` are no day whatever they look like: a label, a currency
/// or a telephone stands right before them, or a currency behind.
pub(crate) fn is_labelled(text: &Text<'_>, at: usize, to: usize) -> bool {
    let label = |s: Sense| matches!(s, Sense::Label | Sense::Currency | Sense::Phone);
    let money = currency_sign(text, to) && money(text, to - 1);
    named(text, at, label) || money || currency_after(text, to).is_some()
}

/// Whether a word stands right before a number that makes it something else than a day, unless a
/// month's name stands behind it: a week, a house.
pub(crate) fn names_number(text: &Text<'_>, at: usize) -> bool {
    let next = at + 1 + usize::from(text.is(at + 1, '.'));
    let dated = text.month(next).is_some();
    let label = |s: Sense| matches!(s, Sense::Numbered | Sense::Label);
    let day = dated && !counts_on(text, next);
    let street = street_behind(text, at) || street_before(text, at);
    (named(text, at, label) && !day) || (street && !dated)
}

/// Whether a street's word with a capital stands right before a number: `Corso 5`.
fn street_before(text: &Text<'_>, at: usize) -> bool {
    let capital = at > 0 && text.letters(at - 1).starts_with(char::is_uppercase);
    capital && text.sense(at - 1, |s| s == Sense::StreetBefore) == Some(at)
}

/// Whether another number follows the month, which is then its day: `Week 2 June 22`.
fn counts_on(text: &Text<'_>, month: usize) -> bool {
    let at = month + 1 + usize::from(text.is(month + 1, '.'));
    text.number(at).is_some_and(|n| n.1 <= 2)
}

/// Whether the word before a number is a street by its end: `Lindenweg`, `Kerkstraat`.
pub(crate) fn street_behind(text: &Text<'_>, at: usize) -> bool {
    const ENDS: [&str; 12] = [
        "strasse", "str", "weg", "platz", "gasse", "allee", "straat", "laan", "plein", "gracht",
        "kade", "steig",
    ];
    let word = at - usize::from(at > 1 && text.is(at - 1, '.')).min(at);
    let Some(token) = word.checked_sub(1).and_then(|i| text.tokens.get(i)) else {
        return false;
    };
    ENDS.iter().any(|e| token.folded.ends_with(e)) && !matches!(&*token.folded, "weg" | "str")
}

/// The token after the French street that a house number stands before: `12 rue Lepic`. A comma may
/// part them, which a day may have, too (`samedi 13, place du Marché`).
pub(crate) fn house_before(text: &Text<'_>, at: usize) -> Option<usize> {
    let more = ["bis", "ter"]
        .iter()
        .any(|w| text.tokens.get(at + 1).is_some_and(|t| t.word(w)));
    let to = at + 1 + usize::from(more);
    let french = text.has_in(to, FR) && !text.tokens[to].word("cours");
    let end = text.sense(to, |s| s == Sense::StreetBefore)?;
    (french && text.is_word(end)).then_some(end)
}

/// Whether such a word stands before `at`, with a sign between or without.
fn named(text: &Text<'_>, at: usize, wanted: impl Fn(Sense) -> bool) -> bool {
    let sign = |i: &usize| currency_sign(text, *i) || text.is_any(*i, ".:#");
    let signs = (0..at).rev().take(2).take_while(sign);
    let word = at - signs.count();
    // The longest label has two words.
    (word.saturating_sub(2)..word).any(|i| text.sense(i, &wanted) == Some(word))
}
