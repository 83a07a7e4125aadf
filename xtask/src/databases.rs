//! A database and a pair of roles per service. The owner runs the migrations and owns all they
//! make; the service's own role reads and writes rows and nothing else, and neither role can open
//! another service's database.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};

use crate::{
    postgres::psql::{Psql, identifier, literal},
    secrets::{Secrets, app_role, owner_role},
    service::Service,
};

/// Makes what is missing and sets the passwords; to be run as superuser, as often as one likes.
pub async fn create(psql: &Psql, prefix: &str, secrets: &Secrets) -> Result<()> {
    let mut script = String::new();
    for (_, database) in Service::with_database() {
        script.push_str(&server_part(prefix, database, secrets));
    }
    for (_, database) in Service::with_database() {
        script.push_str(&database_part(prefix, database));
    }
    psql.run(&script)
        .await
        .map(drop)
        .context("the databases cannot be made")
}

/// Removes the databases and roles of a prefix; what is missing is fine.
pub async fn drop_all(psql: &Psql, prefix: &str) -> Result<()> {
    let mut script = String::new();
    for (_, database) in Service::with_database() {
        let name = |plain: &str| identifier(&format!("{prefix}{plain}"));
        let _ = writeln!(
            script,
            "DROP DATABASE IF EXISTS {} WITH (FORCE);\nDROP ROLE IF EXISTS {}, {};",
            name(database),
            name(&owner_role(database)),
            name(&app_role(database)),
        );
    }
    psql.run(&script)
        .await
        .map(drop)
        .context("the databases cannot be removed")
}

fn server_part(prefix: &str, database: &str, secrets: &Secrets) -> String {
    let mut script = String::new();
    for plain in [owner_role(database), app_role(database)] {
        let role = format!("{prefix}{plain}");
        let _ = writeln!(
            script,
            "SELECT {create} WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {name}) \\gexec\n\
             ALTER ROLE {role} WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {password};",
            create = literal(&format!("CREATE ROLE {}", identifier(&role))),
            name = literal(&role),
            role = identifier(&role),
            password = literal(secrets.role(&plain)),
        );
    }
    let name = format!("{prefix}{database}");
    let owner = identifier(&format!("{prefix}{}", owner_role(database)));
    let create = format!("CREATE DATABASE {} OWNER {owner}", identifier(&name));
    let _ = writeln!(
        script,
        "SELECT {create} WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = {literal}) \\gexec\n\
         REVOKE ALL ON DATABASE {database} FROM PUBLIC;\n\
         GRANT CONNECT ON DATABASE {database} TO {app};",
        create = literal(&create),
        literal = literal(&name),
        database = identifier(&name),
        app = identifier(&format!("{prefix}{}", app_role(database))),
    );
    script
}

fn database_part(prefix: &str, database: &str) -> String {
    format!(
        "\\connect {database}\n\
         ALTER SCHEMA public OWNER TO {owner};\n\
         REVOKE ALL ON SCHEMA public FROM PUBLIC;\n\
         GRANT USAGE ON SCHEMA public TO {app};\n\
         ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE ON SCHEMAS TO {app};\n\
         ALTER DEFAULT PRIVILEGES FOR ROLE {owner} \
             GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app};\n\
         ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE, SELECT ON SEQUENCES TO {app};\n",
        database = identifier(&format!("{prefix}{database}")),
        owner = identifier(&format!("{prefix}{}", owner_role(database))),
        app = identifier(&format!("{prefix}{}", app_role(database))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_services_role_gets_no_ddl() {
        let script = database_part("t1_", "sla");
        assert!(script.contains("\\connect \"t1_sla\""), "{script}");
        let to_app: Vec<&str> = script
            .lines()
            .filter(|line| line.contains("TO \"t1_sla_app\""))
            .collect();
        assert_eq!(to_app.len(), 4, "{script}");
        assert!(
            to_app
                .iter()
                .all(|line| !line.contains("CREATE") && !line.contains("ALL")),
            "{script}"
        );
    }

    #[test]
    fn what_exists_is_kept() {
        let script = server_part("", "auth", &Secrets::generate().unwrap());
        assert_eq!(script.matches("NOT EXISTS").count(), 3, "{script}");
        assert!(
            script.contains("REVOKE ALL ON DATABASE \"auth\" FROM PUBLIC"),
            "{script}"
        );
    }
}
