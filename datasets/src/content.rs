//! Endless text of one kind, word by word, for crops and pages.

use crate::dice::Dice;
use crate::words;

/// What a block of text is made of.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// English words, with punctuation.
    Words,
    /// Words that were made up.
    Invented,
    /// Letters, digits and signs at random.
    Random,
    /// Numbers and signs only.
    Numbers,
    /// Names, dates, times, prices, addresses and so on.
    Facts,
}

/// How letters are capitalised.
#[derive(Clone, Copy, Debug)]
pub enum Case {
    /// As the words come, sentences begin with a capital.
    Sentence,
    /// Every word begins with a capital.
    Title,
    /// All capitals.
    Upper,
    /// All small.
    Lower,
}

/// Gives one word after another.
pub struct Source {
    kind: Kind,
    case: Case,
    start: bool,
    waiting: Vec<String>,
}

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const SIGNS: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
const ACCENTED: &str = "éèêëàâäáåãçñöôóòøõüúùûíìîïßæœÉÈÊËÀÂÄÁÅÃÇÑÖÔÓÒØÕÜÚÙÛÍÌÎÏÆŒ";
const RARE: &str = "¡¿–—‘’“”„«»•·…€£¥¢©®™°½¼¾×№§ªº²³★✓→";

impl Source {
    /// A source of a random kind.
    pub fn any(dice: &mut Dice) -> Self {
        let kinds = [
            Kind::Words,
            Kind::Invented,
            Kind::Random,
            Kind::Numbers,
            Kind::Facts,
        ];
        let kind = kinds[dice.weighted(&[0.40, 0.12, 0.18, 0.07, 0.23])];
        let cases = [Case::Sentence, Case::Title, Case::Upper, Case::Lower];
        let case = cases[dice.weighted(&[0.42, 0.16, 0.27, 0.15])];
        Self {
            kind,
            case,
            start: true,
            waiting: Vec::new(),
        }
    }

    /// Running text of English sentences.
    pub fn prose() -> Self {
        Self {
            kind: Kind::Words,
            case: Case::Sentence,
            start: true,
            waiting: Vec::new(),
        }
    }

    /// The next word; never empty, holds no space.
    pub fn next(&mut self, dice: &mut Dice) -> String {
        while self.waiting.is_empty() {
            let more = self.phrase(dice);
            self.waiting = more.split_whitespace().rev().map(str::to_string).collect();
        }
        self.waiting.pop().unwrap_or_default()
    }

    fn phrase(&mut self, dice: &mut Dice) -> String {
        match self.kind {
            Kind::Words => self.word(dice),
            Kind::Invented => self.cased(words::invented(dice)),
            Kind::Random => random(dice),
            Kind::Numbers => numbers(dice),
            Kind::Facts => self.fact(dice),
        }
    }

    fn word(&mut self, dice: &mut Dice) -> String {
        if dice.chance(0.04) {
            return self.fact(dice);
        }
        let list = if dice.chance(0.45) {
            words::everyday()
        } else {
            words::common()
        };
        let word = self.cased(dice.pick(list).to_string());
        self.start = false;
        match dice.below(40) {
            0 | 1 => word + ",",
            2 => {
                self.start = true;
                word + "."
            }
            3 => {
                self.start = true;
                word + dice.pick(&["!", "?", ":", ";", "...", "…"])
            }
            4 => format!(
                "{}{word}{}",
                if dice.chance(0.5) { "“" } else { "\"" },
                if dice.chance(0.5) { "”" } else { "\"" }
            ),
            5 => format!("({word})"),
            6 => format!(
                "{word} {} ",
                dice.pick(&["&", "–", "-", "+", "/", "|", "•", "—", "·"])
            ),
            7 => format!("{word}-{}", dice.pick(words::common())),
            8 => format!("{word}{}s", if dice.chance(0.5) { "'" } else { "’" }),
            _ => word,
        }
    }

    fn fact(&mut self, dice: &mut Dice) -> String {
        let fact = match dice.below(12) {
            0 | 1 => words::date(dice),
            2 | 3 => words::time(dice),
            4 => words::price(dice),
            5 => words::phone(dice),
            6 => return words::email(dice),
            7 => return words::url(dice),
            8 => words::street(dice),
            9 => words::person(dice),
            10 => format!("{} {}", dice.pick(words::cities()), words::number(dice)),
            _ => format!(
                "#{}{}",
                words::title_case(dice.pick(words::common())),
                dice.int(0, 2030)
            ),
        };
        match self.case {
            Case::Upper => fact.to_uppercase(),
            Case::Lower if dice.chance(0.3) => fact.to_lowercase(),
            _ => fact,
        }
    }

    fn cased(&self, word: String) -> String {
        match self.case {
            Case::Sentence if self.start => words::title_case(&word),
            Case::Title => words::title_case(&word),
            Case::Upper => word.replace('ß', "ss").to_uppercase(),
            _ => word,
        }
    }
}

fn random(dice: &mut Dice) -> String {
    match dice.below(10) {
        0..=4 => words::jumble(dice, LETTERS),
        5 => words::jumble(dice, SIGNS).chars().take(4).collect(),
        6 => words::jumble(dice, ACCENTED),
        7 => words::jumble(dice, RARE).chars().take(3).collect(),
        _ => {
            let all = format!("{LETTERS}{SIGNS}");
            words::jumble(dice, &all)
        }
    }
}

fn numbers(dice: &mut Dice) -> String {
    match dice.below(4) {
        0 => words::price(dice),
        1 => words::time(dice),
        _ => words::number(dice),
    }
}
