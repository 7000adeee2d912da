//! The names that fields had in most of training.
use super::rules::MISSING;
use std::collections::HashSet;

/// Names of fields that the decoder knows; of others it leaves too little out.
pub(super) struct Taught(Option<HashSet<String>>);

impl Taught {
    /// Names joined by commas; without any list every name is as good as taught.
    pub(super) fn parse(names: Option<&str>) -> Self {
        Self(names.map(|names| names.split(',').map(plain).collect()))
    }

    /// The logit bias of `null` for a property of this name.
    pub(super) fn missing(&self, name: &str) -> f32 {
        match &self.0 {
            Some(names) if !names.contains(&plain(name)) => MISSING,
            _ => 0.0,
        }
    }
}

/// A name without what the ways to write it differ in: `start_time`, `startTime`, `Start time`.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_were_taught_have_no_bias_however_they_are_written() {
        let taught = Taught::parse(Some("starttime,title"));
        let bias = ["title", "startTime", "Start time", "commences"].map(|n| taught.missing(n));
        assert_eq!(bias, [0.0, 0.0, 0.0, MISSING]);
        assert!(Taught::parse(None).missing("commences").abs() < f32::EPSILON);
    }
}
