//! Comparing what a consumer copies of other owners' states with the owners' own, row by row. A
//! row may be wrong although its sequence is right; only who owns it knows.
//!
//! As with tickets, what differs is looked at twice, with what was under way applied in between.

use std::collections::BTreeMap;

use anyhow::Context as _;
use desk_events::{AggregateKind, StatePage, StateRecord};
use desk_http::client::Peer;
use garde::Validate;
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use tokio::time::{Instant, sleep};
use utoipa::IntoParams;

use super::{
    Parts,
    audit::{Difference, Suspect, within},
    kept::Known,
    owner_of,
    position::caught_up,
    run::{REST, patiently},
};
use crate::consumer::Consumer;

/// A kind of which a consumer copies states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// The kind; its owner is one of those whose kinds the consumer keeps.
    pub kind: AggregateKind,
    /// Where the copies are.
    pub table: &'static str,
    /// Where the owner tells all states: pages of [`StatePage`].
    pub path: &'static str,
    /// The states tell of people: a difference is told and logged without what they say.
    pub personal: bool,
}

/// Which page of states.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct After {
    /// The ids are higher than this: `next` of the page before.
    #[garde(skip)]
    after: Option<i64>,
}

impl After {
    /// The ids are higher than this.
    pub fn id(&self) -> i64 {
        self.after.unwrap_or(i64::MIN)
    }
}

/// Compares every copy; `note` hears of each difference.
pub(super) async fn audit<C: Consumer>(
    parts: &Parts<C>,
    conn: &mut PgConnection,
    heal: bool,
    mut note: impl FnMut(&Difference) + Send,
) -> anyhow::Result<()> {
    for copied in parts.consumer.copies() {
        let comparison = Comparison {
            parts,
            peer: (parts.peers.get(owner_of(copied.kind))).context("an owner of nothing kept")?,
            copied: *copied,
            heal,
        };
        let mut next = Some(i64::MIN);
        while let Some(after) = next.take() {
            let began = Instant::now();
            let page = comparison.page(after).await?;
            next = page.next;
            let wrong = within(comparison.compare(conn, after, &page)).await?;
            for suspect in wrong {
                suspect.differences.iter().for_each(&mut note);
            }
            if next.is_some() {
                sleep(began.elapsed().min(REST)).await;
            }
        }
    }
    Ok(())
}

struct Comparison<'a, C> {
    parts: &'a Parts<C>,
    peer: &'a Peer,
    copied: Copied,
    heal: bool,
}

impl<C: Consumer> Comparison<'_, C> {
    async fn page(&self, after: i64) -> anyhow::Result<StatePage<Value>> {
        let path = format!("{}?after={after}", self.copied.path);
        patiently(|| self.peer.get(&path)).await
    }

    /// The copies of which something is wrong.
    async fn compare(
        &self,
        conn: &mut PgConnection,
        after: i64,
        page: &StatePage<Value>,
    ) -> anyhow::Result<Vec<Suspect>> {
        let first = self.suspects(conn, after, page).await?;
        if first.is_empty() {
            return Ok(first);
        }
        caught_up(&self.parts.bus, C::NAME).await?;
        let again = self.page(after).await?;
        let mut wrong = self.suspects(conn, after, &again).await?;
        wrong.retain(|suspect| {
            let before = first.iter().find(|first| first.id == suspect.id);
            before.is_some_and(|first| suspect.stands_since(first))
        });
        if self.heal && !wrong.is_empty() {
            self.put_right(conn, &again, &wrong).await?;
        }
        Ok(wrong)
    }

    async fn suspects(
        &self,
        conn: &mut PgConnection,
        after: i64,
        page: &StatePage<Value>,
    ) -> anyhow::Result<Vec<Suspect>> {
        let (consumer, kind) = (&self.parts.consumer, self.copied.kind);
        let last = page.next.unwrap_or(i64::MAX);
        let kept = consumer.copied(conn, kind, after, last).await?;
        Ok(suspects(self.copied, &kept, &page.states))
    }

    async fn put_right(
        &self,
        conn: &mut PgConnection,
        page: &StatePage<Value>,
        wrong: &[Suspect],
    ) -> anyhow::Result<()> {
        let seen: Vec<Known> = (wrong.iter())
            .filter_map(|suspect| {
                let (id, sequence) = (suspect.id, suspect.kept?);
                Some(Known { id, sequence })
            })
            .collect();
        let is_wrong = |told: &&StateRecord<Value>| wrong.iter().any(|wrong| wrong.id == told.id);
        let told: Vec<StateRecord<Value>> = page.states.iter().filter(is_wrong).cloned().collect();
        let mut tx = conn.begin().await?;
        let (consumer, kind) = (&self.parts.consumer, self.copied.kind);
        consumer.put_right(&mut tx, kind, &seen, &told).await?;
        Ok(tx.commit().await?)
    }
}

/// Where copies differ from what the owner tells, in what is copied.
fn suspects(
    copied: Copied,
    kept: &[StateRecord<Value>],
    told: &[StateRecord<Value>],
) -> Vec<Suspect> {
    type Sides<'a> = (
        Option<&'a StateRecord<Value>>,
        Option<&'a StateRecord<Value>>,
    );
    let mut sides: BTreeMap<i64, Sides<'_>> = BTreeMap::new();
    for record in kept {
        sides.entry(record.id).or_default().0 = Some(record);
    }
    for record in told {
        sides.entry(record.id).or_default().1 = Some(record);
    }
    sides.retain(|_, (kept, told)| !is_copy(*kept, *told));
    sides
        .into_iter()
        .map(|(id, (kept, told))| Suspect {
            id,
            kept: kept.map(|record| record.sequence),
            told: told.map(|record| record.sequence),
            differences: vec![difference(copied, id, kept, told)],
        })
        .collect()
}

fn is_copy(kept: Option<&StateRecord<Value>>, told: Option<&StateRecord<Value>>) -> bool {
    match (kept, told) {
        (Some(kept), Some(told)) => {
            kept.sequence == told.sequence && differing(kept, told).is_empty()
        }
        (kept, told) => kept.is_none() && told.is_none(),
    }
}

/// The copied fields that say something else.
fn differing<'a>(kept: &'a StateRecord<Value>, told: &StateRecord<Value>) -> Vec<&'a str> {
    let fields = kept.state.as_object().into_iter().flatten();
    fields
        .filter(|(name, value)| told.state[name.as_str()] != **value)
        .map(|(name, _)| name.as_str())
        .collect()
}

fn difference(
    copied: Copied,
    id: i64,
    kept: Option<&StateRecord<Value>>,
    told: Option<&StateRecord<Value>>,
) -> Difference {
    let fields = kept.zip(told).map(|(kept, told)| differing(kept, told));
    let fields = fields.unwrap_or_default();
    let shown = |record: &StateRecord<Value>| {
        let mut shown = json!({"sequence": record.sequence});
        for field in fields.iter().filter(|_| !copied.personal) {
            shown[*field] = record.state[*field].clone();
        }
        shown
    };
    Difference {
        table: copied.table,
        key: json!({"id": id, "fields": fields}),
        kept: kept.map(shown),
        expected: told.map(shown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COPIED: Copied = Copied {
        kind: AggregateKind::Project,
        table: "copies",
        path: "/internal/projects",
        personal: false,
    };

    fn record(id: i64, sequence: i64, state: Value) -> StateRecord<Value> {
        StateRecord {
            id,
            state,
            sequence,
        }
    }

    #[test]
    fn a_copy_says_what_its_owner_says_in_what_it_has() {
        let told = [
            record(1, 2, json!({"name": "A", "color": null, "deleted": false})),
            record(2, 1, json!({"name": "B"})),
        ];
        let kept = |id, sequence, name: &str| record(id, sequence, json!({"name": name}));
        for (case, kept, wrong) in [
            ("right", vec![kept(1, 2, "A"), kept(2, 1, "B")], vec![]),
            ("a name", vec![kept(1, 2, "X"), kept(2, 1, "B")], vec![1]),
            ("behind", vec![kept(1, 1, "A"), kept(2, 1, "B")], vec![1]),
            ("missing", vec![kept(1, 2, "A")], vec![2]),
            (
                "one too many",
                vec![kept(1, 2, "A"), kept(2, 1, "B"), kept(3, 1, "C")],
                vec![3],
            ),
        ] {
            let found = suspects(COPIED, &kept, &told);
            let ids: Vec<i64> = found.iter().map(|found| found.id).collect();
            assert_eq!(ids, wrong, "{case}");
        }
    }
    #[test]
    fn what_is_personal_is_not_told() {
        let kept = [record(1, 2, json!({"name": "Mallory", "role": "agent"}))];
        let told = [record(1, 2, json!({"name": "Alice", "role": "agent"}))];
        for (personal, names) in [(false, ["Mallory", "Alice"].as_slice()), (true, &[])] {
            let copied = Copied { personal, ..COPIED };
            let found = suspects(copied, &kept, &told);
            let difference = &found[0].differences[0];
            assert_eq!(difference.key, json!({"id": 1, "fields": ["name"]}));
            let text = difference.to_string();
            let told = ["Mallory", "Alice"].into_iter();
            let told: Vec<&str> = told.filter(|name| text.contains(name)).collect();
            assert_eq!(told, names, "{text}");
        }
    }
}
