//! Business hours.

use std::collections::BTreeSet;

use sqlx::{PgConnection, types::Json};
use time::OffsetDateTime;

use crate::domain::{
    Calendar,
    calendar::{Day, Week},
};

struct Row {
    id: i64,
    name: String,
    timezone: String,
    hours: Json<Week>,
    holidays: Json<BTreeSet<Day>>,
}

impl From<Row> for Calendar {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            timezone: row.timezone,
            hours: row.hours.0,
            holidays: row.holidays.0,
        }
    }
}

/// The calendars, by name.
pub async fn all(conn: &mut PgConnection) -> sqlx::Result<Vec<Calendar>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, name, timezone, hours as "hours: Json<Week>",
                  holidays as "holidays: Json<BTreeSet<Day>>"
           from calendars where deleted_at is null order by lower(name), id"#,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Calendar::from).collect())
}

/// A calendar; none when it is not there, or gone.
pub async fn find(conn: &mut PgConnection, id: i64) -> sqlx::Result<Option<Calendar>> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, name, timezone, hours as "hours: Json<Week>",
                  holidays as "holidays: Json<BTreeSet<Day>>"
           from calendars where id = $1 and deleted_at is null"#,
        id,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Calendar::from))
}

/// Stores a new calendar, whatever its id says; answers the id it is given.
pub async fn insert(conn: &mut PgConnection, calendar: &Calendar) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "insert into calendars (name, timezone, hours, holidays) values ($1, $2, $3, $4)
         returning id",
        calendar.name,
        calendar.timezone,
        Json(&calendar.hours) as _,
        Json(&calendar.holidays) as _,
    )
    .fetch_one(conn)
    .await
}

/// Stores a calendar as it is now.
pub async fn update(conn: &mut PgConnection, calendar: &Calendar) -> sqlx::Result<()> {
    sqlx::query!(
        "update calendars set name = $2, timezone = $3, hours = $4, holidays = $5 where id = $1",
        calendar.id,
        calendar.name,
        calendar.timezone,
        Json(&calendar.hours) as _,
        Json(&calendar.holidays) as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Does a policy name it?
pub async fn in_use(conn: &mut PgConnection, id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from sla_policies where calendar_id = $1 and deleted_at is null)
                  as "in_use!""#,
        id,
    )
    .fetch_one(conn)
    .await
}

/// Soft-deletes a calendar: deleted policies still refer to it.
pub async fn delete(conn: &mut PgConnection, id: i64, now: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!(
        "update calendars set deleted_at = $2 where id = $1",
        id,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}
