//! `GET /auth/me`.

use desk_identity::Role;
use serde_json::json;

use crate::desk::{Auth, fields};

#[tokio::test]
async fn me_shows_the_account_with_its_projects() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    auth.sql(
        "insert into replica_projects (id, name, slug, prefix, is_active, deleted, sequence)
         values (1, 'NaijaHomes', 'naijahomes', 'NAIJ', true, false, 1),
                (2, 'AgriMarket', 'agrimarket', 'AGRI', false, false, 1),
                (3, 'Gone', 'gone', 'GONE', true, true, 1),
                (4, 'Left', 'left', 'LEFT', true, false, 1),
                (5, 'Other', 'other', 'OTHE', true, false, 1)",
    )
    .await;
    auth.sql(&format!(
        "insert into replica_memberships (project_id, user_id, is_lead, is_member, sequence)
         values (1, {id}, false, true, 1), (2, {id}, false, true, 1), (3, {id}, false, true, 1),
                (4, {id}, false, false, 2), (5, {id} + 1, false, true, 1)"
    ))
    .await;
    let me = auth
        .desk
        .user(id, Role::Agent)
        .get("/auth/me")
        .await
        .expect(200);
    assert_eq!(
        fields(&me["user"]),
        [
            "created_at",
            "department",
            "email",
            "email_verified_at",
            "id",
            "is_active",
            "last_login_at",
            "name",
            "phone",
            "projects",
            "role"
        ]
    );
    assert_eq!(
        me["user"]["projects"],
        json!([
            {"id": 2, "name": "AgriMarket", "slug": "agrimarket"},
            {"id": 1, "name": "NaijaHomes", "slug": "naijahomes"},
        ])
    );
    let created_at = me["user"]["created_at"].as_str().unwrap();
    assert!(
        created_at.len() == 20 && created_at.ends_with('Z'),
        "{created_at}"
    );
}

#[tokio::test]
async fn one_sees_oneself_alone() {
    let auth = Auth::start().await;
    let alice = auth.person("alice@desk.test", Role::Agent).await;
    let bob = auth.person("bob@desk.test", Role::Agent).await;
    for path in [
        "/auth/me".to_owned(),
        format!("/auth/me?id={bob}&user_id={bob}"),
    ] {
        let me = auth
            .desk
            .user(alice, Role::Agent)
            .get(&path)
            .await
            .expect(200);
        assert_eq!(me["user"]["email"], "alice@desk.test");
    }
}

#[tokio::test]
async fn who_is_no_more_is_not_signed_in() {
    let auth = Auth::start().await;
    let disabled = auth.person("alice@desk.test", Role::Agent).await;
    let deleted = auth.person("bob@desk.test", Role::Agent).await;
    let path = format!("/admin/users/{disabled}");
    auth.admin()
        .put(&path, json!({"active": false}))
        .await
        .expect(200);
    auth.admin()
        .delete(&format!("/admin/users/{deleted}"))
        .await
        .expect(200);
    for id in [disabled, deleted, 404_404] {
        let user = auth.desk.user(id, Role::Agent);
        user.get("/auth/me").await.expect(401);
        user.put("/auth/profile", json!({"name": "Ghost"}))
            .await
            .expect(401);
    }
}
