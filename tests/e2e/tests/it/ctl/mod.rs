//! The operators' command line against a running desk: what it answers, what it refuses, and the
//! exit codes that scripts go by.

mod operator;

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Stdio};

use desk_testkit::eventually;
use e2e::{Key, Person, World, stream, truth::settled};
use operator::Operator;
use serde_json::{Value, json};
use tokio::process::Command;
use xtask::{service::Service, stack::Stack};

const ROOT: &str = "super@support.local";
const PASSWORD: &str = "password";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_administers_the_desk() {
    let world = World::start("ctl").await;
    let stranger = Operator::of(&world.stack, &world.origin());
    let root = stranger.logged_in_as(ROOT, PASSWORD);
    let folder = world.stack.plan().folder.clone();
    let admin = world.super_admin().await;

    the_line_is_told(&stranger).await;
    who_is_not_logged_in_gets_nothing(&world, &admin, &stranger).await;
    a_session_is_kept_in_a_file(&root, &stranger, &folder.join("token")).await;
    api_keys_are_issued_and_rotated(&world, &admin, &root).await;
    super_admins_are_made(&world, &root).await;
    let ticket = a_ticket(&world, &admin).await;
    settled(&world).await;
    letters_are_replayed_or_given_up(&world, &root).await;
    mails_are_sent_again(&world, &root).await;
    reports_are_rebuilt_and_verified(&world, &root).await;
    a_person_is_exported_and_erased(&world, &admin, &root, &folder).await;
    deleted_tickets_are_purged(&world, &admin, &root, ticket).await;
    assert_eq!(
        sessions(&world).await,
        1,
        "but for the admin's, every session ended with its command"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_super_admin_needs_no_running_desk() {
    let mut plan = World::plan("ctlfirst");
    for settings in plan.extra.values_mut() {
        settings.retain(|name, _| !name.starts_with("SUPPORTDESK_BOOTSTRAP"));
    }
    let stack = Stack::lay(plan).await.unwrap();
    stack.migrate().await.unwrap();
    let world = World::around(stack);
    let operator = Operator::of(&world.stack, "http://127.0.0.1:1");
    let create = "create-super-admin Root@Example.com";
    let short = operator
        .with("SUPPORTDESK_NEW_PASSWORD", "short")
        .run(create)
        .await;
    let words = short.refusal(1, "failed");
    assert!(
        words.contains("at least 8") && !words.contains("short"),
        "{words}"
    );
    let made = operator
        .with("SUPPORTDESK_NEW_PASSWORD", "a long password")
        .run(create)
        .await;
    let answer = made.answer(0);
    assert_eq!(answer["email"], "root@example.com");
    assert!(!format!("{made:?}").contains("a long password"));
    let again = operator
        .run("create-super-admin two@example.com --generate")
        .await;
    assert!(
        again.refusal(1, "failed").contains("--another"),
        "{again:?}"
    );
    let roles = "select string_agg(role || ' ' || email, ',') from users";
    assert_eq!(
        world.sql(Service::Auth, roles).await,
        "super_admin root@example.com"
    );
    world.stop().await;
}

/// Sessions that can still be refreshed.
async fn sessions(world: &World) -> i64 {
    let live = "select count(*) from sessions where ended_at is null";
    world.sql(Service::Auth, live).await.parse().unwrap()
}

async fn the_line_is_told(stranger: &Operator) {
    let help = stranger.words(["--help"].into_iter()).await;
    assert_eq!(help.code, 0, "{help:?}");
    assert!(
        help.out.contains("Exit codes:") && help.out.contains("dead-letters"),
        "{help:?}"
    );
    for words in [
        "",
        "fly",
        "purge --sometimes",
        "keys signing nobody",
        "person erase 1",
    ] {
        let ran = stranger.words(words.split_whitespace()).await;
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{words}: {ran:?}");
    }
    let made = stranger.run("keys signing ticket").await.answer(0);
    assert_eq!(made["steps"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        made["settings"]["SUPPORTDESK_SIGNING_KEY"]
            .as_str()
            .map(str::len),
        Some(43)
    );
    let used = stranger.with("SUPPORTDESK_KEY_PEPPERS", "2026:some-long-secret-of-today");
    let refused = used.run("keys pepper --id 2026").await;
    assert!(!refused.refusal(2, "usage").contains("secret"));
    let made = used.run("keys pepper --id 2027").await;
    assert!(
        !made.answer(0).to_string().contains("some-long-secret"),
        "{made:?}"
    );
    let portal = stranger.run("keys portal --kid 2027").await.answer(0);
    let keys = portal["settings"]["SUPPORTDESK_PORTAL_KEYS"]
        .as_str()
        .unwrap();
    assert!(keys.contains("2027:"), "{keys}");
}

async fn who_is_not_logged_in_gets_nothing(world: &World, admin: &Person, stranger: &Operator) {
    let list = "api-keys list --project 1";
    assert!(
        stranger
            .run(list)
            .await
            .refusal(3, "not_allowed")
            .contains("SUPPORTDESK_EMAIL")
    );
    let wrong = stranger
        .logged_in_as(ROOT, "a wrong password")
        .run(list)
        .await;
    assert_eq!(wrong.refusal(3, "not_allowed"), "Invalid credentials");
    assert!(!wrong.err.contains("a wrong password"), "{wrong:?}");
    let away = stranger
        .logged_in_as(ROOT, PASSWORD)
        .with("SUPPORTDESK_URL", "http://127.0.0.1:1");
    away.run(list).await.refusal(6, "unreachable");
    let nowhere = stranger
        .logged_in_as(ROOT, PASSWORD)
        .with("SUPPORTDESK_URL", "not a url");
    nowhere.run(list).await.refusal(2, "usage");
    let silent = stranger.with("SUPPORTDESK_EMAIL", ROOT).run(list).await;
    assert!(silent.refusal(2, "usage").contains("SUPPORTDESK_PASSWORD"));
    let customer = world.person(admin, "customer", "carol@example.com").await;
    stranger
        .logged_in_as(&customer.email, PASSWORD)
        .run(list)
        .await
        .refusal(3, "not_allowed");
    customer.post("/auth/logout", json!({})).await.expect(200);
}

async fn a_session_is_kept_in_a_file(root: &Operator, stranger: &Operator, token: &Path) {
    root.run("login").await.refusal(2, "usage");
    let keeper = stranger.with("SUPPORTDESK_TOKEN_FILE", &token.display().to_string());
    keeper.run("reports status").await.refusal(3, "not_allowed");
    let login = format!("login --token-file {}", token.display());
    let told = root.run(&login).await;
    told.answer(0);
    let text = fs::read_to_string(token).unwrap();
    assert_eq!(
        fs::metadata(token).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(!told.out.contains(&text) && !told.err.contains(&text));
    assert_eq!(
        keeper.run("reports status").await.answer(0)["state"],
        "never"
    );
    let kept = token.with_extension("kept");
    fs::copy(token, &kept).unwrap();
    keeper.run("logout").await.answer(0);
    assert!(!token.exists());
    let old = stranger.with("SUPPORTDESK_TOKEN_FILE", &kept.display().to_string());
    eventually(async || old.run("reports status").await.code == 3).await;
}

async fn api_keys_are_issued_and_rotated(world: &World, admin: &Person, root: &Operator) {
    let project = world.project(admin, "AgriMarket").await.id;
    let ping = async |key: &Key| world.key(key).get("/external/ping").await.status.as_u16();
    let issue = format!("api-keys issue --project {project} --name Shop");
    let first = root.run(&issue).await.answer(0);
    let first_id = first["key_id"].as_i64().unwrap();
    assert_eq!(ping(&pair(&first)).await, 200);

    let allowed = format!("{issue} --allow 192.0.2.1 --expires 2999-12-31");
    assert_eq!(ping(&pair(&root.run(&allowed).await.answer(0))).await, 401);
    let odd = root.run(&format!("{issue} --allow elsewhere")).await;
    assert!(odd.refusal(1, "failed").contains("allowed_ips"), "{odd:?}");
    root.run("api-keys issue --project 999999 --name X")
        .await
        .refusal(4, "not_found");

    let list = root
        .run(&format!("api-keys list --project {project}"))
        .await;
    assert_eq!(list.answer(0).as_array().map(Vec::len), Some(3));
    assert!(!list.out.contains("ss_"), "{list:?}");

    let rotate = format!("api-keys rotate --project {project}");
    root.run(&format!("{rotate} 999999"))
        .await
        .refusal(4, "not_found");
    let second = root.run(&format!("{rotate} {first_id}")).await.answer(0);
    assert_eq!(
        (ping(&pair(&first)).await, ping(&pair(&second)).await),
        (200, 200)
    );
    assert_eq!(second["old_revoked"], false);
    let second_id = second["key_id"].as_i64().unwrap();
    let third = root
        .run(&format!("{rotate} {second_id} --revoke"))
        .await
        .answer(0);
    assert_eq!(third["old_revoked"], true);
    let revoke = format!("api-keys revoke --project {project}");
    root.run(&format!("{revoke} {first_id}")).await.answer(0);
    root.run(&format!("{revoke} 999999"))
        .await
        .refusal(4, "not_found");
    root.run(&format!("{rotate} {first_id}"))
        .await
        .refusal(1, "failed");
    eventually(async || (ping(&pair(&first)).await, ping(&pair(&second)).await) == (401, 401))
        .await;
    assert_eq!(ping(&pair(&third)).await, 200);

    // For people: the secret once, on the standard output.
    let told = root.words(issue.split_whitespace()).await;
    assert_eq!(
        (told.code, told.out.matches("X-Api-Secret: ss_").count()),
        (0, 1),
        "{told:?}"
    );
    assert!(!told.err.contains("ss_"), "{told:?}");
}

fn pair(issued: &Value) -> Key {
    let text = |field: &str| issued[field].as_str().unwrap().to_owned();
    Key {
        api_key: text("api_key"),
        api_secret: text("api_secret"),
    }
}

async fn super_admins_are_made(world: &World, root: &Operator) {
    let there = root
        .run("create-super-admin two@example.com --generate")
        .await;
    assert!(there.refusal(1, "failed").contains("already"), "{there:?}");
    let taken = format!("create-super-admin {ROOT} --another --generate");
    assert!(
        root.run(&taken)
            .await
            .refusal(1, "failed")
            .contains("has an account")
    );
    let another = "create-super-admin two@example.com --another --generate";
    let made = root.run(another).await.answer(0);
    let person = world
        .login("two@example.com", made["password"].as_str().unwrap())
        .await;
    let me = person.get("/auth/me").await.expect(200);
    assert_eq!(me["user"]["role"], "super_admin");
    person.post("/auth/logout", json!({})).await.expect(200);
    let elsewhere = root.with("SUPPORTDESK_RUN", "/nowhere/{service}");
    elsewhere.run(another).await.refusal(6, "unreachable");
}

/// A ticket by a customer, with an agent whom the notifier tells of it.
async fn a_ticket(world: &World, admin: &Person) -> i64 {
    let project = world.project(admin, "NaijaHomes").await;
    let shop = world.key(&project.key);
    let filed = shop.post(
        "/external/tickets",
        json!({
            "customer_name": "Tunde Adeyemi", "customer_email": "tunde@example.com",
            "subject": "Cannot upload photos", "description": "The button does nothing.",
        }),
    );
    let id = filed.await.expect(201)["ticket_id"].as_i64().unwrap();
    let reply = json!({"body": "We look at it."});
    admin
        .post(&format!("/tickets/{id}/messages"), reply)
        .await
        .expect(201);
    id
}

async fn letters_are_replayed_or_given_up(world: &World, root: &Operator) {
    assert_eq!(root.run("dead-letters list").await.answer(0), json!([]));
    let good = stream::raw(world).await;
    let good = good
        .iter()
        .find(|message| message.subject.ends_with("project.created"));
    let good = String::from_utf8(good.unwrap().payload.to_vec()).unwrap();
    for envelope in [good.as_str(), "{}", "[]"] {
        let sql = format!(
            "insert into dead_letters (consumer, subject, error, tries, envelope)
             values ('reporting', 'project.created', 'planted', 5,
                     convert_to('{}', 'UTF8'))",
            envelope.replace('\'', "''")
        );
        world.sql(Service::Reporting, &sql).await;
    }
    let list = root.run("dead-letters list --service reporting").await;
    assert!(!list.out.contains("AgriMarket"), "{list:?}");
    let rows = list.answer(0);
    let ids: Vec<i64> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].as_i64().unwrap())
        .collect();
    let [odd, empty, good]: [i64; 3] = ids.try_into().unwrap();
    assert_eq!(rows[0]["consumer"], "reporting");

    let replay = "dead-letters replay --service reporting";
    let done = root.run(&format!("{replay} {good}")).await.answer(0);
    assert_eq!(done, json!([{"id": good, "outcome": "replayed"}]));
    let gone = root.run(&format!("{replay} {good}")).await;
    assert_eq!(gone.answer(4)[0]["outcome"], "unknown");
    let failed = root.run(&format!("{replay} --all")).await.answer(5);
    assert_eq!(
        (failed[0]["id"].as_i64(), failed[1]["id"].as_i64()),
        (Some(empty), Some(odd))
    );
    assert_eq!(failed[0]["outcome"], "failed");
    let forget = "dead-letters forget --service reporting";
    root.run(&format!("{forget} {odd} {empty}")).await.answer(0);
    root.run(&format!("{forget} {odd}")).await.answer(4);
    assert_eq!(root.run("dead-letters list").await.answer(0), json!([]));
    let whose = root.words("dead-letters replay 1".split_whitespace()).await;
    assert_eq!(whose.code, 2, "{whose:?}");
}

async fn mails_are_sent_again(world: &World, root: &Operator) {
    assert_eq!(root.run("dead-mails list").await.answer(0), json!([]));
    let sent = "select count(*) from deliveries where state = 'sent' and kind = 'reply'";
    eventually(async || world.sql(Service::Notifier, sent).await != "0").await;
    let give_up = "update deliveries set state = 'dead', error = 'planted', ended_at = now(),
                          addressed_to = null
                   where kind = 'reply' and state = 'sent'";
    world.sql(Service::Notifier, give_up).await;
    let rows = root.run("dead-mails list").await.answer(0);
    let id = rows[0]["id"].as_i64().unwrap();
    let others = rows.as_array().unwrap().len() - 1;
    assert_eq!(rows[0]["error"], "planted");
    let replayed = root.run(&format!("dead-mails replay {id}")).await.answer(0);
    assert_eq!(replayed["queued"], 1);
    assert_eq!(
        root.run(&format!("dead-mails replay {id}")).await.answer(4)["queued"],
        0
    );
    assert_eq!(
        root.run("dead-mails replay --all").await.answer(0)["queued"],
        others
    );
}

async fn reports_are_rebuilt_and_verified(world: &World, root: &Operator) {
    let done = root.run("reports rebuild").await.answer(0);
    assert_eq!(
        (done["state"].as_str(), done["done"].as_i64()),
        (Some("done"), Some(1))
    );
    assert_eq!(root.run("reports status").await.answer(0)["state"], "done");
    root.run("reports rebuild --no-wait").await.answer(0);
    eventually(async || root.run("reports status").await.answer(0)["state"] == "done").await;

    let whole = root.run("reports verify").await.answer(0);
    assert_eq!(whole["differences"], json!([]));
    assert_eq!(progress(world).await, json!({"done": 1, "total": 1}));
    world
        .sql(
            Service::Reporting,
            "update project_days set tickets = tickets + 1",
        )
        .await;
    let wrong = root.run("reports verify").await.answer(5);
    assert_eq!(wrong["differences"][0]["table"], "project_days");
    assert_eq!(wrong["differences"][0]["service"], "reporting");
    root.run("reports verify --service sla-worker")
        .await
        .answer(0);
    let healed = root.run("reports verify --repair").await.answer(0);
    assert_ne!(healed["differences"], json!([]));
    assert_eq!(
        root.run("reports verify").await.answer(0)["differences"],
        json!([])
    );
}

/// How far `reporting verify` says it is: what the bar goes by.
async fn progress(world: &World) -> Value {
    let mut command = Command::new(world.stack.program(Service::Reporting));
    command
        .args(["verify", "--progress"])
        .envs(world.stack.env(Service::Reporting))
        .stdin(Stdio::null());
    let output = command.output().await.unwrap();
    let lines = String::from_utf8(output.stderr).unwrap();
    let told = lines.lines().find(|line| line.starts_with("{\"done\""));
    serde_json::from_str(told.expect(&lines)).unwrap()
}

async fn a_person_is_exported_and_erased(
    world: &World,
    admin: &Person,
    root: &Operator,
    folder: &Path,
) {
    let wish = json!({
        "name": "Dora Okafor", "email": "dora@example.com", "password": PASSWORD, "role": "customer",
    });
    let id = admin.post("/admin/users", wish).await.expect(201)["user"]["id"]
        .as_i64()
        .unwrap();
    let file = folder.join("dora.json");
    root.run(&format!("person export {id} --to {}", file.display()))
        .await
        .answer(0);
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let all: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(all["user"]["email"], "dora@example.com");
    assert_eq!(
        root.run(&format!("person export {id}")).await.answer(0)["user"]["id"],
        id
    );
    let missing = format!("person export 999999 --to {}", file.display());
    root.run(&missing).await.refusal(4, "not_found");
    assert!(file.exists() && !file.with_extension("json.part").exists());
    root.run("person export 999999")
        .await
        .refusal(4, "not_found");
    root.run(&format!("person erase {id}"))
        .await
        .refusal(2, "usage");
    root.run(&format!("person erase {id} --yes"))
        .await
        .answer(0);
    let name = format!("select name from users where id = {id}");
    assert_eq!(world.sql(Service::Auth, &name).await, "Erased person");
    root.run("person erase 999999 --yes")
        .await
        .refusal(4, "not_found");
}

async fn deleted_tickets_are_purged(world: &World, admin: &Person, root: &Operator, ticket: i64) {
    let none = json!({"tickets": 0, "files": 0, "dry_run": true});
    assert_eq!(root.run("purge --dry-run").await.answer(0), none);
    admin
        .delete(&format!("/tickets/{ticket}"))
        .await
        .expect(200);
    let long_ago =
        format!("update tickets set deleted_at = now() - interval '31 days' where id = {ticket}");
    world.sql(Service::Ticket, &long_ago).await;
    assert_eq!(root.run("purge --dry-run").await.answer(0)["tickets"], 1);
    assert_eq!(root.run("purge").await.answer(0)["tickets"], 1);
    assert_eq!(root.run("purge --dry-run").await.answer(0), none);
    let elsewhere = root.with("SUPPORTDESK_RUN", "/bin/false {service}");
    elsewhere.run("purge").await.refusal(1, "failed");
}
