//! `busy [SHAPE] [SECONDS]`: how a decoder keeps its speed beside other work, and beside itself.
//! Beside 0, 1 and 2 busy processes: two threads against one alone, in turns. Then two threads that
//! each run a request on one decoder, against one thread.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use foveate_kernels::bench::{random_decoder, shape};
use foveate_kernels::{Cache, Cpu, Decoder, Input};

type Failure = Box<dyn std::error::Error>;

/// Another program: this one, told to do nothing but count.
struct Busy(Vec<Child>);

impl Busy {
    fn start(n: usize) -> Result<Self, Failure> {
        let program = std::env::current_exe()?;
        let start = |_| Command::new(&program).arg("--spin").spawn();
        Ok(Self((0..n).map(start).collect::<Result<_, _>>()?))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        for child in &mut self.0 {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// One request: a prompt of 64 tokens, 16 decoded; tokens a second are those decoded.
fn request(decoder: &Decoder, cache: &mut Cache) -> Result<usize, Failure> {
    cache.truncate(0);
    let ids: Vec<u32> = (0..64).collect();
    let input = |ids| Input {
        ids,
        ..Input::default()
    };
    decoder.run(cache, input(&ids))?;
    for id in 0..16 {
        let one = Input {
            select: &[0],
            ..input(&ids[id..=id])
        };
        decoder.run(cache, one)?;
    }
    Ok(1)
}

/// Requests a second over `time`.
fn rate(decoder: &Decoder, time: Duration) -> Result<f64, Failure> {
    let mut cache = decoder.cache();
    request(decoder, &mut cache)?;
    let (start, mut done) = (Instant::now(), 0);
    while start.elapsed() < time {
        done += request(decoder, &mut cache)?;
    }
    Ok(done as f64 / start.elapsed().as_secs_f64())
}

/// Requests a second of two threads together, each on its decoder.
fn together(decoders: [&Decoder; 2], time: Duration) -> f64 {
    std::thread::scope(|scope| {
        let threads = decoders.map(|d| scope.spawn(move || rate(d, time).unwrap_or(0.0)));
        threads.into_iter().filter_map(|t| t.join().ok()).sum()
    })
}

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|a| a == "--spin") {
        loop {
            std::hint::black_box(0);
        }
    }
    let config = shape(args.first().map_or("on-device-30m", String::as_str))?;
    let seconds = args.get(1).map_or(Ok(8.0), |s| s.parse())?;
    let turn = Duration::from_secs_f64(seconds / 4.0);
    let cpu = Cpu::detect()?;
    let (one, two) = (
        random_decoder(&config, cpu, 1)?,
        random_decoder(&config, cpu, 2)?,
    );
    println!("requests a second, four turns each; {}", cpu.name());
    for busy in 0..=2 {
        let _busy = Busy::start(busy)?;
        let (mut alone, mut team) = (0.0, 0.0);
        for _ in 0..4 {
            alone += rate(&one, turn)? / 4.0;
            team += rate(&two, turn)? / 4.0;
        }
        let ratio = team / alone;
        println!("beside {busy} busy: one thread {alone:.1}, two {team:.1}: {ratio:.2} times");
    }
    let other = random_decoder(&config, cpu, 1)?;
    let pairs = [
        (
            "two decoders, which is all the machine gives",
            [&one, &other],
        ),
        ("one decoder of one thread", [&one, &one]),
        ("one decoder of two threads", [&two, &two]),
    ];
    let mut sums = [0.0; 4];
    for _ in 0..4 {
        sums[3] += rate(&one, turn)?;
        for (sum, (_, pair)) in sums.iter_mut().zip(&pairs) {
            *sum += together(*pair, turn);
        }
    }
    for (sum, (name, _)) in sums.iter().zip(&pairs) {
        println!(
            "two requests at once on {name}: {:.2} times one",
            sum / sums[3]
        );
    }
    Ok(())
}
