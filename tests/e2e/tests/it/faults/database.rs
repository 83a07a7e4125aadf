//! One service's database is away: that service says so, the others go on, and it heals.

use desk_testkit::{Answer, eventually};
use e2e::{
    Person, World,
    wire::{assert_ready, to_database},
};
use serde_json::json;
use xtask::service::Service;

fn assert_down(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(answer.headers.contains_key("retry-after"));
    let error = answer.body["error"].as_str();
    assert!(
        error.is_some_and(|words| !words.is_empty()),
        "{}",
        answer.body
    );
}

async fn answers(person: &Person, path: &str) {
    eventually(|| async { person.get(path).await.status == 200 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_down_is_a_503_and_heals() {
    let plan = World::plan("cut");
    let (plan, mut of_project) = to_database(plan, Service::Project).await;
    let (plan, mut of_ticket) = to_database(plan, Service::Ticket).await;
    let world = World::from_plan(plan).await;
    let root = world.super_admin().await;
    let project = world.project(&root, "NaijaHomes").await;
    let shop = world.key(&project.key);
    let filed = json!({
        "customer_name": "Tunde", "customer_email": "tunde@example.com",
        "subject": "Help", "description": "Please.",
    });
    let create = || shop.post("/external/tickets", filed.clone());
    let shown = format!("/tickets/{}", create().await.expect(201)["ticket_id"]);

    of_project.cut().await;
    // A key that was verified lately, tickets, accounts: as ever.
    let (list, make, meanwhile, seen, _) = tokio::join!(
        root.get("/admin/projects"),
        root.post("/admin/projects", json!({"name": "Never"})),
        create(),
        root.get(&shown),
        world.super_admin(),
    );
    assert_down(&list);
    assert_down(&make);
    meanwhile.expect(201);
    seen.expect(200);
    of_project.mend().await;
    answers(&root, "/admin/projects").await;
    create().await.expect(201);

    of_ticket.cut().await;
    let (list, refused, unseen, late, _) = tokio::join!(
        root.get("/tickets"),
        create(),
        root.get(&shown),
        world.project(&root, "Late"),
        world.super_admin(),
    );
    assert_down(&list);
    assert_down(&refused);
    assert_down(&unseen);
    assert_ready(&world, Service::Ticket, "database_unavailable_total").await;
    of_ticket.mend().await;
    answers(&root, "/tickets").await;
    // The relay and the consumers begin again by themselves, too.
    let shop = world.key(&late.key);
    eventually(|| async { shop.post("/external/tickets", filed.clone()).await.status == 201 })
        .await;
    eventually(|| async {
        let known = world.internal(Service::Reporting, "/internal/tickets/count");
        known.await.body["tickets"] == 4
    })
    .await;
    world.stop().await;
}
