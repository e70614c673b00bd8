//! What to write where something is missing, or something else stands.

use crate::syntax::recover::explain::Place;
use crate::syntax::recover::kinds::Kind;

/// Verbs that are followed by fields in braces.
const OF_FIELDS: [&str; 6] = ["answer", "create", "emit", "given", "raise", "update"];

/// The help for a part that lacks what is `expected`.
pub(in crate::syntax::recover) fn help(place: &Place<'_>, expected: &[String]) -> Option<String> {
    let first = place.word(place.from);
    let before = place.at.checked_sub(1).map_or("", |before| place.word(before));
    let word =
        place.token(place.at).filter(|token| !token.first_on_line).map_or("…", |token| token.text(place.source));
    let is = |mark: &str| expected.iter().any(|one| one == mark);
    let only = |mark: &str| expected.len() == 1 && is(mark);
    let help = match place.kind {
        Kind::Stmt if only("`{`") && OF_FIELDS.contains(&first) => "the fields stand in braces: `{ field: value }`",
        Kind::Stmt if is("`{`") && matches!(first, "if" | "while" | "for") => {
            return Some(format!("write `{first} … {{ … }}`"));
        }
        Kind::Stmt if is("a value") && matches!(first, "if" | "while") && word == "{" => {
            return Some(format!("write what it depends on: `{first} deal.score > 3 {{ … }}`"));
        }
        Kind::Stmt if first == "stop" && is("`canceled`") => "write `stop succeeded` or `stop canceled \"…\"`",
        Kind::Stmt if first == "log" && is("a value") => "write `log \"…\"`",
        Kind::EntityPart | Kind::Param if only("a type") => {
            let ty =
                if before == "of" { "text" } else { return Some(format!("write `{}: text`", place.word(place.from))) };
            return Some(format!("write `of {ty}`"));
        }
        Kind::EntityPart if is("`via`") => {
            return Some(format!("write `many {before} via deal`: the field of `{before}` that refers to this record"));
        }
        Kind::Item if before == "rank" => "write `rank 10`",
        Kind::Item if before == "cron" => "write `cron \"0 2 * * *\"`",
        Kind::Field | Kind::EntityPart | Kind::Param | Kind::Item
            if only("`:`") && before.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_') =>
        {
            let is_value = word.starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '"');
            return Some(format!("write `{before}: {}`", if is_value { word } else { "…" }));
        }
        _ => return None,
    };
    Some(help.to_owned())
}
