//! The placeholders of canned responses.

/// What stands for a ticket and the agent who answers it.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// `{{customer_name}}`
    pub customer_name: &'a str,
    /// `{{ticket_number}}`
    pub ticket_number: &'a str,
    /// `{{agent_name}}`
    pub agent_name: &'a str,
}

impl<'a> Facts<'a> {
    const fn table(&self) -> [(&'static str, &'a str); 3] {
        [
            ("{{customer_name}}", self.customer_name),
            ("{{ticket_number}}", self.ticket_number),
            ("{{agent_name}}", self.agent_name),
        ]
    }
}

/// The text with each placeholder replaced, in one pass: what is put in is never read again, so
/// that a customer named `{{agent_name}}` stays that. Unknown placeholders stay as they are, and
/// nothing is escaped: it is plain text.
pub fn render(text: &str, facts: &Facts<'_>) -> String {
    let table = facts.table();
    let mut rendered = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let (before, opened) = rest.split_at(at);
        rendered.push_str(before);
        let known = table
            .iter()
            .find_map(|(name, value)| Some((opened.strip_prefix(name)?, value)));
        if let Some((after, value)) = known {
            rendered.push_str(value);
            rest = after;
        } else {
            // The next brace may open one: `{{{agent_name}}`.
            rendered.push('{');
            rest = &opened[1..];
        }
    }
    rendered.push_str(rest);
    rendered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_replaced_once_and_as_text() {
        let facts = Facts {
            customer_name: "{{agent_name}}",
            ticket_number: "NAIJ-2024-00043",
            agent_name: "<b>Alice</b> & {{ticket_number}}",
        };
        for (text, rendered) in [
            ("", ""),
            ("Hello", "Hello"),
            ("Hi {{customer_name}}!", "Hi {{agent_name}}!"),
            (
                "{{ticket_number}}{{ticket_number}}",
                "NAIJ-2024-00043NAIJ-2024-00043",
            ),
            ("{{agent_name}}", "<b>Alice</b> & {{ticket_number}}"),
            (
                "{{unknown}} {{ ticket_number }}",
                "{{unknown}} {{ ticket_number }}",
            ),
            ("{{Customer_Name}}", "{{Customer_Name}}"),
            ("{{{ticket_number}}}", "{NAIJ-2024-00043}"),
            ("{{x{{ticket_number}}", "{{xNAIJ-2024-00043"),
            ("{{}} }} {{", "{{}} }} {{"),
            ("é{{ticket_number", "é{{ticket_number"),
        ] {
            assert_eq!(render(text, &facts), rendered, "{text}");
        }
    }
}
