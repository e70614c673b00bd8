//! Calls of `fn`, and the arguments of everything that is called.

use super::checker::{Checker, constant, error};
use crate::{
    base::{distance::did_you_mean, span::Span},
    sema::{
        errors::{calls, uses},
        hir::{Expr, ExprKind},
        names::Def,
        schema::ParamHead,
        ty::Ty,
    },
    syntax::ast::{self, Arg},
};

/// Who is called, for messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Callee<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Where the call names it.
    pub(super) span: Span,
    /// Its declaration.
    pub(super) declared: Span,
}

impl Checker<'_> {
    /// `discount(total, rating: hot)`.
    pub(super) fn call(&mut self, callee: &ast::Expr, args: &[Arg], expected: Option<&Ty>, span: Span) -> Expr {
        let name = match &callee.kind {
            ast::ExprKind::Name(name) => name,
            ast::ExprKind::TypeName(name) => {
                let is_process =
                    matches!(self.names.get(self.file, &name.name).map(|entry| &entry.def), Some(Def::Process(_)));
                self.silently(args);
                return self.refuse(calls::upper_case_call(&name.name, is_process, name.span), span);
            }
            ast::ExprKind::Member { name, .. } => {
                self.silently(args);
                return self.refuse(calls::method_call(&name.name, callee.span), span);
            }
            ast::ExprKind::Error => {
                self.silently(args);
                return error(span);
            }
            _ => {
                self.silently(args);
                return self.refuse(calls::not_callable(callee.span), span);
            }
        };
        if name.name == "changed" && self.host.head().is_some() {
            return self.changed(args, span);
        }
        match self.names.get(self.file, &name.name).map(|entry| entry.def.clone()) {
            Some(Def::Function(function)) => {
                let Some(head) = self.schema.function(function) else { return error(span) };
                let callee = Callee { name: &head.name, span: name.span, declared: head.span };
                let args = self.arguments(callee, &head.params, &args.iter().collect::<Vec<_>>());
                let kind = ExprKind::Call { function, args };
                Expr { kind, ty: head.result.clone(), span }
            }
            Some(Def::Broken) => {
                self.silently(args);
                error(span)
            }
            _ => match self.combined(name, args, span) {
                Some(value) => value,
                None if name.name == "convert" => self.exchange(name, args, span),
                None if name.name == "url" => self.url(name, args, span),
                None => self.builtin(name, args, expected, span),
            },
        }
    }

    /// Checks arguments of a call that was refused.
    fn silently(&mut self, args: &[Arg]) {
        for arg in args {
            self.expr(&arg.value, Some(&Ty::Error));
        }
    }

    /// All arguments in the order of the parameters, defaults filled in.
    pub(super) fn arguments(&mut self, callee: Callee<'_>, params: &[ParamHead], args: &[&Arg]) -> Vec<Expr> {
        let mut given: Vec<Option<Expr>> = params.iter().map(|_| None).collect();
        let mut is_named = false;
        let mut is_broken = false;
        for (index, arg) in args.iter().enumerate() {
            let found = match &arg.name {
                Some(name) => {
                    is_named = true;
                    params.iter().position(|param| param.name == name.name)
                }
                None if is_named => {
                    self.report(calls::positional_after_named(arg.value.span));
                    is_broken = true;
                    continue;
                }
                None => (index < params.len()).then_some(index),
            };
            let Some((param, slot)) = found.and_then(|i| Some((params.get(i)?, given.get_mut(i)?))) else {
                self.expr(&arg.value, Some(&Ty::Error));
                self.unknown_argument(callee, params, arg);
                is_broken = true;
                continue;
            };
            if slot.is_some() {
                self.report(uses::given_twice(&param.name, arg.name.as_ref().map_or(arg.value.span, |n| n.span)));
            }
            let value = self.expr_as(&arg.value, &param.ty, Some(param.span));
            *slot = Some(self.limited(value, param.text_max, Some(param.span)));
        }
        let mut missing = Vec::new();
        let values = params.iter().zip(given).map(|(param, value)| match (value, &param.default) {
            (Some(value), _) => value,
            (None, Some(default)) => constant(default.clone(), param.ty.clone(), callee.span),
            (None, None) if param.ty.is_optional() => {
                constant(crate::base::value::Value::None, param.ty.clone(), callee.span)
            }
            (None, None) => {
                missing.push(param.name.as_str());
                error(callee.span)
            }
        });
        let values: Vec<Expr> = values.collect();
        if !missing.is_empty() && !is_broken {
            self.report(calls::missing_arguments(callee.name, &missing, callee.span, callee.declared));
        }
        values
    }

    fn unknown_argument(&mut self, callee: Callee<'_>, params: &[ParamHead], arg: &Arg) {
        let message = match &arg.name {
            Some(name) => {
                let near = did_you_mean(&name.name, params.iter().map(|param| param.name.as_str()));
                uses::unknown_argument(callee.name, &name.name, name.span, callee.declared, &near)
            }
            None => calls::too_many_arguments(callee.name, params.len(), arg.value.span, callee.declared),
        };
        self.report(message);
    }
}
