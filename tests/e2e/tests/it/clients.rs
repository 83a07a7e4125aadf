//! Clients that others generate from the committed API document, in two languages, at work on a
//! running desk. The programs are in `clients/`; what they call is made here from the document.

mod with_checkers {
    use std::{
        fs,
        path::{Path, PathBuf},
        process::Command,
    };

    use desk_testkit::tools;
    use e2e::World;
    use serde_json::{Value, json};
    use tempfile::TempDir;

    fn here() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    fn document() -> PathBuf {
        here().join("../../docs/openapi.json")
    }

    /// A client's folder with what is in the repository of it.
    fn workshop(language: &str) -> TempDir {
        let workshop = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(here().join("clients").join(language)).unwrap() {
            let file = entry.unwrap().path();
            if file.is_file() {
                fs::copy(&file, workshop.path().join(file.file_name().unwrap())).unwrap();
            }
        }
        workshop
    }

    /// What the command prints, unless it fails.
    fn printed(command: &mut Command) -> String {
        let output = command.output().unwrap();
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(output.status.success(), "{command:?}\n{out}\n{err}");
        out.into_owned()
    }

    /// Lets a client work on a desk, and looks at what it has done.
    async fn work(language: &'static str, mut client: Command) {
        let world = World::start(language).await;
        let root = world.super_admin().await;
        let project = world.project(&root, "NaijaHomes").await;
        let agent = world.person(&root, "agent", "agent@desk.test").await;
        world.assign_agent(&root, &project, &agent).await;
        client
            .env("DESK_URL", world.origin())
            .env("DESK_EMAIL", "agent@desk.test")
            .env("DESK_PASSWORD", "password")
            .env("DESK_PROJECT", project.id.to_string())
            .env("DESK_CALL", language);
        let told = tokio::task::spawn_blocking(move || printed(&mut client));
        let told: Value = serde_json::from_str(&told.await.unwrap()).unwrap();

        let filed = root.get("/tickets").await.expect(200);
        let number = filed["data"][0]["ticket_number"].as_str().unwrap();
        assert_eq!(
            told,
            json!({"number": number, "listed": [number], "reply": "reply", "reported": true, "missing": "Not found."})
        );
        assert_eq!(filed["data"][0]["priority"], "high");
        assert_eq!(filed["data"][0]["reply_count"], 1);
        world.stop().await;
    }

    #[tokio::test]
    #[ignore = "needs the checkers"]
    async fn a_client_in_typescript_works() {
        let workshop = workshop("typescript");
        let at = |mut command: Command| {
            command.current_dir(workshop.path());
            command
        };
        let modules = workshop.path().join("node_modules");
        std::os::unix::fs::symlink(tools::node_modules(), modules).unwrap();
        let mut generate = at(tools::checker("openapi-typescript"));
        printed(generate.arg(document()).args(["--output", "desk.d.ts"]));
        // Strict; writes nothing unless every type fits.
        printed(&mut at(tools::checker("tsc")));
        let mut client = at(tools::checker("node"));
        client.arg("main.js");
        work("typescript", client).await;
    }

    #[tokio::test]
    #[ignore = "needs the checkers"]
    async fn a_client_in_python_works() {
        let workshop = workshop("python");
        let mut generate = tools::checker("openapi-python-client");
        generate
            .current_dir(workshop.path())
            .args(["generate", "--fail-on-warning", "--meta", "none"])
            .args(["--output-path", "desk", "--path"])
            .arg(document());
        printed(&mut generate);
        let mut client = tools::checker("python");
        client.current_dir(workshop.path()).arg("main.py");
        work("python", client).await;
    }
}
