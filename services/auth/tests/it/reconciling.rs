//! The reconciler: what a copy lacks is found and comes again, from owners that this service plays
//! itself, since whatever it hears here went through its own outbox.

use desk_bus::reconcile::{Findings, OwnerSettings, Owners};
use desk_events::{
    Aggregate, AggregateKind, AuditEntry, Fact, MembershipState, NewEvent, ProjectState,
};
use desk_testkit::eventually;
use tokio::net::TcpListener;

use crate::{
    desk::Auth,
    requesters::{listening, publish, requester},
};

/// Auth's outbox as another service's.
async fn play(auth: &Auth, owner: &'static str) -> String {
    let mut app = auth.app.clone();
    app.gatekeeper = auth.keys.gatekeeper(owner);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, auth::router(app)).await });
    format!("http://{address}")
}

async fn owners(auth: &Auth) -> Owners {
    let settings = OwnerSettings {
        auth_url: "http://127.0.0.1:9".into(),
        project_url: play(auth, "project").await,
        ticket_url: play(auth, "ticket").await,
        sla_worker_url: "http://127.0.0.1:9".into(),
    };
    Owners::new(&settings, &auth.keys.issuer("auth"), &auth.keys.clock)
}

fn about(kind: AggregateKind, id: i64, fact: Fact) -> NewEvent {
    NewEvent {
        aggregate: Aggregate { kind, id },
        sequence: 1,
        occurred_at: desk_identity::Clock::system().now(),
        fact,
    }
}

#[tokio::test]
async fn what_is_lacking_comes_again() {
    let auth = listening().await;
    let project = ProjectState {
        id: 3,
        name: "NaijaHomes".into(),
        slug: "naijahomes".into(),
        prefix: "NAIJ".into(),
        is_active: true,
        deleted: false,
    };
    let place = MembershipState {
        project_id: 3,
        user_id: 7,
        is_lead: false,
        is_member: true,
    };
    let fact = Fact::ProjectCreated(Box::new(project));
    let made = about(AggregateKind::Project, 3, fact);
    let fact = Fact::ProjectMembership(Box::new(place));
    let joined = about(AggregateKind::Membership, 11, fact);
    let entry = AuditEntry {
        actor_id: Some(1),
        action: "project.created".into(),
        target_kind: "project".into(),
        target_id: 3,
        address: None,
        changes: Vec::new(),
    };
    let noted = |kind| about(kind, 1, Fact::AuditRecorded(Box::new(entry.clone())));
    let told = [
        requester(1, "tunde@mail.test"),
        made,
        joined,
        noted(AggregateKind::TicketAudit),
        noted(AggregateKind::ProjectAudit),
    ];
    publish(&auth, &told).await;
    let copies = "select (select count(*) from replica_projects where slug = 'naijahomes')
                       + (select count(*) from replica_memberships where id = 11)
                       + (select count(*) from users where email = 'tunde@mail.test')
                       + (select count(*) from audit where action = 'project.created')";
    eventually(async || auth.count(copies).await == 5).await;

    let reconciler = auth::reconciler(&auth.app, &owners(&auth).await).unwrap();
    let find = async || reconciler.once().await.unwrap().unwrap().total();
    let whole = Findings {
        compared: 5,
        ..Findings::default()
    };
    assert_eq!(find().await, whole);
    auth.sql("delete from replica_projects").await;
    auth.sql("delete from replica_memberships").await;
    auth.sql("delete from heard_requesters").await;
    auth.sql("delete from users").await;
    auth.sql("delete from audit").await;
    assert_eq!(find().await.missing, 5);
    eventually(async || auth.count(copies).await == 5).await;
    assert_eq!(find().await.missing, 0);
}
