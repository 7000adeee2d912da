//! What the server counts, for Prometheus. Nothing of a request's content is kept.
use crate::queue::Queue;
use foveate::Timing;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Counters since the start.
#[derive(Default)]
pub(crate) struct Metrics(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    /// By route and status.
    requests: BTreeMap<(String, u16), u64>,
    /// Seconds by stage.
    stages: BTreeMap<&'static str, f64>,
    /// Jobs that workers ended, and the seconds they took.
    jobs: (u64, f64),
    /// Pictures of requests for which none was encoded, and of the others.
    pictures: (u64, u64),
    /// Requests whose client went away before the answer.
    gone: u64,
}

impl Metrics {
    /// A request was answered.
    pub fn answered(&self, route: &str, status: u16) {
        let mut counts = self.lock();
        *counts
            .requests
            .entry((route.to_owned(), status))
            .or_default() += 1;
    }

    /// A client went away.
    pub fn gone(&self) {
        self.lock().gone += 1;
    }

    /// Pictures were shown to the model and a question was answered.
    pub fn answer(&self, timing: &Timing, pictures: usize) {
        self.spent(timing);
        let (hits, misses) = &mut self.lock().pictures;
        // What is remembered is not encoded again.
        *if timing.encode.is_zero() {
            hits
        } else {
            misses
        } += pictures as u64;
    }

    /// A job waited so long and was worked on so long.
    pub fn job(&self, waited: Duration, worked: Duration) {
        let mut counts = self.lock();
        *counts.stages.entry("queue").or_default() += waited.as_secs_f64();
        counts.jobs.0 += 1;
        counts.jobs.1 += worked.as_secs_f64();
    }

    /// Where the time of an answer went.
    pub fn spent(&self, timing: &Timing) {
        let mut counts = self.lock();
        let stages = [
            ("image", timing.image),
            ("glance", timing.glance),
            ("encode", timing.encode),
            ("adapter", timing.adapter),
            ("prefill", timing.prefill),
            ("decode", timing.decode),
        ];
        for (stage, time) in stages {
            *counts.stages.entry(stage).or_default() += time.as_secs_f64();
        }
    }

    /// Seconds until `jobs` more are done, at least 1 and at most 60.
    pub fn wait(&self, jobs: usize, workers: usize) -> u64 {
        let (done, seconds) = self.lock().jobs;
        let mean = if done == 0 {
            1.0
        } else {
            seconds / done as f64
        };
        (mean * jobs as f64 / workers.max(1) as f64)
            .ceil()
            .clamp(1.0, 60.0) as u64
    }

    /// The counters in Prometheus' text form 0.0.4.
    pub fn text(&self, queue: &Queue) -> String {
        let mut out = String::new();
        let (waiting, working) = queue.lengths();
        let counts = self.lock();
        family(
            &mut out,
            "requests_total",
            "counter",
            "Requests by route and status.",
        );
        for ((route, status), n) in &counts.requests {
            let _ = writeln!(
                out,
                "foveate_requests_total{{route=\"{route}\",status=\"{status}\"}} {n}"
            );
        }
        let (hits, misses) = counts.pictures;
        one(
            &mut out,
            "requests_gone_total",
            "counter",
            "Requests whose client left.",
            counts.gone,
        );
        one(
            &mut out,
            "queue_length",
            "gauge",
            "Requests that wait.",
            waiting,
        );
        one(
            &mut out,
            "requests_working",
            "gauge",
            "Requests that are worked on.",
            working,
        );
        family(
            &mut out,
            "stage_seconds_total",
            "counter",
            "Seconds spent, by stage.",
        );
        for (stage, seconds) in &counts.stages {
            let _ = writeln!(
                out,
                "foveate_stage_seconds_total{{stage=\"{stage}\"}} {seconds}"
            );
        }
        one(
            &mut out,
            "work_seconds_total",
            "counter",
            "Seconds of workers.",
            counts.jobs.1,
        );
        one(
            &mut out,
            "work_total",
            "counter",
            "Requests that workers ended.",
            counts.jobs.0,
        );
        one(
            &mut out,
            "picture_cache_hits_total",
            "counter",
            "Pictures of requests that had none encoded.",
            hits,
        );
        one(
            &mut out,
            "picture_cache_misses_total",
            "counter",
            "Pictures of other requests.",
            misses,
        );
        if let Some(bytes) = resident() {
            one(
                &mut out,
                "resident_memory_bytes",
                "gauge",
                "Resident memory.",
                bytes,
            );
        }
        out
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn family(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(
        out,
        "# HELP foveate_{name} {help}\n# TYPE foveate_{name} {kind}"
    );
}

fn one(out: &mut String, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
    family(out, name, kind, help);
    let _ = writeln!(out, "foveate_{name} {value}");
}

/// Bytes of memory that this process holds; `None` where the system does not say so in `/proc`.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
