//! Questions about typed trees: does some expression or statement occur in them?

use crate::sema::hir::{Block, Expr, ExprKind, LocalId, Query, QuerySource, Stmt, StmtKind, TextPiece, WaitArmKind};

/// Whether the expression or one within it is what is asked for.
pub(super) fn any(expr: &Expr, wanted: &dyn Fn(&Expr) -> bool) -> bool {
    wanted(expr) || children(expr).into_iter().any(|child| any(child, wanted))
}

/// Whether an expression reads a local.
pub(super) fn mentions(expr: &Expr, local: LocalId) -> bool {
    any(expr, &|e| matches!(e.kind, ExprKind::Local(at) if at == local))
}

/// The expressions directly within one.
pub(super) fn children(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Capture(_)
        | ExprKind::Const(_)
        | ExprKind::Error
        | ExprKind::Local(_)
        | ExprKind::Particular { .. }
        | ExprKind::Process(_) => Vec::new(),
        ExprKind::Interpolate(pieces) => pieces
            .iter()
            .filter_map(|piece| match piece {
                TextPiece::Plain(_) => None,
                TextPiece::Slot { value, .. } => Some(value),
            })
            .collect(),
        ExprKind::Convert(_, inner)
        | ExprKind::FaultField { base: inner, .. }
        | ExprKind::Field { base: inner, .. }
        | ExprKind::IsDeleted(inner)
        | ExprKind::IsEntity(inner, _)
        | ExprKind::IsNone(inner)
        | ExprKind::Negate(inner)
        | ExprKind::Not(inner)
        | ExprKind::OneOf(inner, _)
        | ExprKind::RecordField { base: inner, .. }
        | ExprKind::UnionField { base: inner, .. }
        | ExprKind::Unwrap(inner) => vec![inner],
        ExprKind::And(left, right)
        | ExprKind::Arithmetic(_, left, right)
        | ExprKind::Coalesce(left, right)
        | ExprKind::Compare(_, left, right)
        | ExprKind::IfPresent { subject: left, then: right, .. }
        | ExprKind::Index(left, right)
        | ExprKind::Or(left, right)
        | ExprKind::Under { low: left, high: right, .. } => vec![left, right],
        ExprKind::If(condition, then, otherwise) => vec![condition, then, otherwise],
        ExprKind::Builtin { args, .. }
        | ExprKind::Call { args, .. }
        | ExprKind::List(args)
        | ExprKind::Record(_, args) => args.iter().collect(),
        ExprKind::Match { subject, arms, .. } => {
            let mut all = vec![&**subject];
            for arm in arms {
                all.extend(&arm.guard);
                all.push(&arm.body);
            }
            all
        }
        ExprKind::Query(query) => query_children(query),
    }
}

/// The expressions of a query.
pub(super) fn query_children(query: &Query) -> Vec<&Expr> {
    let mut all = match &query.source {
        QuerySource::Entity(_) => Vec::new(),
        QuerySource::Reverse { of: source, .. } | QuerySource::List(source) => vec![source],
    };
    all.extend(&query.condition);
    all.extend(query.order.iter().map(|(key, _)| key));
    all.extend(&query.limit);
    all.push(&query.select);
    all
}

/// Whether a statement of the block or within it is what is asked for.
pub(super) fn any_stmt(block: &Block, wanted: &dyn Fn(&Stmt) -> bool) -> bool {
    block.stmts.iter().any(|stmt| wanted(stmt) || blocks(stmt).into_iter().any(|inner| any_stmt(inner, wanted)))
}

/// The blocks directly within a statement.
fn blocks(stmt: &Stmt) -> Vec<&Block> {
    match &stmt.kind {
        StmtKind::ActAsBlock { body, .. }
        | StmtKind::Atomic(body)
        | StmtKind::ForList { body, .. }
        | StmtKind::ForQuery { body, .. }
        | StmtKind::Stage { body, .. }
        | StmtKind::While { body, .. } => vec![body],
        StmtKind::OnCancel { body, cancel } => vec![body, cancel],
        StmtKind::If { branches, otherwise } => branches.iter().map(|(_, block)| block).chain(otherwise).collect(),
        StmtKind::Match { arms, .. } => arms.iter().map(|arm| &arm.body).collect(),
        StmtKind::Try { body, catches, finally } => {
            std::iter::once(body).chain(catches.iter().map(|catch| &catch.body)).chain(finally).collect()
        }
        StmtKind::Wait { arms, .. } => arms.iter().map(|arm| &arm.body).collect(),
        _ => Vec::new(),
    }
}

/// Whether an arm waits for the deletion of this record.
pub(super) fn awaits_deletion(kind: &WaitArmKind, record: LocalId) -> bool {
    let deleted = |e: &Expr| match &e.kind {
        ExprKind::IsDeleted(of) => matches!(of.kind, ExprKind::Local(at) if at == record),
        _ => false,
    };
    matches!(kind, WaitArmKind::Until(condition) if any(condition, &deleted))
}
