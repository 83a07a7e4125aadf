//! The yardstick of the reads: a bare axum handler that runs the service's own statements on the
//! same database and answers with their rows as JSON. No gateway, no token, no scope, no types.
//! Beside it an echo, which shows what a request costs that asks nothing of anybody.
//!
//! It runs as a process of its own, as the service does.

use std::{net::SocketAddr, process::Stdio, str::FromStr as _};

use anyhow::{Context as _, Result};
use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use sqlx::{
    AssertSqlSafe, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions, PgRow},
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpListener,
    process::{Child, Command},
};

use crate::{rows, statements::Statements};

/// Names the database of the bare handler.
pub const DATABASE_SETTING: &str = "SUPPORTDESK_BENCH_DATABASE_URL";
/// As many connections as the service has.
const POOL: u32 = 8;
/// Rows of a page.
pub const PAGE: i64 = 20;
/// Where the echo is.
pub const ECHO: &str = "/echo";
/// Messages and activities of a detail.
const LAST: i64 = 500;

/// The list's own statements are put together at run time; these are those of an admin without
/// filters.
const COUNT: &str =
    "select count(*) from (select from tickets t where (true) and t.deleted_at is null) as found";
const IDS: &str = "select id, nullif(k, 'infinity') as key from ((select t.id, t.created_at as k \
    from tickets t where true and t.deleted_at is null order by k desc, t.id desc limit $1)) as found \
    order by k desc, id desc offset $2 limit $3";

#[derive(Debug, Clone)]
struct Texts {
    visible: String,
    cards: String,
    tags: String,
    content: String,
    first_message: String,
    messages: String,
    activities: String,
}

impl Texts {
    fn find(statements: &Statements) -> Result<Self> {
        let text = |words: &[&str]| statements.with(words).map(|statement| statement.text);
        Ok(Self {
            visible: text(&["select t.id from tickets t", "case $2::text"])?,
            cards: text(&["as wanted (id, place)", "r.user_id) as creator_id"])?,
            tags: text(&["from ticket_tags tt join tags g", "= any ($1)"])?,
            content: text(&["select t.description, t.metadata"])?,
            first_message: text(&["select min(id) from ( select id from messages"])?,
            messages: text(&["from messages m", "offset $4 limit $5"])?,
            activities: text(&["from activities a", "limit $3"])?,
        })
    }
}

#[derive(Clone)]
struct App {
    db: PgPool,
    texts: std::sync::Arc<Texts>,
}

/// Serves until it is killed; says its address in one line.
///
/// # Errors
/// When the service's statements are not found or the database is out of reach.
pub async fn serve() -> Result<()> {
    let url = std::env::var(DATABASE_SETTING).context("which database?")?;
    // Planned once: all of these go by ids, and planning them costs more than running them.
    let options =
        PgConnectOptions::from_str(&url)?.options([("plan_cache_mode", "force_generic_plan")]);
    let db = PgPoolOptions::new()
        .max_connections(POOL)
        .connect_with(options)
        .await?;
    let texts = Texts::find(&Statements::of_ticket()?)?;
    let app = App {
        db,
        texts: texts.into(),
    };
    let router = Router::new()
        .route("/detail/{id}", get(detail))
        .route("/card/{id}", get(card))
        .route("/list", get(list))
        .route(ECHO, post(echo))
        .with_state(app);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    xtask::say::line(listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}

/// All that the service asks the database for a detail.
async fn detail(State(app): State<App>, Path(id): Path<i64>) -> Response {
    answer(read_detail(&app, id).await)
}

/// The one main statement of it.
async fn card(State(app): State<App>, Path(id): Path<i64>) -> Response {
    answer(read_card(&app, id).await)
}

/// What came goes back.
async fn echo(body: Bytes) -> Bytes {
    body
}

async fn list(State(app): State<App>) -> Response {
    answer(read_list(&app).await)
}

fn answer(read: Result<Vec<u8>>) -> Response {
    match read {
        Ok(json) => ([(CONTENT_TYPE, "application/json")], json).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")).into_response(),
    }
}

async fn read_detail(app: &App, id: i64) -> Result<Vec<u8>> {
    let texts = &app.texts;
    let mut db = app.db.acquire().await?;
    sqlx::query_scalar::<_, i64>(AssertSqlSafe(texts.visible.as_str()))
        .bind(id)
        .bind("all")
        .bind(None::<i64>)
        .bind(None::<&str>)
        .bind(None::<i64>)
        .fetch_one(&mut *db)
        .await?;
    let cards = cards(&mut db, &texts.cards, vec![id]).await?;
    let tags = by_ids(&mut db, &texts.tags, vec![id]).await?;
    let content = sqlx::query(AssertSqlSafe(texts.content.as_str()))
        .bind(id)
        .fetch_all(&mut *db)
        .await?;
    let first: Option<i64> = sqlx::query_scalar(AssertSqlSafe(texts.first_message.as_str()))
        .bind(id)
        .bind(true)
        .bind(LAST)
        .fetch_one(&mut *db)
        .await?;
    let messages = sqlx::query(AssertSqlSafe(texts.messages.as_str()))
        .bind(id)
        .bind(true)
        .bind(first.unwrap_or(1) - 1)
        .bind(0_i64)
        .bind(LAST)
        .fetch_all(&mut *db)
        .await?;
    let activities = sqlx::query(AssertSqlSafe(texts.activities.as_str()))
        .bind(id)
        .bind(true)
        .bind(LAST)
        .fetch_all(&mut *db)
        .await?;
    rows::object(&[
        ("ticket", &cards),
        ("tags", &tags),
        ("content", &content),
        ("messages", &messages),
        ("activities", &activities),
    ])
}

async fn read_card(app: &App, id: i64) -> Result<Vec<u8>> {
    let mut db = app.db.acquire().await?;
    let cards = cards(&mut db, &app.texts.cards, vec![id]).await?;
    rows::object(&[("ticket", &cards)])
}

async fn read_list(app: &App) -> Result<Vec<u8>> {
    let mut db = app.db.acquire().await?;
    let total = sqlx::query(COUNT).fetch_all(&mut *db).await?;
    let ids: Vec<i64> = sqlx::query_scalar(IDS)
        .bind(PAGE + 1)
        .bind(0_i64)
        .bind(PAGE + 1)
        .fetch_all(&mut *db)
        .await?;
    let page: Vec<i64> = ids.into_iter().take(usize::try_from(PAGE)?).collect();
    let cards = cards(&mut db, &app.texts.cards, page.clone()).await?;
    let tags = by_ids(&mut db, &app.texts.tags, page).await?;
    rows::object(&[("total", &total), ("data", &cards), ("tags", &tags)])
}

/// As an account sees them; an admin who watches none.
async fn cards(db: &mut PgConnection, sql: &str, ids: Vec<i64>) -> sqlx::Result<Vec<PgRow>> {
    sqlx::query(AssertSqlSafe(sql))
        .bind(ids)
        .bind(None::<i64>)
        .fetch_all(db)
        .await
}

async fn by_ids(db: &mut PgConnection, sql: &str, ids: Vec<i64>) -> sqlx::Result<Vec<PgRow>> {
    sqlx::query(AssertSqlSafe(sql))
        .bind(ids)
        .fetch_all(db)
        .await
}

/// The bare handler's process; it ends with this.
pub struct Bare {
    _child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Bare {
    /// Starts it on a database.
    ///
    /// # Errors
    /// When it ends at once.
    pub async fn start(database_url: &str) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("bare")
            .env(DATABASE_SETTING, database_url)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = child
            .stdout
            .take()
            .context("the bare handler says nothing")?;
        let line = BufReader::new(output).lines().next_line().await?;
        let line = line.context("the bare handler did not start")?;
        Ok(Self {
            _child: child,
            address: line.parse().context("the bare handler's address")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_s_statements_are_found() {
        let texts = Texts::find(&Statements::of_ticket().unwrap()).unwrap();
        assert!(texts.cards.contains("replica_projects"));
    }
}
