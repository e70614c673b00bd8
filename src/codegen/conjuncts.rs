//! What of a query's condition the store can answer by itself.
//!
//! A condition is a chain of `and`. A part of the form `path op value`, where the path starts at the bound name and
//! the value does not depend on it and cannot fail, goes to the store. The rest stays in the program. A value that
//! might fail stays in the program too: it is only computed for records that reach it.

use crate::{
    bytecode::{module::CompareOp, types::FieldIdx},
    sema::{
        hir::{Comparison, Conversion, Expr, ExprKind, LocalId},
        schema::FieldId,
        ty::Ty,
    },
};

/// A part that the store answers.
pub(super) struct Pushed<'a> {
    pub(super) path: Vec<FieldIdx>,
    pub(super) op: CompareOp,
    pub(super) operand: Operand<'a>,
    /// The type of the compared field.
    pub(super) field: &'a Ty,
}

/// What a pushed path is compared with.
pub(super) enum Operand<'a> {
    /// Nothing: the operator says it all.
    None,
    /// A value of the program.
    Value(&'a Expr),
    /// A truth value, for a field that stands alone.
    Truth(bool),
    /// The stored number of a member.
    Member(i32),
}

/// The parts of a condition.
#[derive(Default)]
pub(super) struct Split<'a> {
    pub(super) pushed: Vec<Pushed<'a>>,
    pub(super) rest: Vec<&'a Expr>,
}

/// Divides a condition over records that `bind` names.
pub(super) fn split(condition: &Expr, bind: LocalId) -> Split<'_> {
    let mut split = Split::default();
    for part in parts(condition) {
        match pushed(part, bind) {
            Some(pushed) => split.pushed.push(pushed),
            None => split.rest.push(part),
        }
    }
    split
}

/// The operands of a chain of `and`, in order.
pub(super) fn parts(condition: &Expr) -> Vec<&Expr> {
    let mut parts = Vec::new();
    let mut open = vec![condition];
    while let Some(expr) = open.pop() {
        match &expr.kind {
            ExprKind::And(left, right) => open.extend([&**right, &**left]),
            _ => parts.push(expr),
        }
    }
    parts
}

fn pushed(part: &Expr, bind: LocalId) -> Option<Pushed<'_>> {
    match &part.kind {
        ExprKind::Compare(comparison, left, right) => {
            let op = compare_op(*comparison)?;
            match (path(left, bind), path(right, bind)) {
                (Some(path), None) => compared(path, left, op, right, bind),
                (None, Some(path)) => compared(path, right, mirrored(op), left, bind),
                _ => None,
            }
        }
        ExprKind::IsNone(inner) => alone(inner, bind, CompareOp::IsNone, Operand::None),
        ExprKind::OneOf(inner, members) => match members.as_slice() {
            [member] => alone(inner, bind, CompareOp::Equal, Operand::Member(*member)),
            _ => None,
        },
        ExprKind::Not(inner) => match &inner.kind {
            ExprKind::IsNone(inner) => alone(inner, bind, CompareOp::IsPresent, Operand::None),
            _ => truth(inner, bind, false),
        },
        _ => truth(part, bind, true),
    }
}

fn truth(expr: &Expr, bind: LocalId, wanted: bool) -> Option<Pushed<'_>> {
    (expr.ty == Ty::Bool).then(|| alone(expr, bind, CompareOp::Equal, Operand::Truth(wanted))).flatten()
}

fn alone<'a>(expr: &'a Expr, bind: LocalId, op: CompareOp, operand: Operand<'a>) -> Option<Pushed<'a>> {
    Some(Pushed { path: path(expr, bind)?, op, operand, field: expr.ty.present() })
}

fn compared<'a>(
    path: Vec<FieldIdx>,
    field: &'a Expr,
    op: CompareOp,
    value: &'a Expr,
    bind: LocalId,
) -> Option<Pushed<'a>> {
    // WHY: a value that another part knows to be present is compared as the optional value that it is; where it is
    // absent that other part is false anyway.
    let value = match &value.kind {
        ExprKind::Convert(Conversion::Known, inner) => inner,
        _ => value,
    };
    let total = matches!(op, CompareOp::Equal | CompareOp::NotEqual);
    let stored = match field.ty.present() {
        Ty::Date | Ty::DateTime | Ty::Float | Ty::Int | Ty::MoneyIn(_) | Ty::Text | Ty::Time => true,
        // WHY: a decimal is stored as text, or scaled; neither column has its order.
        Ty::AnyRef | Ty::Bool | Ty::Decimal | Ty::Enum(_) | Ty::Ref(_) | Ty::Union(_) => total,
        _ => false,
    };
    (stored && is_safe(value, bind)).then_some(Pushed {
        path,
        op,
        operand: Operand::Value(value),
        field: field.ty.present(),
    })
}

/// The path of a compared side: a caseless field is compared without case by the store, too.
fn path(expr: &Expr, bind: LocalId) -> Option<Vec<FieldIdx>> {
    match &expr.kind {
        ExprKind::Convert(Conversion::Fold { stored: true }, inner) => fields(inner, bind),
        _ => fields(expr, bind),
    }
}

/// The fields from the bound name on, if the expression is such a path and reading it cannot fail.
fn fields(expr: &Expr, bind: LocalId) -> Option<Vec<FieldIdx>> {
    let mut fields = Vec::new();
    let mut at = match &expr.kind {
        ExprKind::Convert(Conversion::Present, inner) => inner,
        _ => expr,
    };
    loop {
        match &at.kind {
            ExprKind::Field { base, field: FieldId(field), .. } => {
                fields.push(FieldIdx(*field));
                at = base;
            }
            ExprKind::Local(local) if *local == bind && !fields.is_empty() => break,
            _ => return None,
        }
    }
    fields.reverse();
    Some(fields)
}

/// Whether a value does not depend on the bound name and can be computed before the query without failing: constants,
/// names, fields of records that are at hand, the clock, and calculations with moments.
fn is_safe(expr: &Expr, bind: LocalId) -> bool {
    match &expr.kind {
        ExprKind::Builtin { builtin, args } => {
            use crate::sema::hir::Builtin;
            matches!(builtin, Builtin::Now | Builtin::Today | Builtin::DateOf)
                && args.iter().all(|arg| is_safe(arg, bind))
        }
        ExprKind::Arithmetic(_, left, right) => {
            matches!(expr.ty.present(), Ty::Date | Ty::DateTime) && is_safe(left, bind) && is_safe(right, bind)
        }
        ExprKind::Capture(_) | ExprKind::Const(_) | ExprKind::Process(_) => true,
        ExprKind::Convert(
            Conversion::Fold { .. }
            | Conversion::ForgetCurrency
            | Conversion::IntToDecimal
            | Conversion::Present
            | Conversion::Widen,
            inner,
        ) => is_safe(inner, bind),
        // What a fact says of a name stays true.
        ExprKind::Convert(Conversion::Known | Conversion::Narrow, inner) => {
            matches!(inner.kind, ExprKind::Local(local) if local != bind)
        }
        ExprKind::Field { base, .. } | ExprKind::RecordField { base, .. } => is_safe(base, bind),
        ExprKind::Local(local) => *local != bind,
        _ => false,
    }
}

fn compare_op(comparison: Comparison) -> Option<CompareOp> {
    Some(match comparison {
        Comparison::Equal => CompareOp::Equal,
        Comparison::NotEqual => CompareOp::NotEqual,
        Comparison::Less => CompareOp::Less,
        Comparison::LessEqual => CompareOp::LessEqual,
        Comparison::Greater => CompareOp::Greater,
        Comparison::GreaterEqual => CompareOp::GreaterEqual,
        Comparison::Contains | Comparison::EndsWith | Comparison::In | Comparison::Matches | Comparison::StartsWith => {
            return None;
        }
    })
}

/// The operator with its sides exchanged.
fn mirrored(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Less => CompareOp::Greater,
        CompareOp::LessEqual => CompareOp::GreaterEqual,
        CompareOp::Greater => CompareOp::Less,
        CompareOp::GreaterEqual => CompareOp::LessEqual,
        CompareOp::Equal | CompareOp::IsNone | CompareOp::IsPresent | CompareOp::NotEqual => op,
    }
}
