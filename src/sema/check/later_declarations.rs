//! Declarations of later versions: dialogs, rules, roles, flows, and what runs outside of the engine. Each was
//! refused where declarations are collected; here the names in it are looked up.

use super::{Checker, Effects, checker::Host};
use crate::{
    base::distance::did_you_mean,
    sema::{
        context::Context,
        errors::names,
        schema::{ParamHead, ProcessHead},
        ty::Ty,
        types::{self, Wanted},
    },
    syntax::ast::{
        self, ClauseKind, ExprKind, FlowDecl, FlowElement, FlowStage, Ident, Item, ItemKind, Param, Primary,
        ProcessDecl, ProcessKind, ResultDecl, Right, TypeExpr, Using,
    },
};

/// Looks up the names in a declaration, if it is one of a later version.
pub fn later(context: &mut Context<'_>, effects: &Effects, item: &Item) {
    match &item.kind {
        ItemKind::Process(decl) | ItemKind::Activity(decl) if is_later(decl) => process(context, effects, decl),
        ItemKind::Migrate { process, .. } => {
            types::find(context.names, context.file, process, Wanted::Process, context.sink);
        }
        ItemKind::Role { rights, .. } => rights.iter().for_each(|right| targets(context, right)),
        ItemKind::Flow(flow) => {
            let head = head(context, &flow.name, &[], None);
            within(context, effects, &head, |checker| checker.flow_names(flow));
        }
        _ => {}
    }
}

/// Whether a process is of a kind that later versions run.
fn is_later(decl: &ProcessDecl) -> bool {
    let is_outside = |using: &Using| decl.kind == ProcessKind::Action || using.kind.name != "native";
    decl.using.as_ref().is_some_and(is_outside)
}

fn process(context: &mut Context<'_>, effects: &Effects, decl: &ProcessDecl) {
    let head = head(context, &decl.name, &decl.params, decl.primary.as_ref());
    let results: Vec<&TypeExpr> = match &decl.result {
        None => Vec::new(),
        Some(ResultDecl::Type(written)) => vec![written],
        Some(ResultDecl::Named(fields)) => fields.iter().map(|field| &field.ty).collect(),
    };
    results.into_iter().for_each(|written| drop(context.resolve_type(written)));
    within(context, effects, &head, |checker| {
        for clause in &decl.clauses {
            if let ClauseKind::OnlyIf(condition) = &clause.kind {
                drop(checker.expr(condition, Some(&Ty::Bool)));
            }
        }
        if let Some(using) = &decl.using {
            let headers = using.headers.iter().flat_map(|(name, value)| [name, value]);
            let retry = using
                .retry
                .iter()
                .flat_map(|retry| std::iter::once(&retry.times).chain(&retry.after).chain(&retry.up_to));
            let values = using.target.iter().chain(headers).chain(&using.timeout).chain(retry);
            values.for_each(|value| drop(checker.expr(value, None)));
        }
        if let Some(body) = &decl.body {
            drop(checker.block(body));
        }
    });
}

/// A head that brings the names of a declaration into scope.
fn head(context: &mut Context<'_>, name: &Ident, params: &[Param], primary: Option<&Primary>) -> ProcessHead {
    let mut named = |name: &Ident, written: &TypeExpr| ParamHead {
        name: name.name.clone(),
        ty: context.resolve_type(written),
        default: None,
        text_max: None,
        span: name.span,
    };
    ProcessHead {
        primary: primary.map(|primary| named(&primary.name, &primary.ty)),
        params: params.iter().map(|param| named(&param.name, &param.ty)).collect(),
        result: Ty::Error,
        ..ProcessHead::plain(ProcessKind::Dialog, name)
    }
}

/// Looks at what stands behind a head.
fn within(context: &mut Context<'_>, effects: &Effects, head: &ProcessHead, look: impl FnOnce(&mut Checker<'_>)) {
    let mut checker = Checker::new(context, effects, Host::Process(head));
    checker.primary(head);
    head.params.iter().for_each(|param| checker.parameter(param));
    checker.names_only(look);
    checker.hand_over(context);
}

/// What a right is about: entities, and processes to run.
fn targets(context: &mut Context<'_>, right: &Right) {
    let runs = right.verbs.iter().any(|verb| matches!(verb.name.as_str(), "run" | "use"));
    let wanted = if runs { Wanted::Process } else { Wanted::Entity };
    for target in &right.targets {
        if context.names.get(context.file, &target.name).is_none() {
            types::find(context.names, context.file, target, wanted, context.sink);
        }
    }
}

impl Checker<'_> {
    fn flow_names(&mut self, flow: &FlowDecl) {
        flow.roles.iter().for_each(|role| self.later_name(role, "role", "role"));
        flow.stages.iter().for_each(|stage| self.stage_record(stage));
        if let Some(Some(condition)) = &flow.on_created {
            drop(self.expr(condition, Some(&Ty::Bool)));
        }
        for element in flow.stages.iter().flat_map(|stage| &stage.elements) {
            self.flow_element(flow, element);
        }
        flow.hooks.iter().for_each(|(_, body)| drop(self.block(body)));
    }

    /// The record of a stage is a name for all stages.
    fn stage_record(&mut self, stage: &FlowStage) {
        self.stage_name(stage);
        // It may lead from a record above to this one, or from this one back.
        if let Some(via) = &stage.via {
            drop(self.expr(via, None));
        }
    }

    fn stage_name(&mut self, stage: &FlowStage) {
        let Some(entity) = &stage.entity else {
            let record = ast::Expr { kind: ExprKind::Name(stage.record.clone()), span: stage.record.span };
            drop(self.expr(&record, None));
            return;
        };
        let ty = self.entity_named(entity).map_or(Ty::Error, Ty::Ref);
        let record = &stage.record;
        let head = ParamHead { name: record.name.clone(), ty, default: None, text_max: None, span: record.span };
        self.parameter(&head);
    }

    fn flow_element(&mut self, flow: &FlowDecl, element: &FlowElement) {
        match element {
            FlowElement::Error(_) => {}
            FlowElement::Step { field, required, .. } => {
                drop(self.expr(field, None));
                if let Some(Some(condition)) = required {
                    drop(self.expr(condition, Some(&Ty::Bool)));
                }
            }
            FlowElement::Button { stmt, .. } | FlowElement::Hook { stmt, .. } => self.stmt(stmt, &mut Vec::new()),
            FlowElement::Next { stage, condition, .. } => {
                let mut known = flow.stages.iter().map(|stage| stage.name.name.as_str());
                if let Some(stage) = stage
                    && !known.clone().any(|known| known == stage.name)
                {
                    let near = did_you_mean(&stage.name, &mut known);
                    let near: Vec<String> = near.into_iter().map(str::to_owned).collect();
                    self.report(names::unknown_stage(&flow.name.name, &stage.name, stage.span, &near));
                }
                if let Some(condition) = condition {
                    drop(self.expr(condition, Some(&Ty::Bool)));
                }
            }
        }
    }
}
