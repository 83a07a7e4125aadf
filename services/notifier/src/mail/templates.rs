//! The words of mails: templates compiled in, each replaced by an operator's file of the same name
//! where there is one.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context as _, bail};
use minijinja::{Environment, UndefinedBehavior, value::Serde};

use super::letter::{AccountPart, AssignmentPart, DeadlinePart, Letter, StatusPart, TicketPart};
use crate::domain::Kind;

macro_rules! built_in {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../../templates/", $name)))),*]
    };
}

/// Each kind has a plain text and a page; all share the subject line and the layouts.
const BUILT_IN: [(&str, &str); 17] = built_in! {
    "subject.txt" "layout.txt" "layout.html"
    "reply.txt" "reply.html" "assignment.txt" "assignment.html"
    "status_change.txt" "status_change.html" "due_soon.txt" "due_soon.html"
    "breach.txt" "breach.html" "verify.txt" "verify.html" "reset.txt" "reset.html"
};

/// A mail's words.
pub(super) struct Rendered {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
}

/// All templates, ready to render. What goes into a page is escaped; a name that a template
/// misspells is an error.
pub(super) struct Templates(Environment<'static>);

impl Templates {
    /// Reads an operator's folder over what is compiled in, and tries each kind once.
    ///
    /// # Errors
    /// A folder that cannot be read, a file that replaces nothing, a template that does not render.
    pub(super) fn load(folder: Option<&Path>) -> anyhow::Result<Self> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        if let Some(folder) = folder {
            check_names(folder)?;
        }
        for (name, source) in BUILT_IN {
            let source = match folder.map(|folder| folder.join(name)) {
                Some(file) if file.exists() => fs::read_to_string(&file)
                    .with_context(|| format!("{} cannot be read", file.display()))?,
                _ => source.to_owned(),
            };
            environment.add_template_owned(name, source)?;
        }
        let templates = Self(environment);
        for kind in Kind::ALL {
            for letter in [sample(kind), bare(kind)] {
                templates
                    .render(&letter)
                    .with_context(|| format!("a mail of kind {}", kind.as_str()))?;
            }
        }
        Ok(templates)
    }

    /// The words of a letter; the subject is one line.
    pub(super) fn render(&self, letter: &Letter<'_>) -> Result<Rendered, minijinja::Error> {
        let kind = letter.kind.as_str();
        let render = |name: &str| self.0.get_template(name)?.render(Serde(letter));
        let subject = render("subject.txt")?;
        Ok(Rendered {
            subject: subject.split_whitespace().collect::<Vec<_>>().join(" "),
            text: render(&format!("{kind}.txt"))?,
            html: render(&format!("{kind}.html"))?,
        })
    }
}

/// A misspelt file would be passed over in silence.
fn check_names(folder: &Path) -> anyhow::Result<()> {
    let known: BTreeSet<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
    let entries =
        fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    for entry in entries {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        if !name.starts_with('.') && !known.contains(&*name) {
            let known = known.into_iter().collect::<Vec<_>>().join(", ");
            bail!("{name} replaces no template; there are {known}");
        }
    }
    Ok(())
}

/// Everything that a letter of this kind may have.
fn sample(kind: Kind) -> Letter<'static> {
    let account = kind.is_account();
    Letter {
        kind,
        name: Some("Ada"),
        actor: Some("Grace"),
        ticket: (!account).then(|| TicketPart {
            number: "DESK-2026-00001",
            subject: "Printer",
            project: Some("Desk"),
            url: Some("https://desk.example/tickets/1".to_owned()),
        }),
        message: (kind == Kind::Reply).then_some("Hello"),
        assignment: (kind == Kind::Assignment).then_some(AssignmentPart {
            to_you: true,
            to: Some("Grace"),
        }),
        status: (kind == Kind::StatusChange).then(|| StatusPart {
            from: Some("open".to_owned()),
            to: "resolved".to_owned(),
        }),
        deadlines: matches!(kind, Kind::DueSoon | Kind::Breach)
            .then(|| DeadlinePart {
                what: "first reply",
                due_at: Some("2026-03-02 09:00 UTC".to_owned()),
            })
            .into_iter()
            .collect(),
        account: account.then(|| AccountPart {
            link: "https://desk.example/verify?token=x",
            expires_at: Some("2026-03-02 09:00 UTC".to_owned()),
        }),
    }
}

/// A letter of this kind with nothing but what it always has.
fn bare(kind: Kind) -> Letter<'static> {
    let mut letter = sample(kind);
    letter.name = None;
    letter.actor = None;
    if let Some(ticket) = &mut letter.ticket {
        ticket.project = None;
        ticket.url = None;
    }
    if let Some(assignment) = &mut letter.assignment {
        (assignment.to_you, assignment.to) = (false, None);
    }
    if let Some(status) = &mut letter.status {
        status.from = None;
    }
    for deadline in &mut letter.deadlines {
        deadline.due_at = None;
    }
    letter
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_escaped_and_a_text_is_not() {
        let mut letter = sample(Kind::Reply);
        letter.message = Some("<b onclick=\"x\">&\nnext");
        let rendered = Templates::load(None).unwrap().render(&letter).unwrap();
        assert!(rendered.text.contains("<b onclick=\"x\">&\nnext"));
        assert!(
            rendered
                .html
                .contains("&lt;b onclick=&quot;x&quot;&gt;&amp;")
        );
        assert!(!rendered.html.contains("<b onclick"));
    }

    #[test]
    fn a_subject_is_one_line() {
        let mut letter = sample(Kind::Reply);
        if let Some(ticket) = &mut letter.ticket {
            ticket.subject = "Printer\r\nBcc: all@example.com";
        }
        let rendered = Templates::load(None).unwrap().render(&letter).unwrap();
        assert_eq!(
            rendered.subject,
            "[DESK-2026-00001] Printer Bcc: all@example.com"
        );
    }

    #[test]
    fn an_operators_folder_is_checked_at_the_start() {
        let folder = std::env::temp_dir().join(format!("templates-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let load = |name: &str, source: &str| {
            let file = folder.join(name);
            fs::write(&file, source).unwrap();
            let loaded = Templates::load(Some(&folder));
            fs::remove_file(&file).unwrap();
            loaded
        };
        let own = load("reply.txt", "Own words: {{ message }}").unwrap();
        let rendered = own.render(&sample(Kind::Reply)).unwrap();
        assert_eq!(rendered.text, "Own words: Hello");
        for (name, source, complaint) in [
            ("replay.txt", "x", "replay.txt replaces no template"),
            ("reply.txt", "{{ mesage }}", "a mail of kind reply"),
            ("reply.html", "{% if %}", "syntax error"),
        ] {
            let error = load(name, source).err().map(|error| format!("{error:#}"));
            assert!(
                error.is_some_and(|error| error.contains(complaint)),
                "{name}"
            );
        }
        fs::remove_dir_all(&folder).unwrap();
        assert!(Templates::load(Some(&folder)).is_err());
    }
}
