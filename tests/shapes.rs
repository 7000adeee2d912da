//! Pictures that are not as flyers are: on their side, upside down, far taller than wide, blank.
use foveate::{Image, Model};
use std::path::Path;

fn jazz() -> (Model, Image) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let model = Model::load(root.join("models/nano")).unwrap();
    (
        model,
        Image::open(root.join("examples/flyers/jazz.png")).unwrap(),
    )
}

#[test]
fn a_picture_on_its_side_reads_as_it_stands() {
    let (model, image) = jazz();
    let upright = model.ocr(&image).unwrap();
    for quarters in 1..4 {
        let turned = image.pixels().turned(quarters);
        let size = [turned.width(), turned.height()].map(f64::from);
        let stored = Image::from_rgb(turned.width(), turned.height(), turned.rgb().to_vec());
        let reading = model.ocr(&stored.unwrap()).unwrap();
        assert_eq!(reading.text, upright.text, "{quarters} quarters");
        // Boxes are those of the picture as it is stored.
        let title = reading.lines[1].region.as_ref().unwrap().rect;
        assert!(title.x1 <= size[0] && title.y1 <= size[1]);
        assert_eq!(title.y1 - title.y0 > title.x1 - title.x0, quarters % 2 == 1);
    }
}

#[test]
fn a_blank_picture_has_no_answer() {
    let (model, _) = jazz();
    let grey = Image::from_rgb(400, 300, vec![128; 400 * 300 * 3]).unwrap();
    let answer = model.ask(&grey, "What does it say?").unwrap();
    assert_eq!((&*answer.text, answer.found), ("", false));
    assert_eq!(answer.region, None);
}

/// Nine flyers, one below the other: on one square canvas their print would have a few pixels.
#[test]
fn a_tall_picture_is_read_to_its_end() {
    let (model, image) = jazz();
    let one = image.pixels();
    let rgb = one.rgb().repeat(9);
    let tall = Image::from_rgb(one.width(), 9 * one.height(), rgb).unwrap();
    let reading = model.ocr(&tall).unwrap();
    let times = |text: &str| {
        reading
            .lines
            .iter()
            .filter(|line| line.text == text)
            .count()
    };
    assert_eq!(times("Riverside Hall"), 9, "{}", reading.text);
    assert!(
        reading
            .lines
            .last()
            .unwrap()
            .region
            .as_ref()
            .unwrap()
            .rect
            .y1
            > 8.0 * f64::from(one.height())
    );
}

/// Nine flyers as three rows of three: more print than the decoder is shown, and too small for the
/// usual views.
#[test]
fn a_crowded_picture_is_read_to_its_end() {
    let (model, image) = jazz();
    let one = image.pixels();
    let rows = one.rgb().chunks_exact(3 * one.width() as usize);
    let three: Vec<u8> = rows.flat_map(|row| row.repeat(3)).collect();
    let nine = Image::from_rgb(3 * one.width(), 3 * one.height(), three.repeat(3)).unwrap();
    let reading = model.ocr(&nine).unwrap();
    let halls = reading.text.matches("Riverside Hall").count();
    let letters = reading.text.chars().filter(|c| !c.is_whitespace()).count();
    assert!(
        letters > 1200 && halls >= 7,
        "{letters}, {halls}: {}",
        reading.text
    );
}
