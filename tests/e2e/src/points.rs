//! The folder by which fail points are armed.

use std::{env, fs, path::PathBuf};

use xtask::service::Service;

/// The folder of one test.
pub struct Points(PathBuf);

impl Points {
    /// A folder that no other test has.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn new(test: &str) -> Self {
        let name = format!("failpoints-{test}-{}", std::process::id());
        let folder = env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    /// What `SUPPORTDESK_FAILPOINTS` is set to.
    pub fn folder(&self) -> String {
        self.0.display().to_string()
    }

    /// The service hangs when it comes there next.
    ///
    /// # Panics
    /// When the folder cannot be written.
    pub fn arm(&self, service: Service, point: &str) {
        fs::write(self.0.join(format!("{service}.{point}")), "").expect("armed");
    }

    /// It does not, after all; false when it hangs there already.
    pub fn disarm(&self, service: Service, point: &str) -> bool {
        fs::remove_file(self.0.join(format!("{service}.{point}"))).is_ok()
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
