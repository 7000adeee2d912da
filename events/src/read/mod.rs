//! A grammar of dates and times: text is cut into tokens, each with every reading it may have; a
//! phrase is the parse that explains most of it at least cost; what is not explained is returned.
mod bare;
mod clock;
mod cover;
mod days;
mod explained;
mod figures;
mod labels;
mod meaning;
mod mended;
mod nth;
mod numbers;
mod partial;
pub(crate) mod place;
mod resolve;
mod said;
mod spans;
mod spelled;
mod sure;
mod text;
pub(crate) mod tokens;
pub(crate) mod words;

pub(crate) use said::{read, stated, tells_an_hour};

#[cfg(test)]
mod tests;
