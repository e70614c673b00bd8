//! `group by`: elements with equal keys become one value, and what is ordered and selected is said of that.

use super::{
    checker::{Checker, error, read},
    compare::fold,
    facts::Facts,
    queries::Elements,
};
use crate::{
    base::span::Span,
    sema::{
        errors::types,
        hir::{Builtin, Expr, ExprKind, Fold, Groups, LocalId, MatchArm, Pattern, Query, QueryHead, QuerySource},
        ty::Ty,
    },
    syntax::ast::{self, Arg, Ident},
};

/// The group whose order or choice is checked.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// The name of an element.
    element: Ident,
    /// Its local.
    local: LocalId,
    /// What a query over the group binds: the same, or the record that links to it.
    bind: LocalId,
    /// The elements of the group.
    items: Expr,
    /// The key as it was written.
    key: Span,
}

impl Group {
    /// Whether a name stands for each element.
    pub(super) fn is_one_of_many(&self, name: &str) -> bool {
        self.element.name == name
    }

    /// The key as it was written.
    pub(super) fn span(&self) -> Span {
        self.key
    }
}

impl Checker<'_> {
    /// `find x in xs group by x.k as k select (key: k, n: count())`.
    pub(super) fn grouped(&mut self, query: &ast::Query, key: (&ast::Expr, &Ident), span: Span) -> Expr {
        let head = match query.head {
            ast::QueryHead::Find => QueryHead::Find,
            ast::QueryHead::FindOne => QueryHead::FindOne,
            _ => return self.refuse(types::groups_are_found(query.head_span, key.0.span), span),
        };
        let Some(select) = &query.select else {
            return self.refuse(types::groups_select(key.0.span), span);
        };
        let Some(elements) = self.source(&query.source) else {
            let (order, select) = (Vec::new(), None);
            return self.unsourced(&ast::Query { order, select, ..query.clone() }, span);
        };
        let Some((groups, local, facts)) = self.scoped(|checker| checker.groups(query, elements, key)) else {
            return error(span);
        };
        let item = groups.items.select.ty.clone();
        let parts = [("key", groups.key.ty.clone()), ("items", Ty::List(Box::new(item)))];
        let parts = Ty::Named(parts.into_iter().map(|(name, ty)| (name.to_owned(), ty)).collect());
        let bind = self.made(parts.clone(), span);
        let part = |index, ty: &Ty| {
            let base = Box::new(read(bind, parts.clone(), key.0.span));
            Expr { kind: ExprKind::RecordField { base, index }, ty: ty.clone(), span: key.0.span }
        };
        let items = part(1, &Ty::List(Box::new(groups.items.select.ty.clone())));
        let group = Group { element: query.name.clone(), local, bind: groups.items.bind, items, key: key.0.span };
        let (order, select) = self.scoped(|checker| {
            checker.bind(key.1, groups.bind);
            checker.read.insert(groups.bind);
            let outer = checker.group.replace(group);
            let parts = checker.assuming(facts, |checker| (checker.order_keys(query), checker.selected(select)));
            checker.group = outer;
            parts
        });
        let limit = query.limit.as_ref().map(|limit| self.expr_as(limit, &Ty::Int, None));
        if select.ty == Ty::Error {
            return error(span);
        }
        let ty = match head {
            QueryHead::FindOne => select.ty.clone().optional(),
            _ => Ty::List(Box::new(select.ty.clone())),
        };
        let with_key = |value: Expr| with_name(groups.bind, part(0, &groups.key.ty), value);
        let order = order.into_iter().map(|(value, descending)| (with_key(value), descending)).collect();
        let select = with_key(select);
        let source = QuerySource::Groups(Box::new(groups));
        let query = Query { head, bind, source, condition: None, order, limit, select };
        Expr { kind: ExprKind::Query(Box::new(query)), ty, span }
    }

    /// What is grouped, the local of an element, and what the condition says of each.
    fn groups(
        &mut self,
        query: &ast::Query,
        elements: Elements,
        (key, name): (&ast::Expr, &Ident),
    ) -> Option<(Groups, LocalId, Facts)> {
        let (item, _) = self.declare_element(&query.name, &elements);
        let local = self.lookup(&query.name.name).unwrap_or(item);
        let condition = query.condition.as_ref().map(|condition| self.condition(condition));
        let facts = condition.as_ref().map(|c| self.facts_of(c, true)).unwrap_or_default();
        let key = self.assuming(facts.clone(), |checker| checker.selected(key));
        let key = if key.ty == Ty::None { self.present(key) } else { key };
        if matches!(key.ty.present(), Ty::Fault | Ty::Void | Ty::Pending(_)) {
            let shown = self.show(&key.ty);
            self.report(types::cannot_order(&shown, key.span));
            return None;
        }
        if key.ty == Ty::Error {
            return None;
        }
        let bind = self.unnamed(name, key.ty.clone(), false);
        let compared = self.compared(&key, bind);
        let select = read(item, self.local_ty(item), query.name.span);
        let source = elements.source;
        let items =
            Query { head: QueryHead::Find, bind: item, source, condition, order: Vec::new(), limit: None, select };
        Some((Groups { items, key, bind, compared }, local, facts))
    }

    /// What tells groups apart: the key, or its parts; texts of caseless fields without case.
    fn compared(&mut self, key: &Expr, bind: LocalId) -> Vec<Expr> {
        let whole = read(bind, key.ty.clone(), key.span);
        let (ExprKind::Named(values), Ty::Named(types)) = (&key.kind, &key.ty) else {
            return vec![if self.is_caseless(key) { fold(whole, false) } else { whole }];
        };
        let mut parts = Vec::new();
        for ((value, (_, ty)), index) in values.iter().zip(types).zip(0_u16..) {
            let kind = ExprKind::RecordField { base: Box::new(whole.clone()), index };
            let part = Expr { kind, ty: ty.clone(), span: value.span };
            parts.push(if self.is_caseless(value) { fold(part, false) } else { part });
        }
        parts
    }

    /// `count()`, `sum(x.f)` and so on of the elements of a group; none where the call is another one.
    pub(super) fn combined(&mut self, name: &Ident, args: &[Arg], span: Span) -> Option<Expr> {
        let group = self.group.clone()?;
        let head = match (name.name.as_str(), args) {
            ("count", []) => {
                let kind = ExprKind::Builtin { builtin: Builtin::ListLength, args: vec![group.items] };
                return Some(Expr { kind, ty: Ty::Int, span });
            }
            ("sum", [_]) => Fold::Sum,
            ("average", [_]) => Fold::Average,
            ("min", [_]) => Fold::Min,
            ("max", [_]) => Fold::Max,
            _ => return None,
        };
        let arg = args.first().filter(|arg| arg.name.is_none())?;
        let messages = self.messages.len();
        self.group = None;
        self.read.remove(&group.local);
        let select = self.scoped(|checker| {
            checker.bind(&group.element, group.local);
            checker.expr(&arg.value, None)
        });
        let is_of_group = self.read.contains(&group.local);
        self.read.insert(group.local);
        self.group = Some(group.clone());
        if !is_of_group {
            self.messages.truncate(messages);
            return None;
        }
        if select.ty == Ty::Error {
            return Some(error(span));
        }
        let Some(ty) = self.fold_type(head, &select, name.span) else { return Some(error(span)) };
        let query = Query {
            head: QueryHead::Fold(head),
            bind: group.bind,
            source: QuerySource::List(group.items),
            condition: None,
            order: Vec::new(),
            limit: None,
            select,
        };
        Some(Expr { kind: ExprKind::Query(Box::new(query)), ty, span })
    }
}

/// A value in which a name stands for another.
fn with_name(local: LocalId, subject: Expr, value: Expr) -> Expr {
    let (ty, span) = (value.ty.clone(), value.span);
    let arms = vec![MatchArm { patterns: vec![Pattern::Else], guard: None, body: value }];
    Expr { kind: ExprKind::Match { local, subject: Box::new(subject), arms }, ty, span }
}
