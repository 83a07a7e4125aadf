//! `/admin/projects/{id}/agents`.

pub mod assign;
pub mod remove;
