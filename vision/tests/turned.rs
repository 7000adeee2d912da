//! Pictures turned by quarters: their pixels, and the way back to the stored ones.
use foveate_vision::{Orientation, Pixels};

/// 3 wide, 2 high; each pixel has its number as its red.
fn numbered() -> Pixels {
    let rgb = (0..6).flat_map(|n| [n, 0, 0]).collect();
    Pixels::from_rgb(3, 2, rgb).unwrap()
}

fn reds(pixels: &Pixels) -> Vec<u8> {
    pixels.rgb().chunks(3).map(|pixel| pixel[0]).collect()
}

#[test]
fn quarters_go_clockwise_and_four_are_none() {
    let pixels = numbered();
    let turned = pixels.turned(1);
    assert_eq!([turned.width(), turned.height()], [2, 3]);
    assert_eq!(reds(&turned), [3, 0, 4, 1, 5, 2]);
    assert_eq!(turned.orientation(), Orientation::Rotate90);
    assert_eq!(turned.stored_size(), [3, 2]);
    assert_eq!(reds(&pixels.turned(2)), [5, 4, 3, 2, 1, 0]);
    assert_eq!(pixels.turned(4), pixels);
    assert_eq!(pixels.turned(1).turned(3), pixels);
}
