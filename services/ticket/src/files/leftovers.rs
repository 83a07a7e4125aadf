//! What an upload leaves in a folder when its process ends in the middle: a part beside the place
//! of the object, under the object's name and `#` and a number. The store itself hides these.

use std::{fs, io, path::Path, time::SystemTime};

/// Removes those that were last written before then; answers how many.
pub fn remove(folder: &Path, before: SystemTime) -> io::Result<u64> {
    let mut removed = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            removed += remove(&entry.path(), before)?;
        } else if is_part(&entry.file_name().to_string_lossy())
            && entry.metadata()?.modified()? < before
        {
            fs::remove_file(entry.path())?;
            removed += 1;
        }
    }
    Ok(removed)
}

fn is_part(name: &str) -> bool {
    let number = name.rsplit_once('#').map(|(_, number)| number);
    number.is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_told_by_its_name() {
        for (name, part) in [
            ("0a1b#1", true),
            ("0a1b#27", true),
            ("0a1b", false),
            ("0a1b#", false),
            ("0a1b#x", false),
        ] {
            assert_eq!(is_part(name), part, "{name}");
        }
    }
}
