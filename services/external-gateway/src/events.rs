//! Hears project's events, so that a revoked key is forgotten at once instead of within a
//! second. Nothing depends on hearing them: the caches run out by themselves.

use desk_bus::Bus;
use desk_events::{Event, Fact};
use futures::StreamExt;

use crate::{App, keys::Dropped};

/// Listens, for as long as the connection lives.
pub(crate) async fn listen(app: &App, bus: &Bus) -> anyhow::Result<()> {
    let mut events = bus.client().subscribe(bus.subject("project.>")).await?;
    while let Some(message) = events.next().await {
        if let Some(dropped) = dropped(&message.payload) {
            metrics::counter!("api_keys_dropped_total").increment(1);
            app.keys.forget(dropped)?;
        }
    }
    Ok(())
}

/// What an event takes back; what it only makes or renames stays known, or a key whose event is
/// late would be unknown while project is down.
fn dropped(payload: &[u8]) -> Option<Dropped> {
    match Event::decode(payload).ok()?.fact {
        Fact::ProjectKey(key) if key.revoked_at.is_some() => Some(Dropped::Key(key.id)),
        Fact::ProjectUpdated(project) if !project.is_active => Some(Dropped::Project(project.id)),
        Fact::ProjectDeleted(project) => Some(Dropped::Project(project.id)),
        _ => None,
    }
}
