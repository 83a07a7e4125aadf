//! What the service says and what it hears, over the real bus.

use desk_events::{
    Aggregate, AggregateKind, Fact, MembershipState, Metric, Role, SlaClaim, UserState,
};
use desk_testkit::eventually;
use serde_json::{Value, json};
use time::Duration;

use crate::desk::{AGENT, Desk, NAIJA, project, user};

async fn payloads(desk: &Desk, kind: &str) -> Vec<Value> {
    sqlx::query_scalar("select payload from outbox where type = $1 order by seq")
        .bind(kind)
        .fetch_all(&desk.db)
        .await
        .unwrap()
}

#[tokio::test]
async fn what_is_said_can_be_read_and_is_the_whole_state() {
    let desk = Desk::start().await;
    let (id, number) = desk.file_for(NAIJA, "new@example.com").await;
    let created = payloads(&desk, "ticket.created").await.remove(0);
    let Fact::TicketCreated(event) = Fact::read("ticket.created", 1, &created.to_string()).unwrap()
    else {
        panic!("ticket.created")
    };
    assert_eq!(
        (event.ticket.id, event.ticket.number.as_str()),
        (id, number.as_str())
    );
    assert_eq!(event.ticket.customer_email, "new@example.com");
    assert!(event.ticket.first_response_open && event.ticket.resolution_open);
    assert_eq!(event.ticket.creator_id, None);

    let added = payloads(&desk, "requester.added").await.remove(0);
    Fact::read("requester.added", 1, &added.to_string()).unwrap();
    assert_eq!(added["email"], "new@example.com");
    assert_eq!(added["phone"], json!(null));
    desk.file_for(NAIJA, "new@example.com").await;
    assert_eq!(payloads(&desk, "requester.added").await.len(), 1);
    for fact in payloads(&desk, "config.sla_policy").await {
        Fact::read("config.sla_policy", 1, &fact.to_string()).unwrap();
    }
    assert_eq!(payloads(&desk, "config.sla_policy").await.len(), 4);
    assert_eq!(payloads(&desk, "config.category").await.len(), 5);
}

#[tokio::test]
async fn a_new_account_becomes_the_creator() {
    let desk = Desk::start().await;
    desk.run();
    let (id, _) = desk.file_for(NAIJA, "new@example.com").await;
    let account = UserState {
        id: 50,
        name: "New".into(),
        email: "new@example.com".into(),
        email_verified_at: None,
        ..user(50, Role::Customer)
    };
    let aggregate = Aggregate {
        kind: AggregateKind::User,
        id: 50,
    };
    desk.say(
        "auth",
        aggregate,
        1,
        Fact::UserCreated(Box::new(account.clone())),
    )
    .await;
    eventually(async || desk.ticket(id).await["creator"]["id"] == 50).await;

    let moved = UserState {
        email: "moved@example.com".into(),
        ..account
    };
    desk.say_user(moved, 2).await;
    eventually(async || desk.ticket(id).await["creator"]["id"].is_null()).await;
}

fn disabled(user: UserState) -> UserState {
    UserState {
        is_active: false,
        ..user
    }
}

fn deleted(user: UserState) -> UserState {
    UserState {
        deleted: true,
        ..user
    }
}

#[tokio::test]
async fn open_tickets_of_a_lost_agent_become_unassigned() {
    for loss in ["disabled", "deleted", "demoted", "removed"] {
        let desk = Desk::start().await;
        desk.run();
        let (open, _) = desk.file(NAIJA).await;
        let (closed, _) = desk.file(NAIJA).await;
        for id in [open, closed] {
            desk.admin()
                .patch(&format!("/tickets/{id}/assign"), json!({"user_id": AGENT}))
                .await
                .expect(200);
        }
        let path = format!("/tickets/{closed}/status");
        desk.admin()
            .patch(&path, json!({"status": "closed"}))
            .await
            .expect(200);
        let agent = user(AGENT, Role::Agent);
        match loss {
            "disabled" => desk.say_user(disabled(agent), 2).await,
            "deleted" => desk.say_user(deleted(agent), 2).await,
            "demoted" => desk.say_user(user(AGENT, Role::Customer), 2).await,
            _ => {
                let aggregate = Aggregate {
                    kind: AggregateKind::Membership,
                    id: 1,
                };
                let place = MembershipState {
                    project_id: NAIJA,
                    user_id: AGENT,
                    is_lead: false,
                    is_member: false,
                };
                desk.say(
                    "project",
                    aggregate,
                    2,
                    Fact::ProjectMembership(Box::new(place)),
                )
                .await;
            }
        }
        eventually(async || desk.ticket(open).await["assigned_to"].is_null()).await;
        let ticket = desk.ticket(open).await;
        let last = ticket["activities"]
            .as_array()
            .unwrap()
            .last()
            .unwrap()
            .clone();
        assert_eq!(
            (&last["type"], &last["actor"]["type"]),
            (&json!("assigned"), &json!("system")),
            "{loss}"
        );
        assert_eq!(desk.ticket(closed).await["assigned_to"], AGENT, "{loss}");
    }
}

#[tokio::test]
async fn a_claim_is_judged() {
    let desk = Desk::start().await;
    desk.run();
    let (answered, _) = desk.file(NAIJA).await;
    let (waiting, _) = desk.file(NAIJA).await;
    desk.agent()
        .post(
            &format!("/tickets/{answered}/messages"),
            json!({"body": "x"}),
        )
        .await
        .expect(201);
    desk.advance(Duration::minutes(61));
    for (ticket_id, generation) in [(answered, 1), (waiting, 0), (waiting, 1), (waiting, 1)] {
        let claim = SlaClaim {
            ticket_id,
            project_id: NAIJA,
            metric: Metric::FirstResponse,
            due_at: desk.now(),
            generation,
        };
        let aggregate = Aggregate {
            kind: AggregateKind::Deadline,
            id: ticket_id,
        };
        desk.say(
            "sla-worker",
            aggregate,
            1,
            Fact::SlaBreached(Box::new(claim)),
        )
        .await;
    }
    eventually(async || desk.ticket(waiting).await["first_response_breached"] == true).await;
    assert_eq!(
        desk.ticket(answered).await["first_response_breached"],
        false
    );
    let said = desk.said_types(waiting).await;
    assert_eq!(said, ["ticket.created", "ticket.breached"]);
}

#[tokio::test]
async fn a_projects_count_is_told() {
    let desk = Desk::start().await;
    desk.run();
    for _ in 0..3 {
        desk.file(NAIJA).await;
    }
    let (last, _) = desk.file(NAIJA).await;
    desk.admin()
        .delete(&format!("/tickets/{last}"))
        .await
        .expect(200);
    let told = async || {
        payloads(&desk, "project.counted")
            .await
            .last()
            .map(|count| count["tickets"].clone())
    };
    eventually(async || told().await == Some(json!(3))).await;
    desk.admin()
        .post(&format!("/admin/tickets/{last}/restore"), json!({}))
        .await
        .expect(200);
    eventually(async || told().await == Some(json!(4))).await;
}

#[tokio::test]
async fn what_was_not_heard_comes_again() {
    let desk = Desk::start().await;
    desk.run();
    let about = |kind, id| Aggregate { kind, id };
    let account = || Fact::UserUpdated(Box::new(user(50, Role::Agent)));
    let place = MembershipState {
        project_id: 30,
        user_id: 50,
        is_lead: false,
        is_member: true,
    };
    desk.say_here(vec![
        (about(AggregateKind::User, 50), 1, account()),
        (about(AggregateKind::User, 50), 2, account()),
        (
            about(AggregateKind::Project, 30),
            1,
            Fact::ProjectCreated(Box::new(project(30))),
        ),
        (
            about(AggregateKind::Membership, 70),
            1,
            Fact::ProjectMembership(Box::new(place)),
        ),
    ])
    .await;
    let heard = async || -> String {
        let heard = "select string_agg(aggregate_kind || aggregate_id || sequences::text, ' '
                                       order by aggregate_kind) from heard";
        let heard: Option<String> = sqlx::query_scalar(heard).fetch_one(&desk.db).await.unwrap();
        heard.unwrap_or_default()
    };
    let all = "membership70{[1,2)} user50{[1,3)}";
    eventually(async || heard().await == all).await;

    let reconciler = desk.reconciler().await;
    let find = async || reconciler.once().await.unwrap().unwrap().total();
    let found = find().await;
    assert_eq!((found.compared, found.missing), (3, 0));
    // The copies of accounts and places are still there, as if the owner had told them on a miss.
    sqlx::raw_sql(
        "delete from replica_projects where id = 30;
         delete from heard where aggregate_kind = 'membership';
         update heard set sequences = '{[2,3)}' where aggregate_kind = 'user'",
    )
    .execute(&desk.db)
    .await
    .unwrap();
    let found = find().await;
    assert_eq!((found.missing, found.republished), (3, 3));
    eventually(async || heard().await == all).await;
    eventually(async || find().await.missing == 0).await;
}
