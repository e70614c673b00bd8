//! Mistakes that the grammar accepts so that they get a message of their own.

use pest::iterators::Pair;

use super::expr::assign_op;
use super::{Builder, Built, Nodes};
use crate::base::span::Span;
use crate::syntax::ast::{AssignOp, EnumMember, Expr, ExprKind, Ident, StmtKind};
use crate::syntax::chunks::DECLARATIONS;
use crate::syntax::errors;
use crate::syntax::grammar::Rule;
use crate::syntax::scan::{Token, TokenKind};

impl Builder<'_> {
    /// A name that is declared here.
    pub(super) fn new_name(&mut self, nodes: &mut Nodes<'_>) -> Built<Ident> {
        let pair = nodes.presume_next()?;
        let name = self.ident(&pair);
        match pair.as_rule() {
            Rule::reserved_name => self.diagnostics.push(errors::reserved_word(&name.name, name.span)),
            Rule::upper_name => self.diagnostics.push(errors::name_in_upper_case(&name.name, name.span)),
            Rule::name => {}
            _ => return nodes.defect(),
        }
        Ok(name)
    }

    /// The name of a type, entity or process.
    pub(super) fn new_type(&mut self, nodes: &mut Nodes<'_>) -> Built<Ident> {
        let pair = nodes.presume_next()?;
        let name = self.ident(&pair);
        match pair.as_rule() {
            Rule::lower_type => self.diagnostics.push(errors::type_in_lower_case(&name.name, name.span)),
            Rule::Name => {}
            _ => return nodes.defect(),
        }
        Ok(name)
    }

    /// The name of what is done or started. One that begins with a lower-case letter names no process, and the checker
    /// knows what it names instead.
    pub(super) fn called_type(&mut self, nodes: &mut Nodes<'_>) -> Built<Ident> {
        let pair = nodes.presume_next()?;
        match pair.as_rule() {
            Rule::lower_type | Rule::Name => Ok(self.ident(&pair)),
            _ => nodes.defect(),
        }
    }

    /// What a declaration that did not parse probably declares: uses of its name are no mistakes of their own.
    pub(super) fn name_in_hole(&self, span: Span) -> Option<Ident> {
        let from = self.tokens.partition_point(|token| token.start < span.start);
        let mut words = self.tokens.get(from..)?.iter().take_while(|token| token.end <= span.end);
        let first = words.next()?.text(self.source);
        if matches!(first, "extend" | "migrate" | "test" | "use") {
            return None;
        }
        let name = words.find(|token| !DECLARATIONS.contains(&token.text(self.source)))?;
        let is_name = matches!(name.kind, TokenKind::Name | TokenKind::Word);
        is_name.then(|| Ident { name: name.text(self.source).to_owned(), span: name.span(self.file) })
    }

    /// What a part of a body that did not parse probably declares: the word before its first colon, or its first one.
    pub(super) fn word_in_hole(&self, span: Span) -> Option<Ident> {
        let from = self.tokens.partition_point(|token| token.start < span.start);
        let inside = self.tokens.get(from..)?.iter().take_while(|token| token.end <= span.end);
        let inside: Vec<&Token> = inside.filter(|token| !token.is_comment()).collect();
        let colon = inside.iter().position(|token| token.text(self.source) == ":");
        // `many Line lines`.
        let is_turned = colon.is_none() && inside.first().is_some_and(|first| first.text(self.source) == "many");
        let first = if is_turned { 2 } else { 0 };
        let at = colon.and_then(|colon| colon.checked_sub(1)).unwrap_or(first);
        let name = inside.get(at).filter(|token| token.kind == TokenKind::Word)?;
        let is_arrow = inside.iter().any(|token| matches!(token.text(self.source), "->" | "=>" | ">"));
        let is_section = matches!(name.text(self.source), "states" | "unique" | "shown" | "show");
        let name = Ident { name: name.text(self.source).to_owned(), span: name.span(self.file) };
        (!is_arrow && !is_section).then_some(name)
    }

    /// Members that are written with a capital letter: one message for all of them.
    pub(super) fn lower_members<'m>(&mut self, members: impl Iterator<Item = &'m EnumMember>) {
        let written = |member: &EnumMember| {
            let span = member.name.span;
            let text = self.source.get(span.start as usize..span.end as usize)?;
            text.starts_with(|first: char| first.is_ascii_uppercase()).then(|| (text.to_owned(), span))
        };
        let upper: Vec<(String, Span)> = members.filter_map(written).collect();
        self.diagnostics.extend(errors::members_in_upper_case(&upper));
    }

    /// `f(reason = "x")`: the input that is meant, where the expression reads like a comparison.
    pub(super) fn argument_sign(&mut self, value: Expr) -> (Option<Ident>, Expr) {
        let ExprKind::Binary { op, op_span, left, right } = value.kind else { return (None, value) };
        let sign = self.source.get(op_span.start as usize..op_span.end as usize);
        if let (Some("="), ExprKind::Name(name)) = (sign, &left.kind) {
            let name = name.clone();
            self.diagnostics.retain(|diagnostic| diagnostic.primary.span != op_span);
            self.diagnostics.push(errors::argument_sign(&name.name, op_span));
            return (Some(name), *right);
        }
        (None, Expr { kind: ExprKind::Binary { op, op_span, left, right }, span: value.span })
    }

    /// The sign of `let`, `var` and `set`: `==` and `:=` are not it.
    pub(super) fn plain_equals(&mut self, sign: &Pair<'_, Rule>) {
        let span = self.span(sign);
        match sign.as_str().trim_end() {
            written @ ("==" | ":=") => self.diagnostics.push(errors::assignment_sign(written, span)),
            "/=" => self.diagnostics.push(errors::no_divide_assign(span)),
            _ => {}
        }
    }

    /// `2026-11-22` without its `@`: three whole numbers that touch and look like a date. Told, and taken as a date
    /// whose value is not known.
    pub(super) fn bare_date(&mut self, value: &Expr) -> bool {
        let text = self.source.get(value.span.start as usize..value.span.end as usize).unwrap_or("");
        let separator = if text.contains('-') { '-' } else { '/' };
        let parts: Vec<&str> = text.split(separator).collect();
        let is_number = |part: &str, digits: std::ops::RangeInclusive<usize>, most: u8| {
            let is_whole = part.bytes().all(|byte| byte.is_ascii_digit()) && digits.contains(&part.len());
            is_whole && (most == 0 || part.parse::<u8>().is_ok_and(|number| (1..=most).contains(&number)))
        };
        let [year, month, day] = parts.as_slice() else { return false };
        let is_date = is_number(year, 4..=4, 0) && is_number(month, 1..=2, 12) && is_number(day, 1..=2, 31);
        if is_date {
            self.diagnostics.push(errors::date_without_at(&format!("{year}-{month:0>2}-{day:0>2}"), value.span));
        }
        is_date
    }

    /// The sign of a field in braces: `=` is not it. Told once for all fields within the braces.
    pub(super) fn field_signs(&mut self, signs: &[Pair<'_, Rule>]) {
        let mut foreign: Vec<(&str, Span)> = Vec::new();
        for sign in signs {
            let span = self.span(sign);
            match sign.as_str().trim_end() {
                written @ ("=" | "==" | ":=") => foreign.push((written, span)),
                "/=" => self.diagnostics.push(errors::no_divide_assign(span)),
                _ => {}
            }
        }
        self.diagnostics.extend(errors::field_signs(&foreign));
    }

    /// `&&` and its like between operands.
    pub(super) fn foreign_operator(&mut self, operator: &Pair<'_, Rule>, span: Span) {
        let foreign = operator.clone().into_inner().next().filter(|op| op.as_rule() == Rule::op_foreign);
        if let Some(op) = foreign {
            self.diagnostics.push(errors::foreign_operator(op.as_str().trim_end(), span));
        }
    }

    /// An arm that should end with a comma and does not.
    pub(super) fn comma_after(&mut self, arm: Span, nodes: &mut Nodes<'_>) {
        if nodes.option(Rule::missing_comma).is_some() {
            self.diagnostics.push(errors::missing_comma(arm.at_end()));
        }
    }

    /// `for x in xs`: the loop is written `for each`.
    pub(super) fn each_after_for(&mut self, nodes: &mut Nodes<'_>) {
        if let Some(missing) = nodes.option(Rule::missing_each) {
            let start = self.span(&missing).start;
            let before = self.tokens.partition_point(|token| token.end <= start).checked_sub(1);
            // Where another word stands for `in`, that was told with both right.
            let is_told =
                before.and_then(|at| self.tokens.get(at + 2)).is_none_or(|word| word.text(self.source) != "in");
            let word = before.and_then(|at| self.tokens.get(at)).map(|token| token.span(self.file));
            self.diagnostics.extend(word.filter(|_| !is_told).map(errors::for_without_each));
        }
    }

    /// Whether the word before a place is one with which other languages call.
    fn is_behind_foreign_call(&self, span: Span) -> bool {
        matches!(self.word_before(span), "await" | "call" | "new")
    }

    /// Whether the first word of a place stands behind a parenthesis whose end was put in behind the place.
    pub(super) fn is_in_open_bracket(&self, span: Span) -> bool {
        self.word_before(span) == "("
    }

    /// `try { … }` alone.
    pub(super) fn lone_try(&mut self, span: Span) {
        let next = self.tokens.get(self.tokens.partition_point(|token| token.start < span.end));
        let is_told =
            next.is_some_and(|next| matches!(next.text(self.source), "catch" | "except" | "finally" | "rescue"));
        if !is_told {
            self.diagnostics.push(errors::lone_try(Span { end: span.start + 3, ..span }));
        }
    }

    /// The word or sign before a place.
    fn word_before(&self, span: Span) -> &str {
        let at = self.tokens.partition_point(|token| token.start < span.start);
        let before = at.checked_sub(1).and_then(|before| self.tokens.get(before));
        before.map_or("", |token| token.text(self.source))
    }

    /// A call without `do`, an assignment without `set`.
    pub(super) fn bare(&mut self, mut nodes: Nodes<'_>) -> Built<StmtKind> {
        let whole = nodes.span;
        let first = nodes.presume_next()?;
        let (is_process, span, words) = (first.as_rule() == Rule::Name, self.span(&first), first.as_str().trim_end());
        if is_process {
            // What is made is not called.
            if self.word_before(span) == "new" {
                return Ok(StmtKind::Error);
            }
            // `let r = await Score(x)`: the word before is no name, and told.
            if !self.is_behind_foreign_call(span) {
                self.diagnostics.push(errors::call_without_do(words, span));
            }
            let callee = self.ident(&first);
            let args = nodes.presume(Rule::call)?;
            let kind =
                crate::syntax::ast::EffectKind::Do { callee, args: self.args(args)?, retry: None, timeout: None };
            return Ok(StmtKind::Effect(Box::new(crate::syntax::ast::Effect { kind, span: whole })));
        }
        if nodes.peek() == Some(Rule::call) {
            self.diagnostics.push(errors::call_without_effect(words, span));
            return Ok(StmtKind::Error);
        }
        let target: Expr = self.expr_like(first)?;
        let sign = nodes.presume(Rule::set_op)?;
        let field = matches!(target.kind, ExprKind::Member { .. });
        self.diagnostics.push(errors::assignment_without_set(words, field, span));
        let op: AssignOp = assign_op(sign.as_str());
        Ok(StmtKind::Set { target, op, value: self.rhs(&mut nodes)? })
    }
}
