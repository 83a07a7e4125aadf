//! Deadlines on the running desk: a policy of one minute, missed and met, and a worker that dies
//! with claims in its hands.

use std::{env, fs, path::PathBuf, time::Duration};

use desk_testkit::eventually_within;
use e2e::{Person, Project, World};
use serde_json::{Value, json};
use xtask::service::Service;

/// A minute, and what a busy machine may need.
const PATIENCE: Duration = Duration::from_secs(90);

/// How late a breach may be seen at most, in seconds, on a busy machine and in a debug build.
const LATE: u32 = 5;

#[tokio::test]
async fn a_one_minute_policy_breaches_on_time_and_once() {
    let points = env::temp_dir().join(format!("deadlines-{}", std::process::id()));
    fs::create_dir_all(&points).unwrap();
    let mut plan = World::plan("deadlines");
    let folder = points.display().to_string();
    plan.common.insert("SUPPORTDESK_FAILPOINTS".into(), folder);
    let mut world = World::from_plan(plan).await;
    let root = world.super_admin().await;
    let project = world.project(&root, "NaijaHomes").await;
    let policy = json!({
        "project_id": project.id, "priority": "high", "name": "One minute",
        "first_response_minutes": 1, "resolution_minutes": 1,
    });
    root.post("/admin/sla", policy).await.expect(201);

    let shop = world.key(&project.key);
    let (late, met) = (file(&shop, 20).await, file(&shop, 1).await[0]);
    let path = format!("/tickets/{met}");
    let reply = json!({"body": "Done."});
    let messages = format!("{path}/messages");
    root.post(&messages, reply).await.expect(201);
    let resolved = json!({"status": "resolved"});
    let status = format!("{path}/status");
    root.patch(&status, resolved).await.expect(200);

    eventually_within(PATIENCE, || async { overdue(&root, &project).await == 20 }).await;
    on_time(&world).await;
    let ticket = root.get(&path).await.expect(200)["ticket"].clone();
    assert_eq!(ticket["first_response_breached"], false);
    assert_eq!(ticket["resolution_breached"], false);
    let path = format!("/tickets/{}", late[0]);
    let fully = || async {
        let ticket = root.get(&path).await.expect(200)["ticket"].clone();
        ticket["first_response_breached"] == true && ticket["resolution_breached"] == true
    };
    eventually_within(PATIENCE, fully).await;
    let ticket = root.get(&path).await.expect(200)["ticket"].clone();
    let told: Vec<&Value> = ticket["activities"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|activity| activity["type"] == "breached")
        .flat_map(|activity| activity["changes"].as_array().unwrap())
        .collect();
    assert_eq!(told.len(), 2, "{ticket}");
    let warned = "select count(*) from outbox where type = 'sla.due_soon'";
    assert_eq!(world.sql(Service::SlaWorker, warned).await, "40");

    // The worker dies in the middle of the next claims.
    file(&shop, 60).await;
    let armed = points.join("sla-worker.claim-commit");
    let warned_all = || async { world.sql(Service::SlaWorker, warned).await == "160" };
    eventually_within(PATIENCE, warned_all).await;
    fs::write(&armed, "").unwrap();
    let reached = PathBuf::from(format!("{}.reached", armed.display()));
    eventually_within(PATIENCE, || async { reached.exists() }).await;
    world.stack.kill(Service::SlaWorker).await;
    world.stack.restart(Service::SlaWorker).await.unwrap();
    eventually_within(PATIENCE, || async { overdue(&root, &project).await == 80 }).await;
    let flagged = "select count(*) from tickets
                   where first_response_breached and resolution_breached";
    let all = || async { world.sql(Service::Ticket, flagged).await == "80" };
    eventually_within(PATIENCE, all).await;
    let claims = "select count(*), count(distinct (payload ->> 'ticket_id', payload ->> 'metric'))
                  from outbox where type = 'sla.breached'";
    assert_eq!(world.sql(Service::SlaWorker, claims).await, "160|160");
    let breaches = "select sum(jsonb_array_length(payload -> 'changes'))
                    from outbox where type = 'ticket.breached'";
    assert_eq!(world.sql(Service::Ticket, breaches).await, "160");
    fs::remove_dir_all(&points).unwrap();
    world.stop().await;
}

async fn file(shop: &Person, count: usize) -> Vec<i64> {
    let mut ids = Vec::new();
    for _ in 0..count {
        let filed = json!({
            "customer_name": "Tunde", "customer_email": "tunde@example.com",
            "subject": "Cannot upload photos", "description": "Nothing happens.",
            "priority": "high",
        });
        let filed = shop.post("/external/tickets", filed).await.expect(201);
        ids.push(filed["ticket_id"].as_i64().unwrap());
    }
    ids
}

/// How many tickets the list's filter shows.
async fn overdue(root: &Person, project: &Project) -> i64 {
    let path = format!("/tickets?overdue=1&project_id={}", project.id);
    let list = root.get(&path).await.expect(200);
    list["total"].as_i64().unwrap()
}

/// No breach was told long after its due time, and none before.
async fn on_time(world: &World) {
    let late = format!(
        "select count(*) from outbox o
         where type = 'ticket.breached'
           and not (occurred_at - (payload -> 'ticket' ->> 'first_response_due_at')::timestamptz
                    between interval '0' and interval '{LATE} seconds')"
    );
    assert_eq!(world.sql(Service::Ticket, &late).await, "0");
}
