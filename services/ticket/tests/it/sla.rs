//! SLA policies and calendars by the API, and what they do to tickets.

use desk_events::Fact;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use crate::desk::{AGRI, Desk, FRESH, NAIJA, portal_ticket};

fn a_policy() -> Value {
    json!({
        "project_id": NAIJA, "priority": "high",
        "first_response_minutes": 30, "resolution_minutes": 120,
    })
}

fn a_calendar() -> Value {
    json!({
        "name": "Lagos office",
        "timezone": "africa/lagos",
        "hours": {"mon": [["13:00", "17:00"], ["09:00", "12:00"]], "sat": []},
        "holidays": ["2026-12-25", "2026-01-01", "2026-12-25"],
    })
}

async fn post(desk: &Desk, path: &str, body: Value, wrapped: &str) -> Value {
    desk.admin().post(path, body).await.expect(201)[wrapped].clone()
}

async fn refused(desk: &Desk, path: &str, body: Value, fields: &[&str]) {
    let answer = desk.admin().post(path, body.clone()).await.expect(422);
    let details = answer["details"].as_object().unwrap();
    let mut named: Vec<&str> = details.keys().map(String::as_str).collect();
    named.sort_unstable();
    assert_eq!(named, fields, "{body}: {answer}");
}

/// What was last said of a policy.
async fn said(desk: &Desk, id: &Value) -> Value {
    let (kind, version, payload): (String, i32, Value) = sqlx::query_as(
        "select type, version, payload from outbox
         where aggregate_kind = 'sla_policy' and aggregate_id = $1 order by sequence desc limit 1",
    )
    .bind(id.as_i64())
    .fetch_one(&desk.db)
    .await
    .unwrap();
    let version = u16::try_from(version).unwrap();
    Fact::read(&kind, version, &payload.to_string()).unwrap();
    payload
}

#[tokio::test]
async fn a_policy_is_made_changed_and_deleted() {
    let desk = Desk::start().await;
    let policy = post(&desk, "/admin/sla", a_policy(), "sla_policy").await;
    let id = policy["id"].clone();
    let whole = json!({
        "id": id, "project_id": NAIJA, "name": "High", "priority": "high",
        "first_response_minutes": 30, "resolution_minutes": 120,
        "calendar_id": null, "pause_while_pending": false,
    });
    assert_eq!(policy, whole);
    let own = desk.agent().get("/sla?project_id=1").await.expect(200);
    assert_eq!(own["sla_policies"], json!([whole]));
    assert_eq!(said(&desk, &id).await["first_response_minutes"], 30);

    let path = format!("/admin/sla/{id}");
    let change = json!({"name": "Quick", "resolution_minutes": 60, "pause_while_pending": true});
    let changed = desk.admin().put(&path, change.clone()).await.expect(200);
    assert_eq!(changed["sla_policy"]["name"], "Quick");
    assert_eq!(changed["sla_policy"]["first_response_minutes"], 30);
    assert_eq!(said(&desk, &id).await["resolution_minutes"], 60);
    // The same again says nothing.
    desk.admin().patch(&path, change).await.expect(200);
    assert_eq!(desk.said("sla_policy", id.as_i64().unwrap()).await.len(), 2);

    desk.admin().delete(&path).await.expect(200);
    assert_eq!(said(&desk, &id).await["deleted"], true);
    desk.admin().delete(&path).await.expect(404);
    desk.admin().put(&path, json!({})).await.expect(404);
    let left = desk.admin().get("/sla?project_id=1").await.expect(200);
    assert_eq!(left["sla_policies"], json!([]));
    // Its place is free again.
    post(&desk, "/admin/sla", a_policy(), "sla_policy").await;
}

#[tokio::test]
async fn bad_policies_are_refused_field_by_field() {
    let desk = Desk::start().await;
    let with = |field: &str, value: Value| {
        let mut body = a_policy();
        body[field] = value;
        body
    };
    let both = ["first_response_minutes", "priority", "resolution_minutes"];
    refused(&desk, "/admin/sla", json!({}), &both).await;
    for (field, value) in [
        ("priority", json!("urgent")),
        ("priority", json!(null)),
        ("project_id", json!(99)),
        ("project_id", json!(0)),
        ("first_response_minutes", json!(0)),
        ("first_response_minutes", json!(121)),
        ("first_response_minutes", json!("soon")),
        ("first_response_minutes", json!(30.5)),
        ("resolution_minutes", json!(525_601)),
        ("calendar_id", json!(99)),
        ("name", json!("x".repeat(256))),
        ("pause_while_pending", json!("maybe")),
    ] {
        refused(&desk, "/admin/sla", with(field, value), &[field]).await;
    }
    post(
        &desk,
        "/admin/sla",
        with("resolution_minutes", json!(525_600)),
        "sla_policy",
    )
    .await;

    // One a project and priority, also for all projects (the seeded ones).
    refused(&desk, "/admin/sla", a_policy(), &["priority"]).await;
    refused(
        &desk,
        "/admin/sla",
        with("project_id", json!(null)),
        &["priority"],
    )
    .await;
    let unknown = json!({
        "project_id": 99, "calendar_id": 99, "priority": "low",
        "first_response_minutes": 1, "resolution_minutes": 1,
    });
    refused(&desk, "/admin/sla", unknown, &["calendar_id", "project_id"]).await;

    let other = post(
        &desk,
        "/admin/sla",
        with("project_id", json!(AGRI)),
        "sla_policy",
    )
    .await;
    let path = format!("/admin/sla/{}", other["id"]);
    for (field, value) in [
        ("project_id", json!(NAIJA)),
        ("project_id", json!(null)),
        ("project_id", json!(99)),
        ("resolution_minutes", json!(29)),
        ("priority", json!(null)),
        ("calendar_id", json!(99)),
    ] {
        let answer = desk.admin().put(&path, json!({ field: value })).await;
        let details = answer.expect(422)["details"].clone();
        let named = match (field, &value) {
            ("project_id", value) if *value != json!(99) => "priority",
            ("resolution_minutes", _) => "first_response_minutes",
            (field, _) => field,
        };
        assert!(details[named].is_array(), "{field} {value}: {details}");
    }
    assert_eq!(
        desk.said("sla_policy", other["id"].as_i64().unwrap())
            .await
            .len(),
        1
    );
    let path = "/admin/sla/99";
    desk.admin()
        .put(path, json!({"calendar_id": 99}))
        .await
        .expect(404);
}

#[tokio::test]
async fn of_two_policies_for_one_place_one_is_made() {
    let desk = Desk::start().await;
    let admin = desk.admin();
    let made = || admin.post("/admin/sla", a_policy());
    let (one, two, three) = tokio::join!(made(), made(), made());
    let mut statuses = [one, two, three].map(|answer| answer.status.as_u16());
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422, 422]);
}

#[tokio::test]
async fn a_policy_for_a_project_that_no_event_told_of() {
    let desk = Desk::start().await;
    let mut body = a_policy();
    body["project_id"] = json!(FRESH);
    post(&desk, "/admin/sla", body, "sla_policy").await;
}

#[tokio::test]
async fn a_calendar_is_made_changed_and_deleted() {
    let desk = Desk::start().await;
    let calendar = post(&desk, "/admin/calendars", a_calendar(), "calendar").await;
    let id = calendar["id"].clone();
    let whole = json!({
        "id": id, "name": "Lagos office", "timezone": "Africa/Lagos",
        "hours": {"mon": [["09:00", "12:00"], ["13:00", "17:00"]]},
        "holidays": ["2026-01-01", "2026-12-25"],
    });
    assert_eq!(calendar, whole);
    let all = desk.admin().get("/admin/calendars").await.expect(200);
    assert_eq!(all["calendars"], json!([whole]));

    let path = format!("/admin/calendars/{id}");
    let change = json!({"holidays": [], "timezone": "Europe/Berlin"});
    let changed = desk.admin().put(&path, change).await.expect(200)["calendar"].clone();
    assert_eq!(changed["holidays"], json!([]));
    assert_eq!(changed["hours"], whole["hours"]);
    for (field, value) in [
        ("name", json!(null)),
        ("timezone", json!("Mars/Olympus")),
        ("hours", json!({})),
        ("holidays", json!(null)),
    ] {
        let answer = desk.admin().patch(&path, json!({ field: value })).await;
        assert!(answer.expect(422)["details"][field].is_array(), "{field}");
    }

    // In use, until no policy names it.
    let mut policy = a_policy();
    policy["calendar_id"] = id.clone();
    let policy = post(&desk, "/admin/sla", policy, "sla_policy").await;
    assert_eq!(policy["calendar_id"], id);
    assert_eq!(said(&desk, &policy["id"]).await["calendar_id"], id);
    desk.admin().delete(&path).await.expect(409);
    let policy = format!("/admin/sla/{}", policy["id"]);
    let cleared = desk
        .admin()
        .put(&policy, json!({"calendar_id": null}))
        .await;
    assert_eq!(
        cleared.expect(200)["sla_policy"]["calendar_id"],
        json!(null)
    );
    desk.admin().delete(&path).await.expect(200);
    desk.admin().delete(&path).await.expect(404);
    desk.admin().put(&path, json!({})).await.expect(404);
    let gone = json!({"calendar_id": id});
    let answer = desk.admin().put(&policy, gone).await.expect(422);
    assert!(answer["details"]["calendar_id"].is_array());
}

#[tokio::test]
async fn bad_calendars_are_refused_field_by_field() {
    let desk = Desk::start().await;
    let all = ["hours", "name", "timezone"];
    refused(&desk, "/admin/calendars", json!({}), &all).await;
    let many: Vec<String> = (0..367)
        .map(|year| format!("{}-01-01", 2000 + year))
        .collect();
    for (field, value) in [
        ("name", json!("")),
        ("timezone", json!("+01:00")),
        // 27: no hours at all.
        ("hours", json!({"mon": []})),
        ("hours", json!([])),
        ("hours", json!("always")),
        ("hours", json!({"monday": [["09:00", "17:00"]]})),
        (
            "hours",
            json!({"mon": [["09:00", "12:00"], ["11:00", "17:00"]]}),
        ),
        ("holidays", json!(["25.12.2026"])),
        ("holidays", json!(many)),
    ] {
        let mut body = a_calendar();
        body[field] = value;
        refused(&desk, "/admin/calendars", body, &[field]).await;
    }
}

/// A ticket's time, as a moment.
fn at(ticket: &Value, field: &str) -> OffsetDateTime {
    OffsetDateTime::parse(ticket[field].as_str().unwrap(), &Rfc3339).unwrap()
}

async fn filed(desk: &Desk, project: i64) -> Value {
    let mut body = portal_ticket(project);
    body["priority"] = json!("high");
    let made = desk.admin().post("/tickets", body).await;
    made.expect(201)["ticket"].clone()
}

async fn again(desk: &Desk, ticket: &Value) -> Value {
    desk.ticket(ticket["id"].as_i64().unwrap()).await
}

#[tokio::test]
async fn new_tickets_go_by_the_policy_of_their_project() {
    let desk = Desk::start().await;
    let time = |ticket: &Value| at(ticket, "first_response_due_at") - at(ticket, "created_at");
    let old = filed(&desk, NAIJA).await;
    assert_eq!(time(&old), Duration::HOUR);
    let policy = post(&desk, "/admin/sla", a_policy(), "sla_policy").await;
    let path = format!("/admin/sla/{}", policy["id"]);
    assert_eq!(time(&filed(&desk, NAIJA).await), Duration::minutes(30));
    assert_eq!(time(&filed(&desk, AGRI).await), Duration::HOUR);
    let change = json!({"first_response_minutes": 5});
    desk.admin().put(&path, change).await.expect(200);
    let quick = filed(&desk, NAIJA).await;
    assert_eq!(time(&quick), Duration::minutes(5));
    desk.admin().delete(&path).await.expect(200);
    assert_eq!(time(&filed(&desk, NAIJA).await), Duration::HOUR);

    // 20 and 21: what was filed before goes by what it was filed under.
    assert_eq!(time(&again(&desk, &old).await), Duration::HOUR);
    let quick = again(&desk, &quick).await;
    assert_eq!(time(&quick), Duration::minutes(5));
    assert_eq!(quick["sla_policy"]["first_response_minutes"], 5);
}

#[tokio::test]
async fn a_calendar_is_frozen_on_the_ticket() {
    let desk = Desk::start().await;
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let always = days.map(|day| (day.to_owned(), json!([["00:00", "24:00"]])));
    let mut calendar = a_calendar();
    calendar["hours"] = Value::Object(always.into_iter().collect());
    calendar["timezone"] = json!("UTC");
    calendar["holidays"] = json!([]);
    let calendar = post(&desk, "/admin/calendars", calendar, "calendar").await;
    let mut policy = a_policy();
    policy["resolution_minutes"] = json!(2_880);
    policy["pause_while_pending"] = json!(true);
    policy["calendar_id"] = calendar["id"].clone();
    post(&desk, "/admin/sla", policy, "sla_policy").await;
    let old = filed(&desk, NAIJA).await;
    let time = |ticket: &Value| at(ticket, "resolution_due_at") - at(ticket, "created_at");
    assert_eq!(time(&old), Duration::days(2));

    // 45: tomorrow becomes a holiday.
    let tomorrow = (desk.now() + Duration::DAY).date().to_string();
    let path = format!("/admin/calendars/{}", calendar["id"]);
    let change = json!({"holidays": [tomorrow]});
    desk.admin().put(&path, change).await.expect(200);
    assert_eq!(time(&filed(&desk, NAIJA).await), Duration::days(3));
    assert_eq!(time(&again(&desk, &old).await), Duration::days(2));

    // Also by the pause that comes after.
    let path = format!("/tickets/{}/status", old["id"]);
    for (status, passes) in [
        ("pending_customer", Duration::hours(3)),
        ("in_progress", Duration::ZERO),
    ] {
        let body = json!({ "status": status });
        desk.admin().patch(&path, body).await.expect(200);
        desk.advance(passes);
    }
    let paused = time(&again(&desk, &old).await) - Duration::days(2) - Duration::hours(3);
    assert!(
        paused >= Duration::ZERO && paused < Duration::MINUTE,
        "{paused}"
    );
}
