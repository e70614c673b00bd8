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
    let has = |mark: &str| tried.tokens.iter().any(|token| token == mark);
    if has("?.") && has("[") {
        return behind_value(tried);
    }
    if has(":=") && has("+=") && tried.rules.iter().any(|(rule, _)| *rule == Some(Rule::stmt)) {
        return behind_verb(&has, letters);
    }
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
        // What only goes on with a type is not what is missing after it.
        let behind_type = has("?") && ["using", "->", "{", "=", "by"].iter().any(|mark| has(mark));
        let goes_on = |token: &str| behind_type && matches!(token, "?" | "or" | "(" | ".");
        let marks = tried.tokens.iter().filter(|token| is_mark(token) && !goes_on(token));
        words.extend(marks.map(|token| format!("`{token}`")));
        let colon = words.iter().any(|word| word == "`:`");
        words.retain(|word| !(colon && word == "`as`"));
        words.sort_by_key(|word| word.chars().any(char::is_alphabetic));
        let text = text || (!words.is_empty() && words.iter().all(|word| word.contains('"')));
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
    if words.iter().any(|word| word == "a clause or `{`") {
        words.retain(|word| word != "`{`");
    }
    if words.len() > 1 {
        words.retain(|word| word != "`undo`");
    } else if words.first().is_some_and(|word| word == "`undo`") {
        words = vec!["the end of the statement".to_owned()];
    }
    words
}

/// Behind a value or target, which could also go on: the words and marks that the statement needs there.
fn behind_value(tried: &Tried) -> Vec<String> {
    let rules = tried.rules.iter().filter_map(|(deepest, _)| *deepest);
    let is_value = |rule: &Rule| matches!(noun(*rule), Some("a value" | "the name of a record or value"));
    let mut words: Vec<String> = rules.filter(|rule| !is_value(rule)).filter_map(noun).map(str::to_owned).collect();
    let is_operator = |token: &str| OPERATORS.contains(&token) || UNITS.contains(&token);
    let is_word = |token: &str| token == "{" || token == "=>" || token.bytes().all(|b| b.is_ascii_lowercase());
    let marks = tried.tokens.iter().map(String::as_str);
    let marks =
        marks.filter(|token| token.len() > 1 || *token == "{").filter(|token| is_word(token) && !is_operator(token));
    words.extend(marks.map(|token| format!("`{token}`")));
    words.sort();
    words.dedup();
    if words.is_empty() { vec!["an operator".to_owned(), "the end of the value".to_owned()] } else { words }
}

/// Behind a verb that could also be a name: what the verb needs.
fn behind_verb(has: &impl Fn(&str) -> bool, letters: bool) -> Vec<String> {
    let what = if has("none") || has("@") {
        "a value"
    } else if has("\"") && !has("`") {
        "a text"
    } else if has("A..Z") {
        "a name"
    } else if letters {
        "the name of a record"
    } else {
        "a statement"
    };
    vec![what.to_owned()]
}

/// Words that go on with a value.
const OPERATORS: [&str; 16] = [
    "and", "between", "contains", "div", "ends", "in", "is", "matches", "mod", "not", "older", "or", "starts", "under",
    "undo", "elif",
];

/// Units as the grammar has them.
const UNITS: [&str; 10] =
    ["microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"];

/// Words that clauses and parts of statements begin with.
pub(super) const CLAUSES: [&str; 24] = [
    "after", "as", "at", "before", "by", "else", "for", "from", "group", "in", "keep", "limit", "on", "only", "order",
    "rank", "run", "scope", "select", "then", "to", "when", "where", "with",
];

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
        Rule::period_unit => "`day`, `week`, `month`, `quarter` or `year`",
        Rule::duration => "a duration such as `15 minutes`",
        Rule::clock => "a time such as `09:00`",
        Rule::moment => "an instant such as `@2026-03-28T09:00Z`",
        Rule::depth => "`own`, `business unit` or `organization`",
        Rule::share_party => "a user or a team",
        Rule::share_rights => "rights in parentheses, such as `(read, update)`",
        Rule::record_body => "`{`",
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
