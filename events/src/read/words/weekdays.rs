//! Names of weekdays.
use super::{DE, EN, ES, FR, IT, Langs, Made, NL, PT, Part, Row, Sense, Sense::Weekday};

/// Long and short names; lower case, without accents.
pub(crate) const WEEKDAYS: &[Row] = &[
    (Weekday(0, false), EN, "monday,mon"),
    (Weekday(1, false), EN, "tuesday,tues,tue"),
    (Weekday(2, false), EN, "wednesday,weds,wed"),
    (Weekday(3, false), EN, "thursday,thurs,thur,thu"),
    (Weekday(4, false), EN, "friday,fri"),
    (Weekday(5, false), EN, "saturday,sat"),
    (Weekday(6, false), EN, "sunday,sun"),
    (Weekday(0, true), EN, "mondays,mon s"),
    (Weekday(1, true), EN, "tuesdays"),
    (Weekday(2, true), EN, "wednesdays"),
    (Weekday(3, true), EN, "thursdays"),
    (Weekday(4, true), EN, "fridays"),
    (Weekday(5, true), EN, "saturdays"),
    (Weekday(6, true), EN, "sundays"),
    (Weekday(0, false), DE, "montag,?mo"),
    (Weekday(1, false), DE, "dienstag,?di"),
    (Weekday(2, false), DE, "mittwoch,?mi"),
    (Weekday(3, false), DE, "donnerstag,?do"),
    (Weekday(4, false), DE, "freitag,?fr"),
    (Weekday(5, false), DE, "samstag,sonnabend,?sa"),
    (Weekday(6, false), DE, "sonntag,?so"),
    (Weekday(0, true), DE, "montags"),
    (Weekday(1, true), DE, "dienstags"),
    (Weekday(2, true), DE, "mittwochs"),
    (Weekday(3, true), DE, "donnerstags"),
    (Weekday(4, true), DE, "freitags"),
    (Weekday(5, true), DE, "samstags,sonnabends"),
    (Weekday(6, true), DE, "sonntags"),
    (Weekday(0, false), FR, "lundi,?lun"),
    (Weekday(1, false), FR, "mardi,?mar"),
    (Weekday(2, false), FR, "mercredi,merc,?mer"),
    (Weekday(3, false), FR, "jeudi,?jeu"),
    (Weekday(4, false), FR, "vendredi,vend,?ven"),
    (Weekday(5, false), FR, "samedi,?sam"),
    (Weekday(6, false), FR, "dimanche,?dim"),
    (Weekday(0, true), FR, "lundis"),
    (Weekday(1, true), FR, "mardis"),
    (Weekday(2, true), FR, "mercredis"),
    (Weekday(3, true), FR, "jeudis"),
    (Weekday(4, true), FR, "vendredis"),
    (Weekday(5, true), FR, "samedis"),
    (Weekday(6, true), FR, "dimanches"),
    (Weekday(0, false), ES, "lunes,?lun"),
    (Weekday(1, false), ES, "martes,mart,?mar"),
    (Weekday(2, false), ES, "miercoles,mier,?mie"),
    (Weekday(3, false), ES, "jueves,juev,?jue"),
    (Weekday(4, false), ES, "viernes,vier,?vie"),
    (Weekday(5, false), ES | PT, "sabado,?sab"),
    (Weekday(6, false), ES | PT, "domingo,?dom"),
    (Weekday(0, true), ES, "los lunes"),
    (Weekday(1, true), ES, "los martes"),
    (Weekday(2, true), ES, "los miercoles"),
    (Weekday(3, true), ES, "los jueves"),
    (Weekday(4, true), ES, "los viernes"),
    (Weekday(5, true), ES | PT, "sabados"),
    (Weekday(6, true), ES | PT, "domingos"),
    (Weekday(0, false), IT, "lunedi,?lun"),
    (Weekday(1, false), IT, "martedi,mart,?mar"),
    (Weekday(2, false), IT, "mercoledi,merc,?mer"),
    (Weekday(3, false), IT, "giovedi,giov,?gio"),
    (Weekday(4, false), IT, "venerdi,?ven"),
    (Weekday(5, false), IT, "sabato,?sab"),
    (Weekday(6, false), IT, "domenica,?dom"),
    (Weekday(5, true), IT, "sabati"),
    (Weekday(6, true), IT, "domeniche"),
    (Weekday(0, false), PT, "segunda feira,segunda,?seg"),
    (Weekday(1, false), PT, "terca feira,terca,?ter"),
    (Weekday(2, false), PT, "quarta feira,quarta,?qua"),
    (Weekday(3, false), PT, "quinta feira,quinta,?qui"),
    (Weekday(4, false), PT, "sexta feira,sexta,?sex"),
    (Weekday(0, true), PT, "segundas feiras,segundas"),
    (Weekday(1, true), PT, "tercas feiras,tercas"),
    (Weekday(2, true), PT, "quartas feiras,quartas"),
    (Weekday(3, true), PT, "quintas feiras,quintas"),
    (Weekday(4, true), PT, "sextas feiras,sextas"),
    (Weekday(0, false), NL, "maandag,?ma"),
    (Weekday(1, false), NL, "dinsdag,?di"),
    (Weekday(2, false), NL, "woensdag,?wo"),
    (Weekday(3, false), NL, "donderdag,?do"),
    (Weekday(4, false), NL, "vrijdag,?vrij,?vr"),
    (Weekday(5, false), NL, "zaterdag,?zat,?za"),
    (Weekday(6, false), NL, "zondag,?zon,?zo"),
    (Weekday(0, true), NL, "maandagen"),
    (Weekday(1, true), NL, "dinsdagen"),
    (Weekday(2, true), NL, "woensdagen"),
    (Weekday(3, true), NL, "donderdagen"),
    (Weekday(4, true), NL, "vrijdagen"),
    (Weekday(5, true), NL, "zaterdagen"),
    (Weekday(6, true), NL, "zondagen"),
];

/// Weekday and part of the day in one word: `Samstagabend`, `vrijdagavond`.
pub(super) fn parts() -> Vec<Made> {
    const GERMAN: [&str; 7] = [
        "montag",
        "dienstag",
        "mittwoch",
        "donnerstag",
        "freitag",
        "samstag",
        "sonntag",
    ];
    const DUTCH: [&str; 7] = [
        "maandag",
        "dinsdag",
        "woensdag",
        "donderdag",
        "vrijdag",
        "zaterdag",
        "zondag",
    ];
    let german = [
        ("morgen", Part::Morning),
        ("vormittag", Part::Morning),
        ("mittag", Part::Noon),
        ("nachmittag", Part::Afternoon),
        ("abend", Part::Evening),
        ("nacht", Part::Night),
    ];
    let dutch = [
        ("ochtend", Part::Morning),
        ("middag", Part::Afternoon),
        ("avond", Part::Evening),
        ("nacht", Part::Night),
    ];
    let mut rows = joined(&GERMAN, &german, DE);
    rows.extend(joined(&DUTCH, &dutch, NL));
    rows
}

fn joined(days: &[&str; 7], parts: &[(&str, Part)], langs: Langs) -> Vec<Made> {
    let days = (0u8..).zip(days);
    days.flat_map(|(day, name)| {
        parts.iter().map(move |&(word, part)| {
            let both = format!("{name}{word},{name}{word}s");
            (Sense::WeekdayPart(day, part), langs, both)
        })
    })
    .collect()
}
