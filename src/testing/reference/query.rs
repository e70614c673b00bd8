//! Queries over lists.

use std::cmp::Ordering;

use super::{Evaluated, Fault, Reference, arithmetic, builtins::read_float, run::Run, world::Wake};
use crate::{
    base::value::{Money, RecordRef, Value},
    sema::{
        hir::{Arithmetic, Comparison, Expr, ExprKind, Fold, Groups, LocalId, Query, QueryHead, QuerySource},
        schema::{EntityId, FieldId},
        ty::Ty,
    },
};

impl<'a> Reference<'a> {
    pub(super) fn query(&mut self, query: &Query, run: &mut Run<'a>) -> Evaluated {
        let outer = run.elements.len();
        run.elements.extend(is_stored(query).then_some(query.bind));
        let found = self.found(query, run);
        run.elements.truncate(outer);
        found
    }

    fn found(&mut self, query: &Query, run: &mut Run<'a>) -> Evaluated {
        let limit = match &query.limit {
            None => usize::MAX,
            Some(limit) => match self.eval(limit, run)? {
                Value::Int(limit) => usize::try_from(limit).unwrap_or(0),
                _ => return Err(Fault::Unsupported("limit")),
            },
        };
        let mut found: Vec<(Vec<Value>, Value)> = Vec::new();
        for item in self.elements(query, run)? {
            self.cover(&item);
            run.set(query.bind, item.clone());
            if self.holds(query, run)? {
                let keys = query.order.iter().map(|(key, _)| self.eval(key, run)).collect::<Evaluated<_>>()?;
                found.push((keys, item));
            }
        }
        let descending: Vec<bool> = query.order.iter().map(|(_, descending)| *descending).collect();
        found.sort_by(|(left, _), (right, _)| by_keys(left, right, &descending));
        found.truncate(limit);
        match query.head {
            QueryHead::Count => return i64::try_from(found.len()).map(Value::Int).map_err(|_| Fault::Trap("R0101")),
            QueryHead::Exists => return Ok(Value::Bool(!found.is_empty())),
            QueryHead::FindOne => found.truncate(1),
            QueryHead::Find | QueryHead::Fold(_) => {}
        }
        let mut selected = Vec::with_capacity(found.len());
        for (_, item) in found {
            run.set(query.bind, item);
            selected.push(self.eval(&query.select, run)?);
        }
        match query.head {
            QueryHead::FindOne => Ok(selected.pop().unwrap_or(Value::None)),
            QueryHead::Fold(Fold::Max) => extreme(&selected, true),
            QueryHead::Fold(Fold::Min) => extreme(&selected, false),
            QueryHead::Fold(fold) => self.combined(fold, &selected, &query.select.ty),
            _ => Ok(Value::List(selected)),
        }
    }

    /// The sum or average of values; absent ones are left out.
    fn combined(&self, fold: Fold, values: &[Value], ty: &Ty) -> Evaluated {
        let zero = match ty.present() {
            Ty::Int => Value::Int(0),
            Ty::Decimal => Value::Decimal(0.into()),
            Ty::Float => Value::Float(0.0),
            Ty::MoneyIn(currency) => Value::Money(Money { amount: 0, currency: *currency }),
            _ => return Err(Fault::Unsupported("fold")),
        };
        let present: Vec<&Value> = values.iter().filter(|value| !value.is_none()).collect();
        let add = |sum: Value, item: &&Value| arithmetic::compute(Arithmetic::Add, &sum, item, ty, &self.zone);
        let sum = present.iter().try_fold(zero, add)?;
        if fold == Fold::Sum {
            return Ok(sum);
        }
        let number = match (i64::try_from(present.len()), &sum) {
            (Ok(0), _) => return Ok(Value::None),
            (Ok(number), Value::Float(_)) => read_float(&number.to_string())?,
            (Ok(number), _) => Value::Int(number),
            (Err(_), _) => return Err(Fault::Unsupported("fold")),
        };
        arithmetic::compute(Arithmetic::Divide, &sum, &number, &Ty::Decimal, &self.zone)
    }

    /// The elements before any condition.
    fn elements(&mut self, query: &Query, run: &mut Run<'a>) -> Evaluated<Vec<Value>> {
        match &query.source {
            QuerySource::List(source) => self.list(source, run),
            QuerySource::Groups(groups) => self.groups(groups, run),
            _ => Ok(self.source(query, run)?.into_iter().map(Value::Ref).collect()),
        }
    }

    /// The stored records that a query goes through, in order of creation.
    pub(super) fn source(&mut self, query: &Query, run: &mut Run<'a>) -> Evaluated<Vec<RecordRef>> {
        match &query.source {
            QuerySource::Entity(entity) => {
                if let Some(condition) = &query.condition {
                    self.watch_ties(*entity, condition, query.bind, run)?;
                }
                Ok(self.world.of_entity(*entity))
            }
            QuerySource::Reverse { entity, field, of } => {
                let of = self.record(of, run)?;
                self.watch(Wake::Referring(*entity, *field, of));
                let refers = |record: &RecordRef| {
                    let row = self.world.records.get(record);
                    row.and_then(|row| row.get(usize::from(field.0))) == Some(&Value::Ref(of))
                };
                Ok(self.world.of_entity(*entity).into_iter().filter(refers).collect())
            }
            QuerySource::Groups(_) | QuerySource::List(_) => Err(Fault::Unsupported("records of a list")),
        }
    }

    /// Elements with equal keys, by their keys.
    fn groups(&mut self, groups: &Groups, run: &mut Run<'a>) -> Evaluated<Vec<Value>> {
        let mut rows: Vec<(Vec<Value>, Value, Value)> = Vec::new();
        for item in self.elements(&groups.items, run)? {
            self.cover(&item);
            run.set(groups.items.bind, item.clone());
            if self.holds(&groups.items, run)? {
                let key = self.eval(&groups.key, run)?;
                run.set(groups.bind, key.clone());
                rows.push((self.all(&groups.compared, run)?, key, item));
            }
        }
        rows.sort_by(|(left, ..), (right, ..)| by_keys(left, right, &[]));
        let mut found: Vec<(Vec<Value>, Value, Vec<Value>)> = Vec::new();
        for (compared, key, item) in rows {
            match found.last_mut() {
                Some((last, _, items)) if by_keys(last, &compared, &[]).is_eq() => items.push(item),
                _ => found.push((compared, key, vec![item])),
            }
        }
        Ok(found.into_iter().map(|(_, key, items)| Value::Record(vec![key, Value::List(items)])).collect())
    }

    /// Whether the condition holds for the bound element.
    pub(super) fn holds(&mut self, query: &Query, run: &mut Run<'a>) -> Evaluated<bool> {
        let outer = run.elements.len();
        run.elements.extend(is_stored(query).then_some(query.bind));
        let holds = query.condition.as_ref().map_or(Ok(true), |condition| self.truth(condition, run));
        run.elements.truncate(outer);
        holds
    }

    /// Notes what a change would have to be of, for a query to give something else.
    pub(super) fn watch(&mut self, wake: Wake) {
        if let Some(watch) = &mut self.watching {
            watch.wakes.insert(wake);
        }
    }

    /// What is read of an element is covered by its query.
    fn cover(&mut self, element: &Value) {
        if let (Some(watch), Value::Ref(record)) = (&mut self.watching, element) {
            watch.elements.push(*record);
        }
    }

    /// A condition that compares a reference of the element with a record ties the query to that record.
    fn watch_ties(&mut self, entity: EntityId, condition: &Expr, bind: LocalId, run: &mut Run<'a>) -> Evaluated<()> {
        if self.watching.is_none() {
            return Ok(());
        }
        match &condition.kind {
            ExprKind::And(left, right) => {
                self.watch_ties(entity, left, bind, run)?;
                self.watch_ties(entity, right, bind, run)
            }
            ExprKind::Compare(Comparison::Equal, left, right) => {
                for (side, other) in [(left, right), (right, left)] {
                    if let (Some(field), None) = (reference_of(side, bind), reference_of(other, bind))
                        && let Value::Ref(target) = self.eval(other, run)?
                    {
                        self.watch(Wake::Referring(entity, field, target));
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn is_stored(query: &Query) -> bool {
    matches!(query.source, QuerySource::Entity(_) | QuerySource::Reverse { .. })
}

/// Whether an expression is an element of a query around it, or a path of fields from one.
pub(super) fn is_of_element(expr: &Expr, run: &Run<'_>) -> bool {
    if run.of_element {
        return true;
    }
    match &expr.kind {
        ExprKind::Convert(_, inner)
        | ExprKind::Field { base: inner, .. }
        | ExprKind::UnionField { base: inner, .. }
        | ExprKind::Unwrap(inner) => is_of_element(inner, run),
        ExprKind::Local(local) => run.elements.contains(local),
        _ => false,
    }
}

/// The reference field of the bound element that an expression is.
fn reference_of(expr: &Expr, bind: LocalId) -> Option<FieldId> {
    match &expr.kind {
        ExprKind::Convert(_, inner) => reference_of(inner, bind),
        ExprKind::Field { base, field, .. } if is_reference(&expr.ty) => {
            matches!(base.kind, ExprKind::Local(local) if local == bind).then_some(*field)
        }
        _ => None,
    }
}

pub(super) fn is_reference(ty: &Ty) -> bool {
    *ty.present() == Ty::AnyRef || !ty.entities().is_empty()
}

/// The order of keys, one after the other.
fn by_keys(left: &[Value], right: &[Value], descending: &[bool]) -> Ordering {
    let directions = descending.iter().copied().chain(std::iter::repeat(false));
    left.iter()
        .zip(right)
        .zip(directions)
        .fold(Ordering::Equal, |order, ((left, right), descending)| order.then_with(|| by_key(left, right, descending)))
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
