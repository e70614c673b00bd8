//! Questions about typed trees: does some expression or statement occur in them?

use crate::sema::{
    hir::{Block, Expr, ExprKind, LocalId, Stmt, WaitArmKind},
    visit,
};

/// Whether the expression or one within it is what is asked for.
pub(super) fn any(expr: &Expr, wanted: &dyn Fn(&Expr) -> bool) -> bool {
    wanted(expr) || visit::children(expr).into_iter().any(|child| any(child, wanted))
}

/// Whether an expression reads a local.
pub(super) fn mentions(expr: &Expr, local: LocalId) -> bool {
    any(expr, &|e| matches!(e.kind, ExprKind::Local(at) if at == local))
}

/// Whether a statement of the block or within it is what is asked for.
pub(super) fn any_stmt(block: &Block, wanted: &dyn Fn(&Stmt) -> bool) -> bool {
    block
        .stmts
        .iter()
        .any(|stmt| wanted(stmt) || visit::blocks_of(&stmt.kind).into_iter().any(|inner| any_stmt(inner, wanted)))
}

/// Whether an arm waits for the deletion of this record.
pub(super) fn awaits_deletion(kind: &WaitArmKind, record: LocalId) -> bool {
    let deleted = |e: &Expr| match &e.kind {
        ExprKind::IsDeleted(of) => matches!(of.kind, ExprKind::Local(at) if at == record),
        _ => false,
    };
    matches!(kind, WaitArmKind::Until(condition) if any(condition, &deleted))
}
