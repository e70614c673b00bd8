//! Follows the values of private fields: through names, calculations, texts and functions. What may hold one is marked,
//! so that operators do not see it; where others would see it, that is an error.
//!
//! A name is private if anything private is ever put into it. A parameter of a function is private if any call gives it
//! a private value, while the result of a call depends on the arguments of that call alone. The truth of a comparison
//! is never private.

use super::{
    errors::private::{self as errors, Source},
    hir::{
        Block, Body, Capture, Captured, Expr, ExprKind, Local, LocalId, Place, Program, Query, QueryHead, QuerySource,
        Stmt, StmtKind, TestStmt, TextPiece, WaitArmKind,
    },
    schema::{EntityId, Field, FieldId, Schema},
    visit::{blocks_of, blocks_of_mut, children, expressions_of},
};
use crate::base::span::Span;
use crate::diag::Sink;

/// A private field, where a value comes from.
type Origin = (EntityId, FieldId);

/// What is known of all functions.
#[derive(Default)]
struct Functions {
    /// What the result holds, whatever the arguments.
    results: Vec<Option<Origin>>,
    /// What the parameters hold.
    params: Vec<Vec<Option<Origin>>>,
}

/// Marks what is private, and reports where it would be seen.
pub(super) fn check(program: &mut Program, sink: &mut Sink) {
    let has_private = program.schema.entities.iter().any(|entity| entity.fields.iter().any(|field| field.private));
    if !has_private {
        return;
    }
    let functions = functions(program);
    report(program, &functions, sink);
    mark(program, &functions);
}

/// What functions give and take, until nothing new is found.
fn functions(program: &Program) -> Functions {
    let clean = |body: &Body| vec![None; usize::from(body.params)];
    let mut found = Functions {
        results: vec![None; program.functions.len()],
        params: program.functions.iter().map(clean).collect(),
    };
    loop {
        let mut results = Vec::with_capacity(program.functions.len());
        for body in &program.functions {
            let flow = Flow::of(program, &found, body, &[], &clean(body));
            results.push(flow.result(&body.block));
        }
        let is_new = results.iter().zip(&found.results).any(|(new, old)| new.is_some() != old.is_some());
        found.results = results;
        if !is_new {
            break;
        }
    }
    loop {
        let mut given: Vec<(usize, usize, Origin)> = Vec::new();
        for (body, params) in program.functions.iter().zip(&found.params) {
            Flow::of(program, &found, body, &[], params).given(&body.block, &mut given);
        }
        for process in &program.processes {
            let flow = Flow::of(program, &found, &process.body, &process.captures, &[]);
            flow.given(&process.body.block, &mut given);
            for condition in process.conditions() {
                let locals = vec![None; condition.locals.len()];
                let flow = Flow { captures: &condition.captures, locals, ..flow };
                flow.given_by(&condition.value, &mut given);
            }
        }
        for test in &program.tests {
            Flow::of(program, &found, &test.body, &[], &[]).given(&test.body.block, &mut given);
        }
        let mut is_new = false;
        for (function, param, origin) in given {
            if let Some(place) = found.params.get_mut(function).and_then(|params| params.get_mut(param)) {
                is_new |= place.is_none();
                place.get_or_insert(origin);
            }
        }
        if !is_new {
            return found;
        }
    }
}

fn report(program: &Program, functions: &Functions, sink: &mut Sink) {
    for (body, params) in program.functions.iter().zip(&functions.params) {
        Flow::of(program, functions, body, &[], params).report(&body.block, Kind::Function, sink);
    }
    for (entity, id) in program.schema.entities.iter().filter_map(|entity| Some((entity, entity.shown_as?))) {
        let Some(body) = program.functions.get(usize::from(id.0)) else { continue };
        let flow = Flow::of(program, functions, body, &[], &[]);
        if let Some(origin) = flow.result(&body.block) {
            let span = program.schema.functions.get(usize::from(id.0)).map_or(entity.span, |head| head.span);
            flow.tell("a shown name", origin, span, sink);
        }
    }
    for process in &program.processes {
        let flow = Flow::of(program, functions, &process.body, &process.captures, &[]);
        flow.report(&process.body.block, Kind::Process, sink);
    }
    for test in &program.tests {
        Flow::of(program, functions, &test.body, &[], &[]).report(&test.body.block, Kind::Process, sink);
    }
}

fn mark(program: &mut Program, functions: &Functions) {
    let mut marks: Vec<Vec<bool>> = Vec::new();
    {
        let program = &*program;
        let mut add = |body: &Body, captures: &[Captured], params: &[Option<Origin>]| {
            let flow = Flow::of(program, functions, body, captures, params);
            marks.push(flow.locals.iter().map(Option::is_some).collect());
        };
        program.functions.iter().zip(&functions.params).for_each(|(body, params)| add(body, &[], params));
        program.processes.iter().for_each(|process| add(&process.body, &process.captures, &[]));
        program.tests.iter().for_each(|test| add(&test.body, &[], &[]));
    }
    let Program { schema, functions: bodies, processes, tests, .. } = program;
    for process in processes.iter_mut() {
        let conditions = process.only_if.iter_mut().chain(&mut process.per).flat_map(|found| &mut found.captures);
        for captured in process.captures.iter_mut().chain(conditions) {
            captured.private = captured_origin(schema, captured).is_some();
        }
    }
    let locals = bodies
        .iter_mut()
        .map(|body| &mut body.locals)
        .chain(processes.iter_mut().map(|process| &mut process.body.locals))
        .chain(tests.iter_mut().map(|test| &mut test.body.locals));
    for (locals, marks) in locals.zip(marks) {
        for (local, private) in locals.iter_mut().zip(marks) {
            local.private = private;
        }
    }
    for test in tests {
        let origin = |local: &Local| local.private.then_some((EntityId(0), FieldId(0)));
        let locals = test.body.locals.iter().map(origin).collect();
        let flow = Flow { schema, results: &functions.results, captures: &[], locals };
        flow.hide_sides(&mut test.body.block);
    }
}

/// The private field that a capture holds.
fn captured_origin(schema: &Schema, captured: &Captured) -> Option<Origin> {
    let (Capture::Old(places) | Capture::Last(places)) = &captured.capture else { return None };
    places.iter().find(|(entity, field)| is_private(schema, *entity, *field)).copied()
}

fn field_of(schema: &Schema, entity: EntityId, field: FieldId) -> Option<&Field> {
    schema.entity(entity)?.fields.get(usize::from(field.0))
}

fn is_private(schema: &Schema, entity: EntityId, field: FieldId) -> bool {
    field_of(schema, entity, field).is_some_and(|field| field.private)
}

/// Where statements stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Function,
    Process,
}

/// The names of one body, each with the private field whose value it may hold.
struct Flow<'a> {
    schema: &'a Schema,
    results: &'a [Option<Origin>],
    captures: &'a [Captured],
    locals: Vec<Option<Origin>>,
}

impl<'a> Flow<'a> {
    fn of(
        program: &'a Program,
        functions: &'a Functions,
        body: &'a Body,
        captures: &'a [Captured],
        params: &[Option<Origin>],
    ) -> Self {
        let mut locals = vec![None; body.locals.len()];
        locals.iter_mut().zip(params).for_each(|(local, param)| *local = *param);
        let mut flow = Flow { schema: &program.schema, results: &functions.results, captures, locals };
        while flow.block(&body.block) {}
        flow
    }

    /// Puts what is private into the names of a block; whether a name is new among them.
    fn block(&mut self, block: &Block) -> bool {
        block.stmts.iter().fold(false, |is_new, stmt| self.stmt(stmt) | is_new)
    }

    fn stmt(&mut self, stmt: &Stmt) -> bool {
        let mut is_new = expressions_of(&stmt.kind).into_iter().fold(false, |is_new, expr| self.binds(expr) | is_new);
        match &stmt.kind {
            StmtKind::Assign { place: Place::Local { local, .. }, value } => is_new |= self.put(*local, value),
            StmtKind::ForList { bind, source, .. } => is_new |= self.put(*bind, source),
            StmtKind::Parallel(parallel) => {
                let list = match &parallel.into {
                    Some(Place::Local { local, .. }) => Some(*local),
                    _ => None,
                };
                for branch in &parallel.branches {
                    for local in branch.into.into_iter().chain(list) {
                        let mut given = Vec::new();
                        gives(&branch.apart.body, &mut given);
                        is_new = given.into_iter().fold(is_new, |is_new, value| self.put(local, value) | is_new);
                    }
                }
            }
            _ => {}
        }
        blocks_of(&stmt.kind).into_iter().fold(is_new, |is_new, block| self.block(block) | is_new)
    }

    fn put(&mut self, local: LocalId, value: &Expr) -> bool {
        let origin = self.origin(value);
        match self.locals.get_mut(usize::from(local.0)) {
            Some(known @ None) if origin.is_some() => {
                *known = origin;
                true
            }
            _ => false,
        }
    }

    /// Puts what is private into the names that an expression binds.
    fn binds(&mut self, expr: &Expr) -> bool {
        let mut is_new = children(expr).into_iter().fold(false, |is_new, child| self.binds(child) | is_new);
        match &expr.kind {
            ExprKind::IfPresent { subject, bind, .. } => is_new |= self.put(*bind, subject),
            ExprKind::Match { local, subject, .. } => is_new |= self.put(*local, subject),
            ExprKind::Query(query) => {
                is_new |= self.binds_of(query);
            }
            _ => {}
        }
        is_new
    }

    fn binds_of(&mut self, query: &Query) -> bool {
        match &query.source {
            QuerySource::List(list) => self.put(query.bind, list),
            QuerySource::Groups(groups) => {
                let is_new = self.binds_of(&groups.items) | self.put(groups.bind, &groups.key);
                self.put(query.bind, &groups.key) | is_new
            }
            QuerySource::Entity(_) | QuerySource::Reverse { .. } => false,
        }
    }

    /// The private field that a value was read from.
    fn origin(&self, expr: &Expr) -> Option<Origin> {
        match &expr.kind {
            ExprKind::Compare(..)
            | ExprKind::IsNone(_)
            | ExprKind::IsEntity(..)
            | ExprKind::IsDeleted(_)
            | ExprKind::OneOf(..)
            | ExprKind::Under { .. } => None,
            ExprKind::Local(local) => self.locals.get(usize::from(local.0)).copied().flatten(),
            ExprKind::Capture(index) => {
                let captured = self.captures.get(usize::from(*index))?;
                captured_origin(self.schema, captured)
            }
            ExprKind::Field { base, entity, field } => {
                let own = is_private(self.schema, *entity, *field).then_some((*entity, *field));
                own.or_else(|| self.origin(base))
            }
            ExprKind::UnionField { base, fields } => {
                let own = fields.iter().find(|(entity, field)| is_private(self.schema, *entity, *field)).copied();
                own.or_else(|| self.origin(base))
            }
            ExprKind::Call { function, args } => {
                let own = self.results.get(usize::from(function.0)).copied().flatten();
                own.or_else(|| self.any(args))
            }
            ExprKind::If(_, then, otherwise) => self.origin(then).or_else(|| self.origin(otherwise)),
            ExprKind::IfPresent { then, .. } => self.origin(then),
            ExprKind::Match { arms, .. } => arms.iter().find_map(|arm| self.origin(&arm.body)),
            ExprKind::Query(query) => match query.head {
                QueryHead::Exists | QueryHead::Count => None,
                QueryHead::Find | QueryHead::FindOne | QueryHead::Fold(_) => self.origin(&query.select),
            },
            ExprKind::Interpolate(pieces) => pieces.iter().find_map(|piece| match piece {
                TextPiece::Slot { value, .. } => self.origin(value),
                TextPiece::Plain(_) => None,
            }),
            _ => self.any(children(expr)),
        }
    }

    fn any<'e>(&self, exprs: impl IntoIterator<Item = &'e Expr>) -> Option<Origin> {
        exprs.into_iter().find_map(|expr| self.origin(expr))
    }

    /// What the `return`s of a block give.
    fn result(&self, block: &Block) -> Option<Origin> {
        block.stmts.iter().find_map(|stmt| match &stmt.kind {
            StmtKind::Return(Some(value)) => self.origin(value),
            kind => blocks_of(kind).into_iter().find_map(|block| self.result(block)),
        })
    }

    /// The private values that calls within a block give to functions.
    fn given(&self, block: &Block, into: &mut Vec<(usize, usize, Origin)>) {
        for stmt in &block.stmts {
            expressions_of(&stmt.kind).into_iter().for_each(|expr| self.given_by(expr, into));
            blocks_of(&stmt.kind).into_iter().for_each(|block| self.given(block, into));
        }
    }

    fn given_by(&self, expr: &Expr, into: &mut Vec<(usize, usize, Origin)>) {
        if let ExprKind::Call { function, args } = &expr.kind {
            let origins = args.iter().enumerate().filter_map(|(index, arg)| Some((index, self.origin(arg)?)));
            into.extend(origins.map(|(index, origin)| (usize::from(function.0), index, origin)));
        }
        children(expr).into_iter().for_each(|child| self.given_by(child, into));
    }

    /// Marks the expectations of a test whose sides are private.
    fn hide_sides(&self, block: &mut Block) {
        for stmt in &mut block.stmts {
            if let StmtKind::Test(TestStmt::Expect { condition, private, .. }) = &mut stmt.kind
                && let ExprKind::Compare(_, left, right) = &condition.kind
            {
                *private = self.origin(left).or(self.origin(right)).is_some();
            }
            blocks_of_mut(&mut stmt.kind).into_iter().for_each(|block| self.hide_sides(block));
        }
    }

    /// Reports where private values would be seen.
    fn report(&self, block: &Block, kind: Kind, sink: &mut Sink) {
        for stmt in &block.stmts {
            self.report_stmt(stmt, kind, sink);
            blocks_of(&stmt.kind).into_iter().for_each(|block| self.report(block, kind, sink));
        }
    }

    fn report_stmt(&self, stmt: &Stmt, kind: Kind, sink: &mut Sink) {
        match &stmt.kind {
            StmtKind::Assign { place: Place::Pending { entity, field }, value } => {
                self.store(*entity, *field, value, sink);
            }
            StmtKind::Assign { place: Place::Input(_), value } => self.see("an input of an action", value, sink),
            StmtKind::Create { entity, fields, .. } => {
                fields.iter().for_each(|(field, value)| self.store(*entity, *field, value, sink));
            }
            StmtKind::Update { entity, writes, .. } => {
                writes.iter().for_each(|write| self.store(*entity, write.field, &write.value, sink));
            }
            StmtKind::AssignOwner { to, .. } => self.see("the field `owner`", to, sink),
            StmtKind::Emit { value, .. } => match &value.kind {
                ExprKind::Record(_, fields) => fields.iter().for_each(|field| self.see("a signal", field, sink)),
                _ => self.see("a signal", value, sink),
            },
            StmtKind::Log(value) => self.see("a log", value, sink),
            StmtKind::Rule { effect, entity, field, values } => {
                match (effect.is_value(), field, values.split_first()) {
                    (true, Some(field), Some((value, words))) => {
                        self.store(*entity, *field, value, sink);
                        words.iter().for_each(|words| self.see("a message", words, sink));
                    }
                    _ => values.iter().for_each(|words| self.see("a message", words, sink)),
                }
            }
            StmtKind::Stop { message: Some(value), .. } => self.see("a message", value, sink),
            StmtKind::Raise(value) => self.see("an error", value, sink),
            StmtKind::Do { args, .. } | StmtKind::Start { args, .. } => {
                args.iter().for_each(|arg| self.see("an input of a process", arg, sink));
            }
            StmtKind::Return(Some(value)) if kind == Kind::Process => self.see("a result", value, sink),
            StmtKind::Wait { arms, .. } => {
                for arm in arms {
                    match &arm.kind {
                        WaitArmKind::UntilMoment(value) | WaitArmKind::After(value) => {
                            self.see("the time of a wait", value, sink);
                        }
                        WaitArmKind::Ask { ask, .. } => {
                            let shown = [&ask.user, &ask.title].into_iter().chain(&ask.due);
                            shown.for_each(|value| self.see("a form", value, sink));
                        }
                        _ => {}
                    }
                }
            }
            StmtKind::Page(page) => page.expressions().into_iter().for_each(|value| self.see("a page", value, sink)),
            StmtKind::ActAs(user) | StmtKind::ActAsBlock { user, .. } => self.see("`act as`", user, sink),
            _ => {}
        }
    }

    fn see(&self, what: &str, value: &Expr, sink: &mut Sink) {
        if let Some(origin) = self.origin(value) {
            self.tell(what, origin, value.span, sink);
        }
    }

    fn tell(&self, what: &str, (entity, field): Origin, span: Span, sink: &mut Sink) {
        if let Some(declared) = field_of(self.schema, entity, field) {
            let name = format!("{}.{}", self.schema.entity_name(entity), declared.name);
            sink.push(errors::shown(what, Source { name: &name, declared: declared.span }, span));
        }
    }

    /// A private value goes into a private field only.
    fn store(&self, entity: EntityId, field: FieldId, value: &Expr, sink: &mut Sink) {
        let Some((from, read)) = self.origin(value).filter(|_| !is_private(self.schema, entity, field)) else { return };
        let (Some(declared), Some(into)) = (field_of(self.schema, from, read), field_of(self.schema, entity, field))
        else {
            return;
        };
        let name = format!("{}.{}", self.schema.entity_name(from), declared.name);
        let into = format!("{}.{}", self.schema.entity_name(entity), into.name);
        sink.push(errors::stored(&into, Source { name: &name, declared: declared.span }, value.span));
    }
}

/// What the statements of a branch give.
fn gives<'a>(block: &'a Block, into: &mut Vec<&'a Expr>) {
    for stmt in &block.stmts {
        if let StmtKind::Give(value) = &stmt.kind {
            into.push(value);
        }
        blocks_of(&stmt.kind).into_iter().for_each(|block| gives(block, into));
    }
}
