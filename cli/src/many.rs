//! Many pictures through one command: found one by one, answered at once, printed in their order.
use crate::Pictures;
use anyhow::Result;
use foveate::batch::{Plan, Source, Sources, in_order};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{ErrorKind, IsTerminal, Write};

/// What is to be said of one picture.
#[derive(Default)]
pub struct Said<T = ()> {
    /// To standard output, line ends included.
    pub out: String,
    /// To standard error, a line each.
    pub notes: Vec<String>,
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
    pub fn new(pictures: &Pictures, threads: usize) -> Result<Self> {
        let named = Sources::of(pictures.images.clone());
        if let Some(list) = &pictures.files_from {
            return Ok(Self {
                sources: Box::new(named.chain(Sources::listed_in(list)?)),
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

    /// Does `work` on every picture and prints what it says; `keep` gets the values in order. How many failed: each of
    /// them is named on standard error.
    pub fn each<T: Send>(
        self,
        work: impl Fn(&Source) -> Result<Said<T>> + Sync,
        mut keep: impl FnMut(T),
    ) -> Result<usize> {
        let bar = self.bar();
        let mut failed = 0;
        let one = |source: foveate::Result<Source>| {
            let source = source.map_err(|e| e.to_string())?;
            work(&source).map_err(|e| source.blame(e))
        };
        let printed = in_order(self.sources, self.plan.workers, one, |said| {
            bar.inc(1);
            match said {
                Ok(said) => {
                    bar.suspend(|| print(&said))?;
                    keep(said.value);
                }
                Err(why) => {
                    failed += 1;
                    bar.suspend(|| eprintln!("{why}"));
                }
            }
            Ok::<(), std::io::Error>(())
        });
        bar.finish_and_clear();
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

fn print<T>(said: &Said<T>) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(said.out.as_bytes())?;
    out.flush()?;
    said.notes.iter().for_each(|note| eprintln!("{note}"));
    Ok(())
}
