//! The real-time workflows of a flow: what must hold before a run begins, moves or ends, and what follows.

use super::{
    code::{self, DURATION, PATH, RUN, SINCE, STAGE, part},
    graph::{Plan, Stage, Via},
    tree::At,
};
use crate::syntax::ast::{
    BinaryOp, Block, Clause, ClauseKind, EventKind, Expr, ExprKind, FlowElement, Item, ItemKind, PatternKind,
    ProcessDecl, ProcessKind, QueryHead, Stmt, TextPart,
};

/// The stage that a run leaves, the titles of what is missing there, what follows it.
const FROM: &str = "<from>";
const OPEN: &str = "<open>";
const FOLLOWS: &str = "<follows>";
/// Whether the run moves, and whether backwards.
const MOVES: &str = "<moves>";
const BACK: &str = "<back>";
/// A record that was found, and a stage of the path.
const FOUND: &str = "<found>";
const EACH: &str = "<each>";
/// The moment of a move.
const NOW: &str = "<now>";

/// Behind everything else: a flow looks at the values that will be written.
const LAST: i64 = i64::MAX;
/// Before everything else: what a stage does on enter has happened when others see it.
const FIRST: i64 = i64::MIN;

pub(super) fn processes(plan: &Plan<'_>, at: At) -> Vec<Item> {
    let mut processes = vec![begin(plan, at), before(plan, at)];
    processes.extend(after(plan, at));
    processes.into_iter().map(|process| at.item(ItemKind::Process(Box::new(process)))).collect()
}

fn realtime(plan: &Plan<'_>, at: At, name: &str, clauses: Vec<ClauseKind>, body: Vec<Stmt>) -> ProcessDecl {
    let clauses = clauses.into_iter().map(|kind| Clause { kind, span: at.0 }).collect();
    ProcessDecl { clauses, ..at.process(ProcessKind::Realtime, &part(plan.name(), name), (RUN, plan.name()), body) }
}

fn words(text: &str) -> TextPart {
    TextPart::Plain(text.to_owned())
}

fn of_run(at: At, field: &str) -> Expr {
    at.member(at.name(RUN), field)
}

fn old(at: At, field: &str) -> Expr {
    at.member(at.name("old"), field)
}

/// A run begins at the first stage, now.
fn begin(plan: &Plan<'_>, at: At) -> ProcessDecl {
    let first = plan.stages.first().map(|stage| stage.decl.name.name.as_str()).unwrap_or_default();
    let first = at.stage(plan.name(), first);
    let elsewhere = at.not_equal(of_run(at, STAGE), first.clone());
    let refusal = at.refuse(vec![words("a run begins at "), at.slot(first.clone())]);
    let body = vec![
        at.when(elsewhere, vec![refusal]),
        at.set(of_run(at, PATH), at.expr(ExprKind::List(vec![first]))),
        at.set(of_run(at, SINCE), at.call("now", Vec::new())),
        at.set(of_run(at, DURATION), at.expr(ExprKind::Duration(crate::base::value::Duration::default()))),
    ];
    let clauses = vec![ClauseKind::Before(vec![at.event(EventKind::Created)]), ClauseKind::Rank(LAST)];
    realtime(plan, at, "begin", clauses, body)
}

fn is_state(at: At, state: &str) -> Expr {
    at.equal(of_run(at, "state"), at.name(state))
}

/// Before a run moves or ends.
fn before(plan: &Plan<'_>, at: At) -> ProcessDecl {
    let path_length = || at.call("length", vec![old(at, PATH)]);
    let last_but_one = at.index(old(at, PATH), at.binary(BinaryOp::Subtract, path_length(), at.int(2)));
    let is_back =
        vec![at.binary(BinaryOp::Greater, path_length(), at.int(1)), at.equal(of_run(at, STAGE), last_but_one)];
    let ends = || at.all(vec![at.changed("status"), is_state(at, "finished")]);
    let forward = || at.all(vec![at.name(MOVES), at.not(at.name(BACK))]);
    let mut body = vec![
        at.bind(FROM, old(at, STAGE)),
        at.bind(MOVES, at.changed(STAGE)),
        at.bind(BACK, at.all(is_back)),
        at.when(
            at.any(vec![at.changed(PATH), at.changed(SINCE), at.changed(DURATION)]),
            vec![at.refuse(vec![words("the path and the times of a run are kept by its flow")])],
        ),
        at.when(
            at.all(vec![at.name(MOVES), at.changed("status")]),
            vec![at.refuse(vec![words("a run moves, or it ends or goes on: not both at once")])],
        ),
        at.when(
            at.all(vec![at.name(MOVES), at.not(is_state(at, "active"))]),
            vec![at.refuse(vec![
                words("the run is "),
                at.slot(of_run(at, "state")),
                words("; it moves once it is active"),
            ])],
        ),
        at.when(at.any(vec![forward(), ends()]), leave(plan, at)),
    ];
    let exits = hooks(plan, at, true);
    if let Some(exits) = exits.filter(|arms| !arms.is_empty()) {
        let whole = exits.len() == plan.stages.len();
        body.push(at.when(at.any(vec![at.name(MOVES), ends()]), vec![at.choose(at.name(FROM), exits, whole)]));
    }
    let bindings: Vec<_> = plan.stages.iter().filter_map(|stage| bind(plan, stage)).collect();
    if !bindings.is_empty() {
        let whole = bindings.len() == plan.stages.len();
        body.push(at.when(forward(), vec![at.choose(of_run(at, STAGE), bindings, whole)]));
    }
    body.extend(keep(at));
    let fields = [STAGE, PATH, SINCE, DURATION].map(|field| at.ident(field)).into();
    let events = vec![
        at.event(EventKind::Updated(fields)),
        at.event(EventKind::StatusChanged { from: Vec::new(), to: Vec::new() }),
    ];
    realtime(plan, at, "move", vec![ClauseKind::Before(events), ClauseKind::Rank(LAST)], body)
}

/// What must hold where a stage is left: its steps are done, and the stage that is wanted follows it.
fn leave(plan: &Plan<'_>, at: At) -> Vec<Stmt> {
    let asked = |function: &str| at.call(&part(plan.name(), function), vec![at.name(RUN), at.name(FROM)]);
    let open = at.binary(BinaryOp::Greater, at.call("length", vec![at.name(OPEN)]), at.int(0));
    let missing = at.call("join", vec![at.name(OPEN), at.plain(", ")]);
    let elsewhere = at.all(vec![at.name(MOVES), at.not_equal(at.name(FOLLOWS), of_run(at, STAGE))]);
    let early = at.all(vec![at.not(at.name(MOVES)), at.is_none(at.name(FOLLOWS), true)]);
    vec![
        at.bind(OPEN, asked("missing")),
        at.when(open, vec![at.refuse(vec![at.slot(at.name(FROM)), words(" needs "), at.slot(missing)])]),
        at.bind(FOLLOWS, asked("next")),
        at.when(
            elsewhere,
            vec![at.refuse(vec![
                at.slot(of_run(at, STAGE)),
                words(" does not follow "),
                at.slot(at.name(FROM)),
                words(" now"),
            ])],
        ),
        at.when(early, vec![at.refuse(vec![words("the run cannot be finished at "), at.slot(at.name(FROM))])]),
    ]
}

/// `do … on enter`, `do … on exit` of the stages that have any. Nothing where no stage has.
fn hooks(plan: &Plan<'_>, at: At, on_exit: bool) -> Option<Vec<(PatternKind, Vec<Stmt>)>> {
    let mut arms = Vec::new();
    for stage in &plan.stages {
        let of_stage = stage.decl.elements.iter().filter_map(|element| match element {
            FlowElement::Hook { stmt, on_exit: is_exit } if *is_exit == on_exit => Some(stmt),
            _ => None,
        });
        let stmts: Vec<Stmt> = of_stage.cloned().collect();
        if stmts.is_empty() {
            continue;
        }
        let own = At(stage.decl.name.span);
        let spans: Vec<_> = stmts.iter().map(|stmt| stmt.span).collect();
        let mut body = plan.records(own, &spans, &stage.bound());
        body.extend(stmts);
        arms.push((plan.pattern(at, stage), body));
    }
    (!arms.is_empty()).then_some(arms)
}

/// How the record of a stage is found where it may not be bound yet.
fn bind(plan: &Plan<'_>, stage: &Stage<'_>) -> Option<(PatternKind, Vec<Stmt>)> {
    if stage.before.contains(&stage.binding) {
        return None;
    }
    let binding = plan.binding_of(stage)?;
    let (name, entity) = (binding.name.name.as_str(), binding.entity.name.as_str());
    let at = At(stage.decl.name.span);
    let via = binding.via.as_ref()?;
    let from = plan.bindings.get(via.from)?;
    let mut body = Vec::new();
    let missing = at.refuse(vec![words(&format!("{} needs its {entity}: {}", stage.title(), advice(plan, via)))]);
    let set = |value: Expr| at.set(of_run(at, name), value);
    let is_open = at.is_none(of_run(at, name), false);
    let foreign = at.refuse(vec![words(&format!(
        "the {entity} of {} is not that of the {} (`{}`)",
        stage.title(),
        from.entity.name,
        via.field
    ))]);
    if via.is_forward {
        body.push(at.bind(&from.name.name, plan.record(at, via.from, &stage.before)));
        body.push(at.bind_as(FOUND, at.optional(at.named(entity)), via.expr.clone()));
        let found = || at.name(FOUND);
        body.push(at.when_else(
            vec![
                (is_open, vec![at.when(at.is_none(found(), false), vec![missing]), set(found())]),
                (at.not_equal(of_run(at, name), found()), vec![foreign]),
            ],
            None,
        ));
    } else {
        let of = plan.record(at, via.from, &stage.before);
        let refers = at.equal(via.expr.clone(), of.clone());
        let found = at.query(QueryHead::Find, name, at.entity(entity), refers, Some(2));
        let one = at.not_equal(at.call("length", vec![at.name(FOUND)]), at.int(1));
        body.push(at.when_else(
            vec![(
                is_open,
                vec![at.bind(FOUND, found), at.when(one, vec![missing]), set(at.index(at.name(FOUND), at.int(0)))],
            )],
            Some(vec![
                at.bind(name, at.there(of_run(at, name))),
                at.when(at.not_equal(via.expr.clone(), of), vec![foreign]),
            ]),
        ));
    }
    Some((plan.pattern(at, stage), body))
}

/// What the mover can do where the record is not known.
fn advice(plan: &Plan<'_>, via: &Via<'_>) -> String {
    let from = plan.bindings.get(via.from).map(|binding| binding.name.name.as_str()).unwrap_or_default();
    if via.is_forward {
        format!("`{}` of its {from} is not set", via.field)
    } else {
        format!("create one with that `{}`, or name one of several", via.field)
    }
}

/// The path, and the time that was spent.
fn keep(at: At) -> Vec<Stmt> {
    let spent = at.binary(BinaryOp::Subtract, at.name(NOW), old(at, SINCE));
    let spent = at.binary(BinaryOp::Add, old(at, DURATION), spent);
    let others = at.not_equal(at.name(EACH), at.name(FROM));
    let shorter = at.query(QueryHead::Find, EACH, old(at, PATH), others, None);
    let longer = at.call("append", vec![old(at, PATH), of_run(at, STAGE)]);
    let path = at.expr(ExprKind::If {
        condition: Box::new(at.name(BACK)),
        then: Box::new(shorter),
        otherwise: Box::new(longer),
    });
    let since = || at.set(of_run(at, SINCE), at.name(NOW));
    vec![
        at.bind(NOW, at.call("now", Vec::new())),
        at.when_else(
            vec![
                (
                    at.name(MOVES),
                    vec![at.set(of_run(at, PATH), path), at.set(of_run(at, DURATION), spent.clone()), since()],
                ),
                (is_state(at, "active"), vec![since()]),
            ],
            Some(vec![at.set(of_run(at, DURATION), spent)]),
        ),
    ]
}

/// After a run began, moved or ended. Nothing where the flow does nothing then.
fn after(plan: &Plan<'_>, at: At) -> Option<ProcessDecl> {
    let enters = hooks(plan, at, false);
    let ends: Vec<_> = plan.decl.hooks.iter().filter(|(_, body)| !body.stmts.is_empty()).collect();
    if enters.is_none() && ends.is_empty() {
        return None;
    }
    let mut branches = Vec::new();
    if !ends.is_empty() {
        let is_end = at.equal(at.member(at.name("trigger"), "kind"), at.plain("status changed"));
        let whole = ends.len() == 3;
        let arms = ends.iter().map(|(event, body)| end(plan, &event.name, body)).collect();
        branches.push((is_end, vec![at.choose(of_run(at, "state"), arms, whole)]));
    }
    if let Some(enters) = enters {
        let whole = enters.len() == plan.stages.len();
        let is_move = at.not_equal(at.member(at.name("trigger"), "kind"), at.plain("status changed"));
        branches.push((is_move, vec![at.choose(of_run(at, STAGE), enters, whole)]));
    }
    let events = vec![
        at.event(EventKind::Created),
        at.event(EventKind::Updated(vec![at.ident(STAGE)])),
        at.event(EventKind::StatusChanged { from: Vec::new(), to: Vec::new() }),
    ];
    let body = vec![at.when_else(branches, None)];
    Some(realtime(plan, at, "moved", vec![ClauseKind::After(events), ClauseKind::Rank(FIRST)], body))
}

/// `on finish { }` and its like.
fn end(plan: &Plan<'_>, event: &str, body: &Block) -> (PatternKind, Vec<Stmt>) {
    let at = At(body.span);
    let state = match event {
        "finish" => "finished",
        "abort" => "aborted",
        _ => "active",
    };
    let mut stmts = plan.records(at, &[body.span], &std::collections::BTreeSet::new());
    stmts.extend(body.stmts.iter().cloned());
    (PatternKind::Member(vec![at.ident(state)]), stmts)
}

/// Applies a flow to a new record of its first entity, unless one that comes before it was.
pub(super) fn apply(plan: &Plan<'_>, before: &[(&str, &str)], rank: i64) -> Option<ProcessDecl> {
    let condition = plan.decl.on_created.as_ref()?;
    let binding = plan.bindings.first()?;
    let (record, entity) = (binding.name.name.as_str(), binding.entity.name.as_str());
    let at = At(plan.decl.name.span);
    let create = at.create(plan.name(), vec![(record, at.name(record))]);
    let others: Vec<Expr> = before.iter().map(|(flow, field)| code::has_run(at, flow, field, record)).collect();
    let body = if others.is_empty() { vec![create] } else { vec![at.when(at.not(at.any(others)), vec![create])] };
    let mut clauses = vec![ClauseKind::After(vec![at.event(EventKind::Created)]), ClauseKind::Rank(rank)];
    clauses.extend(condition.clone().map(ClauseKind::OnlyIf));
    let clauses = clauses.into_iter().map(|kind| Clause { kind, span: at.0 }).collect();
    let name = part(plan.name(), "apply");
    Some(ProcessDecl { clauses, ..at.process(ProcessKind::Realtime, &name, (record, entity), body) })
}
