//! Values in texts.

use rust_decimal::Decimal;

use super::{Evaluated, Fault, Reference, query::is_of_element, run::Run};
use crate::{
    base::value::{RecordRef, Value},
    sema::{hir::TextPiece, ty::Ty},
};

impl<'a> Reference<'a> {
    pub(super) fn interpolate(&mut self, pieces: &[TextPiece], run: &mut Run<'a>) -> Evaluated<String> {
        let mut out = String::new();
        for piece in pieces {
            match piece {
                TextPiece::Plain(text) => out.push_str(text),
                TextPiece::Slot { value, format: None } => {
                    let shown = self.eval(value, run)?;
                    let stored = is_of_element(value, run);
                    let pending = if stored { std::mem::take(&mut self.pending) } else { Vec::new() };
                    let text = self.shown(&shown, value.ty.present());
                    if stored {
                        self.pending = pending;
                    }
                    out.push_str(&text?);
                }
                TextPiece::Slot { .. } => return Err(Fault::Unsupported("format")),
            }
        }
        Ok(out)
    }

    /// The text of a value of a type; an absent one is empty.
    pub(super) fn shown(&mut self, value: &Value, ty: &Ty) -> Evaluated<String> {
        Ok(match (value, ty) {
            (Value::None, _) => String::new(),
            (Value::List(items), Ty::List(element) | Ty::Set(element)) => {
                let texts = items.iter().map(|item| self.shown(item, element.present()));
                texts.collect::<Evaluated<Vec<String>>>()?.join(", ")
            }
            (Value::Ref(record), _) => self.shown_name(*record)?,
            (Value::Text(text), _) => text.clone(),
            _ => self.scalar(value, ty).ok_or(Fault::Unsupported("text of a value"))?,
        })
    }

    /// The text of a number, an amount, a truth or a member.
    fn scalar(&self, value: &Value, ty: &Ty) -> Option<String> {
        Some(match (value, ty) {
            (Value::Bool(truth), _) => truth.to_string(),
            (Value::Decimal(number), _) => number.normalize().to_string(),
            (Value::Enum(number), Ty::Enum(id)) => {
                let def = self.program.schema.enums.get(usize::from(id.0));
                let member = def.and_then(|def| def.members.iter().find(|member| member.value == *number));
                member.map_or_else(|| number.to_string(), |member| member.label.clone())
            }
            (Value::Float(number), _) if *number == 0.0 => "0".to_owned(),
            (Value::Float(number), _) => number.to_string(),
            (Value::Int(number), _) => number.to_string(),
            (Value::Money(money), _) => {
                let mut amount = Decimal::new(money.amount, 4).normalize();
                if amount.scale() == 1 {
                    amount.rescale(2);
                }
                format!("{amount} {}", money.currency)
            }
            _ => return None,
        })
    }

    /// The text of a value of an error, as listings have it.
    pub(super) fn listed(&self, value: &Value, ty: &Ty) -> String {
        match (value, ty.present()) {
            (Value::None, _) => "none".to_owned(),
            (Value::Text(text), _) => format!("\"{}\"", text.replace('\n', "⏎")),
            (Value::Ref(record), _) => self.identity(*record),
            (Value::List(items), Ty::List(item) | Ty::Set(item)) => {
                let items: Vec<String> = items.iter().map(|value| self.listed(value, item)).collect();
                format!("[{}]", items.join(", "))
            }
            (value, ty) => self.scalar(value, ty).unwrap_or_else(|| "?".to_owned()),
        }
    }

    /// The name that people see of a record.
    pub(super) fn shown_name(&mut self, record: RecordRef) -> Evaluated<String> {
        if !self.exists(record) {
            return Ok("(deleted)".to_owned());
        }
        let Some(function) = self.entity(record.entity)?.shown_as else { return Ok(self.identity(record)) };
        match self.call(function, vec![Value::Ref(record)])? {
            Value::Text(text) => Ok(text),
            _ => Err(Fault::Unsupported("shown name")),
        }
    }

    /// `sales_deal:42`.
    pub(super) fn identity(&self, record: RecordRef) -> String {
        let name = self.program.schema.entities.get(usize::from(record.entity.0)).map_or("", |e| e.name.as_str());
        let words = name.char_indices().map(|(at, letter)| match letter.is_uppercase() && at > 0 {
            true => format!("_{}", letter.to_lowercase()),
            false => letter.to_lowercase().to_string(),
        });
        format!("{}:{}", words.collect::<String>(), record.id)
    }
}
