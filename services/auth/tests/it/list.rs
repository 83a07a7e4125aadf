//! `GET /admin/users`.

use desk_identity::Role;
use serde_json::{Value, json};
use time::Duration;

use crate::desk::{Auth, bad_fields, fields};

async fn list(auth: &Auth, query: &str) -> Value {
    auth.admin()
        .get(&format!("/admin/users?{query}"))
        .await
        .expect(200)
}

fn emails(page: &Value) -> Vec<&str> {
    page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["email"].as_str().unwrap())
        .collect()
}

/// Three accounts, a minute apart, and one that was deleted.
async fn three() -> Auth {
    let auth = Auth::start().await;
    let mut ids = Vec::new();
    for (email, role) in [
        ("ann_b@desk.test", Role::Agent),
        ("bob@desk.test", Role::Customer),
        ("cleo@desk.test", Role::Customer),
        ("gone@desk.test", Role::Customer),
    ] {
        ids.push(auth.person(email, role).await);
        auth.advance(Duration::MINUTE);
    }
    auth.admin()
        .put(
            &format!("/admin/users/{}", ids[1]),
            json!({"name": "Böb 100%", "active": false}),
        )
        .await
        .expect(200);
    auth.admin()
        .delete(&format!("/admin/users/{}", ids[3]))
        .await
        .expect(200);
    auth
}

#[tokio::test]
async fn a_page_has_the_contracts_shape_newest_first() {
    let auth = three().await;
    let page = list(&auth, "").await;
    assert_eq!(
        fields(&page),
        [
            "current_page",
            "data",
            "last_page",
            "next_cursor",
            "per_page",
            "total"
        ]
    );
    assert_eq!(
        emails(&page),
        ["cleo@desk.test", "bob@desk.test", "ann_b@desk.test"]
    );
    assert_eq!(
        fields(&page["data"][0]),
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
            "role"
        ]
    );
    let figures = json!([
        page["current_page"],
        page["last_page"],
        page["total"],
        page["per_page"],
        page["next_cursor"]
    ]);
    assert_eq!(figures, json!([1, 1, 3, 20, null]));
}

#[tokio::test]
async fn filters_and_search() {
    let auth = three().await;
    for (query, expected) in [
        ("role=agent", vec!["ann_b@desk.test"]),
        ("role=customer", vec!["cleo@desk.test", "bob@desk.test"]),
        ("role=super_admin", vec![]),
        ("active=1", vec!["cleo@desk.test", "ann_b@desk.test"]),
        ("active=false", vec!["bob@desk.test"]),
        ("role=customer&active=true", vec!["cleo@desk.test"]),
        ("search=CLEO", vec!["cleo@desk.test"]),
        ("search=%20b%C3%96b%20", vec!["bob@desk.test"]),
        ("search=%25", vec!["bob@desk.test"]),
        ("search=n_b", vec!["ann_b@desk.test"]),
        ("search=n.b", vec![]),
        ("search=gone", vec![]),
        ("search=desk&role=agent", vec!["ann_b@desk.test"]),
    ] {
        let page = list(&auth, query).await;
        assert_eq!(emails(&page), expected, "{query}");
        assert_eq!(page["total"], expected.len(), "{query}");
    }
}

#[tokio::test]
async fn pages_and_cursors_walk_the_same_way() {
    let auth = three().await;
    let first = list(&auth, "per_page=2").await;
    assert_eq!(emails(&first), ["cleo@desk.test", "bob@desk.test"]);
    assert_eq!(
        (&first["total"], &first["last_page"]),
        (&json!(3), &json!(2))
    );
    let by_page = list(&auth, "per_page=2&page=2").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let by_cursor = list(&auth, &format!("per_page=2&cursor={cursor}")).await;
    for second in [by_page, by_cursor] {
        assert_eq!(emails(&second), ["ann_b@desk.test"]);
        assert_eq!(second["next_cursor"], json!(null));
    }
    let past = list(&auth, "page=9").await;
    assert_eq!((emails(&past).len(), &past["total"]), (0, &json!(3)));
}

#[tokio::test]
async fn counting_a_search_stops_at_ten_thousand() {
    let auth = Auth::start().await;
    auth.sql(
        "insert into users (name, email, role, created_at, updated_at)
         select 'Crowd', 'c' || n || '@mail.test', 'customer', now(), now()
         from generate_series(1, 10001) as n",
    )
    .await;
    let page = list(&auth, "search=crowd").await;
    assert_eq!(
        (&page["total"], &page["total_capped"]),
        (&json!(10_000), &json!(true))
    );
    let page = list(&auth, "").await;
    assert_eq!(
        (&page["total"], page.get("total_capped")),
        (&json!(10_001), None)
    );
}

#[tokio::test]
async fn a_filter_that_does_not_exist_is_named() {
    let auth = Auth::start().await;
    let long = "x".repeat(201);
    for (query, bad) in [
        ("role=boss", vec!["role"]),
        ("active=maybe", vec!["active"]),
        ("page=0", vec!["page"]),
        ("page=99999999999999", vec!["page"]),
        ("page=-1&per_page=101", vec!["page", "per_page"]),
        ("per_page=0", vec!["per_page"]),
        ("cursor=%21%21", vec!["cursor"]),
        ("cursor=NQ", vec!["cursor"]),
        ("search=a%00b", vec!["search"]),
        (&format!("search={long}"), vec!["search"]),
    ] {
        let answer = auth.admin().get(&format!("/admin/users?{query}")).await;
        assert_eq!(bad_fields(answer), bad, "{query}");
    }
}

#[tokio::test]
async fn a_place_that_no_list_has_is_refused() {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let auth = three().await;
    for place in [
        r#"{"at":9223372036854775807,"id":1}"#,
        r#"{"at":-9223372036854775808,"id":1}"#,
    ] {
        let path = format!("/admin/users?cursor={}", URL_SAFE_NO_PAD.encode(place));
        let answer = auth.admin().get(&path).await;
        assert_eq!(bad_fields(answer), ["cursor"]);
    }
}
