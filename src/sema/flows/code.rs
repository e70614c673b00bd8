//! What a flow knows and does, as declarations of the language: its entity, the enum of its stages, functions that say what
//! follows and what is missing, and the real-time workflows that stand before and after each move.

use std::collections::BTreeSet;

use super::{
    graph::{Plan, Stage},
    moves,
    tree::At,
};
use crate::base::{span::Span, value::Duration};
use crate::sema::names::Names;
use crate::syntax::ast::{
    Arrow, BinaryOp, EntityDecl, EnumDecl, EnumMember, Expr, ExprKind, FieldDecl, FlowElement, Item, ItemKind,
    PatternKind, ProcessKind, QueryHead, StateDecl, StatesDecl, Stmt, TypeExpr,
};

/// The run of a flow, in its own code. No author can write such a name.
pub(super) const RUN: &str = "<run>";
/// The stage that is asked about.
const AT: &str = "<at>";
/// What is missing.
const MISSING: &str = "<missing>";
/// The function of the checker that says whether a step is done.
pub(in crate::sema) const FILLED: &str = "<filled>";

/// Fields that every run has by itself.
pub(super) const STAGE: &str = "stage";
pub(super) const PATH: &str = "path";
pub(super) const SINCE: &str = "stage_since";
pub(super) const DURATION: &str = "duration";

/// The declarations that a flow becomes.
pub(super) fn items(plan: &Plan<'_>) -> Vec<Item> {
    let at = At(plan.decl.name.span);
    let mut items = vec![stages(plan, at), entity(plan, at), next(plan, at), missing(plan, at), steps(plan, at)];
    items.extend(moves::processes(plan, at));
    items.extend(buttons(plan, at));
    items
}

/// `SalesPipeline.next` and its like: a name that only the flow's own code says.
pub(in crate::sema) fn part(flow: &str, part: &str) -> String {
    format!("{flow}.{part}")
}

/// Whether a field is one of those that a flow writes itself.
pub(in crate::sema) fn is_kept(names: &Names, entity: &str, field: &str) -> bool {
    matches!(field, PATH | SINCE | DURATION) && names.entries.contains_key(&part(entity, "Stage"))
}

/// The name that people know of a process: what a flow does, the flow does.
pub(in crate::sema) fn told(process: &str) -> &str {
    process.split('.').next().unwrap_or(process)
}

fn stages(plan: &Plan<'_>, at: At) -> Item {
    let members = plan.stages.iter().map(|stage| EnumMember {
        doc: None,
        name: stage.decl.name.clone(),
        value: None,
        label: Some(stage.title()),
    });
    let name = at.ident(&part(plan.name(), "Stage"));
    at.item(ItemKind::Enum(EnumDecl { extend: false, name, members: members.collect() }))
}

fn field(at: At, name: &str, ty: TypeExpr, default: Option<Expr>) -> FieldDecl {
    FieldDecl {
        doc: None,
        name: at.ident(name),
        physical: None,
        ty,
        bounds: None,
        autonumber: None,
        flags: Vec::new(),
        on_delete: None,
        default,
        computed: None,
        span: at.0,
    }
}

fn entity(plan: &Plan<'_>, at: At) -> Item {
    let flow = plan.name();
    let first = plan.stages.first().map(|stage| stage.decl.name.name.as_str()).unwrap_or_default();
    let mut fields = vec![
        field(at, STAGE, at.stage_type(flow), Some(at.name(first))),
        field(at, PATH, at.list(at.stage_type(flow)), Some(at.expr(ExprKind::List(vec![at.name(first)])))),
        field(at, SINCE, at.builtin("datetime"), Some(at.call("now", Vec::new()))),
        field(at, DURATION, at.builtin("duration"), Some(at.expr(ExprKind::Duration(Duration::default())))),
    ];
    for (index, binding) in plan.bindings.iter().enumerate() {
        let own = At(binding.name.span);
        let entity = At(binding.entity.span).named(&binding.entity.name);
        let (ty, deletion) = if index == 0 { (entity, "cascade") } else { (own.optional(entity), "clear") };
        let on_delete = binding.is_entity.then(|| own.ident(deletion));
        fields.push(FieldDecl { on_delete, ..field(own, &binding.name.name, ty, None) });
    }
    let record = plan.bindings.first().map(|binding| binding.name.clone()).unwrap_or_else(|| at.ident(""));
    let shown = at.text(vec![at.slot(at.name(&record.name))]);
    at.item(ItemKind::Entity(EntityDecl {
        extend: false,
        name: plan.decl.name.clone(),
        physical: None,
        owned_by: Some(at.ident("organization")),
        flags: Vec::new(),
        fields,
        states: Some(states(at)),
        unique: vec![vec![record]],
        shown_as: Some(shown),
    }))
}

fn states(at: At) -> StatesDecl {
    let state = |name: &str| StateDecl {
        state: EnumMember { doc: None, name: at.ident(name), value: None, label: None },
        statuses: Vec::new(),
    };
    let ends = |names: &[&str]| names.iter().map(|name| vec![at.ident(name)]).collect();
    let arrow = |from: &[&str], to: &[&str]| Arrow { from: ends(from), to: ends(to), span: at.0 };
    StatesDecl {
        states: ["active", "finished", "aborted"].map(state).into(),
        arrows: vec![arrow(&["active"], &["finished", "aborted"]), arrow(&["finished", "aborted"], &["active"])],
        span: at.0,
    }
}

/// Whether a text names a record of the flow, and not a field of the same name.
fn mentions(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(name).any(|(start, _)| {
        let (before, after) =
            (text.get(..start).unwrap_or_default(), text.get(start + name.len()..).unwrap_or_default());
        let is_field = before.trim_end().ends_with('.') || after.trim_start().starts_with(':');
        !before.ends_with(is_part) && !after.starts_with(is_part) && !is_field
    })
}

impl Plan<'_> {
    /// Names for the records that some words of the flow speak of. Those that may not be bound yet may be absent.
    pub(super) fn records(&self, at: At, words: &[Span], bound: &BTreeSet<usize>) -> Vec<Stmt> {
        let text = |span: &Span| self.tree.text.get(span.start as usize..span.end as usize).unwrap_or_default();
        let mut lets = Vec::new();
        for (index, binding) in self.bindings.iter().enumerate() {
            let name = binding.name.name.as_str();
            if !words.iter().any(|span| mentions(text(span), name)) {
                continue;
            }
            lets.push(at.bind(name, self.record(at, index, bound)));
        }
        lets
    }

    /// The record of the run, which is there where it is bound.
    pub(super) fn record(&self, at: At, binding: usize, bound: &BTreeSet<usize>) -> Expr {
        let name = self.bindings.get(binding).map(|binding| binding.name.name.as_str()).unwrap_or_default();
        let field = at.member(at.name(RUN), name);
        if binding == 0 || !bound.contains(&binding) { field } else { at.there(field) }
    }

    /// The stage as a pattern.
    pub(super) fn pattern(&self, at: At, stage: &Stage<'_>) -> PatternKind {
        PatternKind::Value(Box::new(at.stage(self.name(), &stage.decl.name.name)))
    }

    fn parameters(&self, at: At) -> Vec<crate::syntax::ast::Param> {
        vec![at.param(RUN, at.named(self.name())), at.param(AT, at.stage_type(self.name()))]
    }
}

/// Which stage follows one; none is the end.
fn next(plan: &Plan<'_>, at: At) -> Item {
    let mut arms = Vec::new();
    for stage in &plan.stages {
        let own = At(stage.decl.name.span);
        let words: Vec<Span> = stage.arms.iter().filter_map(|arm| Some(arm.condition?.span)).collect();
        let mut body = plan.records(own, &words, &stage.bound());
        for arm in &stage.arms {
            let to = arm.to.and_then(|to| plan.stages.get(to));
            let to = to.map_or_else(|| own.none(), |to| own.stage(plan.name(), &to.decl.name.name));
            match arm.condition {
                Some(condition) => body.push(own.when(condition.clone(), vec![own.give_back(to)])),
                None => body.push(own.give_back(to)),
            }
        }
        if stage.arms.iter().all(|arm| arm.condition.is_some()) {
            // That it may be impossible to leave was told.
            body.push(own.give_back(own.none()));
        }
        arms.push((plan.pattern(own, stage), body));
    }
    at.item(ItemKind::Function {
        name: at.ident(&part(plan.name(), "next")),
        params: plan.parameters(at),
        result: at.optional(at.stage_type(plan.name())),
        body: at.block(vec![at.choose(at.name(AT), arms, true)]),
    })
}

/// The titles of the steps of a stage that have to be done and are not.
fn missing(plan: &Plan<'_>, at: At) -> Item {
    let mut arms = Vec::new();
    for stage in &plan.stages {
        let own = At(stage.decl.name.span);
        let steps: Vec<_> =
            stage.steps().filter(|step| step.required.is_some() && plan.is_bound(stage, step.field)).collect();
        if steps.is_empty() {
            continue;
        }
        let conditions = steps.iter().filter_map(|step| Some(step.required??.span));
        let words: Vec<Span> = steps.iter().map(|step| step.field.span).chain(conditions).collect();
        let mut body = plan.records(own, &words, &stage.bound());
        for step in steps {
            let own = At(step.field.span);
            let is_open = own.not(own.call(FILLED, vec![step.field.clone()]));
            let title = own.plain(&step.title());
            let noted = own.set(own.name(MISSING), own.call("append", vec![own.name(MISSING), title]));
            let noted = own.when(is_open, vec![noted]);
            body.push(match step.required.flatten() {
                Some(condition) => own.when(condition.clone(), vec![noted]),
                None => noted,
            });
        }
        arms.push((plan.pattern(own, stage), body));
    }
    let texts = at.list(at.builtin("text"));
    let empty = at.expr(ExprKind::List(Vec::new()));
    let mut body = Vec::new();
    if arms.is_empty() {
        body.push(at.give_back(empty));
    } else {
        let is_whole = arms.len() == plan.stages.len();
        body.push(at.variable(MISSING, texts.clone(), empty));
        body.push(at.choose(at.name(AT), arms, is_whole));
        body.push(at.give_back(at.name(MISSING)));
    }
    at.item(ItemKind::Function {
        name: at.ident(&part(plan.name(), "missing")),
        params: plan.parameters(at),
        result: texts,
        body: at.block(body),
    })
}

/// Whether all steps of a stage are done, also those that need not be: so that each of them is looked at.
fn steps(plan: &Plan<'_>, at: At) -> Item {
    let mut arms = Vec::new();
    for stage in &plan.stages {
        let own = At(stage.decl.name.span);
        let steps: Vec<_> = stage.steps().filter(|step| plan.is_bound(stage, step.field)).collect();
        let words: Vec<Span> = steps.iter().map(|step| step.field.span).collect();
        let mut body = plan.records(own, &words, &stage.bound());
        let done = steps.iter().map(|step| At(step.field.span).call(FILLED, vec![step.field.clone()]));
        body.push(own.give_back(own.all(done.collect())));
        arms.push((plan.pattern(own, stage), body));
    }
    at.item(ItemKind::Function {
        name: at.ident(&part(plan.name(), "steps")),
        params: plan.parameters(at),
        result: at.builtin("bool"),
        body: at.block(vec![at.choose(at.name(AT), arms, true)]),
    })
}

/// What a button does is an action for the run, while the run is in the stage of the button.
fn buttons(plan: &Plan<'_>, at: At) -> Vec<Item> {
    let mut items = Vec::new();
    for stage in &plan.stages {
        for element in &stage.decl.elements {
            let FlowElement::Button { stmt, .. } = element else { continue };
            let own = At(stmt.span);
            let elsewhere =
                own.not_equal(own.member(own.name(RUN), STAGE), own.stage(plan.name(), &stage.decl.name.name));
            let words = format!("this is a button of the stage {}", stage.title());
            let refusal = own.refuse(vec![crate::syntax::ast::TextPart::Plain(words)]);
            let mut body = vec![own.when(elsewhere, vec![refusal])];
            body.extend(plan.records(own, &[stmt.span], &stage.bound()));
            body.push(stmt.clone());
            let name = part(plan.name(), &format!("button {}", items.len() + 1));
            let process = At(at.0).process(ProcessKind::Action, &name, (RUN, plan.name()), body);
            items.push(at.item(ItemKind::Process(Box::new(process))));
        }
    }
    items
}

/// `exists r in Other where r.lead == record`.
pub(super) fn has_run(at: At, flow: &str, field: &str, record: &str) -> Expr {
    let run = at.member(at.name(RUN), field);
    let condition = at.binary(BinaryOp::Equal, run, at.name(record));
    at.query(QueryHead::Exists, RUN, at.entity(flow), condition, None)
}
