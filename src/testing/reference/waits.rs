//! Waits, children, and calls that are tried again.
//!
//! A wait looks at its arms in order when it is entered and whenever something that they read has changed.

use std::collections::{BTreeSet, HashMap};

use super::{
    Evaluated, Fault, Reference, arithmetic,
    run::{Exit, Point, Run, Step, Task},
    triggers::Kept,
    world::Wake,
};
use crate::{
    base::{
        span::Span,
        value::{RecordRef, Value},
    },
    engine::store::Status,
    sema::{
        hir::{Arithmetic, Block, Expr, ExprKind, LocalId, Retry, Stmt, StmtKind, WaitArm, WaitArmKind},
        ty::Ty,
    },
    syntax::ast::ProcessKind,
};

/// What a wait depends on.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    pub(super) wakes: BTreeSet<Wake>,
    /// The earliest moment that it waits for.
    pub(super) moment: Option<i64>,
    /// Elements of queries: what is read of them is covered by the query.
    pub(super) elements: Vec<RecordRef>,
}

impl<'a> Reference<'a> {
    /// Enters a wait: what `after` means is fixed now.
    pub(super) fn begin_wait(&mut self, stmt: &'a Stmt, arms: &'a [WaitArm], run: &mut Run<'a>) -> Result<Step, Exit> {
        let mut held = vec![Value::None; arms.len()];
        for (arm, held) in arms.iter().zip(&mut held) {
            if let WaitArmKind::After(duration) = &arm.kind {
                let duration = self.eval(duration, run)?;
                *held = self.later(&duration)?;
            }
        }
        for (arm, held) in arms.iter().zip(&mut held) {
            if let WaitArmKind::Handle { handle, .. } = &arm.kind {
                *held = self.eval(handle, run)?;
            }
        }
        self.wait(stmt, arms, held, run)
    }

    /// Looks whether an arm's time has come.
    pub(super) fn wait(
        &mut self,
        stmt: &'a Stmt,
        arms: &'a [WaitArm],
        held: Vec<Value>,
        run: &mut Run<'a>,
    ) -> Result<Step, Exit> {
        self.watching = Some(Watch::default());
        for (arm, value) in arms.iter().zip(&held) {
            let mut mail = None;
            let has_come = match &arm.kind {
                WaitArmKind::Until(condition) => self.truth(condition, run)?,
                WaitArmKind::UntilMoment(moment) => {
                    let moment = self.eval(moment, run)?;
                    self.has_come(&moment)
                }
                WaitArmKind::After(_) => self.has_come(value),
                WaitArmKind::Ask { .. } => return Err(Fault::Unsupported("ask").into()),
                WaitArmKind::Handle { .. } => self.has_ended(value)?,
                WaitArmKind::Signal { signal, bind, condition, .. } => {
                    mail = self.first_fitting(*signal, *bind, condition.as_ref(), run)?;
                    mail.is_some()
                }
            };
            if has_come {
                self.watching = None;
                self.acted = true;
                if let WaitArmKind::Handle { into: Some(place), .. } = &arm.kind {
                    let result = self.result_of(value)?;
                    self.put(place, result, run)?;
                }
                if let (WaitArmKind::Signal { bind, into, .. }, Some(mail)) = (&arm.kind, mail) {
                    self.take_mail(mail, run);
                    let value = run.get(*bind);
                    into.as_ref().map_or(Ok(()), |place| self.put(place, value, run))?;
                }
                run.tasks.push(Task::Block(&arm.body, 0));
                return Ok(Step::Next);
            }
        }
        run.tasks.push(Task::Wait(stmt, arms, held));
        let StmtKind::Wait { point, .. } = &stmt.kind else { return Err(Fault::Unsupported("wait").into()) };
        let mut point = self.point(stmt, point, run, false)?;
        let has_primary =
            run.process.and_then(|id| self.program.schema.process(id)).is_some_and(|p| p.primary.is_some());
        point.handles_deletion = has_primary
            && arms.iter().any(|arm| matches!(&arm.kind, WaitArmKind::Until(condition) if awaits_deletion(condition)));
        Ok(Step::Rest(point))
    }

    fn has_come(&mut self, moment: &Value) -> bool {
        let Value::DateTime(moment) = *moment else { return false };
        if moment > self.now
            && let Some(watch) = &mut self.watching
        {
            watch.moment = Some(watch.moment.map_or(moment, |other| other.min(moment)));
        }
        moment <= self.now
    }

    /// The moment a duration from now.
    fn later(&self, duration: &Value) -> Evaluated {
        let now = Value::DateTime(self.now);
        arithmetic::compute(Arithmetic::Add, &now, duration, &Ty::DateTime, &self.zone)
    }

    /// Whether a child has ended; a fault if not well.
    fn has_ended(&mut self, handle: &Value) -> Evaluated<bool> {
        let Value::Instance(id) = *handle else { return Err(Fault::Unsupported("handle")) };
        self.watch(Wake::End(id));
        let child = self.world.instances.get(&id).cloned().ok_or(Fault::Trap("R0402"))?;
        let name = self.process_name(child.process);
        match child.status {
            Status::Succeeded => Ok(true),
            Status::Failed => Err(Fault::refused("R0502", format!("{name} failed: {}", child.message))),
            Status::Canceled => Err(Fault::refused("R0503", format!("{name} was canceled: {}", child.message))),
            _ => Ok(false),
        }
    }

    fn result_of(&mut self, handle: &Value) -> Evaluated {
        let Value::Instance(id) = handle else { return Err(Fault::Unsupported("handle")) };
        let child = self.world.instances.get(id).ok_or(Fault::Trap("R0402"))?;
        child.result.clone().ok_or(Fault::Trap("R0109"))
    }

    /// `do`: of a child it waits for its end, an action of a background process begins a turn of its own.
    pub(super) fn call_process(&mut self, stmt: &'a Stmt, run: &mut Run<'a>) -> Result<Step, Exit> {
        let StmtKind::Do { process, primary, args, .. } = &stmt.kind else {
            return Err(Fault::Unsupported("call").into());
        };
        let head = self.program.schema.process(*process).ok_or(Fault::Unsupported("process"))?;
        let rests = self.is_background(run) && run.may_rest();
        if head.kind == ProcessKind::Background && rests {
            let (primary, inputs) = self.arguments_of(primary.as_ref(), args, run)?;
            let kept = Kept::called(run.actor.user, &inputs);
            let child = self.whole(|me| me.start_child(run.actor, *process, primary, &kept, true))?;
            return self.join(stmt, child, run);
        }
        run.tasks.push(Task::Call(stmt));
        if rests {
            return Ok(Step::Rest(self.point(stmt, &format!("do {}", head.name), run, true)?));
        }
        Ok(Step::Next)
    }

    /// Waits for the end of a child.
    pub(super) fn join(&mut self, stmt: &'a Stmt, child: i64, run: &mut Run<'a>) -> Result<Step, Exit> {
        let StmtKind::Do { process, into, .. } = &stmt.kind else { return Err(Fault::Unsupported("join").into()) };
        self.watching = Some(Watch::default());
        let handle = Value::Instance(child);
        if self.has_ended(&handle)? {
            self.watching = None;
            self.acted = true;
            if let Some(place) = into {
                let result = self.result_of(&handle)?;
                self.put(place, result, run)?;
            }
            return Ok(Step::Next);
        }
        run.tasks.push(Task::Join(stmt, child));
        let name = self.process_name(*process);
        Ok(Step::Rest(self.point(stmt, &format!("do {name}"), run, false)?))
    }

    /// `do` of an action, now.
    pub(super) fn call_action_of(&mut self, stmt: &'a Stmt, run: &mut Run<'a>) -> Evaluated<()> {
        let StmtKind::Do { process, primary, args, into, .. } = &stmt.kind else {
            return Err(Fault::Unsupported("call"));
        };
        let (primary, inputs) = self.arguments_of(primary.as_ref(), args, run)?;
        let kind = self.program.schema.process(*process).map(|head| head.kind);
        let result = if kind == Some(ProcessKind::Activity) {
            let all: Vec<Value> = primary.map(Value::Ref).into_iter().chain(inputs).collect();
            self.call_activity(run.actor, *process, &all)?
        } else {
            self.whole(|me| me.call_action(run.actor, *process, primary, inputs))?
        };
        match into {
            Some(place) => self.put(place, result, run),
            None => Ok(()),
        }
    }

    /// After a raised error: the next try, or a wait before it.
    pub(super) fn retry_later(
        &mut self,
        stmt: &'a Stmt,
        retry: &'a Retry,
        left: i64,
        delay: Option<Value>,
        run: &mut Run<'a>,
    ) {
        let Some(delay) = delay else {
            run.tasks.push(Task::Retry(stmt, retry, left, None));
            run.tasks.push(Task::Again(stmt));
            return;
        };
        match self.later(&delay) {
            Ok(due) => run.tasks.push(Task::RetryAt(stmt, retry, left, delay, due)),
            Err(fault) => run.tasks.push(Task::Leave(Some(Box::new(Exit::Fault(fault))))),
        }
    }

    /// Waits for the next try.
    pub(super) fn retry_at(
        &mut self,
        (stmt, retry): (&'a Stmt, &'a Retry),
        left: i64,
        delay: Value,
        due: Value,
        run: &mut Run<'a>,
    ) -> Result<Step, Exit> {
        self.watching = Some(Watch::default());
        if !self.has_come(&due) {
            let StmtKind::Do { process, .. } = &stmt.kind else { return Err(Fault::Unsupported("retry").into()) };
            let name = format!("retry {}", self.process_name(*process));
            run.tasks.push(Task::RetryAt(stmt, retry, left, delay, due));
            return Ok(Step::Rest(self.point(stmt, &name, run, false)?));
        }
        self.watching = None;
        self.acted = true;
        let mut next = delay;
        if retry.doubling {
            next = arithmetic::compute(Arithmetic::Add, &next, &next, &Ty::Duration, &self.zone)?;
        }
        if let Some(longest) = &retry.up_to {
            let longest = self.eval(longest, run)?;
            if arithmetic::order(&next, &longest)?.is_gt() {
                next = longest;
            }
        }
        run.tasks.push(Task::Retry(stmt, retry, left, Some(next)));
        self.call_process(stmt, run)
    }

    /// The suspension point of a statement.
    pub(super) fn point(&self, stmt: &'a Stmt, what: &str, run: &Run<'a>, goes_on: bool) -> Evaluated<Point> {
        let names = run.process.and_then(|id| self.points.get(usize::from(id.0)));
        let name = names.and_then(|names| names.get(&(stmt.span, what.to_owned())));
        let name = name.ok_or(Fault::Unsupported("a place to rest"))?;
        Ok(Point { name: name.clone(), goes_on, handles_deletion: false })
    }
}

/// Whether a condition asks for the deletion of the primary record.
fn awaits_deletion(condition: &Expr) -> bool {
    match &condition.kind {
        ExprKind::And(left, right) | ExprKind::Or(left, right) => awaits_deletion(left) || awaits_deletion(right),
        ExprKind::IsDeleted(of) => matches!(of.kind, ExprKind::Local(LocalId(0))),
        ExprKind::Not(inner) => awaits_deletion(inner),
        _ => false,
    }
}

/// The names of the suspension points of a process: its name, the stages, verb and target, and a number that counts
/// equal ones within the innermost stage.
pub(super) fn names(process: &str, block: &Block, program: &crate::sema::hir::Program) -> PointNames {
    let mut names = Names { program, one_turn: false, counts: HashMap::new(), found: HashMap::new() };
    names.block(block, process);
    names.found
}

/// The names of points by place and verb.
pub(super) type PointNames = HashMap<(Span, String), String>;

struct Names<'a> {
    program: &'a crate::sema::hir::Program,
    /// Within `atomic` and `finally` a call of an action does not end the turn.
    one_turn: bool,
    counts: HashMap<String, u32>,
    found: PointNames,
}

impl Names<'_> {
    fn point(&mut self, span: Span, what: String, prefix: &str) {
        let name = format!("{prefix}/{what}");
        let count = self.counts.entry(name.clone()).or_insert(0);
        *count += 1;
        self.found.insert((span, what), format!("{name}/{count}"));
    }

    fn block(&mut self, block: &Block, prefix: &str) {
        for stmt in &block.stmts {
            self.stmt(stmt, prefix);
        }
    }

    fn in_one_turn(&mut self, block: &Block, prefix: &str) {
        let around = std::mem::replace(&mut self.one_turn, true);
        self.block(block, prefix);
        self.one_turn = around;
    }

    fn stmt(&mut self, stmt: &Stmt, prefix: &str) {
        match &stmt.kind {
            StmtKind::ActAsBlock { body, .. }
            | StmtKind::ForList { body, .. }
            | StmtKind::ForQuery { body, .. }
            | StmtKind::While { body, .. } => self.block(body, prefix),
            StmtKind::Atomic(body) => self.in_one_turn(body, prefix),
            StmtKind::Checkpoint => self.point(stmt.span, "checkpoint".to_owned(), prefix),
            StmtKind::Do { process, retry, .. } if !self.one_turn => {
                let name = self.program.schema.process(*process).map_or("", |head| head.name.as_str());
                self.point(stmt.span, format!("do {name}"), prefix);
                if retry.as_ref().is_some_and(|retry| retry.after.is_some()) {
                    self.point(stmt.span, format!("retry {name}"), prefix);
                }
            }
            StmtKind::If { branches, otherwise } => {
                branches.iter().map(|(_, block)| block).chain(otherwise).for_each(|block| self.block(block, prefix));
            }
            StmtKind::Match { arms, .. } => arms.iter().for_each(|arm| self.block(&arm.body, prefix)),
            StmtKind::OnCancel { body, cancel } => {
                self.block(body, prefix);
                self.in_one_turn(cancel, prefix);
            }
            StmtKind::Stage { title, body } => self.block(body, &format!("{prefix}/{title}")),
            StmtKind::Try { body, catches, finally } => {
                self.block(body, prefix);
                catches.iter().for_each(|catch| self.block(&catch.body, prefix));
                finally.iter().for_each(|block| self.in_one_turn(block, prefix));
            }
            StmtKind::Wait { point, arms } => {
                self.point(stmt.span, point.clone(), prefix);
                arms.iter().for_each(|arm| self.block(&arm.body, prefix));
            }
            _ => {}
        }
    }
}
