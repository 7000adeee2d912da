use crate::{Confidence, Date, Options, Order, Printed, Reading, Schedule, Several, Time};

const TODAY: &str = "2026-03-10"; // a Tuesday

fn read(date: &str, start: &str, end: &str) -> Option<Schedule> {
    fn given(s: &str) -> Option<&str> {
        (!s.is_empty()).then_some(s)
    }
    let printed = Printed {
        date: given(date),
        start: given(start),
        end: given(end),
    };
    Schedule::read(printed, TODAY.parse().unwrap(), Order::default())
}

fn date(text: &str) -> String {
    read(text, "", "").map_or("-".into(), |s| match s.last {
        Some(last) => format!("{}..{last}", s.date),
        None => s.date.to_string(),
    })
}

fn times(start: &str, end: &str) -> String {
    let s = read("3 May", start, end).unwrap();
    let show = |t: Option<Time>| t.map_or("-".into(), |t| t.to_string());
    format!(
        "{} {}{}",
        show(s.start),
        show(s.end),
        if s.last.is_some() { " +1" } else { "" }
    )
}

#[test]
fn days() {
    for (text, expected) in [
        ("Saturday, May 3rd", "2026-05-03"),
        ("SAT 03 MAY", "2026-05-03"),
        ("MAY 03 SAT", "2026-05-03"),
        ("May Saturday 3", "2026-05-03"),
        ("3 May", "2026-05-03"),
        ("3 May 2027", "2027-05-03"),
        ("May 3, 2027", "2027-05-03"),
        ("May 3 '27", "2027-05-03"),
        ("Saturday | May 3 | 2027", "2027-05-03"),
        ("Saturday the 3rd of May", "2026-05-03"),
        ("3rd of May, 2025", "2025-05-03"),
        ("Thurs. Sept. 17", "2026-09-17"),
        ("Tues 5th Dec", "2026-12-05"),
        ("March 9", "2027-03-09"),
        ("March 10", "2026-03-10"),
        ("29 February", "2028-02-29"),
        ("2026-07-04", "2026-07-04"),
        ("2026/07/04", "2026-07-04"),
        ("3.5.2026", "2026-05-03"),
        ("03.05.26", "2026-05-03"),
        ("3. 5. 2026", "2026-05-03"),
        ("Sat 03.05.", "2026-05-03"),
        ("13/4/2026", "2026-04-13"),
        ("4/13/2026", "2026-04-13"),
        ("4/5/26", "2026-04-05"),
        ("4/5", "2026-04-05"),
        ("04-05-2026", "2026-04-05"),
        ("Monday, 4/5/2026", "2026-05-04"), // only 4 May 2026 is a Monday
        ("Sunday 4/5/2026", "2026-04-05"),
        ("31.12", "2026-12-31"),
        ("May 3 at 7pm", "2026-05-03"),
        ("May 3 7pm", "2026-05-03"),
        ("7pm May 3", "2026-05-03"),
        ("19:30 May 3", "2026-05-03"),
        ("3. Mai", "2026-05-03"),
        ("Samstag, 3. März 2027", "2027-03-03"),
        ("Sa. 3. Oktober", "2026-10-03"),
        ("le samedi 1er août", "2026-08-01"),
        ("3 de mayo de 2026", "2026-05-03"),
        ("domenica 4 ottobre", "2026-10-04"),
        ("Saturday", "2026-03-14"),
        ("every Tuesday", "2026-03-10"),
        ("TONIGHT", "2026-03-10"),
        ("Tomorrow", "2026-03-11"),
        ("Friday the 13th", "2026-03-13"),
        ("the 9th", "2026-04-09"),
        ("on sale now", "-"),
        ("", "-"),
        ("May", "-"),
        ("99/99/2026", "-"),
        ("31 June", "-"),
    ] {
        assert_eq!(date(text), expected, "{text:?}");
    }
}

#[test]
fn misread_names() {
    for (text, expected) in [
        ("TULY 14", "2026-07-14"),
        ("24th of Movember 2027", "2027-11-24"),
        ("Saturclay 3 Noverrber", "2026-11-03"),
        ("Thursdav", "2026-03-12"),
        ("Mey 3", "-"),   // too short to tell
        ("Juny 4", "-"),  // June or July
        ("Tighy 4", "-"), // nothing like a month
        ("Lundi 4 Mai", "2026-05-04"),
    ] {
        assert_eq!(date(text), expected, "{text}");
    }
}

#[test]
fn several_days() {
    for (text, expected) in [
        ("12-14 June", "2026-06-12..2026-06-14"),
        ("12 – 14 June 2027", "2027-06-12..2027-06-14"),
        ("June 12-14, 2026", "2026-06-12..2026-06-14"),
        ("June 12 & 13", "2026-06-12..2026-06-13"),
        ("June 12 to 14", "2026-06-12..2026-06-14"),
        ("Fri 12th & Sat 13th June", "2026-06-12..2026-06-13"),
        ("12 June - 3 July", "2026-06-12..2026-07-03"),
        ("June 30 – July 2, 2027", "2027-06-30..2027-07-02"),
        ("28 Dec - 2 Jan", "2026-12-28..2027-01-02"),
        ("12. bis 14. Juni", "2026-06-12..2026-06-14"),
        ("May 3 - 7pm", "2026-05-03"),
        ("May 3, 7-10pm", "2026-05-03"),
        ("May 3 - 7:30", "2026-05-03"),
    ] {
        assert_eq!(date(text), expected, "{text:?}");
    }
}

#[test]
fn hours() {
    for (start, end, expected) in [
        ("7pm", "", "19:00 -"),
        ("7 PM", "", "19:00 -"),
        ("7:30 p.m.", "", "19:30 -"),
        ("7.30pm", "", "19:30 -"),
        ("7.30 p.m.", "10.00 p.m.", "19:30 22:00"),
        ("10 A.M.", "", "10:00 -"),
        ("19:30", "", "19:30 -"),
        ("19.30", "", "19:30 -"),
        ("19h30", "", "19:30 -"),
        ("19h", "", "19:00 -"),
        ("20 Uhr", "", "20:00 -"),
        ("9 Uhr", "", "09:00 -"),
        ("08:30", "", "08:30 -"),
        ("09:00 h", "", "09:00 -"),
        ("1930 hrs", "", "19:30 -"),
        ("noon", "", "12:00 -"),
        ("12 noon", "", "12:00 -"),
        ("12 midnight", "", "00:00 -"),
        ("midnight", "", "00:00 -"),
        ("12pm", "", "12:00 -"),
        ("12am", "", "00:00 -"),
        ("12:30 AM", "", "00:30 -"),
        ("7", "", "19:00 -"),
        ("7:30", "", "19:30 -"),
        ("9", "", "09:00 -"),
        ("8 o'clock", "", "20:00 -"),
        ("7", "10pm", "19:00 22:00"),
        ("10", "2pm", "10:00 14:00"),
        ("9:30", "11:30am", "09:30 11:30"),
        ("11", "1am", "23:00 01:00 +1"),
        ("7-10pm", "", "19:00 22:00"),
        ("7–10 pm", "", "19:00 22:00"),
        ("10am - 2", "", "10:00 14:00"),
        ("9pm to 2am", "", "21:00 02:00 +1"),
        ("9-5", "", "09:00 17:00"),
        ("from 7 to 10pm", "", "19:00 22:00"),
        ("9-17 Uhr", "", "09:00 17:00"),
        ("19:30", "22:00", "19:30 22:00"),
        ("22:00", "02:00", "22:00 02:00 +1"),
        ("Doors 7pm / Show 8pm", "", "20:00 -"),
        ("Show 8pm (doors 7pm)", "", "20:00 -"),
        ("8pm (doors open at 7pm)", "", "20:00 -"),
        ("7pm till late", "", "19:00 -"),
        ("7pm onwards", "late", "19:00 -"),
        ("18h–20h", "", "18:00 20:00"),
        ("", "10pm", "- 22:00"),
        ("TBA", "", "- -"),
    ] {
        assert_eq!(times(start, end), expected, "{start:?} {end:?}");
    }
}

#[test]
fn a_time_beside_the_day_counts_where_no_other_is_given() {
    for (text, expected) in [
        ("Saturday, May 3 at 7pm", "19:00"),
        ("May 3, 7-10pm", "19:00"),
        ("SAT 03 MAY 19:30", "19:30"),
        ("3 May 2027 20h", "20:00"),
    ] {
        let s = read(text, "", "").unwrap();
        assert_eq!(s.start.unwrap().to_string(), expected, "{text}");
    }
    assert_eq!(read("May 3, 2027", "", "").unwrap().start, None);
    assert_eq!(
        read("May 3 at 7pm", "8pm", "").unwrap().start.unwrap().hour,
        20
    );
}

#[test]
fn who_counts_to_24_puts_the_day_first() {
    assert_eq!(
        read("4/5/2026", "19:30", "").unwrap().date.to_string(),
        "2026-05-04"
    );
    assert_eq!(
        read("4/5/2026", "7:30pm", "").unwrap().date.to_string(),
        "2026-04-05"
    );
    assert_eq!(
        read("4/5/2026", "noon", "").unwrap().date.to_string(),
        "2026-04-05"
    );
}

#[test]
fn zones_are_offsets() {
    assert_eq!(read("3 May", "7pm EST", "").unwrap().zone, Some(-300));
    assert_eq!(read("3 May", "19:00 CEST", "").unwrap().zone, Some(120));
    assert_eq!(read("3 May", "7pm est", "").unwrap().zone, None);
}

fn reading(date: &str) -> Reading {
    let printed = Printed {
        date: Some(date),
        ..Printed::default()
    };
    let options = Options {
        several: Several::Each,
        ..Options::new(TODAY.parse().unwrap())
    };
    Reading::of(printed, options)
}

#[test]
fn what_is_not_explained_is_returned() {
    for (text, unexplained, confidence) in [
        ("Saturday, 9 May 2026", "", Confidence::High),
        ("Jazz night, Saturday 9 May", "Jazz", Confidence::High),
        ("Route 66 fest, 9 May", "Route 66 fest", Confidence::Low),
        ("3 July 555", "555", Confidence::Low),
        ("4/5/2026", "", Confidence::Medium),
        ("Monday 4/5/2026", "", Confidence::High),
        ("TULY 14", "", Confidence::Medium),
        ("Friday, 9 May 2026", "", Confidence::Medium), // a Saturday
    ] {
        let reading = reading(text);
        assert_eq!(reading.unexplained, unexplained, "{text}");
        assert_eq!(reading.confidence, confidence, "{text}");
    }
}

#[test]
fn the_order_of_figures_is_said() {
    for (text, order, ambiguous) in [
        ("4/5/2026", Order::MonthFirst, true),
        ("Monday 4/5/2026", Order::DayFirst, false),
        ("le 4/5/2026", Order::DayFirst, true),
        ("13/5/2026", Order::DayFirst, false),
        ("5.22.26", Order::MonthFirst, false),
    ] {
        let figures = reading(text).figures.unwrap();
        assert_eq!(
            (figures.order, figures.ambiguous),
            (order, ambiguous),
            "{text}"
        );
    }
    assert_eq!(reading("4 May 2026").figures, None);
}

#[test]
fn each_day_is_an_event_where_that_is_wanted() {
    let days = |text: &str| {
        let all = reading(text).schedules;
        all.iter()
            .map(|s| s.date.to_string())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(days("May 9 and May 23"), "2026-05-09 2026-05-23");
    assert_eq!(days("June 5, 12 & 19"), "2026-06-05 2026-06-12 2026-06-19");
    assert_eq!(days("6 & 7 June, 13 & 14 June"), "2026-06-06 2026-06-13");
}

/// Every day of four years, printed in many ways, is read as itself.
#[test]
fn every_day_in_every_way() {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    const WEEKDAYS: [&str; 7] = [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ];
    let today: Date = "2025-01-01".parse().unwrap();
    let mut day = today;
    for _ in 0..365 * 4 + 1 {
        let (y, m, d) = (day.year(), day.month(), day.day());
        let (month, weekday) = (MONTHS[m as usize - 1], WEEKDAYS[day.weekday() as usize]);
        let suffix = match (d % 10, d / 10) {
            (1, t) if t != 1 => "st",
            (2, t) if t != 1 => "nd",
            (3, t) if t != 1 => "rd",
            _ => "th",
        };
        for text in [
            format!("{weekday}, {month} {d}, {y}"),
            format!("{} {d:02} {} {y}", &weekday[..3], &month[..3]).to_uppercase(),
            format!("{d}{suffix} {month} {y}"),
            format!("{weekday} the {d}{suffix} of {month} {y}"),
            format!("{} {d}{suffix} '{:02}", &month[..3], y % 100),
            format!("{d}.{m}.{y}"),
            format!("{d:02}.{m:02}.{:02}", y % 100),
            format!("{y}-{m:02}-{d:02}"),
            format!("{m}/{d}/{y}"),
            format!("{weekday} {d}/{m}/{y}"),
            format!("{month} {d} | {y} | 7pm"),
        ] {
            let got = Schedule::read(
                Printed {
                    date: Some(&text),
                    ..Printed::default()
                },
                today,
                Order::default(),
            );
            let both = m <= 12 && d <= 12 && text == format!("{weekday} {d}/{m}/{y}");
            let got = got.unwrap_or_else(|| panic!("{text}")).date;
            assert!(
                got == day || (both && got.weekday() == day.weekday()),
                "{text}: {got}"
            );
        }
        day = day.tomorrow();
    }
}

/// Whatever the text, there is an answer or none, never a panic.
#[test]
fn noise_is_survived() {
    let bits = [
        "3",
        "31",
        "May",
        "12",
        ":",
        ".",
        "pm",
        "-",
        "2026",
        "th",
        "'",
        "/",
        "noon",
        "to",
        "Sat",
        "h",
        "doors",
        ",",
        "p",
        "m",
        "0",
        "99999999999",
    ];
    let mut state = 1u64;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..8 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            text.push_str(bits[(state >> 33) as usize % bits.len()]);
            if state & (1 << 20) == 0 {
                text.push(' ');
            }
        }
        let _ = read(&text, &text, &text);
    }
}
