//! Computed fields that are computed from themselves, directly or by way of others.

use std::collections::BTreeMap;

use super::{
    circles,
    errors::entities as errors,
    hir::{Block, Expr, ExprKind, Program},
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
        blocks_of(&stmt.kind).into_iter().for_each(|block| calls_of_block(block, into));
    }
}

fn calls(expr: &Expr, into: &mut Vec<usize>) {
    if let ExprKind::Call { function, .. } = &expr.kind {
        into.push(usize::from(function.0));
    }
    children(expr).into_iter().for_each(|child| calls(child, into));
}
