//! The crates with SQL, and the migrations that their queries rely on.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::postgres::psql::{Psql, identifier};

/// Shared crates whose tables lie in the database of every service that uses them, in this order.
const SHARED: [(&str, &str); 2] = [
    ("desk-bus", "shared/bus"),
    ("desk-replica", "shared/replica"),
];
const DEFAULT_TABLE: &str = "_sqlx_migrations";

/// A crate with an `sqlx.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlCrate {
    /// Its package's name.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// The variable that names its database while it is compiled.
    pub variable: String,
    /// What makes its tables, in order.
    chains: Vec<Chain>,
}

/// A folder of migrations and the table in which they are noted.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Chain {
    folder: PathBuf,
    table: String,
}

impl SqlCrate {
    /// By its package's or its folder's name.
    pub fn goes_by(&self, name: &str) -> bool {
        self.name == name || self.folder.file_name().is_some_and(|folder| folder == name)
    }

    /// Whether services use it.
    pub fn is_shared(&self) -> bool {
        SHARED.iter().any(|(package, _)| self.name == *package)
    }

    /// Its committed query data.
    pub fn data(&self) -> PathBuf {
        self.folder.join(".sqlx")
    }

    /// Makes its database under that name.
    pub async fn migrate(&self, psql: &Psql, database: &str) -> Result<()> {
        let name = identifier(database);
        let make = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE);\nCREATE DATABASE {name};");
        psql.run(&make).await?;
        let psql = psql.on(database);
        for chain in &self.chains {
            psql.run(&notes_table(&chain.table)).await?;
            for file in migrations(&chain.folder)? {
                psql.apply(&file).await?;
            }
        }
        Ok(())
    }
}

/// All crates with SQL of a checkout, the shared ones first.
pub fn find(root: &Path) -> Result<Vec<SqlCrate>> {
    let mut found = Vec::new();
    for group in ["shared", "services"] {
        let entries =
            fs::read_dir(root.join(group)).with_context(|| format!("no folder {group}"))?;
        let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        folders.sort();
        for folder in folders
            .into_iter()
            .filter(|folder| folder.join("sqlx.toml").exists())
        {
            found.push(read(root, folder)?);
        }
    }
    Ok(found)
}

fn read(root: &Path, folder: PathBuf) -> Result<SqlCrate> {
    let manifest = fs::read_to_string(folder.join("Cargo.toml"))
        .with_context(|| format!("{} is no crate", folder.display()))?;
    let settings = fs::read_to_string(folder.join("sqlx.toml"))?;
    let missing = |what: &str| format!("{} names no {what}", folder.display());
    let name = value(&manifest, "name").with_context(|| missing("package"))?;
    let variable =
        value(&settings, "database-url-var").with_context(|| missing("database-url-var"))?;
    let shared = SHARED
        .iter()
        .filter(|(package, _)| name != *package && depends_on(&manifest, package))
        .map(|(_, place)| root.join(place));
    let mut chains = Vec::new();
    for place in shared
        .chain([folder.clone()])
        .filter(|place| place.join("migrations").is_dir())
    {
        chains.push(chain(&place)?);
    }
    Ok(SqlCrate {
        name,
        folder,
        variable,
        chains,
    })
}

fn chain(place: &Path) -> Result<Chain> {
    let file = place.join("sqlx.toml");
    let settings =
        fs::read_to_string(&file).with_context(|| format!("{} is not readable", file.display()))?;
    let table = value(&settings, "table-name").unwrap_or_else(|| DEFAULT_TABLE.to_owned());
    Ok(Chain {
        folder: place.join("migrations"),
        table,
    })
}

/// The first `key = "value"` of a TOML text; all that these small files need.
fn value(text: &str, key: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        let value = value.trim().strip_prefix('"')?;
        (name.trim() == key).then(|| value.split('"').next().unwrap_or_default().to_owned())
    })
}

fn depends_on(manifest: &str, package: &str) -> bool {
    manifest.lines().any(|line| {
        let rest = line.trim().strip_prefix(package);
        rest.is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
    })
}

/// The files of a chain by their numbers.
fn migrations(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("{} is not readable", folder.display()))?;
    let mut files: Vec<(u64, PathBuf)> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "sql"))
        .filter_map(|path| Some((number(path.file_name()?.to_str()?)?, path)))
        .collect();
    files.sort();
    Ok(files.into_iter().map(|(_, path)| path).collect())
}

fn number(file: &str) -> Option<u64> {
    file.split('_').next()?.parse().ok()
}

/// The table that the migrator would make; queries about the schema's version read it.
fn notes_table(table: &str) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {} (version bigint PRIMARY KEY, description text NOT NULL, \
         installed_on timestamptz NOT NULL DEFAULT now(), success boolean NOT NULL, \
         checksum bytea NOT NULL, execution_time bigint NOT NULL);",
        identifier(table)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::scratch;

    fn crate_at(root: &Path, place: &str, name: &str, uses: &[&str], settings: &str) {
        let folder = root.join(place);
        fs::create_dir_all(folder.join("migrations")).unwrap();
        let uses: Vec<String> = uses
            .iter()
            .map(|name| format!("{name}.workspace = true"))
            .collect();
        let uses = uses.join("\n");
        let manifest = format!("[package]\nname = \"{name}\"\n[dependencies]\n{uses}");
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        fs::write(folder.join("sqlx.toml"), settings).unwrap();
    }

    #[test]
    fn a_service_s_database_has_the_tables_of_what_it_uses() {
        let root = scratch("crates");
        let bus = "[common]\ndatabase-url-var = \"SQLX_BUS_URL\"\n[migrate]\ntable-name=\"_bus\"\n";
        crate_at(&root, "shared/bus", "desk-bus", &[], bus);
        let ticket = "[common]\ndatabase-url-var = \"SQLX_TICKET_URL\"\n";
        crate_at(
            &root,
            "services/ticket",
            "ticket",
            &["desk-bus", "desk-http"],
            ticket,
        );
        fs::create_dir_all(root.join("services/gateway")).unwrap();

        let found = find(&root).unwrap();
        let names: Vec<&str> = found.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["desk-bus", "ticket"]);
        assert!(found[0].goes_by("bus") && found[0].goes_by("desk-bus"));
        assert_eq!(found[1].variable, "SQLX_TICKET_URL");
        let tables: Vec<&str> = found[1]
            .chains
            .iter()
            .map(|chain| chain.table.as_str())
            .collect();
        assert_eq!(tables, ["_bus", "_sqlx_migrations"]);
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn migrations_go_by_number_not_by_letter() {
        let folder = scratch("migrations");
        for name in ["10_late.sql", "9_early.sql", "0001_first.sql", "notes.md"] {
            fs::write(folder.join(name), "").unwrap();
        }
        let files = migrations(&folder).unwrap();
        let names: Vec<_> = files
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap())
            .collect();
        assert_eq!(names, ["0001_first.sql", "9_early.sql", "10_late.sql"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_dependency_is_a_whole_name() {
        let manifest = "desk-bus.workspace = true\ndesk-replica = { path = \"x\" }\n";
        assert!(depends_on(manifest, "desk-bus") && depends_on(manifest, "desk-replica"));
        assert!(!depends_on("desk-business.workspace = true", "desk-bus"));
    }
}
