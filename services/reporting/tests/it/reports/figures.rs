//! The reference's shapes, and what each figure means.

use desk_events::{Fact, TicketState};
use serde_json::{Value, json};
use time::Duration;

use super::{Reports, THAT_DAY};
use crate::facts::{FILED, filed, heard, said};

async fn report(reports: &Reports, path: &str) -> Value {
    let path = format!("/reports/{path}");
    reports.admin.get(&path).await.expect(200)
}

#[tokio::test]
async fn every_report_has_the_references_shape() {
    let reports = Reports::with_tickets().await;
    for (path, expected) in [
        (
            "overview",
            json!({
                "total_tickets": 4,
                "by_status": {"open": 1, "inProgress": 1, "pending": 1, "resolved": 1, "closed": 0},
                "unassigned": 1, "sla_breached": 1,
                "avg_first_response_mins": 12.5, "avg_resolution_minutes": 1440.0,
            }),
        ),
        (
            "projects",
            json!([
                {"project": "NaijaHomes", "total": 3, "resolved": 1, "breached": 1,
                 "resolve_rate": 33.3, "project_id": 3},
                {"project": "Kora", "total": 1, "resolved": 0, "breached": 0,
                 "resolve_rate": 0.0, "project_id": 4},
            ]),
        ),
        (
            "agents",
            json!([
                {"agent": "Alice Okafor", "total_assigned": 2, "total_resolved": 1,
                 "resolve_rate": 50.0, "avg_resolution_minutes": 1440.0, "agent_id": 5},
                {"agent": "Bola Ade", "total_assigned": 1, "total_resolved": 0,
                 "resolve_rate": 0.0, "avg_resolution_minutes": null, "agent_id": 6},
            ]),
        ),
        (
            "volume",
            json!([{"period": "2026-03-02", "created": 4, "resolved": 0}]),
        ),
        (
            "sla",
            json!({
                "total_tickets": 4, "fr_breach_rate": 25.0, "res_breach_rate": 0.0,
                "by_priority": {
                    "critical": {"total": 1, "fr_breached": 1, "res_breached": 0},
                    "high": {"total": 0, "fr_breached": 0, "res_breached": 0},
                    "medium": {"total": 3, "fr_breached": 0, "res_breached": 0},
                    "low": {"total": 0, "fr_breached": 0, "res_breached": 0},
                },
            }),
        ),
        (
            "categories",
            json!([
                {"category": "Technical Issue", "color": "#EF4444", "total": 3, "category_id": 2},
                {"category": "Uncategorized", "color": null, "total": 1, "category_id": null},
            ]),
        ),
    ] {
        let found = report(&reports, &format!("{path}?{THAT_DAY}")).await;
        assert_eq!(found, expected, "{path}");
    }
}

#[tokio::test]
async fn nothing_is_nulls_and_zeros() {
    let reports = Reports::start().await;
    let overview = report(&reports, "overview").await;
    assert_eq!(overview["total_tickets"], 0);
    assert_eq!(overview["avg_first_response_mins"], Value::Null);
    assert_eq!(overview["avg_resolution_minutes"], Value::Null);
    let sla = report(&reports, "sla").await;
    assert_eq!(sla["fr_breach_rate"], 0.0);
    assert_eq!(sla["by_priority"].as_object().unwrap().len(), 4);
    for path in ["projects", "agents", "categories"] {
        assert_eq!(report(&reports, path).await, json!([]), "{path}");
    }
}

#[tokio::test]
async fn a_resolution_counts_on_its_day_whenever_the_ticket_was_filed() {
    let reports = Reports::with_tickets().await;
    let volume = "volume?from=2026-03-01&to=2026-03-04";
    let row = |period: &str, created: i64, resolved: i64| json!({"period": period, "created": created, "resolved": resolved});
    assert_eq!(
        report(&reports, volume).await,
        json!([
            row("2026-03-01", 0, 0),
            row("2026-03-02", 4, 0),
            row("2026-03-03", 0, 1),
            row("2026-03-04", 0, 0),
        ])
    );
    assert_eq!(
        report(
            &reports,
            "volume?from=2026-03-03&to=2026-03-09&group_by=week"
        )
        .await,
        json!([row("2026-03-02", 0, 1), row("2026-03-09", 0, 0)])
    );
    assert_eq!(
        report(
            &reports,
            "volume?from=2026-03-02&to=2026-04-01&group_by=month"
        )
        .await,
        json!([row("2026-03-01", 4, 1), row("2026-04-01", 0, 0)])
    );
}

#[tokio::test]
async fn the_last_30_days_are_the_default() {
    let reports = Reports::start().await;
    let now = desk_testkit::identity::Clock::system().now();
    let filed_before = |id: i64, days: i64| TicketState {
        created_at: now - Duration::days(days),
        ..filed(id)
    };
    let tickets = [filed_before(1, 0), filed_before(2, 29), filed_before(3, 30)];
    let events = tickets.map(|ticket| heard(said(Fact::TicketCreated, ticket, 1)));
    reports.hear(&events).await;
    assert_eq!(report(&reports, "overview").await["total_tickets"], 2);
    assert_eq!(
        report(&reports, "volume").await.as_array().unwrap().len(),
        30
    );
}

#[tokio::test]
async fn what_has_no_name_yet_goes_by_its_id() {
    let reports = Reports::start().await;
    let ticket = TicketState {
        assigned_to: Some(5),
        ..filed(1)
    };
    let event = heard(said(Fact::TicketCreated, ticket, 1));
    reports.hear(&[event]).await;
    for (path, field, name) in [
        ("projects", "project", "Project 3"),
        ("agents", "agent", "Agent 5"),
        ("categories", "category", "Category 2"),
    ] {
        let rows = report(&reports, &format!("{path}?{THAT_DAY}")).await;
        assert_eq!(rows[0][field], name);
    }
}

#[tokio::test]
async fn a_day_is_a_utc_day() {
    let reports = Reports::start().await;
    let midnight = FILED.replace_time(time::Time::MIDNIGHT);
    let tickets = [-1, 0, 86_399_999_999, 86_400_000_000].map(|micros| {
        let mut ticket = filed(micros + 2);
        ticket.created_at = midnight + Duration::microseconds(micros);
        heard(said(Fact::TicketCreated, ticket, 1))
    });
    reports.hear(&tickets).await;
    let overview = report(&reports, &format!("overview?{THAT_DAY}")).await;
    assert_eq!(overview["total_tickets"], 2);
}
