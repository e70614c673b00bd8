//! Statements: what each puts onto the stack, or does at once.

use super::{
    Evaluated, Fault, Reference,
    run::{Exit, Left, Run, Step, Task},
    triggers::Kept,
};
use crate::{
    base::value::{RecordRef, Value},
    sema::{
        hir::{Block, Expr, MatchArm, Pattern, Query, Stmt, StmtKind, WriteOp},
        schema::SystemField,
        ty::Ty,
    },
};

impl<'a> Reference<'a> {
    pub(super) fn stmt(&mut self, stmt: &'a Stmt, run: &mut Run<'a>) -> Result<Step, Exit> {
        self.step()?;
        match &stmt.kind {
            StmtKind::AssignOwner { .. }
            | StmtKind::ChangeStatus { .. }
            | StmtKind::Create { .. }
            | StmtKind::Delete { .. }
            | StmtKind::Update { .. } => self.write_record(stmt, run)?,
            StmtKind::Cancel(handle) => self.cancel_child(handle, run)?,
            StmtKind::Checkpoint => return Ok(Step::Rest(self.point(stmt, "checkpoint", run, true)?)),
            StmtKind::Do { retry, .. } => {
                let Some(retry) = retry else { return self.call_process(stmt, run) };
                let Value::Int(times) = self.eval(&retry.times, run)? else { return Err(unknown("retry")) };
                let delay = retry.after.as_ref().map(|delay| self.eval(delay, run)).transpose()?;
                run.tasks.push(Task::Retry(stmt, retry, times, delay));
                return self.call_process(stmt, run);
            }
            StmtKind::Emit { signal, value, to } => {
                let value = self.eval(value, run)?;
                let to = to.as_ref().map_or(Ok(Value::None), |to| self.eval(to, run))?;
                self.whole(|me| me.emit(run.actor, *signal, &value, &to))?;
            }
            StmtKind::Log(text) => {
                let shown = self.eval(text, run)?;
                let message = self.shown(&shown, text.ty.present())?;
                self.note(run.actor, message);
            }
            StmtKind::Rule { effect, field, values, .. } => {
                let values = self.all(values, run)?;
                self.say(*effect, *field, values, run)?;
            }
            StmtKind::Start { process, primary, args, into } => {
                let (primary, inputs) = self.arguments_of(primary.as_ref(), args, run)?;
                let kept = Kept::called(run.actor.user, &inputs);
                let id = self.whole(|me| me.start_child(run.actor, *process, primary, &kept, false))?;
                if let Some(place) = into {
                    self.put(place, Value::Instance(id), run)?;
                }
            }
            StmtKind::Wait { arms, .. } => return self.begin_wait(stmt, arms, run),
            _ => self.control(stmt, run)?,
        }
        Ok(Step::Next)
    }

    /// Statements that say what comes next.
    fn control(&mut self, stmt: &'a Stmt, run: &mut Run<'a>) -> Result<(), Exit> {
        match &stmt.kind {
            StmtKind::ActAsBlock { user, body } => {
                let user = match self.eval(user, run)? {
                    Value::Ref(record) => Some(record.id),
                    _ => None,
                };
                run.tasks.push(Task::ActAs(run.actor.user));
                run.actor.user = user;
                run.tasks.push(Task::Block(body, 0));
            }
            StmtKind::Assign { place, value } => {
                let value = self.eval(value, run)?;
                self.put(place, value, run)?;
            }
            StmtKind::Atomic(body) => {
                run.tasks.push(Task::Atomic(Box::new(self.world.clone()), self.pending.clone()));
                run.tasks.push(Task::Block(body, 0));
            }
            StmtKind::Break => return Err(Exit::Break),
            StmtKind::Continue => return Err(Exit::Continue),
            StmtKind::ForList { bind, source, body } => {
                let items = self.list(source, run)?;
                run.tasks.push(Task::ForList(*bind, items, 0, body));
            }
            StmtKind::ForQuery { query, body } => {
                let last = self.world.records.keys().map(|record| record.id).max().unwrap_or(0);
                run.tasks.push(Task::ForQuery(query, Left { after: 0, last }, body));
            }
            StmtKind::If { branches, otherwise } => {
                let mut chosen = otherwise.as_ref();
                for (condition, block) in branches {
                    if self.truth(condition, run)? {
                        chosen = Some(block);
                        break;
                    }
                }
                run.tasks.extend(chosen.map(|block| Task::Block(block, 0)));
            }
            StmtKind::Match { subject, arms } => {
                let subject = run.get(*subject);
                let arm = self.arm(&subject, arms, run)?;
                run.tasks.push(Task::Block(&arm.body, 0));
            }
            StmtKind::OnCancel { body, cancel } => {
                run.tasks.push(Task::OnCancel(cancel));
                run.tasks.push(Task::Block(body, 0));
            }
            StmtKind::Stage { body, .. } => run.tasks.push(Task::Block(body, 0)),
            StmtKind::Try { body, catches, finally } => {
                run.tasks.extend(finally.as_ref().map(Task::Finally));
                run.tasks.push(Task::Catch(catches));
                run.tasks.push(Task::Block(body, 0));
            }
            StmtKind::While { condition, body } => run.tasks.push(Task::While(condition, body)),
            _ => return self.ending(stmt, run),
        }
        Ok(())
    }

    /// Statements that leave blocks.
    fn ending(&mut self, stmt: &'a Stmt, run: &mut Run<'a>) -> Result<(), Exit> {
        Err(match &stmt.kind {
            StmtKind::Raise(error) => match (&error.ty, self.eval(error, run)?) {
                (Ty::Record(record), Value::Record(fields)) => Exit::Fault(Fault::Raised(*record, fields)),
                _ => unknown("raise"),
            },
            StmtKind::RaiseAgain => {
                let caught = run.tasks.iter().rev().find_map(|task| match task {
                    Task::Caught(fault) => Some(fault.clone()),
                    _ => None,
                });
                caught.map_or_else(|| unknown("raise again"), Exit::Fault)
            }
            StmtKind::Return(value) => match value {
                Some(value) => Exit::Return(self.eval(value, run)?),
                None => Exit::Return(Value::None),
            },
            StmtKind::Stop { canceled, message } => {
                let message = match message {
                    Some(message) => {
                        let value = self.eval(message, run)?;
                        self.shown(&value, message.ty.present())?
                    }
                    None => String::new(),
                };
                Exit::Stop { canceled: *canceled, message }
            }
            _ => unknown("statement"),
        })
    }

    /// The next record of a loop that still exists and for which the condition holds now.
    pub(super) fn next_record(
        &mut self,
        query: &'a Query,
        left: Left,
        body: &'a Block,
        run: &mut Run<'a>,
    ) -> Evaluated<()> {
        let mut all = self.source(query, run)?.into_iter();
        let next = all.find(|record| record.id > left.after && record.id <= left.last);
        let Some(record) = next else { return Ok(()) };
        run.tasks.push(Task::ForQuery(query, Left { after: record.id, ..left }, body));
        run.set(query.bind, Value::Ref(record));
        if self.holds(query, run)? {
            run.tasks.push(Task::Block(body, 0));
        }
        Ok(())
    }

    fn write_record(&mut self, stmt: &'a Stmt, run: &mut Run<'a>) -> Evaluated<()> {
        let actor = run.actor;
        match &stmt.kind {
            StmtKind::AssignOwner { target, to } => {
                let (record, owner) = (self.record(target, run)?, self.eval(to, run)?);
                let field = self.system_field(record.entity, SystemField::Owner)?;
                self.whole(|me| me.update(actor, record, vec![(field, WriteOp::Set, owner)]))
            }
            StmtKind::ChangeStatus { target, status, .. } => {
                let record = self.record(target, run)?;
                let field = self.system_field(record.entity, SystemField::Status)?;
                self.whole(|me| me.update(actor, record, vec![(field, WriteOp::Set, Value::Enum(*status))]))
            }
            StmtKind::Create { entity, fields, into, .. } => {
                let mut writes = Vec::with_capacity(fields.len());
                for (field, value) in fields {
                    writes.push((*field, WriteOp::Set, self.eval(value, run)?));
                }
                let record = self.whole(|me| me.create(actor, *entity, writes))?;
                into.as_ref().map_or(Ok(()), |place| self.put(place, Value::Ref(record), run))
            }
            StmtKind::Delete { target } => {
                let record = self.record(target, run)?;
                self.whole(|me| me.delete(actor, record))
            }
            StmtKind::Update { target, writes, .. } => {
                let record = self.record(target, run)?;
                let mut values = Vec::with_capacity(writes.len());
                for write in writes {
                    values.push((write.field, write.op, self.eval(&write.value, run)?));
                }
                self.whole(|me| me.update(actor, record, values))
            }
            _ => Err(Fault::Unsupported("write")),
        }
    }

    /// The record that an expression leads to.
    pub(super) fn record(&mut self, expr: &Expr, run: &mut Run<'a>) -> Evaluated<RecordRef> {
        match self.eval(expr, run)? {
            Value::Ref(record) => Ok(record),
            _ => Err(Fault::Unsupported("reference")),
        }
    }

    /// The first arm that fits.
    pub(super) fn arm<'t, T>(
        &mut self,
        subject: &Value,
        arms: &'t [MatchArm<T>],
        run: &mut Run<'a>,
    ) -> Evaluated<&'t MatchArm<T>> {
        for arm in arms {
            let fits = arm.patterns.iter().any(|pattern| fits(pattern, subject));
            let holds = match &arm.guard {
                Some(guard) if fits => self.truth(guard, run)?,
                _ => fits,
            };
            if holds {
                return Ok(arm);
            }
        }
        Err(Fault::Trap("R0106"))
    }
}

fn unknown(what: &'static str) -> Exit {
    Exit::Fault(Fault::Unsupported(what))
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
