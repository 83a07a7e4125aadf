//! A small disk for one service's database, which can run full: a file system in memory whose size
//! is changed while it is in use. Only root on Linux can mount one.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use xtask::{
    account::Account,
    mounts, paths,
    postgres::{Tools, psql},
    service::Service,
    stack::Plan,
};

/// What it has room for; nothing is set aside for it.
const ROOM: &str = "2g";

/// How often it is made smaller until that goes well.
const TRIES: u32 = 20;

/// The disk.
pub struct Disk {
    folder: PathBuf,
    service: Service,
}

impl Disk {
    /// Mounts one; an error says why that cannot be done here.
    pub fn mount(folder: &Path, service: Service) -> Result<Self> {
        ensure!(cfg!(target_os = "linux"), "only Linux has such disks");
        paths::make(folder)?;
        let options = format!("size={ROOM},mode=0700");
        mount(&["-t", "tmpfs", "-o", &options, "tmpfs"], folder)?;
        let disk = Self {
            folder: folder.to_owned(),
            service,
        };
        let account = Account::for_postgres()?;
        account.own(folder)?;
        ensure!(account.reaches(folder), "PostgreSQL cannot reach it");
        Ok(disk)
    }

    /// Whose database is on it.
    pub fn service(&self) -> Service {
        self.service
    }

    /// Moves the service's database there; nobody may be connected to it.
    pub async fn take_in(&self, plan: &Plan) -> Result<()> {
        let tools = Tools::find_or_install(None)?;
        let server = psql::Psql::new(&tools, &plan.postgres)?;
        let database = self.service.database().context("a database")?;
        let name = psql::identifier(&format!("{}{database}", plan.database_prefix));
        let place = psql::literal(&self.folder.display().to_string());
        server
            .run(&format!("create tablespace small location {place}"))
            .await?;
        server
            .run(&format!("alter database {name} set tablespace small"))
            .await?;
        Ok(())
    }

    /// From now on there is no room for anything new.
    pub fn fill(&self) -> Result<()> {
        let mut outcome = self.shrink();
        // It may have grown between the question and the answer.
        for _ in 0..TRIES {
            if outcome.is_ok() {
                break;
            }
            outcome = self.shrink();
        }
        outcome
    }

    /// Makes it as large as what is in it.
    fn shrink(&self) -> Result<()> {
        let used = Command::new("df")
            .args(["--block-size=1", "--output=used"])
            .arg(&self.folder)
            .output()?;
        let used = String::from_utf8_lossy(&used.stdout).into_owned();
        let used = used.lines().last().unwrap_or_default().trim().to_owned();
        mount(&["-o", &format!("remount,size={used}")], &self.folder)
    }

    /// There is room again.
    pub fn clear(&self) -> Result<()> {
        mount(&["-o", &format!("remount,size={ROOM}")], &self.folder)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // PostgreSQL has stopped by now; else the next run takes it off.
        drop(mounts::leave(&self.folder));
    }
}

fn mount(words: &[&str], folder: &Path) -> Result<()> {
    let output = Command::new("mount")
        .args(words)
        .arg(folder)
        .output()
        .context("there is no `mount`")?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}
