//! Every key and every password changes while people work, by the steps of `docs/operations.md`: the
//! new one is known everywhere, then it is used, then the old one goes.

use std::{fs, path::PathBuf, time::Duration};

use desk_testkit::{eventually_within, identity::SigningKey};
use e2e::World;
use xtask::{
    nats,
    paths::{self, Local},
    pids::Signal,
    ports,
    postgres::{
        Tools,
        psql::{Psql, identifier, literal},
    },
    secrets::{app_role, random},
    service::Service,
    stack::Plan,
};

use super::{assert_all_arrived, replicas::Replicas, roll, traffic::Traffic};

const PATIENCE: Duration = Duration::from_secs(30);

/// A server whose users change. It reads its file again when it is told to.
struct Bus {
    server: nats::Server,
    folder: PathBuf,
    reloads: usize,
}

/// A user and the password.
type User = (&'static str, String);

impl Bus {
    async fn start(plan: &Plan, password: &str) -> Self {
        let folder = plan.folder.join("bus");
        for part in ["logs", "run"] {
            paths::make(&folder.join(part)).unwrap();
        }
        let settings = nats::Settings {
            folder: &folder,
            tools: &Local::of_checkout().unwrap().tools(),
            port: ports::free(1).unwrap()[0],
            password,
            durable: false,
        };
        Self {
            server: nats::Server::start(&settings).await.unwrap(),
            folder,
            reloads: 0,
        }
    }

    fn url(&self, (user, password): &User) -> String {
        let address = self.server.url().rsplit_once('@').unwrap().1;
        format!("nats://{user}:{password}@{address}")
    }

    /// From now on these may come, and nobody else.
    async fn admit(&mut self, users: &[&User]) {
        let file = self.folder.join("nats/nats.conf");
        let before = fs::read_to_string(&file).unwrap();
        let rest = before.split_once("authorization").unwrap().0;
        let users: Vec<String> = users
            .iter()
            .map(|(user, password)| format!("{{user: {user}, password: {password:?}}}"))
            .collect();
        let users = users.join(", ");
        let text = format!("{rest}authorization {{\n    users: [{users}]\n}}\n");
        fs::write(&file, text).unwrap();
        self.server.daemon().signal(Signal::Hup);
        self.reloads += 1;
        let log = self.folder.join("logs/nats.log");
        eventually_within(PATIENCE, || async {
            let log = fs::read_to_string(&log).unwrap();
            log.matches("Reloaded server configuration").count() == self.reloads
        })
        .await;
    }
}

/// A second role of each database, which has what the first has, takes its place.
struct Roles {
    psql: Psql,
    prefix: String,
    password: String,
}

impl Roles {
    fn of(plan: &Plan) -> Self {
        let tools = Tools::find_or_install(None).unwrap();
        Self {
            psql: Psql::new(&tools, &plan.postgres).unwrap(),
            prefix: plan.database_prefix.clone(),
            password: random(),
        }
    }

    fn first(&self, database: &str) -> String {
        format!("{}{}", self.prefix, app_role(database))
    }

    fn second(&self, database: &str) -> String {
        format!("{}_2", self.first(database))
    }

    fn url(&self, database: &str) -> String {
        let name = format!("{}{database}", self.prefix);
        self.psql
            .url_for(&self.second(database), &self.password, &name)
    }

    /// The statement for each database, of its first role and its second one.
    async fn each(&self, statement: impl Fn(&str, &str) -> String) {
        for (_, database) in Service::with_database() {
            let (first, second) = (self.first(database), self.second(database));
            let sql = statement(&identifier(&first), &identifier(&second));
            self.psql.run(&sql).await.unwrap();
        }
    }
}

fn set(replicas: &mut Replicas, service: Service, name: &str, value: &str) {
    let settings = replicas.plan().extra.entry(service).or_default();
    settings.insert(name.to_owned(), value.to_owned());
}

fn set_all(replicas: &mut Replicas, name: &str, value: &str) {
    for service in Service::ALL {
        set(replicas, service, name, value);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_and_passwords_change_without_a_failed_request() {
    let mut plan = World::plan("rotation");
    let users: [User; 2] = [("supportdesk", random()), ("supportdesk2", random())];
    let mut bus = Bus::start(&plan, &users[0].1).await;
    plan.nats = bus.url(&users[0]);
    let roles = Roles::of(&plan);
    let mut replicas = Replicas::start(plan).await;
    let env = |service: Service, name: &str| replicas.world().stack.env(service)[name].clone();
    let signers = env(Service::Ticket, "SUPPORTDESK_TRUSTED_SIGNERS");
    let portal = env(Service::Auth, "SUPPORTDESK_PORTAL_KEYS");
    let pepper = env(Service::Project, "SUPPORTDESK_KEY_PEPPERS");
    let new_portal = format!("next:{}", SigningKey::generate().unwrap().to_setting());
    let new_pepper = format!("next:{}", random());
    let new_keys = Service::ALL.map(|service| (service, SigningKey::generate().unwrap()));
    let new_signers = new_keys
        .iter()
        .map(|(service, key)| format!("{service}:{}", key.public_setting()))
        .collect::<Vec<_>>()
        .join(",");

    let secrets = [
        (
            Service::Auth,
            "SUPPORTDESK_PORTAL_KEYS",
            &portal,
            &new_portal,
        ),
        (
            Service::Project,
            "SUPPORTDESK_KEY_PEPPERS",
            &pepper,
            &new_pepper,
        ),
    ];

    let traffic = Traffic::of(replicas.world()).await;
    let working = traffic.start();

    // Whatever is new is known beside what is old.
    let both = format!("{signers},{new_signers}");
    set_all(&mut replicas, "SUPPORTDESK_TRUSTED_SIGNERS", &both);
    for (service, name, old, new) in secrets {
        set(&mut replicas, service, name, &format!("{old},{new}"));
    }
    roles
        .each(|first, second| {
            let password = literal(&roles.password);
            format!("create role {second} login password {password} in role {first}")
        })
        .await;
    bus.admit(&[&users[0], &users[1]]).await;
    roll(&mut replicas, &Service::ALL, &traffic).await;

    // It is used.
    for (service, key) in &new_keys {
        set(
            &mut replicas,
            *service,
            "SUPPORTDESK_SIGNING_KEY",
            &key.to_setting(),
        );
    }
    for (service, name, old, new) in secrets {
        set(&mut replicas, service, name, &format!("{new},{old}"));
    }
    for (service, database) in Service::with_database() {
        set(
            &mut replicas,
            service,
            "SUPPORTDESK_DATABASE_URL",
            &roles.url(database),
        );
    }
    replicas.plan().nats = bus.url(&users[1]);
    roll(&mut replicas, &Service::ALL, &traffic).await;
    let later = replicas.world().project(&traffic.root, "Later").await;

    // What is old goes, but for what people and projects still hold.
    set_all(&mut replicas, "SUPPORTDESK_TRUSTED_SIGNERS", &new_signers);
    roles
        .each(|first, _| format!("alter role {first} nologin"))
        .await;
    bus.admit(&[&users[1]]).await;
    roll(&mut replicas, &Service::ALL, &traffic).await;
    traffic.end(working).await;
    assert_all_arrived(replicas.world(), &traffic).await;

    // That goes last: old sessions and old API keys end, new ones do not.
    set(
        &mut replicas,
        Service::Auth,
        "SUPPORTDESK_PORTAL_KEYS",
        &new_portal,
    );
    set(
        &mut replicas,
        Service::Project,
        "SUPPORTDESK_KEY_PEPPERS",
        &new_pepper,
    );
    for at in 0..super::replicas::EACH {
        replicas
            .restart(&[Service::Auth, Service::Project], at)
            .await;
        replicas
            .restart(&[Service::Gateway, Service::ExternalGateway], at)
            .await;
    }
    let world = replicas.world();
    traffic.root.get("/auth/me").await.expect(401);
    world.super_admin().await.get("/auth/me").await.expect(200);
    traffic.shop.get("/external/ping").await.expect(401);
    world
        .key(&later.key)
        .get("/external/ping")
        .await
        .expect(200);
    replicas.stop().await;
    roles.each(|_, second| format!("drop role {second}")).await;
    bus.server.stop().await;
}
