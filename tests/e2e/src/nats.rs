//! A NATS server of a test's own, to be killed and wiped.

use std::{
    fs,
    path::{Path, PathBuf},
};

use xtask::{
    nats::{Server, Settings},
    paths::Local,
    pids::Signal,
    stack::Plan,
};

/// The server.
pub struct Nats {
    folder: PathBuf,
    port: u16,
    durable: bool,
    server: Server,
}

impl Nats {
    /// Starts it in the plan's folder, and has the plan use it.
    pub async fn of(plan: &mut Plan, durable: bool) -> Self {
        let nats = Self::at(&plan.folder, durable).await;
        nats.url().clone_into(&mut plan.nats);
        nats
    }

    /// Starts it in a folder.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn at(folder: &Path, durable: bool) -> Self {
        for part in ["logs", "run"] {
            fs::create_dir_all(folder.join(part)).expect("a folder");
        }
        let port = xtask::ports::free(1).expect("a port")[0];
        Self {
            folder: folder.to_owned(),
            port,
            durable,
            server: start(folder, port, durable).await,
        }
    }

    /// Its URL, with its user.
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// SIGKILL.
    pub async fn kill(&mut self) {
        self.server.daemon().kill().await;
    }

    /// Sends it a signal.
    pub fn signal(&mut self, signal: Signal) {
        self.server.daemon().signal(signal);
    }

    /// What it knew is gone; it must not run.
    ///
    /// # Panics
    /// When it cannot be removed.
    pub fn wipe(&self) {
        fs::remove_dir_all(self.folder.join("nats/data")).expect("data removed");
    }

    /// Starts it again where it was.
    pub async fn start(&mut self) {
        self.server = start(&self.folder, self.port, self.durable).await;
    }

    /// Shuts it down.
    pub async fn stop(&mut self) {
        self.server.stop().await;
    }
}

async fn start(folder: &Path, port: u16, durable: bool) -> Server {
    let local = Local::of_checkout().expect("a folder for tools");
    let settings = Settings {
        folder,
        tools: &local.tools(),
        port,
        password: "nats",
        durable,
    };
    Server::start(&settings).await.expect("a NATS server")
}
