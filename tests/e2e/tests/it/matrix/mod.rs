//! Every operation of the API document, called as everybody: the answer's status is the one in
//! `permissions.txt`, and what shines through any of them is what `sightings.txt` grants.
//!
//! Both tables are there to be read beside the contract. An operation without a line fails, and so
//! does a line without an operation, an id in a query or a body that no line sets, and a canary that
//! is never seen by those who may see it: then the test looks at nothing.

mod callers;
mod document;
mod row;
mod run;
mod sightings;
mod stage;
mod table;
mod tenant;
mod things;

use std::collections::{BTreeMap, BTreeSet};

use desk_testkit::identity::Capability;
use e2e::World;
use xtask::service::Service;

use self::{document::Operation, row::Row, run::Run, stage::Stage, table::Caller};

const PERMISSIONS: &str = include_str!("permissions.txt");

/// Rows of the role table that a field of the body or the scope decides: they have lines, but no
/// operation of their own.
const BY_FIELD: [Capability; 4] = [
    Capability::ViewAllTickets,
    Capability::AddInternalNotes,
    Capability::ChangePriority,
    Capability::CreateStaff,
];

#[tokio::test]
async fn every_operation_answers_everybody_as_the_tables_say() {
    let plan = World::plan("matrix");
    let forgotten = "SUPPORTDESK_FORGOTTEN_PASSWORDS_PER_HOUR";
    let world = World::from_plan(plan.with(Service::Auth, forgotten, "10000")).await;
    let stage = Stage::set(&world).await;
    let document = stage.stranger.get("/openapi.json").await.expect(200);
    let operations = document::operations(&document);
    let rows: Vec<Row<'_>> = table::lines(PERMISSIONS).into_iter().map(Row::of).collect();
    everything_has_a_line(&rows, &operations);
    lines_keep_to_the_role_table(&rows, &operations);

    let before = stage.state(&stage.root).await;
    let run = Run::new(&world, &stage, &operations).await;
    run.rows(&rows).await;
    run.past_the_gateway(&rows).await;
    let wrong = run.finish();
    assert!(
        wrong.is_empty(),
        "{} wrong answers:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    let root = world.super_admin().await;
    assert_eq!(
        stage.state(&root).await,
        before,
        "refused calls have changed something"
    );
    world.stop().await;
}

fn everything_has_a_line(rows: &[Row<'_>], operations: &BTreeMap<String, Operation>) {
    let mut fields: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows {
        for operation in row.operations() {
            assert!(
                operations.contains_key(&operation),
                "{operation} is not documented"
            );
            fields.entry(operation).or_default().extend(row.fields());
        }
    }
    for (name, operation) in operations {
        let set = fields.get(name);
        assert!(set.is_some(), "no line is about {name}");
        let missing: Vec<&String> = operation.ids.difference(set.unwrap()).collect();
        assert!(missing.is_empty(), "no line sets {missing:?} of {name}");
    }
}

/// What a role may not do at all is 403 on each line of the operation, and what it may do on one of
/// them is not.
fn lines_keep_to_the_role_table(rows: &[Row<'_>], operations: &BTreeMap<String, Operation>) {
    let mut used = BTreeSet::new();
    for (name, operation) in operations {
        let Some(capability) = operation.capability else {
            continue;
        };
        used.insert(capability.as_str());
        for caller in Caller::ALL {
            let Some(role) = caller.role() else { continue };
            let own = rows
                .iter()
                .filter(|row| row.operations().any(|other| other == *name));
            let never = own
                .map(|row| row.refusal(caller))
                .all(|refusal| refusal == Some(403));
            assert_eq!(
                never,
                operation.forbids(role),
                "{name} as {}",
                caller.word()
            );
        }
    }
    for capability in Capability::ALL {
        let known = used.contains(capability.as_str()) || BY_FIELD.contains(capability);
        assert!(
            known,
            "no operation has the capability {}",
            capability.as_str()
        );
    }
}
