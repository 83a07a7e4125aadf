//! What the image is built from. The engine would say it late, in its tenth minute.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use xtask::{paths::root, programs::PROGRAM, service::Service};

/// The programs of the image: of all services, and of operators.
const PROGRAMS: [&str; 2] = [PROGRAM, "supportdeskctl"];

/// A Dockerfile's instructions, continued lines joined.
fn instructions(file: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(file)).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let joined = lines.collect::<Vec<_>>().join("\n").replace("\\\n", " ");
    let lines = joined.lines().map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.join(" ")
    });
    lines.filter(|line| !line.is_empty()).collect()
}

/// What is copied from the context.
fn copied(instructions: &[String]) -> Vec<String> {
    let copies = instructions
        .iter()
        .filter_map(|line| line.strip_prefix("COPY "))
        .filter(|words| !words.contains("--from="));
    copies
        .flat_map(|words| {
            let mut words: Vec<String> = words.split(' ').map(str::to_owned).collect();
            words.pop();
            words
        })
        .collect()
}

/// What `.dockerignore`, which leaves everything out first, lets in again.
fn let_in() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(".dockerignore")).unwrap();
    let mut rules = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    assert_eq!(rules.next(), Some("*"));
    rules
        .map(|rule| rule.strip_prefix('!').unwrap().to_owned())
        .collect()
}

fn below(folder: &Path, wanted: &mut impl FnMut(&Path) -> bool, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if wanted(&path) {
            found.push(path.strip_prefix(root()).unwrap().to_owned());
        }
        if path.is_dir() {
            below(&path, wanted, found);
        }
    }
}

#[test]
fn what_is_copied_is_there_and_in_the_context_and_nothing_else_is() {
    let copied = copied(&instructions("Dockerfile"));
    for source in &copied {
        assert!(root().join(source).exists(), "{source}");
    }
    assert_eq!(copied.into_iter().collect::<BTreeSet<_>>(), let_in());

    let folder = "deploy/nats";
    for source in self::copied(&instructions(&format!("{folder}/Dockerfile"))) {
        assert!(root().join(folder).join(&source).exists(), "{source}");
    }
}

#[test]
fn the_context_holds_every_crate_with_its_sql_and_templates() {
    let let_in = let_in();
    let mut needed = vec![PathBuf::from(".cargo/config.toml")];
    for folder in ["services", "shared", "tests", "xtask"] {
        let mut wanted = |path: &Path| {
            let name = path.file_name().unwrap().to_string_lossy();
            ["Cargo.toml", "build.rs", ".sqlx", "sqlx.toml", "migrations"].contains(&&*name)
                || name == "templates"
        };
        below(&root().join(folder), &mut wanted, &mut needed);
    }
    assert!(needed.len() > 40, "only {needed:?}");
    for path in needed {
        let first = path.iter().next().unwrap().to_string_lossy();
        assert!(let_in.contains(&*first), "{}", path.display());
    }

    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let members = manifest
        .lines()
        .find_map(|line| line.strip_prefix("members = "))
        .unwrap();
    for member in members.split(['[', ']', ',', ' ', '"', '/']) {
        let known = member.is_empty() || member == "*" || let_in.contains(member);
        assert!(known, "{member} is a member and not in the context");
    }
}

#[test]
fn each_program_is_built_and_taken_along() {
    let dockerfile = instructions("Dockerfile");
    let run = dockerfile
        .iter()
        .find(|line| line.starts_with("RUN ") && line.contains("cargo build"))
        .unwrap();
    let words: Vec<&str> = run.split(' ').collect();
    let built: BTreeSet<&str> = words
        .windows(2)
        .filter(|pair| pair[0] == "--package")
        .map(|pair| pair[1])
        .collect();
    let taken: BTreeSet<&str> = words
        .iter()
        .filter_map(|word| word.strip_prefix("target/release/"))
        .collect();
    assert_eq!(built, PROGRAMS.into());
    assert_eq!(taken, PROGRAMS.into());
    // The services' program is the one that it is called by.
    let links = run.split("for service in ").nth(1).unwrap();
    let (links, made) = links.split_once("; do ").unwrap();
    let linked: BTreeSet<&str> = links.split(' ').collect();
    assert_eq!(linked, Service::ALL.map(Service::name).into());
    assert!(made.contains(r#"ln -s supportdesk "/image/usr/local/bin/$service""#));
    assert!(words.contains(&"--locked") && words.contains(&"--release"));
}

#[test]
fn the_image_runs_one_program_as_a_numbered_user_until_sigterm() {
    let dockerfile = instructions("Dockerfile");
    let last = dockerfile
        .iter()
        .rposition(|line| line.starts_with("FROM "))
        .unwrap();
    let (built, shipped) = dockerfile.split_at(last);
    // Linked with one release's C library, run with the same one's.
    assert!(built.iter().any(|line| line.contains("-bookworm AS build")));
    assert!(
        shipped[0].contains("distroless/cc-debian12:"),
        "{shipped:?}"
    );
    assert!(!shipped.iter().any(|line| line.starts_with("RUN ")));
    for line in [
        "USER 65532:65532",
        "STOPSIGNAL SIGTERM",
        r#"ENTRYPOINT ["/usr/local/bin/gateway"]"#,
        r#"CMD ["serve"]"#,
    ] {
        assert!(shipped.iter().any(|other| other == line), "{line}");
    }
}
