//! Whole lives of tickets, made up: whoever does whatever in any order, the answers and the ticket
//! are as the pure model in [`model`] says.
//!
//! The cases are the same in every run, unless `PROPTEST_CASES` and `PROPTEST_RNG_SEED` say
//! otherwise; `cargo xtask fuzz` sets both. A failure shows the shortest life that does not go as
//! it should.

mod acting;
mod model;
mod people;

use std::env;

use desk_events::{Priority, Status};
use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    test_runner::{Config, RngSeed, TestError, TestRunner},
};
use tokio::runtime::Runtime;

use self::people::{Filed, Who};
use crate::desk::{ADMIN, AGENT, Desk, OTHER_AGENT, TUNDE};

const CASES: u32 = 48;
const SEED: u64 = 20_261_129;

/// One thing that happens to the ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Reply(Who),
    Note(Who),
    /// The customer's reply and closing, by the project's key.
    KeyReply,
    KeyClose,
    Assign(Who, Option<i64>),
    Status(Who, Status),
    Priority(Who, Priority),
    Tags(Who, Vec<i64>),
    Subject(Who, &'static str),
    Watch(Who),
    Rate(Who, i16),
    Delete(Who),
    Restore(Who),
    Purge,
    /// So many minutes pass.
    Wait(i64),
}

impl Step {
    /// Who signs in for it, if anybody does.
    const fn by(&self) -> Option<Who> {
        match self {
            Self::Reply(who)
            | Self::Note(who)
            | Self::Assign(who, _)
            | Self::Status(who, _)
            | Self::Priority(who, _)
            | Self::Tags(who, _)
            | Self::Subject(who, _)
            | Self::Watch(who)
            | Self::Rate(who, _)
            | Self::Delete(who)
            | Self::Restore(who) => Some(*who),
            Self::KeyReply | Self::KeyClose | Self::Purge | Self::Wait(_) => None,
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let who = || {
        select(vec![
            Who::Admin,
            Who::Agent,
            Who::OtherAgent,
            Who::Tunde,
            Who::Ada,
        ])
    };
    // Those who may do most of it, more often.
    let staff = move || prop_oneof![3 => Just(Who::Agent), 2 => Just(Who::Admin), 1 => who()];
    let assignee = select(vec![
        None,
        Some(AGENT),
        Some(ADMIN),
        Some(OTHER_AGENT),
        Some(TUNDE),
    ]);
    let priorities = vec![
        Priority::Low,
        Priority::Medium,
        Priority::High,
        Priority::Critical,
    ];
    prop_oneof![
        4 => who().prop_map(Step::Reply),
        2 => who().prop_map(Step::Note),
        2 => Just(Step::KeyReply),
        1 => Just(Step::KeyClose),
        2 => (staff(), assignee).prop_map(|(who, to)| Step::Assign(who, to)),
        6 => (staff(), select(Status::ALL)).prop_map(|(who, to)| Step::Status(who, to)),
        2 => (staff(), select(priorities)).prop_map(|(who, to)| Step::Priority(who, to)),
        1 => (staff(), vec(1..=4_i64, 0..4)).prop_map(|(who, tags)| Step::Tags(who, tags)),
        2 => (who(), select(vec!["Broken", "Mended"])).prop_map(|(who, to)| Step::Subject(who, to)),
        1 => who().prop_map(Step::Watch),
        2 => (who(), 1..=5_i16).prop_map(|(who, score)| Step::Rate(who, score)),
        1 => staff().prop_map(Step::Delete),
        2 => staff().prop_map(Step::Restore),
        1 => Just(Step::Purge),
        // The default policies' limits, and the thirty days of a deleted ticket.
        4 => select(vec![1, 14, 15, 59, 61, 120, 480, 1_440, 44_640]).prop_map(Step::Wait),
    ]
}

fn life() -> impl Strategy<Value = (Filed, Vec<Step>)> {
    let filed = select(vec![
        Filed::Tunde,
        Filed::Ada,
        Filed::KeyForTunde,
        Filed::AgentForTunde,
        Filed::AgentForHimself,
    ]);
    (filed, vec(step(), 1..30))
}

#[test]
fn every_life_goes_as_the_rules_say() {
    let mut config = Config::default();
    if env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(SEED);
    }
    config.failure_persistence = None;
    let runtime = Runtime::new().unwrap();
    let desk = runtime.block_on(Desk::start());
    let lived = TestRunner::new(config).run(&life(), |(filed, steps)| {
        runtime.block_on(acting::live(&desk, filed, &steps))
    });
    if let Err(TestError::Fail(why, (filed, steps))) = &lived {
        let steps: Vec<String> = steps.iter().map(|step| format!("{step:?}")).collect();
        let steps = steps.join("\n  ");
        panic!("{why}\nFiled by {filed:?}, and then:\n  {steps}");
    }
    lived.unwrap();
}
