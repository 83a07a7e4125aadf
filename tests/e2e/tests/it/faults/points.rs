//! The folder by which fail points are armed.

use std::{env, fs, path::PathBuf};

use xtask::service::Service;

/// The folder of one test.
pub struct Points(PathBuf);

impl Points {
    /// A folder that no other test has.
    pub fn new(test: &str) -> Self {
        let name = format!("failpoints-{test}-{}", std::process::id());
        let folder = env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// What `SUPPORTDESK_FAILPOINTS` is set to.
    pub fn folder(&self) -> String {
        self.0.to_str().unwrap().to_owned()
    }

    /// The service hangs when it comes there next.
    pub fn arm(&self, service: Service, point: &str) {
        fs::write(self.0.join(format!("{service}.{point}")), "").unwrap();
    }

    /// Whether the service hangs there; to be asked until it does.
    pub fn is_reached(&self, service: Service, point: &str) -> bool {
        let reached = self.0.join(format!("{service}.{point}.reached"));
        fs::remove_file(reached).is_ok()
    }
}

impl Drop for Points {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}
