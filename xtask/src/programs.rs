//! The services' program in a folder, by the name of each service: it is the one that it is called by.

use std::{fs, os::unix::fs::symlink, path::Path};

use anyhow::{Context as _, Result};

use crate::service::Service;

/// The one program of all services.
pub const PROGRAM: &str = "supportdesk";

/// Has a link to it in its folder for each service; what else bears such a name is replaced.
///
/// # Errors
/// A folder that cannot be written.
pub fn link(folder: &Path) -> Result<()> {
    for service in Service::ALL {
        let link = folder.join(service.name());
        if fs::read_link(&link).is_ok_and(|program| program == Path::new(PROGRAM)) {
            continue;
        }
        // Whole or not at all: somebody may be starting it.
        let new = folder.join(format!("{service}.{}", std::process::id()));
        symlink(PROGRAM, &new)
            .and_then(|()| fs::rename(&new, &link))
            .with_context(|| format!("{} cannot be made", link.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::scratch;

    #[test]
    fn each_service_has_a_link_whatever_stood_there() {
        let folder = scratch("programs");
        fs::write(folder.join(PROGRAM), "the program").unwrap();
        fs::write(folder.join("auth"), "an older one").unwrap();
        for _ in 0..2 {
            link(&folder).unwrap();
            for service in Service::ALL {
                let text = fs::read_to_string(folder.join(service.name()));
                assert_eq!(text.unwrap(), "the program");
            }
        }
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 9);
        fs::remove_dir_all(folder).unwrap();
    }
}
