//! `cargo xtask load`: fills the running local stack with made-up tickets.
//!
//! Projects and agents are made as a person would make them, through the API; the tickets come in
//! by `fill` (see `tests/fill`), at a pace that no API has.

use anyhow::{Context as _, Result, bail};
use reqwest::Method;
use serde_json::json;

use crate::{
    cargo,
    events::Running,
    paths::Local,
    say,
    seed::{self, Api},
    service::Service,
};

/// Of very different size: `fill` gives the first ones most of the tickets.
const PROJECTS: usize = 60;
/// Each works for a handful of projects.
const AGENTS: usize = 40;
/// How many agents a project has.
const AGENTS_OF_PROJECT: usize = 5;

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// How many tickets.
    pub tickets: u64,
    /// The same seed makes up the same tickets.
    pub seed: u64,
    /// Nobody is told of them.
    pub without_events: bool,
}

/// Makes what the tickets need, then the tickets.
pub async fn run(wanted: Wanted) -> Result<()> {
    let local = Local::of_checkout()?;
    let gateway = Running::setting(&local, Service::Ticket, "SUPPORTDESK_GATEWAY_URL")?;
    let step = say::step("projects and agents");
    let projects = ensure_projects(&seed::super_admin(&gateway).await?).await?;
    step.done(format_args!("{projects} projects made"));
    let mut fill = Running::program(&local, Service::Ticket, "fill")?;
    fill.arg("--tickets").arg(wanted.tickets.to_string());
    fill.arg("--seed").arg(wanted.seed.to_string());
    fill.arg("--projects").arg(PROJECTS.to_string());
    if wanted.without_events {
        fill.arg("--without-events");
    }
    cargo::run(fill.into(), "fill").await
}

/// Makes the projects that are missing, each with its agents; answers how many.
async fn ensure_projects(root: &Api) -> Result<usize> {
    let there = root.get("/admin/projects", &[("per_page", "1")]).await?;
    let there = there["total"]
        .as_u64()
        .context("projects are not counted")?;
    let missing = PROJECTS.saturating_sub(usize::try_from(there)?);
    if missing == 0 {
        return Ok(0);
    }
    let mut agents = Vec::with_capacity(AGENTS);
    for number in 1..=AGENTS {
        agents.push(ensure_agent(root, number).await?);
    }
    for number in PROJECTS - missing..PROJECTS {
        let body =
            json!({ "name": format!("Load {number:02}"), "description": "Made to be filled" });
        let project = root
            .send_json(Method::POST, "/admin/projects", &body)
            .await?;
        let id = &project["project"]["id"];
        for place in 0..AGENTS_OF_PROJECT {
            let user = agents[(number * 3 + place * 7) % AGENTS];
            let body = json!({ "user_id": user, "is_lead": place == 0 });
            let path = format!("/admin/projects/{id}/agents");
            root.send_json(Method::POST, &path, &body).await?;
        }
    }
    Ok(missing)
}

async fn ensure_agent(root: &Api, number: usize) -> Result<i64> {
    let email = format!("load-agent-{number}@support.local");
    if let Some(user) = seed::find(root, "/admin/users", "email", &email).await? {
        return user["id"].as_i64().context("a user has no id");
    }
    let body = json!({
        "name": format!("Agent {number}"),
        "email": email,
        "password": crate::demo::PASSWORD,
        "role": "agent",
    });
    let made = root.send_json(Method::POST, "/admin/users", &body).await?;
    let Some(id) = made["user"]["id"].as_i64() else {
        bail!("a new user has no id");
    };
    Ok(id)
}
