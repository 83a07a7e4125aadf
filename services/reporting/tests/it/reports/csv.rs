//! The reports as tables.

use super::{REPORTS, Reports, THAT_DAY, category, project, user};

async fn csv(reports: &Reports, report: &str) -> String {
    let path = format!("/reports/{report}?{THAT_DAY}&format=csv");
    let answer = reports.admin.get(&path).await;
    assert_eq!(
        answer.headers["content-type"],
        "text/csv; charset=utf-8; header=present"
    );
    assert_eq!(
        answer.headers["content-disposition"],
        format!("attachment; filename=\"{report}.csv\"")
    );
    answer.expect(200).as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_report_is_a_table_too() {
    let reports = Reports::with_tickets().await;
    for (report, lines) in [
        (
            "overview",
            vec![
                "total_tickets,open,inProgress,pending,resolved,closed,unassigned,sla_breached,\
                 avg_first_response_mins,avg_resolution_minutes",
                "4,1,1,1,1,0,1,1,12.5,1440.0",
            ],
        ),
        (
            "projects",
            vec![
                "project,total,resolved,breached,resolve_rate,project_id",
                "NaijaHomes,3,1,1,33.3,3",
                "Kora,1,0,0,0.0,4",
            ],
        ),
        (
            "agents",
            vec![
                "agent,total_assigned,total_resolved,resolve_rate,avg_resolution_minutes,agent_id",
                "Alice Okafor,2,1,50.0,1440.0,5",
                "Bola Ade,1,0,0.0,,6",
            ],
        ),
        ("volume", vec!["period,created,resolved", "2026-03-02,4,0"]),
        (
            "sla",
            vec![
                "total_tickets,fr_breach_rate,res_breach_rate,\
                 critical_total,critical_fr_breached,critical_res_breached,\
                 high_total,high_fr_breached,high_res_breached,\
                 medium_total,medium_fr_breached,medium_res_breached,\
                 low_total,low_fr_breached,low_res_breached",
                "4,25.0,0.0,1,1,0,0,0,0,3,0,0,0,0,0",
            ],
        ),
        (
            "categories",
            vec![
                "category,color,total,category_id",
                "Technical Issue,#EF4444,3,2",
                "Uncategorized,,1,",
            ],
        ),
    ] {
        let found = csv(&reports, report).await;
        let found: Vec<&str> = found.split_terminator("\r\n").collect();
        assert_eq!(found, lines, "{report}");
    }
}

#[tokio::test]
async fn a_name_is_never_a_formula() {
    let reports = Reports::with_tickets().await;
    let mut renamed = [
        project(3, "=HYPERLINK(\"http://evil.test\")", false),
        user(5, "@SUM(A1:A9)"),
        category(2, "+1", Some("#EF4444")),
    ];
    for event in &mut renamed {
        event.sequence = 2;
    }
    reports.hear(&renamed).await;
    for (report, cell) in [
        ("projects", "\"'=HYPERLINK(\"\"http://evil.test\"\")\",3"),
        ("agents", "'@SUM(A1:A9),2"),
        ("categories", "'+1,#EF4444"),
    ] {
        let found = csv(&reports, report).await;
        assert!(found.contains(&format!("\r\n{cell}")), "{found}");
    }
}

#[tokio::test]
async fn accept_asks_for_a_table() {
    let reports = Reports::start().await;
    let sheet = reports.admin.clone().with_header("accept", "text/csv");
    for report in REPORTS {
        let path = format!("/reports/{report}");
        let answer = sheet.get(&path).await;
        assert!(answer.body.is_string(), "{report}");
        assert_eq!(answer.headers["vary"], "accept");
        let answer = sheet.get(&format!("{path}?format=json")).await;
        assert!(!answer.body.is_string(), "{report}");
    }
}
