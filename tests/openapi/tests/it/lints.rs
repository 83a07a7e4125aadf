//! Linters that know nothing of each other find nothing to say about the document.

mod with_checkers {
    use std::{path::Path, process::Command};

    use desk_testkit::tools;
    use serde_json::{Value, json};

    /// Runs a linter in this crate's folder, where its rules are; answers what it prints.
    fn lint(command: &mut Command) -> (bool, String) {
        let output = command
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("REDOCLY_TELEMETRY", "off")
            .output()
            .unwrap();
        let mut told = String::from_utf8_lossy(&output.stdout).into_owned();
        told.push_str(&String::from_utf8_lossy(&output.stderr));
        (output.status.success(), told)
    }

    fn document() -> &'static Path {
        Path::new("../../docs/openapi.json")
    }

    #[test]
    #[ignore = "needs the checkers"]
    fn it_is_valid_openapi() {
        let (good, told) = lint(tools::checker("openapi-spec-validator").arg(document()));
        assert!(good, "{told}");
    }

    #[test]
    #[ignore = "needs the checkers"]
    fn redocly_is_content() {
        let mut redocly = tools::checker("redocly");
        let (_, told) = lint(
            redocly
                .arg("lint")
                .args(["--format", "json"])
                .arg(document()),
        );
        let start = told.find('{').unwrap_or_default();
        let mut reports = serde_json::Deserializer::from_str(&told[start..]).into_iter::<Value>();
        let totals = reports.next().unwrap().unwrap()["totals"].clone();
        assert_eq!(
            totals,
            json!({"errors": 0, "warnings": 0, "ignored": 0}),
            "{told}"
        );
    }

    #[test]
    #[ignore = "needs the checkers"]
    fn spectral_is_content() {
        let mut spectral = tools::checker("spectral");
        spectral
            .args(["lint", "--ruleset", "spectral.yaml"])
            .args(["--fail-severity", "hint"])
            .arg(document());
        let (good, told) = lint(&mut spectral);
        assert!(good, "{told}");
    }
}
