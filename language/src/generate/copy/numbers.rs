//! Numbers of a JSON answer: those that stand in the text in figures.
//!
//! "$1,250.00" may be written as 1250, 1250.0 or 1250.00, and its parts as 1 and 250 too: the
//! answer's schema says what kind it is, the decoder which. What is counted or worked out is no
//! number of the text.
use std::collections::BTreeMap;

/// Numbers as JSON has them, each with the source of a word that holds it.
#[derive(Debug, Clone, Default)]
pub(super) struct Numbers(BTreeMap<String, Option<usize>>);

impl Numbers {
    /// Adds the numbers of a word.
    pub fn add(&mut self, word: &str, source: Option<usize>) {
        let mut rest = word;
        while let Some(first) = rest.find(|c: char| c.is_ascii_digit()) {
            let minus = rest[..first].contains(['-', '−']);
            let run = run(&rest[first..]);
            self.add_run(run, minus, source);
            rest = &rest[first + run.len()..];
        }
    }

    fn add_run(&mut self, run: &str, minus: bool, source: Option<usize>) {
        let groups: Vec<&str> = run.split(SEPARATORS).collect();
        let thousands = |groups: &[&str]| {
            let [first, more @ ..] = groups else {
                return false;
            };
            first.len() <= 3 && more.iter().all(|group| group.len() == 3)
        };
        for group in &groups {
            self.add_number(group, "", minus, source);
        }
        if groups.len() > 1 && thousands(&groups) {
            self.add_number(&groups.concat(), "", minus, source);
        }
        if let [whole @ .., fraction] = &*groups
            && (whole.len() == 1 || thousands(whole))
        {
            self.add_number(&whole.concat(), fraction, minus, source);
        }
    }

    /// Adds a number with every count of zeros at its end that says the same.
    fn add_number(&mut self, whole: &str, fraction: &str, minus: bool, source: Option<usize>) {
        let whole = match whole.trim_start_matches('0') {
            "" => "0",
            digits => digits,
        };
        let least = fraction.trim_end_matches('0');
        // As printed, and a zero more: some write every number with a point.
        for zeros in 0..=fraction.len() - least.len() + 1 {
            let form = match (least, zeros) {
                ("", 0) => whole.to_owned(),
                _ => format!("{whole}.{least}{}", "0".repeat(zeros)),
            };
            if minus {
                self.0.entry(format!("-{form}")).or_insert(source);
            }
            self.0.entry(form).or_insert(source);
        }
    }

    /// Whether one of the numbers begins so.
    pub fn begins(&self, text: &[u8]) -> bool {
        self.first(text).is_some()
    }

    /// Whether one of the numbers is written so.
    pub fn holds(&self, text: &[u8]) -> bool {
        std::str::from_utf8(text).is_ok_and(|text| self.0.contains_key(text))
    }

    /// The source of the first number that begins so.
    pub fn source(&self, text: &[u8]) -> Option<usize> {
        *self.first(text)?.1
    }

    fn first(&self, text: &[u8]) -> Option<(&String, &Option<usize>)> {
        let text = std::str::from_utf8(text).ok()?;
        let from = (std::ops::Bound::Included(text), std::ops::Bound::Unbounded);
        let next = self.0.range::<str, _>(from).next();
        next.filter(|(number, _)| number.starts_with(text))
    }
}

/// What may stand between figures of one number.
const SEPARATORS: [char; 4] = ['.', ',', '\'', '’'];

/// The figures at the beginning, and those behind a single separator.
fn run(text: &str) -> &str {
    let mut end = 0;
    let mut parted = true;
    for (at, c) in text.char_indices() {
        match c {
            '0'..='9' => (end, parted) = (at + 1, false),
            _ if SEPARATORS.contains(&c) && !parted => parted = true,
            _ => break,
        }
    }
    &text[..end]
}

/// Whether what is written of a word of JSON is a number.
pub(super) fn is_number(text: &[u8]) -> bool {
    text.first()
        .is_some_and(|b| b.is_ascii_digit() || *b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(word: &str) -> Numbers {
        let mut numbers = Numbers::default();
        numbers.add(word, Some(7));
        numbers
    }

    #[test]
    fn a_number_is_written_in_the_ways_of_json() {
        for (word, written, others) in [
            (
                "$21.07",
                vec!["21.07", "21.070", "21", "7"],
                vec!["20.07", "2107", "-21.07"],
            ),
            ("4,50€", vec!["4.5", "4.50", "4", "50"], vec!["45", "450"]),
            (
                "$1,250.00",
                vec!["1250", "1250.0", "1250.00", "1", "250"],
                vec!["125", "1.25"],
            ),
            ("1.250,5", vec!["1250.5", "1250.50"], vec!["1250.6"]),
            ("1,250", vec!["1250", "1.25", "1.250"], vec!["12.50"]),
            ("-3%", vec!["-3", "3", "3.0"], vec!["0.03"]),
            ("007", vec!["7"], vec!["07", "0"]),
            ("0.50", vec!["0.5", "0.50"], vec!["00.5", ".5"]),
            (
                "12.05.2026",
                vec!["12", "5", "2026"],
                vec!["12.05", "12052026"],
            ),
            ("10’000", vec!["10000"], vec!["100"]),
            ("7:30pm", vec!["7", "30"], vec!["730", "7.3"]),
            ("H2O", vec!["2"], vec![]),
            ("none", vec![], vec!["0"]),
        ] {
            let numbers = numbers(word);
            for written in written {
                assert!(numbers.holds(written.as_bytes()), "{word}: {written}");
                let beginning = &written.as_bytes()[..1];
                assert!(numbers.begins(beginning), "{word}: {written}");
                assert_eq!(numbers.source(written.as_bytes()), Some(7));
            }
            for other in others {
                assert!(!numbers.holds(other.as_bytes()), "{word}: {other}");
            }
        }
        assert!(!numbers("21.07").begins(b"20"));
    }
}
