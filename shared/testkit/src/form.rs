//! Multipart forms, as a client writes them.

use std::fmt::Write as _;

/// What separates the parts.
const BOUNDARY: &str = "----supportdesk-5f9a";

/// A form that is being written.
#[derive(Debug, Clone, Default)]
pub struct Form(Vec<u8>);

impl Form {
    /// The `Content-Type` of every form.
    pub const CONTENT_TYPE: &'static str = "multipart/form-data; boundary=----supportdesk-5f9a";

    /// With one more field.
    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Self {
        self.part(&format!("name=\"{name}\""), None, value.as_bytes())
    }

    /// With one more file; the client says that it is a picture.
    #[must_use]
    pub fn file(self, name: &str, file_name: &str, bytes: &[u8]) -> Self {
        let names = format!("name=\"{name}\"; filename=\"{file_name}\"");
        self.part(&names, Some("image/gif"), bytes)
    }

    fn part(mut self, names: &str, kind: Option<&str>, bytes: &[u8]) -> Self {
        let mut head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {names}\r\n");
        if let Some(kind) = kind {
            let _ = write!(head, "Content-Type: {kind}\r\n");
        }
        self.0.extend_from_slice(head.as_bytes());
        self.0.extend_from_slice(b"\r\n");
        self.0.extend_from_slice(bytes);
        self.0.extend_from_slice(b"\r\n");
        self
    }

    /// The whole body.
    pub fn finish(mut self) -> Vec<u8> {
        self.0
            .extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        self.0
    }

    /// The body as far as it has come when the client is gone.
    pub fn broken_off(self) -> Vec<u8> {
        self.0
    }
}
