//! A line of `permissions.txt`, and the calls that it asks for.

use std::{collections::BTreeSet, fmt::Write as _};

use desk_testkit::{Answer, Form};
use e2e::Person;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{
    document::{self, Operation},
    table::{Caller, Line},
    things::Things,
};

/// Operations on one path that get the same answers.
pub struct Row<'a> {
    pub methods: Vec<Method>,
    pub path: &'a str,
    changes: Vec<&'a str>,
    line: Line<'a>,
}

/// What is sent.
pub struct Request {
    pub method: Method,
    pub target: String,
    body: Body,
}

enum Body {
    None,
    Json(Value),
    Form(Map<String, Value>),
    /// What no parser takes.
    Broken,
}

impl<'a> Row<'a> {
    pub fn of(line: Line<'a>) -> Self {
        Self {
            methods: line.words[0]
                .split('|')
                .map(|method| method.parse().unwrap())
                .collect(),
            path: line.words[1],
            changes: line.words[2..].to_vec(),
            line,
        }
    }

    /// As it stands in the table.
    pub fn name(&self) -> String {
        self.line.words.join(" ")
    }

    /// The names of its operations, as the document has them.
    pub fn operations(&self) -> impl Iterator<Item = String> {
        self.methods
            .iter()
            .map(|method| document::name(method, self.path))
    }

    /// The fields that it sets.
    pub fn fields(&self) -> BTreeSet<String> {
        let set = self
            .changes
            .iter()
            .filter_map(|change| change.split_once('='));
        set.map(|(field, _)| field.to_owned()).collect()
    }

    /// The refusal that is due to a caller; none when all is to be well.
    pub fn refusal(&self, caller: Caller) -> Option<u16> {
        match self.line.cell(caller) {
            "ok" | "none" => None,
            refused => Some(refused.parse().unwrap()),
        }
    }

    /// Is the caller's list to be empty?
    pub fn is_empty(&self, caller: Caller) -> bool {
        self.line.cell(caller) == "none"
    }

    /// A call of it about these things.
    pub async fn request(
        &self,
        method: &Method,
        operation: &Operation,
        things: &mut Things<'_>,
    ) -> Request {
        let mut target = things.fill(self.path).await;
        let mut body = operation.body.clone();
        if let Some(body) = &mut body {
            self.adapt(body, things);
        }
        let mut form = false;
        for change in &self.changes {
            if let Some(only) = change.strip_prefix('!') {
                body.as_mut().unwrap().retain(|field, _| field == only);
            } else if let Some(query) = change.strip_prefix('?') {
                let (name, value) = query.split_once('=').unwrap();
                let value = things.fill(value).await.replace('+', "%2B");
                target.push(if target.contains('?') { '&' } else { '?' });
                let _ = write!(target, "{name}={value}");
            } else if let Some((field, value)) = change.split_once('=') {
                let text = things.fill(value).await;
                let value = serde_json::from_str(&text).unwrap_or_else(|_| text.into());
                body.as_mut().unwrap().insert(field.to_owned(), value);
            } else {
                form = true;
            }
        }
        let body = match body {
            Some(body) if form => Body::Form(body),
            Some(body) => Body::Json(body.into()),
            None => Body::None,
        };
        Request {
            method: method.clone(),
            target,
            body,
        }
    }

    /// The same with ids that nothing has, and a body that cannot be read.
    pub async fn blind(
        &self,
        method: &Method,
        operation: &Operation,
        things: &mut Things<'_>,
    ) -> Request {
        let mut request = self.request(method, operation, things).await;
        if operation.body.is_some() {
            request.body = Body::Broken;
        }
        request
    }

    /// Makes the document's example one of this desk's, and unlike what other calls have sent.
    fn adapt(&self, body: &mut Map<String, Value>, things: &Things<'_>) {
        let own = things.stage.own(things.caller);
        let count = things.stage.next();
        for (field, value) in body.iter_mut() {
            match field.as_str() {
                "project_id" => *value = own.project.id.into(),
                "user_id" => *value = own.agent.id.into(),
                // Whenever this runs.
                "expires_at" => *value = "2999-01-01".into(),
                "email" => *value = format!("example-{count}@desk.test").into(),
                "name" | "shortcut" => *value = format!("example {count}").into(),
                _ => {}
            }
        }
        if self.path == "/auth/profile" {
            // Neither the canary in one's name nor one's session is to go.
            *body = Map::from_iter([("phone".to_owned(), json!(count.to_string()))]);
        }
    }
}

impl Request {
    /// Its answer to somebody.
    pub async fn send(&self, who: &Person) -> Answer {
        let (method, target) = (self.method.clone(), self.target.as_str());
        match &self.body {
            Body::None => who.send(method, target, None).await,
            Body::Broken => who.send(method, target, Some("{".to_owned())).await,
            Body::Json(body) => who.send(method, target, Some(body.to_string())).await,
            Body::Form(fields) => {
                let form = fields.iter().fold(Form::default(), |form, (name, value)| {
                    let text = value
                        .as_str()
                        .map_or_else(|| value.to_string(), str::to_owned);
                    form.text(name, &text)
                });
                let form = form.file("attachments[]", "example.txt", b"example");
                who.post_form(target, form).await
            }
        }
    }
}
