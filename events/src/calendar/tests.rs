use super::*;
use crate::{Date, Order, Printed, Schedule};

fn ics_of(date: &str, start: Option<&str>, end: Option<&str>) -> String {
    let today = "2026-03-10".parse().unwrap();
    let schedule = Schedule::read(
        Printed {
            date: Some(date),
            start,
            end,
        },
        today,
        Order::default(),
    )
    .unwrap();
    let entry = Entry {
        summary: "Jazz, Night; live".into(),
        schedule,
        location: Some("Town Hall".into()),
        address: None,
    };
    ics(&[entry], today).replace("\r\n", "\n")
}

#[test]
fn an_evening() {
    let got = ics_of("SAT 03 MAY", Some("7"), Some("10pm"));
    for line in [
        "BEGIN:VCALENDAR",
        "DTSTART:20260503T190000",
        "DTEND:20260503T220000",
        "DTSTAMP:20260310T000000Z",
        "LOCATION:Town Hall",
        "SUMMARY:Jazz\\, Night\\; live",
        "END:VEVENT",
    ] {
        assert!(got.lines().any(|l| l == line), "{line} in\n{got}");
    }
    assert_eq!(got.matches("UID:").count(), 1);
}

fn start_of(date: Option<&str>, transcript: &str) -> Option<String> {
    let event = CalendarEvent {
        title: Some("Talk".into()),
        date: date.map(Into::into),
        ..CalendarEvent::default()
    };
    let flyer = event.as_flyer(Some(transcript));
    let entry = Entry::from_flyer(flyer, "2026-03-10".parse().unwrap()).ok()?;
    Some(entry.starts())
}

#[test]
fn a_day_that_the_field_lacks_is_looked_for_in_the_text() {
    let pieces = "THU How Rivers\n04\nNOV\n2027\nOld Library";
    let day = |text: &str| Some(text.to_owned());
    assert_eq!(start_of(Some("THU How Rivers"), pieces), day("2027-11-04"));
    assert_eq!(start_of(None, pieces), day("2027-11-04"));
    assert_eq!(start_of(Some("Thank you"), pieces), day("2027-11-04"));
    assert_eq!(
        start_of(Some("the 4th"), "Talk\n4 Nov 2027"),
        day("2027-11-04")
    );
}

#[test]
fn a_day_of_another_weekday_or_number_is_not_the_events() {
    let rehearsal = "Rehearsal on 5 November 2027";
    let day = |text: &str| Some(text.to_owned());
    assert_eq!(start_of(Some("Thursday"), rehearsal), day("2026-03-12"));
    assert_eq!(start_of(Some("the 12th"), rehearsal), day("2026-03-12"));
    assert_eq!(start_of(Some("tonight"), rehearsal), day("2026-03-10"));
    assert_eq!(start_of(Some("3 May"), rehearsal), day("2026-05-03"));
    assert_eq!(start_of(None, "Tickets on sale 5 May"), None);
    assert_eq!(start_of(None, "Friday, 7 pm"), day("2026-03-13T19:00"));
}

#[test]
fn amounts_and_deadlines_are_no_day_of_an_event() {
    let none = |text: &str| assert_eq!(start_of(Some("TOPICS"), text), None, "{text}");
    none("TOPICS\nAPPLICATION FEES: Rs. 100\n(online)");
    none("TOPICS\nTickets 10/12");
    none("TOPICS\nCall 98 12 10 26\n10/12 High Street");
    none("TOPICS\n9/11\n5.50");
    none("TOPICS\nmail your papers on or before 30th of April");
}

#[test]
fn a_day_that_comes_again_may_stand_anywhere_in_words() {
    let text = "Open Studios\nThird Wednesday of every month\n5-8pm";
    let start = Some("2026-03-18T17:00".to_owned());
    assert_eq!(start_of(Some("5-8pm"), text), start);
    let event = CalendarEvent {
        title: Some("Open Studios Third Wednesday of every month".into()),
        date: Some("5-8pm".into()),
        start: Some("5".into()),
        ..CalendarEvent::default()
    };
    let flyer = event.as_flyer(Some(text));
    let entry = Entry::from_flyer(flyer, "2026-03-10".parse().unwrap()).unwrap();
    assert_eq!(entry.summary, "Open Studios");
    assert_eq!(entry.ends().as_deref(), Some("2026-03-18T20:00"));
}

#[test]
fn whole_days_and_zones() {
    let got = ics_of("12-14 June", None, None);
    assert!(
        got.contains("DTSTART;VALUE=DATE:20260612\n")
            && got.contains("DTEND;VALUE=DATE:20260615\n"),
        "{got}"
    );
    assert!(!ics_of("3 May", Some("7pm"), None).contains("DTEND"));
    assert!(ics_of("3 May", Some("9pm EST"), None).contains("DTSTART:20260504T020000Z\n"));
    let summer = ics_of("3 May", Some("01:00 CEST"), None);
    assert!(summer.contains("DTSTART;TZID=Europe/Paris:20260503T010000\n"));
    assert!(summer.contains("BEGIN:VTIMEZONE\nTZID:Europe/Paris\n"));
    assert!(ics_of("3 May", Some("01:00 UTC+2"), None).contains("DTSTART:20260502T230000Z\n"));
}

#[test]
fn whatever_end_is_known_is_written() {
    let days_and_start = ics_of("24-26 July", Some("10am"), None);
    assert!(days_and_start.contains("DTEND:20260727T000000\n"));
    assert!(ics_of("24 July", None, None).contains("DTEND;VALUE=DATE:20260725\n"));
    let both = ics_of("Fri 3 July 7pm - Sun 5 July 2pm", None, None);
    assert!(both.contains("DTEND:20260705T140000\n"));
    assert!(ics_of("24 July", None, Some("10pm")).contains("DESCRIPTION:Ends at 22:00\n"));
}

#[test]
fn what_comes_again_has_a_rule() {
    let rule = |date: &str, start: Option<&str>| {
        let text = ics_of(date, start, None);
        let event = text.split("BEGIN:VEVENT").nth(1).unwrap();
        let line = event.lines().find_map(|l| l.strip_prefix("RRULE:F"));
        line.map(str::to_owned).unwrap_or_default()
    };
    for (date, start, expected) in [
        ("every Tuesday", None, "REQ=WEEKLY;BYDAY=TU"),
        (
            "Mondays & Wednesdays",
            Some("6pm"),
            "REQ=WEEKLY;BYDAY=MO,WE",
        ),
        ("every other Friday", None, "REQ=WEEKLY;INTERVAL=2;BYDAY=FR"),
        (
            "1st & 3rd Thursdays",
            Some("7pm"),
            "REQ=MONTHLY;BYDAY=1TH,3TH",
        ),
        ("last Sunday of every month", None, "REQ=MONTHLY;BYDAY=-1SU"),
        (
            "Tuesdays, June 2 - July 14",
            Some("7pm"),
            "REQ=WEEKLY;BYDAY=TU;UNTIL=20260714T235900",
        ),
        (
            "Tuesdays, June 2 - July 14",
            Some("7pm ET"),
            "REQ=WEEKLY;BYDAY=TU;UNTIL=20260715T035900Z",
        ),
        (
            "jeden Freitag bis 28. August",
            None,
            "REQ=WEEKLY;BYDAY=FR;UNTIL=20260828",
        ),
        ("daily", Some("10am"), "REQ=DAILY"),
        ("3 May", None, ""),
    ] {
        assert_eq!(rule(date, start), expected, "{date}");
    }
}

#[test]
fn control_characters_do_not_reach_a_calendar() {
    let entry = Entry {
        summary: "A\u{0}B\rC\r\nD\u{1b}[31m\u{7f}\u{85}E\\".into(),
        schedule: Schedule::read(
            Printed {
                date: Some("3 May"),
                ..Printed::default()
            },
            "2026-03-10".parse().unwrap(),
            Order::default(),
        )
        .unwrap(),
        location: Some("é".repeat(100)),
        address: None,
    };
    let text = ics(&[entry], "2026-03-10".parse().unwrap());
    assert!(
        text.contains("SUMMARY:AB\\nC\\nD[31m\\nE\\\\\r\n"),
        "{text}"
    );
    let lines = text.split_terminator("\r\n");
    for line in lines {
        assert!(
            line.len() <= 75 && !line.contains(char::is_control),
            "{line:?}"
        );
    }
}

#[test]
fn a_fragment_of_a_date_is_read_in_its_line() {
    let today: Date = "2026-04-22".parse().unwrap();
    let starts = |date: &str, transcript: &str| {
        let flyer = Flyer {
            title: Some("Open Studios"),
            when: Printed {
                date: Some(date),
                start: Some("5"),
                end: Some("8pm"),
            },
            venue: None,
            transcript: Some(transcript),
            headlines: &[],
        };
        Entry::from_flyer(flyer, today).unwrap().starts()
    };
    let monthly = "Open Studios\nThird Wednesday of every month\n5-8pm";
    assert_eq!(starts("Wednesday of every", monthly), "2026-05-20T17:00");
    assert_eq!(starts("Wednesday", monthly), "2026-05-20T17:00");
    // What else stands in the line is no day.
    let other = "Every Wednesday is fun\n5-8pm";
    assert_eq!(starts("Wednesday", other), "2026-04-22T17:00");
    let rain = "Wednesday\nrain date third Wednesday of May";
    assert_eq!(starts("Wednesday", rain), "2026-04-22T17:00");
}

#[test]
fn a_start_that_is_no_hour_is_looked_for() {
    let today: Date = "2026-04-22".parse().unwrap();
    let starts = |start: &str, lines: &str| {
        let transcript = format!("Fair\n24 August 2026\n12 Mill Lane NE\n{lines}\nHall 7");
        let flyer = Flyer {
            title: Some("Fair"),
            when: Printed {
                date: Some("24 August 2026"),
                start: Some(start),
                end: None,
            },
            venue: None,
            transcript: Some(&transcript),
            headlines: &[],
        };
        let entry = Entry::from_flyer(flyer, today).unwrap();
        let end = entry.schedule.end.map(|time| time.to_string());
        (entry.starts(), end.unwrap_or_default())
    };
    let on = |start: &str, end: &str| (format!("2026-08-24{start}"), end.to_owned());
    assert_eq!(
        starts("12 Mill Lane NE", "10:00AM\nTO\n4:00PM"),
        on("T10:00", "16:00")
    );
    assert_eq!(starts("12 Mill Lane NE", "7:30 pm"), on("T19:30", ""));
    // Which of two, nobody knows; and a time in words is one.
    assert_eq!(starts("12 Mill Lane NE", "7 pm\n9 pm"), on("", ""));
    assert_eq!(starts("at sunset", "7:30 pm"), on("", ""));
}

#[test]
fn a_receipt_announces_nothing() {
    let receipt = "CHEMIST\nPlasters\n2.95\nSUBTOTAL\n11.80\nVAT\n0.94\nTOTAL\n12.74\n14/05/2026";
    let told = |date: &str| {
        let when = Printed {
            date: Some(date),
            ..Printed::default()
        };
        let flyer = Flyer {
            title: Some("CHEMIST"),
            when,
            venue: None,
            transcript: Some(receipt),
            headlines: &[],
        };
        Entry::from_flyer(flyer, "2026-04-22".parse().unwrap()).map(|entry| entry.starts())
    };
    assert_eq!(told("14/05/2026"), Err(NoEvent::Receipt));
    // Tickets that were bought.
    assert_eq!(told("Thursday, 14 May"), Ok("2026-05-14".into()));
}

#[test]
fn a_time_is_read_in_its_line() {
    let today: Date = "2026-04-22".parse().unwrap();
    let read = |start: Option<&str>, end: Option<&str>, line: &str| {
        let transcript = format!("Fair\n24 August 2026\n{line}\nHall 7");
        let flyer = Flyer {
            title: Some("Fair"),
            when: Printed {
                date: Some("24 August 2026"),
                start,
                end,
            },
            venue: None,
            transcript: Some(&transcript),
            headlines: &[],
        };
        let entry = Entry::from_flyer(flyer, today).unwrap();
        let end = entry.schedule.end.map(|time| time.to_string());
        (entry.starts(), end.unwrap_or_default(), entry.schedule.zone)
    };
    let at = |start: &str, end: &str, zone| (format!("2026-08-24{start}"), end.to_owned(), zone);
    let offset = read(Some("10:00"), Some("12:30"), "10:00 - 12:30 (UTC+3)");
    assert_eq!(offset, at("T10:00", "12:30", Some(180)));
    let twice = read(Some("10 AM"), Some("1 PM"), "10 AM PT / 1 PM ET");
    assert_eq!(twice, at("T10:00", "", Some(-420)));
    assert_eq!(
        read(Some("8:15"), None, "8:15 in the morning"),
        at("T08:15", "", None)
    );
    assert_eq!(
        read(None, None, "at three o'clock in the afternoon"),
        at("T15:00", "", None)
    );
    // What is not all of it a time, or no time by itself, changes nothing.
    assert_eq!(
        read(Some("8pm"), None, "Doors 7pm, music 8pm"),
        at("T20:00", "", None)
    );
    assert_eq!(read(None, None, "Lunch for 12"), at("", "", None));
    assert_eq!(read(None, None, "7pm\n9pm"), at("", "", None));
    // Figures without a mark may be a day or a year.
    for line in ["JULY 13", "June15th2019", "2019", "13"] {
        assert_eq!(read(None, None, line), at("", "", None), "{line}");
    }
    assert_eq!(read(None, None, "19 Uhr"), at("T19:00", "", None));
}

#[test]
fn a_day_in_words_is_found_where_the_field_holds_its_hour() {
    let text = "You are invited\nSaturday, the twelfth of September\n\
                at three o'clock in the afternoon\nMossgate Chapel";
    assert_eq!(
        start_of(Some("three o'clock in the afternoon"), text).as_deref(),
        Some("2026-09-12T15:00")
    );
}

#[test]
fn a_year_that_stands_with_the_same_day_elsewhere_is_its_year() {
    let starts = |date: &str, text: &str| start_of(Some(date), text).unwrap();
    assert_eq!(
        starts("DECEMBER 31ST", "GALA\n2023\nDECEMBER 31ST\n7 PM"),
        "2023-12-31T19:00"
    );
    assert_eq!(
        starts("Dec 17", "Talk\nDecember 17, 2025 in Rome\nDec 17\nOnline"),
        "2025-12-17"
    );
    assert_eq!(
        starts(
            "DECEMBER 31ST",
            "GALA\n2023\nDECEMBER 31ST• 7:00 PM\nGreen Woods Club"
        ),
        "2023-12-31T19:00"
    );
    // Another day's year, and a year of its own.
    let other = "Talk\nfounded 4 May 2019\nDec 17";
    assert_eq!(starts("Dec 17", other), starts("Dec 17", "Talk\nDec 17"));
    assert_eq!(starts("Dec 17, 2024", "Talk\nDec 17, 2025"), "2024-12-17");
}

#[test]
fn a_calendar_has_the_address_behind_the_place() {
    let entry = |venue: Option<&str>, transcript: &str| {
        let event = CalendarEvent {
            title: Some("Jazz".into()),
            date: Some("May 9, 2026".into()),
            venue: venue.map(str::to_owned),
            ..CalendarEvent::default()
        };
        let flyer = event.as_flyer(Some(transcript));
        Entry::from_flyer(flyer, "2026-01-01".parse().unwrap()).unwrap()
    };
    let page = "Jazz\nMay 9, 2026\nTown Hall\n4 Mill Lane\nWinsted, CT 06098";
    for (venue, address, wanted) in [
        (
            Some("Town Hall"),
            Some("4 Mill Lane, Winsted, CT 06098"),
            Some("Town Hall, 4 Mill Lane, Winsted, CT 06098"),
        ),
        (
            Some("4 Mill Lane"),
            Some("Winsted, CT 06098"),
            Some("Town Hall, 4 Mill Lane, Winsted, CT 06098"),
        ),
        (
            Some("Town Hall, 4 Mill Lane, Winsted"),
            Some("Winsted, CT 06098"),
            Some("Town Hall, 4 Mill Lane, Winsted, CT 06098"),
        ),
        (
            None,
            Some("4 Mill Lane, Winsted, CT 06098"),
            Some("Town Hall, 4 Mill Lane, Winsted, CT 06098"),
        ),
    ] {
        let entry = entry(venue, page);
        assert_eq!(entry.address.as_deref(), address, "{venue:?}");
        assert_eq!(entry.whole_location().as_deref(), wanted, "{venue:?}");
    }
    let none = entry(Some("Town Hall"), "Jazz\nTown Hall");
    assert_eq!(none.whole_location().as_deref(), Some("Town Hall"));
}
