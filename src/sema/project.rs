//! Checks a project: runs the passes in order. The list and its reasons stand in the module above.

use std::collections::BTreeMap;

use super::{
    access,
    allow::{self, Allow},
    answers::{Answers, NO_ANSWERS},
    build::Builder,
    check::{self, CheckedProcess, Effects, Footprint, TestDecl},
    collect::{self, Declarations, SourceTree},
    computed,
    context::Context,
    defaults::{self, Hidden},
    endless,
    errors::kinds as errors,
    flows,
    hir::{Body, ProcessBody, Program, Test},
    names::Names,
    private, recursion, relations, rings, rules,
    schema::{FunctionId, Schema, Settings},
    silence,
};
use crate::base::span::FileId;
use crate::diag::{Diagnostic, Severity, Sink};
use crate::syntax::ast::{ItemKind, ProcessKind};

/// What checking gives: always a program, for editors; one without errors may be compiled.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The typed program.
    pub program: Program,
    /// What names stand for.
    pub names: Names,
    /// Messages by file and place.
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    /// Whether there is a message that forbids to compile the program.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// Checks the trees of a project and of its libraries; `allows` are its comments that switch lints off.
#[must_use]
pub fn check_project(trees: &[SourceTree<'_>], allows: &[Allow], settings: Settings) -> Checked {
    let mut sink = Sink::default();
    let flows = flows::read(trees, &mut sink);
    let trees: Vec<SourceTree<'_>> = trees.iter().copied().chain(flows.trees()).collect();
    let trees = trees.as_slice();
    let (names, declarations) = collect::collect(trees, &mut sink);
    let mut builder = Builder::new(names, declarations, &mut sink);
    builder.run();
    let Builder { names, mut schema, declarations, .. } = builder;
    let hidden = defaults::fill(&names, &mut schema, &declarations, &settings, &mut sink);
    relations::check(&schema, &mut sink);
    let bodies = Bodies {
        names: &names,
        schema: &schema,
        settings: &settings,
        declarations: &declarations,
        functions: &[],
        answers: &NO_ANSWERS,
    };
    let functions = bodies.functions(hidden, &mut sink);
    let bodies = Bodies { functions: &functions, ..bodies };
    let effects = bodies.effects();
    let processes = bodies.processes(&effects, &mut sink);
    let answers = Answers::of(&processes);
    let bodies = Bodies { answers: &answers, ..bodies };
    let tests = bodies.tests(trees, &effects, &mut sink);
    bodies.later(trees, &effects, &mut sink);
    schema.flows = flows.heads(&names);
    let plugins = BTreeMap::new();
    let mut program = Program { settings, schema, functions, processes, tests, plugins };
    flows::check(&flows, &program, &names, &mut sink);
    rings::check(&program, &mut sink);
    recursion::check(&program, &mut sink);
    rules::check(&program, &mut sink);
    endless::check(&program, &mut sink);
    computed::check(&program, &mut sink);
    silence::check(&program, &mut sink);
    private::check(&mut program, &mut sink);
    access::check(&program, &mut sink);
    Checked { program, names, diagnostics: allow::apply(sink.finish(), allows) }
}

struct Bodies<'a, 's> {
    names: &'s Names,
    schema: &'s Schema,
    settings: &'s Settings,
    declarations: &'s Declarations<'a>,
    /// The bodies of functions, once they are typed.
    functions: &'s [Body],
    /// What people are asked, once processes are typed.
    answers: &'s Answers,
}

impl Bodies<'_, '_> {
    fn context<'c>(&'c self, file: FileId, sink: &'c mut Sink) -> Context<'c> {
        Context {
            names: self.names,
            schema: self.schema,
            settings: self.settings,
            functions: self.functions,
            answers: self.answers,
            file,
            sink,
        }
    }

    /// Declared functions, then hidden ones.
    fn functions(&self, hidden: Vec<Hidden<'_>>, sink: &mut Sink) -> Vec<Body> {
        let mut bodies = Vec::with_capacity(self.schema.functions.len());
        for function in &self.declarations.functions {
            bodies.push(check::function(&mut self.context(function.file, sink), function.id, function.body));
        }
        for hidden in hidden {
            bodies.push(match hidden {
                Hidden::Default(body) => body,
                Hidden::Computed { entity, file, ty, text_max, value } => {
                    check::computed(&mut self.context(file, sink), entity, (&ty, text_max), value)
                }
                Hidden::Email { file, part, values } => {
                    let function = FunctionId(u16::try_from(bodies.len()).unwrap_or(u16::MAX));
                    check::email_part(&mut self.context(file, sink), function, part, &values)
                }
                Hidden::ShownAs { entity, file, value } => {
                    check::shown_as(&mut self.context(file, sink), entity, value.expr())
                }
            });
        }
        bodies
    }

    /// What each write and call may write besides, over synchronous triggers. Facts about records end there, so bodies
    /// can be checked for good only when this is known.
    fn effects(&self) -> Effects {
        let none = Effects::default();
        let footprints: Vec<Footprint> = self
            .declarations
            .processes
            .iter()
            .map(|process| match process.decl.kind {
                ProcessKind::Activity | ProcessKind::Background | ProcessKind::Dialog | ProcessKind::Rule => {
                    Footprint::default()
                }
                ProcessKind::Realtime | ProcessKind::Action => {
                    let mut silent = Sink::default();
                    let mut context = self.context(process.file, &mut silent);
                    check::process(&mut context, &none, process.id, process.decl).footprint
                }
            })
            .collect();
        Effects::close(self.schema, &footprints)
    }

    fn processes(&self, effects: &Effects, sink: &mut Sink) -> Vec<ProcessBody> {
        let mut bodies = Vec::with_capacity(self.declarations.processes.len());
        for process in &self.declarations.processes {
            if let Some(body) = process.decl.body.as_ref().filter(|body| body.stmts.is_empty()) {
                sink.push(errors::no_statements(&process.name.name, body.span));
            }
            let mut context = self.context(process.file, sink);
            let CheckedProcess { body, .. } = check::process(&mut context, effects, process.id, process.decl);
            bodies.push(body);
        }
        bodies
    }

    /// What later versions run: its names.
    fn later(&self, trees: &[SourceTree<'_>], effects: &Effects, sink: &mut Sink) {
        for tree in trees.iter().filter(|tree| tree.library.is_none()) {
            for item in &tree.tree.items {
                check::later(&mut self.context(tree.file, sink), effects, item);
            }
        }
    }

    fn tests(&self, trees: &[SourceTree<'_>], effects: &Effects, sink: &mut Sink) -> Vec<Test> {
        let mut tests = Vec::with_capacity(self.declarations.tests.len());
        for (file, item) in &self.declarations.tests {
            let ItemKind::Test { title, title_span, at, zone, body } = &item.kind else { continue };
            let source = trees.iter().find(|tree| tree.file == *file).map_or("", |tree| tree.text);
            let title_span = *title_span;
            let decl = TestDecl { title, title_span, at: at.as_ref(), zone: zone.as_ref(), body, source };
            tests.push(check::test(&mut self.context(*file, sink), effects, decl));
        }
        tests
    }
}
