use std::fmt;

/// Something about a file that its user may want to know, though it could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The EXIF block is broken, so the picture stands as it was stored; the text says what is
    /// wrong with the block.
    BrokenExif(String),
    /// The file ends before its picture does. What is missing is grey.
    CutOff,
    /// Some of the picture's data is damaged, and parts of it may be grey or wrong; the text says
    /// what was found.
    Damaged(String),
    /// A file of several pages, of which one was read.
    Pages {
        /// The page that was read, from 1. Pages that are thumbnails are passed over.
        read: usize,
        /// How many there are.
        of: usize,
    },
    /// An animation, of which one frame was read.
    Frames {
        /// The frame that was read, from 1: the first that is not blank.
        read: usize,
        /// How many there are.
        of: usize,
    },
    /// A colour profile, by its name, that was not applied: the picture is taken for sRGB.
    IgnoredProfile(String),
}

impl Note {
    /// Whether something is wrong with the file, so that part of its picture may be missing or
    /// false. The other notes say that sound parts of it were passed over.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::BrokenExif(_) | Self::CutOff | Self::Damaged(_))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BrokenExif(what) => {
                write!(f, "the EXIF block is broken and was ignored: it {what}")
            }
            Self::CutOff => f.write_str("the file is cut off; what is missing is grey"),
            Self::Damaged(what) => write!(f, "the file is damaged: {what}"),
            Self::Pages { read, of } => write!(f, "page {read} of {of} was read"),
            Self::Frames { read, of } => write!(f, "frame {read} of {of} was read"),
            Self::IgnoredProfile(name) => {
                write!(f, "the colour profile `{name}` was not applied")
            }
        }
    }
}
