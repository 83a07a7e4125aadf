//! Changes of categories, and what is said of them. Reading them is `configuration`'s.

use desk_bus::outbox;
use desk_events::{Aggregate, AggregateKind, CategoryState, Fact, NewEvent, StateRecord};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use super::configuration::Category;

/// Stores a new category, whatever its id says, and says so; answers the id it is given.
pub async fn insert(
    conn: &mut PgConnection,
    category: &Category,
    now: OffsetDateTime,
) -> sqlx::Result<i64> {
    let id = sqlx::query_scalar!(
        "insert into categories (parent_id, name, color, description) values ($1, $2, $3, $4)
         returning id",
        category.parent_id,
        category.name,
        category.color,
        category.description,
    )
    .fetch_one(&mut *conn)
    .await?;
    let category = Category {
        id,
        ..category.clone()
    };
    say(conn, category, false, 1, now).await?;
    Ok(id)
}

/// Stores a category as it is now, and says so.
pub async fn update(
    conn: &mut PgConnection,
    category: &Category,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let sequence = sqlx::query_scalar!(
        "update categories
         set parent_id = $2, name = $3, color = $4, description = $5, sequence = sequence + 1
         where id = $1
         returning sequence",
        category.id,
        category.parent_id,
        category.name,
        category.color,
        category.description,
    )
    .fetch_one(&mut *conn)
    .await?;
    say(conn, category.clone(), false, sequence, now).await
}

/// Soft-deletes a category, and says so: its tickets go on showing it.
pub async fn delete(
    conn: &mut PgConnection,
    category: Category,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let sequence = sqlx::query_scalar!(
        "update categories set deleted_at = $2, sequence = sequence + 1 where id = $1
         returning sequence",
        category.id,
        now,
    )
    .fetch_one(&mut *conn)
    .await?;
    say(conn, category, true, sequence, now).await
}

/// The categories with higher ids, so many at most, as events tell of them; the deleted ones, too.
pub async fn after(
    db: &PgPool,
    id: i64,
    limit: i64,
) -> sqlx::Result<Vec<StateRecord<CategoryState>>> {
    let rows = sqlx::query!(
        r#"select id, parent_id, name, color, deleted_at is not null as "deleted!", sequence
           from categories where id > $1 order by id limit $2"#,
        id,
        limit,
    )
    .fetch_all(db)
    .await?;
    let records = rows.into_iter().map(|row| StateRecord {
        id: row.id,
        state: CategoryState {
            id: row.id,
            parent_id: row.parent_id,
            name: row.name,
            color: row.color,
            deleted: row.deleted,
        },
        sequence: row.sequence,
    });
    Ok(records.collect())
}

async fn say(
    conn: &mut PgConnection,
    category: Category,
    deleted: bool,
    sequence: i64,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let state = CategoryState {
        id: category.id,
        parent_id: category.parent_id,
        name: category.name,
        color: category.color,
        deleted,
    };
    let event = NewEvent {
        aggregate: Aggregate {
            kind: AggregateKind::Category,
            id: state.id,
        },
        sequence,
        occurred_at: now,
        fact: Fact::ConfigCategory(Box::new(state)),
    };
    outbox::append(conn, &[event]).await?;
    Ok(())
}
