//! Bodies: expressions and statements of the syntax tree become the typed program, with messages.
//!
//! The entry points are called once the schema is complete; only [`constant`] and [`field_default`] are called before,
//! and read no more of the schema than the types that they are given. Realtime workflows and actions are checked twice:
//! first with [`Effects::default`] to learn their [`Footprint`], then with the closed [`Effects`].

mod amounts;
mod answers;
mod arithmetic;
mod asks;
mod assign;
mod branches;
pub mod builtins;
mod calls;
mod checker;
mod compare;
mod convert;
pub mod effects;
mod expr;
mod facts;
mod faults;
mod filled;
mod formats;
mod groups;
mod is;
mod later;
mod later_declarations;
mod limits;
mod links;
mod literal;
mod loops;
mod mails;
mod match_;
mod members;
mod mocks;
mod names;
mod operators;
mod pages;
mod periods;
mod process_calls;
mod queries;
mod records;
mod requests;
mod rules;
mod sagas;
mod scope;
mod sharing;
mod signals;
mod stmt;
mod tests;
mod waits;
pub(super) mod wakes;

use super::{
    context::Context,
    errors::{calls as call_errors, kinds as kind_errors, types as type_errors},
    hir::{Block, Body, Condition, Expr, ExprKind, Local, ProcessBody, Stmt, StmtKind, Test},
    schema::{EmailPart, EntityId, FunctionId, ParamHead, ProcessHead, ProcessId},
    ty::Ty,
    visit::children,
};
use crate::{
    base::{span::Span, value::Value},
    syntax::ast,
};
use checker::{Checker, Host, Primary};

pub use effects::{Effects, Footprint};
pub use later_declarations::later;

/// The default of a field.
#[derive(Clone, Debug)]
pub enum DefaultValue {
    /// A constant.
    Const(Value),
    /// Something that is computed at each `create`: the body of a hidden function without parameters.
    Computed(Body),
}

/// A process with what it does directly.
#[derive(Clone, Debug)]
pub struct CheckedProcess {
    /// The typed body.
    pub body: ProcessBody,
    /// What it writes and calls.
    pub footprint: Footprint,
}

/// Checks the body of a `fn` against its head in the schema.
#[must_use]
pub fn function(context: &mut Context<'_>, function: FunctionId, body: &ast::Block) -> Body {
    let effects = Effects::default();
    let Some(head) = context.schema.function(function) else { return Body::default() };
    let mut checker = Checker::new(context, &effects, Host::Function(head));
    head.params.iter().for_each(|param| checker.parameter(param));
    let block = checker.block(body);
    checker.require_return(&head.name, &head.result, head.span, body.span);
    let body = checker.finish(head.params.len(), block);
    checker.hand_over(context);
    body
}

/// Checks the body and `only if` of a workflow, real-time workflow or action against its head in the schema.
#[must_use]
pub fn process(
    context: &mut Context<'_>,
    effects: &Effects,
    process: ProcessId,
    decl: &ast::ProcessDecl,
) -> CheckedProcess {
    let empty = CheckedProcess { body: ProcessBody::default(), footprint: Footprint::default() };
    let Some(head) = context.schema.process(process) else { return empty };
    let only_if = decl.clauses.iter().find_map(|clause| match &clause.kind {
        ast::ClauseKind::OnlyIf(condition) => Some(condition),
        _ => None,
    });
    let only_if = only_if.map(|condition| only_if_of(context, effects, head, condition));
    let per = decl.clauses.iter().find_map(|clause| match &clause.kind {
        ast::ClauseKind::Limit { per, .. } => per.as_ref(),
        _ => None,
    });
    let per = per.map(|per| per_of(context, effects, head, per));
    let mut checker = Checker::new(context, effects, Host::Process(head));
    checker.primary(head);
    head.params.iter().for_each(|param| checker.parameter(param));
    let params = head.params.len() + usize::from(head.primary.is_some());
    let Some(block) = &decl.body else {
        let body = checker.finish(params, Block::default());
        let request = decl.using.as_ref().and_then(|using| requests::request(context, effects, head, using));
        return CheckedProcess { body: ProcessBody { body, only_if, per, request, ..ProcessBody::default() }, ..empty };
    };
    let typed = checker.process_block(block);
    checker.require_return(&head.name, &head.result, head.span, block.span);
    checker.require_page(head, &typed);
    let body = checker.finish(params, typed);
    let captures = std::mem::take(&mut checker.captures);
    let footprint = std::mem::take(&mut checker.footprint);
    checker.hand_over(context);
    CheckedProcess { body: ProcessBody { body, captures, only_if, per, request: None }, footprint }
}

fn only_if_of(context: &mut Context<'_>, effects: &Effects, head: &ProcessHead, condition: &ast::Expr) -> Condition {
    let mut checker = Checker::new(context, effects, Host::OnlyIf(head));
    checker.primary(head);
    let value = checker.condition(condition);
    let locals: Vec<Local> = std::mem::take(&mut checker.locals);
    let captures = std::mem::take(&mut checker.captures);
    checker.hand_over(context);
    Condition { locals, value, captures }
}

/// What a limit counts by: one value of the record, the inputs or the event.
fn per_of(context: &mut Context<'_>, effects: &Effects, head: &ProcessHead, per: &ast::Expr) -> Condition {
    let mut checker = Checker::new(context, effects, Host::OnlyIf(head));
    checker.primary(head);
    head.params.iter().for_each(|param| checker.parameter(param));
    let value = checker.expr(per, None);
    let value = if checker.is_caseless(&value) { compare::fold(value, false) } else { value };
    let is_one_value = matches!(
        value.ty.present(),
        Ty::Bool
            | Ty::Date
            | Ty::DateTime
            | Ty::Decimal
            | Ty::Enum(_)
            | Ty::Error
            | Ty::Int
            | Ty::Ref(_)
            | Ty::Text
            | Ty::Time
            | Ty::Union(_)
    );
    if !is_one_value {
        let shown = checker.show(&value.ty);
        checker.report(kind_errors::not_counted_by(&shown, value.span));
    } else if value.ty != Ty::Error && is_fixed(&value) {
        checker.report(kind_errors::counted_by_nothing(value.span));
    }
    let locals: Vec<Local> = std::mem::take(&mut checker.locals);
    let captures = std::mem::take(&mut checker.captures);
    checker.hand_over(context);
    Condition { locals, value, captures }
}

/// Whether a value is the same for every run.
fn is_fixed(value: &Expr) -> bool {
    !matches!(value.kind, ExprKind::Local(_) | ExprKind::Capture(_)) && children(value).into_iter().all(is_fixed)
}

/// The parts of a `test` block.
#[derive(Clone, Copy, Debug)]
pub struct TestDecl<'a> {
    /// What is shown.
    pub title: &'a str,
    /// Where it stands.
    pub title_span: Span,
    /// `at @…`.
    pub at: Option<&'a ast::Expr>,
    /// `in zone "…"`.
    pub zone: Option<&'a ast::Expr>,
    /// The statements.
    pub body: &'a ast::Block,
    /// The text of the file: the words of a failed expectation are shown.
    pub source: &'a str,
}

/// Checks a `test` block.
#[must_use]
pub fn test(context: &mut Context<'_>, effects: &Effects, decl: TestDecl<'_>) -> Test {
    let at = decl.at.and_then(|at| match constant(context, at, &Ty::DateTime) {
        Some(Value::DateTime(at)) => Some(at),
        _ => None,
    });
    let zone = decl.zone.and_then(|zone| match constant(context, zone, &Ty::Text) {
        Some(Value::Text(zone)) => Some(zone),
        _ => None,
    });
    let mut checker = Checker::new(context, effects, Host::Test);
    checker.source = decl.source;
    let block = checker.block(decl.body);
    let body = checker.finish(0, block);
    checker.hand_over(context);
    Test { title: decl.title.to_owned(), span: decl.title_span, at, zone, body }
}

/// A constant of the type `ty`: a literal, an enum member, a list or record of such. `None` after a message.
#[must_use]
pub fn constant(context: &mut Context<'_>, value: &ast::Expr, ty: &Ty) -> Option<Value> {
    let effects = Effects::default();
    let mut checker = Checker::new(context, &effects, Host::Constant);
    let typed = checker.expr_as(value, ty, None);
    let found = literal::constant_value(&typed);
    if found.is_none() && !matches!(typed.ty, Ty::Error) {
        checker.report(type_errors::not_constant(typed.span));
    }
    checker.hand_over(context);
    found
}

/// The default of a field: a constant, or an expression over nothing but functions of the language. `None` after a
/// message.
#[must_use]
pub fn field_default(context: &mut Context<'_>, value: &ast::Expr, ty: &Ty) -> Option<DefaultValue> {
    let effects = Effects::default();
    let mut checker = Checker::new(context, &effects, Host::Constant);
    let typed = checker.expr_as(value, ty, None);
    let found = match (literal::constant_value(&typed), &typed.kind, &typed.ty) {
        (Some(value), ..) => Some(DefaultValue::Const(value)),
        (None, ExprKind::Error, _) | (None, _, Ty::Error) => None,
        (None, ..) => {
            let stmt = Stmt { span: typed.span, kind: StmtKind::Return(Some(typed)) };
            Some(DefaultValue::Computed(checker.finish(0, Block { stmts: vec![stmt] })))
        }
    };
    checker.hand_over(context);
    found
}

/// `shown as "{number} {title}"`: a hidden function from the record to text, in which the fields are names in scope.
#[must_use]
pub fn shown_as(context: &mut Context<'_>, entity: EntityId, value: &ast::Expr) -> Body {
    let effects = Effects::default();
    let mut checker = Checker::new(context, &effects, Host::ShownAs(entity));
    checker.made(Ty::Ref(entity), value.span);
    let typed = checker.expr_as(value, &Ty::Text, None);
    let stmt = Stmt { span: typed.span, kind: StmtKind::Return(Some(typed)) };
    let body = checker.finish(1, Block { stmts: vec![stmt] });
    checker.hand_over(context);
    body
}

/// `total: int computed = …`: a hidden function from the record to the value, in which the fields are names in scope.
#[must_use]
pub fn computed(
    context: &mut Context<'_>,
    entity: EntityId,
    (ty, text_max): (&Ty, Option<u32>),
    value: &ast::Expr,
) -> Body {
    let effects = Effects::default();
    let mut checker = Checker::new(context, &effects, Host::ShownAs(entity));
    checker.made(Ty::Ref(entity), value.span);
    let typed = checker.expr_as(value, ty, None);
    let typed = checker.limited(typed, text_max, None);
    let stmt = Stmt { span: typed.span, kind: StmtKind::Return(Some(typed)) };
    let body = checker.finish(1, Block { stmts: vec![stmt] });
    checker.hand_over(context);
    body
}

/// A part of an e-mail template: a hidden function of what the template takes.
#[must_use]
pub fn email_part(context: &mut Context<'_>, function: FunctionId, part: EmailPart, values: &[&ast::Expr]) -> Body {
    let effects = Effects::default();
    let Some(head) = context.schema.function(function) else { return Body::default() };
    let mut checker = Checker::new(context, &effects, Host::Function(head));
    head.params.iter().for_each(|param| checker.parameter(param));
    let value = checker.email_part(part, values, head.span);
    let stmt = Stmt { span: value.span, kind: StmtKind::Return(Some(value)) };
    let body = checker.finish(head.params.len(), Block { stmts: vec![stmt] });
    checker.hand_over(context);
    body
}

impl Checker<'_> {
    /// A parameter is a name that may go unread; doubles were reported where heads are checked.
    fn parameter(&mut self, param: &ParamHead) {
        let name = ast::Ident { name: param.name.clone(), span: param.span };
        let local = self.unnamed(&name, param.ty.clone(), false);
        self.limit_text(local, param.text_max);
        self.enter(&name.name, local);
    }

    /// The primary record: what its fields are depends on the triggers.
    fn primary(&mut self, head: &ProcessHead) {
        let Some(primary) = &head.primary else { return };
        let mut param = primary.clone();
        if let (Primary::Pending, Ty::Ref(entity)) = (self.host.primary(), &param.ty) {
            param.ty = Ty::Pending(*entity);
        }
        self.parameter(&param);
    }

    /// A message where the end of a body is reached that must give a value.
    fn require_return(&mut self, name: &str, result: &Ty, head: Span, body: Span) {
        if self.flow.dead || self.flow.unread || matches!(result, Ty::Void | Ty::Error) || self.has_errors() {
            return;
        }
        let end = Span { start: body.end.saturating_sub(1).max(body.start), ..body };
        let shown = self.show(result);
        self.report(call_errors::missing_return(name, &shown, end, head));
    }

    /// Gives the messages to the context.
    fn hand_over(&mut self, context: &mut Context<'_>) {
        std::mem::take(&mut self.messages).into_iter().for_each(|message| context.report(message));
    }
}
