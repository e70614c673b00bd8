//! Effects of rules: one request each.

use super::function::Lowerer;
use crate::{
    base::value::EntityIdx,
    bytecode::{
        host::{HostOp, RuleEffect},
        types::{FieldIdx, TypeDef, TypeIdx},
    },
    sema::{
        hir::{self, Expr},
        schema::{EntityId, FieldId},
    },
};

impl Lowerer<'_> {
    /// `require`, `lock`, `default`, …: a value of the field's type where there is one, then texts.
    pub(super) fn rule_effect(
        &mut self,
        effect: hir::RuleEffect,
        entity: EntityId,
        field: Option<FieldId>,
        values: &[Expr],
    ) {
        let text = self.tables.types.intern(TypeDef::Text);
        let of_field = field.filter(|_| effect.is_value()).map(|field| self.field_type(entity, field));
        let types = of_field.into_iter().chain(std::iter::repeat(text));
        let exprs: Vec<(&Expr, TypeIdx)> = values.iter().zip(types).collect();
        let run = self.lower_run(&exprs);
        let field = field.map(|field| FieldIdx(field.0));
        self.host_run(HostOp::Rule { effect: word(effect), entity: EntityIdx(entity.0), field }, &run, None);
    }
}

fn word(effect: hir::RuleEffect) -> RuleEffect {
    use hir::RuleEffect as From;
    match effect {
        From::Default => RuleEffect::Default,
        From::Hide => RuleEffect::Hide,
        From::Lock => RuleEffect::Lock,
        From::Optional => RuleEffect::Optional,
        From::Recommend => RuleEffect::Recommend,
        From::Refuse => RuleEffect::Refuse,
        From::Require => RuleEffect::Require,
        From::Show => RuleEffect::Show,
        From::Unlock => RuleEffect::Unlock,
    }
}
