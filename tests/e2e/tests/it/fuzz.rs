//! The API document, fuzzed by Schemathesis: whatever is sent, every answer is one that the
//! document tells of. Each caller fuzzes a desk of its own, so that what a super admin breaks
//! (accounts, projects, keys) is broken for nobody else; what ends a session is called with a
//! session that is there for that (`fuzz/hooks.py`); limits are raised.
//!
//! `cargo xtask fuzz` runs the long form: it sets `SUPPORTDESK_FUZZ_SECONDS`, for each caller, and
//! `SUPPORTDESK_FUZZ_SEED`.

mod with_checkers {
    use std::{env, path::Path, process::Command};

    use desk_testkit::tools;
    use e2e::{Person, World};
    use xtask::{service::Service, stack::Plan};

    use crate::operations::stage::Stage;

    /// Cases an operation, in the short form.
    const CASES: &str = "3";
    const SEED: &str = "20261129";
    /// In the short form for those whose long list of unlikely values takes a minute each.
    const QUICKLY: &str = "examples,fuzzing";
    /// The list, too: missing, doubled and odd parameters, methods that are none.
    const THOROUGHLY: &str = "examples,coverage,fuzzing";

    /// A program that fuzzes the paths of this regular expression.
    fn fuzzer(origin: &str, paths: &str, phases: &str) -> Command {
        let mut command = tools::checker("schemathesis");
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let seed = env::var("SUPPORTDESK_FUZZ_SEED").unwrap_or_else(|_| SEED.to_owned());
        command
            .current_dir(here.join("fuzz"))
            .arg("run")
            .arg(here.join("../../docs/openapi.json"))
            .args(["--url", origin, "--include-path-regex", paths])
            .args(["--seed", &seed, "--no-color", "--warnings", "off"])
            .env("PYTHONDONTWRITEBYTECODE", "1");
        match env::var("SUPPORTDESK_FUZZ_SECONDS") {
            Ok(seconds) => command.args(["--max-time", &seconds]),
            Err(_) => command.args(["--max-examples", CASES, "--phases", phases]),
        };
        command
    }

    /// Lets it run to its end; what it found is shown, and fails the test.
    async fn run(mut fuzzer: Command) {
        let output = tokio::task::spawn_blocking(move || fuzzer.output()).await;
        let output = output.unwrap().unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        let complained = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}\n{complained}");
        println!("{told}");
    }

    /// As somebody who signs in. The spare account is for sessions that come to an end.
    async fn fuzz_as(world: World, who: &Person, spare: &Person, phases: &str) {
        let mut fuzzer = fuzzer(&world.origin(), "^/(?!api/external)", phases);
        fuzzer
            .env("DESK_URL", world.origin())
            .env("DESK_TOKEN", who.token())
            .env("DESK_SPARE", &spare.email)
            .env("DESK_API_KEY", "none")
            .env("DESK_API_SECRET", "none");
        run(fuzzer).await;
        world.stop().await;
    }

    /// Guessing is what a fuzzer does, and its session outlives the longest run.
    fn plan(name: &str) -> Plan {
        let mut plan = World::plan(name).with(Service::Auth, "JWT_TTL", "1440");
        for limit in [
            "SUPPORTDESK_LOGIN_FAILURES_PER_ADDRESS",
            "SUPPORTDESK_FORGOTTEN_PASSWORDS_PER_HOUR",
        ] {
            plan = plan.with(Service::Auth, limit, "1000000");
        }
        plan
    }

    async fn desk(name: &str) -> (World, Stage, Person) {
        let world = World::from_plan(plan(name)).await;
        let stage = Stage::set(&world).await;
        let spare = world
            .person(&stage.root, "customer", "twin@desk.test")
            .await;
        (world, stage, spare)
    }

    #[tokio::test]
    #[ignore = "needs the checkers"]
    async fn a_customer_gets_only_documented_answers() {
        let (world, stage, spare) = desk("fuzz_customer").await;
        fuzz_as(world, &stage.customer, &spare, THOROUGHLY).await;
    }

    #[tokio::test]
    #[ignore = "needs the checkers"]
    async fn an_agent_gets_only_documented_answers() {
        let (world, stage, spare) = desk("fuzz_agent").await;
        fuzz_as(world, &stage.agent, &spare, QUICKLY).await;
    }

    #[tokio::test]
    #[ignore = "needs the checkers"]
    async fn an_admin_gets_only_documented_answers() {
        let (world, stage, spare) = desk("fuzz_admin").await;
        let admin = world.person(&stage.root, "admin", "admin@desk.test").await;
        fuzz_as(world, &admin, &spare, QUICKLY).await;
    }

    #[tokio::test]
    #[ignore = "needs the checkers"]
    async fn a_super_admin_gets_only_documented_answers() {
        let (world, stage, spare) = desk("fuzz_super").await;
        fuzz_as(world, &stage.root, &spare, QUICKLY).await;
    }

    #[tokio::test]
    #[ignore = "needs the checkers"]
    async fn a_project_with_a_key_gets_only_documented_answers() {
        let (world, stage, _) = desk("fuzz_key").await;
        let door = world.stack.url(Service::ExternalGateway);
        let mut fuzzer = fuzzer(&door, "^/api/external", THOROUGHLY);
        fuzzer
            .env("DESK_API_KEY", &stage.project.key.api_key)
            .env("DESK_API_SECRET", &stage.project.key.api_secret)
            .env("DESK_TOKEN", "none");
        run(fuzzer).await;
        world.stop().await;
    }
}
