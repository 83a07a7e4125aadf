//! Whoever sits at the command line, and what they are told.

use std::{fmt::Write as _, fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use serde_json::Value;
use tokio::process::Command;
use xtask::{service::Service, stack::Stack};

/// A command that was run.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// The answer of one that ended with this code.
    #[track_caller]
    pub fn answer(&self, code: i32) -> Value {
        assert_eq!(self.code, code, "{self:?}");
        serde_json::from_str(&self.out).expect(&self.out)
    }

    /// The words of one that failed like this and answered nothing.
    #[track_caller]
    pub fn refusal(&self, code: i32, kind: &str) -> String {
        assert_eq!((self.code, self.out.as_str()), (code, ""), "{self:?}");
        let last = self.err.lines().last().unwrap_or_default();
        let told: Value = serde_json::from_str(last).expect(last);
        assert_eq!(told["kind"], kind, "{self:?}");
        told["error"].as_str().unwrap().to_owned()
    }
}

/// Whoever sits at the command line.
#[derive(Clone)]
pub struct Operator {
    program: PathBuf,
    env: Vec<(String, String)>,
}

impl Operator {
    /// Services' commands are run by a script that knows their settings.
    pub fn of(stack: &Stack, url: &str) -> Self {
        let folder = &stack.plan().folder;
        let script = folder.join("run-service");
        let mut text = "#!/bin/sh\nservice=$1\nshift\nset -a\ncase $service in\n".to_owned();
        for service in Service::ALL {
            writeln!(text, "{service})").unwrap();
            for (name, value) in stack.env(service) {
                assert!(!value.contains('\''), "{name}");
                writeln!(text, "{name}='{value}'").unwrap();
            }
            writeln!(text, ";;").unwrap();
        }
        let binaries = stack.plan().binaries.display();
        writeln!(text, "esac\nexec '{binaries}'/\"$service\" \"$@\"").unwrap();
        fs::write(&script, text).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
        let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Self {
            program: stack.plan().binaries.join("supportdeskctl"),
            env: vec![
                setting("SUPPORTDESK_URL", url),
                setting(
                    "SUPPORTDESK_RUN",
                    &format!("{} {{service}}", script.display()),
                ),
            ],
        }
    }

    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut with = self.clone();
        with.env.push((name.to_owned(), value.to_owned()));
        with
    }

    pub fn logged_in_as(&self, email: &str, password: &str) -> Self {
        self.with("SUPPORTDESK_EMAIL", email)
            .with("SUPPORTDESK_PASSWORD", password)
    }

    /// Runs it with `--json`.
    pub async fn run(&self, words: &str) -> Ran {
        self.words(words.split_whitespace().chain(["--json"])).await
    }

    pub async fn words(&self, words: impl Iterator<Item = &str>) -> Ran {
        let mut command = Command::new(&self.program);
        command
            .args(words)
            .env_clear()
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .kill_on_drop(true);
        let output = command.output().await.expect("supportdeskctl is built");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
        Ran {
            code: output.status.code().unwrap(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}
