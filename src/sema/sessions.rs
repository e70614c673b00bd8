//! The entities of the sessions of dialogs: `QualifyCallSession` is declared by `dialog QualifyCall`.
//!
//! They are written in the language itself, so that all that holds for entities holds for them: queries, triggers,
//! tables and their changes. The text stands in a file of its own, with what its dialogs use.

use crate::syntax::ast::{File, ItemKind, ProcessKind};

/// The path that messages show.
pub const PATH: &str = "<sessions>";

/// The declarations that belong to the dialogs of a file; nothing without dialogs.
#[must_use]
pub fn declarations(tree: &File, text: &str) -> Option<String> {
    let slice = |span: crate::base::span::Span| text.get(span.start as usize..span.end as usize).unwrap_or_default();
    let mut used = String::new();
    let mut declared = String::new();
    for item in &tree.items {
        match &item.kind {
            ItemKind::Use { .. } => {
                used.push_str(slice(item.span));
                used.push('\n');
            }
            ItemKind::Process(decl) if decl.kind == ProcessKind::Dialog => {
                let name = &decl.name.name;
                let primary = decl.primary.as_ref().map(|primary| slice(primary.ty.span));
                declared.push_str(&declaration(name, primary));
            }
            _ => {}
        }
    }
    (!declared.is_empty()).then(|| format!("{used}{declared}"))
}

/// One session.
fn declaration(dialog: &str, primary: Option<&str>) -> String {
    let (record, shown) = match primary {
        Some(ty) => (format!("    record: ({ty})? on delete clear\n"), format!("{dialog} {{record}}")),
        None => (String::new(), dialog.to_owned()),
    };
    format!(
        r#"
entity {dialog}Session owned by user, not creatable {{
{record}    dialog: text(200)
    instance: int
    page: text?
    shown: text?
    answers: text = "[]"
    comments: text?
    message: text?
    ended_on: datetime?

    states {{
        incomplete = 0 "Incomplete"
        complete = 1 "Complete"
        canceled = 2 "Canceled"
        incomplete -> complete, canceled
    }}
    shown as "{shown}"
}}
"#
    )
}
