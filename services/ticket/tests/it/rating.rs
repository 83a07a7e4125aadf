//! The customer's verdict: once, on a solution.

use desk_testkit::Client;
use serde_json::{Value, json};

use crate::desk::{ADMIN, Desk, NAIJA, TUNDE};

async fn move_to(desk: &Desk, id: i64, status: &str) {
    let path = format!("/tickets/{id}/status");
    desk.agent()
        .patch(&path, json!({"status": status}))
        .await
        .expect(200);
}

async fn rate(client: Client, id: i64, body: Value) -> desk_testkit::Answer {
    client.post(&format!("/tickets/{id}/rating"), body).await
}

#[tokio::test]
async fn a_solution_is_rated_once_and_for_good() {
    let desk = Desk::start().await;
    let (id, _) = desk.file(NAIJA).await;
    rate(desk.tunde(), id, json!({"score": 5}))
        .await
        .expect(409);
    move_to(&desk, id, "resolved").await;
    let rated = rate(desk.tunde(), id, json!({"score": 4, "comment": " Fine. "})).await;
    assert_eq!(rated.headers["etag"], "\"3\"");
    let rating = rated.expect(201)["rating"].clone();
    assert_eq!(
        (&rating["score"], &rating["comment"]),
        (&json!(4), &json!("Fine."))
    );
    assert!(rating["created_at"].is_string());
    for client in [desk.tunde(), desk.admin()] {
        rate(client, id, json!({"score": 1})).await.expect(409);
    }
    move_to(&desk, id, "open").await;
    let ticket = desk.ticket(id).await;
    assert_eq!(ticket["rating"], rating);
    let activity = ticket["activities"][2].clone();
    assert_eq!(activity["type"], "rated");
    assert_eq!(activity["actor"]["id"], TUNDE);
    assert_eq!(
        activity["changes"],
        json!([{"field": "rating", "from": null, "to": 4}])
    );
    let said = desk.said_types(id).await;
    assert_eq!(
        said,
        [
            "ticket.created",
            "status.changed",
            "ticket.rated",
            "status.changed"
        ]
    );
    rate(desk.tunde(), id, json!({"score": 1}))
        .await
        .expect(409);
}

#[tokio::test]
async fn what_was_closed_unsolved_is_not_rated() {
    let desk = Desk::start().await;
    let (given_up, _) = desk.file(NAIJA).await;
    move_to(&desk, given_up, "closed").await;
    rate(desk.admin(), given_up, json!({"score": 1}))
        .await
        .expect(409);
    let (solved, _) = desk.file(NAIJA).await;
    move_to(&desk, solved, "resolved").await;
    move_to(&desk, solved, "closed").await;
    rate(desk.admin(), solved, json!({"score": 5}))
        .await
        .expect(201);
    let activity = desk.ticket(solved).await["activities"][3].clone();
    assert_eq!(activity["actor"]["id"], ADMIN);
}

#[tokio::test]
async fn a_score_is_one_to_five() {
    let desk = Desk::start().await;
    let (id, _) = desk.file(NAIJA).await;
    for score in [json!(0), json!(6), json!(3.5), json!("good"), Value::Null] {
        let refused = rate(desk.tunde(), id, json!({"score": score})).await;
        assert!(
            refused.expect(422)["details"]["score"].is_array(),
            "{score}"
        );
    }
    let long = "é".repeat(2_001);
    let refused = rate(desk.tunde(), id, json!({"score": 5, "comment": long})).await;
    assert!(refused.expect(422)["details"]["comment"].is_array());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_ratings_at_once_one_counts() {
    let desk = Desk::start().await;
    let (id, _) = desk.file(NAIJA).await;
    move_to(&desk, id, "resolved").await;
    let calls: Vec<_> = (0..8)
        .map(|place| {
            let client = if place % 2 == 0 {
                desk.tunde()
            } else {
                desk.admin()
            };
            tokio::spawn(rate(client, id, json!({"score": 1 + place % 5})))
        })
        .collect();
    let mut given = Vec::new();
    for call in calls {
        let answer = call.await.unwrap();
        match answer.status.as_u16() {
            201 => given.push(answer.body["rating"].clone()),
            status => assert_eq!(status, 409, "{}", answer.body),
        }
    }
    assert_eq!(given.len(), 1);
    assert_eq!(desk.ticket(id).await["rating"], given[0]);
    let rated = desk.said_types(id).await;
    assert_eq!(
        rated.iter().filter(|kind| *kind == "ticket.rated").count(),
        1
    );
}
