//! What photographs change: crops without text, the same bytes for the same seed, and nothing at
//! all where there are none.

use foveate_datasets::dice::Dice;
use foveate_datasets::fonts::{Fonts, Split};
use foveate_datasets::looks::Ground;
use foveate_datasets::pen::Pen;
use foveate_datasets::photos::{Photo, Photos, Piece};
use foveate_datasets::stream::{self, Kind, Options};
use image::{Rgb, RgbImage};
use std::path::Path;
use std::sync::Arc;

/// A picture of stripes, bright and dark.
fn stripes(seed: u32) -> RgbImage {
    let wide = 3 + seed % 9;
    RgbImage::from_fn(320, 260, |x, y| {
        let level = if (x / wide + y / 40).is_multiple_of(2) {
            30
        } else {
            220
        };
        Rgb([level, (level as u32 + seed) as u8, 90])
    })
}

/// A folder of thirty pictures, of which some are held out.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for i in 0..30 {
        let path = folder.path().join(format!("picture-{i}.png"));
        stripes(i).save(path).expect("a picture is written");
    }
    folder
}

fn fonts(photos: &Path) -> Fonts {
    let mut fonts = Fonts::kept();
    fonts.lay_on(photos).expect("photographs");
    fonts
}

fn options(kind: Kind, split: Split) -> Options {
    Options {
        kind,
        split,
        seed: 5,
        size: 448,
        count: Some(25),
        threads: 1,
        pixels: true,
        photographed: 0.5,
    }
}

fn bytes(fonts: &Fonts, options: &Options) -> Vec<u8> {
    let mut out = Vec::new();
    stream::write(fonts, options, &mut out).expect("writing to memory");
    out
}

#[test]
fn the_same_seed_gives_the_same_bytes_with_any_number_of_threads() {
    let folder = folder();
    let fonts = fonts(folder.path());
    for kind in [Kind::Mix, Kind::Bare] {
        let with = |threads| {
            let options = options(kind, Split::Train);
            bytes(&fonts, &Options { threads, ..options })
        };
        assert!(with(1) == with(3), "{kind:?}");
    }
}

#[test]
fn one_in_six_of_the_mix_has_no_text_where_there_are_photographs() {
    let folder = folder();
    let options = options(Kind::Mix, Split::Train);
    let bare = |fonts: &Fonts| {
        let made = stream::samples(fonts, &options, 0, &mut Pen::default());
        let bare = made.iter().filter(|s| s.0.layout == "bare").count();
        assert!(
            made.iter()
                .all(|s| s.0.layout != "bare" || s.0.glyphs.is_empty())
        );
        [bare, made.len()]
    };
    assert_eq!(bare(&fonts(folder.path())), [4, 25]);
    assert_eq!(bare(&Fonts::kept()), [0, 21]);
}

#[test]
fn crops_without_text_are_drawn_without_photographs_too() {
    let made = stream::samples(
        &Fonts::kept(),
        &options(Kind::Bare, Split::Test),
        0,
        &mut Pen::default(),
    );
    assert!(made[0].0.glyphs.is_empty());
    assert_eq!(
        made[0].1.as_ref().map(|c| c.data.len()),
        Some(448 * 448 * 3)
    );
}

#[test]
fn splits_share_no_photograph() {
    let folder = folder();
    let photos = Photos::of_folder(folder.path()).expect("photographs");
    let [train, dev, test] = [Split::Train, Split::Dev, Split::Test].map(|s| photos.len(s));
    assert_eq!(train + dev + test, 30);
    assert!(dev > 0 && test > 0 && train > 20, "{train}, {dev}, {test}");
}

#[test]
fn a_folder_without_photographs_is_refused_with_what_it_holds() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let refused = Photos::of_folder(folder.path()).err().expect("an error");
    assert!(refused.to_string().contains("0 photographs"), "{refused}");
    assert!(Photos::of_folder(&folder.path().join("none")).is_err());
}

#[test]
fn broken_pictures_are_left_out() {
    let folder = folder();
    for i in 0..30 {
        let path = folder.path().join(format!("picture-{i}.png"));
        std::fs::write(path, b"no picture").expect("a file is written");
    }
    let made = bytes(&fonts(folder.path()), &options(Kind::Bare, Split::Train));
    assert!(!made.is_empty());
}

#[test]
fn shades_leave_ink_room() {
    let photo = Arc::new(Photo::new(stripes(4)));
    let mut dice = Dice::new(9, 0);
    for _ in 0..50 {
        let ground = Ground::of_photo(Piece::any(&mut dice, photo.clone()), [448.0; 2]);
        let seen = ground.under([40.0, 40.0, 400.0, 90.0], [448.0; 2]);
        let shaded = seen.shade(&mut dice, 105.0).over(&seen);
        let [dark, light] = shaded.luma;
        assert!(light - dark <= 105.5, "{dark} to {light}");
        let ink = foveate_datasets::canvas::luma(shaded.ink(&mut dice));
        assert!(
            ink <= dark - 40.0 || ink >= light + 40.0,
            "{ink} on {dark} to {light}"
        );
    }
}
