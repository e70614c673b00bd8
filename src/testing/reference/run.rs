//! A run of a body: its names, and a stack of what is still to be done. A copy of it is a snapshot.
//!
//! The top of the stack is done next. Leaving a block, by `break`, `return`, `stop` or a fault, takes tasks off the
//! stack until one of them has something to say about it.

use super::{
    Evaluated, Fault, Reference,
    rules::Said,
    world::{Actor, Row, World},
};
use crate::{
    base::value::{RecordRef, Value},
    sema::{
        hir::{Block, Catch, Expr, LocalId, Place, Query, Retry, Stmt, WaitArm},
        schema::ProcessId,
    },
};

/// A name of a suspension point, and what happens there.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) name: String,
    /// It only ends the turn: the next one may begin at once.
    pub(super) goes_on: bool,
    /// It waits for the deletion of the primary record.
    pub(super) handles_deletion: bool,
}

/// Something to be done.
#[derive(Clone)]
pub(super) enum Task<'a> {
    /// The end of `act as`: the user around it.
    ActAs(Option<i64>),
    /// The end of `atomic`: what the world was before, and the values about to be written.
    Atomic(Box<World<'a>>, Vec<(RecordRef, Row)>),
    /// The rest of a block.
    Block(&'a Block, usize),
    /// The next try, at once.
    Again(&'a Stmt),
    /// `do` of an action, after the turn in which it was reached.
    Call(&'a Stmt),
    /// Handlers of the statements above.
    Catch(&'a [Catch]),
    /// The end of a handler: what `raise` raises again.
    Caught(Fault),
    /// The end of the statements above, with what always follows.
    Finally(&'a Block),
    /// The rest of a loop over a list.
    ForList(LocalId, Vec<Value>, usize, &'a Block),
    /// The rest of a loop over a query.
    ForQuery(&'a Query, Left, &'a Block),
    /// `do` of a child that has been started.
    Join(&'a Stmt, i64),
    /// The end of the statements above, with what runs last when the process is canceled.
    OnCancel(&'a Block),
    /// Where to go after a `finally` block; none is behind it.
    Leave(Option<Box<Exit>>),
    /// `do … retry` around the call above: tries left, the next delay.
    Retry(&'a Stmt, &'a Retry, i64, Option<Value>),
    /// The next try, from this moment on: tries left, the delay, the moment.
    RetryAt(&'a Stmt, &'a Retry, i64, Value, Value),
    /// A wait, with the moments of its `after` arms and the handles of its children.
    Wait(&'a Stmt, &'a [WaitArm], Vec<Value>),
    /// The next round of a loop.
    While(&'a Expr, &'a Block),
}

/// Which records a loop still has to look at: those after the one that it came to, up to the last that there was when it
/// began.
#[derive(Clone, Copy)]
pub(super) struct Left {
    pub(super) after: i64,
    pub(super) last: i64,
}

/// A way out of blocks.
#[derive(Clone, Debug)]
pub(super) enum Exit {
    Break,
    Continue,
    Fault(Fault),
    /// An operator gave the fault up that the process was parked with.
    GivenUp,
    Return(Value),
    Stop {
        canceled: bool,
        message: String,
    },
}

impl Exit {
    /// The same after a `catch` or `retry` has seen it.
    fn seen(self) -> Self {
        match self {
            Exit::Fault(fault) => Exit::Fault(fault.seen()),
            exit => exit,
        }
    }

    pub(super) fn canceled(reason: &str) -> Self {
        Exit::Stop { canceled: true, message: reason.to_owned() }
    }
}

impl From<Fault> for Exit {
    fn from(fault: Fault) -> Self {
        Exit::Fault(fault)
    }
}

/// How a run came to rest.
pub(super) enum Rest {
    Done(Value),
    Stopped { canceled: bool, message: String },
    Waits(Point),
    Faulted(Fault),
}

impl Rest {
    /// What the end of a body in a transaction means for what is around it.
    pub(super) fn in_transaction(self, process: &str) -> Evaluated {
        match self {
            Rest::Done(value) => Ok(value),
            Rest::Stopped { canceled: false, .. } => Ok(Value::None),
            Rest::Stopped { message, .. } => Err(Fault::refused("R0501", format!("refused by {process}: {message}"))),
            Rest::Faulted(fault) => Err(fault),
            Rest::Waits(_) => Err(Fault::Unsupported("a wait in a transaction")),
        }
    }
}

/// What a statement asks for.
pub(super) enum Step {
    Next,
    Rest(Point),
}

/// A run of a body.
#[derive(Clone)]
pub(super) struct Run<'a> {
    pub(super) process: Option<ProcessId>,
    pub(super) locals: Vec<Value>,
    pub(super) captures: Vec<Value>,
    /// Of a process before an action: the inputs of the action.
    pub(super) inputs: Vec<Value>,
    pub(super) actor: Actor,
    pub(super) tasks: Vec<Task<'a>>,
    /// What a rule has said.
    pub(super) said: Vec<Said>,
    /// The elements of the queries around the expression: what is read of them is read from the store.
    pub(super) elements: Vec<LocalId>,
    /// A function that was called with such an element: all that it reads is read from the store.
    pub(super) of_element: bool,
}

impl<'a> Run<'a> {
    /// The beginning of a block. The first names are the arguments.
    pub(super) fn new(block: &'a Block, mut arguments: Vec<Value>, names: usize, actor: Actor) -> Self {
        arguments.resize(names, Value::None);
        let tasks = vec![Task::Block(block, 0)];
        Self {
            process: actor.process,
            locals: arguments,
            captures: Vec::new(),
            inputs: Vec::new(),
            actor,
            tasks,
            said: Vec::new(),
            elements: Vec::new(),
            of_element: false,
        }
    }

    /// The value of a name.
    pub(super) fn get(&self, id: LocalId) -> Value {
        self.locals.get(usize::from(id.0)).cloned().unwrap_or(Value::None)
    }

    /// Gives a name a value.
    pub(super) fn set(&mut self, id: LocalId, value: Value) {
        if let Some(place) = self.locals.get_mut(usize::from(id.0)) {
            *place = value;
        }
    }

    /// Whether a statement may be a suspension point here.
    pub(super) fn may_rest(&self) -> bool {
        !self.tasks.iter().any(|task| matches!(task, Task::Atomic(..) | Task::Leave(_)))
    }
}

impl<'a> Reference<'a> {
    /// Runs until something has to come from outside.
    pub(super) fn go(&mut self, run: &mut Run<'a>) -> Rest {
        while let Some(task) = run.tasks.pop() {
            match self.task(task, run) {
                Ok(Step::Next) => {}
                Ok(Step::Rest(point)) => return Rest::Waits(point),
                Err(exit) => {
                    if let Some(rest) = self.leave(exit, run) {
                        return rest;
                    }
                }
            }
        }
        Rest::Done(Value::None)
    }

    /// Ends a run where it rests: what always runs still does.
    pub(super) fn unwind(&mut self, run: &mut Run<'a>, exit: Exit) -> Rest {
        match self.leave(exit, run) {
            Some(rest) => rest,
            None => self.go(run),
        }
    }

    fn task(&mut self, task: Task<'a>, run: &mut Run<'a>) -> Result<Step, Exit> {
        self.step()?;
        match task {
            Task::ActAs(user) => run.actor.user = user,
            Task::Atomic(..) | Task::Catch(_) | Task::Caught(_) | Task::OnCancel(_) | Task::Retry(..) => {}
            Task::Block(block, index) => {
                if let Some(stmt) = block.stmts.get(index) {
                    run.tasks.push(Task::Block(block, index + 1));
                    return self.stmt(stmt, run);
                }
            }
            Task::Again(stmt) => return self.call_process(stmt, run),
            Task::Call(stmt) => self.call_action_of(stmt, run)?,
            Task::Finally(block) => {
                run.tasks.push(Task::Leave(None));
                run.tasks.push(Task::Block(block, 0));
            }
            Task::ForList(bind, items, index, body) => {
                if let Some(item) = items.get(index).cloned() {
                    run.set(bind, item);
                    run.tasks.push(Task::ForList(bind, items, index + 1, body));
                    run.tasks.push(Task::Block(body, 0));
                }
            }
            Task::ForQuery(query, left, body) => self.next_record(query, left, body, run)?,
            Task::Join(stmt, child) => return self.join(stmt, child, run),
            Task::Leave(Some(exit)) => return Err(*exit),
            Task::Leave(None) => {}
            Task::RetryAt(stmt, retry, left, delay, due) => return self.retry_at((stmt, retry), left, delay, due, run),
            Task::Wait(stmt, arms, held) => return self.wait(stmt, arms, held, run),
            Task::While(condition, body) => {
                if self.truth(condition, run)? {
                    run.tasks.push(Task::While(condition, body));
                    run.tasks.push(Task::Block(body, 0));
                }
            }
        }
        Ok(Step::Next)
    }

    /// Leaves blocks, innermost first, until one of them goes on; else the run is over.
    fn leave(&mut self, mut exit: Exit, run: &mut Run<'a>) -> Option<Rest> {
        while let Some(task) = run.tasks.pop() {
            match task {
                Task::ActAs(user) => run.actor.user = user,
                Task::Atomic(before, pending) => {
                    if let Exit::Fault(_) = exit {
                        (self.world, self.pending) = (*before, pending);
                    }
                }
                Task::Catch(catches) => {
                    if let Exit::Fault(fault) = &exit
                        && self.catch(catches, fault, run)
                    {
                        return None;
                    }
                    if !catches.is_empty() {
                        exit = exit.seen();
                    }
                }
                Task::OnCancel(block) if matches!(exit, Exit::Stop { canceled: true, .. }) => {
                    run.tasks.push(Task::Leave(Some(Box::new(exit))));
                    run.tasks.push(Task::Block(block, 0));
                    return None;
                }
                Task::Finally(block) => {
                    run.tasks.push(Task::Leave(Some(Box::new(exit))));
                    run.tasks.push(Task::Block(block, 0));
                    return None;
                }
                Task::ForList(..) | Task::ForQuery(..) | Task::While(..) => match exit {
                    Exit::Break => return None,
                    Exit::Continue => {
                        run.tasks.push(task);
                        return None;
                    }
                    _ => {}
                },
                Task::Retry(stmt, retry, left, delay) => {
                    if let Exit::Fault(fault) = &exit
                        && fault.may_pass()
                        && left > 0
                    {
                        self.retry_later(stmt, retry, left - 1, delay, run);
                        return None;
                    }
                    exit = exit.seen();
                }
                _ => {}
            }
        }
        Some(match exit {
            Exit::Fault(fault) => Rest::Faulted(fault),
            Exit::GivenUp => Rest::Stopped { canceled: true, message: String::new() },
            Exit::Return(value) => Rest::Done(value),
            Exit::Stop { canceled, message } => Rest::Stopped { canceled, message },
            Exit::Break | Exit::Continue => Rest::Faulted(Fault::Unsupported("a way out of no loop")),
        })
    }

    /// Begins the first handler that is for the fault.
    fn catch(&mut self, catches: &'a [Catch], fault: &Fault, run: &mut Run<'a>) -> bool {
        if fault.is_limit() {
            return false;
        }
        let fits = |catch: &&Catch| match fault {
            Fault::Raised(record, _) => catch.errors.is_empty() || catch.errors.contains(record),
            _ => catch.errors.is_empty(),
        };
        let Some(catch) = catches.iter().find(fits) else { return false };
        if let Some(bind) = catch.bind {
            let value = match fault {
                Fault::Raised(_, fields) if catch.errors.len() == 1 => Value::Record(fields.clone()),
                _ => Value::Record(vec![Value::Text(self.code(fault)), Value::Text(self.message(fault)), Value::None]),
            };
            run.set(bind, value);
        }
        run.tasks.push(Task::Caught(fault.clone().seen()));
        run.tasks.push(Task::Block(&catch.body, 0));
        true
    }

    /// Puts a value into a place.
    pub(super) fn put(&mut self, place: &Place, value: Value, run: &mut Run<'a>) -> Evaluated<()> {
        match place {
            Place::Local { local, path } => {
                let slot = run.locals.get_mut(usize::from(local.0));
                let mut target = slot.ok_or(Fault::Unsupported("local"))?;
                for (_, index) in path {
                    let Value::Record(fields) = target else { return Err(Fault::Unsupported("path")) };
                    target = fields.get_mut(usize::from(*index)).ok_or(Fault::Unsupported("field"))?;
                }
                *target = value;
                Ok(())
            }
            Place::Pending { field, .. } => self.set_pending(*field, value),
            Place::Input(index) => {
                let slot = run.inputs.get_mut(usize::from(*index)).ok_or(Fault::Unsupported("input"))?;
                *slot = value;
                Ok(())
            }
        }
    }
}
