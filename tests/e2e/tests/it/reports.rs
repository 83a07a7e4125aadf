//! Reports follow what people do at the desk.

use std::time::Duration;

use desk_testkit::eventually_within;
use e2e::{Person, World};
use serde_json::{Value, json};

/// An event shows within a second (contract, Reports).
const PROMPT: Duration = Duration::from_secs(1);

/// What the reports say of a desk with one project, one ticket and one agent at most.
#[derive(Debug, PartialEq)]
struct Figures {
    total: i64,
    by_status: Value,
    unassigned: i64,
    answered: bool,
    resolved: i64,
    assigned: i64,
    agent_resolved: i64,
    created: i64,
    resolutions: i64,
    high: i64,
    categories: Value,
}

impl Figures {
    /// As the agent sees it today.
    async fn of(agent: &Person) -> Self {
        let report = async |path: &str| agent.get(&format!("/reports/{path}")).await.expect(200);
        let overview = report("overview").await;
        let (projects, agents) = (report("projects").await, report("agents").await);
        let (volume, sla) = (report("volume").await, report("sla").await);
        let today = volume.as_array().and_then(|days| days.last());
        let count = |row: &Value, field: &str| row[field].as_i64().unwrap_or(0);
        Self {
            total: count(&overview, "total_tickets"),
            by_status: overview["by_status"].clone(),
            unassigned: count(&overview, "unassigned"),
            answered: overview["avg_first_response_mins"].is_number(),
            resolved: count(&projects[0], "resolved"),
            assigned: count(&agents[0], "total_assigned"),
            agent_resolved: count(&agents[0], "total_resolved"),
            created: count(today.unwrap_or(&Value::Null), "created"),
            resolutions: count(today.unwrap_or(&Value::Null), "resolved"),
            high: count(&sla["by_priority"]["high"], "total"),
            categories: report("categories").await,
        }
    }
}

fn by_status(status: &str) -> Value {
    let mut counts = json!({"open": 0, "inProgress": 0, "pending": 0, "resolved": 0, "closed": 0});
    if !status.is_empty() {
        counts[status] = json!(1);
    }
    counts
}

async fn follow(agent: &Person, expected: Figures) {
    let expected = &expected;
    eventually_within(
        PROMPT,
        || async move { Figures::of(agent).await == *expected },
    )
    .await;
}

#[tokio::test]
async fn every_report_follows_within_a_second() {
    let world = World::start("reports").await;
    let root = world.super_admin().await;
    let project = world.project(&root, "NaijaHomes").await;
    let agent = world.person(&root, "agent", "alice@desk.test").await;
    world.assign_agent(&root, &project, &agent).await;
    let categories = root.get("/categories").await.expect(200);
    let category = categories["categories"][0].clone();
    let row = json!([{
        "category": category["name"], "color": category["color"], "total": 1,
        "category_id": category["id"],
    }]);
    let as_filed = || Figures {
        total: 1,
        by_status: by_status("open"),
        unassigned: 1,
        answered: false,
        resolved: 0,
        assigned: 0,
        agent_resolved: 0,
        created: 1,
        resolutions: 0,
        high: 1,
        categories: row.clone(),
    };
    let in_progress = || Figures {
        by_status: by_status("inProgress"),
        unassigned: 0,
        assigned: 1,
        ..as_filed()
    };

    let ticket = json!({
        "customer_name": "Tunde Adeyemi", "customer_email": "tunde@example.com",
        "subject": "Cannot upload photos", "description": "The button does nothing.",
        "priority": "high", "category_id": category["id"],
    });
    let shop = world.key(&project.key);
    let filed = shop.post("/external/tickets", ticket).await.expect(201);
    follow(&agent, as_filed()).await;

    let path = format!("/tickets/{}", filed["ticket_id"]);
    let to = |status: &str| json!({"status": status});
    agent
        .patch(&format!("{path}/assign"), json!({"user_id": agent.id}))
        .await
        .expect(200);
    follow(&agent, in_progress()).await;

    let reply = json!({"body": "Have you cleared your cache?"});
    agent
        .post(&format!("{path}/messages"), reply)
        .await
        .expect(201);
    let answered = || Figures {
        answered: true,
        ..in_progress()
    };
    follow(&agent, answered()).await;

    let status = format!("{path}/status");
    agent.patch(&status, to("resolved")).await.expect(200);
    let resolved = Figures {
        by_status: by_status("resolved"),
        resolved: 1,
        agent_resolved: 1,
        resolutions: 1,
        ..answered()
    };
    follow(&agent, resolved).await;

    agent.patch(&status, to("in_progress")).await.expect(200);
    follow(&agent, answered()).await;

    root.delete(&path).await.expect(200);
    let nothing = Figures {
        total: 0,
        by_status: by_status(""),
        unassigned: 0,
        answered: false,
        resolved: 0,
        assigned: 0,
        agent_resolved: 0,
        created: 0,
        resolutions: 0,
        high: 0,
        categories: json!([]),
    };
    follow(&agent, nothing).await;
    world.stop().await;
}

#[tokio::test]
async fn a_new_name_shows_in_every_report() {
    let world = World::start("names").await;
    let root = world.super_admin().await;
    let project = world.project(&root, "NaijaHomes").await;
    let agent = world.person(&root, "agent", "alice@desk.test").await;
    world.assign_agent(&root, &project, &agent).await;
    let ticket = json!({"project_id": project.id, "subject": "Help", "description": "Please."});
    let filed = agent.post("/tickets", ticket).await.expect(201);
    let path = format!("/tickets/{}/assign", filed["ticket"]["id"]);
    root.patch(&path, json!({"user_id": agent.id}))
        .await
        .expect(200);
    let path = format!("/admin/projects/{}", project.id);
    root.put(&path, json!({"name": "LagosHomes"}))
        .await
        .expect(200);
    let path = format!("/admin/users/{}", agent.id);
    root.put(&path, json!({"name": "Alice Okafor"}))
        .await
        .expect(200);
    for (report, field, name) in [
        ("projects", "project", "LagosHomes"),
        ("agents", "agent", "Alice Okafor"),
    ] {
        let path = format!("/reports/{report}");
        eventually_within(PROMPT, || async {
            root.get(&path).await.expect(200)[0][field] == name
        })
        .await;
    }
    world.stop().await;
}
