//! foveate
