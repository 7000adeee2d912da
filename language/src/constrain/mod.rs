//! Which tokens may come next: the rule itself, JSON Schema as such a rule, and the shortest valid
//! way to its end.
mod closing;
mod constraint;
mod grammars;
mod json;
mod partial;
mod rules;
pub(crate) mod scan;
mod schema;

pub use constraint::{Commit, Constraint};
pub use grammars::Grammars;
pub use json::JsonConstraint;
pub use partial::complete_part;
pub use schema::Schema;
