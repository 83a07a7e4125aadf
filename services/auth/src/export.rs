//! All about a person as one JSON object, written while it is read: a page of tickets, messages or
//! audit rows at a time, however many there are.

use desk_http::{Error, Result, Timestamp};
use futures::{Stream, stream};
use serde::{Deserialize, Serialize};
use serde_json::{json, value::RawValue};

use crate::{app::App, domain::User, routes::UserDetail, store::exports};

/// Audit rows read at once.
const ROWS: i64 = 500;

/// A list of the export, in the order in which they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Tickets,
    Messages,
    Audit,
}

impl List {
    const fn name(self) -> &'static str {
        match self {
            Self::Tickets => "tickets",
            Self::Messages => "messages",
            Self::Audit => "audit",
        }
    }

    const fn next(self) -> Option<Self> {
        match self {
            Self::Tickets => Some(Self::Messages),
            Self::Messages => Some(Self::Audit),
            Self::Audit => None,
        }
    }
}

/// A page of what ticket has of a person: its rows are passed on as they are.
#[derive(Debug, Deserialize)]
struct Page {
    rows: Vec<Box<RawValue>>,
    next: Option<i64>,
}

/// How far the writing is.
struct Writing {
    app: App,
    user_id: i64,
    list: Option<List>,
    /// The last row written of the list; none before its first page.
    after: Option<i64>,
    is_empty: bool,
}

/// The export's text. The first part holds the account and the first page of tickets, so that
/// whoever waits for it knows whether ticket can be asked at all.
///
/// # Errors
/// The database's.
pub async fn export(
    app: &App,
    user: &User,
    detail: &UserDetail,
) -> Result<impl Stream<Item = Result<String>> + Send + use<>> {
    let mut head = serde_json::to_string(&json!({
        "exported_at": Timestamp(app.clock.now()),
        "user": detail,
        "deleted_at": user.deleted_at.map(Timestamp),
        "sessions": exports::sessions(&app.db, user.id).await?,
        "login_addresses": exports::login_addresses(&app.db, user.id).await?,
    }))?;
    // The lists follow within the same object.
    head.pop();
    let writing = Writing {
        app: app.clone(),
        user_id: user.id,
        list: Some(List::Tickets),
        after: None,
        is_empty: true,
    };
    let parts = stream::try_unfold((Some(head), writing), |(head, mut writing)| async move {
        let Some(part) = writing.part().await? else {
            return Ok::<_, Error>(None);
        };
        let text = match head {
            Some(head) => head + &part,
            None => part,
        };
        Ok(Some((text, (None, writing))))
    });
    Ok(parts)
}

impl Writing {
    /// A page of the present list; none when all is written.
    async fn part(&mut self) -> Result<Option<String>> {
        let Some(list) = self.list else {
            return Ok(None);
        };
        let mut text = String::new();
        if self.after.is_none() {
            text = format!(",\"{}\":[", list.name());
            self.is_empty = true;
        }
        let page = self.page(list).await?;
        for row in &page.rows {
            if !self.is_empty {
                text.push(',');
            }
            text.push_str(row.get());
            self.is_empty = false;
        }
        self.after = page.next;
        if page.next.is_none() {
            self.list = list.next();
            text.push_str(if self.list.is_some() { "]" } else { "]}" });
        }
        Ok(Some(text))
    }

    async fn page(&self, list: List) -> Result<Page> {
        match list {
            List::Tickets | List::Messages => {
                let (id, name) = (self.user_id, list.name());
                let after = self.after.unwrap_or_default();
                let path = format!("/internal/people/{id}/{name}?after={after}");
                let page = self.app.ticket.get::<Page>(&path).await?;
                page.ok_or_else(|| Error::Internal(anyhow::anyhow!("ticket knows no {path}")))
            }
            List::Audit => self.audit().await,
        }
    }

    async fn audit(&self) -> Result<Page> {
        let after = self.after.unwrap_or_default();
        let rows = exports::audit(&self.app.db, self.user_id, after, ROWS).await?;
        let full = i64::try_from(rows.len()).is_ok_and(|found| found == ROWS);
        let next = rows.last().filter(|_| full).map(|row| row.id);
        let rows = rows.iter().map(raw).collect::<Result<_>>()?;
        Ok(Page { rows, next })
    }
}

fn raw<T: Serialize>(row: &T) -> Result<Box<RawValue>> {
    Ok(serde_json::value::to_raw_value(row)?)
}
