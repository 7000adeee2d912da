//! Which tokens may come next: the rule itself, JSON Schema as such a rule, and the shortest valid way to its end.
mod closing;
mod constraint;
mod json;
mod schema;

pub use constraint::{Commit, Constraint};
pub use json::{Grammars, JsonConstraint};
pub use schema::Schema;
