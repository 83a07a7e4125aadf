//! `GET /tickets`.

use axum::{Json, extract::State};
use desk_events::{Priority, Role, Status};
use desk_http::{
    Allowed, Error, Flag, Page, Paging, Query, Result,
    fields::DayOrMoment,
    openapi::{ErrorBody, PriorityWord, StatusWord},
    page::{MAX_PAGE, MAX_PER_PAGE},
};
use desk_identity::can::ViewOwnTickets;
use garde::Validate;
use serde::{Deserialize, Deserializer, de};
use sqlx::PgConnection;
use utoipa::IntoParams;

use super::{
    answer::{self, TicketRow},
    cursor,
};
use crate::{
    App,
    store::{
        configuration::Configuration,
        list::{Filter, List, Sort, SortKey},
    },
};

/// Which tickets, in which order.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Tickets {
    /// Page number, from 1.
    #[garde(inner(range(min = 1, max = MAX_PAGE)))]
    #[param(minimum = 1, maximum = 1_000_000)]
    page: Option<u32>,
    /// Rows a page.
    #[garde(inner(range(min = 1, max = MAX_PER_PAGE)))]
    #[param(minimum = 1, maximum = 100)]
    per_page: Option<u32>,
    /// `next_cursor` of the page before; goes before `page`.
    #[garde(inner(length(bytes, max = 500)))]
    cursor: Option<String>,
    /// Of this status.
    #[garde(skip)]
    #[param(inline, value_type = Option<StatusWord>)]
    status: Option<Status>,
    /// Of this priority.
    #[garde(skip)]
    #[param(inline, value_type = Option<PriorityWord>)]
    priority: Option<Priority>,
    /// Of this project; narrows what the caller sees.
    #[garde(inner(range(min = 1)))]
    #[param(minimum = 1)]
    project_id: Option<i64>,
    /// Assigned to this user.
    #[garde(inner(range(min = 1)))]
    #[param(minimum = 1)]
    assigned_to: Option<i64>,
    /// Assigned to nobody.
    #[garde(skip)]
    #[param(value_type = Option<bool>)]
    unassigned: Option<Flag>,
    /// With a breach of either deadline.
    #[garde(skip)]
    #[param(value_type = Option<bool>)]
    overdue: Option<Flag>,
    /// Substring of subject, number or customer e-mail; under three characters a prefix of
    /// number or e-mail.
    #[garde(inner(length(chars, min = 1, max = 200)))]
    #[param(min_length = 1, max_length = 200)]
    search: Option<String>,
    /// Of this category.
    #[garde(inner(range(min = 1)))]
    #[param(minimum = 1)]
    category_id: Option<i64>,
    /// With this tag, by id or name.
    #[garde(inner(length(chars, max = 255)))]
    #[param(max_length = 255)]
    tag: Option<String>,
    /// Of this customer.
    #[garde(inner(length(chars, max = 255)))]
    #[param(max_length = 255)]
    customer_email: Option<String>,
    /// Filed on this day or at this time, or later.
    #[garde(skip)]
    #[param(value_type = Option<String>)]
    created_from: Option<DayOrMoment>,
    /// Filed on this day or at this time, or before.
    #[garde(skip)]
    #[param(value_type = Option<String>)]
    created_to: Option<DayOrMoment>,
    /// `created_at`, `last_activity_at`, `priority` or `resolution_due_at`, with `-` for
    /// descending.
    #[garde(skip)]
    #[param(value_type = Option<String>)]
    sort: Option<SortWord>,
    /// The soft-deleted ones instead; admins only.
    #[garde(skip)]
    #[param(value_type = Option<bool>)]
    deleted: Option<Flag>,
}

/// `[-]created_at` and so on.
#[derive(Debug, Clone, Copy)]
struct SortWord(Sort);

impl<'de> Deserialize<'de> for SortWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const KEYS: [SortKey; 4] = [
            SortKey::CreatedAt,
            SortKey::LastActivityAt,
            SortKey::Priority,
            SortKey::ResolutionDueAt,
        ];
        let text = String::deserialize(deserializer)?;
        let bare = text.strip_prefix('-');
        let key = KEYS
            .into_iter()
            .find(|key| key.as_str() == bare.unwrap_or(&text));
        key.map(|key| Self(Sort { key, descending: bare.is_some() })).ok_or_else(|| {
            de::Error::custom(
                "must be created_at, last_activity_at, priority or resolution_due_at, perhaps with a -",
            )
        })
    }
}

impl Tickets {
    fn filter(&self, configuration: &Configuration) -> Filter {
        Filter {
            status: self.status,
            priority: self.priority,
            project_id: self.project_id,
            assigned_to: self.assigned_to,
            unassigned: self.unassigned.map(|flag| flag.0),
            overdue: self.overdue.map(|flag| flag.0),
            search: self.search.clone(),
            category_id: self.category_id,
            tags: self
                .tag
                .as_deref()
                .map(|tag| configuration.tags_called(tag)),
            customer_email: self
                .customer_email
                .as_ref()
                .map(|email| email.to_lowercase()),
            created_from: self.created_from.map(DayOrMoment::start),
            created_to: self.created_to.map(DayOrMoment::end),
            deleted: self.deleted.is_some_and(|flag| flag.0),
        }
    }
}

/// The tickets that the caller sees, a page at a time.
#[utoipa::path(
    get, path = "/tickets", tag = "Tickets", operation_id = "list_tickets",
    params(Tickets),
    responses(
        (status = 200, description = "A page of tickets", body = Page<TicketRow>),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Deleted tickets are for admins", body = ErrorBody),
        (status = 422, description = "A bad filter", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("view_own_tickets")))
)]
pub async fn list(
    State(app): State<App>,
    who: Allowed<ViewOwnTickets>,
    Query(query): Query<Tickets>,
) -> Result<Json<Page<TicketRow>>> {
    if query.deleted == Some(Flag(true)) && !Role::is_admin(who.user.role) {
        return Err(Error::FORBIDDEN);
    }
    let scope = app.scope(&who.user).await?;
    let sort = query.sort.map_or(Sort::NEWEST, |word| word.0);
    let paging = Paging::new(query.page, query.per_page);
    let window = cursor::window(query.cursor.as_deref(), sort, paging)?;
    let mut conn = app.db.acquire().await?;
    let filter = query.filter(&*configuration(&app, &mut conn, &query).await?);
    let list = List::new(&mut conn, &scope, &filter).await?;
    let (total, found) = list.read(&mut conn, &app.frequent, sort, window).await?;
    let rows = answer::rows(&mut conn, &found.ids, &scope).await?;
    let next = found
        .next
        .map(|position| cursor::write(sort, position))
        .transpose()?;
    let mut page = Page::new(rows, total.count, paging).with_next(next);
    page.total_capped = total.capped;
    Ok(Json(page))
}

/// Tags are looked up by name; other filters need nothing.
async fn configuration(
    app: &App,
    conn: &mut PgConnection,
    query: &Tickets,
) -> Result<std::sync::Arc<Configuration>> {
    if query.tag.is_some() {
        Ok(app.configuration.current(conn).await?)
    } else {
        Ok(app.configuration.known())
    }
}
