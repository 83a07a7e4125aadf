//! A create's very statement as a `pgbench` script: the same text, the same parameters, with
//! customers, projects and subjects drawn anew for each ticket.
//!
//! Parameters stay parameters (a constant array would be planned with another number of rows).
//! Those that do not change are taken from a ticket that came through the desk.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, bail};
use sqlx::{FromRow, PgConnection};

use crate::{
    scale::{CUSTOMERS, Point},
    statements::{Statement, Statements},
};

/// What the statement's parameters must be, in order: another list means another statement.
const TYPES: [&str; 36] = [
    "Int8Array",
    "TextArray",
    "TextArray",
    "TextArray",
    "TextArray",
    "TextArray",
    "TextArray",
    "TextArray",
    "TextArray",
    "JsonbArray",
    "Int8Array",
    "Int8Array",
    "TextArray",
    "JsonbArray",
    "TimestamptzArray",
    "TimestamptzArray",
    "TimestamptzArray",
    "TextArray",
    "Int8Array",
    "JsonbArray",
    "UuidArray",
    "UuidArray",
    "Int8Array",
    "TextArray",
    "TextArray",
    "TextArray",
    "TextArray",
    "TextArray",
    "ByteaArray",
    "TextArray",
    "Text",
    "Text",
    "Text",
    "Text",
    "Text",
    "Text",
];

/// A ticket as the desk filed it.
#[derive(Debug, Clone, FromRow)]
pub struct Sample {
    description: String,
    metadata: String,
    policy: Option<String>,
    /// What was said of it on the bus, without the envelope.
    pub event: String,
    traceparent: Option<String>,
    request_id: Option<String>,
    first_response: Option<i64>,
    resolution: Option<i64>,
    configuration: i64,
}

impl Sample {
    /// The last one.
    ///
    /// # Errors
    /// When none was filed.
    pub async fn last(connection: &mut PgConnection) -> Result<Self> {
        let sample = sqlx::query_as(
            "select t.description, t.metadata::text, t.sla_policy::text as policy,
                    o.payload::text as event, o.traceparent, o.request_id,
                    extract(epoch from t.first_response_due_at - t.created_at)::bigint
                        as first_response,
                    extract(epoch from t.resolution_due_at - t.created_at)::bigint as resolution,
                    (select version from configuration) as configuration
             from outbox o
             join tickets t on t.id = o.aggregate_id
             where o.type = 'ticket.created'
             order by o.seq desc limit 1",
        );
        let sample = sample.fetch_optional(connection).await?;
        sample.context("no ticket was filed through the desk")
    }
}

/// A script and the variables that it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// For `pgbench --file`.
    pub text: String,
    /// For `pgbench --define`.
    pub variables: Vec<(String, String)>,
    /// Tickets a transaction.
    pub tickets: usize,
}

/// The statement that files tickets.
///
/// # Errors
/// When the service has another one by now.
pub fn statement(statements: &Statements) -> Result<Statement> {
    let statement =
        statements.with(&["insert into ticket_counters", "insert into outbox_pending"])?;
    if statement.parameters != TYPES {
        bail!("the statement of a create has other parameters now; its yardstick must follow");
    }
    Ok(statement)
}

/// The script that files so many tickets a statement.
///
/// # Errors
/// When the statement has a parameter that is not known.
pub fn script(
    statement: &Statement,
    sample: &Sample,
    tickets: usize,
    point: Point,
) -> Result<Script> {
    let mut parts = Parts {
        tickets,
        variables: vec![
            ("projects".into(), point.projects.to_string()),
            ("customers".into(), CUSTOMERS.to_string()),
        ],
    };
    let mut expressions = Vec::new();
    for place in 1..=statement.parameters.len() {
        expressions.push(parts.expression(place, sample)?);
    }
    let mut text = String::new();
    for n in 1..=tickets {
        let _ = write!(
            text,
            "\\set project{n} random(1, :projects)\n\
             \\set customer{n} random(0, :customers - 1)\n\
             \\set survey{n} random(1, 1000000)\n"
        );
    }
    let _ = write!(
        text,
        "\\set turn :turn + {tickets}\n\\set lane 100000 + :client_id\n{};\n",
        fill(&statement.text, &expressions)?
    );
    Ok(Script {
        text,
        variables: parts.variables,
        tickets,
    })
}

/// Makes the expression of each parameter, and the variables for what does not change.
struct Parts {
    tickets: usize,
    variables: Vec<(String, String)>,
}

impl Parts {
    fn expression(&mut self, place: usize, sample: &Sample) -> Result<String> {
        let expression = match place {
            1 => self.drawn("", "project", "", "bigint"),
            2 => self.drawn("Photo upload fails in survey ", "survey", "", "text"),
            3 => self.fixed("description", Some(&sample.description)),
            4 => self.fixed("priority", Some("medium")),
            5 => self.fixed("source", Some("api")),
            6 => self.drawn("Customer ", "customer", "", "text"),
            7 => self.drawn("customer", "customer", "@bench.example", "text"),
            8 => self.fixed("phone", Some("+2348030000000")),
            9 => self.drawn("", "customer", "", "text"),
            10 => self.fixed("metadata", Some(&sample.metadata)),
            11 => self.fixed("creator", None),
            12 => self.fixed("category", None),
            13 => self.fixed("tags", Some("{}")),
            14 => self.fixed("policy", sample.policy.as_deref()),
            15 => self.moments(sample.first_response),
            16 => self.moments(sample.resolution),
            17 => self.moments(Some(0)),
            18 => self.fixed("actor_kind", Some("key")),
            19 => self.fixed("actor", Some("1")),
            20 => self.fixed("event", Some(&sample.event)),
            21 => self.ids("0"),
            22 => self.ids("1"),
            23 => self.fixed("configuration", Some(&sample.configuration.to_string())),
            24 => self.fixed("traceparent", sample.traceparent.as_deref()),
            25 => self.fixed("request", sample.request_id.as_deref()),
            26 => self.fixed("caller", None),
            27 => self.fixed("call", None),
            28 => self.fixed("key", None),
            29 => self.fixed("digest", None),
            30 => self.fixed("answer", None),
            31 => self.single("requester", "requester"),
            32 => self.single("added", "requester.added"),
            33 => self.single("ticket", "ticket"),
            34 => self.single("created", "ticket.created"),
            35 => self.single("number", "{number}"),
            36 => self.single("id", "-1"),
            other => bail!("the create statement's parameter {other} is not known"),
        };
        Ok(expression)
    }

    /// An array whose elements hold a variable, drawn for each ticket.
    fn drawn(&self, before: &str, variable: &str, after: &str, kind: &str) -> String {
        let elements: Vec<String> = (1..=self.tickets)
            .map(|n| format!("\"{before}' || :{variable}{n} || '{after}\""))
            .collect();
        format!("('{{{}}}')::{kind}[]", elements.join(","))
    }

    /// An array of the same value for each ticket.
    fn fixed(&mut self, name: &str, value: Option<&str>) -> String {
        let element = value.map_or_else(|| "NULL".to_owned(), quoted);
        let array = format!("{{{}}}", vec![element; self.tickets].join(","));
        self.variables.push((name.to_owned(), array));
        format!(":{name}")
    }

    fn single(&mut self, name: &str, value: &str) -> String {
        self.variables.push((name.to_owned(), value.to_owned()));
        format!(":{name}")
    }

    /// An array of the same time for each ticket.
    fn moments(&mut self, seconds: Option<i64>) -> String {
        let moment = seconds.map_or_else(
            || "null::timestamptz".to_owned(),
            |seconds| format!("now() + {seconds} * interval '1 second'"),
        );
        format!("array_fill({moment}, array[{}])", self.tickets)
    }

    /// Ids that grow with time, as UUIDv7 do: thirteen digits of a counter that begins at the
    /// clock's milliseconds, then the kind, the run and the connection.
    fn ids(&self, kind: &str) -> String {
        let ids: Vec<String> = (0..self.tickets)
            .map(|n| format!("' || (:turn::bigint + {n}) || '700080{kind}' || :run || :lane || '"))
            .collect();
        format!("('{{{}}}')::uuid[]", ids.join(","))
    }
}

/// An element of an array's text form.
fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The statement with each `$n` replaced by its expression.
fn fill(statement: &str, expressions: &[String]) -> Result<String> {
    let mut pieces = statement.split('$');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(piece.len());
        let (number, rest) = piece.split_at(end);
        let place: usize = number.parse().context("a $ that is no parameter")?;
        let expression = expressions
            .get(place.wrapping_sub(1))
            .context("a parameter too many")?;
        text.push_str(expression);
        text.push_str(rest);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Sample {
        Sample {
            description: "It says \"no\".".into(),
            metadata: r#"{"page": "/a"}"#.into(),
            policy: None,
            event: "{}".into(),
            traceparent: None,
            request_id: Some("r".into()),
            first_response: Some(60),
            resolution: None,
            configuration: 3,
        }
    }

    #[test]
    fn the_statement_of_a_create_is_the_known_one() {
        let statement = statement(&Statements::of_ticket().unwrap()).unwrap();
        let script = script(&statement, &sample(), 8, Point::new(1)).unwrap();
        assert!(!script.text.contains('$'), "{}", script.text);
        assert!(script.text.contains("\\set customer8 "), "{}", script.text);
    }

    #[test]
    fn parameters_are_replaced_by_number() {
        let expressions: Vec<String> = (1..=11).map(|n| format!("<{n}>")).collect();
        let text = fill("select $1, $11, $2::text", &expressions).unwrap();
        assert_eq!(text, "select <1>, <11>, <2>::text");
        assert!(fill("select $12", &expressions).is_err());
        assert!(fill("select $$x$$", &expressions).is_err());
    }

    #[test]
    fn values_are_quoted_for_arrays() {
        let mut parts = Parts {
            tickets: 2,
            variables: Vec::new(),
        };
        assert_eq!(parts.expression(3, &sample()).unwrap(), ":description");
        let said = r#""It says \"no\".""#;
        assert_eq!(parts.variables[0].1, format!("{{{said},{said}}}"));
        assert_eq!(parts.expression(24, &sample()).unwrap(), ":traceparent");
        assert_eq!(parts.variables[1].1, "{NULL,NULL}");
    }
}
