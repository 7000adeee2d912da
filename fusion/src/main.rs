//! foveate
fn main() {}
