//! Correct programs.

use abide::syntax::ast::{Expr, ExprKind, IsTest, ItemKind, Rhs, StmtKind, UnaryOp};

use super::{files_below, messages, parse};

#[test]
fn correct_files_give_no_message() {
    let mut files = files_below("tests/syntax/good");
    files.extend(files_below("examples"));
    files.extend(files_below("src/library"));
    assert!(files.len() > 12, "only {} files", files.len());
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(messages(&text), "", "{}", path.display());
    }
}

/// The tree without places, so that a change of layout does not change it.
fn tree(text: &str) -> String {
    let (parsed, _) = parse(text);
    let mut result = String::new();
    let mut items = format!("{:?}", parsed.file.items);
    while let Some(at) = items.find("span: 0:") {
        result.push_str(&items[..at]);
        let rest = items.split_off(at + "span: 0:".len());
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap();
        items = rest[end..].to_owned();
    }
    result + &items
}

#[test]
fn layout_has_no_meaning() {
    for path in files_below("tests/syntax/good") {
        let text = std::fs::read_to_string(&path).unwrap();
        // Texts of several lines keep their line breaks, and comments need theirs.
        if text.contains("\"\"\"") || text.contains("//") {
            continue;
        }
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let tall = text.replace("\n", "\r\n\r\n\t");
        let without_places = |text: &str| {
            tree(text)
                .split("0:")
                .map(|s| s.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').to_owned())
                .collect::<Vec<_>>()
                .join("")
        };
        assert_eq!(without_places(&flat), without_places(&text), "{}", path.display());
        assert_eq!(without_places(&tall), without_places(&text), "{}", path.display());
    }
}

fn expression(text: &str) -> Expr {
    let (parsed, _) = parse(&format!("fn f() -> int {{ return {text} }}"));
    assert_eq!(parsed.diagnostics, [], "{text}");
    let Some(ItemKind::Function { body, .. }) = parsed.file.items.into_iter().next().map(|item| item.kind) else {
        panic!("no function")
    };
    match body.stmts.into_iter().next().map(|stmt| stmt.kind) {
        Some(StmtKind::Return(Some(Rhs::Expr(expr)))) => expr,
        other => panic!("{other:?}"),
    }
}

/// The expression with every operator in parentheses.
fn grouped(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Name(name) => name.name.clone(),
        ExprKind::Int(n) => n.to_string(),
        ExprKind::None => "none".into(),
        ExprKind::Unary(UnaryOp::Not, inner) => format!("(not {})", grouped(inner)),
        ExprKind::Unary(UnaryOp::Negate, inner) => format!("(-{})", grouped(inner)),
        ExprKind::Binary { op, left, right, .. } => format!("({} {op:?} {})", grouped(left), grouped(right)),
        ExprKind::Between { value, low, high } => {
            format!("({} Between {} {})", grouped(value), grouped(low), grouped(high))
        }
        ExprKind::Is { value, test: IsTest::None, negated } => format!("({} IsNone {negated})", grouped(value)),
        ExprKind::If { condition, then, otherwise } => {
            format!("(if {} {} {})", grouped(condition), grouped(then), grouped(otherwise))
        }
        ExprKind::Member { base, name, .. } => format!("{}.{}", grouped(base), name.name),
        ExprKind::Unwrap(inner) => format!("{}!", grouped(inner)),
        ExprKind::Paren(inner) => grouped(inner),
        other => panic!("{other:?}"),
    }
}

#[test]
fn operators_bind_as_documented() {
    let cases = [
        ("a or b and c", "(a Or (b And c))"),
        ("not a == b and c", "((not (a Equal b)) And c)"),
        ("a + b * c - d", "((a Add (b Multiply c)) Subtract d)"),
        ("a - b - c", "((a Subtract b) Subtract c)"),
        ("a * b ?? c", "(a Multiply (b Coalesce c))"),
        ("-a ?? b", "((-a) Coalesce b)"),
        ("-a.b!", "(-a.b!)"),
        ("a div b mod c", "((a IntDivide b) Modulo c)"),
        ("a ++ b == c", "((a Append b) Equal c)"),
        ("a between b + 1 and c and d", "((a Between (b Add 1) c) And d)"),
        ("a not in b or c not under d", "((a NotIn b) Or (c NotUnder d))"),
        ("a under or equal b", "(a UnderOrEqual b)"),
        ("a starts with b and c ends with d", "((a StartsWith b) And (c EndsWith d))"),
        ("a is not none and b", "((a IsNone true) And b)"),
        ("if a then b else c + 1", "(if a b (c Add 1))"),
        ("a!= b", "(a NotEqual b)"),
        ("(a or b) and c", "((a Or b) And c)"),
        ("-9223372036854775808", "-9223372036854775808"),
    ];
    for (text, expected) in cases {
        assert_eq!(grouped(&expression(text)), expected, "{text}");
    }
}

#[test]
fn a_query_reaches_as_far_right_as_it_can() {
    let ExprKind::Query(query) = expression("count d in Deal where d.open and d.x > 3").kind else { panic!() };
    let condition = query.condition.unwrap();
    assert!(matches!(condition.kind, ExprKind::Binary { .. }));
}

#[test]
fn a_record_value_needs_a_field() {
    let (parsed, _) = parse("workflow W when called { for each d in Deal { log d } }");
    assert_eq!(parsed.diagnostics, []);
    assert!(matches!(expression("Address { city: 1 }").kind, ExprKind::Record { .. }));
}

#[test]
fn places_cover_the_words_and_no_layout() {
    let text = "fn f() -> int {\n    return a  // why\n\n}";
    let (parsed, sources) = parse(text);
    let ItemKind::Function { body, .. } = &parsed.file.items[0].kind else { panic!() };
    assert_eq!(sources.slice(body.stmts[0].span), "return a");
    assert_eq!(sources.slice(parsed.file.items[0].span), text);
    assert_eq!(parsed.trivia.comments.len(), 1);
}
