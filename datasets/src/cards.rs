//! Business cards: a person, a firm, and how to reach them.

use crate::dice::Dice;
use crate::flyer::blocks::{Block, Sheet, Text};
use crate::flyer::tagged::{Tag, Tagged};
use crate::flyer::theme::{Theme, Voice};
use crate::flyer::{Document, PAGE, layouts, places};
use crate::fonts::{Fonts, Split};
use crate::looks::Ground;
use crate::words;

const RANKS: &[&str] = &[
    "",
    "",
    "",
    "",
    "Senior ",
    "Junior ",
    "Lead ",
    "Chief ",
    "Assistant ",
    "Associate ",
    "Head ",
    "Deputy ",
    "Regional ",
];
const JOBS: &[&str] = &[
    "Accountant",
    "Architect",
    "Art Director",
    "Baker",
    "Biologist",
    "Bookkeeper",
    "Broker",
    "Carpenter",
    "Chef",
    "Civil Engineer",
    "Composer",
    "Consultant",
    "Curator",
    "Dentist",
    "Designer",
    "Doctor",
    "Editor",
    "Electrician",
    "Engineer",
    "Florist",
    "Founder",
    "Gardener",
    "Geologist",
    "Illustrator",
    "Interpreter",
    "Journalist",
    "Lawyer",
    "Lecturer",
    "Librarian",
    "Managing Director",
    "Marketing Manager",
    "Mechanic",
    "Midwife",
    "Musician",
    "Notary",
    "Nurse",
    "Optician",
    "Painter",
    "Partner",
    "Pharmacist",
    "Photographer",
    "Physicist",
    "Plumber",
    "Principal",
    "Producer",
    "Product Manager",
    "Professor",
    "Project Manager",
    "Realtor",
    "Sales Representative",
    "Software Developer",
    "Surveyor",
    "Tailor",
    "Teacher",
    "Technician",
    "Translator",
    "Vice President",
    "Writer",
];
const TRADES: &[&str] = &[
    "Accounting",
    "Analytics",
    "Architects",
    "Bakery",
    "Books",
    "Catering",
    "Clinic",
    "Construction",
    "Consulting",
    "Dental",
    "Design",
    "Electric",
    "Energy",
    "Engineering",
    "Films",
    "Foods",
    "Gardens",
    "Insurance",
    "Interiors",
    "Labs",
    "Law",
    "Logistics",
    "Media",
    "Motors",
    "Optics",
    "Pharmacy",
    "Photography",
    "Press",
    "Printing",
    "Realty",
    "Robotics",
    "Security",
    "Software",
    "Studios",
    "Systems",
    "Textiles",
    "Travel",
    "Works",
];
const FORMS: &[&str] = &[
    "",
    "",
    "",
    " Ltd",
    " Ltd.",
    " LLC",
    " Inc.",
    " GmbH",
    " AG",
    " S.A.",
    " & Co.",
    " Group",
    " Partners",
];

/// What a card tells.
struct Person {
    name: String,
    job: Option<String>,
    company: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    website: Option<String>,
    address: Option<String>,
}

impl Person {
    /// Somebody, of whom now and then something is not told.
    fn any(dice: &mut Dice) -> Self {
        let name = words::person(dice);
        let domain = words::domain(dice);
        let told = |dice: &mut Dice, p: f32, text: String| dice.chance(p).then_some(text);
        let (job, company) = (job(dice), company(dice));
        let (phone, email) = (words::phone(dice), mail(dice, &name, &domain));
        let website = format!("{}{domain}", dice.pick(&["www.", "www.", "", "https://"]));
        let address = format!("{}, {}", words::street(dice), places::city(dice));
        Self {
            name,
            job: told(dice, 0.88, job),
            company: told(dice, 0.88, company),
            phone: told(dice, 0.88, phone),
            email: told(dice, 0.85, email),
            website: told(dice, 0.7, website),
            address: told(dice, 0.75, address),
        }
    }
}

fn job(dice: &mut Dice) -> String {
    format!("{}{}", dice.pick(RANKS), dice.pick(JOBS))
}

fn company(dice: &mut Dice) -> String {
    let trade = dice.pick(TRADES);
    let last = dice.pick(words::last_names());
    let name = match dice.below(6) {
        0 => format!("{last} {trade}"),
        1 => format!("{last} & {}", dice.pick(words::last_names())),
        2 => format!("{} {trade}", dice.pick(words::cities())),
        3 => format!("{} {trade}", words::title_case(&words::invented(dice))),
        4 => return places::organizer(dice),
        _ => format!("{} {trade}", words::title_case(dice.pick(words::common()))),
    };
    name + dice.pick(FORMS)
}

/// An address of the person's own, or the firm's.
fn mail(dice: &mut Dice, name: &str, domain: &str) -> String {
    let plain: String = name
        .to_lowercase()
        .chars()
        .filter(|c| c.is_ascii_alphabetic() || *c == ' ')
        .collect();
    let parts: Vec<&str> = plain.split_whitespace().collect();
    let (first, last) = (
        parts.first().copied().unwrap_or("info"),
        parts.last().copied().unwrap_or("info"),
    );
    let user = match dice.below(5) {
        0 => format!("{first}.{last}"),
        1 => format!("{}{last}", &first[..first.len().min(1)]),
        2 => first.to_string(),
        3 => format!("{first}_{last}"),
        _ => dice
            .pick(&["info", "office", "contact", "mail", "hello"])
            .to_string(),
    };
    format!("{user}@{domain}")
}

/// A random card.
pub fn card(dice: &mut Dice, fonts: &Fonts, split: Split) -> Document {
    let person = Person::any(dice);
    let mut theme = Theme::any(dice, fonts, split);
    if dice.chance(0.7) {
        theme.ground = Ground::within(dice, 200.0, 255.0);
        theme.palette = [0; 3].map(|_| theme.ground.ink(dice));
    }
    let size = size(dice);
    let scene = layouts::ground(dice, &theme, size);
    let mut sheet = Sheet {
        scene,
        tags: Vec::new(),
        theme: &theme,
    };
    let layout = fill(dice, &mut sheet, person, size);
    let Sheet {
        mut scene, tags, ..
    } = sheet;
    scene.clip_shapes();
    Document {
        scene,
        tags,
        values: Vec::new(),
        layout,
        kind: "card",
    }
}

/// 85 x 55 mm, 3.5 x 2 inches, or either on end.
fn size(dice: &mut Dice) -> [f32; 2] {
    let ratio = dice.pick(&[85.0 / 55.0, 85.0 / 55.0, 1.75]);
    let [long, short] = [PAGE, (PAGE / ratio).round()];
    if dice.chance(0.85) {
        [long, short]
    } else {
        [short, long]
    }
}

/// Puts the person on the card; gives the layout's name.
fn fill(dice: &mut Dice, sheet: &mut Sheet, person: Person, [w, h]: [f32; 2]) -> &'static str {
    let (margin, most) = (dice.range(0.05, 0.1) * w.min(h), dice.log_range(30.0, 60.0));
    let (theme, colors) = (sheet.theme, sheet.theme.palette);
    let firm = firm(dice, theme, person.company.clone());
    let who = who(dice, theme, &person);
    let reach = reach(dice, theme, person);
    if w > h && dice.chance(0.35) {
        let at = w * dice.range(0.4, 0.55);
        let left = [firm, who].concat();
        let (middle, end) = (at + margin * 0.3, h - margin);
        sheet.region(
            [margin, margin, at - margin * 0.3, end],
            &left,
            colors,
            most,
            0.5,
        );
        sheet.region([middle, margin, w - margin, end], &reach, colors, most, 0.5);
        return "two_sides";
    }
    let gap = vec![Block::Gap(dice.range(0.4, 1.4))];
    let rule = if dice.chance(0.25) {
        let share = dice.range(0.3, 1.0);
        vec![Block::Rule(share, 0.05, theme.align), Block::Gap(0.3)]
    } else {
        Vec::new()
    };
    let (blocks, layout) = match dice.below(3) {
        0 => ([firm, who, gap, rule, reach], "firm_first"),
        1 => ([who, firm, gap, rule, reach], "person_first"),
        _ => ([who, gap, rule, reach, firm], "firm_last"),
    };
    let place = dice.pick(&[0.5, 0.5, 2.0]);
    let whole = [margin, margin, w - margin, h - margin];
    sheet.region(whole, &blocks.concat(), colors, most, place);
    layout
}

fn line(theme: &Theme, text: Tagged, voice: Voice, size: f32, tone: usize) -> Block {
    Block::Text(Text {
        align: theme.align,
        tone,
        ..Text::new(text, voice, size)
    })
}

/// Capitals, now and then.
fn cased(dice: &mut Dice, text: Tagged, p: f32) -> Tagged {
    if dice.chance(p) { text.upper() } else { text }
}

/// The name, and what the person does.
fn who(dice: &mut Dice, theme: &Theme, person: &Person) -> Vec<Block> {
    let size = dice.range(1.3, 2.4);
    let name = cased(dice, Tagged::of(Tag::Name, &person.name), 0.25);
    let mut blocks = vec![line(theme, name, Voice::Head, size, 0)];
    if let Some(job) = &person.job {
        let job = cased(dice, Tagged::of(Tag::Job, job), 0.15);
        blocks.push(line(theme, job, Voice::Accent, dice.range(0.8, 1.1), 1));
    }
    blocks
}

/// The firm, with a sign of its own sometimes.
fn firm(dice: &mut Dice, theme: &Theme, company: Option<String>) -> Vec<Block> {
    let mut blocks = Vec::new();
    if dice.chance(0.3) {
        blocks.push(Block::Ornament(dice.range(1.5, 3.0), dice.bits()));
    }
    if let Some(company) = company {
        let company = cased(dice, Tagged::of(Tag::Company, company), 0.3);
        blocks.push(line(theme, company, Voice::Accent, dice.range(1.0, 2.0), 2));
        blocks.push(Block::Gap(dice.range(0.2, 0.8)));
    }
    blocks
}

/// How to reach them: in any order, labelled or not.
fn reach(dice: &mut Dice, theme: &Theme, person: Person) -> Vec<Block> {
    let labels: [&[&str]; 4] = [
        &["Tel.", "Tel:", "Phone:", "T", "P:", "M", "Mobile:"],
        &["E-mail:", "Email:", "E", "Mail:"],
        &["Web:", "W", "www:"],
        &["Address:", "A"],
    ];
    let labelled = dice.chance(0.4);
    let style = dice.below(4);
    let label = |dice: &mut Dice, kind: usize, tag: Tag, text: String| {
        let text = Tagged::of(tag, text);
        if !labelled {
            return text;
        }
        let list = labels[kind];
        let word = if dice.chance(0.8) {
            list[style % list.len()]
        } else {
            dice.pick(list)
        };
        Tagged::plain(format!("{word} ")).then(text)
    };
    let mut lines = Vec::new();
    for (kind, tag, text) in [
        (0, Tag::Phone, person.phone),
        (1, Tag::Email, person.email),
        (2, Tag::Website, person.website),
        (3, Tag::Address, person.address),
    ] {
        lines.extend(text.map(|text| label(dice, kind, tag, text)));
    }
    if dice.chance(0.15) {
        lines.push(Tagged::plain(format!("Fax {}", words::phone(dice))));
    }
    if dice.chance(0.5) {
        dice.shuffle(&mut lines);
    }
    lines
        .into_iter()
        .map(|text| line(theme, text, Voice::Body, 0.8, 1))
        .collect()
}
