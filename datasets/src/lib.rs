//! Part of foveate.
