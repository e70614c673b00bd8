//! The effects of rules, and what a rule may not do.

use super::{
    checker::{Checker, constant, read},
    facts::Path,
};
use crate::{
    base::{span::Span, value::Value},
    sema::{
        errors::{records, rules as errors},
        hir::{Block, Capture, Expr, ExprKind, LocalId, Place, RuleEffect, Stmt, StmtKind},
        schema::{EntityId, FieldId, SystemField, TriggerEvent},
        ty::Ty,
    },
    syntax::ast::{self, AssignOp, EffectKind, Ident, ProcessKind, Rhs},
};

/// What a statement does that no rule may, by its word.
fn acting_word(kind: &ast::StmtKind) -> Option<&'static str> {
    use ast::StmtKind as Kind;
    Some(match kind {
        Kind::Let { value: Some(Rhs::Effect(effect)), .. }
        | Kind::Return(Some(Rhs::Effect(effect)))
        | Kind::Set { value: Rhs::Effect(effect), .. }
        | Kind::Var { value: Some(Rhs::Effect(effect)), .. }
        | Kind::Effect(effect) => effect_word(&effect.kind),
        Kind::ActAs { .. } => "act as",
        Kind::Assign { .. } => "assign",
        Kind::Atomic(_) => "atomic",
        Kind::Cancel(_) => "cancel",
        Kind::Checkpoint => "checkpoint",
        Kind::Delete { .. } => "delete",
        Kind::Emit { .. } => "emit",
        Kind::Link { .. } => "link",
        Kind::Log(_) => "log",
        Kind::Raise { .. } => "raise",
        Kind::Route { .. } => "route",
        Kind::Share { .. } => "share",
        Kind::Stop { .. } => "stop",
        Kind::Update { .. } => "update",
        Kind::WaitArms(_) | Kind::WaitFor(_) | Kind::WaitUntil(_) => "wait",
        _ => return None,
    })
}

fn effect_word(effect: &EffectKind) -> &'static str {
    match effect {
        EffectKind::Ask { .. } => "ask",
        EffectKind::Create { .. } => "create",
        EffectKind::Do { .. } => "do",
        EffectKind::Parallel { .. } | EffectKind::ParallelFor { .. } => "parallel",
        EffectKind::SendFields(_) | EffectKind::SendTemplate { .. } => "send",
        EffectKind::Start { .. } => "start",
        EffectKind::WaitHandle(_) | EffectKind::WaitSignal { .. } => "wait",
    }
}

/// The effect of a verb, with the one that holds where its condition does not.
fn effect_of(verb: &str) -> Option<(RuleEffect, Option<RuleEffect>)> {
    Some(match verb {
        "default" => (RuleEffect::Default, None),
        "hide" => (RuleEffect::Hide, Some(RuleEffect::Show)),
        "lock" => (RuleEffect::Lock, Some(RuleEffect::Unlock)),
        "optional" => (RuleEffect::Optional, Some(RuleEffect::Require)),
        "recommend" => (RuleEffect::Recommend, None),
        "refuse" => (RuleEffect::Refuse, None),
        "require" => (RuleEffect::Require, Some(RuleEffect::Optional)),
        "show" => (RuleEffect::Show, Some(RuleEffect::Hide)),
        "unlock" => (RuleEffect::Unlock, Some(RuleEffect::Lock)),
        _ => return None,
    })
}

/// Whether an effect has the parts that it takes: a value, and so many texts.
fn has_its_parts(effect: &ast::RuleEffect) -> bool {
    let (value, messages) = match effect.verb.name.as_str() {
        "change" | "default" => (true, 0..=0),
        "recommend" => (true, 1..=2),
        "refuse" => (false, 1..=1),
        "require" => (false, 0..=1),
        _ => (false, 0..=0),
    };
    effect.value.is_some() == value && messages.contains(&effect.messages.len())
}

impl Checker<'_> {
    /// Whether this is the body of a rule.
    pub(super) fn is_rule(&self) -> bool {
        self.host.kind() == Some(ProcessKind::Rule)
    }

    /// Whether a statement does more than a rule may; then there is a message, and its names were looked up.
    pub(super) fn refused_in_rule(&mut self, stmt: &ast::Stmt) -> bool {
        if !self.is_rule() || self.is_later {
            return false;
        }
        let Some(verb) = acting_word(&stmt.kind) else { return false };
        self.report_acting(verb, stmt.span);
        self.names_only(|checker| checker.stmt(stmt, &mut Vec::new()));
        true
    }

    fn report_acting(&mut self, verb: &str, span: Span) {
        let Some(head) = self.host.head() else { return };
        self.report(errors::acts(verb, &head.name, span, head.span));
    }

    /// A message where a rule searches stored records.
    pub(super) fn refuse_query_in_rule(&mut self, span: Span) {
        if let Some(head) = self.host.head().filter(|_| self.is_rule()) {
            self.report(errors::query(&head.name, span, head.span));
        }
    }

    /// `change q to won` in a rule: the status that is about to be written.
    pub(super) fn change_in_rule(&mut self, target: &ast::Expr, to: &ast::Expr, span: Span) -> StmtKind {
        let Some((first, None)) = self.own_target(target) else {
            self.report_acting("change", span);
            self.names_only(|checker| drop(checker.change(target, to, span)));
            return StmtKind::Error;
        };
        let Some((entity, declared)) = self.own_entity().and_then(|id| Some((id, self.schema.entity(id)?))) else {
            return StmtKind::Error;
        };
        let (Some(states), Some(field)) = (declared.states.as_ref(), declared.system_field(SystemField::Status)) else {
            self.report(records::no_states(&declared.name, first.span, declared.span));
            return StmtKind::Error;
        };
        let Some(status) = self.status_to(states, to) else { return StmtKind::Error };
        self.flow.forget(&Path::local(LocalId(0)));
        let value = constant(Value::Enum(status), Ty::Enum(states.status), to.span);
        StmtKind::Assign { place: Place::Pending { entity, field }, value }
    }

    /// `require`, `lock`, `default q.f = e`, `change q.f = e when c`, ….
    pub(super) fn rule_effect(&mut self, effect: &ast::RuleEffect, span: Span, out: &mut Vec<Stmt>) {
        let verb = effect.verb.name.as_str();
        let problem = match verb {
            "change" if !self.is_rule() => Some(records::change_with_sign(span)),
            _ if !self.is_rule() => Some(errors::outside(verb, effect.verb.span)),
            _ if !has_its_parts(effect) => Some(errors::wrong_parts(verb, span)),
            _ => None,
        };
        if let Some(problem) = problem {
            self.report(problem);
            self.names_only(|checker| checker.rule_names(effect));
            return out.push(Stmt { kind: StmtKind::Error, span });
        }
        self.refuse_unseen(verb, effect.verb.span);
        let when = effect.when.as_ref().map(|when| self.condition(when));
        match (verb, &effect.value, effect_of(verb)) {
            ("change", Some(value), _) => self.holding(when, None, span, out, |checker, out| {
                // Only fields of the record can be set in this way; names of the rule itself have `set`.
                if checker.rule_field(verb, &effect.target).is_some() {
                    let value = Rhs::Expr(value.clone());
                    checker.set_stmt(&effect.target, AssignOp::Set, &value, span, out);
                }
            }),
            ("default", Some(value), _) => self.default_effect(effect, value, when, span, out),
            (_, _, Some((does, opposite))) => {
                let Some((entity, field)) = self.rule_field(verb, &effect.target) else {
                    return self.names_only(|checker| checker.rule_names(effect));
                };
                let opposite = opposite.map(|effect| StmtKind::Rule { effect, entity, field, values: Vec::new() });
                let opposite = opposite.map(|kind| self.with_words(kind, effect));
                self.holding(when, opposite, span, out, |checker, out| {
                    let values = checker.effect_values(effect, entity, field);
                    out.push(Stmt { kind: StmtKind::Rule { effect: does, entity, field, values }, span });
                });
            }
            _ => out.push(Stmt { kind: StmtKind::Error, span }),
        }
    }

    /// `require` always has its text.
    fn with_words(&self, kind: StmtKind, of: &ast::RuleEffect) -> StmtKind {
        match kind {
            StmtKind::Rule { effect: effect @ RuleEffect::Require, entity, field, .. } => {
                StmtKind::Rule { effect, entity, field, values: vec![no_words(of.verb.span)] }
            }
            kind => kind,
        }
    }

    /// What stands under `when`: its statements where it holds, the opposite elsewhere.
    fn holding(
        &mut self,
        when: Option<Expr>,
        opposite: Option<StmtKind>,
        span: Span,
        out: &mut Vec<Stmt>,
        inside: impl FnOnce(&mut Self, &mut Vec<Stmt>),
    ) {
        let Some(when) = when else { return inside(self, out) };
        let (yes, no) = (self.facts_of(&when, true), self.facts_of(&when, false));
        let before = self.flow.clone();
        self.flow.learn(yes);
        let mut stmts = Vec::new();
        inside(self, &mut stmts);
        let end = std::mem::replace(&mut self.flow, before);
        self.flow.learn(no);
        self.meet(vec![end]);
        let otherwise = opposite.map(|kind| Block { stmts: vec![Stmt { kind, span }] });
        out.push(Stmt { kind: StmtKind::If { branches: vec![(when, Block { stmts })], otherwise }, span });
    }

    /// `default q.f = e`: of a new record, where the field is empty.
    fn default_effect(
        &mut self,
        effect: &ast::RuleEffect,
        value: &ast::Expr,
        when: Option<Expr>,
        span: Span,
        out: &mut Vec<Stmt>,
    ) {
        let place = self.own_target(&effect.target).and_then(|(first, name)| Some((first, name?)));
        let Some((place, ty, cause)) = place.and_then(|(first, name)| self.primary_place(LocalId(0), first, name))
        else {
            if place.is_none() {
                self.refuse_target("default", &effect.target);
            }
            return self.names_only(|checker| drop(checker.expr(value, None)));
        };
        let Place::Pending { entity, field } = place else { return };
        let is_old = self.capture(Capture::OldPresent, Ty::Bool, effect.verb.span);
        let mut condition = both(not(is_old), self.is_empty(entity, field, &ty, effect.target.span));
        if let Some(when) = when {
            condition = both(condition, Some(when));
        }
        self.holding(Some(condition), None, span, out, |checker, out| {
            let value = checker.expr_as(value, &ty, cause);
            let text_max = checker.place_max(&place);
            let value = checker.limited(value, text_max, cause);
            checker.refuse_pending(&place, &value);
            let kind = StmtKind::Rule { effect: RuleEffect::Default, entity, field: Some(field), values: vec![value] };
            out.push(Stmt { kind, span });
        });
        let path = self.own_field(entity, field, ty, effect.target.span);
        if let Some(path) = self.path(&path) {
            self.flow.forget(&path);
        }
    }

    fn own_field(&self, entity: EntityId, field: FieldId, ty: Ty, span: Span) -> Expr {
        let base = Box::new(read(LocalId(0), Ty::Pending(entity), span));
        Expr { kind: ExprKind::Field { base, entity, field }, ty, span }
    }

    /// Whether a field is empty, where its type can tell; what is required the engine looks at.
    fn is_empty(&self, entity: EntityId, field: FieldId, ty: &Ty, span: Span) -> Option<Expr> {
        let value = || self.own_field(entity, field, ty.clone(), span);
        ty.is_optional().then(|| Expr { kind: ExprKind::IsNone(Box::new(value())), ty: Ty::Bool, span })
    }

    /// The value that an effect gives its field, and its texts.
    fn effect_values(&mut self, effect: &ast::RuleEffect, entity: EntityId, field: Option<FieldId>) -> Vec<Expr> {
        let declared = self.schema.entity(entity);
        let declared = field.and_then(|field| declared?.fields.get(usize::from(field.0)));
        let mut values = Vec::new();
        if let (Some(value), Some(declared)) = (&effect.value, declared) {
            let value = self.expr_as(value, &declared.ty, Some(declared.span));
            self.refuse_beyond(&value, declared);
            values.push(value);
        }
        values.extend(effect.messages.iter().map(|words| self.expr_as(words, &Ty::Text, None)));
        let texts = match effect.verb.name.as_str() {
            "recommend" => 3,
            "refuse" | "require" => 1,
            _ => 0,
        };
        while values.len() < texts {
            values.push(no_words(effect.verb.span));
        }
        values
    }

    /// The field that an effect is about, none for the record as a whole; `None` after a message.
    fn rule_field(&mut self, verb: &str, target: &ast::Expr) -> Option<(EntityId, Option<FieldId>)> {
        let entity = self.own_entity();
        match self.own_target(target) {
            Some((_, None)) if verb == "refuse" => Some((entity?, None)),
            Some((first, Some(name))) => {
                let entity = entity?;
                let declared = self.schema.entity(entity)?;
                if matches!(verb, "change" | "recommend") {
                    let (place, ..) = self.primary_place(LocalId(0), first, name)?;
                    let Place::Pending { field, .. } = place else { return None };
                    return Some((entity, Some(field)));
                }
                if let Some((field, _)) = declared.field(&name.name) {
                    return Some((entity, Some(field)));
                }
                let message = match declared.computed(&name.name) {
                    Some(computed) => records::computed_written(&declared.name, &name.name, name.span, computed.span),
                    None => self.unknown_field(entity, name),
                };
                self.report(message);
                None
            }
            _ => {
                self.refuse_target(verb, target);
                None
            }
        }
    }

    fn refuse_target(&mut self, verb: &str, target: &ast::Expr) {
        let told = self.messages.len();
        self.names_only(|checker| drop(checker.expr(target, None)));
        if self.messages.len() == told && !matches!(target.kind, ast::ExprKind::Error) {
            let record = self.local(LocalId(0)).map(|local| local.name.clone()).unwrap_or_default();
            self.report(errors::not_own_field(verb, &record, target.span));
        }
    }

    /// The rule's record, or a field of it.
    fn own_target<'e>(&self, target: &'e ast::Expr) -> Option<(&'e Ident, Option<&'e Ident>)> {
        let (first, name) = match &target.kind {
            ast::ExprKind::Name(first) => (first, None),
            ast::ExprKind::Member { base, name, optional: false } => match &base.kind {
                ast::ExprKind::Name(first) => (first, Some(name)),
                _ => return None,
            },
            _ => return None,
        };
        let local = self.lookup(&first.name)?;
        self.is_primary(local).then_some((first, name))
    }

    fn own_entity(&self) -> Option<EntityId> {
        self.local_ty(LocalId(0)).entities().first().copied()
    }

    /// A hint where only forms would show an effect, and none runs the rule.
    fn refuse_unseen(&mut self, verb: &str, span: Span) {
        let Some(head) = self.host.head() else { return };
        let saved = head.triggers.iter().find(|trigger| trigger.event == TriggerEvent::Saved);
        let is_shown = matches!(verb, "hide" | "lock" | "recommend" | "show" | "unlock");
        if let (Some(saved), 1, true) = (saved, head.triggers.len(), is_shown) {
            let on = saved.span;
            self.report(errors::unseen(verb, span, on));
        }
    }

    fn rule_names(&mut self, effect: &ast::RuleEffect) {
        let target = self.expr(&effect.target, None);
        if let Some(value) = &effect.value {
            drop(self.expr(value, Some(&target.ty)));
        }
        effect.messages.iter().chain(&effect.when).for_each(|value| drop(self.expr(value, None)));
    }
}

/// A text that is not there.
fn no_words(span: Span) -> Expr {
    constant(Value::Text(String::new()), Ty::Text, span)
}

fn not(value: Expr) -> Expr {
    let span = value.span;
    Expr { kind: ExprKind::Not(Box::new(value)), ty: Ty::Bool, span }
}

fn both(a: Expr, b: Option<Expr>) -> Expr {
    let Some(b) = b else { return a };
    let span = a.span;
    Expr { kind: ExprKind::And(Box::new(a), Box::new(b)), ty: Ty::Bool, span }
}
