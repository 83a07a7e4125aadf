//! Every ticket's state for consumers that begin anew.

use desk_events::{TicketPage, TicketRecord};
use serde_json::{Value, json};

use crate::desk::{AGENT, AGRI, Desk, NAIJA};

/// All pages of so many tickets.
async fn snapshot(desk: &Desk, limit: usize) -> Vec<TicketRecord> {
    let reporting = desk.service("reporting");
    let (mut tickets, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/internal/snapshot?limit={limit}&after={after}");
        let page = reporting.get(&path).await.expect(200);
        let page: TicketPage = serde_json::from_value(page).unwrap();
        assert!(page.tickets.len() <= limit);
        assert_eq!(page.total, after.is_empty().then_some(4));
        tickets.extend(page.tickets);
        match page.next {
            Some(next) => after = next,
            None => return tickets,
        }
    }
}

/// What the last event of a ticket said.
async fn last_said(desk: &Desk, id: i64) -> TicketRecord {
    let (state, sequence): (Value, i64) = sqlx::query_as(
        "select payload -> 'ticket', sequence from outbox
         where aggregate_kind = 'ticket' and aggregate_id = $1 order by sequence desc limit 1",
    )
    .bind(id)
    .fetch_one(&desk.db)
    .await
    .unwrap();
    TicketRecord {
        ticket: serde_json::from_value(state).unwrap(),
        sequence,
    }
}

#[tokio::test]
async fn it_tells_what_the_last_events_told() {
    let desk = Desk::start().await;
    let mut expected = Vec::new();
    for project in [NAIJA, AGRI, NAIJA, NAIJA] {
        expected.push(desk.file(project).await.0);
    }
    let [open, _, resolved, gone] = expected[..] else {
        panic!("four tickets")
    };
    let admin = desk.admin();
    let path = format!("/tickets/{open}/assign");
    admin
        .patch(&path, json!({"user_id": AGENT}))
        .await
        .expect(200);
    let reply = json!({"body": "Have you cleared your cache?"});
    let path = format!("/tickets/{resolved}");
    admin
        .post(&format!("{path}/messages"), reply)
        .await
        .expect(201);
    let status = json!({"status": "resolved"});
    admin
        .patch(&format!("{path}/status"), status)
        .await
        .expect(200);
    admin.delete(&format!("/tickets/{gone}")).await.expect(200);

    for limit in [1, 2, 3, 4, 1_000] {
        let told = snapshot(&desk, limit).await;
        let ids: Vec<i64> = told.iter().map(|record| record.ticket.id).collect();
        assert_eq!(ids, expected, "{limit} a page");
        for record in told {
            assert_eq!(record, last_said(&desk, record.ticket.id).await);
        }
    }
    let notifier = desk.service("notifier");
    for id in expected {
        let path = format!("/internal/tickets/{id}");
        let told = notifier.get(&path).await.expect(200);
        let told: TicketRecord = serde_json::from_value(told).unwrap();
        assert_eq!(told, last_said(&desk, id).await);
    }
    for nobodys in ["0", "999999999", "-9223372036854775808"] {
        let path = format!("/internal/tickets/{nobodys}");
        notifier.get(&path).await.expect(404);
    }
}

#[tokio::test]
async fn only_services_read_it() {
    let desk = Desk::start().await;
    for caller in [
        desk.super_admin(),
        desk.key(NAIJA),
        desk.anonymous(),
        desk.stranger(),
    ] {
        caller.get("/internal/snapshot").await.expect(401);
        caller.get("/internal/tickets/1").await.expect(401);
    }
    let reporting = desk.service("reporting");
    for bad in ["limit=0", "limit=1001", "after=x"] {
        reporting
            .get(&format!("/internal/snapshot?{bad}"))
            .await
            .expect(422);
    }
}
