//! Accounts as they are answered.

use desk_events::Role;
use desk_http::{Result, Timestamp, openapi::RoleWord};
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    domain::User,
    store::projects::{self, ProjectRef},
};

/// An account in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserRow {
    /// User id.
    id: i64,
    /// Name.
    #[schema(example = "Alice Okafor")]
    name: String,
    /// E-mail address.
    #[schema(example = "alice@support.local")]
    email: String,
    /// What the account may do.
    #[schema(value_type = RoleWord, example = "agent")]
    role: Role,
    /// Department.
    department: Option<String>,
    /// Phone number.
    phone: Option<String>,
    /// Whether it may sign in.
    is_active: bool,
    /// When the address was verified.
    email_verified_at: Option<Timestamp>,
    /// When it last signed in.
    last_login_at: Option<Timestamp>,
    /// When it was made.
    created_at: Timestamp,
}

impl From<User> for UserRow {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            name: user.name,
            email: user.email,
            role: user.role,
            department: user.department,
            phone: user.phone,
            is_active: user.is_active,
            email_verified_at: user.email_verified_at.map(Timestamp),
            last_login_at: user.last_login_at.map(Timestamp),
            created_at: Timestamp(user.created_at),
        }
    }
}

/// An account whole: with the projects that it is assigned to.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserDetail {
    #[serde(flatten)]
    user: UserRow,
    /// Those that are assigned to it.
    projects: Vec<ProjectRef>,
}

/// An account, wrapped by its name.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserAnswer {
    /// The account.
    user: UserDetail,
}

impl UserDetail {
    /// Looks up the account's projects.
    pub async fn of(db: &PgPool, user: User) -> Result<Self> {
        let projects = projects::of_user(db, user.id).await?;
        Ok(Self {
            user: user.into(),
            projects,
        })
    }
}

impl UserAnswer {
    /// Looks up the account's projects.
    pub async fn of(db: &PgPool, user: User) -> Result<Self> {
        let user = UserDetail::of(db, user).await?;
        Ok(Self { user })
    }
}
