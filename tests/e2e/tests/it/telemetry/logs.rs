//! Log lines as a deployment has them: JSON, at info.

use std::fs;

use desk_testkit::eventually;
use e2e::{World, stream::is_drained};
use serde_json::{Value, json};
use xtask::service::Service;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_names_its_request_and_nobodys_words() {
    let mut plan = World::plan("lines");
    let json = ("SUPPORTDESK_LOG_FORMAT".into(), "json".into());
    plan.common.extend([json]);
    let mut world = World::from_plan(plan).await;
    let root = world.super_admin().await;
    let project = world.project(&root, "NaijaHomes").await;
    let shop = world
        .key(&project.key)
        .with_header("x-request-id", "order-4711");
    let ticket = json!({
        "customer_name": "Wordname Tunde", "customer_email": "wordmail@mail.test",
        "customer_phone": "+2348012345678", "subject": "Wordsubject",
        "description": "Worddescription", "priority": "high",
        "metadata": {"order": "wordmetadata"},
    });
    let filed = shop.post("/external/tickets", ticket).await.expect(201);
    let number = filed["ticket_number"].as_str().unwrap();
    shop.post(
        &format!("/external/tickets/{number}/reply"),
        json!({"body": "Wordreply", "customer_email": "wordmail@mail.test"}),
    )
    .await
    .expect(201);
    let list = root.get("/tickets?search=Wordsearch").await.expect(200);
    assert_eq!(list["data"].as_array().unwrap().len(), 0);
    eventually(|| is_drained(&world)).await;
    world.stack.stop().await;

    for service in Service::ALL {
        let text = fs::read_to_string(world.stack.log(service)).unwrap();
        let lower = text.to_lowercase();
        for word in [
            "wordname",
            "wordmail",
            "+2348012345678",
            "wordsubject",
            "worddescription",
            "wordmetadata",
            "wordreply",
            "wordsearch",
        ] {
            assert!(!lower.contains(word), "{word} is in {service}'s log");
        }
        for line in text.lines() {
            let line: Value = serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("{service}: {error}: {line}"));
            assert!(line["timestamp"].is_string() && line["level"].is_string());
        }
    }
    // The same request through three processes: one line each, one trace.
    let mut traces = Vec::new();
    for (service, route, caller) in [
        (Service::Gateway, "/api/external/{*path}", Value::Null),
        (
            Service::ExternalGateway,
            "",
            json!(format!("key:{}", project.key_id)),
        ),
        (
            Service::Ticket,
            "/external/tickets",
            json!(format!("key:{}", project.key_id)),
        ),
    ] {
        let text = fs::read_to_string(world.stack.log(service)).unwrap();
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .filter(|line: &Value| {
                line["message"] == "request" && line["span"]["request_id"] == "order-4711"
            })
            .collect();
        assert_eq!(lines.len(), 2, "{service}: {lines:#?}");
        let line = &lines[0];
        assert_eq!(
            (&line["method"], &line["status"]),
            (&json!("POST"), &json!(201))
        );
        assert!(line["ms"].as_f64().unwrap() > 0.0);
        assert!(line["route"].as_str().unwrap().starts_with(route), "{line}");
        assert_eq!(line["caller"], caller, "{service}");
        traces.push(line["span"]["trace_id"].as_str().unwrap().to_owned());
    }
    assert_eq!(traces[0].len(), 32);
    assert!(traces.iter().all(|trace| *trace == traces[0]), "{traces:?}");
    // And what people asked for themselves names them by their id.
    let text = fs::read_to_string(world.stack.log(Service::Ticket)).unwrap();
    assert!(text.contains(&format!(r#""caller":"user:{}""#, root.id)));
    world.stop().await;
}
