//! Forms and pages: what people are asked, and what they answer.

use super::{function::Lowerer, slots::Reg};
use crate::{
    bytecode::{
        host::HostOp,
        module::{ArmWords, AskDef, FormDef, FormPart, PointKind},
        types::{FormIdx, RecordIdx, TypeDef, TypeIdx},
    },
    sema::{
        hir::{Ask, Expr, Page, PagePart, Place},
        ty::Ty,
    },
    syntax::ast::ProcessKind,
};

impl Lowerer<'_> {
    /// Puts a form into an inbox; gives it.
    pub(super) fn open_form(&mut self, ask: &Ask) -> Reg {
        let Some(entity) = self.form_entity() else { return self.take_def(TypeDef::Int) };
        let form = self.take_def(TypeDef::Ref(entity));
        let mark = self.slots.mark();
        let limits = ask.text_max.iter().zip(&ask.fixed);
        let question = |(text_max, fixed): (&Option<u32>, &Option<_>)| {
            FormPart::Ask(AskDef { text_max: *text_max, fixed: fixed.clone(), ..AskDef::default() })
        };
        let parts = limits.map(question).collect();
        let index = self.form("ask", &ask.answers, parts);
        let moment = self.tables.types.intern(TypeDef::DateTime);
        let moment = self.tables.types.optional(moment);
        let user = self.any_ref(&ask.user);
        let title = self.value(&ask.title);
        let due = self.take(moment);
        match &ask.due {
            Some(value) => self.value_as(value, due),
            None => self.clear(due),
        }
        self.host(HostOp::FormOpen(index), &[user, title, due], Some(form));
        self.slots.release(mark);
        form
    }

    /// The answers to a form.
    pub(super) fn form_answers(&mut self, ask: &Ask, form: Reg, into: Option<&Place>) {
        let record = self.record_of(&ask.answers);
        let ty = self.ty(&ask.answers);
        self.host_into(HostOp::FormAnswers(record), &[form], Some(ty), into);
    }

    /// Shows a page, and waits for its answers.
    pub(super) fn page(&mut self, page: &Page) {
        let text = self.tables.types.intern(TypeDef::Text);
        let Ty::Named(fields) = &page.answers else { return };
        let mut fields = fields.iter();
        let mut shown: Vec<(&Expr, TypeIdx)> = vec![(&page.title, text)];
        let mut parts = Vec::with_capacity(page.parts.len());
        for part in &page.parts {
            let question = match part {
                PagePart::Say(words) => {
                    shown.push((words, text));
                    parts.push(FormPart::Say);
                    continue;
                }
                PagePart::Ask(question) => question,
            };
            shown.push((&question.words, text));
            shown.extend(question.help.iter().map(|help| (help, text)));
            let answer = fields.next().map_or(&Ty::Error, |(_, ty)| ty);
            if let Some(default) = &question.default {
                let ty = self.ty(&answer.clone().optional());
                shown.push((default, ty));
            }
            if let Some(choices) = &question.choices {
                let ty = self.ty(&Ty::List(Box::new(answer.present().clone())));
                shown.push((choices, ty));
            }
            parts.push(FormPart::Ask(AskDef {
                text_max: question.text_max,
                help: question.help.is_some(),
                default: question.default.is_some(),
                choices: question.choices.is_some(),
                fixed: None,
                radio: question.radio,
            }));
        }
        let what = page_name(page);
        let form = self.form(&what, &page.answers, parts);
        let mark = self.slots.mark();
        let run = self.lower_run(&shown);
        self.host_run(HostOp::PageShow(form), &run, None);
        self.slots.release(mark);
        let (check, done) = (self.code.here(), self.code.label());
        let mark = self.slots.mark();
        self.host(HostOp::WatchBegin, &[], None);
        let answered = self.take_def(TypeDef::Bool);
        self.host(HostOp::PageAnswered, &[], Some(answered));
        self.jump_if(answered.slot(), done, true);
        self.slots.release(mark);
        let words = ArmWords { words: format!("for the answers of the {what}"), is_timed: false };
        self.suspend(PointKind::Page, &what, vec![words], false);
        self.code.jump(check);
        self.code.bind(done);
        self.host(HostOp::WatchEnd, &[], None);
        let record = self.record_of(&page.answers);
        let into = self.local(page.into);
        self.host(HostOp::PageAnswers(record), &[], Some(into));
    }

    /// Whether this is the body of a dialog.
    pub(super) fn is_dialog(&self) -> bool {
        let head = self.job.process.and_then(|process| self.program.schema.processes.get(process));
        head.is_some_and(|head| head.kind == ProcessKind::Dialog)
    }

    /// Adds a form; its name is that of its place.
    fn form(&mut self, what: &str, answers: &Ty, parts: Vec<FormPart>) -> FormIdx {
        let record = self.record_of(answers);
        let name = self.form_name(what);
        self.tables.form(FormDef { name, record, parts })
    }

    fn record_of(&mut self, answers: &Ty) -> RecordIdx {
        let ty = self.ty(answers);
        match self.def(ty) {
            TypeDef::Record(record) => record,
            _ => RecordIdx(u16::MAX),
        }
    }

    fn form_entity(&self) -> Option<crate::base::value::EntityIdx> {
        let place = self.program.schema.entities.iter().position(|entity| entity.name == crate::bytecode::module::FORM);
        place.and_then(|place| u16::try_from(place).ok()).map(crate::base::value::EntityIdx)
    }
}

/// `page Introduction`; a title with slots has no fixed words.
fn page_name(page: &Page) -> String {
    use crate::{base::value::Value, sema::hir::ExprKind};
    match &page.title.kind {
        ExprKind::Const(Value::Text(title)) => format!("page {}", title.replace('/', " ")),
        _ => "page".to_owned(),
    }
}
