//! `PUT /tickets/{id}`.

use axum::extract::State;
use desk_events::{Priority, Role, Status};
use desk_http::{
    Allowed, Error, Patch, Path, Result, Valid, fields,
    openapi::{ErrorBody, PriorityWord},
};
use desk_identity::can::ViewOwnTickets;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::Whole;
use crate::{
    App,
    domain::{Refused, Ticket, update},
    filing,
    routes::{precondition::IfMatch, refuse},
    store::configuration::Configuration,
};

/// What to change; absent fields stay.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct UpdateTicket {
    /// At most 255 characters.
    #[serde(default, deserialize_with = "fields::not_null")]
    #[garde(inner(length(chars, min = 1, max = 255)))]
    #[schema(min_length = 1, max_length = 255, nullable = false)]
    subject: Option<String>,
    /// At most 65,535 characters.
    #[serde(default, deserialize_with = "fields::not_null")]
    #[garde(inner(length(chars, min = 1, max = 65_535)))]
    #[schema(min_length = 1, max_length = 65_535, nullable = false)]
    description: Option<String>,
    /// A category's id, or null; staff only.
    #[serde(default)]
    #[garde(inner(range(min = 1)))]
    #[schema(value_type = Option<i64>, minimum = 1)]
    category_id: Patch<i64>,
    /// A new priority; staff only. Due times are computed again.
    #[serde(default, deserialize_with = "fields::not_null")]
    #[garde(skip)]
    #[schema(value_type = Option<PriorityWord>, nullable = false)]
    priority: Option<Priority>,
    /// Ids of at most 50 tags, in place of the old ones; staff only.
    #[serde(default, deserialize_with = "fields::not_null")]
    #[garde(inner(length(max = 50), inner(range(min = 1))))]
    #[schema(max_items = 50, nullable = false)]
    tags: Option<Vec<i64>>,
}

impl UpdateTicket {
    const fn is_for_staff(&self) -> bool {
        self.category_id.is_mentioned() || self.priority.is_some() || self.tags.is_some()
    }

    /// The wanted change, its ids checked.
    fn wanted(self, ticket: &Ticket, configuration: &Configuration) -> Result<update::Update> {
        let category = self
            .category_id
            .set()
            .copied()
            .filter(|id| ticket.category_id != Some(*id));
        let new_tags: Vec<i64> = self.tags.iter().flatten().copied().collect();
        let new_tags: Vec<i64> = new_tags
            .into_iter()
            .filter(|id| !ticket.tags.contains(id))
            .collect();
        filing::check(configuration, category, &new_tags)?;
        let priority = self.priority.map(|priority| {
            (
                priority,
                configuration.policy(ticket.project_id, priority).cloned(),
            )
        });
        Ok(update::Update {
            subject: self.subject,
            description: self.description,
            category: match self.category_id {
                Patch::Absent => None,
                Patch::Clear => Some(update::Category::Nothing),
                Patch::Set(id) => Some(update::Category::Is(id)),
            },
            priority,
            tags: self.tags,
        })
    }
}

/// Changes a ticket; a customer may change subject and description while it is open.
#[utoipa::path(
    method(put, patch), path = "/tickets/{id}", tag = "Tickets", operation_id = "update_ticket",
    params(
        ("id" = i64, Path, description = "Ticket id"),
        ("If-Match" = Option<String>, Header, description = "The version it is meant for"),
    ),
    request_body = UpdateTicket,
    responses(
        (status = 200, description = "The ticket", body = Whole,
         headers(("ETag" = String, description = "The ticket's version, for `If-Match`"))),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "A field that is for staff", body = ErrorBody),
        (status = 404, description = "Not there, or out of scope", body = ErrorBody),
        (status = 409, description = "Changed meanwhile, or no longer open", body = ErrorBody),
        (status = 422, description = "A bad field", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("view_own_tickets")))
)]
pub async fn update(
    State(app): State<App>,
    who: Allowed<ViewOwnTickets>,
    Path(id): Path<i64>,
    if_match: IfMatch,
    Valid(body): Valid<UpdateTicket>,
) -> Result<Whole> {
    let is_customer = who.user.role == Role::Customer;
    if is_customer && body.is_for_staff() {
        return Err(Error::FORBIDDEN);
    }
    let scope = app.scope(&who.user).await?;
    let mut tx = app.db.begin().await?;
    let ticket = super::lock(&mut tx, id, &scope).await?;
    let configuration = app.configuration.current(&mut tx).await?;
    let wanted = body.wanted(&ticket, &configuration)?;
    if_match.check(ticket.version)?;
    if is_customer && ticket.status != Status::Open {
        return Err(refuse(Refused::NotOpen));
    }
    let now = ticket.moment(app.clock.now());
    let write = update::update(&ticket, wanted, who.user.actor(), now);
    super::finish(&app, tx, write, &scope).await
}
