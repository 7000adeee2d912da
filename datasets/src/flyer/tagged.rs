//! Text whose characters know which field of the event they belong to.

use crate::dice::Dice;
use crate::scene::Style;

/// A field of an event or a card, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tag {
    /// No field.
    None,
    /// What the event is called.
    Title,
    /// Its day.
    Date,
    /// When it begins.
    Start,
    /// When it ends.
    End,
    /// The place by name.
    Venue,
    /// Street and number.
    Address,
    /// Town.
    City,
    /// What it costs.
    Price,
    /// Who holds it.
    Organizer,
    /// Telephone.
    Phone,
    /// E-mail.
    Email,
    /// Web address.
    Website,
    /// Main act, speaker or artist.
    Performer,
    /// Who is admitted.
    Age,
    /// What it is about.
    Description,
    /// Who somebody is.
    Name,
    /// What they do.
    Job,
    /// Where they do it.
    Company,
}

impl Tag {
    /// The field's name in records.
    pub fn name(self) -> &'static str {
        match self {
            Tag::None => "",
            Tag::Title => "title",
            Tag::Date => "date",
            Tag::Start => "start",
            Tag::End => "end",
            Tag::Venue => "venue",
            Tag::Address => "address",
            Tag::City => "city",
            Tag::Price => "price",
            Tag::Organizer => "organizer",
            Tag::Phone => "phone",
            Tag::Email => "email",
            Tag::Website => "website",
            Tag::Performer => "performer",
            Tag::Age => "age",
            Tag::Description => "description",
            Tag::Name => "name",
            Tag::Job => "job",
            Tag::Company => "company",
        }
    }
}

/// Pieces of text with their tags.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tagged(pub Vec<(Tag, String)>);

impl Tagged {
    /// Text of no field.
    pub fn plain(text: impl Into<String>) -> Self {
        Self(vec![(Tag::None, text.into())])
    }

    /// Text of one field.
    pub fn of(tag: Tag, text: impl Into<String>) -> Self {
        Self(vec![(tag, text.into())])
    }

    /// Then plain text.
    pub fn and(mut self, text: &str) -> Self {
        self.0.push((Tag::None, text.to_string()));
        self
    }

    /// Then other text.
    pub fn then(mut self, other: Tagged) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Every piece in capitals.
    pub fn upper(mut self) -> Self {
        for (tag, text) in &mut self.0 {
            if !matches!(tag, Tag::Email | Tag::Website) {
                *text = text.to_uppercase();
            }
        }
        self
    }

    /// Every piece in small letters.
    pub fn lower(mut self) -> Self {
        self.0
            .iter_mut()
            .for_each(|(_, text)| *text = text.to_lowercase());
        self
    }

    /// Without tags: a second mention.
    pub fn untagged(mut self) -> Self {
        self.0.iter_mut().for_each(|(tag, _)| *tag = Tag::None);
        self
    }

    /// All text in one.
    pub fn text(&self) -> String {
        self.0.iter().map(|(_, t)| t.as_str()).collect()
    }

    /// In two at a random gap between words, where there is one.
    pub fn split_at_word(&self, dice: &mut Dice) -> Option<(Tagged, Tagged)> {
        let [(tag, text)] = self.0.as_slice() else {
            return None;
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.len() < 2 {
            return None;
        }
        let at = 1 + dice.below(words.len() - 1);
        Some((
            Tagged::of(*tag, words[..at].join(" ")),
            Tagged::of(*tag, words[at..].join(" ")),
        ))
    }

    /// The words as `style` can show them, each character with its tag.
    pub fn words(&self, style: &Style) -> Vec<Vec<(char, Tag)>> {
        let mut words = vec![Vec::new()];
        for (tag, text) in &self.0 {
            for ch in text.chars() {
                if ch.is_whitespace() {
                    words.push(Vec::new());
                    continue;
                }
                let mut buffer = [0; 4];
                let fitted = style.fit(ch.encode_utf8(&mut buffer));
                words
                    .last_mut()
                    .expect("never empty")
                    .extend(fitted.chars().filter(|c| *c != ' ').map(|c| (c, *tag)));
            }
        }
        words.retain(|w| !w.is_empty());
        words
    }
}
