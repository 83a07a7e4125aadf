//! What a report is asked for.

use desk_http::fields::Day;
use garde::Validate;
use serde::Deserialize;
use time::Date;
use utoipa::IntoParams;

use super::answer::Format;
use crate::{App, domain::range};

/// Which tickets, and how to answer.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// The first UTC day; 29 days before the last unless given.
    #[garde(skip)]
    pub(super) from: Option<Day>,
    /// The last UTC day; today unless given.
    #[garde(custom(not_before(self.from)))]
    pub(super) to: Option<Day>,
    /// This project alone.
    #[garde(inner(range(min = 1)))]
    #[param(minimum = 1)]
    pub(super) project_id: Option<i64>,
    /// `json` or `csv`; `Accept: text/csv` asks for CSV, too.
    #[garde(skip)]
    #[param(inline)]
    pub(super) format: Option<Format>,
}

impl Filter {
    /// The first and the last day.
    pub(super) fn days(&self, app: &App) -> (Date, Date) {
        let today = app.gatekeeper.clock.now().date();
        range(self.from.map(|day| day.0), self.to.map(|day| day.0), today)
    }
}

/// A range's last day is not before its first.
pub(super) fn not_before(from: Option<Day>) -> impl FnOnce(&Option<Day>, &()) -> garde::Result {
    move |to, ()| match (from, to) {
        (Some(from), Some(to)) if *to < from => Err(garde::Error::new("must not be before from")),
        _ => Ok(()),
    }
}
