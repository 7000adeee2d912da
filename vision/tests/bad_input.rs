//! Pictures that are broken, odd or hostile (`tests/bad/make.py` makes them): each works or gives
//! the error named here, and none panics. (`claims.rs` measures that nothing is allocated for what
//! a header merely claims.)

use std::{fs, path::PathBuf};

use foveate_vision::{
    ErrorKind::{self, Empty, Malformed, TooLarge, UnknownFormat, Unsupported},
    ImageConfig, Limits, Mode, Note, Orientation, Pixels, TileBatch,
};

/// The pictures that cannot be read, with the error each gives.
const REFUSED: &[(&str, ErrorKind)] = &[
    ("empty.png", Empty),
    ("text.png", UnknownFormat),
    ("one-byte.jpg", UnknownFormat),
    ("wrong-magic.png", UnknownFormat),
    ("magic-only.png", Malformed),
    ("magic-only.jpg", Malformed),
    ("magic-only.gif", Malformed),
    ("magic-only.webp", Malformed),
    ("magic-only.bmp", Malformed),
    ("magic-only.tif", Malformed),
    ("cut.png", Malformed),
    ("cut.jpg", Malformed),
    ("cut.gif", Malformed),
    ("cut.webp", Malformed),
    ("cut.bmp", Malformed),
    ("cut.tif", Malformed),
    ("header-cut.png", Malformed),
    ("header-cut.jpg", Malformed),
    ("header-cut.gif", Malformed),
    ("header-cut.webp", Malformed),
    ("header-cut.bmp", Malformed),
    ("header-cut.tif", Malformed),
    ("0x0.png", Malformed),
    ("0x0.bmp", Unsupported),
    ("50000x50000.png", TooLarge),
    ("50000x50000-16-bit.png", TooLarge),
    ("50000x50000.jpg", TooLarge),
    ("50000x50000.gif", TooLarge),
    ("50000x50000.bmp", TooLarge),
    ("50000x50000.tif", TooLarge),
    ("16000x16000.webp", TooLarge),
    ("2000000x1.png", TooLarge),
    ("max.png", TooLarge),
    ("max.tif", TooLarge),
    ("9000x9000-empty.png", Malformed),
    ("9000x9000-empty.jpg", Malformed),
    ("frame-outside.gif", Malformed),
    ("loop.tif", Malformed),
    ("tile-claims.tif", Malformed),
    ("zstd.tif", Unsupported),
    ("old-jpeg.tif", Unsupported),
    ("lab.tif", Unsupported),
];

const RED: [u8; 3] = [230, 20, 20];
const BLUE: [u8; 3] = [20, 20, 230];
const WHITE: [u8; 3] = [255; 3];
const BLACK: [u8; 3] = [0; 3];
/// Red half transparent over white.
const PINK: [u8; 3] = [242, 137, 137];

/// The pictures of 12 x 8 that work: the colours left (2, 5) and right (9, 5), under a white top
/// row.
const WORKS: &[(&str, [u8; 3], [u8; 3])] = &[
    ("sound.png", RED, BLUE),
    ("sound.jpg", RED, BLUE),
    ("sound.gif", RED, BLUE),
    ("sound.bmp", RED, BLUE),
    ("sound.tif", RED, BLUE),
    ("sound.webp", RED, BLUE),
    ("lossless.webp", RED, BLUE),
    ("progressive.jpg", RED, BLUE),
    ("cmyk.jpg", RED, BLUE),
    ("cmyk.tif", RED, BLUE),
    ("palette.png", RED, BLUE),
    ("palette.bmp", RED, BLUE),
    ("16-bit.png", RED, BLUE),
    ("grey.png", [83; 3], [44; 3]),
    ("grey.jpg", [83; 3], [44; 3]),
    ("grey-1-bit.png", [0; 3], [0; 3]),
    ("grey-16-bit.png", [230; 3], [20; 3]),
    ("alpha.png", PINK, WHITE),
    ("alpha.webp", PINK, WHITE),
    ("alpha.tif", PINK, WHITE),
    ("grey-alpha.png", [169; 3], WHITE),
    // The white row would be lost over white.
    ("palette-alpha.png", RED, BLACK),
    ("transparent.gif", RED, BLACK),
    ("exif-empty.jpg", RED, BLUE),
    ("profile-bomb.png", RED, BLUE),
    ("white-on-clear.png", WHITE, BLACK),
    ("white-on-clear.webp", WHITE, BLACK),
    ("alpha-0.bmp", RED, BLUE),
    ("exif-claims-4GB.webp", RED, BLUE),
    ("cmyk-plain.jpg", RED, BLUE),
    ("second-cut.jpg", RED, BLUE),
    ("palette.tif", RED, BLUE),
    ("ycbcr-jpeg.tif", RED, BLUE),
    ("packbits.tif", RED, BLUE),
    ("differences.tif", RED, BLUE),
    ("planar-tiles.tif", RED, BLUE),
    ("big.tif", RED, BLUE),
    ("multiplied.tif", PINK, BLUE),
    ("grey-16-bit.tif", [230; 3], [20; 3]),
    ("huffman.tif", WHITE, BLACK),
    ("fax-3.tif", WHITE, BLACK),
    ("fax-3-two.tif", WHITE, BLACK),
    ("fax-4.tif", WHITE, BLACK),
];

/// As above, of a file of which more could be said: the one note that it has.
fn remarked() -> Vec<(&'static str, Note)> {
    let frames = |read| Note::Frames { read, of: 2 };
    let pages = |read| Note::Pages { read, of: 2 };
    let profile = || Note::IgnoredProfile("Wide Gamut".into());
    vec![
        ("animated.gif", frames(1)),
        ("animated.webp", frames(1)),
        ("animated.png", frames(1)),
        ("fade.gif", frames(2)),
        ("fade.webp", frames(2)),
        ("fade.png", frames(2)),
        ("pages.tif", pages(1)),
        ("thumbnail.tif", pages(2)),
        ("profile.jpg", profile()),
        ("profile.png", profile()),
    ]
}

/// As above, with a note about their EXIF block.
const NOTED: &[&str] = &[
    "exif-text.jpg",
    "exif-cut.jpg",
    "exif-outside.jpg",
    "exif-many.jpg",
    "exif-9.jpg",
    "exif-float.jpg",
    "exif-text.png",
    "exif-text.webp",
];

const TURNED: &[(&str, u16)] = &[
    ("turned-1.jpg", 1),
    ("turned-2.jpg", 2),
    ("turned-3.jpg", 3),
    ("turned-4.jpg", 4),
    ("turned-5.jpg", 5),
    ("turned-6.jpg", 6),
    ("turned-7.jpg", 7),
    ("turned-8.jpg", 8),
    ("turned-6.png", 6),
    ("turned-6.webp", 6),
    ("turned-6.tif", 6),
    ("exif-prefix.webp", 6),
    ("exif-plain.webp", 6),
    ("exif-late.png", 6),
];

/// Tested one by one below.
const SIZED: &[&str] = &[
    "1x1.png",
    "1x20000.png",
    "20000x1.jpg",
    "cut-scan.jpg",
    "cut-progressive.jpg",
    "lost-restart.jpg",
    "checksum.png",
    "palette-outside.png",
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/bad")
}

fn open(name: &str) -> Result<Pixels, foveate_vision::Error> {
    Pixels::open(folder().join(name), &Limits::default())
}

fn colour(pixels: &Pixels, x: u32, y: u32) -> [u8; 3] {
    let at = 3 * (y * pixels.width() + x) as usize;
    pixels.rgb()[at..at + 3].try_into().unwrap()
}

/// Lossy formats are off by a little next to an edge.
fn near(a: [u8; 3], b: [u8; 3]) -> bool {
    a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 12)
}

#[test]
fn refused_with_the_named_error() {
    for &(name, kind) in REFUSED {
        let error = open(name).unwrap_err();
        assert_eq!(error.kind(), kind, "{name}: {error}");
        assert!(
            error.to_string().contains(name),
            "the file is named: {error}"
        );
    }
}

#[test]
fn odd_but_sound_ones_work() {
    let remarked = remarked().into_iter();
    let remarked = remarked.map(|(name, note)| (name, RED, BLUE, vec![note]));
    let plain = WORKS
        .iter()
        .map(|&(name, left, right)| (name, left, right, vec![]));
    for (name, left, right, notes) in plain.chain(remarked) {
        let pixels = open(name).unwrap();
        assert_eq!([pixels.width(), pixels.height()], [12, 8], "{name}");
        let found = [colour(&pixels, 2, 5), colour(&pixels, 9, 5)];
        assert!(
            near(found[0], left) && near(found[1], right),
            "{name}: {found:?}"
        );
        assert!(
            colour(&pixels, 2, 0).iter().all(|&channel| channel > 210),
            "{name}"
        );
        assert_eq!(pixels.notes(), notes, "{name}");
        assert!(!pixels.notes().iter().any(Note::is_damage), "{name}");
    }
}

#[test]
fn a_broken_exif_block_is_noted_and_ignored() {
    for name in NOTED {
        let pixels = open(name).unwrap();
        assert!(
            matches!(pixels.notes(), [Note::BrokenExif(_)]),
            "{name}: {:?}",
            pixels.notes()
        );
        assert_eq!(pixels.orientation(), Orientation::Upright, "{name}");
        assert!(near(colour(&pixels, 2, 5), RED), "{name}");
    }
}

#[test]
fn turned_by_every_orientation_and_back() {
    let stored = open("sound.jpg").unwrap();
    for &(name, number) in TURNED {
        let orientation = Orientation::from_exif(number).unwrap();
        let pixels = open(name).unwrap();
        assert_eq!(pixels.orientation(), orientation, "{name}");
        assert_eq!(pixels.stored_size(), [12, 8], "{name}");
        assert_eq!(
            [pixels.width(), pixels.height()],
            orientation.size([12, 8]),
            "{name}"
        );
        for (x, y) in (0..12).flat_map(|x| (0..8).map(move |y| (x, y))) {
            let middle = [f64::from(x) + 0.5, f64::from(y) + 0.5];
            let upright = orientation.apply(middle, [12, 8]);
            assert_eq!(orientation.undo(upright, [12, 8]), middle, "{name}");
            let found = colour(&pixels, upright[0] as u32, upright[1] as u32);
            let wanted = colour(&stored, x, y);
            assert!(
                near(found, wanted),
                "{name} ({x}, {y}): {found:?}, not {wanted:?}"
            );
        }
    }
}

#[test]
fn the_smallest_and_the_thinnest_pass_every_mode() {
    let config = ImageConfig::default();
    for (name, size) in [
        ("1x1.png", [1, 1]),
        ("1x20000.png", [1, 20000]),
        ("20000x1.jpg", [20000, 1]),
    ] {
        let pixels = open(name).unwrap();
        assert_eq!([pixels.width(), pixels.height()], size);
        for mode in [Mode::Auto, Mode::Rapid, Mode::Balanced, Mode::High] {
            let views = TileBatch::new(&pixels, mode, &config);
            let content = views.placement().content_size();
            assert!(
                content
                    .iter()
                    .all(|&side| (1..=views.placement().canvas()).contains(&side)),
                "{name}"
            );
            let first: [u8; 3] = std::array::from_fn(|channel| views.rgb()[[0, 0, 0, channel]]);
            assert!(near(first, RED), "{name} {mode:?}: {first:?}");
            assert!(
                views
                    .normalised(&config)
                    .iter()
                    .all(|value| value.abs() <= 1.0),
                "{name}"
            );
        }
    }
}

#[test]
fn of_a_damaged_file_what_is_there() {
    for (name, cut, size) in [
        ("cut-scan.jpg", true, [64, 64]),
        ("cut-progressive.jpg", true, [64, 64]),
        ("lost-restart.jpg", false, [64, 64]),
        ("checksum.png", false, [12, 8]),
    ] {
        let pixels = open(name).unwrap();
        let sound = match pixels.notes() {
            [Note::CutOff] => cut,
            [Note::Damaged(_)] => !cut,
            _ => false,
        };
        assert!(sound, "{name}: {:?}", pixels.notes());
        assert!(pixels.notes()[0].is_damage());
        assert_eq!([pixels.width(), pixels.height()], size, "{name}");
        // More of the first row than one colour: it is not all missing.
        let first = colour(&pixels, 0, 0);
        assert!(
            (1..size[0]).any(|x| colour(&pixels, x, size[1] / 4) != first),
            "{name}"
        );
    }
}

#[test]
fn devices_pipes_and_folders_are_no_files() {
    for path in ["/dev/zero", "/dev/null", env!("CARGO_MANIFEST_DIR")] {
        let error = Pixels::open(path, &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{error}");
        assert!(
            error.to_string().contains("not a file") || cfg!(windows),
            "{error}"
        );
    }
}

#[test]
fn a_colour_outside_its_palette_is_some_colour() {
    assert_eq!(open("palette-outside.png").unwrap().width(), 2);
}

#[test]
fn every_file_of_the_folder_is_in_a_list() {
    let refused = REFUSED.iter().map(|(name, _)| *name);
    let works = WORKS.iter().map(|(name, ..)| *name);
    let turned = TURNED.iter().map(|(name, _)| *name);
    let listed: Vec<_> = refused
        .chain(works)
        .chain(turned)
        .chain(remarked().into_iter().map(|(name, _)| name))
        .chain(NOTED.iter().chain(SIZED).copied())
        .collect();
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            name == "make.py" || listed.contains(&name.as_str()),
            "{name} is not tested"
        );
    }
}

/// Bytes changed, cut out and doubled, by a fixed sequence of numbers: whatever comes of it, it is
/// a picture or an error.
#[test]
fn mangled_files_do_not_panic() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut number = move |below: usize| {
        // xorshift64 (Marsaglia 2003, "Xorshift RNGs").
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    let limits = Limits {
        max_pixels: 1_000_000,
        ..Limits::default()
    };
    let mut files: Vec<_> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut read = 0;
    for bytes in files
        .iter()
        .map(|file| fs::read(file).unwrap())
        .filter(|bytes| bytes.len() < 4096)
    {
        for _ in 0..200 {
            let mut bytes = bytes.clone();
            for _ in 0..=number(4) {
                let at = number(bytes.len());
                let end = (at + number(16)).min(bytes.len());
                match number(4) {
                    0 => bytes.drain(at..end).for_each(drop),
                    1 => bytes.extend_from_within(at..end),
                    2 => bytes[at..end].fill([0, 0xff, 0x80][number(3)]),
                    _ => bytes[at..end]
                        .iter_mut()
                        .for_each(|byte| *byte ^= 1 << number(8)),
                }
            }
            read += usize::from(Pixels::decode(&bytes, &limits).is_ok());
        }
    }
    assert!(
        read > 500,
        "the changes are small enough that some still work: {read}"
    );
}
