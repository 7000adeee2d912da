//! What is printed by a till, and announces nothing.

/// Amounts that a receipt has at least.
const AMOUNTS: usize = 3;
/// Words that a line with the sum begins with.
const SUMS: [&str; 10] = [
    "total",
    "totale",
    "totaal",
    "gesamt",
    "gesamtbetrag",
    "summe",
    "somme",
    "suma",
    "montant",
    "importe",
];
/// Words that its other lines begin with: parts of the sum, taxes, how it was paid.
const PARTS: [&str; 26] = [
    "subtotal",
    "sub-total",
    "zwischensumme",
    "sous-total",
    "subtotale",
    "vat",
    "tax",
    "gst",
    "mwst",
    "ust",
    "tva",
    "iva",
    "btw",
    "cash",
    "change",
    "bar",
    "rückgeld",
    "espèces",
    "contanti",
    "resto",
    "efectivo",
    "cambio",
    "dinheiro",
    "troco",
    "contant",
    "wisselgeld",
];

/// Whether `text` is a receipt: a sum and something that it is made of or paid with, each at the
/// beginning of a line, and amounts.
pub(super) fn is_receipt(text: &str) -> bool {
    let begins = |words: &[&str]| {
        text.lines().any(|line| {
            let first = line.split_whitespace().next().unwrap_or_default();
            let first = first.trim_end_matches([':', '.']).to_lowercase();
            words.contains(&first.as_str())
        })
    };
    begins(&SUMS) && begins(&PARTS) && text.split_whitespace().filter(is_amount).count() >= AMOUNTS
}

/// Whether a date is printed as tills do: in figures alone.
pub(super) fn is_in_figures(date: &str) -> bool {
    date.contains(|c: char| c.is_ascii_digit()) && !date.contains(char::is_alphabetic)
}

/// `12.74`, `$1,998.00`, `3,60€`: two figures behind the last point or comma.
fn is_amount(word: &&str) -> bool {
    let digits = word.trim_matches(|c: char| !c.is_ascii_digit());
    let Some((whole, cents)) = digits.rsplit_once(['.', ',']) else {
        return false;
    };
    let figures = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    cents.len() == 2 && figures(cents) && whole.split([',', '.']).all(figures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_its_parts_and_amounts_make_a_receipt() {
        let lines = [
            "SHOP",
            "Tea",
            "2.95",
            "Soap 3,60",
            "TOTAL:",
            "€6.55",
            "VAT 5%",
            "0.31",
        ];
        assert!(is_receipt(&lines.join("\n")));
        // A flyer with prices, a day that is no amount, and no tax.
        assert!(!is_receipt("Jazz\nTotal fun\nSeats 12.00 15.00 20.00"));
        assert!(!is_receipt("Total 3\nTax 4\n14.05.2026\n12:30 2.5"));
        assert!(!is_receipt(""));
    }

    #[test]
    fn dates_of_tills_are_figures() {
        assert!(is_in_figures("14/05/2026 09:31") && !is_in_figures("Fri 5/6"));
        assert!(!is_in_figures(""));
    }
}
