//! The functions of the language: their names, what they take and what they give.

use super::checker::{Checker, constant, error};
use crate::{
    base::{distance::did_you_mean, span::Span, value::Value},
    sema::{
        errors::{calls, mails, uses},
        flows::code::FILLED,
        hir::{Builtin, Expr, ExprKind},
        ty::Ty,
    },
    syntax::ast::{Arg, Ident},
};

/// What a parameter takes, or a function gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Date,
    DateTime,
    Decimal,
    Duration,
    Float,
    Int,
    Text,
    Time,
    /// An amount of any currency.
    Money,
    /// Anything that can stand in a text.
    Printable,
    /// `T`, an ordered type.
    Item,
    /// `T?`.
    OptionalItem,
    /// `list of T`.
    Items,
    /// `list of text`.
    Texts,
    /// `list of int`.
    Ints,
    /// A list of amounts of the currency of the first argument.
    Amounts,
}

/// One way to call a function.
struct Signature {
    name: &'static str,
    takes: &'static [Kind],
    gives: Kind,
    builtin: Builtin,
}

const fn of(name: &'static str, takes: &'static [Kind], gives: Kind, builtin: Builtin) -> Signature {
    Signature { name, takes, gives, builtin }
}

/// Every way to call a function; of equal names the first that fits.
static SIGNATURES: &[Signature] = &[
    of("now", &[], Kind::DateTime, Builtin::Now),
    of("today", &[], Kind::Date, Builtin::Today),
    of("date", &[Kind::DateTime], Kind::Date, Builtin::DateOf),
    of("time", &[Kind::DateTime], Kind::Time, Builtin::TimeOf),
    of("datetime", &[Kind::Date, Kind::Time], Kind::DateTime, Builtin::DateTimeOf),
    of("days", &[Kind::Int], Kind::Duration, Builtin::Days),
    of("months_between", &[Kind::Date, Kind::Date], Kind::Int, Builtin::MonthsBetween),
    of("year", &[Kind::Date], Kind::Int, Builtin::Year),
    of("month", &[Kind::Date], Kind::Int, Builtin::Month),
    of("day", &[Kind::Date], Kind::Int, Builtin::Day),
    of("weekday", &[Kind::Date], Kind::Int, Builtin::Weekday),
    of("hour", &[Kind::Time], Kind::Int, Builtin::Hour),
    of("minute", &[Kind::Time], Kind::Int, Builtin::Minute),
    of("abs", &[Kind::Int], Kind::Int, Builtin::Absolute),
    of("abs", &[Kind::Decimal], Kind::Decimal, Builtin::Absolute),
    of("abs", &[Kind::Float], Kind::Float, Builtin::Absolute),
    of("abs", &[Kind::Money], Kind::Money, Builtin::Absolute),
    of("decimal", &[Kind::Decimal], Kind::Decimal, Builtin::ToDecimal),
    of("decimal", &[Kind::Float], Kind::Decimal, Builtin::ToDecimal),
    of("float", &[Kind::Int], Kind::Float, Builtin::ToFloat),
    of("float", &[Kind::Decimal], Kind::Float, Builtin::ToFloat),
    of("whole", &[Kind::Decimal], Kind::Int, Builtin::ToInt),
    of("whole", &[Kind::Float], Kind::Int, Builtin::ToInt),
    of("round", &[Kind::Decimal], Kind::Decimal, Builtin::Round),
    of("round", &[Kind::Decimal, Kind::Int], Kind::Decimal, Builtin::Round),
    of("round", &[Kind::Float], Kind::Float, Builtin::Round),
    of("round", &[Kind::Float, Kind::Int], Kind::Float, Builtin::Round),
    of("round", &[Kind::Money], Kind::Money, Builtin::Round),
    of("round", &[Kind::Money, Kind::Int], Kind::Money, Builtin::Round),
    of("text", &[Kind::Printable], Kind::Text, Builtin::ToText),
    of("min", &[Kind::Items], Kind::OptionalItem, Builtin::ListMinimum),
    of("min", &[Kind::Item, Kind::Item], Kind::Item, Builtin::Minimum),
    of("max", &[Kind::Items], Kind::OptionalItem, Builtin::ListMaximum),
    of("max", &[Kind::Item, Kind::Item], Kind::Item, Builtin::Maximum),
    of("amount", &[Kind::Money], Kind::Decimal, Builtin::Amount),
    of("currency", &[Kind::Money], Kind::Text, Builtin::CurrencyOf),
    of("split", &[Kind::Money, Kind::Int], Kind::Amounts, Builtin::Split),
    of("length", &[Kind::Text], Kind::Int, Builtin::Length),
    of("length", &[Kind::Items], Kind::Int, Builtin::ListLength),
    of("lower", &[Kind::Text], Kind::Text, Builtin::Lower),
    of("upper", &[Kind::Text], Kind::Text, Builtin::Upper),
    of("trim", &[Kind::Text], Kind::Text, Builtin::Trim),
    of("substring", &[Kind::Text, Kind::Int, Kind::Int], Kind::Text, Builtin::Substring),
    of("replace", &[Kind::Text, Kind::Text, Kind::Text], Kind::Text, Builtin::Replace),
    of("first", &[Kind::Items], Kind::OptionalItem, Builtin::First),
    of("last", &[Kind::Items], Kind::OptionalItem, Builtin::Last),
    of("sum", &[Kind::Items], Kind::Item, Builtin::ListSum),
    of("average", &[Kind::Items], Kind::OptionalItem, Builtin::ListAverage),
    of("sorted", &[Kind::Items], Kind::Items, Builtin::Sorted),
    of("distinct", &[Kind::Items], Kind::Items, Builtin::Distinct),
    of("append", &[Kind::Items, Kind::Item], Kind::Items, Builtin::Append),
    of("join", &[Kind::Texts, Kind::Text], Kind::Text, Builtin::Join),
    of("range", &[Kind::Int, Kind::Int], Kind::Ints, Builtin::Range),
    of("random", &[Kind::Int, Kind::Int], Kind::Int, Builtin::Random),
    of("uuid", &[], Kind::Text, Builtin::Uuid),
];

/// Functions of later versions.
const LATER: [(&str, &str); 1] = [("members_of", "`members_of`")];

/// The names of the functions that the language has.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    SIGNATURES.iter().map(|signature| signature.name)
}

impl Checker<'_> {
    /// A call of a function of the language, or of none.
    pub(super) fn builtin(&mut self, name: &Ident, args: &[Arg], expected: Option<&Ty>, span: Span) -> Expr {
        if name.name == FILLED {
            return self.filled(args, span);
        }
        let ways: Vec<&Signature> = SIGNATURES.iter().filter(|way| way.name == name.name).collect();
        if ways.is_empty() {
            // `count(Task)`: told with the name.
            let is_query = matches!(name.name.as_str(), "count" | "exists");
            for arg in args.iter().filter(|_| !is_query) {
                self.expr(&arg.value, Some(&Ty::Error));
            }
            if let Some((_, words)) = LATER.iter().find(|(later, _)| *later == name.name) {
                return self.later(words, name.span);
            }
            if name.name == "raw" {
                return self.refuse(mails::raw_elsewhere(name.span), span);
            }
            let declared = self.names.entries.keys().map(String::as_str).filter(|known| is_lower(known));
            let unread = self.names.unread(self.file).map(|(known, _)| known).filter(|known| is_lower(known));
            let known = declared.chain(SIGNATURES.iter().map(|way| way.name)).chain(unread);
            let near = did_you_mean(&name.name, known);
            let message = uses::unknown_function(&name.name, name.span, &near);
            return self.refuse(message, span);
        }
        if let Some(named) = args.iter().find_map(|arg| arg.name.as_ref()) {
            return self.refuse(calls::builtin_takes_no_names(&name.name, named.span), span);
        }
        let hint = expected.filter(|_| ways.iter().any(|way| way.gives == Kind::Items));
        let values = self.builtin_values(args, hint);
        if values.iter().any(|value| value.ty == Ty::Error) {
            return error(span);
        }
        let of_length: Vec<&Signature> = ways.iter().copied().filter(|way| way.takes.len() == values.len()).collect();
        if of_length.is_empty() {
            let forms: Vec<String> = ways.iter().map(|way| form(way)).collect();
            return self.refuse(calls::builtin_arguments(&name.name, &forms, name.span), span);
        }
        let fits = of_length.iter().find_map(|way| Some((*way, self.fit(way, &values)?)));
        let Some((way, wanted)) = fits else { return self.builtin_mismatch(&of_length, &values, name, span) };
        let ty = self.result_of(way, &wanted);
        let mut args: Vec<Expr> =
            values.into_iter().zip(&wanted).map(|(value, ty)| self.coerce(value, ty, None)).collect();
        if way.builtin == Builtin::Round && matches!(way.takes, [Kind::Decimal | Kind::Float]) {
            args.push(constant(Value::Int(0), Ty::Int, span));
        }
        if matches!(way.builtin, Builtin::Year | Builtin::Month | Builtin::Day | Builtin::Weekday) {
            args = args.into_iter().map(day_of).collect();
        }
        if matches!(way.builtin, Builtin::Hour | Builtin::Minute) {
            args = args.into_iter().map(time_of).collect();
        }
        Expr { kind: ExprKind::Builtin { builtin: way.builtin, args }, ty, span }
    }

    fn builtin_values(&mut self, args: &[Arg], hint: Option<&Ty>) -> Vec<Expr> {
        let mut values: Vec<Expr> = Vec::new();
        for arg in args {
            // A bare member takes its type from the argument before it.
            let wanted = match values.first().map(|first| &first.ty) {
                Some(Ty::List(item)) => Some((**item).clone()),
                Some(other) => Some(other.clone()),
                None => hint.cloned(),
            };
            let value = self.expr(&arg.value, wanted.as_ref());
            values.push(value);
        }
        values
    }

    /// The types that the arguments become, if the signature fits.
    fn fit(&self, way: &Signature, values: &[Expr]) -> Option<Vec<Ty>> {
        let item = self.item_of(way, values);
        way.takes
            .iter()
            .zip(values)
            .map(|(kind, value)| match (kind, &value.ty) {
                (Kind::Date, Ty::Date | Ty::DateTime) if is_calendar(way.builtin) => Some(value.ty.clone()),
                (Kind::Date, Ty::Date) => Some(Ty::Date),
                (Kind::DateTime, Ty::DateTime) => Some(Ty::DateTime),
                (Kind::Decimal, Ty::Int | Ty::Decimal) => Some(Ty::Decimal),
                (Kind::Duration, Ty::Duration) => Some(Ty::Duration),
                (Kind::Float, Ty::Float) => Some(Ty::Float),
                (Kind::Int, Ty::Int) => Some(Ty::Int),
                (Kind::Text, Ty::Text) => Some(Ty::Text),
                (Kind::Time, Ty::DateTime) if is_clock(way.builtin) => Some(Ty::DateTime),
                (Kind::Time, Ty::Time) => Some(Ty::Time),
                (Kind::Money, Ty::Money | Ty::MoneyIn(_)) => Some(value.ty.clone()),
                (Kind::Printable, ty) if is_printable(ty) => Some(ty.clone()),
                (Kind::Items, Ty::List(_)) => Some(value.ty.clone()),
                (Kind::Items, Ty::Set(_)) if way.gives != Kind::Items => Some(value.ty.clone()),
                (Kind::Texts, Ty::List(inner)) if **inner == Ty::Text => Some(value.ty.clone()),
                (Kind::Item, ty) => item.clone().filter(|item| self.common(item, ty).as_ref() == Some(item)),
                _ => None,
            })
            .collect()
    }

    /// `T` of the call.
    fn item_of(&self, way: &Signature, values: &[Expr]) -> Option<Ty> {
        let first = values.first()?;
        let item = match (&first.ty, way.takes.first()?) {
            (Ty::List(item) | Ty::Set(item), Kind::Items) => (**item).clone(),
            (ty, Kind::Item) => values.iter().skip(1).try_fold(ty.clone(), |ty, v| self.common(&ty, &v.ty))?,
            _ => return None,
        };
        let fits = match way.builtin {
            Builtin::ListSum | Builtin::ListAverage => {
                matches!(item, Ty::Int | Ty::Decimal | Ty::Float | Ty::Money | Ty::MoneyIn(_))
            }
            Builtin::Minimum | Builtin::Maximum | Builtin::ListMinimum | Builtin::ListMaximum | Builtin::Sorted => {
                item.is_ordered()
            }
            _ => true,
        };
        fits.then_some(item)
    }

    fn result_of(&self, way: &Signature, wanted: &[Ty]) -> Ty {
        let first = wanted.first().cloned().unwrap_or(Ty::Error);
        let item = match &first {
            Ty::List(item) | Ty::Set(item) => (**item).clone(),
            other => other.clone(),
        };
        match way.gives {
            Kind::Date => Ty::Date,
            Kind::DateTime => Ty::DateTime,
            Kind::Decimal => Ty::Decimal,
            Kind::Duration => Ty::Duration,
            Kind::Float => Ty::Float,
            Kind::Int => Ty::Int,
            Kind::Text | Kind::Printable => Ty::Text,
            Kind::Time => Ty::Time,
            Kind::Money | Kind::Item => item,
            Kind::OptionalItem if way.builtin == Builtin::ListAverage && item == Ty::Int => Ty::Decimal.optional(),
            Kind::OptionalItem => item.optional(),
            Kind::Items => first,
            Kind::Texts => Ty::List(Box::new(Ty::Text)),
            Kind::Ints => Ty::List(Box::new(Ty::Int)),
            Kind::Amounts => Ty::List(Box::new(item)),
        }
    }

    fn builtin_mismatch(&mut self, ways: &[&Signature], values: &[Expr], name: &Ident, span: Span) -> Expr {
        if let Some(absent) = values.iter().find(|value| value.ty.is_optional()) {
            let absent = absent.clone();
            self.present(absent);
            return error(span);
        }
        let forms: Vec<String> = ways.iter().map(|way| form(way)).collect();
        let shown: Vec<String> = values.iter().map(|value| self.show(&value.ty)).collect();
        let at = match values {
            [one] => one.span,
            _ => span,
        };
        self.refuse(calls::builtin_types(&name.name, &shown, &forms, at), span)
    }
}

fn is_lower(name: &str) -> bool {
    name.starts_with(|c: char| c.is_lowercase())
}

fn is_calendar(builtin: Builtin) -> bool {
    matches!(builtin, Builtin::Year | Builtin::Month | Builtin::Day | Builtin::Weekday)
}

fn is_clock(builtin: Builtin) -> bool {
    matches!(builtin, Builtin::Hour | Builtin::Minute)
}

/// The day of a moment.
fn day_of(value: Expr) -> Expr {
    part_of(value, Builtin::DateOf, Ty::Date)
}

/// The time of day of a moment.
fn time_of(value: Expr) -> Expr {
    part_of(value, Builtin::TimeOf, Ty::Time)
}

fn part_of(value: Expr, builtin: Builtin, ty: Ty) -> Expr {
    match value.ty {
        Ty::DateTime => {
            let span = value.span;
            Expr { kind: ExprKind::Builtin { builtin, args: vec![value] }, ty, span }
        }
        _ => value,
    }
}

fn is_printable(ty: &Ty) -> bool {
    matches!(
        ty,
        Ty::Bool
            | Ty::Date
            | Ty::DateTime
            | Ty::Decimal
            | Ty::Duration
            | Ty::Enum(_)
            | Ty::Float
            | Ty::Int
            | Ty::Money
            | Ty::MoneyIn(_)
            | Ty::Ref(_)
            | Ty::Text
            | Ty::Time
            | Ty::Union(_)
            | Ty::AnyRef
    )
}

/// `round(decimal, int)`.
fn form(way: &Signature) -> String {
    let words: Vec<&str> = way
        .takes
        .iter()
        .map(|kind| match kind {
            Kind::Date => "date",
            Kind::DateTime => "datetime",
            Kind::Decimal => "decimal",
            Kind::Duration => "duration",
            Kind::Float => "float",
            Kind::Int => "int",
            Kind::Text => "text",
            Kind::Time => "time",
            Kind::Money => "money",
            Kind::Printable | Kind::Item | Kind::OptionalItem => "value",
            Kind::Items => "list",
            Kind::Texts => "list of text",
            Kind::Ints => "list of int",
            Kind::Amounts => "list of money",
        })
        .collect();
    format!("{}({})", way.name, words.join(", "))
}
