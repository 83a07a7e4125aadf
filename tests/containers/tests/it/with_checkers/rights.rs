//! The databases and roles of the stack in containers, compared with those of `cargo xtask up`.

use std::{path::Path, process::Command};

use xtask::{
    databases,
    postgres::{Tools, psql::Psql},
    secrets::Secrets,
    service::Service,
};

use super::model::Model;

/// What the names of the other kind begin with.
const LOCAL: &str = "local_";

/// Runs the one-shot container `databases`, as often as it is started.
pub fn make(model: &Model, tools: &Tools, port: u16) {
    let container = model.container("databases");
    let line = container.line();
    let (here, there) = container.binds().remove(0);
    assert_eq!(line[0], "psql");
    let mut command = Command::new(tools.program("psql"));
    for word in &line[1..] {
        // `--file=/databases/…`: the folder, not the file of the same name in it.
        command.arg(word.replacen(there.to_str().unwrap(), here.to_str().unwrap(), 1));
    }
    let path = std::env::var_os("PATH").unwrap();
    command.env_clear().env("PATH", path);
    command.envs(container.environment());
    command.env("PGHOST", "127.0.0.1");
    command.env("PGPORT", port.to_string());
    command.current_dir(Path::new("/"));
    let output = command.output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
}

/// Makes those of `cargo xtask up` beside them, and compares.
pub async fn are_those_of_up(psql: &Psql) {
    let secrets = Secrets::generate().unwrap();
    databases::create(psql, LOCAL, &secrets).await.unwrap();

    let here = all(psql, "").await;
    assert_eq!(here, all(psql, LOCAL).await.replace(LOCAL, ""));
    for part in ["sla_owner|f|f|f|t|", "{sla_owner=CTc/sla_owner,sla_app=c/"] {
        assert!(here.contains(part), "{part} is not in {here}");
    }
    databases::drop_all(psql, LOCAL).await.unwrap();
}

/// Every right, in the order of the plain names.
async fn all(psql: &Psql, prefix: &str) -> String {
    let mut seen = Vec::new();
    for (_, database) in Service::with_database() {
        let database = format!("{prefix}{database}");
        let sql = format!(
            "select rolname, rolsuper, rolcreatedb, rolcreaterole, rolcanlogin, rolinherit,
                    rolreplication, rolbypassrls, rolpassword is null
             from pg_authid where rolname in ('{database}_owner', '{database}_app') order by 1 desc;
             select datname, pg_get_userbyid(datdba), datacl
             from pg_database where datname = '{database}';
             select nspname, pg_get_userbyid(nspowner), nspacl
             from pg_namespace where nspname = 'public';
             select pg_get_userbyid(defaclrole), defaclobjtype, defaclacl
             from pg_default_acl order by 2;"
        );
        seen.push(psql.on(&database).run(&sql).await.unwrap());
    }
    seen.join("\n")
}
