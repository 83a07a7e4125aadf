//! A person with many tickets is erased a part at a time: nobody waits for all of it, and whatever
//! stops it in between, it goes on where it was.

use std::time::Duration;

use desk_events::Role;
use desk_testkit::eventually_within;

use crate::{
    desk::{ADA, Desk, NAIJA, TUNDE},
    erasing::{begin, is_done, left, numbers},
};

/// More than four parts.
const TICKETS: i32 = 900;
/// For all of them, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// So many tickets of one customer, each with a message and with what was said of it.
async fn file(desk: &Desk, tickets: i32) {
    let (id, number) = desk.file(NAIJA).await;
    let reply =
        serde_json::json!({"body": "message-canary", "customer_email": "tunde@example.com"});
    let path = format!("/external/tickets/{number}/reply");
    desk.key(NAIJA).post(&path, reply).await.expect(201);
    for copy in [
        "insert into tickets (id, number, project_id, subject, description, status, priority, source,
                              customer_name, customer_email, requester_id, last_activity_at,
                              reply_count, version, created_at, updated_at)
         select id + n, 'COPY-' || n, project_id, subject, description, status, priority, source,
                customer_name, customer_email, requester_id, last_activity_at, reply_count, version,
                created_at, updated_at
         from tickets, generate_series(1, $2) as n where id = $1",
        "insert into messages (id, ticket_id, kind, body, is_agent, created_at)
         select id + n, ticket_id + n, kind, body, is_agent, created_at
         from messages, generate_series(1, $2) as n where ticket_id = $1",
        "insert into outbox (event_id, aggregate_kind, aggregate_id, sequence, type, version,
                             occurred_at, payload)
         select gen_random_uuid(), aggregate_kind, aggregate_id + n, sequence, type, version,
                occurred_at,
                payload || case when payload ? 'message'
                    then jsonb_build_object('message', payload -> 'message'
                        || jsonb_build_object('id', (payload #>> '{message,id}')::bigint + n))
                    else '{}' end
         from outbox, generate_series(1, $2) as n
         where aggregate_kind = 'ticket' and aggregate_id = $1",
    ] {
        let copied = sqlx::query(copy).bind(id).bind(tickets - 1);
        copied.execute(&desk.db).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_begun_is_brought_to_its_end() {
    let desk = Desk::start().await;
    file(&desk, TICKETS).await;
    // Whoever has this ticket's row holds up the third part.
    let mut holder = desk.db.begin().await.unwrap();
    let third = "select from tickets where id = (select min(id) + 450 from tickets) for update";
    sqlx::query(third).execute(&mut *holder).await.unwrap();
    let replica = desk.start_replica();
    begin(&desk, TUNDE, Role::Customer).await;
    let erased = "select count(*) from tickets where erased_at is not null";
    eventually_within(PATIENCE, async || numbers(&desk, erased).await == 400).await;
    let queued = "select count(*) from erasure_tickets";
    assert_eq!(numbers(&desk, queued).await, i64::from(TICKETS) - 400);
    // As if killed, in the middle of a part.
    for task in replica {
        task.abort();
    }
    drop(holder);

    desk.run();
    eventually_within(PATIENCE, async || is_done(&desk).await).await;
    assert_eq!(numbers(&desk, erased).await, i64::from(TICKETS));
    let said = "select count(*) from outbox where type = 'ticket.erased'";
    assert_eq!(numbers(&desk, said).await, i64::from(TICKETS));
    let gone = "select (select count(*) from stream_erasures)
                       + (select count(*) from outbox_pending)";
    eventually_within(PATIENCE, async || numbers(&desk, gone).await == 0).await;
    let words = ["message-canary", "tunde@example.com", "photos"];
    assert_eq!(left(&desk, &words).await, Vec::<String>::new());
}

#[tokio::test]
async fn one_who_cannot_be_erased_holds_up_nobody_else() {
    let desk = Desk::start().await;
    let (stuck, _) = desk.file(NAIJA).await;
    let (free, _) = desk.file_for(NAIJA, "ada@example.com").await;
    for sql in [
        "create function refuse() returns trigger language plpgsql as
             $$ begin raise exception 'not this one'; end $$",
        "create trigger refuse before update on tickets for each row
             when (old.customer_email = 'tunde@example.com') execute function refuse()",
    ] {
        sqlx::query(sql).execute(&desk.db).await.unwrap();
    }
    desk.run();
    begin(&desk, TUNDE, Role::Customer).await;
    begin(&desk, ADA, Role::Customer).await;
    eventually_within(PATIENCE, async || {
        desk.ticket(free).await["customer_name"] == "Erased person"
    })
    .await;
    assert_eq!(desk.ticket(stuck).await["customer_name"], "Tunde Adeyemi");

    let drop = "drop trigger refuse on tickets";
    sqlx::query(drop).execute(&desk.db).await.unwrap();
    eventually_within(PATIENCE, async || is_done(&desk).await).await;
    assert_eq!(desk.ticket(stuck).await["customer_name"], "Erased person");
}
