//! Declarations of later versions: rules, roles, and what runs outside of the engine. Each was
//! refused where declarations are collected; here the names in it are looked up.

use super::{Checker, Effects, checker::Host};
use crate::{
    base::distance::did_you_mean,
    sema::{
        context::Context,
        errors::names,
        names::Def,
        schema::{ParamHead, ProcessHead},
        ty::Ty,
        types::{self, Wanted},
    },
    syntax::ast::{ClauseKind, Ident, Item, ItemKind, Param, Primary, ProcessDecl, ProcessKind, ResultDecl, TypeExpr},
};

/// Looks up the names in a declaration, if it is one of a later version.
pub fn later(context: &mut Context<'_>, effects: &Effects, item: &Item) {
    match &item.kind {
        ItemKind::Process(decl) | ItemKind::Activity(decl) if is_later(decl) => process(context, effects, decl),
        ItemKind::Migrate { process, .. } => {
            types::find(context.names, context.file, process, Wanted::Process, context.sink);
        }
        ItemKind::Flow(flow) => {
            let head = head(context, &flow.name, &[], None);
            within(context, effects, &head, |checker| flow.roles.iter().for_each(|role| checker.role_name(role)));
        }
        _ => {}
    }
}

/// Whether a process is of a kind that later versions run.
fn is_later(decl: &ProcessDecl) -> bool {
    decl.kind == ProcessKind::Action && decl.using.is_some()
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

impl Checker<'_> {
    /// `for roles Salesperson`.
    fn role_name(&mut self, name: &Ident) {
        let found = self.names.get(self.file, &name.name).map(|entry| (entry.def.clone(), entry.span));
        match found {
            Some((Def::Role(_) | Def::Broken, _)) => {}
            Some((other, declared)) => {
                let is = types::kind_words(&other);
                self.report(names::wrong_kind(&name.name, is, "a role", name.span, declared));
            }
            None => {
                let known = self.names.entries.iter().filter(|(_, entry)| matches!(entry.def, Def::Role(_)));
                let near = did_you_mean(&name.name, known.map(|(name, _)| name.as_str()));
                let near: Vec<String> = near.into_iter().map(str::to_owned).collect();
                self.report(names::unknown_process("role", &name.name, name.span, &near));
            }
        }
    }
}
