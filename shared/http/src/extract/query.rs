//! A query string, checked like a body: an unknown enum value or a bad date is 422, never ignored.

use axum::{extract::FromRequestParts, http::request::Parts};
use garde::Validate;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::fields::{Misfit, check_with};
use crate::{Error, Result};

/// A checked query string. An empty value counts as absent, of a repeated name the last counts.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<S, T> FromRequestParts<S> for Query<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate<Context = ()>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_str(parts.uri.query().unwrap_or_default())
                .map_err(|_| Error::Unreadable("The query string cannot be read.".to_owned()))?;
        let fields = pairs
            .into_iter()
            .map(|(name, value)| (name, Value::String(value)))
            .collect();
        check_with(fields, from_text).map(Self)
    }
}

/// Reads every field from its text, as a form does: `20` fits an integer and a string alike.
fn from_text<T: DeserializeOwned>(fields: &Map<String, Value>) -> Result<T, Misfit> {
    let pairs: Vec<(&str, &str)> = fields
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
        .collect();
    let encoded = serde_urlencoded::to_string(pairs).map_err(|error| Misfit {
        path: String::new(),
        message: error.to_string(),
    })?;
    let form = serde_urlencoded::Deserializer::new(form_urlencoded::parse(encoded.as_bytes()));
    serde_path_to_error::deserialize(form).map_err(Misfit::from)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use desk_events::Status;
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::Flag;

    #[derive(Debug, Deserialize, Validate)]
    struct Filter {
        #[garde(inner(range(min = 1, max = 100)))]
        per_page: Option<u32>,
        #[garde(skip)]
        status: Option<Status>,
        #[garde(skip)]
        overdue: Option<Flag>,
        #[garde(skip)]
        search: Option<String>,
    }

    async fn filter(query: &str) -> Result<Filter> {
        let request = Request::builder()
            .uri(format!("/x?{query}"))
            .body(())
            .unwrap();
        let (mut parts, ()) = request.into_parts();
        Query::from_request_parts(&mut parts, &())
            .await
            .map(|Query(filter)| filter)
    }

    #[tokio::test]
    async fn values_are_read_from_text() {
        let seen = filter("per_page=20&status=open&overdue=1&search=+42+&other=x")
            .await
            .unwrap();
        assert_eq!(seen.per_page, Some(20));
        assert_eq!(seen.status, Some(Status::Open));
        assert_eq!(seen.overdue, Some(Flag(true)));
        assert_eq!(seen.search.as_deref(), Some("42"));
        assert_eq!(
            filter("status=&overdue=false").await.unwrap().overdue,
            Some(Flag(false))
        );
    }

    fn at_once<T>(work: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(work)
    }

    proptest! {
        #[test]
        fn any_query_is_taken_or_refused_by_field(
            query in "(&?(page|per_page|status|overdue|search|%|=)?[=&+%]?[0-9a-f+%=]{0,6}){0,5}",
        ) {
            let refused = at_once(filter(&query)).map(drop);
            let is_told = match refused {
                Ok(()) | Err(Error::Unreadable(_)) => true,
                Err(Error::Invalid(details)) => !details.is_empty(),
                Err(_) => false,
            };
            prop_assert!(is_told);
        }

        #[test]
        fn a_text_comes_as_it_was_sent(text in "[^\\x00]{1,40}") {
            let query = serde_urlencoded::to_string([("search", text.as_str())]).unwrap();
            let seen = at_once(filter(&query)).unwrap().search;
            let trimmed = Some(text.trim()).filter(|text| !text.is_empty());
            prop_assert_eq!(seen.as_deref(), trimmed);
        }
    }

    #[tokio::test]
    async fn every_bad_value_is_named() {
        let Err(Error::Invalid(details)) = filter("per_page=0&status=new&overdue=maybe").await
        else {
            panic!("invalid")
        };
        let details = serde_json::to_value(details).unwrap();
        for field in ["per_page", "status", "overdue"] {
            assert!(details[field].is_array(), "{details}");
        }
        assert_ne!(details["status"], json!([]));
    }
}
