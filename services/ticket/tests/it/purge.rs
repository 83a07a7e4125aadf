//! Tickets that were deleted long ago go for good, with all that belongs to them.

use desk_testkit::{Form, eventually};
use serde_json::{Value, json};
use time::Duration;

use crate::{
    attachments::objects,
    desk::{Desk, NAIJA},
};

/// Stands in everything that people wrote.
const WORDS: &str = "canary-7c1d";

/// Files a ticket with all that a ticket can have; answers its id.
async fn whole(desk: &Desk) -> i64 {
    let form = Form::default()
        .text("project_id", &NAIJA.to_string())
        .text("subject", WORDS)
        .text("description", WORDS)
        .file("attachments[]", WORDS, WORDS.as_bytes());
    let filed = desk.tunde().post_form("/tickets", form).await.expect(201);
    let id = filed["ticket"]["id"].as_i64().unwrap();
    let path = format!("/tickets/{id}");
    let reply = Form::default()
        .text("body", WORDS)
        .file("attachments[]", "b", b"x");
    let (messages, rating, watch) = (
        format!("{path}/messages"),
        format!("{path}/rating"),
        format!("{path}/watch"),
    );
    desk.tunde().post_form(&messages, reply).await.expect(201);
    desk.tunde()
        .put(&path, json!({"subject": format!("{WORDS} again")}))
        .await
        .expect(200);
    desk.agent()
        .patch(&format!("{path}/status"), json!({"status": "resolved"}))
        .await
        .expect(200);
    desk.tunde()
        .post(&rating, json!({"score": 1, "comment": WORDS}))
        .await
        .expect(201);
    desk.agent().post(&watch, json!({})).await.expect(200);
    id
}

async fn delete(desk: &Desk, id: i64) {
    desk.admin()
        .delete(&format!("/tickets/{id}"))
        .await
        .expect(200);
}

async fn said(desk: &Desk, id: i64) -> Vec<Value> {
    sqlx::query_scalar(
        "select payload from outbox where aggregate_kind = 'ticket' and aggregate_id = $1
         order by sequence",
    )
    .bind(id)
    .fetch_all(&desk.db)
    .await
    .unwrap()
}

async fn rows(desk: &Desk, id: i64) -> i64 {
    sqlx::query_scalar(
        "select (select count(*) from tickets where id = $1)
              + (select count(*) from messages where ticket_id = $1)
              + (select count(*) from activities where ticket_id = $1)
              + (select count(*) from attachments where ticket_id = $1)
              + (select count(*) from ratings where ticket_id = $1)",
    )
    .bind(id)
    .fetch_one(&desk.db)
    .await
    .unwrap()
}

#[tokio::test]
async fn after_thirty_days_a_deleted_ticket_is_gone_for_good() {
    let desk = Desk::start().await;
    let (gone, kept, live) = (whole(&desk).await, whole(&desk).await, whole(&desk).await);
    delete(&desk, gone).await;
    desk.advance(Duration::days(2));
    delete(&desk, kept).await;
    desk.advance(Duration::days(29));
    let due = desk.purge(true).await;
    assert_eq!((due.tickets, due.files), (1, 2));
    assert_eq!(rows(&desk, gone).await, rows(&desk, kept).await);

    desk.run();
    eventually(async || rows(&desk, gone).await == 0).await;
    eventually(async || objects(&desk) == 4).await;
    assert!(rows(&desk, kept).await > 0 && rows(&desk, live).await > 0);
    desk.ticket(live).await;
    desk.admin()
        .post(&format!("/admin/tickets/{gone}/restore"), json!({}))
        .await
        .expect(404);
    desk.admin()
        .post(&format!("/admin/tickets/{kept}/restore"), json!({}))
        .await
        .expect(200);
    assert_eq!(desk.purge(false).await.tickets, 0);
}

#[tokio::test]
async fn the_last_word_names_nobody_and_takes_the_others_back() {
    let desk = Desk::start().await;
    let (gone, live) = (whole(&desk).await, whole(&desk).await);
    delete(&desk, gone).await;
    desk.advance(Duration::days(31));
    let before = said(&desk, gone).await;
    assert!(json!(before).to_string().contains(WORDS));
    assert_eq!(desk.purge(false).await.tickets, 1);

    let after = said(&desk, gone).await;
    let kinds = desk.said_types(gone).await;
    assert_eq!(kinds.last().unwrap(), "ticket.purged");
    assert_eq!(after.len(), before.len() + 1);
    let text = json!(after).to_string();
    for word in [WORDS, "Tunde", "tunde@example.com"] {
        assert!(!text.contains(word), "{word} in {text}");
    }
    // They can still be read as what they were.
    for (payload, kind) in after.iter().zip(&kinds) {
        let fact = desk_events::Fact::read(kind, 1, &payload.to_string()).unwrap();
        assert_eq!(fact.ticket().unwrap().id, gone);
    }
    assert!(json!(said(&desk, live).await).to_string().contains(WORDS));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn however_many_purge_each_ticket_is_said_once() {
    let desk = Desk::start().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        let (id, _) = desk.file(NAIJA).await;
        delete(&desk, id).await;
        ids.push(id);
    }
    desk.advance(Duration::days(31));
    for _ in 0..3 {
        desk.run();
    }
    desk.purge(false).await;
    for id in ids {
        eventually(async || rows(&desk, id).await == 0).await;
        let said = desk.said_types(id).await;
        assert_eq!(said, ["ticket.created", "ticket.deleted", "ticket.purged"]);
    }
}
