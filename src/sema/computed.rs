//! Computed fields that are computed from themselves, directly or by way of others.

use std::collections::BTreeMap;

use super::{
    circles,
    errors::entities as errors,
    hir::{Block, Expr, ExprKind, Program, Query, QuerySource, StmtKind},
    visit::{blocks_of, children, expressions_of},
};
use crate::base::span::Span;
use crate::diag::Sink;

/// Reports the circles.
pub(super) fn check(program: &Program, sink: &mut Sink) {
    let mut fields: BTreeMap<usize, (String, Span)> = BTreeMap::new();
    for entity in &program.schema.entities {
        for computed in &entity.computed {
            if let Some(function) = computed.function {
                fields.insert(usize::from(function.0), (format!("{}.{}", entity.name, computed.name), computed.span));
            }
        }
    }
    if fields.is_empty() {
        return;
    }
    let calls = |block: &Block| {
        let mut found = Vec::new();
        calls_of_block(block, &mut found);
        found
    };
    let dependencies: Vec<Vec<usize>> = program.functions.iter().map(|body| calls(&body.block)).collect();
    for circle in circles::order(&dependencies).circles {
        let on_it: Vec<(String, Span)> = circle.iter().filter_map(|function| fields.get(function).cloned()).collect();
        if !on_it.is_empty() {
            sink.push(errors::computed_circle(&on_it));
        }
    }
}

fn calls_of_block(block: &Block, into: &mut Vec<usize>) {
    for stmt in &block.stmts {
        expressions_of(&stmt.kind).into_iter().for_each(|expr| calls(expr, into));
        if let StmtKind::ForQuery { query, .. } = &stmt.kind {
            calls_of_query(query, into);
        }
        blocks_of(&stmt.kind).into_iter().for_each(|block| calls_of_block(block, into));
    }
}

fn calls(expr: &Expr, into: &mut Vec<usize>) {
    match &expr.kind {
        ExprKind::Call { function, .. } => into.push(usize::from(function.0)),
        ExprKind::Query(query) => calls_of_query(query, into),
        _ => {}
    }
    children(expr).into_iter().for_each(|child| calls(child, into));
}

fn calls_of_query(query: &Query, into: &mut Vec<usize>) {
    let source = match &query.source {
        QuerySource::Reverse { of, .. } => Some(of),
        QuerySource::List(list) => Some(list),
        QuerySource::Entity(_) => None,
    };
    let keys = query.order.iter().map(|(key, _)| key);
    let parts = source.into_iter().chain(&query.condition).chain(keys).chain(&query.limit).chain([&query.select]);
    parts.for_each(|part| calls(part, into));
}
