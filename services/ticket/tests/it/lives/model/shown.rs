//! What is to be seen and heard of the ticket.

use serde_json::{Value, json};

use super::{Model, Who};

impl Model {
    /// The subjects of all that was said about the ticket, in order.
    pub fn said(&self) -> Vec<&'static str> {
        let subject = |what: &&'static str| match *what {
            "created" => "ticket.created",
            "assigned" => "ticket.assigned",
            "status_changed" => "status.changed",
            "reply_added" | "note_added" => "message.added",
            "rated" => "ticket.rated",
            "breached" => "ticket.breached",
            "deleted" => "ticket.deleted",
            "restored" => "ticket.restored",
            _ => "ticket.updated",
        };
        let said = self.history.iter().map(subject);
        said.chain(self.is_purged.then_some("ticket.purged"))
            .collect()
    }

    /// The ticket as somebody sees it, with times in minutes.
    pub fn shown_to(&self, who: Who) -> Value {
        let staff = who.is_staff();
        let messages: Vec<Value> = (self.messages.iter())
            .filter(|message| staff || message.kind != "note")
            .map(|message| json!([message.kind, message.by_staff, message.is_first]))
            .collect();
        let history: Vec<&&str> = (self.history.iter())
            .filter(|what| staff || !matches!(**what, "note_added" | "watched"))
            .collect();
        json!({
            "status": self.status, "priority": self.priority, "subject": self.subject,
            "assigned_to": self.assignee, "tags": self.tags,
            "watching": self.watchers.contains(&who.id()),
            "watchers": staff.then_some(&self.watchers),
            "rating": self.rating, "messages": messages, "activities": history,
            "reply_count": self.messages.iter().filter(|message| message.kind == "reply").count(),
            "version": self.history.len(),
            "last_activity_at": self.last_shown,
            "resolved_at": self.resolved_at, "closed_at": self.closed_at,
            "first_response_at": self.first_reply_at,
            "first_response_due_at": self.first_reply_due,
            "first_response_breached": self.first_reply_missed,
            "resolution_due_at": self.resolution_due,
            "resolution_breached": self.resolution_missed,
        })
    }
}
