//! Lists: every filter, every order, pages and cursors.

use serde_json::{Value, json};
use time::Duration;

use crate::desk::{AGENT, AGRI, Desk, NAIJA, TUNDE, portal_ticket};

fn ids(page: &Value) -> Vec<i64> {
    page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].as_i64().unwrap())
        .collect()
}

/// Four tickets, a minute apart: by key in both projects, by Tunde, by the agent for a stranger.
async fn filled(desk: &Desk) -> [i64; 4] {
    let (first, _) = desk.file(NAIJA).await;
    desk.advance(Duration::minutes(1));
    let (second, _) = desk.file_for(AGRI, "ada@example.com").await;
    desk.advance(Duration::minutes(1));
    let mut body = portal_ticket(NAIJA);
    body["priority"] = json!("critical");
    body["tags"] = json!([1]);
    let third = desk.tunde().post("/tickets", body).await.expect(201)["ticket"]["id"].as_i64();
    desk.advance(Duration::minutes(1));
    let mut body = portal_ticket(NAIJA);
    body["subject"] = json!("100% of my_orders \\ are lost");
    body["customer_email"] = json!("stranger@example.com");
    body["priority"] = json!("low");
    body["category_id"] = json!(2);
    let fourth = desk.agent().post("/tickets", body).await.expect(201)["ticket"]["id"].as_i64();
    [first, second, third.unwrap(), fourth.unwrap()]
}

#[tokio::test]
async fn everybody_sees_their_own() {
    let desk = Desk::start().await;
    let [first, second, third, fourth] = filled(&desk).await;
    for (client, seen) in [
        (desk.admin(), vec![fourth, third, second, first]),
        (desk.super_admin(), vec![fourth, third, second, first]),
        (desk.agent(), vec![fourth, third, first]),
        (desk.other_agent(), vec![second]),
        (desk.tunde(), vec![third, first]),
        (desk.ada(), vec![]),
        (desk.newcomer(), vec![]),
    ] {
        let page = client.get("/tickets").await.expect(200);
        assert_eq!(ids(&page), seen);
        assert_eq!(page["total"], seen.len());
        for id in [first, second, third, fourth] {
            let status = if seen.contains(&id) { 200 } else { 404 };
            client.get(&format!("/tickets/{id}")).await.expect(status);
        }
    }
}

#[tokio::test]
async fn every_filter_narrows() {
    let desk = Desk::start().await;
    let day = desk.now().date();
    let [first, second, third, fourth] = filled(&desk).await;
    let admin = desk.admin();
    admin
        .patch(
            &format!("/tickets/{first}/assign"),
            json!({"user_id": AGENT}),
        )
        .await
        .expect(200);
    admin
        .patch(
            &format!("/tickets/{second}/status"),
            json!({"status": "resolved"}),
        )
        .await
        .expect(200);
    desk.advance(Duration::minutes(20));
    let admin = desk.admin();
    admin
        .post(
            &format!("/tickets/{third}/messages"),
            json!({"body": "late"}),
        )
        .await
        .expect(201);

    let all = vec![fourth, third, second, first];
    for (query, seen) in [
        (String::new(), all.clone()),
        ("status=in_progress".into(), vec![first]),
        ("status=resolved".into(), vec![second]),
        ("priority=critical".into(), vec![third]),
        ("project_id=2".into(), vec![second]),
        ("project_id=99".into(), vec![]),
        (format!("assigned_to={AGENT}"), vec![first]),
        ("unassigned=1".into(), vec![fourth, third, second]),
        ("unassigned=false".into(), vec![first]),
        ("overdue=true".into(), vec![third]),
        ("overdue=0".into(), vec![fourth, second, first]),
        ("category_id=2".into(), vec![fourth]),
        ("tag=1".into(), vec![third]),
        ("tag=URGENT".into(), vec![third]),
        ("tag=nothing".into(), vec![]),
        (
            "customer_email=TUNDE@example.com".into(),
            vec![third, first],
        ),
        (format!("created_from={day}"), all.clone()),
        ("created_to=2020-01-01".into(), vec![]),
        ("status=open&priority=low".into(), vec![fourth]),
        ("deleted=false".into(), all.clone()),
        ("status=".into(), all.clone()),
    ] {
        let page = admin.get(&format!("/tickets?{query}")).await.expect(200);
        assert_eq!(ids(&page), seen, "{query}");
        assert_eq!(page["total"], seen.len(), "{query}");
    }
    let foreign = desk.agent().get("/tickets?project_id=2").await.expect(200);
    assert_eq!(
        (&foreign["total"], &foreign["data"]),
        (&json!(0), &json!([]))
    );
    let own = desk
        .agent()
        .get("/tickets?project_id=1&unassigned=true")
        .await
        .expect(200);
    assert_eq!(ids(&own), [fourth, third]);
}

#[tokio::test]
async fn search_finds_substrings_and_takes_wildcards_literally() {
    let desk = Desk::start().await;
    let [first, second, third, fourth] = filled(&desk).await;
    let admin = desk.admin();
    for (search, seen) in [
        ("upload", vec![second, first]),
        ("PHOTOS", vec![second, first]),
        ("00002", vec![third]),
        ("stranger@", vec![fourth]),
        ("100%25", vec![fourth]),
        ("my_o", vec![fourth]),
        ("y%25o", vec![]),
        ("_o_", vec![]),
        ("%5C", vec![]),
        ("%20%5C%20a", vec![fourth]),
        ("na", vec![fourth, third, first]),
        ("ad", vec![second]),
        ("xx", vec![]),
        ("aij", vec![fourth, third, first]),
        ("nothing%20at%20all", vec![]),
    ] {
        let page = admin
            .get(&format!("/tickets?search={search}"))
            .await
            .expect(200);
        assert_eq!(ids(&page), seen, "{search}");
        assert_eq!(page["total"], seen.len(), "{search}");
        assert!(page.get("total_capped").is_none());
    }
    let own = desk.tunde().get("/tickets?search=upload").await.expect(200);
    assert_eq!(ids(&own), [first], "within the scope");
}

#[tokio::test]
async fn a_search_is_counted_to_ten_thousand() {
    let desk = Desk::start().await;
    desk.file(NAIJA).await;
    sqlx::query(
        "insert into tickets (number, project_id, subject, description, status, priority, source,
             customer_name, customer_email, requester_id, last_activity_at, created_at, updated_at)
         select 'X-' || n, 1, 'common word', '', 'open', 'low', 'api', 'x', 'x@example.com', 1,
                now(), now(), now()
         from generate_series(1, 10001) n",
    )
    .execute(&desk.db)
    .await
    .unwrap();
    // The second is not counted.
    for page in [1, 2] {
        let path = format!("/tickets?search=common&per_page=7&page={page}");
        let page = desk.admin().get(&path).await.expect(200);
        assert_eq!(
            (&page["total"], &page["total_capped"]),
            (&json!(10_000), &json!(true))
        );
        assert_eq!(ids(&page).len(), 7);
    }
    let page = desk
        .admin()
        .get("/tickets?search=common&priority=high")
        .await
        .expect(200);
    assert_eq!(
        (&page["total"], page.get("total_capped")),
        (&json!(0), None)
    );
    let page = desk.admin().get("/tickets?priority=low").await.expect(200);
    assert_eq!(page["total"], 10_001);
}

#[tokio::test]
async fn every_order_pages_by_number_and_by_cursor_alike() {
    let desk = Desk::start().await;
    let [first, second, third, fourth] = filled(&desk).await;
    desk.tunde()
        .post(&format!("/tickets/{first}/messages"), json!({"body": "x"}))
        .await
        .expect(201);
    sqlx::query("update tickets set resolution_due_at = null where id = $1")
        .bind(second)
        .execute(&desk.db)
        .await
        .unwrap();
    for (sort, order) in [
        ("created_at", [first, second, third, fourth]),
        ("-created_at", [fourth, third, second, first]),
        ("last_activity_at", [second, third, fourth, first]),
        ("-last_activity_at", [first, fourth, third, second]),
        ("priority", [fourth, first, second, third]),
        ("-priority", [third, second, first, fourth]),
        ("resolution_due_at", [third, first, fourth, second]),
        ("-resolution_due_at", [second, fourth, first, third]),
    ] {
        for search in ["", "&search=example.com"] {
            let mut by_number = Vec::new();
            let mut by_cursor = Vec::new();
            let mut cursor = String::new();
            for page in 1..=4 {
                let path = format!("/tickets?sort={sort}{search}&per_page=1");
                let numbered = desk
                    .admin()
                    .get(&format!("{path}&page={page}"))
                    .await
                    .expect(200);
                by_number.extend(ids(&numbered));
                let next = desk
                    .admin()
                    .get(&format!("{path}{cursor}"))
                    .await
                    .expect(200);
                by_cursor.extend(ids(&next));
                assert_eq!(next["next_cursor"].is_null(), page == 4, "{sort}");
                cursor = format!(
                    "&cursor={}",
                    next["next_cursor"].as_str().unwrap_or_default()
                );
            }
            assert_eq!(by_number, order, "{sort}{search}");
            assert_eq!(by_cursor, order, "{sort}{search}");
        }
    }
    let merged = desk
        .agent()
        .get("/tickets?per_page=2&page=2")
        .await
        .expect(200);
    assert_eq!(ids(&merged), [first], "an agent's arms merge");
    let past = desk.admin().get("/tickets?page=1000000").await.expect(200);
    assert_eq!((&past["data"], &past["total"]), (&json!([]), &json!(4)));
}

#[tokio::test]
async fn a_row_has_what_the_contract_says() {
    let desk = Desk::start().await;
    let (id, _) = desk.file(NAIJA).await;
    let row = desk.tunde().get("/tickets").await.expect(200)["data"][0].clone();
    let whole = desk
        .tunde()
        .get(&format!("/tickets/{id}"))
        .await
        .expect(200)["ticket"]
        .clone();
    let left_out = [
        "description",
        "metadata",
        "messages",
        "attachments",
        "activities",
        "watchers",
        "rating",
    ];
    for (field, value) in whole.as_object().unwrap() {
        if left_out.contains(&field.as_str()) {
            assert!(row.get(field).is_none(), "{field}");
        } else {
            assert_eq!(&row[field], value, "{field}");
        }
    }
    assert_eq!(
        row["creator"],
        json!({"id": TUNDE, "name": "Tunde Adeyemi"})
    );
}

#[tokio::test]
async fn configuration_is_read_by_everybody() {
    let desk = Desk::start().await;
    sqlx::raw_sql(
        "insert into sla_policies (project_id, name, priority, first_response_minutes, resolution_minutes)
             values (1, 'Naija', 'high', 5, 10), (2, 'Agri', 'high', 5, 10), (3, 'Gone', 'high', 5, 10);
         insert into categories (parent_id, name) values (2, 'Upload')",
    )
    .execute(&desk.db)
    .await
    .unwrap();
    for (client, path, count) in [
        (desk.admin(), "/sla", 7),
        (desk.agent(), "/sla", 5),
        (desk.tunde(), "/sla", 6),
        (desk.tunde(), "/admin/sla", 6),
        (desk.agent(), "/sla?project_id=1", 1),
        (desk.agent(), "/sla?project_id=2", 0),
        (desk.admin(), "/sla?project_id=2", 1),
    ] {
        let answer = client.get(path).await.expect(200);
        assert_eq!(
            answer["sla_policies"].as_array().unwrap().len(),
            count,
            "{path}"
        );
    }
    let tags = desk.tunde().get("/tags").await.expect(200);
    assert_eq!(tags["tags"][0]["name"], "bug");
    let categories = desk.tunde().get("/categories").await.expect(200);
    let technical = &categories["categories"][4];
    assert_eq!(technical["name"], "Technical Issue");
    assert_eq!(technical["children"][0]["name"], "Upload");
}
