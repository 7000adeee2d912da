//! Decodes mutated pictures in one process and counts what comes of them: `cargo run --release -p
//! foveate-vision --example mutated_pictures -- 10000000 --seed 1`
//!
//! The seeds are the small pictures of `tests/bad`, and noise of 8 to 24 pixels a side that the
//! encoders of `image` write; each format has its turn as often. A seed is changed in memory in a
//! few places, joined with others of its format, and, if PNG, given right checksums again half of
//! the time. A panic inside a decoder is counted; one that reaches this program, an abort, a hang
//! or memory beyond the limits is what it is here to find.

use std::{
    collections::BTreeMap,
    env,
    fmt::Display,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use foveate_vision::{ErrorKind, Limits, Pixels};
use image::{DynamicImage, ImageFormat};

/// Seeds of more bytes take most of the time and reach nothing more.
const SEED_BYTES: usize = 1024;
/// Most pixels of a picture: 200 kB as RGB, so that memory shows what is taken beyond.
const MAX_PIXELS: u64 = 1 << 16;
/// Pictures between two lines that say how far it is.
const REPORT: u64 = 1_000_000;
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

/// Seeds by format: a name and the bytes of each.
type Seeds = BTreeMap<String, Vec<(String, Vec<u8>)>>;

fn seeds(random: &mut Random) -> Seeds {
    let mut seeds = Seeds::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bad");
    let files = fs::read_dir(folder).expect("tests/bad is beside vision");
    for path in files.map(|file| file.expect("a folder can be listed").path()) {
        let bytes = fs::read(&path).expect("a seed can be read");
        let text = |part: Option<&std::ffi::OsStr>| {
            part.unwrap_or_default().to_string_lossy().into_owned()
        };
        let format = text(path.extension());
        if format != "py" && (16..SEED_BYTES).contains(&bytes.len()) {
            let of = seeds.entry(format).or_default();
            of.push((text(path.file_name()), bytes));
        }
    }
    seeds.values_mut().for_each(|of| of.sort());
    drawn(random, &mut seeds);
    seeds
}

/// Adds noise in each kind of pixel that each encoder takes.
fn drawn(random: &mut Random, seeds: &mut Seeds) {
    let formats = [
        ("png", ImageFormat::Png),
        ("jpg", ImageFormat::Jpeg),
        ("webp", ImageFormat::WebP),
        ("gif", ImageFormat::Gif),
        ("bmp", ImageFormat::Bmp),
    ];
    for side in [8, 16, 24] {
        let noise = image::RgbaImage::from_fn(side, side, |_, _| {
            image::Rgba([(); 4].map(|()| random.below(256) as u8))
        });
        let noise = DynamicImage::from(noise);
        let kinds = [
            noise.to_luma8().into(),
            noise.to_luma_alpha8().into(),
            noise.to_rgb8().into(),
            noise.to_luma16().into(),
            DynamicImage::from(noise.to_rgba16()),
            noise,
        ];
        for ((name, format), (kind, picture)) in formats
            .iter()
            .flat_map(|f| kinds.iter().enumerate().map(move |k| (f, k)))
        {
            let mut bytes = std::io::Cursor::new(Vec::new());
            if picture.write_to(&mut bytes, *format).is_ok() {
                let of = seeds.entry((*name).to_owned()).or_default();
                of.push((format!("noise-{side}-{kind}.{name}"), bytes.into_inner()));
            }
        }
    }
}

/// A seed's name and what became of its bytes.
fn mutated<'s>(random: &mut Random, seeds: &'s [(String, Vec<u8>)]) -> (&'s str, Vec<u8>) {
    let (name, seed) = &seeds[random.below(seeds.len())];
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
                let (_, other) = &seeds[random.below(seeds.len())];
                let from = random.below(other.len());
                bytes.splice(at..end, other[from..].iter().copied());
            }
            _ => bytes[at..end]
                .iter_mut()
                .for_each(|byte| *byte ^= 1 << random.below(8)),
        }
        if bytes.is_empty() {
            break;
        }
    }
    if random.below(2) == 0 && bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        right_checksums(&mut bytes);
    }
    (name, bytes)
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

#[derive(Default)]
struct Found {
    /// How often, by format and outcome.
    outcomes: BTreeMap<(String, String), u64>,
    /// Time, the seed's name and the mutated bytes.
    slowest: (Duration, String, Vec<u8>),
    panics: BTreeMap<String, (u64, Vec<u8>)>,
}

impl Found {
    fn decode(&mut self, [format, name]: [&str; 2], bytes: Vec<u8>, limits: &Limits) {
        let began = Instant::now();
        let decoded = Pixels::decode(&bytes, limits);
        let mut taken = began.elapsed();
        if taken > self.slowest.0 {
            // On a busy machine the picture was perhaps not what took the time.
            let again = Instant::now();
            let _ = Pixels::decode(&bytes, limits);
            taken = taken.min(again.elapsed());
        }
        let outcome = match &decoded {
            Ok(pixels) if pixels.notes().iter().any(|note| note.is_damage()) => "a part".into(),
            Ok(_) => "a picture".into(),
            Err(error) => {
                if error.kind() == ErrorKind::DecoderPanicked {
                    let first = || (0, bytes.clone());
                    self.panics.entry(error.to_string()).or_insert_with(first).0 += 1;
                }
                format!("{:?}", error.kind())
            }
        };
        *self
            .outcomes
            .entry((format.to_owned(), outcome))
            .or_default() += 1;
        if taken > self.slowest.0 {
            self.slowest = (taken, name.to_owned(), bytes);
        }
    }

    fn print(&self) {
        let (taken, name, bytes) = &self.slowest;
        println!(
            "slowest {taken:.1?}, from {name}: {}",
            save("slowest", bytes)
        );
        for ((format, outcome), count) in &self.outcomes {
            println!("{count:>9} {format:<4} {outcome}");
        }
        for (number, (message, (count, bytes))) in self.panics.iter().enumerate() {
            let file = save(&format!("panic-{number}"), bytes);
            println!("{count:>9} times, the first in {file}: {message}");
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
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let seeds = seeds(&mut random);
    let formats: Vec<&String> = seeds.keys().collect();
    let limits = Limits {
        max_pixels: MAX_PIXELS,
        ..Limits::default()
    };
    let (mut found, began) = (Found::default(), Instant::now());
    let said = |count: u64, what: &dyn Display| {
        println!(
            "{count} pictures in {:.0?}, peak {} MB{what}",
            began.elapsed(),
            peak()
        );
    };
    for done in 1..=count {
        let format = formats[random.below(formats.len())];
        let (name, bytes) = mutated(&mut random, &seeds[format]);
        found.decode([format, name], bytes, &limits);
        if done % REPORT == 0 && done < count {
            said(done, &"");
        }
    }
    said(
        count,
        &format_args!(", seed {seed}, at most {MAX_PIXELS} pixels"),
    );
    found.print();
}

/// Writes a picture to the folder for temporary files, and gives its path.
fn save(name: &str, bytes: &[u8]) -> String {
    let file = env::temp_dir().join(format!("foveate-mutate-{name}"));
    fs::write(&file, bytes).expect("the folder for temporary files can be written");
    file.display().to_string()
}
