//! Every metric is described, and everything described is told somewhere.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod metrics;
