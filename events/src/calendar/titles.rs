//! Tests of titles.
use super::{CalendarEvent, Entry, Flyer};
use crate::schedule::Printed;

#[test]
fn a_title_ends_before_the_lines_of_its_day() {
    let titled = |title: &str, transcript: &str| {
        let event = CalendarEvent {
            title: Some(title.into()),
            date: Some("3 May".into()),
            ..CalendarEvent::default()
        };
        let flyer = event.as_flyer(Some(transcript));
        let entry = Entry::from_flyer(flyer, "2026-03-10".parse().unwrap());
        entry.unwrap().summary
    };
    let text = "CHALK DERBY\nSUN 8.30.26\n2 PM\nFriday\nthe 13th\nMay 3";
    assert_eq!(titled("CHALK DERBY SUN 8.30.26", text), "CHALK DERBY");
    assert_eq!(titled("CHALK DERBY SUN 8.30.26 2 PM", text), "CHALK DERBY");
    assert_eq!(titled("Friday the 13th", text), "Friday the 13th");
    assert_eq!(titled("May 3", text), "May 3", "something must be left");
}

#[test]
fn a_title_that_runs_into_the_day_ends_before_it() {
    let name = |title: &str, transcript: &str| {
        let flyer = Flyer {
            title: Some(title),
            transcript: Some(transcript),
            headlines: &[],
            ..Flyer::default()
        };
        let options = crate::Options::new("2026-03-10".parse().unwrap());
        flyer.name(options)
    };
    let text = "Star Night\nDec 2 2026, 10:40:00 pm\nOld Tower";
    let cut = Some("Star Night".to_owned());
    assert_eq!(name("Star Night Dec 2 2026", text), cut);
    assert_eq!(name("Star Night Dec 2 2026, 10:40:00 pm", text), cut);
    // No day, and a day that stands in the title's own line.
    let other = "Star Night\n2026 edition";
    assert_eq!(name("Star Night 2026", other).unwrap(), "Star Night 2026");
    let own = "Fiesta 4 May\nin the park";
    assert_eq!(name("Fiesta 4 May", own).unwrap(), "Fiesta 4 May");
}

#[test]
fn a_title_is_all_of_its_headline() {
    let titled = |title: &str, headlines: &[&str]| {
        let headlines: Vec<String> = headlines.iter().map(|&h| h.to_owned()).collect();
        let flyer = Flyer {
            title: Some(title),
            when: Printed {
                date: Some("3 May"),
                ..Printed::default()
            },
            venue: Some("the Old Mill"),
            transcript: None,
            headlines: &headlines,
        };
        let entry = Entry::from_flyer(flyer, "2026-03-10".parse().unwrap());
        entry.unwrap().summary
    };
    let block = "BIO-ENGINEERING\nAND LIFE SCIENCES\nNETWORKING NIGHT";
    let whole = "BIO-ENGINEERING AND LIFE SCIENCES NETWORKING NIGHT";
    for part in [
        "NETWORKING NIGHT",
        "AND LIFE SCIENCES",
        "BIO-ENGINEERING AND LIFE SCIENCES",
        whole,
    ] {
        assert_eq!(titled(part, &["FREE", block]), whole);
    }
    assert_eq!(titled("NIGHT", &[block]), "NIGHT", "a part of a line");
    assert_eq!(titled("Fair", &[block]), "Fair");
    let others = "SUN 3 MAY\nCHALK\nDERBY\nat the Old Mill\nFREE";
    assert_eq!(
        titled("DERBY", &[others]),
        "CHALK DERBY",
        "no day and no place"
    );
    let day = ["SUN 3 MAY", "CHALK\nDERBY\n7:30 pm"];
    assert_eq!(
        titled("Sun 3 May 7:30 pm", &day),
        "CHALK DERBY",
        "a day is no title"
    );
    assert_eq!(
        titled("Sun 3 May", &["3 MAY"]),
        "Sun 3 May",
        "there is no other"
    );
    assert_eq!(titled("DERBY", &["CHALK\nDERBY\n7:30 pm"]), "CHALK DERBY");
    let cut = "ories! BIO-ENGINEERING";
    assert_eq!(
        titled(cut, &["ories!", block]),
        whole,
        "other print is apart"
    );
    assert_eq!(titled(cut, &[block]), cut);
    let two = ["JAZZ", "NIGHT"];
    assert_eq!(titled("JAZZ NIGHT", &two), "JAZZ NIGHT", "all of both");
}

#[test]
fn a_title_ends_before_those_who_appear() {
    let name = |title: &str| {
        let flyer = Flyer {
            title: Some(title),
            ..Flyer::default()
        };
        flyer.name(crate::Options::new("2026-03-10".parse().unwrap()))
    };
    for title in [
        "Moody Groove featuring",
        "Moody Groove teaturing",
        "Moody Groove feat.",
    ] {
        assert_eq!(name(title).as_deref(), Some("Moody Groove"), "{title}");
    }
    for title in [
        "Featuring",
        "Night of Texturing",
        "Crochet without a Pattern",
    ] {
        assert_eq!(name(title).as_deref(), Some(title));
    }
}

#[test]
fn a_sentence_in_small_print_gives_its_subject_alone() {
    let read = "MathConn, or MC, is a free conference";
    let name = |headlines: &[String]| {
        let flyer = Flyer {
            title: Some(read),
            headlines,
            ..Flyer::default()
        };
        flyer.name(crate::Options::new("2026-03-10".parse().unwrap()))
    };
    let other = ["MathConn2019".to_owned()];
    assert_eq!(name(&other).as_deref(), Some("MathConn"));
    assert_eq!(
        name(&[read.to_owned()]).as_deref(),
        Some(read),
        "large print"
    );
    assert_eq!(name(&[]).as_deref(), Some(read), "which print is not known");
}
