//! `api-keys`: a project's key pairs.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::{
    api::Api,
    cli::Common,
    failure::{Failure, Kind, Result},
    output::{answer, field, table},
};

/// Examples.
pub const EXAMPLES: &str = "\
Examples:
  supportdeskctl api-keys list --project 1
  supportdeskctl api-keys issue --project 1 --name Production --allow 203.0.113.7 --allow 10.0.0.0/8
  supportdeskctl api-keys rotate --project 1 5            # both pairs work
  supportdeskctl api-keys revoke --project 1 5            # once the old one is not used any more
  supportdeskctl api-keys rotate --project 1 5 --revoke   # the old one is lost or leaked

A secret is printed once, by the command that makes it.";

/// Rows asked for at once, and as many pages as there can be.
const PER_PAGE: usize = 100;

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The project's keys, revoked ones too; never a secret.
    List(Project),
    /// Make a key pair.
    Issue {
        /// Whose.
        #[command(flatten)]
        project: Project,
        /// Its label.
        #[arg(long)]
        name: String,
        /// How it may be used.
        #[command(flatten)]
        terms: Terms,
    },
    /// Make a pair with the label, addresses and expiry of another, which works on until revoked.
    Rotate {
        /// Whose.
        #[command(flatten)]
        project: Project,
        /// The old key's id.
        key: i64,
        /// Another expiry than the old one's.
        #[arg(long)]
        expires: Option<String>,
        /// Revoke the old one at once.
        #[arg(long)]
        revoke: bool,
    },
    /// Revoke a key: it stops working within a second.
    Revoke {
        /// Whose.
        #[command(flatten)]
        project: Project,
        /// The key's id.
        key: i64,
    },
}

/// The project.
#[derive(Debug, Args)]
pub struct Project {
    /// The project's id.
    #[arg(long = "project", value_name = "ID")]
    id: i64,
}

/// How a key may be used.
#[derive(Debug, Args)]
pub struct Terms {
    /// Only from this address or network; may be there several times.
    #[arg(long = "allow", value_name = "CIDR")]
    allowed_ips: Vec<String>,
    /// Until the end of this day (UTC), or this moment.
    #[arg(long)]
    expires: Option<String>,
}

impl Command {
    /// Does it.
    ///
    /// # Errors
    /// What the desk says.
    pub async fn run(&self, common: &Common) -> Result {
        let api = Api::enter(common).await?;
        let ended = self.with(common, &api).await;
        api.leave().await;
        ended
    }

    async fn with(&self, common: &Common, api: &Api) -> Result {
        match self {
            Self::List(project) => {
                let rows = list(api, project).await?;
                let columns = [
                    "id",
                    "name",
                    "api_key",
                    "last_used_at",
                    "expires_at",
                    "revoked_at",
                ];
                answer(common.json, &Value::from(rows.clone()), |_| {
                    table(&rows, &columns)
                })
            }
            Self::Issue {
                project,
                name,
                terms,
            } => {
                let wish = json!({
                    "name": name,
                    "allowed_ips": terms.allowed_ips,
                    "expires_at": terms.expires,
                });
                let pair = api.post(&project.keys(), &wish).await?;
                answer(common.json, &pair, lines)
            }
            Self::Rotate {
                project,
                key,
                expires,
                revoke,
            } => {
                let mut pair = rotate(api, project, *key, expires.as_deref()).await?;
                // The new secret is printed whatever becomes of the old one: it is shown nowhere else.
                let revoked = if *revoke {
                    api.delete(&project.key(*key)).await.map(|_| true)
                } else {
                    Ok(false)
                };
                let old = revoked.as_ref().is_ok_and(|revoked| *revoked);
                pair["old_key_id"] = (*key).into();
                pair["old_revoked"] = old.into();
                answer(common.json, &pair, |pair| {
                    let mut lines = lines(pair);
                    lines.push(if old {
                        format!("key {key} is revoked")
                    } else {
                        format!("key {key} works on: revoke it once its last_used_at stands still")
                    });
                    lines
                })?;
                revoked.map(drop).map_err(|failure| {
                    let words = format!("key {key} is not revoked: {failure}");
                    Failure::new(Kind::Differs, words)
                })
            }
            Self::Revoke { project, key } => {
                api.delete(&project.key(*key)).await?;
                answer(
                    common.json,
                    &json!({ "key_id": key, "revoked": true }),
                    |_| vec![format!("key {key} is revoked")],
                )
            }
        }
    }
}

impl Project {
    fn keys(&self) -> String {
        format!("/admin/projects/{}/api-keys", self.id)
    }

    fn key(&self, id: i64) -> String {
        format!("{}/{id}", self.keys())
    }
}

async fn list(api: &Api, project: &Project) -> Result<Vec<Value>> {
    let mut rows = Vec::new();
    for page in 1_u32.. {
        let path = format!("{}?per_page={PER_PAGE}&page={page}", project.keys());
        let mut answer = api.get(&path).await?;
        let Value::Array(found) = answer["data"].take() else {
            return Err(Failure::failed("the desk answered no list"));
        };
        let last = found.len() < PER_PAGE;
        rows.extend(found);
        if last {
            break;
        }
    }
    Ok(rows)
}

async fn rotate(api: &Api, project: &Project, key: i64, expires: Option<&str>) -> Result<Value> {
    let rows = list(api, project).await?;
    let old = rows.iter().find(|row| row["id"] == key);
    let old = old.ok_or_else(|| {
        let words = format!("project {} has no key {key}", project.id);
        Failure::new(Kind::NotFound, words)
    })?;
    if !old["revoked_at"].is_null() {
        return Err(Failure::failed(format!(
            "key {key} is revoked: issue a new one"
        )));
    }
    let wish = json!({
        "name": old["name"],
        "allowed_ips": old["allowed_ips"],
        "expires_at": expires.map_or(old["expires_at"].clone(), Value::from),
    });
    api.post(&project.keys(), &wish).await
}

fn lines(pair: &Value) -> Vec<String> {
    vec![
        format!("key {}", field(pair, "key_id")),
        format!("X-Api-Key: {}", field(pair, "api_key")),
        format!("X-Api-Secret: {}", field(pair, "api_secret")),
    ]
}
