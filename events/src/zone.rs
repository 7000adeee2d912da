//! Time zones as they are printed.
use crate::date::{Date, Time};
use jiff::tz::TimeZone;

/// A place's time with its rules, or an offset that never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// The time of a region: of New York, of Paris.
    Region(&'static Region),
    /// Minutes east of Greenwich.
    Offset(i16),
}

/// A region whose clocks go alike.
#[derive(Debug, PartialEq, Eq)]
pub struct Region {
    /// Name in the IANA time zone database.
    pub name: &'static str,
    /// Its rules as POSIX writes them (IANA `tzdata` 2026a, the last line of each compiled file).
    pub posix: &'static str,
}

macro_rules! regions {
    ($($id:ident $name:literal $posix:literal;)*) => {
        $(pub(crate) static $id: Region = Region { name: $name, posix: $posix };)*
        static REGIONS: &[&Region] = &[$(&$id),*];
    };
}

regions! {
    NEW_YORK "America/New_York" "EST5EDT,M3.2.0,M11.1.0";
    CHICAGO "America/Chicago" "CST6CDT,M3.2.0,M11.1.0";
    DENVER "America/Denver" "MST7MDT,M3.2.0,M11.1.0";
    LOS_ANGELES "America/Los_Angeles" "PST8PDT,M3.2.0,M11.1.0";
    ANCHORAGE "America/Anchorage" "AKST9AKDT,M3.2.0,M11.1.0";
    HONOLULU "Pacific/Honolulu" "HST10";
    LONDON "Europe/London" "GMT0BST,M3.5.0/1,M10.5.0";
    LISBON "Europe/Lisbon" "WET0WEST,M3.5.0/1,M10.5.0";
    PARIS "Europe/Paris" "CET-1CEST,M3.5.0,M10.5.0/3";
    BERLIN "Europe/Berlin" "CET-1CEST,M3.5.0,M10.5.0/3";
    ATHENS "Europe/Athens" "EET-2EEST,M3.5.0/3,M10.5.0/4";
    TOKYO "Asia/Tokyo" "JST-9";
    SYDNEY "Australia/Sydney" "AEST-10AEDT,M10.1.0,M4.1.0/3";
    AUCKLAND "Pacific/Auckland" "NZST-12NZDT,M9.5.0,M4.1.0/3";
    MADRID "Europe/Madrid" "CET-1CEST,M3.5.0,M10.5.0/3";
    ROME "Europe/Rome" "CET-1CEST,M3.5.0,M10.5.0/3";
    AMSTERDAM "Europe/Amsterdam" "CET-1CEST,M3.5.0,M10.5.0/3";
    VIENNA "Europe/Vienna" "CET-1CEST,M3.5.0,M10.5.0/3";
    ZURICH "Europe/Zurich" "CET-1CEST,M3.5.0,M10.5.0/3";
    BRUSSELS "Europe/Brussels" "CET-1CEST,M3.5.0,M10.5.0/3";
    COPENHAGEN "Europe/Copenhagen" "CET-1CEST,M3.5.0,M10.5.0/3";
    OSLO "Europe/Oslo" "CET-1CEST,M3.5.0,M10.5.0/3";
    STOCKHOLM "Europe/Stockholm" "CET-1CEST,M3.5.0,M10.5.0/3";
    HELSINKI "Europe/Helsinki" "EET-2EEST,M3.5.0/3,M10.5.0/4";
    WARSAW "Europe/Warsaw" "CET-1CEST,M3.5.0,M10.5.0/3";
    PRAGUE "Europe/Prague" "CET-1CEST,M3.5.0,M10.5.0/3";
    BUDAPEST "Europe/Budapest" "CET-1CEST,M3.5.0,M10.5.0/3";
    BUCHAREST "Europe/Bucharest" "EET-2EEST,M3.5.0/3,M10.5.0/4";
    ISTANBUL "Europe/Istanbul" "<+03>-3";
    MOSCOW "Europe/Moscow" "MSK-3";
    TORONTO "America/Toronto" "EST5EDT,M3.2.0,M11.1.0";
    VANCOUVER "America/Vancouver" "PST8PDT,M3.2.0,M11.1.0";
    HALIFAX "America/Halifax" "AST4ADT,M3.2.0,M11.1.0";
    PHOENIX "America/Phoenix" "MST7";
    MEXICO_CITY "America/Mexico_City" "CST6";
    BOGOTA "America/Bogota" "<-05>5";
    LIMA "America/Lima" "<-05>5";
    SAO_PAULO "America/Sao_Paulo" "<-03>3";
    BUENOS_AIRES "America/Argentina/Buenos_Aires" "<-03>3";
    JOHANNESBURG "Africa/Johannesburg" "SAST-2";
    LAGOS "Africa/Lagos" "WAT-1";
    NAIROBI "Africa/Nairobi" "EAT-3";
    KOLKATA "Asia/Kolkata" "IST-5:30";
    DUBAI "Asia/Dubai" "<+04>-4";
    SINGAPORE "Asia/Singapore" "<+08>-8";
    HONG_KONG "Asia/Hong_Kong" "HKT-8";
    SHANGHAI "Asia/Shanghai" "CST-8";
    SEOUL "Asia/Seoul" "KST-9";
    MANILA "Asia/Manila" "PST-8";
    JAKARTA "Asia/Jakarta" "WIB-7";
    BANGKOK "Asia/Bangkok" "<+07>-7";
    PERTH "Australia/Perth" "AWST-8";
    BRISBANE "Australia/Brisbane" "AEST-10";
    ADELAIDE "Australia/Adelaide" "ACST-9:30ACDT,M10.1.0,M4.1.0/3";
    MELBOURNE "Australia/Melbourne" "AEST-10AEDT,M10.1.0,M4.1.0/3";
    DUBLIN "Europe/Dublin" "GMT0IST,M3.5.0/1,M10.5.0";
}

/// What capitals after a time mean: a region, and the offset where they name summer or winter
/// time. Those that stand for several zones (IST, AST) are left out.
type Named = (&'static str, Option<&'static Region>, Option<i16>);

const CAPITALS: &[Named] = &[
    ("UTC", None, Some(0)),
    ("GMT", Some(&LONDON), Some(0)),
    ("BST", Some(&LONDON), Some(60)),
    ("WET", Some(&LISBON), Some(0)),
    ("WEST", Some(&LISBON), Some(60)),
    ("CET", Some(&PARIS), Some(60)),
    ("CEST", Some(&PARIS), Some(120)),
    ("MEZ", Some(&BERLIN), Some(60)),
    ("MESZ", Some(&BERLIN), Some(120)),
    ("HNEC", Some(&PARIS), Some(60)),
    ("HEEC", Some(&PARIS), Some(120)),
    ("EET", Some(&ATHENS), Some(120)),
    ("EEST", Some(&ATHENS), Some(180)),
    ("MSK", Some(&MOSCOW), Some(180)),
    ("SAST", Some(&JOHANNESBURG), Some(120)),
    ("SGT", Some(&SINGAPORE), Some(480)),
    ("HKT", Some(&HONG_KONG), Some(480)),
    ("JST", Some(&TOKYO), Some(540)),
    ("KST", Some(&SEOUL), Some(540)),
    ("AWST", Some(&PERTH), Some(480)),
    ("ACST", Some(&ADELAIDE), Some(570)),
    ("ACDT", Some(&ADELAIDE), Some(630)),
    ("AEST", Some(&SYDNEY), Some(600)),
    ("AEDT", Some(&SYDNEY), Some(660)),
    ("AET", Some(&SYDNEY), None),
    ("NZST", Some(&AUCKLAND), Some(720)),
    ("NZDT", Some(&AUCKLAND), Some(780)),
    ("BRT", Some(&SAO_PAULO), Some(-180)),
    ("ART", Some(&BUENOS_AIRES), Some(-180)),
    ("ET", Some(&NEW_YORK), None),
    ("EST", Some(&NEW_YORK), Some(-300)),
    ("EDT", Some(&NEW_YORK), Some(-240)),
    ("CT", Some(&CHICAGO), None),
    ("CST", Some(&CHICAGO), Some(-360)),
    ("CDT", Some(&CHICAGO), Some(-300)),
    ("MT", Some(&DENVER), None),
    ("MST", Some(&DENVER), Some(-420)),
    ("MDT", Some(&DENVER), Some(-360)),
    ("PT", Some(&LOS_ANGELES), None),
    ("PST", Some(&LOS_ANGELES), Some(-480)),
    ("PDT", Some(&LOS_ANGELES), Some(-420)),
    ("AKST", Some(&ANCHORAGE), Some(-540)),
    ("AKDT", Some(&ANCHORAGE), Some(-480)),
    ("HST", Some(&HONOLULU), Some(-600)),
];

/// Names in words; all but the first word are lower case.
pub(crate) const WORDS: &[(&str, &Region)] = &[
    ("eastern standard time", &NEW_YORK),
    ("eastern daylight time", &NEW_YORK),
    ("eastern time", &NEW_YORK),
    ("eastern", &NEW_YORK),
    ("new york time", &NEW_YORK),
    ("central standard time", &CHICAGO),
    ("central daylight time", &CHICAGO),
    ("central european summer time", &PARIS),
    ("central european time", &PARIS),
    ("central time", &CHICAGO),
    ("central", &CHICAGO),
    ("mountain time", &DENVER),
    ("pacific standard time", &LOS_ANGELES),
    ("pacific daylight time", &LOS_ANGELES),
    ("pacific time", &LOS_ANGELES),
    ("pacific", &LOS_ANGELES),
    ("uk time", &LONDON),
    ("london time", &LONDON),
    ("british summer time", &LONDON),
    ("berlin time", &BERLIN),
    ("paris time", &PARIS),
    ("heure de paris", &PARIS),
];

/// The zone that capitals name; what they say is an offset is told apart from the region.
pub(crate) fn capitals(raw: &str) -> Option<(Option<&'static Region>, Option<i16>)> {
    let named = CAPITALS.iter().find(|z| z.0 == raw)?;
    Some((named.1, named.2))
}

impl Zone {
    /// Minutes east of Greenwich at that moment of its own clocks.
    #[must_use]
    pub fn offset(self, date: Date, time: Time) -> i16 {
        match self {
            Self::Region(region) => region.offset(date, time),
            Self::Offset(offset) => offset,
        }
    }

    /// The region, if it is one.
    #[must_use]
    pub fn region(self) -> Option<&'static Region> {
        match self {
            Self::Region(region) => Some(region),
            Self::Offset(_) => None,
        }
    }
}

impl Region {
    /// The region of this IANA name, among those that are known here.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        REGIONS.iter().find(|r| r.name == name).copied()
    }

    /// Minutes east of Greenwich at that moment of the region's own clocks.
    #[must_use]
    pub fn offset(&self, date: Date, time: Time) -> i16 {
        let moment = date.civil().at(time.hour as i8, time.minute as i8, 0, 0);
        let zone = TimeZone::posix(self.posix);
        let zoned = zone.and_then(|zone| zone.to_ambiguous_zoned(moment).compatible());
        zoned.map_or(0, |z| (z.offset().seconds() / 60) as i16)
    }
}
