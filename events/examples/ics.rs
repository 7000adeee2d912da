//! Prints a calendar of events of every kind, or of those on standard input.
//!
//! ```text
//! cargo run -p foveate-events --example ics -- [TODAY [LOCAL [FILE]]]
//! ```
//! A line of FILE (`-` for standard input) has a title, a date, a start, an end and a place between
//! tabs, `-` for none; LOCAL is the region of times without a zone, as `Europe/Madrid`. Lines that
//! name no event are left out and named on standard error.
use foveate_events::{Date, Entry, Flyer, Ics, Options, Printed, Region, Several};

const KINDS: &str = "\
Cider Evening\t16 October 2026\t7pm\t9:30pm\tLarkspur Hall
Whole days\t12-14 June\t-\t-\tDrill Hall
One day\t3 May\t-\t-\t-
Days from ten on\t24-26 July\t10am\t-\tGreen, the; \\ old
Over midnight\tDec 31\t10pm\t1am\tCrescent Hall
Open end\t3 May\t7pm\t-\t-
Only an end\t3 May\t-\t10pm\t-
Eastern\tJune 30\t3 PM ET\t5 PM\tOnline
Summer time\t16 October 2026\t18:00 CEST\t-\t-
Offset\t24 August 2026 10:00 UTC+03:00\t-\t-\t-
Half hours\tevery Tuesday\t18:00 UTC+05:30\t19:00\t-
Greenwich\t2026-10-08T18:30:00Z\t-\t-\t-
Weekly\tevery Thursday\t7PM\t-\t-
Monthly\t1st & 3rd Mondays\t7:30pm ET\t9pm\t-
Until\tTuesdays, June 2 - July 14\t6:30pm PT\t-\t-
Both days with times\tSat, Aug 1, 9:00 AM – Sun, Aug 2, 4:00 PM\t-\t-\t-
Concert d'été, très très long: «Le Carnaval des animaux» et beaucoup d'autres œuvres\t\
9 mai 2026\t20h30\t-\tThéâtre du Vieux Pré, 12 rue du Général-de-Gaulle, Saint-Rémy
";

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let today = args.first().map_or("2026-04-22", |a| a);
    let Ok(today) = today.parse::<Date>() else {
        eprintln!("usage: ics [TODAY [LOCAL]]; TODAY is YYYY-MM-DD, not {today:?}");
        std::process::exit(2);
    };
    let text = match args.get(2).map(String::as_str) {
        None => Ok(KINDS.to_owned()),
        Some("-") => std::io::read_to_string(std::io::stdin()),
        Some(file) => std::fs::read_to_string(file),
    };
    let text = text.unwrap_or_else(|error| {
        eprintln!("the events cannot be read: {error}");
        std::process::exit(1);
    });
    let entries: Vec<Entry> = text.lines().flat_map(|line| read(line, today)).collect();
    let calendar = Ics {
        stamp: today,
        local: args.get(1).and_then(|name| Region::named(name)),
    };
    print!("{}", calendar.write(&entries));
}

fn read(line: &str, today: Date) -> Vec<Entry> {
    let cells: Vec<&str> = line.split('\t').collect();
    let cell = |at: usize| cells.get(at).copied().filter(|c| *c != "-");
    let flyer = Flyer {
        title: cell(0),
        when: Printed {
            date: cell(1),
            start: cell(2),
            end: cell(3),
        },
        venue: cell(4),
        transcript: None,
        headlines: &[],
    };
    let options = Options {
        several: Several::Each,
        ..Options::new(today)
    };
    Entry::all_from_flyer(flyer, options).unwrap_or_else(|none| {
        eprintln!("{line:?}: {none}");
        Vec::new()
    })
}
