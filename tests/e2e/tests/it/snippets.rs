//! The snippets of `docs/integrating.md`, run as they stand there against a desk.

use std::process::Command;

use e2e::{Key, World};

const TEXT: &str = include_str!("../../../../docs/integrating.md");

/// The one block of a language.
fn snippet(language: &str) -> &'static str {
    let fence = format!("\n```{language}\n");
    let mut blocks = TEXT.split(fence.as_str()).skip(1);
    let block = blocks.next().expect("a snippet");
    assert!(blocks.next().is_none(), "one snippet of {language}");
    block.split_once("\n```").expect("an end").0
}

/// Runs a snippet by a program that reads it from a file; answers what it printed.
async fn run(mut program: Command, language: &str, desk: &str, key: &Key) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("snippet").with_extension(language);
    std::fs::write(&file, snippet(language)).unwrap();
    program
        .arg(&file)
        .env("SUPPORT_URL", desk)
        .env("SUPPORT_API_KEY", &key.api_key)
        .env("SUPPORT_API_SECRET", &key.api_secret)
        .env("NO_PROXY", "127.0.0.1");
    let output = tokio::process::Command::from(program)
        .output()
        .await
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{language}:\n{printed}{complaint}");
    printed
}

/// Runs it twice: the second time files nothing new, by its idempotency keys.
async fn files_one_ticket(name: &str, language: &str, program: impl Fn() -> Command) {
    let world = World::start(name).await;
    let root = world.super_admin().await;
    let project = world.project(&root, "NaijaHomes").await;
    let filed = |printed: String| {
        let line = printed.lines().find(|line| line.starts_with("filed "));
        line.expect("a number").to_owned()
    };
    let origin = world.origin();
    let first = filed(run(program(), language, &origin, &project.key).await);
    let again = filed(run(program(), language, &origin, &project.key).await);
    assert_eq!(first, again);
    let number = first.trim_start_matches("filed ");
    let shop = world.key(&project.key);
    let ticket = shop.get(&format!("/external/tickets/{number}")).await;
    let ticket = ticket.expect(200);
    assert_eq!(ticket["ticket"]["subject"], "Cannot upload photos");
    let messages = ticket["ticket"]["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 1, "{messages:?}");
    world.stop().await;
}

#[tokio::test]
async fn curl() {
    files_one_ticket("curl", "sh", || Command::new("bash")).await;
}

mod with_php {
    use desk_testkit::tools;

    use super::files_one_ticket;

    #[tokio::test]
    #[ignore = "needs PHP"]
    async fn php() {
        files_one_ticket("php", "php", tools::php).await;
    }
}

mod with_checkers {
    use desk_testkit::tools::checker;

    use super::files_one_ticket;

    #[tokio::test]
    #[ignore = "needs Node"]
    async fn javascript() {
        files_one_ticket("js", "js", || checker("node")).await;
    }

    #[tokio::test]
    #[ignore = "needs Python"]
    async fn python() {
        files_one_ticket("python", "python", || checker("python")).await;
    }
}
