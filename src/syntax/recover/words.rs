//! What the grammar expected, in words of the language.

use crate::syntax::grammar::Rule;

/// At most so many alternatives are named.
const NAMED_MAX: usize = 4;

/// What the grammar tried at the place where it gave up.
#[derive(Debug)]
pub(super) struct Tried {
    /// Marks and words.
    pub(super) tokens: Vec<String>,
    /// Rules, each with the rule that called it.
    pub(super) rules: Vec<(Option<Rule>, Option<Rule>)>,
}

/// What would have let the parser go on, the likeliest first. Nothing if only more letters of a word would have.
pub(super) fn expected(tried: &Tried) -> Vec<String> {
    let letters = tried.tokens.iter().any(|token| token == "a..z" || token == "A..Z");
    // Where a name begins it may be quoted; where it only goes on, it may not.
    let name_begins = tried.tokens.iter().any(|token| token == "`");
    let within_word = letters && !name_begins && tried.tokens.iter().any(|token| token == "0..9");
    let rules = tried.rules.iter().filter_map(|(deepest, parent)| deepest.or(*parent));
    let mut words: Vec<String> = Vec::new();
    for rule in rules {
        let is_name = matches!(rule, Rule::name | Rule::word | Rule::Name | Rule::new_name | Rule::new_type);
        if !(within_word && is_name) {
            words.extend(noun(rule).map(str::to_owned));
        }
    }
    // Within a parameter or field, or where a text is one of several, the marks say more.
    let colon_missing = tried.tokens.iter().any(|token| token == ":");
    let vague = words.iter().all(|word| match word.as_str() {
        "a parameter" | "a field" => colon_missing,
        "a text" => true,
        _ => false,
    });
    if vague {
        let text = words.iter().any(|word| word == "a text");
        words.clear();
        let marks = tried.tokens.iter().filter(|token| is_mark(token));
        words.extend(marks.map(|token| format!("`{token}`")));
        let colon = words.iter().any(|word| word == "`:`");
        words.retain(|word| !(colon && word == "`as`"));
        words.sort_by_key(|word| word.chars().any(char::is_alphabetic));
        words.retain(|word| !(text && word.contains('"')));
        if text {
            words.push("a text".to_owned());
        }
        if letters && !within_word {
            words.push("a name".to_owned());
        }
        // A body is what most heads lack.
        if words.len() > NAMED_MAX && words.iter().any(|word| word == "`{`") {
            words = vec!["`{`".to_owned()];
        }
    }
    words.dedup();
    words
}

/// Whether a token is a mark or word that people write, and not layout, a character class or a hole.
fn is_mark(token: &str) -> bool {
    let is_layout = token.trim().is_empty() || matches!(token, "/*" | "//" | "\u{1}" | "_" | "`" | "BUILTIN_RULE");
    let is_foreign =
        matches!(token, "==" | ":=" | "/=" | "&&" | "||" | "===" | "!==" | "<>" | "%" | "elif" | "elsif" | "elseif");
    !is_layout && !is_foreign && !token.contains("..")
}

/// A rule in words, where it has any.
fn noun(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::expr | Rule::flat_sum | Rule::term | Rule::value => "a value",
        Rule::target | Rule::path => "the name of a record or value",
        Rule::source => "a list or an entity",
        Rule::type_expr | Rule::type_one | Rule::type_atom => "a type",
        Rule::pattern | Rule::pattern_one => "a pattern",
        Rule::stmt | Rule::simple => "a statement",
        Rule::item => "a declaration",
        Rule::event => "an event such as `created` or `updated(field)`",
        Rule::clause => "a clause or `{`",
        Rule::text | Rule::plain_text => "a text",
        Rule::name | Rule::word | Rule::new_name => "a name",
        Rule::Name | Rule::new_type => "a name with a capital letter",
        Rule::block => "`{`",
        Rule::integer | Rule::stored => "a whole number",
        Rule::param | Rule::form_field => "a parameter",
        Rule::field | Rule::field_init => "a field",
        Rule::duration => "a duration such as `15 minutes`",
        Rule::clock => "a time such as `09:00`",
        Rule::moment => "an instant such as `@2026-03-28T09:00Z`",
        Rule::depth => "`own`, `business unit` or `organization`",
        Rule::EOI => "the end",
        _ => return None,
    })
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn list(words: &[String]) -> String {
    let words = words.get(..words.len().min(NAMED_MAX)).unwrap_or(words);
    match words {
        [] => "something else".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
