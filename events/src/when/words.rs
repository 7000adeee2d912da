//! Names of months, weekdays and moments in five languages, lower case and without accents.

/// Names of each month; a name of three or more letters may also be cut to its first three.
const MONTHS: [&[&str]; 12] = [
    &[
        "january", "januar", "janner", "janvier", "janv", "enero", "gennaio", "gen",
    ],
    &[
        "february", "februar", "fevrier", "fevr", "febrero", "febbraio", "feb",
    ],
    &["march", "marz", "maerz", "mrz", "mars", "marzo"],
    &["april", "avril", "abril", "aprile"],
    &["may", "mai", "mayo", "maggio", "mag"],
    &["june", "juni", "juin", "junio", "giugno"],
    &["july", "juli", "juillet", "juil", "julio", "luglio"],
    &["august", "aout", "agosto"],
    &["september", "sept", "septembre", "septiembre", "settembre"],
    &["october", "oktober", "octobre", "octubre", "ottobre"],
    &["november", "novembre", "noviembre"],
    &["december", "dezember", "decembre", "diciembre", "dicembre"],
];

/// Names of each weekday from Monday on, with the short forms that are no other word.
const WEEKDAYS: [&[&str]; 7] = [
    &[
        "monday", "mon", "mondays", "montag", "lundi", "lunes", "lunedi", "lun",
    ],
    &[
        "tuesday", "tue", "tues", "tuesdays", "dienstag", "mardi", "martes", "martedi",
    ],
    &[
        "wednesday",
        "wed",
        "weds",
        "wednesdays",
        "mittwoch",
        "mercredi",
        "miercoles",
        "mercoledi",
        "mer",
        "mie",
    ],
    &[
        "thursday",
        "thu",
        "thur",
        "thurs",
        "thursdays",
        "donnerstag",
        "jeudi",
        "jueves",
        "giovedi",
        "jeu",
        "jue",
    ],
    &[
        "friday", "fri", "fridays", "freitag", "vendredi", "viernes", "venerdi", "ven", "vie",
    ],
    &[
        "saturday",
        "sat",
        "saturdays",
        "samstag",
        "sonnabend",
        "samedi",
        "sabado",
        "sabato",
        "sam",
        "sab",
    ],
    &[
        "sunday", "sun", "sundays", "sonntag", "dimanche", "domingo", "domenica", "dim", "dom",
    ],
];

/// German short forms, which are words of other languages unless a dot or comma follows.
const SHORT_WEEKDAYS: [&str; 7] = ["mo", "di", "mi", "do", "fr", "sa", "so"];

/// 1 to 12.
pub(super) fn month(word: &str) -> Option<i8> {
    let named = |names: &&[&str]| {
        names
            .iter()
            .any(|n| *n == word || (word.len() == 3 && n.starts_with(word)))
    };
    // `mar` is March here; as a short Tuesday of two languages it would be followed by a number and a month.
    if matches!(
        word,
        "mon"
            | "sep"
            | "ene"
            | "set"
            | "dic"
            | "dez"
            | "okt"
            | "ott"
            | "giu"
            | "lug"
            | "abr"
            | "avr"
            | "ago"
    ) {
        let short = [
            ("ene", 1),
            ("abr", 4),
            ("avr", 4),
            ("giu", 6),
            ("lug", 7),
            ("ago", 8),
            ("sep", 9),
            ("set", 9),
        ];
        let rest = [("okt", 10), ("ott", 10), ("dic", 12), ("dez", 12)];
        return short.iter().chain(&rest).find(|s| s.0 == word).map(|s| s.1);
    }
    MONTHS.iter().position(named).map(|i| i as i8 + 1)
}

/// 0 for Monday; `marked` says that a dot or comma follows, so that short forms count.
pub(super) fn weekday(word: &str, marked: bool) -> Option<u8> {
    let long = WEEKDAYS.iter().position(|names| names.contains(&word));
    let short = || SHORT_WEEKDAYS.iter().position(|n| marked && *n == word);
    long.or_else(short).map(|i| i as u8)
}

/// The month or weekday that `word` is by one letter (by two from eight letters on), if it is no other by as few: what was read from a
/// picture may be misread. Names and words of under four letters differ by too little.
pub(super) fn nearly(word: &str) -> Option<&'static str> {
    let long = word.chars().count();
    if long < 4 || month(word).is_some() || weekday(word, false).is_some() {
        return None;
    }
    let most = if long < 8 { 1 } else { 2 };
    let names = MONTHS.iter().chain(&WEEKDAYS).enumerate();
    let near: Vec<_> = names
        .flat_map(|(of, names)| names.iter().map(move |name| (of, *name)))
        .filter(|(_, name)| name.len() >= 4)
        .map(|(of, name)| (strsim::levenshtein(word, name), of, name))
        .filter(|n| n.0 <= most)
        .collect();
    let &(least, of, name) = near.iter().min()?;
    near.iter()
        .all(|n| n.0 > least || n.1 == of)
        .then_some(name)
}

/// Ends of ordinal numbers.
pub(super) fn is_ordinal(word: &str) -> bool {
    matches!(
        word,
        "st" | "nd" | "rd" | "th" | "er" | "ter" | "ten" | "de" | "eme"
    )
}

/// Words between two ends of a range.
pub(super) fn joins(word: &str) -> bool {
    matches!(
        word,
        "to" | "until"
            | "till"
            | "til"
            | "thru"
            | "through"
            | "bis"
            | "au"
            | "a"
            | "al"
            | "hasta"
            | "and"
            | "und"
            | "et"
            | "y"
            | "e"
    )
}

/// Days from today.
pub(super) fn relative(word: &str) -> Option<i8> {
    match word {
        "today" | "tonight" | "heute" | "hoy" | "oggi" => Some(0),
        "tomorrow" | "morgen" | "demain" | "manana" | "domani" => Some(1),
        _ => None,
    }
}

/// Hours with a name.
pub(super) fn named_hour(word: &str) -> Option<u8> {
    match word {
        "noon" | "midday" | "mittag" | "midi" | "mediodia" | "mezzogiorno" => Some(12),
        "midnight" | "mitternacht" | "minuit" | "medianoche" | "mezzanotte" => Some(0),
        _ => None,
    }
}

/// Minutes east of Greenwich of a zone's capitals; those that mean several zones are left out.
pub(super) fn zone(raw: &str) -> Option<i16> {
    Some(match raw {
        "UTC" | "GMT" | "WET" => 0,
        "BST" | "CET" | "WEST" | "MEZ" => 60,
        "CEST" | "EET" | "MESZ" => 120,
        "EEST" => 180,
        "JST" => 540,
        "AEST" => 600,
        "AEDT" => 660,
        "EDT" => -240,
        "EST" | "CDT" => -300,
        "CST" | "MDT" => -360,
        "MST" | "PDT" => -420,
        "PST" => -480,
        _ => return None,
    })
}
