//! Statements of functions.

use super::{Evaluated, Fault, Frame, Reference};
use crate::{
    base::value::Value,
    sema::{
        hir::{Block, Catch, Expr, LocalId, MatchArm, Pattern, Place, Stmt, StmtKind},
        ty::Ty,
    },
};

/// How a statement ends.
pub(super) enum Flow {
    Next,
    Break,
    Continue,
    Return(Value),
}

impl Reference<'_> {
    pub(super) fn block(&mut self, block: &Block, frame: &mut Frame) -> Evaluated<Flow> {
        for stmt in &block.stmts {
            match self.stmt(stmt, frame)? {
                Flow::Next => {}
                flow => return Ok(flow),
            }
        }
        Ok(Flow::Next)
    }

    fn stmt(&mut self, stmt: &Stmt, frame: &mut Frame) -> Evaluated<Flow> {
        self.step()?;
        match &stmt.kind {
            StmtKind::Assign { place, value } => self.assign(place, value, frame)?,
            StmtKind::Break => return Ok(Flow::Break),
            StmtKind::Continue => return Ok(Flow::Continue),
            StmtKind::ForList { bind, source, body } => return self.for_list(*bind, source, body, frame),
            StmtKind::If { branches, otherwise } => {
                for (condition, block) in branches {
                    if self.truth(condition, frame)? {
                        return self.block(block, frame);
                    }
                }
                if let Some(block) = otherwise {
                    return self.block(block, frame);
                }
            }
            StmtKind::Match { subject, arms } => {
                let subject = frame.get(*subject);
                let arm = self.arm(&subject, arms, frame)?;
                return self.block(&arm.body, frame);
            }
            StmtKind::Raise(error) => {
                let Ty::Record(record) = error.ty else { return Err(Fault::Unsupported("raise")) };
                let Value::Record(fields) = self.eval(error, frame)? else {
                    return Err(Fault::Unsupported("raise"));
                };
                return Err(Fault::Raised(record, fields));
            }
            StmtKind::RaiseAgain => {
                return Err(frame.caught.last().cloned().unwrap_or(Fault::Unsupported("raise again")));
            }
            StmtKind::Return(Some(value)) => return Ok(Flow::Return(self.eval(value, frame)?)),
            StmtKind::Try { body, catches, finally } => {
                let flow = self.try_catch(body, catches, frame);
                let Some(finally) = finally else { return flow };
                return match self.block(finally, frame)? {
                    Flow::Next => flow,
                    other => Ok(other),
                };
            }
            StmtKind::While { condition, body } => {
                while self.truth(condition, frame)? {
                    self.step()?;
                    match self.block(body, frame)? {
                        Flow::Break => break,
                        Flow::Next | Flow::Continue => {}
                        flow => return Ok(flow),
                    }
                }
            }
            _ => return Err(Fault::Unsupported("statement")),
        }
        Ok(Flow::Next)
    }

    fn assign(&mut self, place: &Place, value: &Expr, frame: &mut Frame) -> Evaluated<()> {
        let value = self.eval(value, frame)?;
        let Place::Local { local, path } = place else { return Err(Fault::Unsupported("place")) };
        let mut target = frame.locals.get_mut(usize::from(local.0)).ok_or(Fault::Unsupported("local"))?;
        for (_, index) in path {
            let Value::Record(fields) = target else { return Err(Fault::Unsupported("path")) };
            target = fields.get_mut(usize::from(*index)).ok_or(Fault::Unsupported("field"))?;
        }
        *target = value;
        Ok(())
    }

    fn for_list(&mut self, bind: LocalId, source: &Expr, body: &Block, frame: &mut Frame) -> Evaluated<Flow> {
        for item in self.list(source, frame)? {
            self.step()?;
            frame.set(bind, item);
            match self.block(body, frame)? {
                Flow::Break => break,
                Flow::Next | Flow::Continue => {}
                flow => return Ok(flow),
            }
        }
        Ok(Flow::Next)
    }

    fn try_catch(&mut self, body: &Block, catches: &[Catch], frame: &mut Frame) -> Evaluated<Flow> {
        let fault = match self.block(body, frame) {
            Err(fault) if !is_limit(&fault) => fault,
            other => return other,
        };
        for catch in catches {
            let fits = match &fault {
                Fault::Raised(record, _) => catch.errors.is_empty() || catch.errors.contains(record),
                _ => catch.errors.is_empty(),
            };
            if !fits {
                continue;
            }
            if let Some(bind) = catch.bind {
                let value = match &fault {
                    Fault::Raised(_, fields) if catch.errors.len() == 1 => Value::Record(fields.clone()),
                    _ => Value::Record(vec![Value::Text(self.code(&fault)), Value::None, Value::None]),
                };
                frame.set(bind, value);
            }
            frame.caught.push(fault);
            let flow = self.block(&catch.body, frame);
            frame.caught.pop();
            return flow;
        }
        Err(fault)
    }

    /// The first arm that fits.
    pub(super) fn arm<'t, T>(
        &mut self,
        subject: &Value,
        arms: &'t [MatchArm<T>],
        frame: &mut Frame,
    ) -> Evaluated<&'t MatchArm<T>> {
        for arm in arms {
            let fits = arm.patterns.iter().any(|pattern| fits(pattern, subject));
            let holds = match &arm.guard {
                Some(guard) if fits => self.truth(guard, frame)?,
                _ => fits,
            };
            if holds {
                return Ok(arm);
            }
        }
        Err(Fault::Trap("R0106"))
    }
}

fn is_limit(fault: &Fault) -> bool {
    match fault {
        Fault::Trap(code) => code.starts_with("R09"),
        Fault::Raised(..) => false,
        Fault::Unsupported(_) => true,
    }
}

fn fits(pattern: &Pattern, subject: &Value) -> bool {
    match pattern {
        Pattern::Else => true,
        Pattern::Entity(entity) => matches!(subject, Value::Ref(r) if r.entity.0 == entity.0),
        Pattern::None => subject.is_none(),
        Pattern::OneOf(members) => matches!(subject, Value::Enum(member) if members.contains(member)),
        Pattern::Range(low, high) => {
            let order = |other| super::arithmetic::order(subject, other);
            matches!(
                (order(low), order(high)),
                (Ok(from), Ok(to)) if from.is_ge() && to.is_le()
            )
        }
        Pattern::Value(value) => subject == value,
    }
}
