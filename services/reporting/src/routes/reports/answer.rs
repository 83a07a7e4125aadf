//! A report on the wire: JSON or CSV, with the time that it is as of.

use axum::{
    Json,
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE, VARY},
    },
    response::{IntoResponse, Response},
};
use desk_http::{Error, Timestamp};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::sheet::{self, Sheet};

/// Up to when everything that was published is in.
const AS_OF: HeaderName = HeaderName::from_static("x-data-as-of");

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    /// The reference's shape.
    Json,
    /// A table.
    Csv,
}

impl Format {
    /// The one asked for by name, else the one that the client would rather have.
    pub(super) fn wanted(named: Option<Self>, headers: &HeaderMap) -> Self {
        named.unwrap_or_else(|| {
            if weight(headers, "text/csv") > weight(headers, "application/json") {
                Self::Csv
            } else {
                Self::Json
            }
        })
    }
}

/// How much a client wants a media type that it names, in thousandths (RFC 9110, 12.4.2).
fn weight(headers: &HeaderMap, media_type: &str) -> u16 {
    headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let named = parts.next()?.eq_ignore_ascii_case(media_type);
            let quality = parts
                .filter_map(|parameter| parameter.split_once('='))
                .find(|(name, _)| name.eq_ignore_ascii_case("q"))
                .map_or(Some(1.0), |(_, value)| value.parse::<f32>().ok())?;
            named.then(|| thousandths(quality))
        })
        .max()
        .unwrap_or(0)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to what fits"
)]
fn thousandths(quality: f32) -> u16 {
    (quality.clamp(0.0, 1.0) * 1_000.0) as u16
}

/// A report, ready to be sent.
#[derive(Debug)]
pub(super) struct Answer<T> {
    pub(super) report: T,
    pub(super) format: Format,
    pub(super) as_of: OffsetDateTime,
}

impl<T: Serialize + Sheet> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let mut response = match self.format {
            Format::Json => Json(self.report).into_response(),
            Format::Csv => csv(self.report),
        };
        let headers = response.headers_mut();
        match HeaderValue::try_from(Timestamp(self.as_of).to_string()) {
            Ok(as_of) => headers.insert(AS_OF, as_of),
            Err(error) => return Error::Internal(error.into()).into_response(),
        };
        headers.append(VARY, HeaderValue::from_name(ACCEPT));
        response
    }
}

fn csv<T: Sheet>(report: T) -> Response {
    let file = format!("attachment; filename=\"{}.csv\"", T::NAME);
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
        (CONTENT_DISPOSITION, file.as_str()),
    ];
    (headers, sheet::body(report)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_what_it_would_rather_have() {
        for (named, accept, wanted) in [
            (None, "", Format::Json),
            (None, "*/*", Format::Json),
            (None, "text/csv", Format::Csv),
            (None, "Text/CSV;q=0.5, */*;q=0.1", Format::Csv),
            (None, "text/csv;header=present", Format::Csv),
            (None, "text/csv;q=0", Format::Json),
            (None, "text/csv;q=x", Format::Json),
            (None, "text/csv;q=0.4, application/json;q=0.5", Format::Json),
            (None, "application/json, text/csv", Format::Json),
            (Some(Format::Csv), "application/json", Format::Csv),
            (Some(Format::Json), "text/csv", Format::Json),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().unwrap());
            assert_eq!(Format::wanted(named, &headers), wanted, "{accept}");
        }
    }
}
