//! Mails into the folder of the local stack: who still gets one, once, in the right thread.

use desk_events::{NewEvent, Role};
use desk_testkit::eventually;
use serde_json::json;
use time::Duration;

use crate::{
    facts::{
        ADDRESS, AGENT, CUSTOMER, assigned, breached, due_soon, heard, member, note, person,
        purged, reply, status, taken, watched,
    },
    post_office::{Pigeonhole, header, mailing},
    stack::Stack,
};

const WATCHER: i64 = 6;

impl Stack {
    /// People of the project, and mails to a folder.
    async fn staffed() -> (Self, Pigeonhole) {
        let (stack, hole) = (Self::start().await, Pigeonhole::new());
        stack
            .hear_new([
                person(AGENT, "grace@example.com", Role::Agent, 1, true),
                member(AGENT, 1, true),
                person(WATCHER, "linus@example.com", Role::Agent, 1, true),
                member(WATCHER, 1, true),
            ])
            .await;
        (stack, hole)
    }

    async fn hear_new<const N: usize>(&self, events: [NewEvent; N]) {
        self.hear(&events.map(heard)).await;
    }

    /// Sends what is due and waits until nothing is.
    async fn post(&self, hole: &Pigeonhole) -> Vec<String> {
        self.send_by(&mailing(&hole.url()));
        self.settled().await;
        hole.mails()
    }

    /// How the deliveries about a ticket ended, by recipient.
    async fn ends(&self, ticket_id: i64) -> Vec<String> {
        let rows = self.deliveries(ticket_id).await;
        let mut ends: Vec<String> = rows
            .iter()
            .map(|row| {
                let who = row["user_id"].as_i64().map(|id| id.to_string());
                let why = row["error"].as_str().or(row["state"].as_str()).unwrap();
                format!("{} {why}", who.unwrap_or_else(|| "customer".to_owned()))
            })
            .collect();
        ends.sort();
        ends
    }
}

fn to(mails: &[String]) -> Vec<&str> {
    let mut to: Vec<&str> = mails
        .iter()
        .map(|mail| header(mail, "To").unwrap())
        .collect();
    to.sort_unstable();
    to
}

#[tokio::test]
async fn an_event_that_comes_three_times_is_one_mail_in_its_tickets_thread() {
    let (stack, hole) = Stack::staffed().await;
    stack.consume();
    let mailing = mailing(&hole.url());
    stack.send_by(&mailing);
    stack.say(&[reply(7, 2, AGENT)]).await;
    for _ in 0..2 {
        eventually(|| async { hole.mails().len() == 1 }).await;
        stack.say_again().await;
    }
    stack.say(&[reply(7, 3, AGENT)]).await;
    eventually(|| async { hole.mails().len() >= 2 }).await;
    stack.settled().await;

    let mails = hole.mails();
    assert_eq!(mails.len(), 2);
    for mail in &mails {
        assert_eq!(
            header(mail, "To"),
            Some(&*format!("\"Ada Obi\" <{ADDRESS}>"))
        );
        assert_eq!(
            header(mail, "From"),
            Some("SupportDesk <support@desk.test>")
        );
        for name in ["In-Reply-To", "References"] {
            assert_eq!(header(mail, name), Some("<ticket-7@desk.test>"), "{name}");
        }
        assert_eq!(
            header(mail, "Subject"),
            Some("[NAIJ-2026-00007] Printer on fire")
        );
        assert_eq!(header(mail, "Auto-Submitted"), Some("auto-generated"));
        assert!(mail.contains("https://portal.test/tickets/7"));
    }
    let ids: Vec<_> = mails
        .iter()
        .map(|mail| header(mail, "Message-ID"))
        .collect();
    assert_ne!(ids[0], ids[1]);
    assert!(mails[0].contains("words of message 2") && mails[1].contains("words of message 3"));
}

#[tokio::test]
async fn what_was_sent_is_not_kept() {
    let (stack, hole) = Stack::staffed().await;
    stack.hear_new([reply(7, 2, AGENT)]).await;
    stack.post(&hole).await;
    let row = &stack.deliveries(7).await[0];
    assert_eq!(
        (&row["state"], &row["attempts"]),
        (&json!("sent"), &json!(1))
    );
    assert!(row["excerpt"].is_null());
}

#[tokio::test]
async fn everybody_concerned_is_told_and_never_the_actor() {
    for (event, expected) in [
        (reply(7, 2, AGENT), ["customer sent", "6 sent"].as_slice()),
        (reply(7, 2, CUSTOMER), &["5 sent", "6 sent"]),
        (note(7, 2), &[]),
        (assigned(7, 2, WATCHER), &["customer sent", "5 sent"]),
        (status(7, 2, AGENT), &["customer sent", "6 sent"]),
        (due_soon(7, 2), &["5 sent", "6 sent"]),
        (breached(7, 2), &["5 sent", "6 sent"]),
    ] {
        let (stack, hole) = Stack::staffed().await;
        let subject = event.fact.subject();
        stack
            .hear_new([watched(7, 1, &[WATCHER]), with_watchers(event, &[WATCHER])])
            .await;
        let mails = stack.post(&hole).await;
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(stack.ends(7).await, expected, "{subject}");
        assert_eq!(mails.len(), expected.len(), "{subject}");
    }
}

/// The same event of a ticket that these people follow.
fn with_watchers(mut event: NewEvent, watchers: &[i64]) -> NewEvent {
    use desk_events::Fact;
    if let Fact::MessageAdded(said)
    | Fact::TicketAssigned(said)
    | Fact::StatusChanged(said)
    | Fact::TicketBreached(said) = &mut event.fact
    {
        said.ticket.watchers = watchers.to_vec();
    }
    event
}

#[tokio::test]
async fn whoever_has_left_gets_nothing() {
    for (case, leaving, expected) in [
        (
            "disabled",
            person(AGENT, "grace@example.com", Role::Agent, 2, false),
            "out_of_scope",
        ),
        (
            "no longer of the project",
            member(AGENT, 2, false),
            "out_of_scope",
        ),
        (
            "demoted",
            person(AGENT, "grace@example.com", Role::Customer, 2, true),
            "out_of_scope",
        ),
        ("no longer assigned", taken(7, 3, WATCHER), "not_concerned"),
    ] {
        let (stack, hole) = Stack::staffed().await;
        stack.hear_new([reply(7, 2, CUSTOMER), leaving]).await;
        let mails = stack.post(&hole).await;
        let ends = stack.ends(7).await;
        assert!(
            ends.contains(&format!("{AGENT} {expected}")),
            "{case}: {ends:?}"
        );
        assert!(!to(&mails).iter().any(|to| to.contains("grace")), "{case}");
    }
}

#[tokio::test]
async fn a_removed_watcher_gets_nothing() {
    let (stack, hole) = Stack::staffed().await;
    stack
        .hear_new([
            with_watchers(reply(7, 2, AGENT), &[WATCHER]),
            watched(7, 3, &[]),
        ])
        .await;
    assert_eq!(to(&stack.post(&hole).await).len(), 1);
    assert_eq!(stack.ends(7).await, ["6 not_concerned", "customer sent"]);
}

#[tokio::test]
async fn a_purged_ticket_is_told_of_no_more() {
    let (stack, hole) = Stack::staffed().await;
    stack.hear_new([reply(7, 2, AGENT), purged(7, 3)]).await;
    assert!(stack.post_nothing(&hole).await);
    let kept: i64 = sqlx::query_scalar("select count(*) from tickets")
        .fetch_one(&stack.db)
        .await
        .unwrap();
    assert_eq!(kept, 0);
}

impl Stack {
    /// There was nothing to send.
    async fn post_nothing(&self, hole: &Pigeonhole) -> bool {
        self.post(hole).await.is_empty()
    }
}

#[tokio::test]
async fn one_address_gets_one_mail_of_an_event() {
    let (stack, hole) = Stack::staffed().await;
    // A colleague filed it, and follows it.
    stack
        .hear_new([
            person(WATCHER, ADDRESS, Role::Agent, 2, true),
            with_watchers(reply(7, 2, AGENT), &[WATCHER]),
        ])
        .await;
    assert_eq!(to(&stack.post(&hole).await).len(), 1);
    let mut why: Vec<_> = stack.ends(7).await;
    why.retain(|end| end.ends_with("same_address"));
    assert_eq!(why.len(), 1);
}

#[tokio::test]
async fn a_change_that_moves_the_status_is_one_mail() {
    let (stack, hole) = Stack::staffed().await;
    let assigned = assigned(7, 2, WATCHER);
    let mut moved = status(7, 3, WATCHER);
    moved.occurred_at = assigned.occurred_at;
    stack.hear_new([assigned, moved]).await;
    assert_eq!(to(&stack.post(&hole).await).len(), 2);
    assert_eq!(stack.ends(7).await, ["5 sent", "customer sent"]);
}

#[tokio::test]
async fn a_deadline_that_moved_is_not_told() {
    let (stack, hole) = Stack::staffed().await;
    let mut moved = watched(7, 2, &[]);
    if let desk_events::Fact::TicketUpdated(said) = &mut moved.fact {
        said.ticket.deadline_generation = 2;
    }
    stack
        .hear_new([watched(7, 1, &[]), due_soon(7, 2), moved])
        .await;
    assert!(stack.post_nothing(&hole).await);
    assert_eq!(stack.ends(7).await, ["5 stale"]);
}

#[tokio::test]
async fn whom_a_copy_does_not_know_yet_is_told_once_it_does() {
    let (stack, hole) = (Stack::start().await, Pigeonhole::new());
    let mut late = reply(7, 2, CUSTOMER);
    late.occurred_at = stack.now();
    stack.hear_new([late]).await;
    stack.send_by(&mailing(&hole.url()));
    eventually(|| async { stack.ends(7).await == ["5 not_yet"] }).await;
    stack
        .hear_new([
            person(AGENT, "grace@example.com", Role::Agent, 1, true),
            member(AGENT, 1, true),
        ])
        .await;
    stack.advance(Duration::seconds(16));
    stack.ring();
    eventually(|| async { stack.ends(7).await == ["5 sent"] }).await;
    assert_eq!(hole.mails().len(), 1);
}

#[tokio::test]
async fn an_erased_customers_words_are_gone() {
    let (stack, hole) = Stack::staffed().await;
    let mut erased = watched(7, 3, &[]);
    if let desk_events::Fact::TicketUpdated(said) = erased.fact {
        let mut said = said;
        said.ticket.customer_email = desk_events::erased_requester(4);
        said.ticket.customer_name = "Erased person".to_owned();
        said.ticket.subject = "Erased".to_owned();
        erased.fact = desk_events::Fact::TicketErased(said);
    }
    stack
        .hear_new([reply(7, 1, AGENT), reply(7, 2, CUSTOMER)])
        .await;
    stack.hear_new([erased]).await;
    let rows: String = sqlx::query_scalar(
        "select coalesce(string_agg(d::text, '|'), '') || (select string_agg(t::text, '|') from tickets t)
         from deliveries d",
    )
    .fetch_one(&stack.db)
    .await
    .unwrap();
    for word in [ADDRESS, "Ada", "Printer", "words of"] {
        assert!(!rows.contains(word), "{word}: {rows}");
    }
    let mails = stack.post(&hole).await;
    assert_eq!(to(&mails).len(), 1, "the assignee: {mails:?}");
}

#[tokio::test]
async fn two_postmen_share_the_mails() {
    let (stack, hole) = Stack::staffed().await;
    let events: Vec<_> = (1..=40).map(|id| heard(reply(id, 2, AGENT))).collect();
    stack.hear(&events).await;
    let mailing = mailing(&hole.url());
    stack.send_by(&mailing);
    stack.send_by(&mailing);
    stack.settled().await;
    assert_eq!(hole.mails().len(), 40);
    let attempts: i64 = sqlx::query_scalar("select sum(attempts) from deliveries")
        .fetch_one(&stack.db)
        .await
        .unwrap();
    assert_eq!(attempts, 40);
}
