//! Installing PostgreSQL by apt, for root on Debian and its kin, without the cluster that the
//! package would start by itself.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

use super::{OLDEST, how_to_install};
use crate::{account, paths, say};

/// Read by the server packages while they are configured, removed right after: existing clusters
/// and later installations are left as they are.
const NO_CLUSTER: &str = "/etc/postgresql-common/createcluster.d/supportdesk.conf";

/// Installs the newest packaged version that fits, else says what to install.
pub fn from_packages(data_of: Option<u32>) -> Result<()> {
    if !account::is_root() || paths::on_path("apt-get").is_none() {
        bail!(match data_of {
            Some(major) => format!(
                "the data in .local was made by PostgreSQL {major}, which is not installed: \
                 install it, or `cargo xtask reset` to start anew"
            ),
            None => how_to_install(),
        });
    }
    let step = say::step("PostgreSQL is not installed");
    step.now("asking apt");
    if packaged(data_of).is_none() {
        apt(&["update"])?;
    }
    let Some(major) = packaged(data_of) else {
        bail!(how_to_install())
    };
    step.now(&format!("installing postgresql-{major}"));
    apt(&[
        "install",
        "--yes",
        "--no-install-recommends",
        "postgresql-common",
    ])?;
    let _guard = NoCluster::forbid()?;
    apt(&[
        "install",
        "--yes",
        "--no-install-recommends",
        &format!("postgresql-{major}"),
    ])?;
    step.done(format_args!("postgresql-{major} by apt"));
    Ok(())
}

/// The newest packaged major version that fits.
fn packaged(data_of: Option<u32>) -> Option<u32> {
    let output = Command::new("apt-cache")
        .args(["pkgnames", "postgresql-"])
        .output()
        .ok()?;
    majors(&String::from_utf8_lossy(&output.stdout))
        .into_iter()
        .filter(|major| data_of.map_or(*major >= OLDEST, |wanted| wanted == *major))
        .filter(|major| can_be_installed(*major))
        .max()
}

/// Package lists also name packages that others only mention.
fn can_be_installed(major: u32) -> bool {
    let policy = Command::new("apt-cache")
        .args(["policy", &format!("postgresql-{major}")])
        .output();
    policy.is_ok_and(|output| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.contains("Candidate:") && !text.contains("Candidate: (none)")
    })
}

fn majors(names: &str) -> Vec<u32> {
    names
        .lines()
        .filter_map(|name| name.trim().strip_prefix("postgresql-")?.parse().ok())
        .collect()
}

/// Runs apt-get quietly; its output is shown when it fails.
pub fn apt(words: &[&str]) -> Result<()> {
    let output = Command::new("apt-get")
        .args(["-q", "-o", "DPkg::Lock::Timeout=120"])
        .args(words)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .output()
        .context("apt-get does not start")?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        bail!(
            "`apt-get {}` failed:\n{}",
            words.join(" "),
            crate::daemon::tail(&text, 10)
        );
    }
    Ok(())
}

/// While it lives, the packages make no cluster.
struct NoCluster;

impl NoCluster {
    fn forbid() -> Result<Self> {
        let write = || {
            if let Some(folder) = Path::new(NO_CLUSTER).parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(NO_CLUSTER, "create_main_cluster = false\n")
        };
        write().with_context(|| format!("{NO_CLUSTER} cannot be written"))?;
        Ok(Self)
    }
}

impl Drop for NoCluster {
    fn drop(&mut self) {
        drop(fs::remove_file(NO_CLUSTER));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_server_packages_count() {
        let names = "postgresql-15\npostgresql-15-postgis-3\npostgresql-common\npostgresql-17\n";
        assert_eq!(majors(names), [15, 17]);
    }
}
