//! Family names: what is left out, what counts as one design, what is held out.

/// Fonts kept in the repository, so that tests give the same pictures everywhere.
pub const KEPT: &[&[u8]] = &[
    include_bytes!("../../fonts/alegreya-400.ttf"),
    include_bytes!("../../fonts/bitter-700.ttf"),
    include_bytes!("../../fonts/courgette-400.ttf"),
    include_bytes!("../../fonts/josefin-sans-400.ttf"),
    include_bytes!("../../fonts/lora-400.ttf"),
    include_bytes!("../../fonts/oswald-400.ttf"),
    include_bytes!("../../fonts/poppins-400.ttf"),
    include_bytes!("../../fonts/quicksand-700.ttf"),
    include_bytes!("../../fonts/space-mono-400.ttf"),
    include_bytes!("../../fonts/work-sans-700.ttf"),
];

/// Pieces of a path or name that mark fonts nobody can read, that lack lower case, or that are
/// symbols.
const UNFIT: &[&str] = &[
    "aenigma",
    "brk",
    "symbol",
    "dingbat",
    "barcode",
    "math",
    "emoji",
    "ornament",
    "keyboard",
    "initials",
    "icons",
    "awesome",
    "opensymbol",
    "stix-word",
    "blank",
    "braille",
    "redacted",
    "circle",
    "wingding",
    "webding",
    "music",
    "chess",
    "dice",
    "cursor",
    "unifont",
    "routed",
    "fifthhorseman",
    "isabella",
    "marked fool",
    "it wasn't me",
    "d050000l",
    "z003 s",
    "domestic manners",
    "roadgeek",
    "smallcaps",
    "solide",
    "small caps",
    "caps",
    "ecolier",
    "last resort",
    "binary",
];

/// Designs that office and web programs offer first.
pub const USUAL: &[&str] = &[
    "liberation",
    "dejavu",
    "opensans",
    "roboto",
    "lato",
    "montserrat",
    "urw",
    "notoserif",
    "inter",
    "raleway",
    "playfair",
    "merriweather",
    "source",
    "oswald",
    "nunito",
    "rubik",
    "work",
    "ubuntu",
    "poppins",
    "pt",
    "mulish",
    "librebaskerville",
];

/// Words that name a variant and not a design.
const VARIANT: &[&str] = &[
    "regular",
    "bold",
    "italic",
    "light",
    "medium",
    "thin",
    "black",
    "heavy",
    "semibold",
    "extrabold",
    "demibold",
    "extralight",
    "extra",
    "semi",
    "demi",
    "condensed",
    "cond",
    "narrow",
    "display",
    "text",
    "std",
    "no2",
    "no3",
    "no.2",
    "mono",
    "sans",
    "serif",
    "slab",
    "code",
    "prop",
    "pro",
    "variable",
    "tt",
    "otf",
    "ttf",
    "ui",
    "unslanted",
    "slanted",
    "upright",
    "oblique",
    "inclined",
    "tamil",
    "gwf",
    "adf",
    "book",
    "titling",
    "classical",
    "typewriter",
    "keyboard",
    "quotation",
    "8",
    "10",
    "12",
    "sc",
    "ssm",
    "one",
    "2",
    "3",
    "4",
    "new",
];

/// Same drawings, or redrawings of them, under different names.
const ALIASES: &[(&str, &str)] = &[
    ("arimo", "liberation"),
    ("cousine", "liberation"),
    ("tinos", "liberation"),
    ("carlito", "lato"),
    ("nimbus", "urw"),
    ("c059", "urw"),
    ("p052", "urw"),
    ("urw", "urw"),
    ("free", "urw"),
    ("freesans", "urw"),
    ("freeserif", "urw"),
    ("freemono", "urw"),
    ("texgyre", "urw"),
    ("tex", "urw"),
    ("z003", "urw"),
    ("cmu", "latinmodern"),
    ("latin", "latinmodern"),
    ("lm", "latinmodern"),
    ("droid", "opensans"),
    ("open", "opensans"),
    ("noto", "noto"),
    ("bitstream", "dejavu"),
    ("dejavu", "dejavu"),
    ("verajja", "dejavu"),
    ("yrsa", "rasa"),
    ("gentiumalt", "gentium"),
    ("gentiumplus", "gentium"),
    ("charis", "charis"),
    ("gelasio", "gelasio"),
    ("caladea", "caladea"),
    ("roboto", "roboto"),
    ("alegreya", "alegreya"),
    ("fira", "fira"),
    ("cabin", "cabin"),
    ("ibm", "ibmplex"),
    ("go", "go"),
    ("courier", "courierprime"),
    ("ubuntu", "ubuntu"),
    ("pt", "pt"),
    ("source", "source"),
    ("linux", "libertine"),
    ("junicode", "junicode"),
    ("league", "league"),
    ("karla", "karla"),
    ("averia", "averia"),
    ("nunito", "nunito"),
    ("beteckna", "beteckna"),
    ("betecknags", "beteckna"),
    ("betecknagscondensed", "beteckna"),
];

/// Makers whose families are cuts of one design.
const REDRAWN: &[&str] = &[
    "tiresias",
    "opendyslexic",
    "romande",
    "stix",
    "merriweather",
    "dm",
    "gillius",
    "switzera",
    "libris",
    "verana",
];

/// The name under which all cuts of one design go together; `None` for fonts that are not used.
pub fn family_key(family: &str, path: &str) -> Option<String> {
    let name = family.to_lowercase();
    let path = path.to_lowercase();
    if UNFIT
        .iter()
        .any(|u| name.contains(u) || (u.len() > 6 && path.contains(u)))
    {
        return None;
    }
    if name.starts_with("noto") {
        return noto_key(&name);
    }
    let words: Vec<&str> = name
        .split([' ', '-', '_'])
        .filter(|w| !w.is_empty())
        .collect();
    let first = words.first()?;
    if let Some(key) = REDRAWN.iter().find(|r| first.starts_with(**r)) {
        return Some((*key).to_string());
    }
    if let Some((_, key)) = ALIASES.iter().find(|(a, _)| a == first) {
        return Some((*key).to_string());
    }
    let kept: String = words
        .iter()
        .enumerate()
        .filter(|(i, w)| *i == 0 || !VARIANT.contains(w))
        .map(|(_, w)| *w)
        .collect();
    Some(kept)
}

/// Noto has hundreds of families for other scripts with the same Latin letters.
fn noto_key(name: &str) -> Option<String> {
    let rest: Vec<&str> = name.split(' ').skip(1).collect();
    let latin = rest
        .iter()
        .all(|w| ["sans", "serif", "mono", "display"].contains(w) || VARIANT.contains(w));
    latin.then(|| {
        if rest.first() == Some(&"serif") {
            "notoserif".into()
        } else {
            "opensans".into()
        }
    })
}

/// Whether the family is only for the test split: 12 of 100 by a hash of its name.
pub fn held_out(key: &str) -> bool {
    bucket(key) < 12
}

/// Whether the family is only for the dev split: 8 of 100 by the same hash.
pub fn chosen_on(key: &str) -> bool {
    (12..20).contains(&bucket(key))
}

/// 0 to 99 by a hash of the name (FNV-1a).
fn bucket(key: &str) -> u64 {
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash >> 16) % 100
}
