//! Two projects and the people of the desk.

use std::sync::atomic::{AtomicU64, Ordering};

use e2e::{Person, World};
use serde_json::Value;

use super::{table::Caller, tenant::Tenant};

/// Both projects and their people.
pub struct Stage {
    pub root: Person,
    pub admin: Person,
    pub stranger: Person,
    /// Whose things are asked for.
    pub home: Tenant,
    pub away: Tenant,
    /// Where an admin's list goes on with [`Stage::home`]'s ticket.
    pub cursor: String,
    /// Likewise, of the messages of [`Tenant::ticket`].
    pub message_cursor: String,
    count: AtomicU64,
}

impl Stage {
    pub async fn set(world: &World) -> Self {
        let root = world.super_admin().await;
        let admin = world.person(&root, "admin", "admin@desk.test").await;
        let away = Tenant::set(world, &root, "away").await;
        let home = Tenant::set(world, &root, "home").await;
        let cursor = next(&root, "/tickets").await;
        let messages = format!("/tickets/{}/messages", home.ticket);
        let message_cursor = next(&home.agent, &messages).await;
        Self {
            stranger: world.stranger(),
            root,
            admin,
            home,
            away,
            cursor,
            message_cursor,
            count: AtomicU64::new(0),
        }
    }

    /// The caller's own project; for admins the one that they are not asked about.
    pub const fn own(&self, caller: Caller) -> &Tenant {
        if caller.at_home() {
            &self.home
        } else {
            &self.away
        }
    }

    /// A number that nothing has been named by.
    pub fn next(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    /// All that refused calls must leave as it is, as a super admin sees it.
    pub async fn state(&self, root: &Person) -> Vec<Value> {
        let mut found = Vec::new();
        for tenant in [&self.home, &self.away] {
            for ticket in [tenant.ticket, tenant.resolved] {
                found.push(root.get(&format!("/tickets/{ticket}")).await.expect(200));
            }
            for user in [&tenant.agent, &tenant.customer] {
                let user = root.get(&format!("/admin/users/{}", user.id)).await;
                let mut user = user.expect(200)["user"].clone();
                // Callers sign in, change their own telephone number, and join new projects.
                for field in ["last_login_at", "phone", "projects"] {
                    user[field] = Value::Null;
                }
                found.push(user);
            }
            let project = format!("/admin/projects/{}", tenant.project.id);
            let mut project = root.get(&project).await.expect(200)["project"].clone();
            // Those who may file tickets do.
            project["tickets_count"] = Value::Null;
            for key in project["api_keys"].as_array_mut().unwrap() {
                key["last_used_at"] = Value::Null;
            }
            found.push(project);
            let number = format!("/external/tickets/{}", tenant.number);
            found.push(tenant.shop.get(&number).await.expect(200));
        }
        found
    }
}

/// Where a list goes on after its first row.
async fn next(who: &Person, path: &str) -> String {
    let page = who.get(&format!("{path}?per_page=1")).await.expect(200);
    page["next_cursor"].as_str().unwrap().to_owned()
}
