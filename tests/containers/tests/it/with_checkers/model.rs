//! `docker-compose.yml` as the compose parser reads it, with secrets made for the occasion.

use std::{collections::BTreeMap, fs, path::PathBuf, process::Output};

use desk_testkit::tools::checker;
use serde_json::Value;
use tempfile::TempDir;
use xtask::{compose_env, paths::root, service::Service};

/// The parsed file.
pub struct Model(Value);

impl Model {
    /// With all profiles, by this `.env`.
    pub fn read(env: &str) -> Self {
        let output = config(env, &["--profile", "*"]);
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words}");
        Self(serde_json::from_slice(&output.stdout).unwrap())
    }

    /// With secrets that `cargo xtask compose-env` made.
    pub fn with_secrets() -> Self {
        Self::read(&compose_env::generate().unwrap())
    }

    /// Everything that is started, by name.
    pub fn containers(&self) -> impl Iterator<Item = (&str, Container<'_>)> {
        let all = self.0["services"].as_object().unwrap();
        all.iter()
            .map(|(name, value)| (name.as_str(), Container(value)))
    }

    /// One of them.
    pub fn container(&self, name: &str) -> Container<'_> {
        let found = self.containers().find(|(other, _)| *other == name);
        found.unwrap_or_else(|| panic!("no {name}")).1
    }

    /// One of the eight.
    pub fn service(&self, service: Service) -> Container<'_> {
        self.container(service.name())
    }

    /// A part of the file that is no container.
    pub fn part(&self, name: &str) -> &Value {
        &self.0[name]
    }
}

/// Asks the parser, without the caller's own settings.
pub fn config(env: &str, options: &[&str]) -> Output {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("env");
    fs::write(&file, env).unwrap();
    let mut command = checker("docker-compose");
    let path = command.get_envs().find(|(name, _)| *name == "PATH");
    let path = path.and_then(|(_, value)| value).unwrap().to_owned();
    command
        .env_clear()
        .env("PATH", path)
        .env("HOME", folder.path())
        .current_dir(root())
        .args(["--file", "docker-compose.yml", "--env-file"])
        .arg(&file)
        .args(options)
        .args(["config", "--format", "json"]);
    command.output().unwrap()
}

/// One container.
#[derive(Clone, Copy)]
pub struct Container<'a>(&'a Value);

impl<'a> Container<'a> {
    /// Any of its keys.
    pub fn get(self, key: &str) -> &'a Value {
        &self.0[key]
    }

    /// What it runs: entrypoint and command.
    pub fn line(self) -> Vec<String> {
        [texts(self.get("entrypoint")), texts(self.get("command"))].concat()
    }

    /// What tells whether it is healthy.
    pub fn healthcheck(self) -> Option<Vec<String>> {
        let mut words = texts(&self.get("healthcheck")["test"]);
        if words.is_empty() {
            return None;
        }
        assert_eq!(words.remove(0), "CMD");
        Some(words)
    }

    /// Its environment; what the caller has not set is left out.
    pub fn environment(self) -> BTreeMap<String, String> {
        let all = self.get("environment").as_object().into_iter().flatten();
        all.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect()
    }

    /// The names of what is set or passed on.
    pub fn settings(self) -> Vec<&'a str> {
        let all = self.get("environment").as_object().into_iter().flatten();
        all.map(|(name, _)| name.as_str()).collect()
    }

    /// User and group.
    pub fn user(self) -> (u32, u32) {
        let user = self.get("user").as_str().unwrap();
        let (uid, gid) = user.split_once(':').unwrap();
        (uid.parse().unwrap(), gid.parse().unwrap())
    }

    /// Where it may write for good.
    pub fn volumes(self) -> Vec<PathBuf> {
        self.mounts("volume").map(|(_, target)| target).collect()
    }

    /// Folders of the checkout that it sees: here, there.
    pub fn binds(self) -> Vec<(PathBuf, PathBuf)> {
        self.mounts("bind").collect()
    }

    fn mounts(self, kind: &str) -> impl Iterator<Item = (PathBuf, PathBuf)> {
        let all = self.get("volumes").as_array().into_iter().flatten();
        all.filter(move |mount| mount["type"] == kind).map(|mount| {
            let path = |key: &str| PathBuf::from(mount[key].as_str().unwrap());
            (path("source"), path("target"))
        })
    }

    /// The networks that it is in.
    pub fn networks(self) -> Vec<&'a str> {
        let all = self.get("networks").as_object().into_iter().flatten();
        all.map(|(name, _)| name.as_str()).collect()
    }

    /// Whom it waits for, and until when.
    pub fn waits_for(self) -> BTreeMap<&'a str, &'a str> {
        let all = self.get("depends_on").as_object().into_iter().flatten();
        all.map(|(name, on)| (name.as_str(), on["condition"].as_str().unwrap()))
            .collect()
    }
}

fn texts(list: &Value) -> Vec<String> {
    let all = list.as_array().into_iter().flatten();
    all.map(|text| text.as_str().unwrap().to_owned()).collect()
}
