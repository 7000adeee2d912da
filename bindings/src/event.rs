//! What the fields of an event mean, and the calendar of it.
use foveate_events::{
    CalendarEvent, Confidence, Date, Entry, Flyer, NoEvent, Options, Reading, ics,
};
use serde_json::{Value, json};

/// The fields, and as of `today` what they mean beside all that stands on the picture.
pub(crate) fn told(event: &CalendarEvent, flyer: Flyer<'_>, today: Date) -> Value {
    let entry = Entry::from_flyer(flyer, today);
    let reading = Reading::of(flyer.when, Options::new(today));
    let found = entry.as_ref().ok();
    // A day that the fields do not name is as good as a guess.
    let sure = found.is_some_and(|e| reading.schedules.contains(&e.schedule));
    let event = found.map_or_else(|| event.clone(), |e| e.fields(event.clone()));
    let calendar = found.map(|e| ics(std::slice::from_ref(e), today));
    json!({
        "title": event.title,
        "date": event.date,
        "start": event.start,
        "end": event.end,
        "venue": event.venue,
        "place": flyer.place(),
        "address": found.and_then(|e| e.address.as_deref()),
        "starts": found.map(Entry::starts),
        "ends": found.and_then(Entry::ends),
        "repeats": found.and_then(|e| e.schedule.repeat).map(|r| r.rule()),
        "confidence": word(if sure { reading.confidence } else { Confidence::Low }),
        "unexplained": reading.unexplained,
        "problem": entry.as_ref().err().map(NoEvent::to_string),
        "ics": calendar,
    })
}

fn word(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "high",
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told_of(date: Option<&str>, transcript: &str) -> Value {
        let event = CalendarEvent {
            title: Some("Jazz".into()),
            date: date.map(str::to_owned),
            ..CalendarEvent::default()
        };
        told(
            &event,
            event.as_flyer(Some(transcript)),
            "2026-01-01".parse().unwrap(),
        )
    }

    #[test]
    fn an_event_is_a_calendar() {
        let event = told_of(Some("May 9, 2026"), "");
        assert_eq!(event["starts"], "2026-05-09");
        assert_eq!(event["confidence"], "high");
        let calendar = event["ics"].as_str().unwrap();
        assert!(
            calendar.contains("DTSTART;VALUE=DATE:20260509"),
            "{calendar}"
        );
    }

    #[test]
    fn the_address_is_told_and_stands_in_the_calendar() {
        let event = told_of(Some("May 9, 2026"), "Jazz\nTown Hall\n4 Mill Lane");
        assert_eq!(event["address"], "4 Mill Lane");
        let calendar = event["ics"].as_str().unwrap();
        assert!(calendar.contains("LOCATION:4 Mill Lane"), "{calendar}");
    }

    #[test]
    fn what_is_no_event_says_why() {
        let event = told_of(None, "");
        assert_eq!(event["problem"], "no event: no date was found");
        assert_eq!(event["ics"], Value::Null);
    }

    #[test]
    fn a_day_from_elsewhere_is_unsure() {
        assert_eq!(
            told_of(Some("Saturday"), "Saturday\nMay 9, 2026")["confidence"],
            "low"
        );
    }
}
