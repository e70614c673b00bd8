//! Settings: `config large_deal: money(USD) = 50_000 USD`, read as `config.large_deal`.
//!
//! A deployment gives a value by the name of the setting, as text. So a setting holds one value that can be written so:
//! a scalar, a member of an enum, or a record by its key. The record is looked up when the setting is read.

use super::{
    build::Builder,
    context::Context,
    errors::{entities, settings as errors, types as type_errors},
    schema::ParamHead,
    ty::Ty,
    types,
};
use crate::base::value::Value;
use crate::syntax::ast::{ExprKind, Param, TextPart};

impl Builder<'_, '_> {
    pub(super) fn build_configs(&mut self) {
        let configs = std::mem::take(&mut self.declarations.configs);
        for declared in &configs {
            let param = declared.decl;
            let mut ty = self.resolve(declared.file, &param.ty);
            if !is_setting(ty.present()) {
                if *ty.present() != Ty::Error {
                    self.sink.push(errors::type_of_setting(&self.schema.show(&ty), param.ty.span));
                }
                ty = Ty::Error;
            }
            self.schema.configs.push(ParamHead {
                name: param.name.name.clone(),
                ty,
                default: None,
                text_max: types::text_max(&self.names, &param.ty),
                span: param.name.span,
            });
        }
        self.declarations.configs = configs;
    }
}

fn is_setting(ty: &Ty) -> bool {
    matches!(
        ty,
        Ty::Bool
            | Ty::Int
            | Ty::Decimal
            | Ty::Text
            | Ty::Money
            | Ty::MoneyIn(_)
            | Ty::Date
            | Ty::Time
            | Ty::DateTime
            | Ty::Duration
            | Ty::Enum(_)
            | Ty::Ref(_)
    )
}

/// The key in `Team["Sales desk"]`, the default of a setting that is a record. `None` after a message.
pub(super) fn key_of_default(context: &mut Context<'_>, param: &Param, ty: &Ty) -> Option<Value> {
    let (value, Ty::Ref(wanted)) = (param.default.as_ref()?, ty.present()) else { return None };
    match &value.kind {
        ExprKind::None if matches!(ty, Ty::Optional(_)) => return Some(Value::None),
        ExprKind::Particular { entity, key } => {
            let found = types::entity(context.names, context.file, entity, context.sink)?;
            let ExprKind::Text(text) = &key.kind else {
                context.report(type_errors::particular_not_constant(key.span));
                return None;
            };
            match text.parts.as_slice() {
                [TextPart::Plain(plain)] if found == *wanted => return Some(Value::Text(plain.clone())),
                [TextPart::Plain(_)] => {}
                _ => {
                    context.report(type_errors::particular_not_constant(key.span));
                    return None;
                }
            }
        }
        _ => {}
    }
    let shown = context.show(ty);
    context.report(entities::default_type(&shown, value.span, param.ty.span));
    None
}
