//! Bodies: expressions and statements of the syntax tree become the typed program, with messages.
//!
//! The entry points are called once the schema is complete; only [`constant`] and [`field_default`] are called before,
//! and read no more of the schema than the types that they are given. Realtime workflows and actions are checked twice:
//! first with [`Effects::default`] to learn their [`Footprint`], then with the closed [`Effects`].

pub mod effects;

use super::{
    context::Context,
    hir::{Body, ProcessBody, Test},
    schema::{EntityId, FunctionId, ProcessId},
    ty::Ty,
};
use crate::{
    base::{span::Span, value::Value},
    syntax::ast,
};

pub use effects::{Effects, Footprint};

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
    let _ = (context, function, body);
    Body::default()
}

/// Checks the body and `only if` of a workflow, real-time workflow or action against its head in the schema.
#[must_use]
pub fn process(
    context: &mut Context<'_>,
    effects: &Effects,
    process: ProcessId,
    decl: &ast::ProcessDecl,
) -> CheckedProcess {
    let _ = (context, effects, process, decl);
    CheckedProcess { body: ProcessBody::default(), footprint: Footprint::default() }
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
}

/// Checks a `test` block.
#[must_use]
pub fn test(context: &mut Context<'_>, effects: &Effects, decl: TestDecl<'_>) -> Test {
    let _ = (context, effects);
    Test { title: decl.title.to_owned(), span: decl.title_span, at: None, zone: None, body: Body::default() }
}

/// A constant of the type `ty`: a literal, an enum member, a list or record of such. `None` after a message.
#[must_use]
pub fn constant(context: &mut Context<'_>, value: &ast::Expr, ty: &Ty) -> Option<Value> {
    let _ = (context, value, ty);
    None
}

/// The default of a field: a constant, or an expression over nothing but functions of the language. `None` after a
/// message.
#[must_use]
pub fn field_default(context: &mut Context<'_>, value: &ast::Expr, ty: &Ty) -> Option<DefaultValue> {
    let _ = (context, value, ty);
    None
}

/// `shown as "{number} {title}"`: a hidden function from the record to text, in which the fields are names in scope.
#[must_use]
pub fn shown_as(context: &mut Context<'_>, entity: EntityId, value: &ast::Expr) -> Body {
    let _ = (context, entity, value);
    Body::default()
}
