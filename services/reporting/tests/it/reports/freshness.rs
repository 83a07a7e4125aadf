//! As of when the figures are.

use desk_bus::{Consumer, Freshness};
use desk_events::{Event, Fact, Role};
use desk_testkit::{Spy, eventually, identity::Clock};
use reporting::events::Reporting;
use sqlx::PgConnection;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{REPORTS, Reports};
use crate::{
    facts::{filed, said},
    stack::Stack,
};

async fn as_of(stack: &Stack, report: &str) -> OffsetDateTime {
    let admin = stack.desk.user(1, Role::Admin);
    let answer = admin.get(&format!("/reports/{report}")).await;
    let header = answer.headers["x-data-as-of"].to_str().unwrap();
    OffsetDateTime::parse(header, &Rfc3339).unwrap()
}

#[tokio::test]
async fn every_report_tells_a_time_even_without_a_bus() {
    let reports = Reports::start().await;
    for report in REPORTS {
        for format in ["json", "csv"] {
            let path = format!("/reports/{report}?format={format}");
            let answer = reports.admin.get(&path).await;
            assert_eq!(answer.headers["x-data-as-of"], "1970-01-01T00:00:00Z");
        }
    }
}

#[tokio::test]
async fn time_goes_on_while_nothing_happens() {
    let stack = Stack::start().await;
    stack.consume();
    let start = Clock::system().now();
    stack.say(&[said(Fact::TicketCreated, filed(1), 1)]).await;
    eventually(|| async { as_of(&stack, "overview").await > start }).await;
    assert_eq!(stack.known(1).await["sequence"], 1);
    let later = as_of(&stack, "sla").await;
    eventually(|| async { as_of(&stack, "volume").await > later }).await;
    assert!(as_of(&stack, "agents").await <= Clock::system().now());
}

/// Hears of nothing.
#[derive(Clone)]
struct Idle;

impl Consumer for Idle {
    const NAME: &'static str = "idle";

    fn subjects(&self) -> &'static [&'static str] {
        &["sla.*"]
    }

    async fn apply(&self, _: &mut PgConnection, _: &[Event]) -> anyhow::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn time_stands_still_while_an_event_is_not_in() {
    let stack = Stack::start().await;
    let follow = |freshness: &Freshness| (freshness.clone(), Clock::system(), stack.stop.clone());
    let (late, idle) = (Freshness::default(), Freshness::default());
    let (freshness, clock, stop) = follow(&late);
    stack.bus.follow::<Reporting>(freshness, clock, stop);
    let (freshness, clock, stop) = follow(&idle);
    stack.bus.follow::<Idle>(freshness, clock, stop);
    stack.watch(Spy::of(Idle));
    let stuck = Spy::hanging(Reporting);
    let task = stack.watch(stuck.clone());
    eventually(|| async { late.as_of() > OffsetDateTime::UNIX_EPOCH }).await;

    stack.say(&[said(Fact::TicketCreated, filed(1), 1)]).await;
    eventually(|| async { stuck.seen().len() == 1 }).await;
    let published = Clock::system().now();
    eventually(|| async { idle.as_of() > published + time::Duration::SECOND }).await;
    assert!(late.as_of() <= published);

    task.abort();
    stack.forget_durable::<Reporting>().await;
    stack.watch(Spy::of(Reporting));
    eventually(|| async { late.as_of() > published }).await;
}
