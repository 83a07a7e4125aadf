//! What is kept from everyone but super admins, and from them too (contract, Users).

use desk_identity::Role;
use serde_json::json;

use crate::desk::{Auth, PASSWORD, bad_fields};

#[tokio::test]
async fn nobody_makes_a_super_admin() {
    let auth = Auth::start().await;
    let id = auth.person("bob@desk.test", Role::Admin).await;
    let body =
        json!({"name": "x", "email": "x@desk.test", "password": PASSWORD, "role": "super_admin"});
    for client in [auth.admin(), auth.super_admin()] {
        assert_eq!(
            bad_fields(client.post("/admin/users", body.clone()).await),
            ["role"]
        );
        let promotion = client
            .put(
                &format!("/admin/users/{id}"),
                json!({"role": "super_admin"}),
            )
            .await;
        assert_eq!(bad_fields(promotion), ["role"]);
    }
}

#[tokio::test]
async fn nobody_disables_demotes_or_deletes_oneself() {
    let auth = Auth::start().await;
    for (email, role) in [
        ("a@desk.test", Role::Admin),
        ("s@desk.test", Role::SuperAdmin),
    ] {
        let id = auth.person(email, role).await;
        let (me, path) = (auth.desk.user(id, role), format!("/admin/users/{id}"));
        assert_eq!(
            bad_fields(me.put(&path, json!({"is_active": false})).await),
            ["is_active"]
        );
        assert_eq!(
            bad_fields(me.put(&path, json!({"role": "agent"})).await),
            ["role"]
        );
        me.delete(&path).await.expect(422);
        me.put(&path, json!({"name": "Still Me"})).await.expect(200);
        assert_eq!(auth.said(id).await, ["user.created", "user.updated"]);
    }
}

#[tokio::test]
async fn only_a_super_admin_changes_or_deletes_a_super_admin() {
    let auth = Auth::start().await;
    auth.person("first@desk.test", Role::SuperAdmin).await;
    let id = auth.person("second@desk.test", Role::SuperAdmin).await;
    let path = format!("/admin/users/{id}");
    for body in [
        json!({"name": "x"}),
        json!({"is_active": false}),
        json!({"role": "agent"}),
    ] {
        auth.admin().put(&path, body).await.expect(403);
    }
    auth.admin().delete(&path).await.expect(403);
    auth.super_admin()
        .put(&path, json!({"name": "x"}))
        .await
        .expect(200);
    auth.super_admin().delete(&path).await.expect(200);
}

#[tokio::test]
async fn the_last_active_super_admin_stays() {
    let auth = Auth::start().await;
    let id = auth.person("last@desk.test", Role::SuperAdmin).await;
    let disabled = auth.person("disabled@desk.test", Role::SuperAdmin).await;
    let path = format!("/admin/users/{disabled}");
    auth.super_admin()
        .put(&path, json!({"is_active": false}))
        .await
        .expect(200);
    // One who is disabled already goes.
    auth.super_admin().delete(&path).await.expect(200);
    let path = format!("/admin/users/{id}");
    for body in [json!({"is_active": false}), json!({"role": "admin"})] {
        auth.super_admin().put(&path, body).await.expect(422);
    }
    auth.super_admin().delete(&path).await.expect(422);
}

#[tokio::test]
async fn of_two_super_admins_who_remove_each_other_one_stays() {
    let auth = Auth::start().await;
    let one = auth.person("one@desk.test", Role::SuperAdmin).await;
    let two = auth.person("two@desk.test", Role::SuperAdmin).await;
    let (first, second) = (
        auth.desk.user(one, Role::SuperAdmin),
        auth.desk.user(two, Role::SuperAdmin),
    );
    let (path_one, path_two) = (format!("/admin/users/{one}"), format!("/admin/users/{two}"));
    let (a, b) = tokio::join!(
        first.put(&path_two, json!({"role": "admin"})),
        second.delete(&path_one)
    );
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422]);
    let left = "select count(*) from users where role = 'super_admin' and deleted_at is null";
    assert_eq!(auth.count(left).await, 1);
}
