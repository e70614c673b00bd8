//! Expressions.

use super::{
    Evaluated, Fault, Reference, arithmetic,
    query::{is_of_element, is_reference},
    records,
    run::Run,
};
use crate::{
    base::value::{EntityIdx, RecordRef, Value},
    sema::{
        hir::{Builtin, Capture, Comparison, Conversion, Expr, ExprKind, ProcessInfo},
        schema::EntityId,
        ty::Ty,
    },
};

impl<'a> Reference<'a> {
    pub(super) fn eval(&mut self, expr: &Expr, run: &mut Run<'a>) -> Evaluated {
        self.step()?;
        Ok(match &expr.kind {
            ExprKind::And(left, right) => Value::Bool(self.truth(left, run)? && self.truth(right, run)?),
            ExprKind::Arithmetic(op, left, right) => {
                let (left, right) = (self.eval(left, run)?, self.eval(right, run)?);
                arithmetic::compute(*op, &left, &right, &expr.ty, &self.zone)?
            }
            ExprKind::Builtin { builtin: Builtin::Label, args } => {
                let types: Vec<Ty> = args.iter().map(|arg| arg.ty.clone()).collect();
                match (self.all(args, run)?.as_slice(), types.as_slice()) {
                    ([value], [ty]) => Value::Text(self.shown(value, ty)?),
                    _ => return Err(Fault::Unsupported("label")),
                }
            }
            ExprKind::Builtin { builtin, args } => {
                let args = self.all(args, run)?;
                self.builtin(*builtin, &args, &expr.ty)?
            }
            ExprKind::Call { function, args } => {
                let of_element = args.iter().any(|arg| is_reference(&arg.ty) && is_of_element(arg, run));
                let args = self.all(args, run)?;
                self.call_function(*function, args, of_element)?
            }
            ExprKind::Coalesce(left, right) => match self.eval(left, run)? {
                Value::None => self.eval(right, run)?,
                value => value,
            },
            ExprKind::Compare(comparison, left, right) => {
                let (left, right) = (self.eval(left, run)?, self.eval(right, run)?);
                Value::Bool(compare(*comparison, &left, &right)?)
            }
            ExprKind::Const(value) => value.clone(),
            ExprKind::Config(config) => {
                let config = self.program.schema.config(*config).ok_or(Fault::Unsupported("setting"))?;
                let value = self.settings.get(&config.name).or(config.default.as_ref()).cloned();
                let value = match value {
                    None if config.ty.is_optional() => Value::None,
                    value => value.ok_or(Fault::Trap("R0513"))?,
                };
                match (value, expr.ty.entities().first()) {
                    (Value::Text(key), Some(entity)) => self.record_of_key(*entity, &key)?,
                    (value, _) => value,
                }
            }
            ExprKind::Convert(conversion, inner) => self.convert(*conversion, inner, &expr.ty, run)?,
            ExprKind::FaultField { base, index } => self.part(base, *index, run)?,
            ExprKind::If(condition, then, otherwise) => {
                if self.truth(condition, run)? {
                    self.eval(then, run)?
                } else {
                    self.eval(otherwise, run)?
                }
            }
            ExprKind::IfPresent { subject, bind, then } => match self.eval(subject, run)? {
                Value::None => Value::None,
                value => {
                    run.set(*bind, value);
                    let outer = run.elements.len();
                    run.elements.extend(is_of_element(subject, run).then_some(*bind));
                    let value = self.eval(then, run);
                    run.elements.truncate(outer);
                    value?
                }
            },
            ExprKind::Index(list, index) => {
                let list = self.list(list, run)?;
                let Value::Int(index) = self.eval(index, run)? else { return Err(Fault::Unsupported("index")) };
                let item = usize::try_from(index).ok().and_then(|index| list.get(index).cloned());
                item.ok_or(Fault::Trap("R0104"))?
            }
            ExprKind::Interpolate(pieces) => Value::Text(self.interpolate(pieces, run)?),
            ExprKind::IsNone(inner) => Value::Bool(self.eval(inner, run)?.is_none()),
            ExprKind::List(items) => Value::List(self.all(items, run)?),
            ExprKind::Local(local) => run.get(*local),
            ExprKind::Match { local, subject, arms } => {
                let subject = self.eval(subject, run)?;
                run.set(*local, subject.clone());
                let arm = self.arm(&subject, arms, run)?;
                self.eval(&arm.body, run)?
            }
            ExprKind::Negate(inner) => {
                let value = self.eval(inner, run)?;
                arithmetic::negate(&value)?
            }
            ExprKind::Not(inner) => Value::Bool(!self.truth(inner, run)?),
            ExprKind::OneOf(inner, members) => {
                let value = self.eval(inner, run)?;
                Value::Bool(matches!(value, Value::Enum(member) if members.contains(&member)))
            }
            ExprKind::Or(left, right) => Value::Bool(self.truth(left, run)? || self.truth(right, run)?),
            ExprKind::Query(query) => self.query(query, run)?,
            ExprKind::Named(fields) | ExprKind::Record(_, fields) => Value::Record(self.all(fields, run)?),
            ExprKind::RecordField { base, index } => self.part(base, *index, run)?,
            ExprKind::Unwrap(inner) => self.present(inner, run)?,
            _ => self.of_world(expr, run)?,
        })
    }

    /// Expressions about stored records and the running process.
    fn of_world(&mut self, expr: &Expr, run: &mut Run<'a>) -> Evaluated {
        Ok(match &expr.kind {
            ExprKind::Capture(index) => {
                if let Some(value) = self.input(*index, run) {
                    return Ok(value);
                }
                run.captures.get(usize::from(*index)).cloned().ok_or(Fault::Unsupported("capture"))?
            }
            ExprKind::Field { base, field, .. } => {
                let record = self.record(base, run)?;
                if is_of_element(base, run) { self.read_stored(record, *field)? } else { self.read(record, *field)? }
            }
            ExprKind::IsDeleted(inner) => match self.eval(inner, run)? {
                Value::Ref(record) => Value::Bool(!self.exists(record)),
                _ => Value::Bool(false),
            },
            ExprKind::IsEntity(inner, entities) => {
                let value = self.eval(inner, run)?;
                Value::Bool(matches!(value, Value::Ref(r) if entities.iter().any(|entity| entity.0 == r.entity.0)))
            }
            ExprKind::Particular { entity, key } => self.record_of_key(*entity, key)?,
            ExprKind::Process(info) => {
                let actor = run.actor;
                match info {
                    ProcessInfo::User => self.user_value(actor.user),
                    ProcessInfo::Caller => self.user_value(actor.caller),
                    ProcessInfo::Owner => self.user_value(actor.owner),
                    ProcessInfo::Instance => Value::Int(actor.instance.unwrap_or(0)),
                    ProcessInfo::Depth => Value::Int(i64::from(actor.depth.max(1))),
                }
            }
            ExprKind::UnionField { base, fields } => {
                let record = self.record(base, run)?;
                let field = fields.iter().find(|(entity, _)| entity.0 == record.entity.0);
                let field = field.ok_or(Fault::Unsupported("field"))?.1;
                if is_of_element(base, run) { self.read_stored(record, field)? } else { self.read(record, field)? }
            }
            _ => return Err(Fault::Unsupported("expression")),
        })
    }

    /// The one record with this unique key or shown name, as it was found at first use, unless it is gone.
    fn record_of_key(&mut self, entity: EntityId, key: &str) -> Evaluated {
        let known = (entity, key.to_owned());
        if let Some(record) =
            self.world.particulars.get(&known).filter(|record| self.world.records.contains_key(record))
        {
            return Ok(Value::Ref(*record));
        }
        let found = self.look_up(entity, key)?;
        self.world.particulars.insert(known, found);
        Ok(Value::Ref(found))
    }

    fn look_up(&mut self, entity: EntityId, key: &str) -> Evaluated<RecordRef> {
        let def = self.entity(EntityIdx(entity.0))?;
        let keys: Vec<_> = def.unique.iter().filter(|fields| fields.len() == 1).flatten().copied().collect();
        let wanted = Value::Text(key.to_owned());
        let mut found = Vec::new();
        for record in self.world.of_entity(entity) {
            let row = self.world.records.get(&record).cloned().unwrap_or_default();
            if keys.iter().any(|field| records::get(&row, Some(*field)) == wanted) {
                return Ok(record);
            }
            if self.shown_name(record)? == key {
                found.push(record);
            }
        }
        match found.as_slice() {
            [record] => Ok(*record),
            _ => Err(Fault::Trap("R0506")),
        }
    }

    /// An input of the action that the process stands before, as it is by now.
    fn input(&self, index: u16, run: &Run<'a>) -> Option<Value> {
        let process = self.program.processes.get(usize::from(run.process?.0))?;
        match &process.captures.get(usize::from(index))?.capture {
            Capture::Input(input) => run.inputs.get(usize::from(*input)).cloned(),
            _ => None,
        }
    }

    pub(super) fn truth(&mut self, expr: &Expr, run: &mut Run<'a>) -> Evaluated<bool> {
        match self.eval(expr, run)? {
            Value::Bool(truth) => Ok(truth),
            _ => Err(Fault::Unsupported("truth")),
        }
    }

    pub(super) fn list(&mut self, expr: &Expr, run: &mut Run<'a>) -> Evaluated<Vec<Value>> {
        match self.eval(expr, run)? {
            Value::List(items) => Ok(items),
            _ => Err(Fault::Unsupported("list")),
        }
    }

    pub(super) fn all(&mut self, exprs: &[Expr], run: &mut Run<'a>) -> Evaluated<Vec<Value>> {
        exprs.iter().map(|expr| self.eval(expr, run)).collect()
    }

    fn part(&mut self, base: &Expr, index: u16, run: &mut Run<'a>) -> Evaluated {
        match self.eval(base, run)? {
            Value::Record(fields) => fields.get(usize::from(index)).cloned().ok_or(Fault::Unsupported("field")),
            _ => Err(Fault::Unsupported("record")),
        }
    }

    fn present(&mut self, expr: &Expr, run: &mut Run<'a>) -> Evaluated {
        match self.eval(expr, run)? {
            Value::None => Err(Fault::Trap("R0103")),
            value => Ok(value),
        }
    }

    fn convert(&mut self, conversion: Conversion, inner: &Expr, ty: &Ty, run: &mut Run<'a>) -> Evaluated {
        if conversion == Conversion::Known {
            return self.present(inner, run);
        }
        let value = self.eval(inner, run)?;
        Ok(match (conversion, value) {
            (Conversion::AtMost(max), value) if records::is_longer(&value, max) => {
                return Err(Fault::Trap("R0110"));
            }
            (Conversion::Fold { .. }, Value::Text(text)) => Value::Text(text.to_lowercase()),
            (Conversion::IntToDecimal, Value::Int(number)) => Value::Decimal(number.into()),
            (Conversion::Midnight, Value::Date(days)) => arithmetic::midnight(days, &self.zone)?,
            (Conversion::Narrow, Value::Ref(record)) => {
                let entities = ty.entities();
                if !entities.is_empty() && !entities.iter().any(|entity| entity.0 == record.entity.0) {
                    return Err(Fault::Trap("R0108"));
                }
                Value::Ref(record)
            }
            (_, value) => value,
        })
    }
}

/// A comparison; absent values make all but equality false.
pub(super) fn compare(comparison: Comparison, left: &Value, right: &Value) -> Evaluated<bool> {
    match comparison {
        Comparison::Equal => return equal(left, right),
        Comparison::NotEqual => return Ok(!equal(left, right)?),
        _ if left.is_none() || right.is_none() => return Ok(false),
        _ => {}
    }
    Ok(match (comparison, left, right) {
        (Comparison::Contains, Value::Text(left), Value::Text(right)) => left.contains(right.as_str()),
        (Comparison::Contains, Value::List(items), item) | (Comparison::In, item, Value::List(items)) => {
            items.contains(item)
        }
        (Comparison::EndsWith, Value::Text(left), Value::Text(right)) => left.ends_with(right.as_str()),
        (Comparison::Greater, ..) => arithmetic::order(left, right)?.is_gt(),
        (Comparison::GreaterEqual, ..) => arithmetic::order(left, right)?.is_ge(),
        (Comparison::Less, ..) => arithmetic::order(left, right)?.is_lt(),
        (Comparison::LessEqual, ..) => arithmetic::order(left, right)?.is_le(),
        (Comparison::Matches, Value::Text(left), Value::Text(right)) => {
            crate::base::pattern::Pattern::new(right).is_ok_and(|pattern| pattern.is_in(left))
        }
        (Comparison::StartsWith, Value::Text(left), Value::Text(right)) => left.starts_with(right.as_str()),
        _ => return Err(Fault::Unsupported("comparison")),
    })
}

fn equal(left: &Value, right: &Value) -> Evaluated<bool> {
    match (left, right) {
        (Value::Money(_), Value::Money(_)) => Ok(arithmetic::order(left, right)?.is_eq()),
        _ => Ok(left == right),
    }
}
