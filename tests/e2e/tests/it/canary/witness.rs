//! Makes the calls, and keeps every answer but for what it is there to hand out.

use desk_testkit::Answer;
use e2e::Person;
use reqwest::Method;
use serde_json::Value;

use super::{places::Place, secrets::Secrets};

/// Who saw all of it.
#[derive(Default)]
pub struct Witness {
    /// What was planted so far.
    pub secrets: Secrets,
    seen: Vec<Place>,
}

impl Witness {
    /// Calls with a body that may be anything.
    pub async fn send(&mut self, who: &Person, method: Method, path: &str, body: String) -> Answer {
        let answer = who.send(method.clone(), path, Some(body)).await;
        self.note(&format!("{method} {path}"), &answer);
        answer
    }

    /// Calls with JSON.
    pub async fn call(&mut self, who: &Person, method: Method, path: &str, body: Value) -> Answer {
        self.send(who, method, path, body.to_string()).await
    }

    /// Asks.
    pub async fn get(&mut self, who: &Person, path: &str) -> Answer {
        let answer = who.get(path).await;
        self.note(&format!("GET {path}"), &answer);
        answer
    }

    /// Posts something that is answered with secrets in these fields; everything else in the answer
    /// is kept.
    pub async fn handed<const N: usize>(
        &mut self,
        who: &Person,
        path: &str,
        body: Value,
        fields: [&str; N],
    ) -> (Answer, [String; N]) {
        let mut answer = who.post(path, body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
        let secrets = fields.map(|field| answer.body[field].take().as_str().unwrap().to_owned());
        self.note(&format!("POST {path}"), &answer);
        (answer, secrets)
    }

    /// Keeps what was seen some other way.
    pub fn saw(&mut self, what: &str, text: String) {
        let name = format!(
            "the answer to {}",
            what.split('?').next().unwrap_or_default()
        );
        self.seen.push(Place { name, text });
    }

    /// Everything seen.
    pub fn answers(&mut self) -> Vec<Place> {
        std::mem::take(&mut self.seen)
    }

    fn note(&mut self, what: &str, answer: &Answer) {
        assert_ne!(
            answer.status.as_u16(),
            429,
            "{what}: a limit hides what is behind it"
        );
        let text = format!("{} {:?} {}", answer.status, answer.headers, answer.body);
        self.saw(what, text);
    }
}
