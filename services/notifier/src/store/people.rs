//! Who a mail is for and who caused it, from the copies of accounts, projects and memberships.

use desk_events::Role;
use sqlx::PgPool;

use super::word::Word;
use crate::domain::{Kind, Person};

struct PersonRow {
    id: i64,
    name: String,
    email: String,
    role: Word<Role>,
    is_live: bool,
    is_verified: bool,
    is_member: Option<bool>,
    is_muted: bool,
}

impl From<PersonRow> for Person {
    fn from(row: PersonRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            email: row.email,
            role: row.role.0,
            is_live: row.is_live,
            is_verified: row.is_verified,
            is_member: row.is_member,
            is_muted: row.is_muted,
        }
    }
}

/// An account by its id or by its address (of those that are not deleted, at most one has it),
/// with its place in a project and whether it wants this kind of mail.
pub(crate) async fn find(
    db: &PgPool,
    user_id: Option<i64>,
    email: Option<&str>,
    project_id: i64,
    kind: Kind,
) -> sqlx::Result<Option<Person>> {
    let row = sqlx::query_as!(
        PersonRow,
        r#"select u.id, u.name, u.email, u.role as "role: Word<Role>",
                  u.is_active and not u.deleted as "is_live!",
                  u.email_verified_at is not null as "is_verified!",
                  m.is_member as "is_member?",
                  coalesce($4 = any(p.muted), false) as "is_muted!"
           from replica_users u
           left join replica_memberships m on m.user_id = u.id and m.project_id = $3
           left join preferences p on p.user_id = u.id
           where u.id = $1 or ($1 is null and u.email = $2 and not u.deleted)
           order by u.id desc limit 1"#,
        user_id,
        email,
        project_id,
        kind.as_str(),
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(Person::from))
}

/// Names around a mail.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Who did it.
    pub(crate) actor: Option<String>,
    /// Where to reach them: nobody is told of what they did.
    pub(crate) actor_email: Option<String>,
    /// Who was assigned.
    pub(crate) assignee: Option<String>,
    /// The project,
    pub(crate) project: Option<String>,
    /// and its word in addresses.
    pub(crate) project_slug: Option<String>,
}

/// The names around a mail, where they are known.
pub(crate) async fn names(
    db: &PgPool,
    actor_id: Option<i64>,
    assignee_id: Option<i64>,
    project_id: i64,
) -> sqlx::Result<Names> {
    sqlx::query_as!(
        Names,
        r#"select (select name from replica_users where id = $1) as actor,
                  (select email from replica_users where id = $1) as actor_email,
                  (select name from replica_users where id = $2) as assignee,
                  (select name from replica_projects where id = $3) as project,
                  (select slug from replica_projects where id = $3) as project_slug"#,
        actor_id,
        assignee_id,
        project_id,
    )
    .fetch_one(db)
    .await
}
