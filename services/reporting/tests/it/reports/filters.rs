//! What may be asked for.

use super::{REPORTS, Reports};

#[tokio::test]
async fn every_bad_filter_is_named() {
    let reports = Reports::start().await;
    for report in REPORTS {
        let path = format!("/reports/{report}?from=2026-02-30&to=tomorrow&project_id=0&format=xml");
        let refusal = reports.admin.get(&path).await.expect(422);
        assert_eq!(refusal["error"], "Validation failed.");
        for field in ["from", "to", "project_id", "format"] {
            let details = &refusal["details"];
            assert!(
                details[field][0].is_string(),
                "{report}: {field}: {details}"
            );
        }
    }
}

#[tokio::test]
async fn a_filter_is_refused_before_its_project_is_looked_for() {
    let reports = Reports::start().await;
    for (query, field) in [
        ("overview?from=2026-03-02&to=2026-03-01&project_id=77", "to"),
        ("overview?from=2026-03-02T00:00:00Z", "from"),
        // Before PostgreSQL's first day.
        ("overview?from=-9999-01-01", "from"),
        ("overview?project_id=x", "project_id"),
        ("volume?group_by=year&project_id=77", "group_by"),
        (
            "volume?from=2020-01-01&to=2022-09-27&project_id=77",
            "group_by",
        ),
    ] {
        let refusal = reports
            .admin
            .get(&format!("/reports/{query}"))
            .await
            .expect(422);
        assert!(
            refusal["details"][field][0].is_string(),
            "{query}: {refusal}"
        );
    }
}

#[tokio::test]
async fn a_thousand_periods_are_answered() {
    let reports = Reports::start().await;
    let path = "/reports/volume?from=2020-01-01&to=2022-09-26";
    let rows = reports.admin.get(path).await.expect(200);
    assert_eq!(rows.as_array().unwrap().len(), 1_000);
    let path = "/reports/volume?from=2020-01-01&to=2030-01-01&group_by=week";
    reports.admin.get(path).await.expect(200);
}

#[tokio::test]
async fn other_fields_are_passed_over() {
    let reports = Reports::start().await;
    for report in REPORTS {
        let path = format!("/reports/{report}?colour=red&from=&project_id=");
        reports.admin.get(&path).await.expect(200);
    }
}
