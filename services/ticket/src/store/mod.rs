//! SQL, one module per family of tables. Functions are named for what they answer, take a
//! connection (so that a handler decides what is one transaction) and know no business words.

pub mod activities;
pub mod attachments;
pub mod audit;
pub mod breaches;
pub mod calendars;
pub mod canned_responses;
pub mod cards;
pub mod categories;
pub mod chores;
pub mod configuration;
pub mod counts;
pub mod create;
pub mod erasing;
pub mod erasures;
pub mod idempotency;
pub mod list;
pub mod messages;
pub mod people;
pub mod persons;
pub mod policies;
pub mod purge;
pub mod ratings;
pub mod releases;
pub mod requesters;
pub mod tags;
pub mod tickets;
pub mod totals;
pub mod unwanted;
mod word;
