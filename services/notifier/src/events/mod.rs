//! What the notifier hears. It says nothing.

mod r#in;

pub use r#in::Notifier;
