//! Decodes mutated pictures in one process and counts what comes of them: `cargo run --release -p
//! foveate-vision --example mutate -- 1000000 --seed 1`
//!
//! The pictures of `tests/bad` are changed in a few places each, joined with others of their
//! format, and, if PNG, given right checksums again half of the time. A panic inside a decoder is
//! counted; one that reaches this program, an abort or a hang is what it is here to find.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use foveate_vision::{ErrorKind, Limits, Pixels};

/// Seeds of more bytes take most of the time and reach nothing more.
const SEED_BYTES: usize = 4096;
/// Numbers that headers break at.
const ODD: [u32; 10] = [
    0,
    1,
    2,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0xffff_ffff,
];

struct Random(u64);

impl Random {
    /// xorshift64 (Marsaglia 2003, "Xorshift RNGs").
    fn below(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below.max(1) as u64) as usize
    }
}

fn seeds() -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bad");
    let files = fs::read_dir(folder).expect("tests/bad is beside vision");
    let mut seeds: Vec<_> = files
        .map(|file| file.expect("a folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|kind| kind != "py"))
        .map(|path| (path.clone(), fs::read(path).expect("a seed can be read")))
        .filter(|(_, bytes)| (16..SEED_BYTES).contains(&bytes.len()))
        .collect();
    seeds.sort();
    seeds
}

fn mutated(random: &mut Random, seeds: &[(PathBuf, Vec<u8>)]) -> (usize, Vec<u8>) {
    let index = random.below(seeds.len());
    let (path, seed) = &seeds[index];
    let mut bytes = seed.clone();
    for _ in 0..=random.below(5) {
        let at = random.below(bytes.len());
        let end = (at + 1 + random.below(16)).min(bytes.len());
        match random.below(7) {
            0 => bytes.drain(at..end).for_each(drop),
            1 => bytes.extend_from_within(at..end),
            2 => bytes[at..end].fill([0, 0xff, 0x80][random.below(3)]),
            3 => number(random, &mut bytes, at),
            4 => bytes.truncate(end.max(16)),
            5 => {
                let other = &seeds[random.below(seeds.len())];
                if other.0.extension() == path.extension() {
                    let from = random.below(other.1.len());
                    bytes.splice(at..end, other.1[from..].iter().copied());
                }
            }
            _ => bytes[at..end]
                .iter_mut()
                .for_each(|byte| *byte ^= 1 << random.below(8)),
        }
        if bytes.is_empty() {
            return (index, bytes);
        }
    }
    if random.below(2) == 0 && bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        right_checksums(&mut bytes);
    }
    (index, bytes)
}

/// Overwrites a number of 2 or 4 bytes, in either order.
fn number(random: &mut Random, bytes: &mut [u8], at: usize) {
    let odd = ODD[random.below(ODD.len())];
    let length = [2, 4][random.below(2)];
    let mut number = odd.to_le_bytes();
    if random.below(2) == 0 {
        number[..length].reverse();
    }
    let end = (at + length).min(bytes.len());
    bytes[at..end].copy_from_slice(&number[..end - at]);
}

fn right_checksums(png: &mut [u8]) {
    let mut at = 8;
    while let Some(length) = png.get(at..at + 4) {
        let length = u32::from_be_bytes(length.try_into().expect("four bytes")) as usize;
        let end = at.saturating_add(8).saturating_add(length);
        if end.saturating_add(4) > png.len() {
            return;
        }
        let mut sum = flate2::Crc::new();
        sum.update(&png[at + 4..end]);
        png[end..end + 4].copy_from_slice(&sum.sum().to_be_bytes());
        at = end + 4;
    }
}

/// Megabytes that this process has had in memory at most; 0 but on Linux.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1024
}

/// Processor time of this process: a busy machine does not make a picture slow. 0 but on Linux.
fn busy() -> Duration {
    let times = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanoseconds = times.split(' ').next().and_then(|time| time.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

#[derive(Default)]
struct Found {
    outcomes: BTreeMap<String, usize>,
    /// Processor time, the seed's name and the mutated bytes.
    slowest: (Duration, String, Vec<u8>),
    panics: BTreeMap<String, (usize, Vec<u8>)>,
}

impl Found {
    fn decode(&mut self, name: &str, bytes: &[u8], limits: &Limits) {
        let began = busy();
        let outcome = match Pixels::decode(bytes, limits) {
            Ok(pixels) if pixels.notes().iter().any(|note| note.is_damage()) => "a part".into(),
            Ok(_) => "a picture".into(),
            Err(error) => {
                if error.kind() == ErrorKind::DecoderPanicked {
                    let first = || (0, bytes.to_vec());
                    self.panics.entry(error.to_string()).or_insert_with(first).0 += 1;
                }
                format!("{:?}", error.kind())
            }
        };
        *self.outcomes.entry(outcome).or_default() += 1;
        let taken = busy().saturating_sub(began);
        if taken > self.slowest.0 {
            self.slowest = (taken, name.to_owned(), bytes.to_vec());
        }
    }
}

fn main() {
    let mut numbers = env::args().skip(1).filter_map(|word| word.parse().ok());
    let (count, seed): (u64, u64) = (
        numbers.next().unwrap_or(100_000),
        numbers.next().unwrap_or(1),
    );
    // Panics are counted by their messages; the default hook would print each.
    std::panic::set_hook(Box::new(|_| {}));
    let (seeds, mut random) = (
        seeds(),
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
    );
    let limits = Limits {
        max_pixels: 4_000_000,
        ..Limits::default()
    };
    let mut found = Found::default();
    let began = Instant::now();
    for _ in 0..count {
        let (index, bytes) = mutated(&mut random, &seeds);
        let name = seeds[index]
            .0
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        found.decode(&name, &bytes, &limits);
    }
    println!(
        "{count} pictures in {:.0?}, peak {} MB",
        began.elapsed(),
        peak()
    );
    let (taken, name, bytes) = &found.slowest;
    println!(
        "slowest {taken:.0?}, from {name}: {}",
        save("slowest", bytes)
    );
    for (outcome, count) in &found.outcomes {
        println!("{count:>9} {outcome}");
    }
    for (number, (message, (count, bytes))) in found.panics.iter().enumerate() {
        let file = save(&format!("panic-{number}"), bytes);
        println!("{count:>9} times, the first in {file}: {message}");
    }
}

/// Writes a picture to the folder for temporary files, and gives its path.
fn save(name: &str, bytes: &[u8]) -> String {
    let file = env::temp_dir().join(format!("foveate-mutate-{name}"));
    fs::write(&file, bytes).expect("the folder for temporary files can be written");
    file.display().to_string()
}
