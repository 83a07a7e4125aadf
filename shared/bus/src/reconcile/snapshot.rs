//! Ticket's states, page by page: what is left when events are gone.

use desk_events::TicketPage;
use desk_http::client::Peer;

use super::{peers::Owners, run::patiently};

/// Reads ticket's snapshot. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Snapshot {
    ticket: Peer,
}

impl Snapshot {
    /// Asked of ticket where the owners are.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn of(owners: &Owners) -> anyhow::Result<Self> {
        let ticket = owners.peer("ticket")?;
        Ok(Self { ticket })
    }

    /// The page that starts here; the first one for an empty text. Waits half a minute for ticket
    /// to be there.
    ///
    /// # Errors
    /// Ticket is out of reach for longer, or answers nonsense.
    pub async fn page(&self, after: &str) -> anyhow::Result<TicketPage> {
        let path = if after.is_empty() {
            "/internal/snapshot".to_owned()
        } else {
            format!("/internal/snapshot?after={after}")
        };
        patiently(|| self.ticket.get(&path)).await
    }
}
