//! Pure rules.

mod delivery;

pub(crate) use delivery::{Delivery, Recipient, delivery};
