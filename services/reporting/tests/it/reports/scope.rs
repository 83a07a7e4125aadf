//! Who sees which figures.

use desk_events::Role;

use super::{REPORTS, Reports, THAT_DAY, project};

#[tokio::test]
async fn reports_are_for_staff() {
    let reports = Reports::start().await;
    let desk = &reports.desk;
    for report in REPORTS {
        // Even a bad filter tells a customer nothing.
        let path = format!("/reports/{report}?from=x");
        desk.user(9, Role::Customer).get(&path).await.expect(403);
        for stranger in [
            desk.stranger(),
            desk.anonymous(),
            desk.key(1, 3),
            desk.service("ticket"),
        ] {
            stranger.get(&path).await.expect(401);
        }
        for (id, role) in [(1, Role::SuperAdmin), (2, Role::Admin), (5, Role::Agent)] {
            let path = format!("/reports/{report}");
            desk.user(id, role).get(&path).await.expect(200);
        }
    }
}

#[tokio::test]
async fn an_agent_sees_the_own_projects() {
    let reports = Reports::with_tickets().await;
    let alice = reports.desk.user(5, Role::Agent);
    let get = async |path: &str| {
        let path = format!("/reports/{path}{THAT_DAY}");
        alice.get(&path).await.expect(200)
    };
    assert_eq!(get("overview?").await["total_tickets"], 3);
    assert_eq!(get("sla?").await["total_tickets"], 3);
    assert_eq!(get("volume?").await[0]["created"], 3);
    assert_eq!(get("overview?project_id=3&").await["total_tickets"], 3);
    let projects = get("projects?").await;
    assert_eq!(projects.as_array().unwrap().len(), 1);
    assert_eq!(get("categories?").await[0]["total"], 2);
}

#[tokio::test]
async fn an_agent_sees_the_own_row_alone() {
    let reports = Reports::with_tickets().await;
    let path = format!("/reports/agents?{THAT_DAY}");
    for (id, rows) in [(5, 1), (6, 0)] {
        let agent = reports.desk.user(id, Role::Agent);
        let found = agent.get(&path).await.expect(200);
        let found = found.as_array().unwrap();
        assert!(found.iter().all(|row| row["agent_id"] == id));
        // Bola is assigned a ticket, but of no own project.
        assert_eq!(found.len(), rows, "{id}");
    }
}

#[tokio::test]
async fn a_foreign_or_unknown_project_is_not_found() {
    let reports = Reports::with_tickets().await;
    let alice = reports.desk.user(5, Role::Agent);
    for report in REPORTS {
        let path = |id: i64| format!("/reports/{report}?project_id={id}");
        reports.admin.get(&path(4)).await.expect(200);
        reports.admin.get(&path(77)).await.expect(404);
        alice.get(&path(3)).await.expect(200);
        alice.get(&path(4)).await.expect(404);
        alice.get(&path(77)).await.expect(404);
    }
}

#[tokio::test]
async fn a_deleted_projects_tickets_stay_for_admins() {
    let reports = Reports::with_tickets().await;
    reports.hear(&[project(3, "NaijaHomes", true)]).await;
    let path = format!("/reports/overview?project_id=3&{THAT_DAY}");
    let overview = reports.admin.get(&path).await.expect(200);
    assert_eq!(overview["total_tickets"], 3);
    let alice = reports.desk.user(5, Role::Agent);
    alice.get(&path).await.expect(404);
    let all = format!("/reports/overview?{THAT_DAY}");
    assert_eq!(alice.get(&all).await.expect(200)["total_tickets"], 0);
}
