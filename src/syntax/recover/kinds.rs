//! What a body in braces holds, judged by the words before it, and where its parts may begin.

use crate::base::distance::did_you_mean;
use crate::syntax::chunks::DECLARATIONS;
use crate::syntax::grammar::Rule;
use crate::syntax::scan::{Token, TokenKind};

use super::verbs;

/// The kinds of parts that bodies hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Item,
    Stmt,
    Arm,
    ValueArm,
    WaitArm,
    Field,
    Param,
    Member,
    EntityPart,
    StatePart,
    FlowPart,
    StagePart,
    EmailLine,
    Right,
    PagePart,
    Branch,
}

impl Kind {
    /// The rule for one part.
    pub(super) fn rule(self) -> Rule {
        match self {
            Kind::Item => Rule::part_item,
            Kind::Stmt => Rule::part_stmt,
            Kind::Arm => Rule::part_arm,
            Kind::ValueArm => Rule::part_value_arm,
            Kind::WaitArm => Rule::part_wait_arm,
            Kind::Field => Rule::part_field,
            Kind::Param => Rule::part_param,
            Kind::Member => Rule::part_member,
            Kind::EntityPart => Rule::part_entity,
            Kind::StatePart => Rule::part_state,
            Kind::FlowPart => Rule::part_flow,
            Kind::StagePart => Rule::part_stage,
            Kind::EmailLine => Rule::part_email,
            Kind::Right => Rule::part_right,
            Kind::PagePart => Rule::part_page,
            Kind::Branch => Rule::part_branch,
        }
    }

    /// The rule for one part and nothing behind it.
    pub(super) fn whole(self) -> Rule {
        match self {
            Kind::Item => Rule::whole_item,
            Kind::Stmt => Rule::whole_stmt,
            Kind::Arm => Rule::whole_arm,
            Kind::ValueArm => Rule::whole_value_arm,
            Kind::WaitArm => Rule::whole_wait_arm,
            Kind::Field => Rule::whole_field,
            Kind::Param => Rule::whole_param,
            Kind::Member => Rule::whole_member,
            Kind::EntityPart => Rule::whole_entity,
            Kind::StatePart => Rule::whole_state,
            Kind::FlowPart => Rule::whole_flow,
            Kind::StagePart => Rule::whole_stage,
            Kind::EmailLine => Rule::whole_email,
            Kind::Right => Rule::whole_right,
            Kind::PagePart => Rule::whole_page,
            Kind::Branch => Rule::whole_branch,
        }
    }

    /// The part in words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Kind::Item => "a declaration",
            Kind::Stmt => "a statement",
            Kind::Arm | Kind::ValueArm | Kind::WaitArm => "an arm",
            Kind::Field | Kind::Param | Kind::EntityPart => "a field",
            Kind::Member => "a member",
            Kind::StatePart => "a state",
            Kind::FlowPart => "a stage",
            Kind::StagePart => "a step",
            Kind::EmailLine => "a line of the e-mail",
            Kind::Right => "a right",
            Kind::PagePart => "`say` or `ask`",
            Kind::Branch => "a branch",
        }
    }

    /// Whether parts of this kind are separated by commas.
    fn by_comma(self) -> bool {
        matches!(
            self,
            Kind::Arm | Kind::ValueArm | Kind::WaitArm | Kind::Field | Kind::Param | Kind::Member | Kind::EntityPart
        )
    }

    /// Whether a part may begin at the token `at`; `line` is the indentation of the part that may end there, if it
    /// began its line.
    pub(super) fn may_begin(
        self,
        source: &str,
        tokens: &[Token],
        at: usize,
        line: Option<usize>,
        column: usize,
    ) -> bool {
        let Some(token) = tokens.get(at) else { return true };
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        if self.by_comma() && before.is_some_and(|b| b.text(source) == ",") {
            return true;
        }
        let word = token.text(source);
        let is_word = matches!(token.kind, TokenKind::Word | TokenKind::Name);
        if token.first_on_line && line.is_some_and(|line| column <= line) && !matches!(token.kind, TokenKind::Open(_)) {
            return true;
        }
        match self {
            Kind::Stmt => verbs::begins_statement(source, tokens, at),
            Kind::Item => token.first_on_line && is_word && DECLARATIONS.contains(&word),
            Kind::FlowPart => matches!(word, "stage" | "on") && token.first_on_line,
            Kind::StagePart => matches!(word, "step" | "button" | "next" | "finish" | "do" | "start"),
            Kind::EmailLine => matches!(word, "from" | "subject" | "body" | "attach") && token.first_on_line,
            Kind::Right => word == "allow",
            Kind::PagePart => matches!(word, "say" | "ask") && token.first_on_line,
            Kind::Branch => word == "branch",
            _ => false,
        }
    }
}

/// What the body that opens at `open` holds, within a part of kind `outer` whose tokens before the body are `head`;
/// none if it belongs to an expression or cannot be judged.
pub(super) fn body_kind(outer: Kind, source: &str, head: &[Token], inside: &[Token], is_last: bool) -> Option<Kind> {
    let words: Vec<&str> = head.iter().map(|token| token.text(source)).collect();
    match outer {
        Kind::Item if is_last => item_body(&words, looks_like_fields(source, inside)),
        Kind::EntityPart => (words.first() == Some(&"states")).then_some(Kind::StatePart),
        Kind::FlowPart if is_last => Some(if words.first() == Some(&"stage") { Kind::StagePart } else { Kind::Stmt }),
        Kind::Branch => Some(Kind::Stmt),
        Kind::Stmt | Kind::Arm | Kind::WaitArm => stmt_body(source, head, &words, inside),
        _ => None,
    }
}

fn item_body(words: &[&str], fields: bool) -> Option<Kind> {
    Some(match keyword(words) {
        "enum" => Kind::Member,
        // A word that says nothing, and fields behind it.
        "" if fields => Kind::EntityPart,
        "event" if fields => Kind::Param,
        "entity" => Kind::EntityPart,
        "record" | "error" | "signal" => Kind::Param,
        "email" => Kind::EmailLine,
        "role" => Kind::Right,
        "flow" => Kind::FlowPart,
        "use" | "calendar" | "migrate" | "activity" => return None,
        _ => Kind::Stmt,
    })
}

/// The word that says what is declared: also where another word stands before it, or where it is misspelt.
fn keyword<'w>(words: &[&'w str]) -> &'w str {
    let mut known = words.iter().copied().filter(|word| *word != "extend" && DECLARATIONS.contains(word));
    let Some(first) = words.iter().copied().find(|word| *word != "extend") else { return "" };
    if DECLARATIONS.contains(&first) {
        return first;
    }
    did_you_mean(first, DECLARATIONS).first().copied().or_else(|| known.next()).unwrap_or("")
}

fn stmt_body(source: &str, head: &[Token], words: &[&str], inside: &[Token]) -> Option<Kind> {
    let last = words.last().copied().unwrap_or("");
    let fields = looks_like_fields(source, inside);
    let is_value = last == "else" && words.first() != Some(&"if") && !words.contains(&"=>");
    if is_value {
        return None;
    }
    match last {
        "=>" | "else" | "try" | "atomic" | "saga" | "undo" | "finally" | "cancel" | "" => return Some(Kind::Stmt),
        "wait" => return Some(Kind::WaitArm),
        "for" if words == ["wait", "for"] => return Some(Kind::WaitArm),
        "parallel" | "first" => return Some(Kind::Branch),
        "email" => return Some(Kind::Field),
        _ => {}
    }
    let governing = words.iter().rposition(|word| GOVERNING.contains(word));
    let word = governing.and_then(|at| words.get(at)).copied().unwrap_or("");
    let after_name = head.last().is_some_and(|token| token.kind == TokenKind::Name);
    match word {
        "create" | "raise" | "emit" | "given" | "update" | "answer" | "send" => Some(Kind::Field),
        "ask" => Some(Kind::Param),
        "page" => Some(Kind::PagePart),
        _ if after_name && fields => None,
        "match" => {
            let first = governing == Some(0) || words.get(governing?.checked_sub(1)?) == Some(&"=>");
            Some(if first { Kind::Arm } else { Kind::ValueArm })
        }
        "if" => {
            let before = governing.and_then(|at| at.checked_sub(1)).and_then(|at| words.get(at)).copied();
            matches!(before, None | Some("else" | "=>")).then_some(Kind::Stmt)
        }
        "while" | "for" | "stage" | "catch" | "act" | "branch" => Some(Kind::Stmt),
        _ if fields => Some(Kind::Field),
        _ if holds_arms(source, inside) => None,
        _ => Some(Kind::Stmt),
    }
}

const GOVERNING: [&str; 17] = [
    "create", "raise", "emit", "given", "update", "answer", "send", "ask", "page", "match", "if", "while", "for",
    "stage", "catch", "act", "branch",
];

/// Whether arms stand in a body, and not in one within it.
fn holds_arms(source: &str, inside: &[Token]) -> bool {
    let mut depth = 0usize;
    inside.iter().any(|token| {
        match token.kind {
            TokenKind::Open(_) => depth += 1,
            TokenKind::Close(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.text(source) == "=>"
    })
}

fn looks_like_fields(source: &str, inside: &[Token]) -> bool {
    matches!(inside, [word, colon, ..] if matches!(word.kind, TokenKind::Word | TokenKind::Name) && colon.text(source) == ":")
}
