//! What the generator promises: the same seed gives the same pictures, text and glyphs correspond,
//! fields are spelt by their glyphs, splits share nothing. Only the kept fonts are used, so that it
//! holds on every machine.

use foveate_datasets::canvas::Canvas;
use foveate_datasets::fonts::{Fonts, Split};
use foveate_datasets::pen::Pen;
use foveate_datasets::record::Truth;
use foveate_datasets::scene::{Scene, Style};
use foveate_datasets::stream::{self, Kind, Options};
use foveate_datasets::warp::Warp;
use std::collections::HashSet;
use std::rc::Rc;

const KINDS: [Kind; 8] = [
    Kind::Crops,
    Kind::Flyers,
    Kind::Flyercrops,
    Kind::Pages,
    Kind::SmallPrint,
    Kind::Cards,
    Kind::Mix,
    Kind::Closer,
];

fn options(kind: Kind, split: Split) -> Options {
    Options {
        kind,
        split,
        seed: 11,
        size: 448,
        count: Some(8),
        threads: 1,
        pixels: false,
        photographed: 0.5,
    }
}

fn truths(kind: Kind, split: Split, indices: std::ops::Range<u64>) -> Vec<Truth> {
    let (fonts, mut pen) = (Fonts::kept(), Pen::default());
    indices
        .flat_map(|i| stream::samples(&fonts, &options(kind, split), i, &mut pen))
        .map(|s| s.0)
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_with_any_number_of_threads() {
    let fonts = Fonts::kept();
    for kind in KINDS {
        let bytes = |threads| {
            let mut out = Vec::new();
            let options = Options {
                threads,
                pixels: true,
                ..options(kind, Split::Train)
            };
            stream::write(&fonts, &options, &mut out).expect("writing to memory");
            out
        };
        assert!(bytes(1) == bytes(3), "{kind:?}");
    }
}

#[test]
fn placing_alone_gives_the_same_truth_as_drawing() {
    let (fonts, mut pen) = (Fonts::kept(), Pen::default());
    let drawn = Options {
        pixels: true,
        ..options(Kind::Flyers, Split::Train)
    };
    for index in 0..4 {
        let (truth, canvas) = stream::samples(&fonts, &drawn, index, &mut pen).remove(0);
        assert_eq!(
            canvas.map(|c| c.data.len()),
            Some(truth.size[0] * truth.size[1] * 3)
        );
        assert_eq!(
            truth,
            stream::samples(
                &fonts,
                &options(Kind::Flyers, Split::Train),
                index,
                &mut pen
            )
            .remove(0)
            .0
        );
    }
}

#[test]
fn text_and_glyphs_correspond_one_to_one() {
    for kind in KINDS {
        for truth in truths(kind, Split::Train, 0..12) {
            let printed: Vec<char> = truth.text.chars().filter(|c| !c.is_whitespace()).collect();
            let glyphs: Vec<char> = truth.glyphs.iter().map(|g| g.ch).collect();
            assert_eq!(printed, glyphs);
            assert_eq!(
                truth.text,
                truth
                    .lines
                    .iter()
                    .map(|l| l.text.as_str())
                    .collect::<Vec<_>>()
                    .join("\n")
            );
            for (i, line) in truth.lines.iter().enumerate() {
                let [from, to] = line.glyphs;
                assert!(truth.glyphs[from..to].iter().all(|g| g.line as usize == i));
                assert_eq!(
                    line.text,
                    line.text.split_whitespace().collect::<Vec<_>>().join(" ")
                );
            }
        }
    }
}

#[test]
fn glyphs_lie_in_the_picture_and_in_their_lines() {
    for truth in truths(Kind::Mix, Split::Train, 0..3) {
        for glyph in &truth.glyphs {
            let [l, t, r, b] = truth.lines[glyph.line as usize].area;
            assert!(
                glyph.cx >= 0.0
                    && glyph.cx < truth.size[0] as f32
                    && glyph.cy >= 0.0
                    && glyph.cy < truth.size[1] as f32
            );
            assert!(l <= glyph.cx && glyph.cx <= r && t <= glyph.cy && glyph.cy <= b);
            assert!(
                glyph.w > 0.0 && glyph.h > 1.0 && glyph.angle.abs() < 0.6,
                "{glyph:?}"
            );
        }
    }
}

#[test]
fn fields_are_spelt_by_their_glyphs() {
    let flyers = truths(Kind::Flyers, Split::Train, 0..200);
    for truth in &flyers {
        assert!(truth.fields.contains_key("title"), "{}", truth.text);
        spelt(truth);
    }
    let share = |name: &str| {
        flyers
            .iter()
            .filter(|t| t.fields.contains_key(name))
            .count()
            * 100
            / flyers.len()
    };
    assert!(share("date") > 93 && share("start") > 90 && share("venue") > 90);
}

/// Every field's glyphs spell its text.
fn spelt(truth: &Truth) {
    for (name, field) in &truth.fields {
        let glyphs = field.glyphs.iter().flat_map(|r| &truth.glyphs[r[0]..r[1]]);
        let spelt: String = glyphs.map(|g| g.ch).collect();
        assert_eq!(spelt, field.text.replace(' ', ""), "{name}");
        assert!(!field.value.is_empty());
    }
}

#[test]
fn cards_tell_who_somebody_is_and_how_to_reach_them() {
    let cards = truths(Kind::Cards, Split::Train, 0..200);
    for truth in &cards {
        assert!(truth.kind == "card" && truth.glyphs.len() < 400);
        spelt(truth);
        if let Some(email) = truth.fields.get("email") {
            assert!(email.text.contains('@'), "{}", email.text);
        }
    }
    for (name, least) in [
        ("name", 190),
        ("job", 150),
        ("company", 150),
        ("phone", 150),
        ("email", 150),
        ("website", 110),
        ("address", 120),
    ] {
        let found = cards.iter().filter(|t| t.fields.contains_key(name)).count();
        assert!(
            found >= least && (name == "name" || found < 200),
            "{name}: {found}"
        );
    }
}

#[test]
fn splits_share_neither_families_nor_all_layouts() {
    let fonts = Fonts::kept();
    let keys = |split| {
        fonts
            .families(split)
            .iter()
            .map(|f| f.key.clone())
            .collect::<HashSet<_>>()
    };
    assert!(!keys(Split::Train).is_empty() && !keys(Split::Test).is_empty());
    assert!(keys(Split::Train).is_disjoint(&keys(Split::Test)));
    let layouts = |split| {
        truths(Kind::Flyers, split, 0..120)
            .iter()
            .map(|t| t.layout)
            .collect::<HashSet<_>>()
    };
    let (train, test) = (layouts(Split::Train), layouts(Split::Test));
    for held_out in ["sidebar", "grid_foot", "newspaper"] {
        assert!(test.contains(held_out) && !train.contains(held_out));
    }
}

#[test]
fn records_follow_the_format() {
    let mut out = Vec::new();
    stream::write(
        &Fonts::kept(),
        &Options {
            count: Some(1),
            pixels: true,
            ..options(Kind::Crops, Split::Train)
        },
        &mut out,
    )
    .expect("writing to memory");
    let word =
        |at: usize| u32::from_le_bytes(out[at..at + 4].try_into().expect("four bytes")) as usize;
    assert_eq!(&out[..4], b"FVR1");
    let (json_len, n_glyphs, width, height) = (word(4), word(8), word(12), word(16));
    assert_eq!(
        out.len(),
        20 + json_len + n_glyphs * 28 + width * height * 3
    );
    let json: serde_json::Value = serde_json::from_slice(&out[20..20 + json_len]).expect("JSON");
    assert_eq!(json["kind"], "crop");
    let first = char::from_u32(word(20 + json_len) as u32).expect("a character");
    assert!(json["text"].as_str().is_some_and(|t| t.starts_with(first)));
}

#[test]
fn ink_lies_where_it_is_drawn() {
    let fonts = Fonts::kept();
    let face = fonts.families(Split::Train)[0].faces()[0];
    let style = Rc::new(Style {
        face,
        em: 40.0,
        stretch: 1.0,
        shear: 0.0,
        tracking: 0.1,
        bold: 0.02,
        screen: None,
        color: [0; 3],
        opacity: 1.0,
        behind: None,
    });
    let warp = Warp::scale_shift(1.5, [3.0, 2.0]);
    for ch in ["g", "O", "J", "8"] {
        let mut scene = Scene::default();
        scene.put(&style, ch, 20.0, 60.0);
        let mut canvas = Canvas::new(200, 200);
        canvas.data.fill(255);
        scene.draw(&warp, &mut canvas, &mut Pen::default());
        let dark = |i: &usize| canvas.data[3 * i] < 128;
        let places = (0..200 * 200).filter(dark).map(|i| [i % 200, i / 200]);
        let drawn = places.fold([200, 200, 0, 0], |[l, t, r, b], [x, y]| {
            [x.min(l), y.min(t), r.max(x + 1), b.max(y + 1)]
        });
        let (truth, _) = Truth::of_scene(&scene, &warp, [200; 2]);
        let ink = truth.inks[0];
        let far = |(a, b): (f32, usize)| (a - b as f32).abs() > 1.0;
        assert!(
            !ink.into_iter().zip(drawn).any(far),
            "{ch}: {ink:?}, drawn {drawn:?}"
        );
    }
}

#[test]
fn small_print_has_letters_of_ten_to_sixteen_pixels() {
    let (fonts, mut pen) = (Fonts::kept(), Pen::default());
    let options = Options {
        size: 1344,
        ..options(Kind::SmallPrint, Split::Test)
    };
    let mut letters = 0;
    for index in 0..12 {
        for (truth, _) in stream::samples(&fonts, &options, index, &mut pen) {
            let longer = truth.size.iter().max();
            assert!(truth.photographed || longer == Some(&1344), "{longer:?}");
            let [least, most] = [f32::min, f32::max]
                .map(|pick| truth.glyphs.iter().map(|g| g.h).reduce(pick).unwrap());
            // In a photograph the farther side of the page is smaller.
            let within = if truth.photographed {
                9.2..17.4
            } else {
                9.9..16.1
            };
            let fits = within.contains(&least) && within.contains(&most);
            assert!(fits, "{least} to {most} px");
            assert!(
                (100..1200).contains(&truth.glyphs.len()),
                "{}",
                truth.glyphs.len()
            );
            letters += truth.glyphs.len();
        }
    }
    assert!(letters > 12 * 300, "{letters}");
}
