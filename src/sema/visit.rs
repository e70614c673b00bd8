//! What stands directly within an expression or a statement of the typed program.

use super::hir::{Block, Expr, ExprKind, Parallel, Query, QuerySource, StmtKind, TestStmt, TextPiece, WaitArmKind};

/// The expressions directly within one.
pub(crate) fn children(value: &Expr) -> Vec<&Expr> {
    match &value.kind {
        ExprKind::Error
        | ExprKind::Const(_)
        | ExprKind::Local(_)
        | ExprKind::Capture(_)
        | ExprKind::Config(_)
        | ExprKind::Particular { .. }
        | ExprKind::Process(_) => Vec::new(),
        ExprKind::Query(query) => query_children(query),
        ExprKind::Interpolate(pieces) => pieces
            .iter()
            .filter_map(|piece| match piece {
                TextPiece::Slot { value, .. } => Some(value),
                TextPiece::Plain(_) => None,
            })
            .collect(),
        ExprKind::Field { base, .. }
        | ExprKind::UnionField { base, .. }
        | ExprKind::RecordField { base, .. }
        | ExprKind::FaultField { base, .. } => vec![base],
        ExprKind::IfPresent { subject, then, .. } => vec![subject, then],
        ExprKind::Call { args, .. } | ExprKind::Builtin { args, .. } => args.iter().collect(),
        ExprKind::List(items) | ExprKind::Named(items) | ExprKind::Record(_, items) => items.iter().collect(),
        ExprKind::Convert(_, inner)
        | ExprKind::Unwrap(inner)
        | ExprKind::Negate(inner)
        | ExprKind::Not(inner)
        | ExprKind::IsNone(inner)
        | ExprKind::IsEntity(inner, _)
        | ExprKind::IsDeleted(inner)
        | ExprKind::OneOf(inner, _) => vec![inner],
        ExprKind::Coalesce(a, b)
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b)
        | ExprKind::Arithmetic(_, a, b)
        | ExprKind::Compare(_, a, b)
        | ExprKind::Index(a, b) => vec![a, b],
        ExprKind::Under { low, high, .. } => vec![low, high],
        ExprKind::If(a, b, c) => vec![a, b, c],
        ExprKind::Match { subject, arms, .. } => {
            let mut all: Vec<&Expr> = vec![subject];
            all.extend(arms.iter().flat_map(|arm| arm.guard.iter().chain([&arm.body])));
            all
        }
    }
}

/// The expressions of a query.
fn query_children(query: &Query) -> Vec<&Expr> {
    let mut all = match &query.source {
        QuerySource::Entity(_) => Vec::new(),
        QuerySource::Reverse { of: source, .. } | QuerySource::List(source) => vec![source],
        QuerySource::Groups(groups) => {
            let mut all = query_children(&groups.items);
            all.push(&groups.key);
            all.extend(&groups.compared);
            all
        }
    };
    all.extend(&query.condition);
    all.extend(query.order.iter().map(|(key, _)| key));
    all.extend(&query.limit);
    all.push(&query.select);
    all
}

/// The blocks within a statement, to read or to change them.
macro_rules! blocks {
    ($kind:expr, $iter:ident, $($body:tt)+) => {
        match $kind {
            StmtKind::ActAsBlock { body, .. }
            | StmtKind::Atomic(body)
            | StmtKind::ForList { body, .. }
            | StmtKind::ForQuery { body, .. }
            | StmtKind::Stage { body, .. }
            | StmtKind::While { body, .. } => vec![body],
            StmtKind::Saga { body, .. } => vec![body],
            StmtKind::Undo(undo) => vec![$($body)+ undo.body],
            StmtKind::Parallel(parallel) => {
                let Parallel { starts, branches, .. } = $($body)+ **parallel;
                let branches = branches.$iter().flat_map(|branch| {
                    [$($body)+ branch.apart.body, $($body)+ branch.publish]
                });
                [starts].into_iter().chain(branches).collect()
            }
            StmtKind::OnCancel { body, cancel } => vec![body, cancel],
            StmtKind::If { branches, otherwise } => branches.$iter().map(|(_, block)| block).chain(otherwise).collect(),
            StmtKind::Match { arms, .. } => arms.$iter().map(|arm| $($body)+ arm.body).collect(),
            StmtKind::Try { body, catches, finally } => {
                [body].into_iter().chain(catches.$iter().map(|catch| $($body)+ catch.body)).chain(finally).collect()
            }
            StmtKind::Wait { arms, .. } => arms.$iter().map(|arm| $($body)+ arm.body).collect(),
            _ => Vec::new(),
        }
    };
}

/// The blocks within a statement.
pub(crate) fn blocks_of(kind: &StmtKind) -> Vec<&Block> {
    blocks!(kind, iter, &)
}

/// The same, to change them.
pub(super) fn blocks_of_mut(kind: &mut StmtKind) -> Vec<&mut Block> {
    blocks!(kind, iter_mut, &mut)
}

/// The expressions directly within a statement: those of its blocks are not among them.
pub(super) fn expressions_of(kind: &StmtKind) -> Vec<&Expr> {
    match kind {
        StmtKind::Assign { value, .. }
        | StmtKind::Raise(value)
        | StmtKind::Log(value)
        | StmtKind::Cancel(value)
        | StmtKind::Give(value) => {
            vec![value]
        }
        StmtKind::Create { fields, .. } => fields.iter().map(|(_, value)| value).collect(),
        StmtKind::Rule { values, .. } => values.iter().collect(),
        StmtKind::Update { target, writes, .. } => {
            [target].into_iter().chain(writes.iter().map(|write| &write.value)).collect()
        }
        StmtKind::ChangeStatus { target, .. } | StmtKind::Delete { target } => vec![target],
        StmtKind::AssignOwner { target, to } => vec![target, to],
        StmtKind::If { branches, .. } => branches.iter().map(|(condition, _)| condition).collect(),
        StmtKind::Match { arms, .. } => arms.iter().filter_map(|arm| arm.guard.as_ref()).collect(),
        StmtKind::ForList { source, .. } => vec![source],
        StmtKind::ForQuery { query, .. } => query_children(query),
        StmtKind::While { condition, .. } => vec![condition],
        StmtKind::Wait { arms, .. } => arms
            .iter()
            .filter_map(|arm| match &arm.kind {
                WaitArmKind::Until(value) | WaitArmKind::UntilMoment(value) | WaitArmKind::After(value) => Some(value),
                WaitArmKind::Handle { handle, .. } => Some(handle),
                WaitArmKind::Signal { condition, .. } => condition.as_ref(),
                WaitArmKind::Ask { .. } => None,
            })
            .chain(arms.iter().flat_map(|arm| match &arm.kind {
                WaitArmKind::Ask { ask, .. } => [&ask.user, &ask.title].into_iter().chain(&ask.due).collect(),
                _ => Vec::new(),
            }))
            .collect(),
        StmtKind::Page(page) => page.expressions(),
        StmtKind::Emit { value, to, .. } => [value].into_iter().chain(to).collect(),
        StmtKind::Do { primary, args, .. } | StmtKind::Start { primary, args, .. } => {
            primary.iter().chain(args).collect()
        }
        StmtKind::Stop { message: value, .. } | StmtKind::Return(value) => value.iter().collect(),
        StmtKind::ActAs(user) | StmtKind::ActAsBlock { user, .. } => vec![user],
        StmtKind::Parallel(parallel) => parallel.first.iter().chain(&parallel.until).chain(&parallel.limit).collect(),
        StmtKind::Test(TestStmt::Expect { condition, .. }) => vec![condition],
        StmtKind::Test(TestStmt::GivenConfig { value, .. }) => vec![value],
        StmtKind::Test(TestStmt::ExpectSent { args, .. }) => args.iter().collect(),
        StmtKind::Test(TestStmt::AnswerForm { user, fields }) => {
            [user].into_iter().chain(fields.iter().map(|(_, value)| value)).collect()
        }
        StmtKind::Test(TestStmt::AnswerPage { fields, .. }) => fields.iter().map(|(_, value)| value).collect(),
        StmtKind::Test(TestStmt::Mock { inputs, .. }) => inputs.iter().map(|(_, value)| value).collect(),
        StmtKind::Error
        | StmtKind::Atomic(_)
        | StmtKind::Break
        | StmtKind::Checkpoint
        | StmtKind::Compensate
        | StmtKind::Continue
        | StmtKind::OnCancel { .. }
        | StmtKind::RaiseAgain
        | StmtKind::Saga { .. }
        | StmtKind::Stage { .. }
        | StmtKind::StartBranch(_)
        | StmtKind::Test(_)
        | StmtKind::Try { .. }
        | StmtKind::Undo(_) => Vec::new(),
    }
}
