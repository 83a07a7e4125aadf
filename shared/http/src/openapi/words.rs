//! The enumerations of `desk_events` as schemas, for `value_type`: the events crate knows nothing
//! of HTTP, and often a plain string stands in the answer.

use std::borrow::Cow;

use desk_events::{MessageKind, Priority, Role, Source, Status};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ObjectBuilder, Schema, Type},
    },
};

macro_rules! words {
    ($($(#[doc = $doc:literal])* $schema:ident = $name:literal of $words:ty,)*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $schema;

        impl PartialSchema for $schema {
            fn schema() -> RefOr<Schema> {
                let words = <$words>::ALL.iter().map(|word| word.as_str());
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some([$($doc.trim()),*].join(" ")))
                    .enum_values(Some(words))
                    .into()
            }
        }

        impl ToSchema for $schema {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }
        }
    )*};
}

words! {
    /// Where a ticket stands: filed, worked on, waiting for the customer, solved as staff see it,
    /// or over.
    StatusWord = "Status" of Status,
    /// How urgent a ticket is.
    PriorityWord = "Priority" of Priority,
    /// Which door a ticket came through: the portal, or an external project with a key.
    SourceWord = "Source" of Source,
    /// A reply is seen by the customer, a note by staff only.
    MessageKindWord = "MessageKind" of MessageKind,
    /// What an account may do.
    RoleWord = "Role" of Role,
}
