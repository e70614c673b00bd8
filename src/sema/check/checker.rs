//! The state of checking one body: names in scope, what is known, what was reported.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Effects, Footprint,
    facts::{Facts, Flow, Path, Trace},
    groups::Group,
    pages::Hoisted,
    scope::Scope,
};
use crate::{
    base::{
        span::FileId,
        span::Span,
        value::{Currency, Value},
    },
    diag::Diagnostic,
    sema::{
        answers::Answers,
        context::Context,
        errors::{names, uses},
        hir::{Block, Body, Capture, Captured, Expr, ExprKind, Local, LocalId, Stmt},
        names::{Def, Names},
        schema::{EntityId, FunctionHead, Phase, ProcessHead, ProcessId, Schema, Trigger, TriggerEvent},
        ty::Ty,
    },
    syntax::ast::{Ident, ProcessKind},
};

/// Names that are in scope by themselves and cannot be declared.
pub(super) const RESERVED: [&str; 6] = ["old", "trigger", "config", "secret", "process", "me"];

/// What kind of body is checked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Host<'a> {
    /// A constant or a default: no names.
    Constant,
    /// `shown as` and computed fields: the fields of the record in the first local are names, and `self` is the record.
    ShownAs(EntityId),
    /// A `fn`.
    Function(&'a FunctionHead),
    /// A process.
    Process(&'a ProcessHead),
    /// `only if` of a process.
    OnlyIf(&'a ProcessHead),
    /// A test.
    Test,
}

/// What the primary record of a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Primary {
    /// A stored record.
    Stored,
    /// About to be created: no identity.
    Pending,
    /// About to be written: its fields can be set.
    Before,
    /// About to be deleted.
    Leaving,
    /// Deleted: only its last values are there.
    Gone,
}

/// Whether there is an `old`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OldValues {
    Never,
    Sometimes,
    Always,
}

impl<'a> Host<'a> {
    /// The head of the process, if this is the body or the condition of one.
    pub(super) fn head(self) -> Option<&'a ProcessHead> {
        match self {
            Host::Process(head) | Host::OnlyIf(head) => Some(head),
            _ => None,
        }
    }

    /// The kind of the process whose body this is.
    pub(super) fn kind(self) -> Option<ProcessKind> {
        match self {
            Host::Process(head) => Some(head.kind),
            _ => None,
        }
    }

    fn triggers(self) -> &'a [Trigger] {
        self.head().map(|head| head.triggers.as_slice()).unwrap_or_default()
    }

    /// What the primary record is.
    pub(super) fn primary(self) -> Primary {
        let all = self.triggers();
        let any = |phase: Option<Phase>, deleted: bool| {
            all.iter().any(|t| {
                let is_event =
                    if deleted { t.event == TriggerEvent::Deleted } else { t.event == TriggerEvent::Created };
                is_event && phase.is_none_or(|phase| t.phase == phase)
            })
        };
        if self.kind() == Some(ProcessKind::Rule) {
            Primary::Pending
        } else if any(Some(Phase::Background), true) || any(Some(Phase::After), true) {
            Primary::Gone
        } else if any(Some(Phase::Before), false) {
            Primary::Pending
        } else if any(Some(Phase::Before), true) {
            Primary::Leaving
        } else if all.iter().any(|t| t.phase == Phase::Before && !matches!(t.event, TriggerEvent::Action(_))) {
            Primary::Before
        } else {
            Primary::Stored
        }
    }

    /// Whether there is an `old`.
    pub(super) fn old_values(self) -> OldValues {
        let has_old = |t: &&Trigger| {
            matches!(
                t.event,
                TriggerEvent::Updated(_)
                    | TriggerEvent::Written(_)
                    | TriggerEvent::StatusChanged { .. }
                    | TriggerEvent::Assigned
            )
        };
        let with = self.triggers().iter().filter(has_old).count();
        let starts_otherwise = self.head().is_some_and(|head| head.on_demand || head.called);
        match with {
            _ if self.kind() == Some(ProcessKind::Rule) => OldValues::Sometimes,
            0 => OldValues::Never,
            n if n == self.triggers().len() && !starts_otherwise => OldValues::Always,
            _ => OldValues::Sometimes,
        }
    }

    /// The only action that the process stands before or after.
    pub(super) fn action(self) -> Option<(ProcessId, Phase)> {
        match self.triggers() {
            [Trigger { event: TriggerEvent::Action(action), phase, .. }] => Some((*action, *phase)),
            _ => None,
        }
    }
}

/// A loop around the place that is checked.
#[derive(Debug, Default)]
pub(super) struct Loop {
    /// What is known at each `break`.
    pub(super) breaks: Vec<Flow>,
}

/// Checks one body.
#[derive(Debug)]
pub(super) struct Checker<'a> {
    pub(super) names: &'a Names,
    pub(super) schema: &'a Schema,
    pub(super) effects: &'a Effects,
    /// The typed bodies of functions, in the bodies of processes and tests.
    pub(super) functions: &'a [Body],
    /// What people are asked, in tests.
    pub(super) answers: &'a Answers,
    pub(super) file: FileId,
    pub(super) host: Host<'a>,
    pub(super) messages: Vec<Diagnostic>,
    pub(super) locals: Vec<Local>,
    pub(super) flow: Flow,
    pub(super) trace: Trace,
    pub(super) captures: Vec<Captured>,
    pub(super) footprint: Footprint,
    pub(super) loops: Vec<Loop>,
    /// `let` without a value, with the number of loops around it.
    pub(super) late: BTreeMap<LocalId, usize>,
    /// The group whose order or choice is checked.
    pub(super) group: Option<Group>,
    /// Names that are read somewhere.
    pub(super) read: BTreeSet<LocalId>,
    /// What comes before the statement that is checked: values that it needs more than once.
    pub(super) before: Vec<Stmt>,
    /// Answers that blocks around this place hand on.
    pub(super) hoisted: Vec<Hoisted>,
    /// Blocks around this place in which the process cannot wait, by their first word.
    pub(super) unsuspendable: Vec<(&'static str, Span)>,
    /// Handlers around this place.
    pub(super) handlers: usize,
    /// What runs apart around this place: branches, undo blocks and sagas.
    pub(super) around: super::branches::Around,
    /// Whether arithmetic passes absent values on: in moments.
    pub(super) is_moment: bool,
    /// Whether the statement is expected to fail.
    pub(super) is_expected_to_fail: bool,
    /// Whether effects of a loop are looked for, and messages dropped.
    pub(super) is_trial: bool,
    /// Whether only names are looked up: in constructs of later versions.
    pub(super) is_later: bool,
    /// Whether what a value is for is not known, so that a bare name may be a member of any enum.
    pub(super) is_for_anything: bool,
    /// Whether texts are read by people: a moment is shown as their clocks show it.
    pub(super) is_for_people: bool,
    /// The base currency of the project.
    pub(super) base_currency: Currency,
    /// The text of the file, where the words of conditions are kept.
    pub(super) source: &'a str,
    /// The longest texts of names, in characters.
    pub(super) text_limits: BTreeMap<LocalId, u32>,
    /// Names that stand for a path: an element of a relation is a field of its link record.
    stand_ins: BTreeMap<LocalId, Expr>,
    aliases: BTreeMap<LocalId, Path>,
    scope: Scope,
}

impl<'a> Checker<'a> {
    /// Nothing known, no names.
    pub(super) fn new(context: &Context<'a>, effects: &'a Effects, host: Host<'a>) -> Self {
        Self {
            names: context.names,
            schema: context.schema,
            effects,
            functions: context.functions,
            answers: context.answers,
            file: context.file,
            host,
            messages: Vec::new(),
            locals: Vec::new(),
            flow: Flow::default(),
            trace: Trace::default(),
            captures: Vec::new(),
            footprint: Footprint::default(),
            loops: Vec::new(),
            late: BTreeMap::new(),
            group: None,
            read: BTreeSet::new(),
            before: Vec::new(),
            hoisted: Vec::new(),
            unsuspendable: Vec::new(),
            handlers: 0,
            around: super::branches::Around::default(),
            is_moment: false,
            is_expected_to_fail: false,
            is_trial: false,
            is_later: false,
            is_for_anything: false,
            is_for_people: false,
            base_currency: context.settings.currency,
            source: "",
            text_limits: BTreeMap::new(),
            stand_ins: BTreeMap::new(),
            aliases: BTreeMap::new(),
            scope: Scope::default(),
        }
    }

    /// Adds a message.
    pub(super) fn report(&mut self, message: Diagnostic) {
        self.messages.push(message);
    }

    /// A place that was reported.
    pub(super) fn refuse(&mut self, message: Diagnostic, span: Span) -> Expr {
        self.report(message);
        error(span)
    }

    /// The type as its author would write it.
    pub(super) fn show(&self, ty: &Ty) -> String {
        self.schema.show(ty)
    }

    /// A new name; refused where one in scope or of the language is spelt alike.
    pub(super) fn declare(&mut self, name: &Ident, ty: Ty, mutable: bool) -> LocalId {
        let local = self.unnamed(name, ty, mutable);
        self.bind(name, local);
        local
    }

    /// A local that is not in scope yet.
    pub(super) fn unnamed(&mut self, name: &Ident, ty: Ty, mutable: bool) -> LocalId {
        self.add_local(Local { name: name.name.clone(), ty, mutable, private: false, span: name.span })
    }

    /// Takes a local into scope under a name.
    pub(super) fn bind(&mut self, name: &Ident, local: LocalId) {
        let earlier = self.lookup(&name.name).and_then(|local| self.local(local)).map(|local| local.span);
        if let Some(earlier) = earlier {
            self.report(uses::shadowing(&name.name, name.span, earlier));
            if let Some(local) = self.locals.get_mut(usize::from(local.0)) {
                local.ty = Ty::Error;
            }
        } else if RESERVED.contains(&name.name.as_str()) {
            self.report(names::reserved_name(&name.name, name.span));
        }
        self.enter(&name.name, local);
    }

    /// Takes a local into scope without a look at other names.
    pub(super) fn enter(&mut self, name: &str, local: LocalId) {
        self.scope.push(name, local);
    }

    /// A name without spelling.
    pub(super) fn made(&mut self, ty: Ty, span: Span) -> LocalId {
        self.add_local(Local { name: String::new(), ty, mutable: false, private: false, span })
    }

    fn add_local(&mut self, local: Local) -> LocalId {
        match u16::try_from(self.locals.len()) {
            Ok(index) => {
                self.locals.push(local);
                LocalId(index)
            }
            Err(_) => {
                self.report(uses::too_many_names(local.span));
                LocalId(u16::MAX)
            }
        }
    }

    /// Lets a name stand for a path.
    pub(super) fn stand_in(&mut self, local: LocalId, path: Expr) {
        self.stand_ins.insert(local, path);
    }

    /// Lets a name stand for what lies in it.
    pub(super) fn stand_for_itself(&mut self, local: LocalId) {
        self.stand_ins.remove(&local);
    }

    /// The value of a name that was set: the path that it stands for, or what lies in it.
    pub(super) fn value_of(&self, local: LocalId, span: Span) -> Expr {
        match self.stand_ins.get(&local) {
            Some(path) => Expr { span, ..path.clone() },
            None => read(local, self.local_ty(local), span),
        }
    }

    /// Names that stand for what a path reads.
    pub(super) fn alias(&mut self, local: LocalId, path: Option<Path>) {
        if let Some(path) = path {
            self.aliases.insert(local, path);
        }
    }

    /// What a made name stands for.
    pub(super) fn alias_of(&self, local: LocalId) -> Option<&Path> {
        self.aliases.get(&local)
    }

    /// The local of a name in scope.
    pub(super) fn lookup(&self, name: &str) -> Option<LocalId> {
        self.scope.find(name)
    }

    /// The declaration of a local.
    pub(super) fn local(&self, local: LocalId) -> Option<&Local> {
        self.locals.get(usize::from(local.0))
    }

    /// The type of a local.
    pub(super) fn local_ty(&self, local: LocalId) -> Ty {
        self.local(local).map_or(Ty::Error, |local| local.ty.clone())
    }

    /// The names in scope.
    pub(super) fn visible(&self) -> impl Iterator<Item = &str> {
        self.scope.iter().map(|(name, _)| name)
    }

    /// Whether a local is the primary record of the process.
    pub(super) fn is_primary(&self, local: LocalId) -> bool {
        local == LocalId(0) && self.host.head().is_some_and(|head| head.primary.is_some())
    }

    /// Runs `inside`, and takes the names that it declares out of scope.
    pub(super) fn scoped<T>(&mut self, inside: impl FnOnce(&mut Self) -> T) -> T {
        let depth = self.scope.len();
        let result = inside(self);
        self.scope.truncate(depth);
        result
    }

    /// Runs `inside` where `facts` hold, and forgets what was learnt.
    pub(super) fn assuming<T>(&mut self, facts: Facts, inside: impl FnOnce(&mut Self) -> T) -> T {
        if facts.is_empty() {
            return inside(self);
        }
        let before = self.flow.clone();
        self.flow.learn(facts);
        let result = inside(self);
        self.flow = before;
        result
    }

    /// Runs `inside` and gives what it may have done.
    pub(super) fn traced<T>(&mut self, inside: impl FnOnce(&mut Self) -> T) -> (T, Trace) {
        let outer = std::mem::take(&mut self.trace);
        let result = inside(self);
        let trace = std::mem::replace(&mut self.trace, outer);
        self.trace.extend(trace.clone());
        (result, trace)
    }

    /// What `inside` may do, without keeping anything of it: a loop knows at its head only what its body leaves.
    pub(super) fn trial(&mut self, inside: impl FnOnce(&mut Self)) -> Trace {
        if self.is_trial {
            return Trace::default();
        }
        let (messages, locals, depth) = (self.messages.len(), self.locals.len(), self.scope.len());
        let (flow, loops) = (self.flow.clone(), self.loops.len());
        let outer = std::mem::take(&mut self.trace);
        self.is_trial = true;
        inside(self);
        self.is_trial = false;
        self.messages.truncate(messages);
        self.locals.truncate(locals);
        self.scope.truncate(depth);
        self.loops.truncate(loops);
        self.flow = flow;
        self.late.retain(|local, _| usize::from(local.0) < locals);
        self.stand_ins.retain(|local, _| usize::from(local.0) < locals);
        self.aliases.retain(|local, _| usize::from(local.0) < locals);
        self.text_limits.retain(|local, _| usize::from(local.0) < locals);
        self.read.retain(|local| usize::from(local.0) < locals);
        let mut trace = std::mem::replace(&mut self.trace, outer);
        trace.assigned.retain(|local, _| usize::from(local.0) < locals);
        trace
    }

    /// A value that the event left.
    pub(super) fn capture(&mut self, capture: Capture, ty: Ty, span: Span) -> Expr {
        let index = match self.captures.iter().position(|known| known.capture == capture) {
            Some(index) => index,
            None => {
                self.captures.push(Captured { capture, ty: ty.clone(), private: false });
                self.captures.len() - 1
            }
        };
        match u16::try_from(index) {
            Ok(index) => Expr { kind: ExprKind::Capture(index), ty, span },
            Err(_) => error(span),
        }
    }

    /// The entity of this name in `core`.
    pub(super) fn core_entity(&self, name: &str) -> Ty {
        match self.names.get(self.file, name).map(|entry| &entry.def) {
            Some(Def::Entity(entity)) => Ty::Ref(*entity),
            _ => Ty::Error,
        }
    }

    /// `User or Team`.
    pub(super) fn principal(&self) -> Ty {
        match self.names.get(self.file, "Principal").map(|entry| &entry.def) {
            Some(Def::Alias(ty)) => ty.clone(),
            _ => Ty::Error,
        }
    }

    /// The finished body, with lints about names that nothing reads.
    pub(super) fn finish(&mut self, params: usize, block: Block) -> Body {
        let unused: Vec<Diagnostic> = self
            .locals
            .iter()
            .enumerate()
            .skip(params)
            .filter(|(index, local)| {
                let id = u16::try_from(*index).map(LocalId);
                !local.name.is_empty()
                    && !local.name.starts_with('_')
                    && id.is_ok_and(|id| !self.read.contains(&id))
                    && local.ty != Ty::Error
            })
            .map(|(_, local)| uses::unused_name(&local.name, local.span))
            .collect();
        if !self.has_errors() && !matches!(self.host, Host::Test) {
            self.messages.extend(unused);
        }
        Body { locals: std::mem::take(&mut self.locals), params: u16::try_from(params).unwrap_or(u16::MAX), block }
    }
}

/// A place that was reported already.
pub(super) fn error(span: Span) -> Expr {
    Expr { kind: ExprKind::Error, ty: Ty::Error, span }
}

/// A constant.
pub(super) fn constant(value: Value, ty: Ty, span: Span) -> Expr {
    Expr { kind: ExprKind::Const(value), ty, span }
}

/// The value of a local.
pub(super) fn read(local: LocalId, ty: Ty, span: Span) -> Expr {
    Expr { kind: ExprKind::Local(local), ty, span }
}
