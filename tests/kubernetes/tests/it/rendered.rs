//! What kustomize makes of base and the overlays.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use desk_testkit::tools;
use tempfile::TempDir;

use crate::manifests::Manifests;

/// A folder that is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlay {
    Base,
    Dev,
    Production,
}

/// What was rendered: the text, for programs, and the documents.
pub struct Rendered {
    pub yaml: String,
    pub manifests: Manifests,
}

impl Overlay {
    pub const ALL: [Self; 3] = [Self::Base, Self::Dev, Self::Production];

    /// Rendered once a run.
    pub fn rendered(self) -> &'static Rendered {
        static BASE: LazyLock<Rendered> = LazyLock::new(|| render("k8s/base"));
        static DEV: LazyLock<Rendered> = LazyLock::new(|| render("k8s/overlays/dev"));
        static PRODUCTION: LazyLock<Rendered> = LazyLock::new(|| render("k8s/overlays/production"));
        match self {
            Self::Base => &BASE,
            Self::Dev => &DEV,
            Self::Production => &PRODUCTION,
        }
    }

    pub fn manifests(self) -> &'static Manifests {
        &self.rendered().manifests
    }
}

/// The databases' cluster.
pub fn databases() -> &'static Rendered {
    static DATABASES: LazyLock<Rendered> = LazyLock::new(|| render("deploy/postgres"));
    &DATABASES
}

/// The checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// In a copy, where the examples stand in for the secrets that are not tracked.
fn render(folder: &str) -> Rendered {
    let copy = TempDir::new().unwrap();
    for tree in ["k8s", "deploy/postgres"] {
        copy_tree(&root().join(tree), &copy.path().join(tree));
    }
    let mut kubectl = tools::checker("kubectl");
    kubectl.arg("kustomize").arg(copy.path().join(folder));
    let yaml = output(kubectl);
    Rendered {
        manifests: Manifests::parse(&yaml),
        yaml,
    }
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &to.join(name));
        } else if let Some(real) = name.strip_suffix(".env.example") {
            fs::copy(entry.path(), to.join(format!("{real}.env"))).unwrap();
        } else if !from.join(format!("{name}.example")).exists() {
            fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}

/// What a program prints; it has to succeed.
fn output(mut command: Command) -> String {
    let output = command.output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {words}");
    String::from_utf8(output.stdout).unwrap()
}
