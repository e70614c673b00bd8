//! Heads of functions and processes: parameters, results, clauses. Triggers are read in `triggers`.

use super::{
    build::Builder,
    collect::{Declared, RESERVED},
    constants::{self, Constant},
    errors::{kinds as errors, names},
    schema::{
        AtOnce, EmailHead, FunctionHead, Keep, ParamHead, ProcessHead, ProcessId, Record, RecordId, RecordKind, RunAs,
        Scope, WhenFull,
    },
    ty::Ty,
    types,
};
use crate::base::{distance::did_you_mean, limits::RUNS_AT_ONCE_MAX, span::FileId, value::Value};
use crate::syntax::ast::{
    self, Clause, ClauseKind, Expr, ExprKind, Param, ProcessDecl, ProcessKind, ResultDecl, TextPart, TypeKind,
};

impl Builder<'_, '_> {
    pub(super) fn build_functions(&mut self) {
        let functions = std::mem::take(&mut self.declarations.functions);
        for function in &functions {
            self.refuse_reserved(function.params);
            let owner = format!("`{}`", function.name.name);
            self.report_repeated("parameter", &owner, function.params.iter().map(|param| &param.name));
            let params = self.params(function.file, function.params);
            let result = self.resolve(function.file, function.result);
            self.schema.functions.push(FunctionHead {
                name: function.name.name.clone(),
                params,
                result,
                result_max: types::text_max(&self.names, function.result),
                span: function.name.span,
            });
        }
        self.declarations.functions = functions;
    }

    pub(super) fn build_emails(&mut self) {
        let emails = std::mem::take(&mut self.declarations.emails);
        for email in &emails {
            self.refuse_reserved(email.params);
            let owner = format!("`{}`", email.name.name);
            self.report_repeated("parameter", &owner, email.params.iter().map(|param| &param.name));
            let params = self.params(email.file, email.params);
            let (name, span) = (email.name.name.clone(), email.name.span);
            self.schema.emails.push(EmailHead { name, params, parts: Vec::new(), span });
        }
        self.declarations.emails = emails;
    }

    fn refuse_reserved(&mut self, params: &[Param]) {
        for param in params.iter().filter(|param| RESERVED.contains(&param.name.name.as_str())) {
            self.sink.push(names::reserved_name(&param.name.name, param.name.span));
        }
    }

    pub(super) fn build_processes(&mut self) {
        let processes = std::mem::take(&mut self.declarations.processes);
        for declared in &processes {
            let head = self.process_head(declared);
            self.schema.processes.push(head);
        }
        // Triggers name other processes (`before action Escalate`), so all heads come first.
        for declared in &processes {
            self.process_clauses(declared);
        }
        self.declarations.processes = processes;
    }

    fn process_head(&mut self, declared: &Declared<'_, ProcessId, ProcessDecl>) -> ProcessHead {
        let decl = declared.decl;
        let primary = decl.primary.as_ref().map(|primary| ParamHead {
            name: primary.name.name.clone(),
            ty: self.primary_type(declared.file, &primary.ty),
            default: None,
            text_max: None,
            span: primary.name.span,
        });
        self.refuse_reserved(&decl.params);
        let own = decl.primary.iter().map(|primary| &primary.name);
        let inputs = decl.params.iter().map(|param| &param.name).chain(own);
        self.report_repeated("input", &format!("`{}`", decl.name.name), inputs);
        if let Some(primary) = decl.primary.as_ref().filter(|primary| RESERVED.contains(&primary.name.name.as_str())) {
            self.sink.push(names::reserved_name(&primary.name.name, primary.name.span));
        }
        let params = self.params(declared.file, &decl.params);
        let result = self.result(declared);
        let result_max = match &decl.result {
            Some(ResultDecl::Type(written)) => types::text_max(&self.names, written),
            _ => None,
        };
        ProcessHead {
            primary,
            params,
            result,
            result_max,
            from_library: declared.from_library,
            is_broken: decl.clauses.iter().any(|clause| matches!(clause.kind, ClauseKind::Error)),
            ..ProcessHead::plain(decl.kind, &decl.name)
        }
    }

    /// The primary record is a reference to a record of one entity or of several.
    fn primary_type(&mut self, file: FileId, written: &ast::TypeExpr) -> Ty {
        if let TypeKind::Named(name) = &written.kind
            && let Some(entry) = self.names.get(file, &name.name)
        {
            use super::names::Def;
            if !matches!(entry.def, Def::Entity(_) | Def::Alias(_) | Def::Broken | Def::Later(_)) {
                let (is, span) = (types::kind_words(&entry.def), entry.span);
                self.sink.push(names::wrong_kind(&name.name, is, "an entity", name.span, span));
                return Ty::Error;
            }
        }
        match self.resolve(file, written) {
            ty @ (Ty::Ref(_) | Ty::Union(_) | Ty::Error) => ty,
            other => {
                let shown = self.schema.show(&other);
                self.sink.push(errors::primary_type(&shown, written.span));
                Ty::Error
            }
        }
    }

    fn result(&mut self, declared: &Declared<'_, ProcessId, ProcessDecl>) -> Ty {
        match &declared.decl.result {
            // It may stand in what could not be read.
            None if declared.decl.clauses.iter().any(|clause| matches!(clause.kind, ClauseKind::Error)) => Ty::Error,
            None => Ty::Void,
            Some(ResultDecl::Type(written)) => self.resolve(declared.file, written),
            Some(ResultDecl::Named(outputs)) => {
                let name = &declared.decl.name;
                let owner = format!("`{}`", name.name);
                self.report_repeated("result", &owner, outputs.iter().map(|output| &output.name));
                let fields = self.params(declared.file, outputs);
                let id = u16::try_from(self.schema.records.len()).unwrap_or(u16::MAX);
                let record = Record { name: name.name.clone(), fields, kind: RecordKind::Results, span: name.span };
                self.schema.records.push(record);
                Ty::Record(RecordId(id))
            }
        }
    }

    /// Reads the clauses of a process into its head.
    fn process_clauses(&mut self, declared: &Declared<'_, ProcessId, ProcessDecl>) {
        let decl = declared.decl;
        let index = usize::from(declared.id.0);
        let Some(mut head) = self.schema.processes.get(index).cloned() else { return };
        self.check_repeated_clauses(decl);
        for clause in &decl.clauses {
            self.clause(&mut head, decl, clause);
        }
        if let (ProcessKind::Activity, Some(using)) = (decl.kind, &decl.using) {
            head.limits = Some(self.activity_limits(&head, using));
        } else {
            self.read_triggers(&mut head, declared);
        }
        if let Some(slot) = self.schema.processes.get_mut(index) {
            *slot = head;
        }
    }

    fn check_repeated_clauses(&mut self, decl: &ProcessDecl) {
        for (index, clause) in decl.clauses.iter().enumerate() {
            let word = clause_word(&clause.kind);
            if matches!(clause.kind, ClauseKind::Error) {
                continue;
            }
            if let Some(first) = decl.clauses.iter().take(index).find(|c| clause_word(&c.kind) == word) {
                self.sink.push(errors::clause_twice(word, clause.span, first.span));
            } else if !clause_fits(decl.kind, &clause.kind) {
                let needs_note = matches!(clause.kind, ClauseKind::RunAs(_)) && decl.kind == ProcessKind::Action;
                self.sink.push(errors::clause_of_kind(word, kind_word(decl.kind), clause.span, needs_note));
            }
        }
    }

    fn clause(&mut self, head: &mut ProcessHead, decl: &ProcessDecl, clause: &Clause) {
        if !clause_fits(decl.kind, &clause.kind) {
            return;
        }
        match &clause.kind {
            ClauseKind::RunAs(word) => match word.name.as_str() {
                "owner" => head.run_as = Some(RunAs::Owner),
                "caller" => head.run_as = Some(RunAs::Caller),
                other => {
                    let near =
                        did_you_mean(other, ["caller", "owner"]).into_iter().map(str::to_owned).collect::<Vec<_>>();
                    self.sink.push(errors::unknown_word("run as", other, word.span, &near));
                }
            },
            ClauseKind::Rank(rank) => head.rank = *rank,
            ClauseKind::Keep(keep) => self.keep(head, keep),
            ClauseKind::InZone(zone) => self.zone(head, zone),
            ClauseKind::Independent => head.independent = true,
            ClauseKind::Limit { count, policy, .. } => self.at_once(head, count, policy.as_ref()),
            ClauseKind::Scope(word) => self.scope(head, word),
            ClauseKind::After(_)
            | ClauseKind::Before(_)
            | ClauseKind::Error
            | ClauseKind::On(_)
            | ClauseKind::OnlyIf(_)
            | ClauseKind::When(_) => {}
        }
    }

    fn keep(&mut self, head: &mut ProcessHead, keep: &ast::Keep) {
        head.keep = match keep {
            ast::Keep::ForEver => Keep::ForEver,
            ast::Keep::Nothing => Keep::Nothing,
            ast::Keep::For(expr) => match constants::evaluate(&self.schema, expr, &Ty::Duration) {
                Constant::Value(Value::Duration(time)) if time.months < 0 || time.days < 0 || time.micros < 0 => {
                    self.sink.push(errors::negative_keep(expr.span));
                    Keep::ForEver
                }
                Constant::Value(Value::Duration(duration)) => Keep::For(duration),
                _ => {
                    self.sink.push(errors::fixed_duration(expr.span));
                    Keep::ForEver
                }
            },
        };
    }

    fn zone(&mut self, head: &mut ProcessHead, zone: &Expr) {
        let name = match &zone.kind {
            ExprKind::Text(text) => match text.parts.as_slice() {
                [TextPart::Plain(name)] => Some(name.as_str()),
                _ => None,
            },
            _ => None,
        };
        match name {
            Some(name) if jiff::tz::TimeZone::get(name).is_ok() => head.zone = Some(name.to_owned()),
            _ => self.sink.push(errors::unknown_zone(zone.span)),
        }
    }

    /// `limit 10 at once skip`; what stands behind `per` is checked with the bodies.
    fn at_once(&mut self, head: &mut ProcessHead, count: &Expr, policy: Option<&ast::Ident>) {
        let fixed = match constants::evaluate(&self.schema, count, &Ty::Int) {
            Constant::Value(Value::Int(n)) => u32::try_from(n).ok().filter(|n| (1..=RUNS_AT_ONCE_MAX).contains(n)),
            _ => None,
        };
        let Some(count) = fixed else { return self.sink.push(errors::fixed_count(RUNS_AT_ONCE_MAX, count.span)) };
        let when_full = match policy.map(|policy| policy.name.as_str()) {
            Some("skip") => WhenFull::Skip,
            Some("newest wins") => WhenFull::NewestWins,
            _ => WhenFull::Queue,
        };
        head.at_once = Some(AtOnce { count, when_full });
    }

    /// `organization` is the default; of records that nobody owns there is no other scope.
    fn scope(&mut self, head: &mut ProcessHead, word: &ast::Ident) {
        const SCOPES: [(&str, Scope); 4] = [
            ("business unit", Scope::Unit),
            ("business unit tree", Scope::UnitTree),
            ("organization", Scope::Organization),
            ("user", Scope::User),
        ];
        let Some((_, scope)) = SCOPES.into_iter().find(|(name, _)| *name == word.name) else {
            let near = did_you_mean(&word.name, SCOPES.map(|(name, _)| name));
            let near: Vec<String> = near.into_iter().map(str::to_owned).collect();
            return self.sink.push(errors::unknown_word("scope", &word.name, word.span, &near));
        };
        let nobody = head.primary.as_ref().and_then(|primary| {
            primary.ty.entities().into_iter().filter_map(|id| self.schema.entity(id)).find(|e| !e.owned_by_user)
        });
        match nobody {
            Some(entity) if scope != Scope::Organization => {
                let message = super::errors::triggers::narrow_scope(&entity.name, word.span, entity.span);
                self.sink.push(message);
            }
            _ => head.scope = scope,
        }
    }

    /// A narrower scope chooses among the records whose events start the process: there are such events.
    pub(super) fn check_scope(&mut self, head: &ProcessHead, decl: &ProcessDecl) {
        let word = decl.clauses.iter().find_map(|clause| match &clause.kind {
            ClauseKind::Scope(word) => Some(word),
            _ => None,
        });
        let of_a_record = head.primary.is_some() && !head.triggers.is_empty();
        if let Some(word) = word.filter(|_| head.scope != Scope::Organization && !of_a_record) {
            self.sink.push(super::errors::triggers::scope_of_nothing(&head.name, word.span));
        }
    }
}

/// The word of a clause, for messages.
pub(super) fn clause_word(clause: &ClauseKind) -> &'static str {
    match clause {
        ClauseKind::After(_) => "after",
        ClauseKind::Before(_) => "before",
        ClauseKind::Error => "",
        ClauseKind::InZone(_) => "in zone",
        ClauseKind::Independent => "independent",
        ClauseKind::Keep(_) => "keep",
        ClauseKind::Limit { .. } => "limit",
        ClauseKind::On(_) => "on",
        ClauseKind::OnlyIf(_) => "only if",
        ClauseKind::Rank(_) => "rank",
        ClauseKind::RunAs(_) => "run as",
        ClauseKind::Scope(_) => "scope",
        ClauseKind::When(_) => "when",
    }
}

/// The name of a kind in a sentence.
#[must_use]
pub(super) fn kind_word(kind: ProcessKind) -> &'static str {
    match kind {
        ProcessKind::Action => "an action",
        ProcessKind::Activity => "an activity",
        ProcessKind::Background => "a background workflow",
        ProcessKind::Dialog => "a dialog",
        ProcessKind::Realtime => "a real-time workflow",
        ProcessKind::Rule => "a rule",
    }
}

/// Whether a clause means something for a kind. `before` of a background workflow has a message of its own.
fn clause_fits(kind: ProcessKind, clause: &ClauseKind) -> bool {
    match kind {
        ProcessKind::Background => !matches!(clause, ClauseKind::Rank(_) | ClauseKind::Independent),
        ProcessKind::Realtime => {
            !matches!(clause, ClauseKind::Keep(_) | ClauseKind::Limit { .. } | ClauseKind::Independent)
        }
        ProcessKind::Action => {
            matches!(
                clause,
                ClauseKind::Independent
                    | ClauseKind::InZone(_)
                    | ClauseKind::Error
                    | ClauseKind::When(_)
                    | ClauseKind::Before(_)
                    | ClauseKind::After(_)
            )
        }
        ProcessKind::Dialog => !matches!(
            clause,
            ClauseKind::Independent
                | ClauseKind::Limit { .. }
                | ClauseKind::Rank(_)
                | ClauseKind::RunAs(_)
                | ClauseKind::Scope(_)
        ),
        ProcessKind::Activity => true,
        ProcessKind::Rule => {
            matches!(clause, ClauseKind::On(_) | ClauseKind::Rank(_) | ClauseKind::InZone(_) | ClauseKind::Error)
        }
    }
}
