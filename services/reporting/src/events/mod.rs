//! What reporting hears. It says nothing.

mod r#in;

pub use r#in::Reporting;
