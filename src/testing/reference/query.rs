//! Queries over lists.

use std::cmp::Ordering;

use super::{Evaluated, Fault, Frame, Reference, arithmetic};
use crate::{
    base::value::Value,
    sema::hir::{Fold, Query, QueryHead, QuerySource},
};

impl Reference<'_> {
    pub(super) fn query(&mut self, query: &Query, frame: &mut Frame) -> Evaluated {
        let QuerySource::List(source) = &query.source else { return Err(Fault::Unsupported("stored records")) };
        let limit = match &query.limit {
            None => usize::MAX,
            Some(limit) => match self.eval(limit, frame)? {
                Value::Int(limit) => usize::try_from(limit).unwrap_or(0),
                _ => return Err(Fault::Unsupported("limit")),
            },
        };
        let mut found: Vec<(Vec<Value>, Value)> = Vec::new();
        for item in self.list(source, frame)? {
            frame.set(query.bind, item.clone());
            let holds = match &query.condition {
                Some(condition) => self.truth(condition, frame)?,
                None => true,
            };
            if holds {
                let keys = query.order.iter().map(|(key, _)| self.eval(key, frame)).collect::<Evaluated<_>>()?;
                found.push((keys, item));
            }
        }
        let descending: Vec<bool> = query.order.iter().map(|(_, descending)| *descending).collect();
        found.sort_by(|(left, _), (right, _)| {
            left.iter().zip(right).zip(&descending).fold(Ordering::Equal, |order, ((left, right), descending)| {
                order.then_with(|| by_key(left, right, *descending))
            })
        });
        found.truncate(limit);
        match query.head {
            QueryHead::Count => return i64::try_from(found.len()).map(Value::Int).map_err(|_| Fault::Trap("R0101")),
            QueryHead::Exists => return Ok(Value::Bool(!found.is_empty())),
            QueryHead::FindOne => found.truncate(1),
            QueryHead::Find | QueryHead::Fold(_) => {}
        }
        let mut selected = Vec::with_capacity(found.len());
        for (_, item) in found {
            frame.set(query.bind, item);
            selected.push(self.eval(&query.select, frame)?);
        }
        match query.head {
            QueryHead::FindOne => Ok(selected.pop().unwrap_or(Value::None)),
            QueryHead::Fold(Fold::Max) => extreme(&selected, true),
            QueryHead::Fold(Fold::Min) => extreme(&selected, false),
            QueryHead::Fold(_) => Err(Fault::Unsupported("fold")),
            _ => Ok(Value::List(selected)),
        }
    }
}

/// Absent values come last in both directions.
fn by_key(left: &Value, right: &Value, descending: bool) -> Ordering {
    match (left.is_none(), right.is_none()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => {
            let order = arithmetic::order(left, right).unwrap_or(Ordering::Equal);
            if descending { order.reverse() } else { order }
        }
    }
}

/// The least or greatest of values that are present, or none.
pub(super) fn extreme(values: &[Value], greatest: bool) -> Evaluated {
    let mut best = Value::None;
    for value in values.iter().filter(|value| !value.is_none()) {
        let better = best.is_none() || {
            let order = arithmetic::order(value, &best)?;
            if greatest { order.is_gt() } else { order.is_lt() }
        };
        if better {
            best = value.clone();
        }
    }
    Ok(best)
}
