//! Expressions.

use super::{Evaluated, Fault, Frame, Reference, arithmetic};
use crate::{
    base::value::Value,
    sema::{
        hir::{Builtin, Comparison, Conversion, Expr, ExprKind},
        ty::Ty,
    },
};

impl Reference<'_> {
    pub(super) fn eval(&mut self, expr: &Expr, frame: &mut Frame) -> Evaluated {
        self.step()?;
        Ok(match &expr.kind {
            ExprKind::And(left, right) => Value::Bool(self.truth(left, frame)? && self.truth(right, frame)?),
            ExprKind::Arithmetic(op, left, right) => {
                let (left, right) = (self.eval(left, frame)?, self.eval(right, frame)?);
                arithmetic::compute(*op, &left, &right, &expr.ty, &self.zone)?
            }
            ExprKind::Builtin { builtin: Builtin::Label, args } => {
                let types: Vec<Ty> = args.iter().map(|arg| arg.ty.clone()).collect();
                match (self.all(args, frame)?.as_slice(), types.as_slice()) {
                    ([value], [ty]) => Value::Text(self.shown(value, ty)?),
                    _ => return Err(Fault::Unsupported("label")),
                }
            }
            ExprKind::Builtin { builtin, args } => {
                let args = self.all(args, frame)?;
                self.builtin(*builtin, &args, &expr.ty)?
            }
            ExprKind::Call { function, args } => {
                let args = self.all(args, frame)?;
                self.call(*function, args)?
            }
            ExprKind::Coalesce(left, right) => match self.eval(left, frame)? {
                Value::None => self.eval(right, frame)?,
                value => value,
            },
            ExprKind::Compare(comparison, left, right) => {
                let (left, right) = (self.eval(left, frame)?, self.eval(right, frame)?);
                Value::Bool(compare(*comparison, &left, &right)?)
            }
            ExprKind::Const(value) => value.clone(),
            ExprKind::Convert(conversion, inner) => self.convert(*conversion, inner, frame)?,
            ExprKind::FaultField { base, index } => self.part(base, *index, frame)?,
            ExprKind::If(condition, then, otherwise) => {
                if self.truth(condition, frame)? {
                    self.eval(then, frame)?
                } else {
                    self.eval(otherwise, frame)?
                }
            }
            ExprKind::IfPresent { subject, bind, then } => match self.eval(subject, frame)? {
                Value::None => Value::None,
                value => {
                    frame.set(*bind, value);
                    self.eval(then, frame)?
                }
            },
            ExprKind::Index(list, index) => {
                let list = self.list(list, frame)?;
                let Value::Int(index) = self.eval(index, frame)? else { return Err(Fault::Unsupported("index")) };
                let item = usize::try_from(index).ok().and_then(|index| list.get(index).cloned());
                item.ok_or(Fault::Trap("R0104"))?
            }
            ExprKind::Interpolate(pieces) => Value::Text(self.interpolate(pieces, frame)?),
            ExprKind::IsNone(inner) => Value::Bool(self.eval(inner, frame)?.is_none()),
            ExprKind::List(items) => Value::List(self.all(items, frame)?),
            ExprKind::Local(local) => frame.get(*local),
            ExprKind::Match { local, subject, arms } => {
                let subject = self.eval(subject, frame)?;
                frame.set(*local, subject.clone());
                let arm = self.arm(&subject, arms, frame)?;
                self.eval(&arm.body, frame)?
            }
            ExprKind::Negate(inner) => {
                let value = self.eval(inner, frame)?;
                arithmetic::negate(&value)?
            }
            ExprKind::Not(inner) => Value::Bool(!self.truth(inner, frame)?),
            ExprKind::OneOf(inner, members) => {
                let value = self.eval(inner, frame)?;
                Value::Bool(matches!(value, Value::Enum(member) if members.contains(&member)))
            }
            ExprKind::Or(left, right) => Value::Bool(self.truth(left, frame)? || self.truth(right, frame)?),
            ExprKind::Query(query) => self.query(query, frame)?,
            ExprKind::Record(_, fields) => Value::Record(self.all(fields, frame)?),
            ExprKind::RecordField { base, index } => self.part(base, *index, frame)?,
            ExprKind::Unwrap(inner) => self.present(inner, frame)?,
            _ => return Err(Fault::Unsupported("expression")),
        })
    }

    pub(super) fn truth(&mut self, expr: &Expr, frame: &mut Frame) -> Evaluated<bool> {
        match self.eval(expr, frame)? {
            Value::Bool(truth) => Ok(truth),
            _ => Err(Fault::Unsupported("truth")),
        }
    }

    pub(super) fn list(&mut self, expr: &Expr, frame: &mut Frame) -> Evaluated<Vec<Value>> {
        match self.eval(expr, frame)? {
            Value::List(items) => Ok(items),
            _ => Err(Fault::Unsupported("list")),
        }
    }

    fn all(&mut self, exprs: &[Expr], frame: &mut Frame) -> Evaluated<Vec<Value>> {
        exprs.iter().map(|expr| self.eval(expr, frame)).collect()
    }

    fn part(&mut self, base: &Expr, index: u16, frame: &mut Frame) -> Evaluated {
        match self.eval(base, frame)? {
            Value::Record(fields) => fields.get(usize::from(index)).cloned().ok_or(Fault::Unsupported("field")),
            _ => Err(Fault::Unsupported("record")),
        }
    }

    fn present(&mut self, expr: &Expr, frame: &mut Frame) -> Evaluated {
        match self.eval(expr, frame)? {
            Value::None => Err(Fault::Trap("R0103")),
            value => Ok(value),
        }
    }

    fn convert(&mut self, conversion: Conversion, inner: &Expr, frame: &mut Frame) -> Evaluated {
        if conversion == Conversion::Known {
            return self.present(inner, frame);
        }
        let value = self.eval(inner, frame)?;
        Ok(match (conversion, value) {
            (Conversion::AtMost(max), Value::Text(text)) if text.chars().count() > max as usize => {
                return Err(Fault::Trap("R0110"));
            }
            (Conversion::IntToDecimal, Value::Int(number)) => Value::Decimal(number.into()),
            (Conversion::Midnight, Value::Date(days)) => arithmetic::midnight(days, &self.zone)?,
            (Conversion::Narrow | Conversion::Known, _) => return Err(Fault::Unsupported("conversion")),
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
