//! A body that comes as JSON, or as a multipart form with files. Either way every bad field is
//! named at once, and files are stored as they come.

use std::{
    error::Error as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    extract::{FromRequest, Request},
    http::header::CONTENT_TYPE,
};
use desk_http::{
    Details, Error, Result, Valid,
    extract::{JSON_LIMIT, check, is_encoded},
    proxy::{UPLOAD_LIMIT, is_upload},
};
use futures::{StreamExt, stream};
use garde::Validate;
use multer::{Constraints, Field, Multipart, SizeLimit};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    App,
    files::{Receiver, Unfit, Uploads},
};

/// The field of the files.
const ATTACHMENTS: &str = "attachments";

/// How many parts a form may have: every field, fifty tags, ten files and room for more.
const PARTS: usize = 1000;
/// What the parser may keep until it gives something out, in bytes: a part's head, which the
/// parser itself takes at any length.
const HELD: usize = 256 * 1024;

/// A body that may come as a form, where everything is text: which fields are something else.
pub trait Form {
    /// Integers.
    const INTEGERS: &'static [&'static str] = &[];
    /// Lists of integers, a part each: `tags[]`.
    const LISTS: &'static [&'static str] = &[];
    /// Objects, as JSON texts.
    const OBJECTS: &'static [&'static str] = &[];
}

/// A checked body with its files.
pub struct Submitted<T> {
    /// The fields.
    pub body: T,
    /// The files, stored.
    pub uploads: Uploads,
}

/// What makes two requests the same: the fields, and of the files their names and bytes.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Signature<'a, T> {
    /// Without files it is the body.
    Body(&'a T),
    /// With files.
    WithFiles {
        /// The fields.
        body: &'a T,
        /// Names and digests.
        files: Vec<(&'a str, &'a [u8])>,
    },
}

impl<T> Submitted<T> {
    /// What makes another request the same.
    pub fn signature(&self) -> Signature<'_, T> {
        let body = &self.body;
        if self.uploads.is_empty() {
            return Signature::Body(body);
        }
        let files = self.uploads.list().iter();
        Signature::WithFiles {
            body,
            files: files
                .map(|file| (file.name.as_str(), file.digest.as_slice()))
                .collect(),
        }
    }
}

impl<T> FromRequest<App> for Submitted<T>
where
    T: DeserializeOwned + Validate<Context = ()> + Form,
{
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let uploads = Uploads::none(&app.files);
        if !is_upload(request.headers()) {
            let Valid(body) = Valid::from_request(request, app).await?;
            return Ok(Self { body, uploads });
        }
        let mut parts = Parts {
            fields: Map::new(),
            text: 0,
            held: Arc::default(),
            details: Details::default(),
            uploads,
        };
        let form = multipart(request, Arc::clone(&parts.held))?;
        parts.read::<T>(form).await?;
        parts.check()
    }
}

fn multipart(request: Request, held: Arc<AtomicUsize>) -> Result<Multipart<'static>> {
    if is_encoded(request.headers()) {
        return Err(Error::UnsupportedMediaType);
    }
    let kind = request.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|error| match error {
        multer::Error::NoBoundary => unreadable(&error),
        _ => Error::UnsupportedMediaType,
    })?;
    // A turn's pause after each piece: the parser takes whatever there is, and keeps it until it
    // is asked for. It also misses a form that comes at once with its end.
    let body = request.into_body().into_data_stream();
    let pieces = stream::unfold((body, false), move |(mut body, paused)| {
        let held = Arc::clone(&held);
        async move {
            if paused {
                tokio::task::yield_now().await;
            }
            let piece = body.next().await?.and_then(|piece| {
                let before = held.fetch_add(piece.len(), Ordering::Relaxed);
                if before > HELD {
                    return Err(axum::Error::new("a part's head without an end"));
                }
                Ok(piece)
            });
            Some((piece, (body, true)))
        }
    });
    let limit = SizeLimit::new().whole_stream(UPLOAD_LIMIT);
    let constraints = Constraints::new().size_limit(limit);
    Ok(Multipart::with_constraints(pieces, boundary, constraints))
}

fn unreadable(error: &multer::Error) -> Error {
    if matches!(error, multer::Error::StreamSizeExceeded { .. }) {
        return Error::TooLarge;
    }
    tracing::debug!(%error, source = ?error.source(), "a broken form");
    Error::Unreadable("The body is not a valid multipart form.".to_owned())
}

/// `tags[]` and PHP's `tags[0]` are about `tags`.
fn plain(name: &str) -> &str {
    name.strip_suffix(']')
        .and_then(|rest| rest.rsplit_once('['))
        .filter(|(_, index)| index.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(name, |(name, _)| name)
}

/// What has come of a form.
struct Parts {
    fields: Map<String, Value>,
    /// Bytes of text, names included.
    text: usize,
    /// Bytes that the parser got since it last gave something out.
    held: Arc<AtomicUsize>,
    /// What is wrong with the files.
    details: Details,
    uploads: Uploads,
}

impl Parts {
    async fn read<T: Form>(&mut self, mut form: Multipart<'_>) -> Result<()> {
        let mut parts = 0;
        while let Some(mut field) = form
            .next_field()
            .await
            .map_err(|error| unreadable(&error))?
        {
            self.held.store(0, Ordering::Relaxed);
            parts += 1;
            if parts > PARTS {
                return Err(Error::TooLarge);
            }
            let name = plain(field.name().unwrap_or_default()).to_owned();
            if name == ATTACHMENTS {
                self.file(&mut field).await?;
            } else if field.file_name().is_none() {
                self.text::<T>(name, &mut field).await?;
            }
            while self.next(&mut field).await?.is_some() {}
        }
        Ok(())
    }

    async fn text<T: Form>(&mut self, name: String, field: &mut Field<'_>) -> Result<()> {
        let mut bytes = Vec::new();
        self.grow(name.len())?;
        while let Some(piece) = self.next(field).await? {
            self.grow(piece.len())?;
            bytes.extend_from_slice(&piece);
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| Error::Unreadable("The form is not valid UTF-8.".to_owned()))?;
        add::<T>(&mut self.fields, name, text);
        Ok(())
    }

    /// Stores a file, unless one was refused before: then all of them will be.
    async fn file(&mut self, field: &mut Field<'_>) -> Result<()> {
        if !self.details.is_empty() {
            return Ok(());
        }
        let name = field.file_name().unwrap_or_default().to_owned();
        if name.is_empty() {
            return self.nameless(field).await;
        }
        let mut receiver = match self.uploads.receive(&name) {
            Ok(receiver) => receiver,
            Err(unfit) => {
                self.details.add(ATTACHMENTS, unfit.message());
                return Ok(());
            }
        };
        match pour(&self.held, field, &mut receiver).await {
            Ok(true) => receiver.finish().await,
            Ok(false) => {
                receiver.abort().await;
                self.details.add(ATTACHMENTS, Unfit::TooLarge.message());
                Ok(())
            }
            Err(error) => {
                receiver.abort().await;
                Err(error)
            }
        }
    }

    /// Counts text.
    fn grow(&mut self, by: usize) -> Result<()> {
        self.text += by;
        if self.text > JSON_LIMIT {
            return Err(Error::TooLarge);
        }
        Ok(())
    }

    async fn next(&self, field: &mut Field<'_>) -> Result<Option<bytes::Bytes>> {
        next(&self.held, field).await
    }

    /// An empty file without a name is what a browser sends where none was chosen.
    async fn nameless(&mut self, field: &mut Field<'_>) -> Result<()> {
        let mut is_empty = true;
        while let Some(piece) = self.next(field).await? {
            is_empty &= piece.is_empty();
        }
        if !is_empty {
            self.details
                .add(ATTACHMENTS, "Each attachment must be a file with a name.");
        }
        Ok(())
    }

    fn check<T>(mut self) -> Result<Submitted<T>>
    where
        T: DeserializeOwned + Validate<Context = ()>,
    {
        let body = match check(self.fields) {
            Ok(body) => body,
            Err(Error::Invalid(details)) => {
                self.details.merge(details);
                return Err(Error::Invalid(self.details));
            }
            Err(error) => return Err(error),
        };
        self.details.into_result()?;
        Ok(Submitted {
            body,
            uploads: self.uploads,
        })
    }
}

async fn next(held: &AtomicUsize, field: &mut Field<'_>) -> Result<Option<bytes::Bytes>> {
    let piece = field.chunk().await.map_err(|error| unreadable(&error));
    held.store(0, Ordering::Relaxed);
    piece
}

/// False when the file is too large.
async fn pour(
    held: &AtomicUsize,
    field: &mut Field<'_>,
    receiver: &mut Receiver<'_>,
) -> Result<bool> {
    while let Some(piece) = next(held, field).await? {
        if !receiver.take(piece).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What does not read as what it should be stays text, and is refused as that.
fn add<T: Form>(fields: &mut Map<String, Value>, name: String, text: String) {
    let is = |names: &[&str]| names.contains(&name.as_str());
    let integer = |text: String| match text.trim().parse::<i64>() {
        Ok(number) => Value::from(number),
        Err(_) => Value::from(text),
    };
    if is(T::LISTS) {
        let list = fields
            .entry(name)
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(items) = list
            && !text.trim().is_empty()
        {
            items.push(integer(text));
        }
        return;
    }
    let value = if is(T::INTEGERS) {
        integer(text)
    } else if is(T::OBJECTS) {
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    } else {
        Value::String(text)
    };
    fields.insert(name, value);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    struct Ticket;

    impl Form for Ticket {
        const INTEGERS: &'static [&'static str] = &["project_id"];
        const LISTS: &'static [&'static str] = &["tags"];
        const OBJECTS: &'static [&'static str] = &["metadata"];
    }

    #[test]
    fn text_becomes_what_the_field_is() {
        let mut fields = Map::new();
        for (name, text) in [
            ("project_id", " 7 "),
            ("subject", "12"),
            ("tags", "3"),
            ("tags", ""),
            ("tags", "x"),
            ("metadata", r#"{"a":[1]}"#),
            ("note", "{}"),
        ] {
            add::<Ticket>(&mut fields, name.to_owned(), text.to_owned());
        }
        assert_eq!(
            Value::Object(fields),
            json!({
                "project_id": 7, "subject": "12", "tags": [3, "x"], "metadata": {"a": [1]},
                "note": "{}",
            })
        );
        let mut broken = Map::new();
        for (name, text) in [("project_id", "seven"), ("metadata", "{")] {
            add::<Ticket>(&mut broken, name.to_owned(), text.to_owned());
        }
        assert_eq!(
            Value::Object(broken),
            json!({"project_id": "seven", "metadata": "{"})
        );
    }

    #[test]
    fn an_index_is_no_part_of_the_name() {
        for (name, field) in [
            ("attachments[]", "attachments"),
            ("attachments[12]", "attachments"),
            ("attachments", "attachments"),
            ("metadata[key]", "metadata[key]"),
            ("]", "]"),
            ("", ""),
        ] {
            assert_eq!(plain(name), field);
        }
    }

    proptest! {
        #[test]
        fn every_part_of_a_form_is_kept(parts in prop::collection::vec(("(project_id|tags|metadata|subject)(\\[[0-9]?\\]?)?", any::<String>()), 0..8)) {
            let mut fields = Map::new();
            for (name, text) in parts {
                let name = plain(&name).to_owned();
                add::<Ticket>(&mut fields, name.clone(), text);
                prop_assert!(fields.contains_key(&name));
            }
        }
    }
}
