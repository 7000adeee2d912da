/// How a stored picture is turned to stand upright, by the numbers of EXIF tag 0x0112
/// (CIPA DC-008, *Exif 2.32*, 4.6.4 A).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Orientation {
    /// 1: as it is.
    #[default]
    Upright = 1,
    /// 2: mirrored left to right.
    FlipHorizontal = 2,
    /// 3: turned by half.
    Rotate180 = 3,
    /// 4: mirrored top to bottom.
    FlipVertical = 4,
    /// 5: mirrored at the falling diagonal.
    Transpose = 5,
    /// 6: turned clockwise by a quarter.
    Rotate90 = 6,
    /// 7: mirrored at the rising diagonal.
    Transverse = 7,
    /// 8: turned anticlockwise by a quarter.
    Rotate270 = 8,
}

impl Orientation {
    /// All eight, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::Upright,
        Self::FlipHorizontal,
        Self::Rotate180,
        Self::FlipVertical,
        Self::Transpose,
        Self::Rotate90,
        Self::Transverse,
        Self::Rotate270,
    ];

    /// From EXIF's number, 1 to 8.
    pub fn from_exif(number: u16) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|orientation| *orientation as u16 == number)
    }

    /// The orientation of a picture of this one that is turned once more, by `turn`.
    #[must_use]
    pub fn then(self, turn: Self) -> Self {
        // Where two corners of a picture go says which of the eight it is.
        let (stored, corners) = ([2, 1], [[0.0, 0.0], [2.0, 0.0]]);
        let both = |at| turn.apply(self.apply(at, stored), self.size(stored));
        let same = |one: &Self| corners.map(|at| one.apply(at, stored)) == corners.map(both);
        Self::ALL.into_iter().find(same).unwrap_or_default()
    }

    /// The upright picture's width and height, of the stored one's.
    pub fn size(self, [width, height]: [u32; 2]) -> [u32; 2] {
        if self as u16 >= 5 {
            [height, width]
        } else {
            [width, height]
        }
    }

    /// Where a point of the stored picture is in the upright one. Pixel edges are at whole numbers,
    /// so that (0, 0) is the outer corner of the first pixel and (0.5, 0.5) its middle; `stored` is
    /// the stored width and height.
    pub fn apply(self, [x, y]: [f64; 2], stored: [u32; 2]) -> [f64; 2] {
        let [width, height] = stored.map(f64::from);
        match self {
            Self::Upright => [x, y],
            Self::FlipHorizontal => [width - x, y],
            Self::Rotate180 => [width - x, height - y],
            Self::FlipVertical => [x, height - y],
            Self::Transpose => [y, x],
            Self::Rotate90 => [height - y, x],
            Self::Transverse => [height - y, width - x],
            Self::Rotate270 => [y, width - x],
        }
    }

    /// The inverse of [`apply`](Self::apply): a point of the upright picture in the stored one.
    pub fn undo(self, [x, y]: [f64; 2], stored: [u32; 2]) -> [f64; 2] {
        let [width, height] = stored.map(f64::from);
        match self {
            Self::Rotate90 => [y, height - x],
            Self::Transverse => [width - y, height - x],
            Self::Rotate270 => [width - y, x],
            // The other five are their own inverses.
            _ => self.apply([x, y], stored),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_after_the_other_is_one() {
        use Orientation::{Rotate90, Rotate180, Rotate270, Upright};
        assert_eq!(Rotate90.then(Rotate90), Rotate180);
        assert_eq!(Rotate270.then(Rotate90), Upright);
        let (stored, at) = ([5, 3], [1.5, 2.5]);
        for first in Orientation::ALL {
            for then in Orientation::ALL {
                let both = then.apply(first.apply(at, stored), first.size(stored));
                assert_eq!(
                    first.then(then).apply(at, stored),
                    both,
                    "{first:?}, {then:?}"
                );
            }
        }
    }
}
