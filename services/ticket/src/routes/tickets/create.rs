//! `POST /tickets`.

use axum::{extract::State, http::StatusCode};
use desk_events::{Priority, ProjectState, Role, Source};
use desk_http::{
    Allowed, Error, Result, SignedIn, fields,
    openapi::{ErrorBody, PriorityWord},
};
use desk_identity::can::CreateTickets;
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::answer::{self, Whole};
use crate::{
    App,
    domain::{
        Scope,
        filing::{Customer, Filing},
    },
    files::Upload,
    filing,
    routes::{
        form::{Form, Submitted},
        once::{Answer, Begun, IdempotencyKey},
    },
    store::attachments,
};

/// A ticket to file.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
pub struct CreateTicket {
    /// Where it belongs.
    #[garde(required, inner(range(min = 1)))]
    #[schema(required, nullable = false, minimum = 1)]
    project_id: Option<i64>,
    /// At most 255 characters.
    #[garde(required, inner(length(chars, min = 1, max = 255)))]
    #[schema(required, nullable = false, min_length = 1, max_length = 255)]
    subject: Option<String>,
    /// At most 65,535 characters.
    #[garde(required, inner(length(chars, min = 1, max = 65_535)))]
    #[schema(required, nullable = false, min_length = 1, max_length = 65_535)]
    description: Option<String>,
    /// `medium` unless told.
    #[garde(skip)]
    #[schema(value_type = Option<PriorityWord>)]
    priority: Option<Priority>,
    /// A category's id.
    #[garde(inner(range(min = 1)))]
    #[schema(minimum = 1)]
    category_id: Option<i64>,
    /// Ids of at most 50 tags.
    #[garde(inner(length(max = 50), inner(range(min = 1))))]
    #[schema(max_items = 50)]
    tags: Option<Vec<i64>>,
    /// Staff only: whom it is for.
    #[garde(inner(length(chars, max = 255)))]
    #[schema(max_length = 255)]
    customer_name: Option<String>,
    /// Staff only: whom it is for.
    #[garde(inner(custom(fields::email)))]
    customer_email: Option<String>,
    /// Staff only: whom it is for.
    #[garde(inner(length(chars, max = 50)))]
    #[schema(max_length = 50)]
    customer_phone: Option<String>,
    /// Free-form data.
    #[garde(inner(custom(fields::json_bounds)))]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
}

impl Form for CreateTicket {
    const INTEGERS: &'static [&'static str] = &["project_id", "category_id"];
    const LISTS: &'static [&'static str] = &["tags"];
    const OBJECTS: &'static [&'static str] = &["metadata"];
}

/// A ticket to file, with files: `metadata` is a JSON text, `tags[]` a part for each.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only describes the form")]
pub struct CreateTicketForm {
    #[schema(inline)]
    #[serde(flatten)]
    ticket: CreateTicket,
    /// At most 10 files of at most 10,485,760 bytes.
    #[schema(value_type = Vec<String>, format = Binary)]
    #[serde(rename = "attachments[]", default)]
    attachments: Vec<Vec<u8>>,
}

/// Files a ticket; a customer files as themselves.
#[utoipa::path(
    post, path = "/tickets", tag = "Tickets", operation_id = "create_ticket",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key, the same answer")),
    request_body(content(
        (CreateTicket = "application/json"),
        (CreateTicketForm = "multipart/form-data"),
    )),
    responses(
        (status = 201, description = "The ticket", body = Whole,
         headers(("ETag" = String, description = "The ticket's version, for `If-Match`"))),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 409, description = "The same call is still running", body = ErrorBody),
        (status = 413, description = "Too large", body = ErrorBody),
        (status = 422, description = "A bad field", body = ErrorBody),
        (status = 503, description = "The store of the files is out of reach", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("create_tickets")))
)]
pub async fn create(
    State(app): State<App>,
    who: Allowed<CreateTickets>,
    key: IdempotencyKey,
    submitted: Submitted<CreateTicket>,
) -> Result<Answer> {
    let call = key.of(
        format!("user:{}", who.user.id),
        "POST /tickets".to_owned(),
        &submitted.signature(),
    )?;
    let Submitted { body, uploads } = submitted;
    let filing = filing(&app, &who.user, body).await?;
    let scope = app.scope(&who.user).await?;
    if call.key().is_none()
        && uploads.is_empty()
        && let Some(filed) = filing::together(&app, &filing, None, app.clock.now()).await?
    {
        return answer(&mut *app.db.acquire().await?, filed.id, &scope).await;
    }
    let mut turn = match call.begin(&app).await? {
        Begun::Answered(answer) => return Ok(answer),
        Begun::Open(turn) => turn,
    };
    let outcome = file(&app, &mut turn.tx, &filing, &scope, uploads.list()).await;
    if outcome.is_ok() {
        uploads.keep();
    }
    turn.end(&app, outcome).await
}

async fn file(
    app: &App,
    conn: &mut PgConnection,
    filing: &Filing,
    scope: &Scope,
    files: &[Upload],
) -> Result<Answer> {
    let now = app.clock.now();
    let filed = filing::alone(app, &mut *conn, filing, now).await?;
    attachments::insert(&mut *conn, filed.id, None, files, now).await?;
    answer(conn, filed.id, scope).await
}

async fn answer(conn: &mut PgConnection, id: i64, scope: &Scope) -> Result<Answer> {
    let whole = answer::whole(conn, id, scope).await?;
    let answer = Answer::new(StatusCode::CREATED, &whole)?;
    Ok(answer.with_version(whole.ticket.row.version))
}

async fn filing(app: &App, who: &SignedIn, body: CreateTicket) -> Result<Filing> {
    let project = project(app, who, body.project_id.unwrap_or_default()).await?;
    let account = app
        .replica
        .user(who.id)
        .await?
        .ok_or(Error::UNAUTHENTICATED)?;
    let customer = if who.role.is_staff() {
        let name = body.customer_name.or_else(|| body.customer_email.clone());
        Customer {
            name: name.unwrap_or(account.name),
            email: body.customer_email.unwrap_or(account.email).to_lowercase(),
            phone: body.customer_phone,
        }
    } else {
        Customer {
            name: account.name,
            email: account.email.to_lowercase(),
            phone: None,
        }
    };
    Ok(Filing {
        project_id: project.id,
        source: Source::Portal,
        subject: body.subject.unwrap_or_default(),
        description: body.description.unwrap_or_default(),
        priority: body.priority.unwrap_or(Priority::Medium),
        category_id: body.category_id,
        tags: body.tags.unwrap_or_default(),
        customer,
        external_customer_id: None,
        metadata: Value::Object(body.metadata.unwrap_or_default()),
        creator_user_id: Some(who.id),
        actor: who.actor(),
    })
}

/// The project must be active, and an agent's own.
async fn project(app: &App, who: &SignedIn, id: i64) -> Result<ProjectState> {
    let project = app.replica.active_project(id).await?;
    let visible = project.is_some()
        && (who.role != Role::Agent || app.replica.membership(id, who.id).await?.is_some());
    project
        .filter(|_| visible)
        .ok_or_else(|| Error::field("project_id", "There is no such project."))
}
