//! The desk of a soak, and those who work at it.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use e2e::Key;
use serde_json::json;

use super::worker::{Crew, Login};
use crate::desk::Desk;

/// Crews, each with a connection of its own.
const CREWS: usize = 10;

/// Makes agents and customers, and gives each agent an equal part of the projects.
///
/// # Errors
/// When an agent is not assigned.
pub async fn crews(desk: &Desk) -> Result<Vec<Crew>> {
    let admin = desk.world.super_admin().await;
    let mut crews = Vec::with_capacity(CREWS);
    for (number, projects) in shares(&desk.keys, CREWS).into_iter().enumerate() {
        let email = format!("agent{number}@soak.example");
        let agent = desk.world.person(&admin, "agent", &email).await;
        let email = format!("portal{number}@soak.example");
        let customer = desk.world.person(&admin, "customer", &email).await;
        for (project, _) in &projects {
            let path = format!("/admin/projects/{project}/agents");
            let answer = admin.post(&path, json!({"user_id": agent.id})).await;
            ensure!(answer.status == 201, "agent not assigned: {}", answer.body);
        }
        let login = |person: &e2e::Person| Login {
            email: person.email.clone(),
            token: person.token().to_owned(),
        };
        crews.push(Crew {
            number,
            agent: login(&agent),
            customer: login(&customer),
            projects,
        });
    }
    Ok(crews)
}

fn shares(keys: &BTreeMap<i64, Key>, crews: usize) -> Vec<Vec<(i64, Key)>> {
    let keys: Vec<_> = keys.iter().map(|(id, key)| (*id, key.clone())).collect();
    let share = keys.len().div_ceil(crews).max(1);
    keys.chunks(share).map(<[_]>::to_vec).collect()
}
