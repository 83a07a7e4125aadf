//! The first super admin, from the start-up environment.

use anyhow::Context;
use desk_events::Role;

use crate::{
    app::App,
    events,
    settings::BootstrapSettings,
    store::{
        audit::{self, Author},
        users::{self, NewUser},
    },
};

/// Makes the first super admin while there is none and the settings name one; of several replicas
/// that start at once one does. Answers whether this one did.
///
/// # Errors
/// Settings that break the rules, an address that has an account already, or the database's.
pub async fn first_super_admin(app: &App, settings: &BootstrapSettings) -> anyhow::Result<bool> {
    let Some((email, password)) = settings.checked()? else {
        return Ok(false);
    };
    let mut tx = app.db.begin().await?;
    users::lock_super_admins(&mut tx).await?;
    if users::has_super_admin(&mut tx).await? {
        return Ok(false);
    }
    let now = app.clock.now();
    let new = NewUser {
        name: "Super Admin",
        email: &email,
        password_hash: &app.passwords.hash(&password).await?,
        role: Role::SuperAdmin,
        phone: None,
        department: None,
        email_verified_at: Some(now),
    };
    let user = users::insert(&mut tx, &new, now).await.context(
        "the first super admin (does SUPPORTDESK_BOOTSTRAP_EMAIL have an account already?)",
    )?;
    events::created(&mut tx, &user).await?;
    let system = Author {
        actor_id: None,
        address: None,
    };
    let details = audit::appeared(&user.email, user.role);
    audit::user(&mut tx, system, "user.created", user.id, &details, now).await?;
    app.commit(tx).await?;
    tracing::info!(user_id = user.id, "first super admin made");
    Ok(true)
}
