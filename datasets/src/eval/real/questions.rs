//! Questions about real pictures. An answer is right where it holds an acceptable one and little
//! else; a question whose answer is not on the picture, where the answer says so.
use foveate::Session;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;

/// A question about a picture.
#[derive(Debug, Deserialize)]
pub(super) struct Question {
    /// The picture.
    pub(super) file: PathBuf,
    question: String,
    /// Acceptable answers.
    answers: Vec<String>,
    /// Where all of several things are asked for: each, or its spellings.
    #[serde(default)]
    all: Vec<Item>,
    /// Whether the picture says it.
    found: bool,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Item {
    One(String),
    Spellings(Vec<String>),
}

impl Item {
    fn spellings(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Spellings(all) => all,
        }
    }
}

/// Kinds of which no answer is right that merely shares most words.
const EXACT: [&str; 3] = ["contact", "when", "amount"];
/// Share of common tokens (F1) from which on an answer is as good as an acceptable one.
const ALIKE: f64 = 0.6;
/// Letters and digits from which on spaces do not matter.
const LONG: usize = 6;

/// Small letters and digits: `1,998.00` is 1998 00, `7pm` is 7 pm, `&` is and; without the accents
/// of Latin letters.
fn tokens(text: &str) -> Vec<String> {
    let text: String = text.to_lowercase().chars().filter_map(plain).collect();
    let text = without_thousands(&text.replace('&', " and ")).replace("ß", "ss");
    let mut tokens = vec![String::new()];
    let mut before = None;
    for c in text.chars() {
        let kind = (c.is_alphabetic(), c.is_numeric());
        if before != Some(kind) {
            tokens.push(String::new());
        }
        if kind != (false, false)
            && let Some(last) = tokens.last_mut()
        {
            last.push(c);
        }
        before = Some(kind);
    }
    tokens.retain(|token| !token.is_empty());
    with_noons(tokens)
}

/// A letter without its accent; nothing for an apostrophe or an accent by itself.
fn plain(c: char) -> Option<char> {
    Some(match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'ī' => 'i',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'š' | 'ś' => 's',
        'ž' | 'ź' | 'ż' => 'z',
        '\'' | '\u{2019}' | '`' | '´' | '\u{300}'..='\u{36f}' => return None,
        c => c,
    })
}

/// Drops commas that stand before just three digits.
fn without_thousands(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let digit = |i: usize| chars.get(i).is_some_and(char::is_ascii_digit);
    let parts = |i: usize| {
        chars[i] == ',' && i > 0 && digit(i - 1) && (1..4).all(|n| digit(i + n)) && !digit(i + 4)
    };
    let kept = (0..chars.len()).filter(|&i| !parts(i));
    kept.map(|i| chars[i]).collect()
}

/// `a m` and `p m`, which stood in `a.m.`, as one token.
fn with_noons(tokens: Vec<String>) -> Vec<String> {
    let mut joined: Vec<String> = Vec::with_capacity(tokens.len());
    for token in tokens {
        match joined.last_mut() {
            Some(last) if token == "m" && (last == "a" || last == "p") => last.push('m'),
            _ => joined.push(token),
        }
    }
    joined
}

/// Whether `wanted` stands in `answer`, in a row; from six letters and digits on whatever the
/// spaces.
fn holds(answer: &[String], wanted: &[String]) -> bool {
    let joined = wanted.concat();
    !wanted.is_empty()
        && (answer.windows(wanted.len()).any(|part| part == wanted)
            || (joined.chars().count() >= LONG && answer.concat().contains(&joined)))
}

/// At most four times as long as what was wanted, or 60 characters longer.
fn is_short(answer: &[String], wanted: &[String]) -> bool {
    let [answer, wanted] = [answer, wanted].map(|words| words.join(" ").chars().count());
    answer <= (4 * wanted).max(wanted + 60)
}

/// Twice the common tokens as a share of all.
fn f1(a: &[String], b: &[String]) -> f64 {
    let mut left: HashMap<&String, usize> = HashMap::new();
    a.iter()
        .for_each(|word| *left.entry(word).or_default() += 1);
    let common = b.iter().filter(|word| {
        let n = left.get_mut(word);
        n.is_some_and(|n| std::mem::replace(n, n.saturating_sub(1)) > 0)
    });
    2.0 * common.count() as f64 / (a.len() + b.len()).max(1) as f64
}

fn figures(tokens: &[String]) -> Vec<&String> {
    let is_figure = |token: &&String| token.chars().all(char::is_numeric);
    let mut figures: Vec<_> = tokens.iter().filter(is_figure).collect();
    figures.sort();
    figures
}

/// Whether an answer says that the picture does not say it.
fn says_nothing(answer: &str) -> bool {
    let answer = answer.to_lowercase();
    answer.trim().is_empty()
        || ["not found", "not on the picture"]
            .iter()
            .any(|said| answer.contains(said))
}

impl Question {
    fn is_right(&self, answer: &str) -> bool {
        if says_nothing(answer) || !self.found {
            return says_nothing(answer) && !self.found;
        }
        let answer = tokens(answer);
        if self.kind == "yesno" {
            let first = &answer[..answer.len().min(1)];
            return self.answers.iter().any(|one| tokens(one) == first);
        }
        if !self.all.is_empty() {
            let items: Vec<_> = self.all.iter().map(Item::spellings).collect();
            let has = |item: &&[String]| item.iter().any(|one| holds(&answer, &tokens(one)));
            let firsts: Vec<_> = items
                .iter()
                .filter_map(|item| item.first())
                .cloned()
                .collect();
            return items.iter().all(has) && is_short(&answer, &tokens(&firsts.join(" ")));
        }
        self.answers.iter().any(|one| {
            let one = tokens(one);
            let alike = !EXACT.contains(&self.kind.as_str())
                && figures(&one) == figures(&answer)
                && f1(&answer, &one) >= ALIKE;
            (holds(&answer, &one) && is_short(&answer, &one)) || alike
        })
    }
}

/// Answers that are right, by kind of question.
#[derive(Clone, Debug, Default)]
pub(super) struct QuestionMarks {
    /// Right ones and all, in the order of the questions.
    kinds: Vec<(String, [usize; 2])>,
    /// Questions after several things, asked for a list of them: right ones and all.
    lists: [usize; 2],
}

impl QuestionMarks {
    /// Asks and counts. Returns the answer and whether it is right.
    pub(super) fn add(&mut self, question: &Question, session: Option<&Session>) -> Value {
        let asked = session.map(|session| session.fork().ask(&question.question).run());
        // Without an answer it is wrong, whatever was asked.
        let answer = asked.and_then(Result::ok).map(|answer| answer.text);
        let right = answer.as_ref().is_some_and(|text| question.is_right(text));
        self.count(&question.kind, right);
        let list = session.filter(|_| !question.all.is_empty());
        let list = list.map(|session| self.add_list(question, session));
        json!({
            "file": question.file, "question": question.question, "type": question.kind,
            "wanted": question.answers, "answer": answer, "right": right, "list": list,
        })
    }

    /// Asks for a list and counts.
    fn add_list(&mut self, question: &Question, session: &Session) -> Option<Vec<String>> {
        let mut session = session.fork();
        let asked = session.ask(&question.question).as_type::<Vec<String>>();
        let list = asked.run().ok().map(|typed| typed.value);
        let right = list
            .as_ref()
            .is_some_and(|list| question.is_right(&list.join(", ")));
        self.lists[0] += usize::from(right);
        self.lists[1] += 1;
        list
    }

    fn count(&mut self, kind: &str, right: bool) {
        let known = self.kinds.iter().position(|(one, _)| one == kind);
        let at = known.unwrap_or_else(|| {
            self.kinds.push((kind.to_owned(), [0; 2]));
            self.kinds.len() - 1
        });
        let [n, all] = &mut self.kinds[at].1;
        *n += usize::from(right);
        *all += 1;
    }
}

impl fmt::Display for QuestionMarks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kinds.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n| questions | right | of |\n| --- | --- | --- |")?;
        for (kind, [right, all]) in &self.kinds {
            writeln!(f, "| {kind} | {right} | {all} |")?;
        }
        let counts = self.kinds.iter().map(|(_, counts)| counts);
        let [right, all] = counts.fold([0; 2], |sum, one| [sum[0] + one[0], sum[1] + one[1]]);
        writeln!(f, "| all | {right} | {all} |")?;
        match self.lists {
            [_, 0] => Ok(()),
            [right, all] => writeln!(f, "| of several things, as lists | {right} | {all} |"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(kind: &str, answers: &str, found: bool) -> Question {
        let json = format!(
            r#"{{"file": "a.png", "question": "?", "answers": {answers}, "found": {found},
            "type": "{kind}"}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn tokens_are_words_and_numbers() {
        let all = tokens("1,998.00 at 7pm, 8 p.m. St. Paul's & Café");
        let right = "1998 00 at 7 pm 8 pm st pauls and cafe";
        assert_eq!(all.join(" "), right);
        assert_eq!(tokens("1,23 x4").join(" "), "1 23 x 4");
    }

    #[test]
    fn an_answer_holds_what_was_wanted_and_little_else() {
        let when = question("when", r#"["April 11"]"#, true);
        assert!(when.is_right("On April 11, 2017."));
        assert!(!when.is_right("April 12") && !when.is_right("not found"));
        assert!(!when.is_right(&format!("April 11 {}", "and so on ".repeat(20))));
        let who = question("who", r#"["Prof. Shannon Quinn"]"#, true);
        assert!(who.is_right("shannon quinn") && !who.is_right("Quinn"));
        let absent = question("absent", "[]", false);
        assert!(absent.is_right("") && absent.is_right("Not on the picture."));
        assert!(!absent.is_right("$5"));
        let yes = question("yesno", r#"["yes"]"#, true);
        assert!(yes.is_right("Yes, it is.") && !yes.is_right("No."));
        let glued = question("contact", r#"["rome@rladies.org"]"#, true);
        assert!(glued.is_right("rome@ rladies .org"));
    }

    #[test]
    fn of_several_things_each_must_be_there() {
        let mut list = question("list", "[]", true);
        list.all = serde_json::from_str(r#"["Bob Dylan", ["The Trashmen", "Trashmen"]]"#).unwrap();
        assert!(list.is_right("Bob Dylan and Trashmen") && !list.is_right("Bob Dylan"));
    }
}
