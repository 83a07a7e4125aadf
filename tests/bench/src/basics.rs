//! What every run measures: reads, creates, the gateway's hop, events, memory, starts.

use anyhow::{Context as _, Result};
use xtask::stack::Stack;

use crate::{
    bare::Bare,
    counters::Counters,
    cpu::Meter,
    creates,
    database::Database,
    desk::Desk,
    filing::Sample,
    hop::{self, Hop},
    publish, reads,
    report::{self, Findings, Found},
    say,
    scale::Scale,
    server::Server,
    starts,
};

/// Measures and prints the tables.
///
/// # Errors
/// When the desk cannot be started or answers badly.
pub async fn run(quick: bool) -> Result<Found> {
    let scale = if quick { Scale::QUICK } else { Scale::WHOLE };
    let mut desk = Desk::start().await?;
    let findings = measure(&mut desk, scale).await;
    desk.world.stop().await;
    let findings = findings?;
    say(&report::print(&findings));
    Ok(Found {
        verdicts: report::verdicts(&findings),
        details: report::details(&findings),
    })
}

/// Everything, reads first: the creates leave tickets behind. Starts last: they end what ran.
async fn measure(desk: &mut Desk, scale: Scale) -> Result<Findings> {
    let plan = desk.world.stack.plan();
    let server = Server::at(&plan.postgres)?;
    let meter = Meter::of(&desk.world.stack, server.port);
    let mut counters = Counters::open(&server, &plan.database_prefix).await?;
    meter.settle().await;
    let idle = meter.memory();

    let mut reads = Vec::new();
    let mut bench = reads::Bench {
        desk,
        server: &server,
        meter: &meter,
        counters: &mut counters,
        scale,
    };
    for tickets in scale.tickets {
        say(&format!("reads among {tickets} tickets …"));
        reads.extend(bench.run(*tickets).await?);
    }
    say("the gateway's hop …");
    let hop = through_the_gateway(desk, &server, &scale).await?;
    say("creates …");
    let mut bench = creates::Bench {
        desk,
        server: &server,
        meter: &meter,
        counters: &mut counters,
        scale,
        folder: &plan.folder,
    };
    let most = scale.tickets.last().copied().unwrap_or_default();
    let creates = bench.run(most).await?;
    let loaded = meter.memory();
    say("JetStream …");
    let published = published(&desk.world.stack, &server, &scale).await?;
    let counts_statements = counters.counts_statements();
    counters.close().await;
    say("starts …");
    Ok(Findings {
        ready: desk.ready.as_secs_f64(),
        idle,
        loaded,
        size: starts::size(&desk.world.stack)?,
        starts: starts::run(&mut desk.world.stack).await?,
        reads,
        hop,
        creates,
        published,
        counts_statements,
    })
}

async fn through_the_gateway(desk: &Desk, server: &Server, scale: &Scale) -> Result<Hop> {
    let mut database = Database::of_desk(server, &desk.world.stack).await?;
    let tickets = database.ticket_ids().await?;
    let ticket = tickets.last().context("there is no ticket")?;
    let bare = Bare::start(&server.url_of(&database.name)).await?;
    hop::run(desk, &bare, *ticket, scale).await
}

async fn published(stack: &Stack, server: &Server, scale: &Scale) -> Result<f64> {
    let mut database = Database::of_desk(server, stack).await?;
    let sample = Sample::last(database.connection()).await?;
    publish::run(stack, &sample.event, scale).await
}
