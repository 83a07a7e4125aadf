//! Mails that auth asks for.

use sqlx::{PgPool, types::Json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{Detail, Kind};

/// What auth asks for.
pub(crate) struct AccountMail<'a> {
    /// Auth's id of it.
    pub(crate) id: Uuid,
    /// Which mail.
    pub(crate) kind: Kind,
    /// To whom: the name,
    pub(crate) name: &'a str,
    /// and the address.
    pub(crate) email: &'a str,
    /// What the mail is for.
    pub(crate) link: String,
    /// When the link ends.
    pub(crate) expires_at: OffsetDateTime,
}

/// Queues a mail, once an id.
pub(crate) async fn queue(
    db: &PgPool,
    mail: AccountMail<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into deliveries (event_id, kind, email, name, detail, occurred_at, expires_at,
                                 next_at)
         values ($1, $2, $3, $4, $5, $6, $7, $6)
         on conflict do nothing",
        mail.id,
        mail.kind.as_str(),
        mail.email,
        mail.name,
        Json(Detail::Account { link: mail.link }) as _,
        now,
        mail.expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}
