//! Every service that migrates has a database in `deploy/postgres`, an owner and a role without
//! DDL; what makes them there is tried on a real server.

use std::{collections::BTreeMap, fs};

use desk_bus::program::Stored;
use desk_http::database::{DatabaseSettings, MigrateSettings};
use serde_json::Value;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection,
    migrate::Migrator, postgres::PgConnectOptions,
};

use crate::{
    manifests::{Manifests, Problems, items, title},
    programs,
    rendered::{Overlay, databases, root},
};

/// A service's connections, the relay's among them (docs/architecture.md, Databases and pools).
const TICKETS_CONNECTIONS: u64 = 8 + 1;
const OTHERS_CONNECTIONS: u64 = 4 + 1;

/// By service: its database, and the role that a Secret's example names.
fn named_in(example: &str) -> BTreeMap<String, (String, String)> {
    let path = root().join(format!("k8s/overlays/dev/{example}.env.example"));
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().filter_map(|line| {
        let (service, url) = line.split_once("-database-url=")?;
        let (role, rest) = url.strip_prefix("postgres://")?.split_once(':')?;
        let database = rest.rsplit_once('/')?.1.split('?').next()?;
        Some((service.to_owned(), (database.to_owned(), role.to_owned())))
    });
    lines.collect()
}

fn check(manifests: &Manifests) -> Problems {
    let mut problems = Problems::new();
    let (apps, owners) = (named_in("secrets"), named_in("owner"));
    let Some(cluster) = manifests.find("Cluster", "supportdesk") else {
        return vec!["there is no cluster".to_owned()];
    };
    let services = programs::all();
    let with_database = services.iter().filter(|service| service.migrate.is_some());
    let names: Vec<&str> = with_database.map(|service| service.name).collect();
    for name in &names {
        let (Some((database, app)), Some((same, owner))) = (apps.get(*name), owners.get(*name))
        else {
            problems.push(format!("the examples know no database of {name}"));
            continue;
        };
        let mut objects = manifests.of("Database").map(|object| &object["spec"]);
        let made = objects.any(|spec| {
            spec["name"] == **database
                && spec["owner"] == **owner
                && spec["cluster"]["name"] == "supportdesk"
        });
        if database != same || !made {
            problems.push(format!("{database} is not made"));
        }
        problems.extend(
            [app, owner]
                .into_iter()
                .filter_map(|role| role_problem(cluster, role)),
        );
        let door = format!("hostssl {database} {owner},{app} all scram-sha-256");
        if !items(&cluster["spec"]["postgresql"]["pg_hba"]).any(|line| *line == *door) {
            problems.push(format!("nobody gets into {database}"));
        }
    }
    for object in manifests.of("Database") {
        problems.extend(object_problem(object));
    }
    let doors = items(&cluster["spec"]["postgresql"]["pg_hba"]);
    if doors.clone().count() != names.len() + 1 || !doors.clone().last().is_some_and(shuts) {
        problems.push("others get in, too".to_owned());
    }
    problems
}

fn role_problem(cluster: &Value, role: &str) -> Option<String> {
    let mut roles = items(&cluster["spec"]["managed"]["roles"]);
    let kept = roles.any(|kept| {
        kept["name"] == role
            && kept["login"] == true
            && kept["superuser"] != true
            && kept["passwordSecret"]["name"] == role.replace('_', "-")
    });
    (!kept).then(|| format!("{role} has no password"))
}

/// The schemas at hand do not know this kind.
fn object_problem(object: &Value) -> Option<String> {
    let known = ["name", "owner", "databaseReclaimPolicy", "cluster"];
    let mut fields = object["spec"].as_object().into_iter().flatten();
    let odd = fields.any(|(field, _)| !known.contains(&field.as_str()));
    let kept = object["spec"]["databaseReclaimPolicy"] == "retain";
    (odd || !kept).then(|| format!("{} is not as it should be", title(object)))
}

fn shuts(line: &Value) -> bool {
    line == "host all all all reject"
}

/// All pods at once, during a rollout, and all migrations.
fn connections(manifests: &Manifests) -> u64 {
    let services = programs::all();
    let with_database = services.iter().filter(|service| service.migrate.is_some());
    let of = |name: &str| {
        let mut scalers = manifests.of("HorizontalPodAutoscaler");
        let most = scalers.find(|scaler| scaler["metadata"]["name"] == name);
        let most = most.and_then(|scaler| scaler["spec"]["maxReplicas"].as_u64());
        let told = manifests
            .find("Deployment", name)
            .and_then(|found| found["spec"]["replicas"].as_u64());
        let pods = most.or(told).unwrap_or(1) + 1;
        pods * if name == "ticket" {
            TICKETS_CONNECTIONS
        } else {
            OTHERS_CONNECTIONS
        }
    };
    with_database.map(|service| of(service.name) + 1).sum()
}

#[test]
#[ignore = "needs the checkers: `cargo xtask test` fetches them, where they can be had"]
fn with_checkers_every_service_has_a_database() {
    let whole = &databases().manifests;
    assert_eq!(check(whole), Problems::new());
    let spec = "/spec/postgresql/pg_hba";
    for (document, path, value) in [
        (
            "Cluster/supportdesk",
            "/spec/managed/roles/0/passwordSecret/name",
            Value::from("other"),
        ),
        (
            "Cluster/supportdesk",
            "/spec/managed/roles/11/login",
            false.into(),
        ),
        (
            "Cluster/supportdesk",
            &format!("{spec}/2"),
            "host all all all trust".into(),
        ),
        (
            "Cluster/supportdesk",
            &format!("{spec}/6"),
            "host all all all scram-sha-256".into(),
        ),
        ("Database/ticket", "/spec/owner", "ticket_app".into()),
        (
            "Database/ticket",
            "/spec/databaseReclaimPolicy",
            "delete".into(),
        ),
        ("Database/sla", "/spec", serde_json::json!({"names": "sla"})),
    ] {
        let mut copy = whole.clone();
        let at = copy
            .0
            .iter()
            .position(|each| title(each) == document)
            .unwrap();
        *copy.0[at].pointer_mut(path).unwrap() = value;
        assert_ne!(
            check(&copy),
            Problems::new(),
            "nobody minds {path} of {document}"
        );
    }
}

#[test]
#[ignore = "needs the checkers: `cargo xtask test` fetches them, where they can be had"]
fn with_checkers_there_are_connections_for_every_pod() {
    let cluster = databases()
        .manifests
        .find("Cluster", "supportdesk")
        .unwrap();
    let allowed = &cluster["spec"]["postgresql"]["parameters"]["max_connections"];
    let allowed: u64 = allowed.as_str().unwrap().parse().unwrap();
    let needed = connections(Overlay::Production.manifests());
    // PostgreSQL keeps three for superusers; the operator and backups take some.
    assert!(
        (1..=allowed - 20).contains(&needed),
        "{needed} of {allowed}"
    );
}

/// What the operator runs when it makes the cluster and the databases, done here in a template of
/// the test's own: then every migration runs as the owner, and the service's role serves and does
/// nothing else.
#[tokio::test]
async fn the_roles_may_do_what_they_should_and_no_more() {
    let text = fs::read_to_string(root().join("deploy/postgres/cluster.yaml")).unwrap();
    let cluster = Manifests::parse(&text);
    let initdb = &cluster.0[0]["spec"]["bootstrap"]["initdb"];
    let server = std::env::var("SUPPORTDESK_TEST_PG_URL");
    let server: PgConnectOptions = server
        .expect("`cargo xtask deps` tells it")
        .parse()
        .unwrap();
    let mut admin = server.connect().await.unwrap();
    let prefix = format!("k{}_", std::process::id());
    let template = format!("{prefix}template");
    forget(&mut admin, &prefix).await;

    for statement in statements(&initdb["postInitSQL"], &prefix) {
        run(&mut admin, statement).await;
    }
    run(
        &mut admin,
        format!("create database {template} template template0"),
    )
    .await;
    let mut inside = server.clone().database(&template).connect().await.unwrap();
    for statement in statements(&initdb["postInitTemplateSQL"], &prefix) {
        run(&mut inside, statement).await;
    }
    inside.close().await.unwrap();

    for (name, migrators) in [
        ("auth", auth::Auth::migrators()),
        ("project", project::Project::migrators()),
        ("ticket", ticket::Ticket::migrators()),
        ("reporting", reporting::Reporting::migrators()),
        ("sla", sla_worker::SlaWorker::migrators()),
        ("notifier", notifier::Notifier::migrators()),
    ] {
        let (database, owner, app) = (
            format!("{prefix}{name}"),
            format!("{prefix}{name}_owner"),
            format!("{prefix}{name}_app"),
        );
        run(
            &mut admin,
            format!("create database {database} owner {owner} template {template}"),
        )
        .await;
        for role in [&owner, &app] {
            run(&mut admin, format!("alter role {role} password 'secret'")).await;
        }
        let url = |role: &str| {
            let options = server
                .clone()
                .database(&database)
                .username(role)
                .password("secret");
            options.to_url_lossy().to_string()
        };
        serves(name, &url(&owner), &url(&app), migrators).await;
    }
    forget(&mut admin, &prefix).await;
}

async fn serves(name: &str, owner: &str, app: &str, migrators: &[&Migrator]) {
    let migrate = MigrateSettings {
        owner_database_url: owner.to_owned().into(),
    };
    migrate
        .run(migrators)
        .await
        .unwrap_or_else(|error| panic!("{name}: {error:#}"));
    let settings = DatabaseSettings {
        database_url: app.to_owned().into(),
        database_pool: Some(1),
    };
    let pool = settings.open(1, migrators).await;
    let pool = pool.unwrap_or_else(|error| panic!("{name}: {error:#}"));
    for allowed in ["select count(*) from outbox", "delete from outbox_pending"] {
        sqlx::query(allowed)
            .execute(&pool)
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    for refused in [
        "create table more (id int)",
        "create schema more",
        "alter table outbox add column more int",
        "drop table outbox_pending",
    ] {
        let answer = sqlx::query(refused).execute(&pool).await;
        assert!(answer.is_err(), "{name} may {refused}");
    }
    pool.close().await;
}

/// With roles of the test's own.
fn statements(list: &Value, prefix: &str) -> Vec<String> {
    let own = |word: &str| match word.strip_suffix("_owner").or(word.strip_suffix("_app")) {
        Some(_) => format!("{prefix}{word}"),
        None => word.to_owned(),
    };
    let statement = |sql: &Value| {
        let words = sql.as_str().unwrap().split(' ').map(own);
        words.collect::<Vec<_>>().join(" ")
    };
    items(list).map(statement).collect()
}

async fn forget(admin: &mut PgConnection, prefix: &str) {
    let names =
        |query: &'static str| sqlx::query_scalar::<_, String>(query).bind(format!("{prefix}%"));
    let made = names("select datname from pg_database where datname like $1");
    for database in made.fetch_all(&mut *admin).await.unwrap() {
        run(admin, format!("drop database {database} with (force)")).await;
    }
    let made = names("select rolname from pg_roles where rolname like $1");
    for role in made.fetch_all(&mut *admin).await.unwrap() {
        run(admin, format!("drop role {role}")).await;
    }
}

async fn run(connection: &mut PgConnection, sql: String) {
    let done = connection.execute(AssertSqlSafe(sql.clone())).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}
