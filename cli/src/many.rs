//! Many pictures through one command: found one by one, answered at once, printed in their order.
use crate::options::Pictures;
use crate::report::{Overlays, Report, Seen};
use crate::terminal::{print, say, waiting};
use anyhow::{Result, anyhow};
use foveate::batch::{Plan, Source, Sources, in_order};
use indicatif::{ProgressBar, ProgressStyle};
use std::any::Any;
use std::io::{ErrorKind, IsTerminal};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What is to be said of one picture.
#[derive(Default)]
pub struct Said<T = ()> {
    /// To standard output, line ends included.
    pub out: String,
    /// To standard error, a line each.
    pub notes: Vec<String>,
    /// Whether the picture counts as one that was not answered, whatever was written.
    pub failed: bool,
    /// What the command keeps of it.
    pub value: T,
}

/// The pictures of a command, and how many are answered at once.
pub struct Job {
    sources: Box<dyn Iterator<Item = foveate::Result<Source>> + Send>,
    /// How many there are; `None` for a list, which is not read ahead.
    count: Option<usize>,
    /// Workers, and threads of each.
    pub plan: Plan,
    /// Where the boxes of each picture are drawn.
    pub overlays: Overlays,
    /// The report that all pictures go into as well.
    pub report: Option<Report>,
    /// Whether the answer is printed while it is written.
    pub is_streamed: bool,
}

/// What became of a picture.
struct Outcome<T> {
    name: String,
    seen: Seen,
    said: std::result::Result<Said<T>, String>,
}

impl Job {
    /// Looks up the names of `pictures`; `threads` is what the user asked for, 0 if nothing.
    pub fn new(pictures: &Pictures, threads: usize) -> foveate::Result<Self> {
        let named = Sources::of(pictures.images.clone());
        if let Some(list) = &pictures.files_from {
            let listed = Sources::listed_in(list, pictures.ends())?;
            return Ok(Self::of(named.chain(listed), None, threads));
        }
        let found: Vec<_> = named.collect();
        let count = found.len();
        Ok(Self::of(found.into_iter(), Some(count), threads))
    }

    fn of(
        sources: impl Iterator<Item = foveate::Result<Source>> + Send + 'static,
        count: Option<usize>,
        threads: usize,
    ) -> Self {
        Self {
            sources: Box::new(sources),
            count,
            plan: Plan::new(count, threads, Plan::cores()),
            overlays: Overlays::None,
            report: None,
            is_streamed: false,
        }
    }

    /// The same pictures one after another, each with all the threads.
    pub fn one_by_one(mut self, threads: usize) -> Self {
        self.plan = Plan {
            workers: 1,
            threads,
        };
        self
    }

    /// Whether there is just one picture, so that its answer may be printed as it is written.
    pub fn is_single(&self) -> bool {
        self.count == Some(1)
    }

    /// Does `work` on every picture and prints what it says; `keep` gets the values in order. How
    /// many failed: each of them is named on standard error. A panic of `work` is the failure of
    /// its picture alone.
    pub fn each<T: Send>(
        mut self,
        work: impl Fn(&Source, &mut Seen) -> Result<Said<T>> + Sync,
        mut keep: impl FnMut(T),
    ) -> Result<usize> {
        let bar = self.bar();
        let (mut done, mut failed) = (0, 0);
        let columns = self.report.as_ref().map(Report::columns);
        let items = self.sources.map(|source| {
            let source = source.map_err(named)?;
            let overlay = self.overlays.next(&source);
            let overlay = overlay.map_err(|why| (source.name(), why))?;
            Ok((source, Seen::new(overlay, columns.clone())))
        });
        let printed = in_order(
            items,
            self.plan.workers,
            |item| answered(item, &work),
            |one| {
                bar.inc(1);
                done += 1;
                failed += usize::from(one.is_failure());
                bar.suspend(|| show(&one))?;
                if let Some(report) = &mut self.report {
                    one.report(report)?;
                }
                one.said.into_iter().for_each(|said| keep(said.value));
                Ok::<(), std::io::Error>(())
            },
        );
        bar.finish_and_clear();
        if done == 0 && printed.is_ok() {
            say("the list names no picture");
            failed = 1;
        }
        self.report.map_or(Ok(()), Report::finish)?;
        match printed {
            // Whoever read the output wants no more of it.
            Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(e.into()),
            _ => Ok(failed),
        }
    }

    /// A bar for people who wait for several pictures.
    fn bar(&self) -> ProgressBar {
        if self.is_streamed || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        if self.is_single() {
            return waiting("reading");
        }
        let (bar, look) = match self.count {
            Some(count) => (
                ProgressBar::new(count as u64),
                "{wide_bar} {pos} of {len} pictures, {eta} left",
            ),
            None => (ProgressBar::new_spinner(), "{spinner} {pos} pictures"),
        };
        match ProgressStyle::with_template(look) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        }
    }
}

/// The name of what is no picture, and why.
fn named(error: foveate::Error) -> (String, String) {
    let name = match &error {
        foveate::Error::Unfound { name, .. } => name.clone(),
        _ => String::new(),
    };
    (name, error.to_string())
}

/// Does `work` on a picture. A panic is its error.
fn answered<T>(
    item: std::result::Result<(Source, Seen), (String, String)>,
    work: impl Fn(&Source, &mut Seen) -> Result<Said<T>>,
) -> Outcome<T> {
    let (source, mut seen) = match item {
        Ok(item) => item,
        Err((name, why)) => {
            return Outcome {
                name,
                seen: Seen::default(),
                said: Err(why),
            };
        }
    };
    let caught = catch_unwind(AssertUnwindSafe(|| work(&source, &mut seen)));
    let said = caught.unwrap_or_else(|panic| Err(fault(&*panic)));
    Outcome {
        name: source.name(),
        seen,
        said: said.map_err(|e| source.blame(e)),
    }
}

impl<T> Outcome<T> {
    fn is_failure(&self) -> bool {
        self.said.as_ref().map_or(true, |said| said.failed)
    }

    fn report(&self, report: &mut Report) -> std::io::Result<()> {
        let notes = match &self.said {
            Ok(said) => said.notes.as_slice(),
            Err(why) => std::slice::from_ref(why),
        };
        report.row(&self.name, &self.seen, self.is_failure(), notes)
    }
}

/// A panic as an error, with its message.
fn fault(panic: &(dyn Any + Send)) -> anyhow::Error {
    let literal = panic.downcast_ref::<&str>().copied();
    let message = literal.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    anyhow!(
        "a fault in foveate, which its makers want to hear of: {}",
        message.unwrap_or("a panic without a message")
    )
}

fn show<T>(one: &Outcome<T>) -> std::io::Result<()> {
    match &one.said {
        Ok(said) => {
            let printed = print(&said.out);
            said.notes.iter().for_each(say);
            printed
        }
        Err(why) => {
            say(why);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn a_panic_fails_its_picture_alone() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, b"").unwrap();
            path
        };
        let images: Vec<PathBuf> = ["a.png", "b.png", "c.png"].map(file).to_vec();
        let pictures = Pictures {
            images,
            files_from: None,
            null: false,
        };
        let work = |source: &Source, _: &mut Seen| {
            assert!(!source.name().ends_with("b.png"), "no b");
            Ok(Said {
                value: source.name(),
                ..Said::default()
            })
        };
        let mut kept = Vec::new();
        let job = Job::new(&pictures, 1).unwrap();
        let failed = job.each(work, |name| kept.push(name)).unwrap();
        assert_eq!((failed, kept.len()), (1, 2));
        assert!(kept[1].ends_with("c.png"));
    }
}
