//! Ids in bodies and queries are never believed: whatever names something of another tenant, or
//! nothing at all, is refused on its field, left alone, or narrows a list to nothing.

mod bodies;
mod own;
mod queries;

use e2e::{Person, World};
use reqwest::Method;
use serde_json::{Value, json};

use crate::isolation::{CANARY, Tenant, silent, tenant};

const NOTHING: i64 = 999_999_999;

struct Desk {
    world: World,
    root: Person,
    admin: Person,
    ours: Tenant,
    theirs: Tenant,
}

impl Desk {
    async fn start(name: &str) -> Self {
        let world = World::start(name).await;
        let root = world.super_admin().await;
        let admin = world.person(&root, "admin", "admin@desk.test").await;
        let ours = tenant(&world, &root, "ours").await;
        let theirs = tenant(&world, &root, CANARY).await;
        Self {
            world,
            root,
            admin,
            ours,
            theirs,
        }
    }

    async fn ticket(&self, id: i64) -> Value {
        self.root.get(&format!("/tickets/{id}")).await.expect(200)["ticket"].clone()
    }
}

/// Refused for its only field, which is named unless the role is refused already.
async fn refused(who: &Person, method: Method, path: &str, body: Value, status: u16) {
    let field = body.as_object().unwrap().keys().next().unwrap().clone();
    let what = format!("{method} {path} {body} by {}", who.email);
    let answer = who.send(method, path, Some(body.to_string())).await;
    let answer = silent(answer, status, &what);
    assert_eq!(
        answer["details"][&field].is_array(),
        status == 422,
        "{what}: {answer}"
    );
}

/// A ticket in a category that there is not.
fn external() -> Value {
    let mut body = json!({
        "customer_name": "V", "customer_email": "v@example.com", "subject": "x", "description": "x",
    });
    body["category_id"] = json!(NOTHING);
    body
}
