//! `GET` and `POST /tickets/{id}/messages`.

use axum::{Json, extract::State, http::StatusCode};
use desk_events::MessageKind;
use desk_http::{
    Allowed, Error, Page, Paging, Path, Query, Result, SignedIn,
    openapi::{ErrorBody, MessageKindWord},
    page::{MAX_PAGE, MAX_PER_PAGE, decode_cursor, encode_cursor},
};
use desk_identity::can::{ReplyToTickets, ViewOwnTickets};
use garde::Validate;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::{IntoParams, ToSchema};

use super::answer::{self, MessageBody};
use crate::{
    App,
    domain::{
        Scope, Ticket,
        reply::{self, Draft},
        status::Side,
    },
    files::Upload,
    routes::{
        form::{Form, Submitted},
        once::{Answer, Begun, IdempotencyKey},
        precondition::IfMatch,
        refuse,
    },
    store::{
        attachments,
        messages::{self, Window},
        tickets,
    },
};

/// Which page of the messages.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Messages {
    /// Page number, from 1.
    #[garde(inner(range(min = 1, max = MAX_PAGE)))]
    #[param(minimum = 1, maximum = 1_000_000)]
    page: Option<u32>,
    /// Rows a page.
    #[garde(inner(range(min = 1, max = MAX_PER_PAGE)))]
    #[param(minimum = 1, maximum = 100)]
    per_page: Option<u32>,
    /// `next_cursor` of the page before; goes before `page`.
    #[garde(inner(length(bytes, max = 200)))]
    cursor: Option<String>,
}

/// A ticket's messages, oldest first; notes for staff only.
#[utoipa::path(
    get, path = "/tickets/{id}/messages", tag = "Tickets", operation_id = "list_ticket_messages",
    params(("id" = i64, Path, description = "Ticket id"), Messages),
    responses(
        (status = 200, description = "A page of messages", body = Page<MessageBody>),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 404, description = "Not there, or out of scope", body = ErrorBody),
        (status = 422, description = "No such page", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("view_own_tickets")))
)]
pub async fn list(
    State(app): State<App>,
    who: Allowed<ViewOwnTickets>,
    Path(id): Path<i64>,
    Query(query): Query<Messages>,
) -> Result<Json<Page<MessageBody>>> {
    let paging = Paging::new(query.page, query.per_page);
    let after: Option<i64> = query.cursor.as_deref().map(decode_cursor).transpose()?;
    let scope = app.scope(&who.user).await?;
    let notes = scope.sees_notes();
    let mut conn = app.db.acquire().await?;
    if !tickets::visible(&mut conn, id, &scope).await? {
        return Err(Error::NotFound);
    }
    let total = messages::count(&mut conn, id, notes).await?;
    let offset = if after.is_some() { 0 } else { paging.offset() };
    let window = Window {
        notes,
        after,
        offset,
        limit: paging.per_page + 1,
    };
    let mut found = messages::page(&mut conn, id, window).await?;
    let full = usize::try_from(paging.per_page).unwrap_or(usize::MAX);
    let more = found.len() > full;
    found.truncate(full);
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| encode_cursor(&last.id))
        .transpose()?;
    let rows = answer::with_files(&mut conn, found).await?;
    Ok(Json(Page::new(rows, total, paging).with_next(next)))
}

/// A message to write.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
pub struct CreateMessage {
    /// At most 65,535 characters.
    #[garde(required, inner(length(chars, min = 1, max = 65_535)))]
    #[schema(required, nullable = false, min_length = 1, max_length = 65_535)]
    body: Option<String>,
    /// `reply` unless told; `note` is for staff, and never seen by the customer.
    #[serde(rename = "type")]
    #[garde(skip)]
    #[schema(value_type = Option<MessageKindWord>)]
    kind: Option<MessageKind>,
}

impl Form for CreateMessage {}

/// A message to write, with files.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only describes the form")]
pub struct CreateMessageForm {
    #[schema(inline)]
    #[serde(flatten)]
    message: CreateMessage,
    /// At most 10 files of at most 10,485,760 bytes.
    #[schema(value_type = Vec<String>, format = Binary)]
    #[serde(rename = "attachments[]", default)]
    attachments: Vec<Vec<u8>>,
}

/// A new message, wrapped.
#[derive(Debug, Serialize, ToSchema)]
pub struct WrappedMessage {
    /// The message.
    message: MessageBody,
}

/// Writes a reply or a note.
#[utoipa::path(
    post, path = "/tickets/{id}/messages", tag = "Tickets", operation_id = "add_ticket_message",
    params(
        ("id" = i64, Path, description = "Ticket id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key, the same answer"),
        ("If-Match" = Option<String>, Header, description = "The version it is meant for"),
    ),
    request_body(content(
        (CreateMessage = "application/json"),
        (CreateMessageForm = "multipart/form-data"),
    )),
    responses(
        (status = 201, description = "The message", body = WrappedMessage,
         headers(("ETag" = String, description = "The ticket's version, for `If-Match`"))),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Notes are for staff", body = ErrorBody),
        (status = 404, description = "Not there, or out of scope", body = ErrorBody),
        (status = 409, description = "Closed, changed meanwhile, or still running", body = ErrorBody),
        (status = 413, description = "Too large", body = ErrorBody),
        (status = 422, description = "A bad field", body = ErrorBody),
        (status = 503, description = "The store of the files is out of reach", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("reply_to_tickets")))
)]
pub async fn create(
    State(app): State<App>,
    who: Allowed<ReplyToTickets>,
    Path(id): Path<i64>,
    key: IdempotencyKey,
    if_match: IfMatch,
    submitted: Submitted<CreateMessage>,
) -> Result<Answer> {
    let who = who.user;
    if submitted.body.kind == Some(MessageKind::Note) && !who.role.is_staff() {
        return Err(Error::FORBIDDEN);
    }
    let call = key.of(
        format!("user:{}", who.id),
        format!("POST /tickets/{id}/messages"),
        &submitted.signature(),
    )?;
    let scope = app.scope(&who).await?;
    let account = app
        .replica
        .user(who.id)
        .await?
        .ok_or(Error::UNAUTHENTICATED)?;
    let mut turn = match call.begin(&app).await? {
        Begun::Answered(answer) => return Ok(answer),
        Begun::Open(turn) => turn,
    };
    let author = Author {
        who,
        email: account.email,
        scope,
    };
    let Submitted { body, uploads } = submitted;
    let files = uploads.list();
    let outcome = add(&app, &mut turn.tx, id, &author, &if_match, body, files).await;
    if outcome.is_ok() {
        uploads.keep();
    }
    turn.end(&app, outcome).await
}

struct Author {
    who: SignedIn,
    email: String,
    scope: Scope,
}

async fn add(
    app: &App,
    conn: &mut PgConnection,
    id: i64,
    author: &Author,
    if_match: &IfMatch,
    body: CreateMessage,
    files: &[Upload],
) -> Result<Answer> {
    let ticket = super::lock(&mut *conn, id, &author.scope).await?;
    if_match.check(ticket.version)?;
    let draft = Draft {
        kind: body.kind.unwrap_or(MessageKind::Reply),
        body: body.body.unwrap_or_default(),
        side: side(author, &ticket),
        author_user_id: Some(author.who.id),
    };
    let now = ticket.moment(app.clock.now());
    let write = reply::add(&ticket, draft, author.who.actor(), now).map_err(refuse)?;
    let message_id = tickets::apply(&mut *conn, &write)
        .await?
        .ok_or(Error::NotFound)?;
    let message = messages::one(&mut *conn, id, message_id)
        .await?
        .ok_or(Error::NotFound)?;
    let files = if files.is_empty() {
        Vec::new()
    } else {
        attachments::insert(&mut *conn, id, Some(message_id), files, now).await?;
        let mut files = attachments::of_messages(conn, &[message_id]).await?;
        files.remove(&message_id).unwrap_or_default()
    };
    let wrapped = WrappedMessage {
        message: MessageBody::new(message, files),
    };
    Ok(Answer::new(StatusCode::CREATED, &wrapped)?.with_version(write.ticket.version))
}

/// Staff who filed the ticket for themselves are its customer.
fn side(author: &Author, ticket: &Ticket) -> Side {
    if author.who.role.is_staff() && !ticket.is_requester(author.who.id, &author.email) {
        Side::Staff
    } else {
        Side::Customer
    }
}
