//! The read models built anew on a working desk, by those who may, and by command.

use desk_testkit::eventually;
use e2e::{Person, World, load::Load, truth::settled};
use serde_json::{Value, json};
use xtask::service::Service;

const PATH: &str = "/admin/reports/rebuild";

/// What the overview has to say, counted by ticket's database.
const OVERVIEW: &str = "select json_build_object(
        'total_tickets', count(*),
        'by_status', json_build_object(
            'open', count(*) filter (where status = 'open'),
            'inProgress', count(*) filter (where status = 'in_progress'),
            'pending', count(*) filter (where status = 'pending_customer'),
            'resolved', count(*) filter (where status = 'resolved'),
            'closed', count(*) filter (where status = 'closed')),
        'unassigned', count(*) - count(assigned_to))
    from tickets where deleted_at is null";

/// Every figure of the overview is what ticket counts, and every ticket is known as it is.
pub async fn assert_true(world: &World, root: &Person) {
    let truth: Value = serde_json::from_str(&world.sql(Service::Ticket, OVERVIEW).await).unwrap();
    let overview = root.get("/reports/overview?from=2000-01-01").await;
    let overview = overview.expect(200);
    for (figure, expected) in truth.as_object().unwrap() {
        assert_eq!(&overview[figure], expected, "{figure}");
    }
    let copy = "select id, sequence from tickets order by id";
    assert_eq!(
        world.sql(Service::Reporting, copy).await,
        world
            .sql(
                Service::Ticket,
                "select id, version from tickets order by id"
            )
            .await
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_are_rebuilt_while_the_desk_works() {
    let world = World::start("rebuild").await;
    let load = Load::of(&world).await;
    load.start(30).join_all().await;
    settled(&world).await;
    let root = world.super_admin().await;
    assert_true(&world, &root).await;
    // Whatever has happened to them.
    let loss = "delete from tickets where id % 2 = 0; update project_days set tickets = 7;
                delete from agent_days";
    world.sql(Service::Reporting, loss).await;

    let working = load.start(40);
    root.post(PATH, json!({})).await.expect(202);
    eventually(|| async { root.get(PATH).await.expect(200)["state"] == "done" }).await;
    working.join_all().await;
    settled(&world).await;
    assert_true(&world, &root).await;

    let before = root.get("/reports/agents").await.expect(200);
    assert!(world.run(Service::Reporting, &["rebuild"]).await);
    assert_eq!(root.get("/reports/agents").await.expect(200), before);
    assert_true(&world, &root).await;
    assert!(world.run(Service::Reporting, &["verify"]).await);
    assert!(world.run(Service::SlaWorker, &["verify"]).await);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_figures_and_deadlines_are_found_and_healed_by_command() {
    let world = World::start("verify").await;
    let load = Load::of(&world).await;
    load.start(20).join_all().await;
    settled(&world).await;
    let root = world.super_admin().await;
    for (service, planted) in [
        (
            Service::Reporting,
            "update category_days set tickets = tickets + 1",
        ),
        (
            Service::Reporting,
            "update tickets set status = case status when 'open' then 'closed' else 'open' end
             where id = 1",
        ),
        (
            Service::Reporting,
            "update replica_projects set name = 'LagosHomes' where name = 'NaijaHomes'",
        ),
        (
            Service::Reporting,
            "update replica_users set name = 'Mallory' where role = 'agent'",
        ),
        (
            Service::Reporting,
            "update categories set name = 'Praise' where id = 1",
        ),
        (
            Service::SlaWorker,
            "update tickets set sequence = sequence + 40 where id = 1",
        ),
    ] {
        world.sql(service, planted).await;
        assert!(!world.run(service, &["verify"]).await, "{planted}");
        assert!(
            world.run(service, &["verify", "--repair"]).await,
            "{planted}"
        );
        assert!(world.run(service, &["verify"]).await, "{planted}");
    }
    assert_true(&world, &root).await;
    world.stop().await;
}
