//! The whole desk's audit: auth's own rows and those that other services tell of.

use desk_events::{Aggregate, AggregateKind, AuditEntry, Change, Fact, NewEvent};
use desk_identity::Role;
use desk_testkit::eventually;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    desk::{Auth, bad_fields},
    requesters::{listening, publish},
};

/// A row of another service's audit.
fn told(kind: AggregateKind, id: i64, at: OffsetDateTime) -> NewEvent {
    let entry = AuditEntry {
        actor_id: Some(900_001),
        action: "category.updated".into(),
        target_kind: "category".into(),
        target_id: 5,
        address: Some("2001:db8::1".parse().unwrap()),
        changes: vec![Change::of("name", "Old", "New")],
    };
    NewEvent {
        aggregate: Aggregate { kind, id },
        sequence: 1,
        occurred_at: at,
        fact: Fact::AuditRecorded(Box::new(entry)),
    }
}

async fn list(auth: &Auth, query: &str) -> Value {
    let path = format!("/admin/audit?{query}");
    auth.admin().get(&path).await.expect(200)
}

async fn actions(auth: &Auth, query: &str) -> Vec<String> {
    let page = list(auth, query).await;
    let rows = page["data"].as_array().unwrap();
    assert_eq!(page["total"], rows.len(), "{query}");
    rows.iter()
        .map(|row| row["action"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn what_others_tell_is_kept_once() {
    let auth = listening().await;
    let now = auth.clock.now();
    let row = |id| told(AggregateKind::TicketAudit, id, now);
    // The same id of another service is another row.
    let other = told(AggregateKind::ProjectAudit, 1, now);
    publish(&auth, &[row(1), row(1), row(2), other]).await;
    let kept = "select count(*) from audit";
    eventually(async || auth.count(kept).await == 3).await;
    auth.sql("insert into outbox_pending (day, seq) select day, seq from outbox")
        .await;
    auth.app.bus.wake();
    let pending = "select count(*) from outbox_pending";
    eventually(async || auth.count(pending).await == 0).await;
    publish(&auth, &[row(3)]).await;
    eventually(async || auth.count(kept).await == 4).await;

    let first = list(&auth, "").await["data"][0].clone();
    assert_eq!(
        first,
        json!({
            "id": first["id"],
            "actor": {"type": "user", "id": 900_001, "name": ""},
            "action": "category.updated",
            "target": {"type": "category", "id": 5},
            "changes": [{"field": "name", "from": "Old", "to": "New"}],
            "address": "2001:db8::1",
            "at": first["at"],
        })
    );
}

#[tokio::test]
async fn the_audit_is_found_by_actor_action_target_and_time() {
    let auth = listening().await;
    let agent = auth.person("alice@desk.test", Role::Agent).await;
    let path = format!("/admin/users/{agent}");
    auth.super_admin()
        .put(&path, json!({"role": "customer"}))
        .await
        .expect(200);
    let yesterday = auth.clock.now() - Duration::days(1);
    publish(&auth, &[told(AggregateKind::TicketAudit, 1, yesterday)]).await;
    eventually(async || auth.count("select count(*) from audit").await == 3).await;

    let all = ["user.role_changed", "user.created", "category.updated"];
    let day = yesterday.date();
    let moment = (yesterday + Duration::hours(1)).format(&Rfc3339).unwrap();
    for (query, found) in [
        (String::new(), &all[..]),
        ("actor=900002".to_owned(), &all[..1]),
        ("actor=900001".to_owned(), &all[1..]),
        ("actor=7".to_owned(), &[]),
        ("action=user.created".to_owned(), &all[1..2]),
        ("action=user".to_owned(), &[]),
        ("target=user".to_owned(), &all[..2]),
        (format!("target=user:{agent}"), &all[..2]),
        ("target=category:5".to_owned(), &all[2..]),
        ("target=category:6".to_owned(), &[]),
        (format!("from={moment}"), &all[..2]),
        (format!("to={moment}"), &all[2..]),
        (format!("from={day}&to={day}"), &all[2..]),
        ("from=2000-01-01&to=2000-01-02".to_owned(), &[]),
        ("actor=900001&target=user".to_owned(), &all[1..2]),
    ] {
        assert_eq!(actions(&auth, &query).await, found, "{query}");
    }
    for (query, field) in [
        ("actor=0", "actor"),
        ("actor=me", "actor"),
        ("target=Project", "target"),
        ("target=project:x", "target"),
        ("from=yesterday", "from"),
        ("to=2026-02-30", "to"),
        ("page=0", "page"),
        ("per_page=101", "per_page"),
        ("cursor=x", "cursor"),
    ] {
        let answer = auth.admin().get(&format!("/admin/audit?{query}")).await;
        assert_eq!(bad_fields(answer), [field], "{query}");
    }
}

#[tokio::test]
async fn the_audit_is_read_page_by_page() {
    let auth = listening().await;
    let now = auth.clock.now();
    let rows: Vec<NewEvent> = (1..=5)
        .map(|id| told(AggregateKind::TicketAudit, id, now))
        .collect();
    publish(&auth, &rows).await;
    eventually(async || auth.count("select count(*) from audit").await == 5).await;
    let mut seen = Vec::new();
    let mut next = String::new();
    loop {
        let page = list(&auth, &format!("per_page=2{next}")).await;
        assert_eq!((&page["total"], &page["last_page"]), (&json!(5), &json!(3)));
        let rows = page["data"].as_array().unwrap();
        seen.extend(rows.iter().map(|row| row["id"].as_i64().unwrap()));
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
    let second = list(&auth, "per_page=2&page=2").await;
    assert_eq!(second["data"][0]["id"], 3);
}

#[tokio::test]
async fn every_filter_has_its_index() {
    let auth = Auth::start().await;
    auth.sql(
        "insert into audit (at, actor_id, action, target_kind, target_id)
         select now() - n * interval '1 minute', n % 500, 'a' || n % 400, 'k' || n % 300, n % 4000
         from generate_series(1, 20000) as n",
    )
    .await;
    auth.sql("analyze audit").await;
    for (filter, index) in [
        ("true", "audit_newest"),
        ("actor_id = 7", "audit_actor"),
        ("action = 'a7'", "audit_action"),
        ("target_kind = 'k7'", "audit_target_kind"),
        ("target_kind = 'k7' and target_id = 7", "audit_target"),
        (
            "at between now() - interval '2 days' and now() - interval '1 day'",
            "audit_newest",
        ),
    ] {
        let query = format!(
            "explain select * from audit where {filter} order by at desc, id desc limit 21"
        );
        let plan: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
            .fetch_all(&auth.db)
            .await
            .unwrap();
        let plan = plan.join("\n");
        assert!(plan.contains(&format!("using {index} ")), "{plan}");
    }
}
