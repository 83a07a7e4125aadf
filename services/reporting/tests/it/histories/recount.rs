//! The reports counted anew, by other SQL, over tables of the shape that ticket has.

use serde_json::{Value, json};
use sqlx::PgPool;
use time::Date;

use super::life::History;

/// Makes the tables.
pub async fn prepare(db: &PgPool) {
    let tables = "create schema truth;
        create table truth.tickets (
            id bigint, project_id bigint, status text, priority text, category_id bigint,
            assigned_to bigint, created_at timestamptz, first_response_at timestamptz,
            resolved_at timestamptz, deleted_at timestamptz, first_response_breached boolean,
            resolution_breached boolean);
        create index on truth.tickets (project_id);
        create table truth.projects (id bigint primary key, name text);
        create table truth.users (id bigint primary key, name text);
        create table truth.categories (id bigint primary key, name text, color text)";
    sqlx::raw_sql(tables).execute(db).await.unwrap();
}

/// Writes what ticket, project and auth would hold.
pub async fn keep(db: &PgPool, history: &History) {
    let named = |names: &[(i64, String)]| -> Value {
        let rows = names
            .iter()
            .map(|(id, name)| json!({"id": id, "name": name}));
        rows.collect()
    };
    sqlx::query(
        "with t as (insert into truth.tickets
                    select * from jsonb_populate_recordset(null::truth.tickets, $1)),
              p as (insert into truth.projects
                    select * from jsonb_populate_recordset(null::truth.projects, $2)),
              u as (insert into truth.users
                    select * from jsonb_populate_recordset(null::truth.users, $3))
         insert into truth.categories
         select * from jsonb_populate_recordset(null::truth.categories, $4)",
    )
    .bind(json!(history.tickets))
    .bind(named(&history.project_names))
    .bind(named(&history.agent_names))
    .bind(json!(history.categories))
    .execute(db)
    .await
    .unwrap();
}

/// What is counted.
pub struct Recount {
    pub from: Date,
    pub to: Date,
    pub unit: &'static str,
    pub projects: Vec<i64>,
    /// The only agent in the agents report.
    pub only: Option<i64>,
}

impl Recount {
    /// Every report as it should be answered.
    pub async fn all(&self, db: &PgPool) -> Vec<(&'static str, Value)> {
        let counted: Vec<Value> = sqlx::query_scalar(COUNT)
            .bind(self.from)
            .bind(self.to)
            .bind(&self.projects)
            .bind(self.only)
            .bind(self.unit)
            .fetch_one(db)
            .await
            .unwrap();
        REPORTS.into_iter().zip(counted).collect()
    }
}

/// In the order in which they are counted.
pub const REPORTS: [&str; 6] = [
    "overview",
    "projects",
    "agents",
    "volume",
    "sla",
    "categories",
];

const COUNT: &str = r"
with live as (
    select * from truth.tickets where project_id = any($3) and deleted_at is null),
made as (
    select *,
           extract(epoch from first_response_at) - extract(epoch from created_at) as first_seconds,
           extract(epoch from resolved_at) - extract(epoch from created_at) as seconds
    from live
    where created_at >= $1::timestamp at time zone 'UTC'
      and created_at < ($2 + 1)::timestamp at time zone 'UTC'),
solved as (
    select * from live
    where resolved_at >= $1::timestamp at time zone 'UTC'
      and resolved_at < ($2 + 1)::timestamp at time zone 'UTC'),
overview as (
    select jsonb_build_object(
        'total_tickets', count(*),
        'by_status', jsonb_build_object(
            'open', count(*) filter (where status = 'open'),
            'inProgress', count(*) filter (where status = 'in_progress'),
            'pending', count(*) filter (where status = 'pending_customer'),
            'resolved', count(*) filter (where status = 'resolved'),
            'closed', count(*) filter (where status = 'closed')),
        'unassigned', count(*) - count(assigned_to),
        'sla_breached', count(*) filter (where first_response_breached or resolution_breached),
        'avg_first_response_mins', round(sum(first_seconds) / 60 / count(first_seconds), 1),
        'avg_resolution_minutes', round(sum(seconds) / 60 / count(seconds), 1)) as report
    from made),
projects as (
    select coalesce(jsonb_agg(jsonb_build_object(
        'project', name, 'total', total, 'resolved', resolved, 'breached', breached,
        'resolve_rate', round(resolved * 100.0 / total, 1), 'project_id', id)
        order by total desc, id), '[]') as report
    from (select p.id, p.name, count(*) as total, count(m.resolved_at) as resolved,
                 count(*) filter (where first_response_breached or resolution_breached) as breached
          from made as m join truth.projects as p on p.id = m.project_id group by p.id) as p),
agents as (
    select coalesce(jsonb_agg(jsonb_build_object(
        'agent', name, 'total_assigned', total, 'total_resolved', resolved,
        'resolve_rate', round(resolved * 100.0 / total, 1),
        'avg_resolution_minutes', minutes, 'agent_id', id)
        order by total desc, id), '[]') as report
    from (select u.id, u.name, count(*) as total, count(m.resolved_at) as resolved,
                 round(sum(seconds) / 60 / count(seconds), 1) as minutes
          from made as m join truth.users as u on u.id = m.assigned_to
          where $4::bigint is null or u.id = $4 group by u.id) as a),
volume as (
    select coalesce(jsonb_agg(jsonb_build_object(
        'period', to_char(start, 'YYYY-MM-DD'),
        'created', (select count(*) from made
                    where date_trunc($5, created_at at time zone 'UTC') = start),
        'resolved', (select count(*) from solved
                     where date_trunc($5, resolved_at at time zone 'UTC') = start))
        order by start), '[]') as report
    from generate_series(date_trunc($5, $1::timestamp), $2::timestamp, ('1 ' || $5)::interval)
         as start),
sla as (
    select jsonb_build_object(
        'total_tickets', count(*),
        'fr_breach_rate',
            round(count(*) filter (where first_response_breached) * 100.0
                  / greatest(count(*), 1), 1),
        'res_breach_rate',
            round(count(*) filter (where resolution_breached) * 100.0 / greatest(count(*), 1), 1),
        'by_priority', (
            select jsonb_object_agg(word, jsonb_build_object(
                'total', (select count(*) from made where priority = word),
                'fr_breached', (select count(*) from made
                                where priority = word and first_response_breached),
                'res_breached', (select count(*) from made
                                 where priority = word and resolution_breached)))
            from unnest('{low,medium,high,critical}'::text[]) as word)) as report
    from made),
categories as (
    select coalesce(jsonb_agg(jsonb_build_object(
        'category', coalesce(name, 'Uncategorized'), 'color', color, 'total', total,
        'category_id', id) order by total desc, id nulls last), '[]') as report
    from (select c.id, c.name, c.color, count(*) as total
          from made as m left join truth.categories as c on c.id = m.category_id
          group by c.id) as c)
select array[overview.report, projects.report, agents.report, volume.report, sla.report,
             categories.report]
from overview, projects, agents, volume, sla, categories";
