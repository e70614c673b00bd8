//! Mails: `send email`, the parts of templates, and what tests expect of mails.
//!
//! Sending is creating an `Email` with the status `pending_send`; what follows is the engine's business. So a mail has the
//! rights, the triggers and the transaction of every other record.

use super::{
    calls::Callee,
    checker::{Checker, constant, error, read},
    convert::wrap,
    effects::WriteKind,
};
use crate::{
    base::{distance::did_you_mean, span::Span, value::Value},
    sema::{
        errors::{calls, mails as errors, uses},
        hir::{Arithmetic, Builtin, Conversion, Expr, ExprKind, Place, Stmt, StmtKind, TestStmt, TextPiece},
        names::Def,
        schema::{EmailPart, EntityId, FieldId},
        ty::Ty,
        types::Wanted,
    },
    syntax::ast::{self, Arg, FieldInit, Ident, Recipient, TextPart},
};

/// The lines of a mail besides its body.
const LINES: [&str; 6] = ["attach", "bcc", "body", "cc", "from", "to"];

/// Fields of `Email` that a mail in braces cannot give: the lines stand for them, or the engine writes them.
const OWN: [&str; 8] = ["sender", "is_html", "attachments", "outgoing", "template", "tries", "next_try", "sent_on"];

/// What has a meaning in html, and what stands for it. The first must be the first.
const ESCAPES: [(&str, &str); 5] = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#39;")];

/// A moment in a mail, in the zone of the process.
const MOMENT: &str = "yyyy-MM-dd HH:mm";

/// The lines of a mail that are said where it is sent.
#[derive(Default)]
struct Lines<'a> {
    to: Vec<Expr>,
    cc: Vec<Expr>,
    bcc: Vec<Expr>,
    from: Option<Expr>,
    attach: Vec<&'a ast::Expr>,
}

/// The fields of the mail that is created, by name.
type Parts = Vec<(&'static str, Expr)>;

impl Checker<'_> {
    /// `send email Reminder(deal) to deal.owner`.
    pub(super) fn send_template(
        &mut self,
        template: &Ident,
        args: &[Arg],
        lines: &[(Recipient, ast::Expr)],
        span: Span,
    ) -> (StmtKind, Ty) {
        self.may_act("send", span);
        let schema = self.schema;
        let head = match self.find_named(template, Wanted::Email) {
            Some(Def::Email(id)) => schema.email(id),
            _ => None,
        };
        let mut said = Lines::default();
        for (line, value) in lines {
            self.line(&mut said, *line, value);
        }
        let Some(head) = head else {
            self.values_for_anything(args.iter().map(|arg| &arg.value));
            return (StmtKind::Error, self.core_entity("Email"));
        };
        let callee = Callee { name: &head.name, span: template.span, declared: head.span };
        let args = self.arguments(callee, &head.params, &args.iter().collect::<Vec<_>>());
        let args: Vec<Expr> = args.into_iter().map(|arg| self.once(arg)).collect();
        let mut parts: Parts = vec![("template", constant(Value::Text(head.name.clone()), Ty::Text, span))];
        // What a mail is about is what its template is about.
        let about = args.iter().find(|arg| matches!(arg.ty, Ty::Ref(_) | Ty::Union(_) | Ty::AnyRef));
        parts.extend(about.map(|about| ("regarding", about.clone())));
        let own_sender = said.from.is_some();
        let mut attached = self.attachments(&said.attach, span);
        for (part, function) in &head.parts {
            let ty = schema.function(*function).map_or(Ty::Error, |head| head.result.clone());
            let kind = ExprKind::Call { function: *function, args: args.clone() };
            let value = Expr { kind, ty, span: template.span };
            match part {
                EmailPart::Subject => parts.push(("subject", value)),
                EmailPart::Body => parts.push(("body", value)),
                EmailPart::Html => parts.extend([("body", value), ("is_html", truth(span))]),
                EmailPart::From if own_sender => {}
                EmailPart::From => parts.push(("sender", value)),
                EmailPart::Attach => {
                    attached = Some(match attached {
                        Some(said) => both(value, said),
                        None => value,
                    });
                }
            }
        }
        parts.extend(attached.map(|attached| ("attachments", attached)));
        self.addressed(said, &mut parts, span);
        self.mail(parts, Vec::new(), span)
    }

    /// `send email { to: …, subject: …, body: … }`.
    pub(super) fn send_fields(&mut self, fields: &[FieldInit], span: Span) -> (StmtKind, Ty) {
        self.may_act("send", span);
        let Ty::Ref(entity) = self.core_entity("Email") else { return (StmtKind::Error, Ty::Error) };
        let (mut said, mut parts, mut others) = (Lines::default(), Parts::new(), Vec::new());
        let mut given: Vec<&Ident> = Vec::new();
        for init in fields {
            let known = if init.name.name == "html" { "body" } else { init.name.name.as_str() };
            let same = |name: &&&Ident| name.name == known || name.name == "html" && known == "body";
            match given.iter().find(same) {
                Some(first) if known == "body" => {
                    self.report(errors::line_twice("body", init.name.span, first.span));
                }
                Some(_) => self.report(uses::given_twice(&init.name.name, init.name.span)),
                None => {}
            }
            given.push(&init.name);
            match init.name.name.as_str() {
                "to" => self.line(&mut said, Recipient::To, &init.value),
                "cc" => self.line(&mut said, Recipient::Cc, &init.value),
                "bcc" => self.line(&mut said, Recipient::Bcc, &init.value),
                "from" => self.line(&mut said, Recipient::From, &init.value),
                "attach" => self.line(&mut said, Recipient::Attach, &init.value),
                "body" => parts.push(("body", self.words_for_people(&init.value))),
                "html" => {
                    let body = self.html(&init.value);
                    parts.extend([("body", body), ("is_html", truth(span))]);
                }
                _ => others.extend(self.other_field(entity, init)),
            }
        }
        if !given.iter().any(|name| name.name == "subject") {
            self.report(errors::no_subject(None, span));
        }
        let attached = self.attachments(&said.attach, span);
        parts.extend(attached.map(|attached| ("attachments", attached)));
        self.addressed(said, &mut parts, span);
        self.mail(parts, others, span)
    }

    /// A field of the entity that a mail in braces gives beside its lines.
    fn other_field(&mut self, entity: EntityId, init: &FieldInit) -> Option<(FieldId, Expr)> {
        let mail = self.schema.entity(entity)?;
        let is_own = OWN.contains(&init.name.name.as_str()) || init.name.name == "failure";
        if !is_own && mail.field(&init.name.name).is_some() {
            return self.field_to_create(entity, init);
        }
        self.expr(&init.value, Some(&Ty::Error));
        let fields = mail.fields.iter().filter(|field| field.system.is_none() && !OWN.contains(&field.name.as_str()));
        let known = LINES.into_iter().chain(["html"]).chain(fields.map(|field| field.name.as_str()));
        let near = did_you_mean(&init.name.name, known);
        self.report(uses::unknown_field(&mail.name, &init.name.name, init.name.span, mail.span, &near));
        None
    }

    /// `expect sent Reminder to boss`.
    pub(super) fn expect_sent(&mut self, template: &Ident, to: Option<&ast::Expr>, negated: bool) -> Option<TestStmt> {
        let to = to.map(|to| self.party(to, true));
        let Def::Email(id) = self.find_named(template, Wanted::Email)? else { return None };
        let name = self.schema.email(id)?.name.clone();
        let mut args = vec![constant(Value::Text(name), Ty::Text, template.span)];
        args.extend(to.map(|to| addresses("to", vec![to], template.span)));
        Some(TestStmt::ExpectSent { args, negated })
    }

    /// A part of a template.
    pub(super) fn email_part(&mut self, part: EmailPart, values: &[&ast::Expr], span: Span) -> Expr {
        let Some(value) = values.first() else { return error(span) };
        match part {
            EmailPart::Subject | EmailPart::Body => self.words_for_people(value),
            EmailPart::Html => self.html(value),
            EmailPart::From => {
                let from = self.party(value, false);
                sender(from)
            }
            EmailPart::Attach => self.attachments(values, span).unwrap_or_else(|| error(span)),
        }
    }

    /// `url(deal)`.
    pub(super) fn url(&mut self, name: &Ident, args: &[Arg], span: Span) -> Expr {
        let forms = ["url(record)".to_owned()];
        let [Arg { name: None, value }] = args else {
            args.iter().for_each(|arg| drop(self.expr(&arg.value, Some(&Ty::Error))));
            return self.refuse(calls::builtin_arguments(&name.name, &forms, name.span), span);
        };
        let record = self.expr(value, None);
        let record = self.present(record);
        match record.ty {
            Ty::Error => error(span),
            Ty::Ref(_) | Ty::Union(_) | Ty::AnyRef => {
                let kind = ExprKind::Builtin { builtin: Builtin::Url, args: vec![record] };
                Expr { kind, ty: Ty::Text, span }
            }
            _ => {
                let shown = [self.show(&record.ty)];
                self.refuse(calls::builtin_types(&name.name, &shown, &forms, record.span), span)
            }
        }
    }

    /// A line that is said where a mail is sent.
    fn line<'e>(&mut self, said: &mut Lines<'e>, line: Recipient, value: &'e ast::Expr) {
        match line {
            Recipient::To => said.to.push(self.party(value, true)),
            Recipient::Cc => said.cc.push(self.party(value, true)),
            Recipient::Bcc => said.bcc.push(self.party(value, true)),
            Recipient::Attach => said.attach.push(value),
            Recipient::From => {
                let from = self.party(value, false);
                if said.from.is_some() {
                    self.report(errors::several_senders(value.span));
                }
                said.from = Some(from);
            }
        }
    }

    /// Somebody whom a mail can go to, or several where that may be; else a message.
    fn party(&mut self, value: &ast::Expr, may_be_many: bool) -> Expr {
        let value = self.expr(value, None);
        let one = match value.ty.present() {
            Ty::List(inner) | Ty::Set(inner) if may_be_many => inner.present(),
            Ty::List(_) | Ty::Set(_) => return self.refuse(errors::several_senders(value.span), value.span),
            one => one,
        };
        let fits = match one {
            Ty::Error | Ty::Text => return value,
            Ty::Ref(_) | Ty::Union(_) => {
                let has_address = |entity: &EntityId| {
                    let field = self.schema.entity(*entity).and_then(|entity| entity.field("email"));
                    field.is_some_and(|(_, field)| matches!(field.ty.present(), Ty::Text | Ty::Error))
                };
                one.entities().into_iter().find(|entity| !has_address(entity)).map_or(Ok(()), |lacks| Err(Some(lacks)))
            }
            _ => Err(None),
        };
        let Err(lacks) = fits else { return value };
        let lacks = lacks.and_then(|id| self.schema.entity(id)).map(|entity| (entity.name.as_str(), entity.span));
        let shown = self.show(&value.ty);
        self.refuse(errors::not_a_party(&shown, value.span, lacks), value.span)
    }

    /// Who the mail goes to and comes from, as fields.
    fn addressed(&mut self, said: Lines<'_>, parts: &mut Parts, span: Span) {
        if said.to.is_empty() && said.cc.is_empty() && said.bcc.is_empty() {
            self.report(errors::nobody(span));
        }
        parts.extend(said.from.map(|from| ("sender", sender(from))));
        for (line, parties) in [("to", said.to), ("cc", said.cc), ("bcc", said.bcc)] {
            if !parties.is_empty() {
                let at = parties.first().map_or(span, |party| party.span);
                parts.push((line, addresses(line, parties, at)));
            }
        }
    }

    /// What is attached, as one list; none if nothing is.
    fn attachments(&mut self, values: &[&ast::Expr], span: Span) -> Option<Expr> {
        let attachment = self.core_entity("Attachment");
        let several = Ty::List(Box::new(attachment.clone()));
        let mut all: Option<Expr> = None;
        for value in values {
            let value = self.expr(value, None);
            if value.ty == Ty::Error {
                continue;
            }
            let is_one = *value.ty.present() == attachment;
            if !is_one && *value.ty.present() != several {
                let shown = self.show(&value.ty);
                self.report(errors::not_an_attachment(&shown, value.span));
                continue;
            }
            let list = |items: Vec<Expr>| Expr { kind: ExprKind::List(items), ty: several.clone(), span };
            let value = match (value.ty.is_optional(), is_one) {
                (false, true) => list(vec![value]),
                (false, false) => value,
                (true, true) => {
                    let bind = self.made(attachment.clone(), value.span);
                    let one = list(vec![read(bind, attachment.clone(), value.span)]);
                    let ty = several.clone().optional();
                    let then = Box::new(wrap(Conversion::Present, ty.clone(), one));
                    let found = Expr { kind: ExprKind::IfPresent { subject: Box::new(value), bind, then }, ty, span };
                    otherwise(found, list(Vec::new()))
                }
                (true, false) => otherwise(value, list(Vec::new())),
            };
            all = Some(match all {
                Some(before) => both(before, value),
                None => value,
            });
        }
        all
    }

    /// A text that people read.
    fn words_for_people(&mut self, value: &ast::Expr) -> Expr {
        let outer = std::mem::replace(&mut self.is_for_people, true);
        let words = self.expr_as(value, &Ty::Text, None);
        self.is_for_people = outer;
        words
    }

    /// How a value in a slot is shown: as it is written, and a moment that people read by the clock of the process.
    pub(super) fn shown_by(&self, ty: &Ty, written: &Option<String>) -> Option<String> {
        let is_moment = self.is_for_people && *ty.present() == Ty::DateTime;
        written.clone().or_else(|| is_moment.then(|| MOMENT.to_owned()))
    }

    /// A body in html: its slots are escaped, but for those that say `raw`.
    fn html(&mut self, value: &ast::Expr) -> Expr {
        let ast::ExprKind::Text(text) = &value.kind else {
            if !matches!(value.kind, ast::ExprKind::Error) {
                drop(self.expr(value, Some(&Ty::Error)));
                self.report(errors::html_not_written(value.span));
            }
            return error(value.span);
        };
        let outer = std::mem::replace(&mut self.is_for_people, true);
        let mut pieces = Vec::new();
        let mut is_broken = false;
        for part in &text.parts {
            let (written, format) = match part {
                TextPart::Plain(plain) => {
                    pieces.push(TextPiece::Plain(plain.clone()));
                    continue;
                }
                TextPart::Slot { value, format } => (value, format),
            };
            let value = match self.raw(written) {
                Some(value) => value,
                None => {
                    let value = self.expr(written, None);
                    let value = self.printable(value);
                    if let Some(pattern) = format {
                        self.check_format(&value.ty, pattern, value.span);
                    }
                    let format = self.shown_by(&value.ty, format);
                    escaped(value, format)
                }
            };
            is_broken |= value.ty == Ty::Error;
            pieces.push(TextPiece::Slot { value, format: None });
        }
        self.is_for_people = outer;
        match pieces.as_slice() {
            _ if is_broken => Expr { ty: Ty::Text, ..error(value.span) },
            [] => constant(Value::Text(String::new()), Ty::Text, value.span),
            [TextPiece::Plain(plain)] => constant(Value::Text(plain.clone()), Ty::Text, value.span),
            _ => Expr { kind: ExprKind::Interpolate(pieces), ty: Ty::Text, span: value.span },
        }
    }

    /// `raw(x)`: html as it is. A function of the project may have the name.
    fn raw(&mut self, value: &ast::Expr) -> Option<Expr> {
        let ast::ExprKind::Call { callee, args } = &value.kind else { return None };
        let ast::ExprKind::Name(name) = &callee.kind else { return None };
        if name.name != "raw" || self.names.get(self.file, "raw").is_some() {
            return None;
        }
        Some(match args.as_slice() {
            [Arg { name: None, value }] => self.expr_as(value, &Ty::Text, None),
            _ => self.refuse(errors::raw_takes_one(value.span), value.span),
        })
    }

    /// A value that is needed more than once, evaluated before the statement.
    fn once(&mut self, value: Expr) -> Expr {
        let (ty, span) = (value.ty.clone(), value.span);
        let local = self.made(ty.clone(), span);
        let place = Place::Local { local, path: Vec::new() };
        self.before.push(Stmt { kind: StmtKind::Assign { place, value }, span });
        read(local, ty, span)
    }

    /// The statement that creates the mail.
    fn mail(&mut self, parts: Parts, others: Vec<(FieldId, Expr)>, span: Span) -> (StmtKind, Ty) {
        let Ty::Ref(id) = self.core_entity("Email") else { return (StmtKind::Error, Ty::Error) };
        let Some(entity) = self.schema.entity(id) else { return (StmtKind::Error, Ty::Error) };
        let mut fields = others;
        for (name, value) in parts {
            let Some((field, declared)) = entity.field(name) else { continue };
            let value = self.coerce(value, &declared.ty, None);
            fields.push((field, value));
        }
        let pending = entity.states.as_ref().and_then(|states| {
            let status = self.schema.enumeration(states.status)?;
            let member = status.members.iter().find(|member| member.name == "pending_send")?;
            let (field, _) = entity.field("status")?;
            Some((field, constant(Value::Enum(member.value), Ty::Enum(states.status), span)))
        });
        fields.extend(pending);
        self.writes(id, WriteKind::Create, span);
        (StmtKind::Create { entity: id, fields, into: None, given: false }, Ty::Ref(id))
    }
}

fn truth(span: Span) -> Expr {
    constant(Value::Bool(true), Ty::Bool, span)
}

/// The addresses of some parties, for a line of a mail.
fn addresses(line: &str, parties: Vec<Expr>, span: Span) -> Expr {
    let mut args = vec![constant(Value::Text(line.to_owned()), Ty::Text, span)];
    args.extend(parties);
    let kind = ExprKind::Builtin { builtin: Builtin::Addresses, args };
    Expr { kind, ty: Ty::List(Box::new(Ty::Text)), span }
}

/// The address of a sender, or none.
fn sender(from: Expr) -> Expr {
    let span = from.span;
    let args = vec![addresses("from", vec![from], span)];
    Expr { kind: ExprKind::Builtin { builtin: Builtin::First, args }, ty: Ty::Text.optional(), span }
}

/// One list behind another.
fn both(first: Expr, second: Expr) -> Expr {
    let (ty, span) = (first.ty.clone(), first.span);
    Expr { kind: ExprKind::Arithmetic(Arithmetic::Append, Box::new(first), Box::new(second)), ty, span }
}

/// `a ?? b`.
fn otherwise(value: Expr, instead: Expr) -> Expr {
    let (ty, span) = (instead.ty.clone(), value.span);
    Expr { kind: ExprKind::Coalesce(Box::new(value), Box::new(instead)), ty, span }
}

/// A value as html shows it.
fn escaped(value: Expr, format: Option<String>) -> Expr {
    let span = value.span;
    if value.ty == Ty::Error {
        return value;
    }
    let text = match value.ty {
        Ty::Text => value,
        // What is not text of others has nothing that means something in html, but the names of records and members may.
        _ => {
            let slot = TextPiece::Slot { value, format };
            Expr { kind: ExprKind::Interpolate(vec![slot]), ty: Ty::Text, span }
        }
    };
    let word = |word: &str| constant(Value::Text(word.to_owned()), Ty::Text, span);
    ESCAPES.into_iter().fold(text, |text, (character, instead)| {
        let args = vec![text, word(character), word(instead)];
        Expr { kind: ExprKind::Builtin { builtin: Builtin::Replace, args }, ty: Ty::Text, span }
    })
}
