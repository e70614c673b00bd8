//! Values in texts.

use super::{Evaluated, Fault, Frame, Reference};
use crate::{
    base::value::Value,
    sema::{hir::TextPiece, ty::Ty},
};

impl Reference<'_> {
    pub(super) fn interpolate(&mut self, pieces: &[TextPiece], frame: &mut Frame) -> Evaluated<String> {
        let mut out = String::new();
        for piece in pieces {
            match piece {
                TextPiece::Plain(text) => out.push_str(text),
                TextPiece::Slot { value, format: None } => {
                    let shown = self.eval(value, frame)?;
                    out.push_str(&self.shown(&shown, value.ty.present())?);
                }
                TextPiece::Slot { .. } => return Err(Fault::Unsupported("format")),
            }
        }
        Ok(out)
    }

    /// The text of a value of a type; an absent one is empty.
    pub(super) fn shown(&self, value: &Value, ty: &Ty) -> Evaluated<String> {
        Ok(match (value, ty) {
            (Value::None, _) => String::new(),
            (Value::Bool(truth), _) => truth.to_string(),
            (Value::Decimal(number), _) => number.normalize().to_string(),
            (Value::Enum(number), Ty::Enum(id)) => {
                let def = self.program.schema.enums.get(usize::from(id.0));
                let member = def.and_then(|def| def.members.iter().find(|member| member.value == *number));
                member.map_or_else(|| number.to_string(), |member| member.label.clone())
            }
            (Value::Int(number), _) => number.to_string(),
            (Value::Text(text), _) => text.clone(),
            _ => return Err(Fault::Unsupported("text of a value")),
        })
    }
}
