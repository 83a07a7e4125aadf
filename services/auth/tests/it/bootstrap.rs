//! The first super admin.

use auth::{
    bootstrap::{Made, Wish, first_super_admin, super_admin},
    settings::BootstrapSettings,
};
use desk_identity::Role;
use serde_json::json;

use crate::desk::{Auth, PASSWORD};

fn settings(email: &str) -> BootstrapSettings {
    BootstrapSettings {
        bootstrap_email: Some(email.to_owned()),
        bootstrap_password: Some(PASSWORD.to_owned().into()),
    }
}

#[tokio::test]
async fn the_first_super_admin_is_made_once_verified_and_told() {
    let auth = Auth::start().await;
    assert!(
        first_super_admin(&auth.app, &settings("Super@Support.local"))
            .await
            .unwrap()
    );
    assert!(
        !first_super_admin(&auth.app, &settings("other@support.local"))
            .await
            .unwrap()
    );
    let answer = auth
        .try_login("super@support.local", PASSWORD)
        .await
        .expect(200);
    assert_eq!(answer["user"]["role"], "super_admin");
    assert_eq!(answer["user"]["name"], "Super Admin");
    let id = answer["user"]["id"].as_i64().unwrap();
    let me = auth
        .desk
        .user(id, Role::SuperAdmin)
        .get("/auth/me")
        .await
        .expect(200);
    assert!(me["user"]["email_verified_at"].is_string());
    assert_eq!(auth.said(id).await, ["user.created"]);
    assert_eq!(
        auth.count("select count(*) from audit where actor_id is null")
            .await,
        1
    );
}

#[tokio::test]
async fn another_one_is_made_when_that_is_wanted() {
    let auth = Auth::start().await;
    first_super_admin(&auth.app, &settings("super@support.local"))
        .await
        .unwrap();
    let (_, password) = settings("x@desk.test").checked().unwrap().unwrap();
    let wish = |email, another| Wish {
        name: "Root",
        email,
        password: &password,
        another,
    };
    for (email, another, made) in [
        ("two@desk.test", false, Some(Made::ThereIsOne)),
        ("super@support.local", true, Some(Made::AddressTaken)),
        ("two@desk.test", true, None),
    ] {
        let became = super_admin(&auth.app, &wish(email, another)).await.unwrap();
        match made {
            Some(made) => assert_eq!(became, made, "{email}"),
            None => assert!(matches!(became, Made::Account(_)), "{email}"),
        }
    }
    let answer = auth.try_login("two@desk.test", PASSWORD).await.expect(200);
    assert_eq!(answer["user"]["role"], "super_admin");
}

#[tokio::test]
async fn replicas_that_start_at_once_make_one() {
    let auth = Auth::start().await;
    let settings = settings("super@support.local");
    let starts = (0..4).map(|_| first_super_admin(&auth.app, &settings));
    let made = futures::future::join_all(starts).await;
    assert_eq!(
        made.into_iter()
            .filter(|made| *made.as_ref().unwrap())
            .count(),
        1
    );
    assert_eq!(auth.count("select count(*) from users").await, 1);
}

#[tokio::test]
async fn without_settings_nothing_is_made() {
    let auth = Auth::start().await;
    assert!(
        !first_super_admin(&auth.app, &BootstrapSettings::default())
            .await
            .unwrap()
    );
    assert_eq!(auth.count("select count(*) from users").await, 0);
}

#[tokio::test]
async fn an_address_that_has_an_account_is_not_promoted() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Customer).await;
    let refused = first_super_admin(&auth.app, &settings("alice@desk.test")).await;
    assert!(format!("{:#}", refused.unwrap_err()).contains("SUPPORTDESK_BOOTSTRAP_EMAIL"));
    let user = auth
        .admin()
        .get(&format!("/admin/users/{id}"))
        .await
        .expect(200);
    assert_eq!(user["user"]["role"], json!("customer"));
}
