//! Ids in queries.

use e2e::ids;
use serde_json::json;

use super::{Desk, NOTHING};
use crate::isolation::{CANARY, silent};

#[tokio::test]
async fn a_foreign_id_in_a_query_narrows_to_nothing() {
    let desk = Desk::start("queries").await;
    let Desk {
        root, ours, theirs, ..
    } = &desk;
    let note = json!({"body": CANARY, "type": "note"});
    let elsewhere = format!("/tickets/{}/messages", theirs.ticket);
    for _ in 0..3 {
        theirs
            .agent
            .post(&elsewhere, note.clone())
            .await
            .expect(201);
    }
    let assigned = json!({"user_id": theirs.agent.id});
    root.patch(&format!("/tickets/{}/assign", theirs.ticket), assigned)
        .await
        .expect(200);
    // Where an admin, and the other tenant, would read on.
    let cursor = root.get("/tickets?per_page=1").await.expect(200)["next_cursor"].clone();
    let cursor = cursor.as_str().unwrap();
    let inside = theirs
        .agent
        .get(&format!("{elsewhere}?per_page=1"))
        .await
        .expect(200);
    let inside = inside["next_cursor"].as_str().unwrap().to_owned();

    for person in [&ours.agent, &ours.customer] {
        for query in [
            format!("project_id={}", theirs.project.id),
            format!("assigned_to={}", theirs.agent.id),
            format!("customer_email={}", theirs.customer.email),
            format!("search={CANARY}"),
            format!("category_id={NOTHING}"),
            format!("tag={NOTHING}"),
        ] {
            let list = person.get(&format!("/tickets?{query}")).await;
            let list = silent(list, 200, &query);
            assert_eq!(
                (&list["total"], &list["data"]),
                (&json!(0), &json!([])),
                "{query}"
            );
        }
        let rest = person.get(&format!("/tickets?cursor={cursor}")).await;
        let rest = ids(&silent(rest, 200, "another's cursor"));
        assert!(rest.iter().all(|id| *id == ours.ticket), "{rest:?}");
        let path = format!("/tickets/{}/messages?cursor={inside}", ours.ticket);
        let messages = silent(person.get(&path).await, 200, "another ticket's cursor");
        assert_eq!(messages["data"], json!([]));
        let policies = person
            .get(&format!("/sla?project_id={}", theirs.project.id))
            .await;
        assert_eq!(silent(policies, 200, "policies")["sla_policies"], json!([]));
        silent(
            person.get("/tickets?deleted=true").await,
            403,
            "deleted tickets",
        );
    }
    for report in [
        "overview",
        "projects",
        "agents",
        "volume",
        "sla",
        "categories",
    ] {
        for project in [theirs.project.id, NOTHING] {
            let path = format!("/reports/{report}?project_id={project}");
            silent(ours.agent.get(&path).await, 404, &path);
            silent(ours.customer.get(&path).await, 403, &path);
        }
    }
    for query in [
        format!("project_id={}", theirs.project.id),
        format!("customer_email={}", theirs.customer.email),
        format!("cursor={cursor}"),
    ] {
        let list = ours.shop.get(&format!("/external/tickets?{query}")).await;
        let list = silent(list, 200, &query);
        let rows = list["data"].as_array().unwrap();
        assert!(
            rows.iter().all(|row| row["ticket_id"] == ours.ticket),
            "{query}: {list}"
        );
    }
    desk.world.stop().await;
}
