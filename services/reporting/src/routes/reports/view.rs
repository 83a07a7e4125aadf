//! What a caller may see of what was asked for.

use axum::http::HeaderMap;
use desk_events::Role;
use desk_http::{Allowed, Error, Result};
use desk_identity::can::ViewReports;
use time::OffsetDateTime;

use super::{
    answer::{Answer, Format},
    query::Filter,
    sheet::Sheet,
};
use crate::{
    App,
    store::{projects, reports::Slice},
};

/// A report's frame.
#[derive(Debug)]
pub(super) struct View {
    /// Which facts it is over.
    pub(super) slice: Slice,
    /// The caller, where only the caller's own row is to be seen.
    pub(super) only_agent: Option<i64>,
    format: Format,
    as_of: OffsetDateTime,
}

impl View {
    /// Looks up what the caller may see: admins everything, agents their projects.
    ///
    /// # Errors
    /// 404 for a project that there is not, or that is not the caller's.
    pub(super) async fn open(
        app: &App,
        who: &Allowed<ViewReports>,
        filter: &Filter,
        headers: &HeaderMap,
    ) -> Result<Self> {
        // Before the facts are read: later ones may be in as well, earlier ones are.
        let as_of = app.freshness.as_of();
        let agent = (who.user.role == Role::Agent).then_some(who.user.id);
        let (from, to) = filter.days(app);
        let projects = visible(app, agent, filter.project_id).await?;
        Ok(Self {
            slice: Slice { from, to, projects },
            only_agent: agent,
            format: Format::wanted(filter.format, headers),
            as_of,
        })
    }

    /// The report as it was asked for.
    pub(super) fn answer<T: Sheet>(self, report: T) -> Answer<T> {
        Answer {
            report,
            format: self.format,
            as_of: self.as_of,
        }
    }
}

/// The projects that a report is over; none: all.
async fn visible(
    app: &App,
    agent: Option<i64>,
    project_id: Option<i64>,
) -> Result<Option<Vec<i64>>> {
    let own = match agent {
        Some(agent) => Some(projects::of_agent(&app.db, agent).await?),
        None => None,
    };
    match (own, project_id) {
        (own, None) => Ok(own),
        (Some(own), Some(id)) if own.contains(&id) => Ok(Some(vec![id])),
        (None, Some(id)) if projects::exists(&app.db, id).await? => Ok(Some(vec![id])),
        _ => Err(Error::NotFound),
    }
}
