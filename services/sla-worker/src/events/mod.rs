//! What the SLA worker hears.

mod r#in;

pub use r#in::SlaWorker;
