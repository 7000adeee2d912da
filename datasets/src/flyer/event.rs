//! What a flyer announces, and the lines of text that tell it.

use super::announcing::{joined, price};
use super::dates::{self, Day, Habits};
use super::tagged::{Tag, Tagged};
use super::{filler, places, times, titles};
use crate::dice::Dice;
use crate::ornaments::Icon;
use crate::words;

/// Everything a flyer tells.
pub struct Event {
    /// How dates and times are written.
    pub habits: Habits,
    /// The day.
    pub day: Day,
    /// Title.
    pub title: Tagged,
    /// Line over the title, such as who presents.
    pub presenter: Option<Tagged>,
    /// Line under the title.
    pub tagline: Option<Tagged>,
    /// When, where, how much and so on, most important first.
    pub details: Vec<Detail>,
    /// Other performers, or the programme's items.
    pub acts: Vec<Tagged>,
    /// Sentences, some with decoys.
    pub body: Vec<Tagged>,
    /// Ways to ask.
    pub contacts: Vec<Tagged>,
    /// Normalised values of dates and times.
    pub values: Vec<(Tag, String)>,
}

/// What a detail tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The day.
    Date,
    /// The hours.
    Time,
    /// Day and hours together.
    When,
    /// The place.
    Place,
    /// What it costs.
    Price,
    /// Anything else.
    Other,
}

impl Topic {
    /// The sign that may stand before it.
    pub fn icon(self) -> Option<Icon> {
        match self {
            Topic::Date | Topic::When => Some(Icon::Calendar),
            Topic::Time => Some(Icon::Clock),
            Topic::Place => Some(Icon::Pin),
            Topic::Price => Some(Icon::Ticket),
            Topic::Other => None,
        }
    }
}

/// A piece of information that may bear a label.
#[derive(Clone)]
pub struct Detail {
    /// What it tells.
    pub topic: Topic,
    /// A label for it, without colon.
    pub label: &'static str,
    /// Lines that tell it.
    pub lines: Vec<Tagged>,
}

impl Event {
    /// A random event.
    pub fn any(dice: &mut Dice) -> Self {
        let habits = Habits::any(dice);
        let day = Day::any(dice);
        let title = Tagged::of(Tag::Title, titles::title(dice));
        let mut event = Self {
            habits,
            day,
            title,
            presenter: None,
            tagline: None,
            details: Vec::new(),
            acts: Vec::new(),
            body: Vec::new(),
            contacts: Vec::new(),
            values: Vec::new(),
        };
        event.when(dice);
        event.place(dice);
        event.terms(dice);
        event.people(dice);
        event.talk(dice);
        event.contact(dice);
        event
    }

    /// Normalised values of dates and times.
    pub fn value(&self, tag: Tag) -> Option<&str> {
        self.values
            .iter()
            .find(|v| v.0 == tag)
            .map(|v| v.1.as_str())
    }

    fn when(&mut self, dice: &mut Dice) {
        let start = dice.pick(&[
            19, 19, 20, 18, 17, 10, 9, 14, 15, 11, 13, 12, 16, 8, 21, 22, 7,
        ]) * 60
            + dice.pick(&[0, 0, 0, 30, 30, 15, 45]);
        let length = dice.pick(&[60, 90, 120, 120, 150, 180, 180, 240, 300, 360, 45]);
        let end = (dice.chance(0.42) && start + length < 24 * 60 - 10).then_some(start + length);
        let (text, value) = match if dice.chance(0.04) {
            dates::days(dice, self.day, self.habits)
        } else {
            None
        } {
            Some(days) => days,
            None => dates::day(dice, self.day, self.habits),
        };
        let date = Tagged::of(Tag::Date, text);
        let with_doors = end.is_none() && start >= 17 * 60 && dice.chance(0.16);
        let time = if with_doors {
            times::doors(dice, start, self.habits)
        } else {
            times::hours(dice, start, end, self.habits)
        };
        self.values = vec![(Tag::Date, value), (Tag::Start, times::clock_value(start))];
        self.values
            .extend(end.map(|e| (Tag::End, times::clock_value(e))));
        let (has_date, has_time) = (dice.chance(0.985), dice.chance(0.96));
        if has_date && has_time && dice.chance(0.42) {
            self.details.push(joined(dice, date, time));
            return;
        }
        if has_date {
            self.details.push(Detail {
                topic: Topic::Date,
                label: dice.pick(&[
                    "Date",
                    "When",
                    "Day",
                    "Date",
                    "When?",
                    "Save the date",
                    "On",
                ]),
                lines: vec![date],
            });
        }
        if has_time {
            self.details.push(Detail {
                topic: Topic::Time,
                label: dice.pick(&[
                    "Time", "Starts", "Start", "Hours", "Begins", "Time", "Kick-off", "At", "From",
                ]),
                lines: vec![time],
            });
        }
    }

    fn place(&mut self, dice: &mut Dice) {
        let mut lines = Vec::new();
        if dice.chance(0.975) {
            lines.push(Tagged::of(Tag::Venue, places::venue(dice)));
        }
        let address = dice
            .chance(0.6)
            .then(|| Tagged::of(Tag::Address, words::street(dice)));
        let city = dice
            .chance(0.5)
            .then(|| Tagged::of(Tag::City, places::city(dice)));
        match (address, city) {
            (Some(a), Some(c)) if dice.chance(0.7) => lines.push(a.and(", ").then(c)),
            (a, c) => lines.extend(a.into_iter().chain(c)),
        }
        if lines.len() == 2 && dice.chance(0.3) {
            let rest = lines.pop().unwrap_or_default();
            let head = lines.pop().unwrap_or_default();
            lines.push(
                head.and(dice.pick(&[", ", " - ", " | ", " · ", ", ", " – "]))
                    .then(rest),
            );
        }
        if !lines.is_empty() {
            self.details.push(Detail {
                topic: Topic::Place,
                label: dice.pick(&[
                    "Where", "Venue", "Location", "Place", "Where?", "At", "Address", "Find us",
                ]),
                lines,
            });
        }
    }

    fn terms(&mut self, dice: &mut Dice) {
        if dice.chance(0.55) {
            let line = price(dice);
            self.details.push(Detail {
                topic: Topic::Price,
                label: dice.pick(&[
                    "Tickets",
                    "Admission",
                    "Entry",
                    "Cost",
                    "Price",
                    "Cover",
                    "Fee",
                    "Entrance",
                    "Suggested donation",
                ]),
                lines: vec![line],
            });
        }
        if dice.chance(0.15) {
            let age = dice.pick(&[
                "18+",
                "21+",
                "All ages",
                "21 and over",
                "Ages 5-12",
                "16+",
                "Over 18s only",
                "Ages 8 and up",
                "Family friendly",
            ]);
            self.details.push(Detail {
                topic: Topic::Other,
                label: dice.pick(&["Ages", "Age", "Who"]),
                lines: vec![Tagged::of(Tag::Age, age)],
            });
        }
    }

    fn people(&mut self, dice: &mut Dice) {
        if dice.chance(0.4) {
            let who = Tagged::of(Tag::Organizer, places::organizer(dice));
            match dice.below(6) {
                0..=2 => {
                    self.presenter = Some(who.and(dice.pick(&[
                        " presents",
                        " invites you to",
                        " proudly presents",
                        " presents:",
                        "",
                    ])))
                }
                3 => self.presenter = Some(Tagged::plain("Presented by ").then(who)),
                4 => self.contacts.push(
                    Tagged::plain(dice.pick(&[
                        "Hosted by ",
                        "Organised by ",
                        "Organized by ",
                        "Sponsored by: ",
                        "A project of ",
                    ]))
                    .then(who),
                ),
                _ => self.details.push(Detail {
                    topic: Topic::Other,
                    label: dice.pick(&["Host", "Organizer", "Hosted by"]),
                    lines: vec![who],
                }),
            }
        } else if dice.chance(0.2) {
            self.presenter = Some(Tagged::plain(dice.pick(&[
                "You are invited to",
                "Save the date",
                "Join us for",
                "Please join us for",
                "Coming soon",
                "Live in concert",
                "One night only",
                "Free event",
                "Don't miss",
                "This weekend",
                "Announcing",
                "Tonight",
            ])));
        }
        if dice.chance(0.35) {
            self.acts = (0..dice.int(1, 6))
                .map(|_| Tagged::plain(places::act(dice)))
                .collect();
            if dice.chance(0.6) {
                self.acts[0].0[0].0 = Tag::Performer;
            }
        }
    }

    /// Much more to read than what the event needs, as on pages of a newspaper: up to some 200
    /// words among the sentences.
    pub fn lengthen(&mut self, dice: &mut Dice) {
        for _ in 0..dice.int(2, 9) {
            let line = match dice.below(5) {
                0 => filler::talk(dice),
                1 => filler::decoy(dice, self.day, self.habits),
                _ => {
                    let n = dice.int(10, 36) as usize;
                    filler::prose(dice, n)
                }
            };
            let at = dice.below(self.body.len() + 1);
            self.body.insert(at, Tagged::plain(line));
        }
    }

    fn talk(&mut self, dice: &mut Dice) {
        if dice.chance(0.4) {
            let line = if dice.chance(0.6) {
                filler::talk(dice)
            } else {
                "with ".to_string() + &places::act(dice)
            };
            self.tagline = Some(Tagged::plain(line));
        }
        if dice.chance(0.35) {
            let text: Vec<String> = (0..dice.int(1, 3))
                .map(|_| {
                    let n = dice.int(6, 16) as usize;
                    filler::prose(dice, n)
                })
                .collect();
            self.body.push(Tagged::of(Tag::Description, text.join(" ")));
        }
        for _ in 0..dice.int(0, 4) {
            let decoy = dice.chance(0.5);
            self.body.push(Tagged::plain(if decoy {
                filler::decoy(dice, self.day, self.habits)
            } else {
                filler::talk(dice)
            }));
        }
        if dice.chance(0.1) {
            self.body.push(Tagged::plain(format!(
                "#{} #{}",
                words::title_case(dice.pick(words::common())),
                dice.pick(words::cities())
            )));
        }
    }

    fn contact(&mut self, dice: &mut Dice) {
        let lead = dice.pick(&[
            "",
            "",
            "Info: ",
            "Contact: ",
            "More info: ",
            "Tickets: ",
            "RSVP: ",
            "Call ",
        ]);
        if dice.chance(0.45) {
            let word = if lead == "Call " { "Visit " } else { lead };
            self.contacts
                .push(Tagged::plain(word).then(Tagged::of(Tag::Website, words::url(dice))));
        }
        if dice.chance(0.35) {
            self.contacts.push(
                Tagged::plain(dice.pick(&[
                    "",
                    "Phone: ",
                    "Tel. ",
                    "Call ",
                    "Call or text ",
                    "Info ",
                ]))
                .then(Tagged::of(Tag::Phone, words::phone(dice))),
            );
        }
        if dice.chance(0.3) {
            self.contacts.push(
                Tagged::plain(dice.pick(&["", "Email: ", "E-mail ", "RSVP to ", "Write to "]))
                    .then(Tagged::of(Tag::Email, words::email(dice))),
            );
        }
        if dice.chance(0.12) {
            self.contacts.push(Tagged::plain(format!(
                "@{}{}",
                dice.pick(words::common()),
                dice.pick(words::common())
            )));
        }
        dice.shuffle(&mut self.contacts);
    }
}
