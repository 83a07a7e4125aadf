//! What the running desk tells of itself: traces, metrics, logs.

mod alerts;
mod logs;
mod metrics;
mod promql;
mod traces;
mod with_promtool;
