//! What creating, changing and deleting an account share.

use desk_events::Role;
use desk_http::{Error, Result};
use serde::Deserialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use crate::{domain::User, store::users};

/// A role that can be given; super admins are made by the start-up environment alone.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GivenRole {
    /// Runs the desk.
    Admin,
    /// Answers tickets of assigned projects.
    Agent,
    /// Files tickets.
    Customer,
}

impl From<GivenRole> for Role {
    fn from(role: GivenRole) -> Self {
        match role {
            GivenRole::Admin => Self::Admin,
            GivenRole::Agent => Self::Agent,
            GivenRole::Customer => Self::Customer,
        }
    }
}

/// Refuses to take the last active super admin away; of two who try at once one waits for the
/// other. `field` names what is refused.
pub async fn keep_a_super_admin(conn: &mut PgConnection, user: &User, field: &str) -> Result<()> {
    if user.role != Role::SuperAdmin || !user.is_active {
        return Ok(());
    }
    users::lock_super_admins(&mut *conn).await?;
    if users::has_other_super_admin(conn, user.id).await? {
        return Ok(());
    }
    Err(Error::field(field, "The last active super admin stays."))
}
