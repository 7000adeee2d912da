//! Tables of printed dates and times, and what they mean.
use foveate_events::{Date, Order, Printed, Schedule, Time};

/// A row of a table; columns as in the head of the file.
struct Row<'a> {
    line: &'a str,
    cells: Vec<&'a str>,
}

impl<'a> Row<'a> {
    fn given(&self, at: usize) -> Option<&'a str> {
        Some(self.cells[at]).filter(|c| *c != "-")
    }

    fn meant(&self) -> [String; 5] {
        [5, 6, 7, 8, 9].map(|at| self.cells[at].to_owned())
    }

    fn read(&self) -> [String; 5] {
        let printed = Printed {
            date: self.given(2),
            start: self.given(3),
            end: self.given(4),
        };
        let today: Date = self.cells[1].parse().expect("a day");
        shown(Schedule::read(printed, today, Order::default()))
    }

    /// The second answer that is acceptable, as `2026-06-30 18:00 z-240`.
    fn or(&self) -> Option<[String; 5]> {
        let none = || "-".to_owned();
        let mut other = [none(), none(), none(), none(), none()];
        for word in self.given(10)?.split(' ') {
            match word.strip_prefix('z') {
                Some(zone) => zone.clone_into(&mut other[4]),
                None if word.contains(':') && other[2] == "-" => word.clone_into(&mut other[2]),
                None if word.contains(':') => word.clone_into(&mut other[3]),
                None if other[0] == "-" => word.clone_into(&mut other[0]),
                None => word.clone_into(&mut other[1]),
            }
        }
        Some(other)
    }
}

/// First and last day, beginning, end, zone.
fn shown(schedule: Option<Schedule>) -> [String; 5] {
    let text = |value: Option<String>| value.unwrap_or_else(|| "-".into());
    let time = |t: Option<Time>| text(t.map(|t| t.to_string()));
    let Some(s) = schedule else {
        return std::array::from_fn(|_| "-".to_owned());
    };
    [
        s.date.to_string(),
        text(s.last.map(|d| d.to_string())),
        time(s.start),
        time(s.end),
        text(s.zone.map(|z| z.to_string())),
    ]
}

fn rows(table: &str) -> impl Iterator<Item = Row<'_>> {
    table.lines().skip(1).map(|line| Row {
        line,
        cells: line.split('\t').collect(),
    })
}

fn check(table: &str, least: usize) {
    let mut wrong = Vec::new();
    let mut count = 0;
    for row in rows(table) {
        count += 1;
        let (read, meant) = (row.read(), row.meant());
        if read != meant && row.or() != Some(read.clone()) {
            wrong.push(format!("{}\n    read {}", row.line, read.join(" ")));
        }
    }
    assert!(count >= least, "only {count} rows");
    assert!(
        wrong.is_empty(),
        "{} of {count} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn the_kinds_that_people_report() {
    check(include_str!("dates.tsv"), 137);
}

#[test]
fn more_of_the_same_kinds() {
    check(include_str!("more.tsv"), 200);
}

#[test]
fn common_lines_of_posters_tickets_and_notices() {
    check(include_str!("common.tsv"), 120);
}

#[test]
fn what_comes_again_ends_on_its_last_day() {
    let today: Date = "2026-04-22".parse().expect("a day");
    for (date, rule, until) in [
        (
            "jeden Freitag, 12. Juni bis 10. Juli",
            "BYDAY=FR",
            "2026-07-10",
        ),
        ("every Friday, 12 June to 10 July", "BYDAY=FR", "2026-07-10"),
        (
            "every Friday from June 12 to July 10",
            "BYDAY=FR",
            "2026-07-10",
        ),
        ("every Friday, 12 - 26 June", "BYDAY=FR", "2026-06-26"),
        (
            "jeden Freitag vom 12.6. bis 10.7.",
            "BYDAY=FR",
            "2026-07-10",
        ),
        (
            "ogni venerdì, 12 giugno - 10 luglio",
            "BYDAY=FR",
            "2026-07-10",
        ),
        (
            "every Fri & Sat, 12 June to 11 July",
            "BYDAY=FR,SA",
            "2026-07-11",
        ),
        ("every Fri & Sat in July", "BYDAY=FR,SA", "2026-07-31"),
        (
            "jeden Sa und So, 13. Juni bis 12. Juli",
            "BYDAY=SA,SU",
            "2026-07-12",
        ),
        ("Saturday nights in June", "BYDAY=SA", "2026-06-30"),
        (
            "Friday and Saturday nights in June",
            "BYDAY=FR,SA",
            "2026-06-30",
        ),
        ("Fridays and Saturdays in June", "BYDAY=FR,SA", "2026-06-30"),
    ] {
        let printed = Printed {
            date: Some(date),
            ..Printed::default()
        };
        let read = Schedule::read(printed, today, Order::default());
        let repeat = read.and_then(|s| s.repeat).expect(date);
        assert_eq!(repeat.rule(), format!("FREQ=WEEKLY;{rule}"), "{date}");
        assert_eq!(repeat.until, until.parse().ok(), "{date}");
    }
}
