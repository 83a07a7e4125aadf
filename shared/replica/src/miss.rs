//! Asking the owner for what has not arrived yet.

use desk_events::{MembershipState, ProjectState, UserState};
use desk_http::{Result, client::Peer};
use sqlx::PgPool;

use crate::{ProjectRecord, UserRecord, store};

/// The copies, with the way to their owners.
#[derive(Debug, Clone)]
pub struct Replica {
    pool: PgPool,
    auth: Peer,
    project: Peer,
}

impl Replica {
    /// The copies in `pool`, owned by auth and project.
    pub fn new(pool: PgPool, auth: Peer, project: Peer) -> Self {
        Self {
            pool,
            auth,
            project,
        }
    }

    /// A user; deleted and disabled ones too.
    ///
    /// # Errors
    /// 503 when it is not here and auth is out of reach.
    pub async fn user(&self, id: i64) -> Result<Option<UserState>> {
        match store::user(&self.pool, id).await? {
            Some(user) => Ok(Some(user)),
            None => self.refresh_user(id).await,
        }
    }

    /// A user of whom something holds. What made it so may be on its way here (just enabled, just
    /// promoted), so auth is asked once before anybody is refused.
    ///
    /// # Errors
    /// 503 when it does not hold of what is here and auth is out of reach.
    pub async fn fitting_user(
        &self,
        id: i64,
        fits: impl Fn(&UserState) -> bool,
    ) -> Result<Option<UserState>> {
        match store::user(&self.pool, id).await? {
            Some(user) if fits(&user) => Ok(Some(user)),
            _ => Ok(self.refresh_user(id).await?.filter(fits)),
        }
    }

    async fn refresh_user(&self, id: i64) -> Result<Option<UserState>> {
        let path = format!("/internal/users/{id}");
        let Some(record) = self.auth.get::<UserRecord>(&path).await? else {
            return Ok(None);
        };
        let mut conn = self.pool.acquire().await?;
        store::keep_users(&mut conn, std::slice::from_ref(&record)).await?;
        Ok(Some(record.user))
    }

    /// A project; deleted and disabled ones too.
    ///
    /// # Errors
    /// 503 when it is not here and project is out of reach.
    pub async fn project(&self, id: i64) -> Result<Option<ProjectState>> {
        match store::project(&self.pool, id).await? {
            Some(project) => Ok(Some(project)),
            None => self.refresh_project(id).await,
        }
    }

    /// A project that is neither disabled nor deleted; the owner is asked once before it is
    /// refused, as in [`Replica::fitting_user`].
    ///
    /// # Errors
    /// 503 when it is not here or not active, and project is out of reach.
    pub async fn active_project(&self, id: i64) -> Result<Option<ProjectState>> {
        let is_active = |project: &ProjectState| project.is_active && !project.deleted;
        match store::project(&self.pool, id).await? {
            Some(project) if is_active(&project) => Ok(Some(project)),
            _ => Ok(self.refresh_project(id).await?.filter(is_active)),
        }
    }

    /// Asks for a project and its agents, whatever is here.
    async fn refresh_project(&self, id: i64) -> Result<Option<ProjectState>> {
        let path = format!("/internal/projects/{id}");
        let Some(record) = self.project.get::<ProjectRecord>(&path).await? else {
            return Ok(None);
        };
        let mut conn = self.pool.acquire().await?;
        store::keep_projects(&mut conn, std::slice::from_ref(&record)).await?;
        store::keep_memberships(&mut conn, &record.members).await?;
        Ok(Some(record.project))
    }

    /// A user's place in a project; asks the owner once when the user has none here.
    ///
    /// # Errors
    /// 503 when there is none here and project is out of reach.
    pub async fn membership(
        &self,
        project_id: i64,
        user_id: i64,
    ) -> Result<Option<MembershipState>> {
        let is_member = |place: &MembershipState| place.is_member;
        let here = store::membership(&self.pool, project_id, user_id).await?;
        if here.as_ref().is_some_and(is_member) {
            return Ok(here);
        }
        self.refresh_project(project_id).await?;
        Ok(store::membership(&self.pool, project_id, user_id)
            .await?
            .filter(is_member))
    }
}
