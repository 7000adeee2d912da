//! Flyer generator, metrics and evaluation.
fn main() {}
