//! Many pictures through one command: found one by one, answered at once, printed in their order.
use crate::options::Pictures;
use crate::terminal::{print, say};
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
}

impl Job {
    /// Looks up the names of `pictures`; `threads` is what the user asked for, 0 if nothing.
    pub fn new(pictures: &Pictures, threads: usize) -> foveate::Result<Self> {
        let named = Sources::of(pictures.images.clone());
        if let Some(list) = &pictures.files_from {
            let listed = Sources::listed_in(list, pictures.ends())?;
            return Ok(Self {
                sources: Box::new(named.chain(listed)),
                count: None,
                plan: Plan::new(None, threads, Plan::cores()),
            });
        }
        let found: Vec<_> = named.collect();
        Ok(Self {
            count: Some(found.len()),
            plan: Plan::new(Some(found.len()), threads, Plan::cores()),
            sources: Box::new(found.into_iter()),
        })
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
        self,
        work: impl Fn(&Source) -> Result<Said<T>> + Sync,
        mut keep: impl FnMut(T),
    ) -> Result<usize> {
        let bar = self.bar();
        let (mut done, mut failed) = (0, 0);
        let one = |source: foveate::Result<Source>| {
            let source = source.map_err(|e| e.to_string())?;
            let caught = catch_unwind(AssertUnwindSafe(|| work(&source)));
            let said = caught.unwrap_or_else(|panic| Err(fault(&*panic)));
            said.map_err(|e| source.blame(e))
        };
        let printed = in_order(self.sources, self.plan.workers, one, |said| {
            bar.inc(1);
            done += 1;
            match said {
                Ok(said) => {
                    failed += usize::from(said.failed);
                    bar.suspend(|| told(&said))?;
                    keep(said.value);
                }
                Err(why) => {
                    failed += 1;
                    bar.suspend(|| say(why));
                }
            }
            Ok::<(), std::io::Error>(())
        });
        bar.finish_and_clear();
        if done == 0 && printed.is_ok() {
            say("the list names no picture");
            failed = 1;
        }
        match printed {
            // Whoever read the output wants no more of it.
            Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(e.into()),
            _ => Ok(failed),
        }
    }

    /// A bar for people who wait for several pictures.
    fn bar(&self) -> ProgressBar {
        if self.is_single() || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
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

/// A panic as an error, with its message.
fn fault(panic: &(dyn Any + Send)) -> anyhow::Error {
    let literal = panic.downcast_ref::<&str>().copied();
    let message = literal.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    anyhow!(
        "a fault in foveate, which its makers want to hear of: {}",
        message.unwrap_or("a panic without a message")
    )
}

fn told<T>(said: &Said<T>) -> std::io::Result<()> {
    let printed = print(&said.out);
    said.notes.iter().for_each(say);
    printed
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
        let work = |source: &Source| {
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
