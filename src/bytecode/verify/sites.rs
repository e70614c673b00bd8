//! Requests to the host: each has the signature of its operation.

use super::VerifyError;
use crate::{
    base::value::EntityIdx,
    bytecode::{
        host::{FieldWrite, HostOp, HostSite, RuleEffect, WriteOp},
        module::{FORM, FormPart, Function, FunctionKind, Module, ProcessDef, ProcessKind, QueryDef, RecordKind},
        types::{FieldIdx, FormIdx, FuncIdx, ProcessIdx, QueryIdx, RecordIdx, TypeDef, TypeIdx},
    },
};

pub(super) fn check(module: &Module) -> Result<(), VerifyError> {
    for (index, site) in module.sites.iter().enumerate() {
        let known = site.args.iter().chain(&site.result).all(|ty| module.ty(*ty).is_some());
        let right = known && Signature { module, site }.right().unwrap_or(false);
        super::ensure(right, || format!("request {index} does not have the signature of its operation: {site:?}"))?;
    }
    Ok(())
}

/// A request with its module.
struct Signature<'a> {
    module: &'a Module,
    site: &'a HostSite,
}

impl Signature<'_> {
    /// Whether the signature is right; none if an index is out of range.
    fn right(&self) -> Option<bool> {
        let right = match &self.site.op {
            HostOp::ReadField { entity, field } | HostOp::ReadStored { entity, field } => {
                let field = self.field(*entity, *field)?;
                self.takes(&[TypeDef::Ref(*entity)]) && self.site.result.is_some_and(|ty| self.alike(ty, field))
            }
            HostOp::ReadUnionField { fields, .. } => {
                let result = self.site.result?;
                let mut types = fields.iter().map(|(entity, field)| self.field(*entity, *field));
                self.takes(&[TypeDef::AnyRef]) && types.all(|ty| ty.is_some_and(|ty| self.alike(result, ty)))
            }
            HostOp::LastId => self.takes(&[]) && self.gives(TypeDef::Int),
            HostOp::IsDeleted => self.takes_references(&[false]) && self.gives(TypeDef::Bool),
            HostOp::ShownName { .. } => self.takes_references(&[false]) && self.gives(TypeDef::Text),
            HostOp::Query(query) => {
                let entity = self.query(*query)?.entity;
                let list = self.site.result.and_then(|ty| self.module.ty(ty));
                let element = match list {
                    Some(TypeDef::List(element)) => self.module.ty(*element),
                    _ => None,
                };
                self.takes_conjuncts(*query, &[TypeDef::Int, TypeDef::Int])? && element == Some(&TypeDef::Ref(entity))
            }
            HostOp::Count(query) => self.takes_conjuncts(*query, &[])? && self.gives(TypeDef::Int),
            HostOp::Under { entity, .. } => {
                self.entity(*entity)?.hierarchy.is_some()
                    && self.takes(&[TypeDef::Ref(*entity), TypeDef::Ref(*entity)])
                    && self.gives(TypeDef::Bool)
            }
            HostOp::Particular(index) => {
                let entity = self.module.particular(*index)?.entity;
                self.takes(&[]) && self.gives(TypeDef::Ref(entity))
            }
            HostOp::Convert(currency) => {
                self.takes(&[TypeDef::Money, TypeDef::Date]) && self.gives(TypeDef::MoneyIn(*currency))
            }
            HostOp::Config(index) => self.takes(&[]) && self.site.result == Some(self.module.config(*index)?.ty),
            HostOp::Addresses => self.takes_parties() && self.gives_texts(),
            HostOp::Url => self.takes_references(&[false]) && self.gives(TypeDef::Text),
            HostOp::Now => self.takes(&[]) && self.gives(TypeDef::DateTime),
            HostOp::Random => self.takes(&[TypeDef::Int, TypeDef::Int]) && self.gives(TypeDef::Int),
            HostOp::Uuid => self.takes(&[]) && self.gives(TypeDef::Text),
            HostOp::ProcessUser | HostOp::ProcessCaller | HostOp::ProcessOwner => {
                self.takes(&[]) && self.site.result.is_some_and(|ty| self.is_reference(ty))
            }
            HostOp::ProcessInstance | HostOp::ProcessDepth => self.takes(&[]) && self.gives(TypeDef::Int),
            _ => return self.writes(),
        };
        Some(right)
    }

    fn writes(&self) -> Option<bool> {
        let right = match &self.site.op {
            HostOp::Create { entity, fields } | HostOp::TestGiven { entity, fields } => {
                let types = fields.iter().map(|field| self.field(*entity, *field)).collect::<Option<Vec<_>>>()?;
                self.takes_alike(&types) && self.gives(TypeDef::Ref(*entity))
            }
            HostOp::Update { entity, writes } => self.takes_writes(*entity, writes)? && self.gives_nothing(),
            HostOp::SetPending { entity, field } => {
                self.field(*entity, *field)?;
                self.site.args.len() == 1 && self.gives_nothing()
            }
            HostOp::Rule { effect, entity, field } => self.says(*effect, *entity, *field)?,
            HostOp::SetInput(_) => self.site.args.len() == 1 && self.gives_nothing(),
            HostOp::ChangeStatus { entity, .. } => {
                self.entity(*entity)?.states.is_some() && self.takes(&[TypeDef::Ref(*entity)]) && self.gives_nothing()
            }
            HostOp::AssignOwner => self.takes_references(&[false, true]) && self.gives_nothing(),
            HostOp::Delete => self.takes_references(&[false]) && self.gives_nothing(),
            HostOp::Log | HostOp::TestFail => self.takes(&[TypeDef::Text]) && self.gives_nothing(),
            HostOp::AtomicBegin
            | HostOp::AtomicCommit
            | HostOp::AtomicRollback
            | HostOp::ActAsEnd
            | HostOp::WatchBegin
            | HostOp::WatchEnd
            | HostOp::TestIdle => self.takes(&[]) && self.gives_nothing(),
            HostOp::ActAsBegin | HostOp::TestActAs => self.takes_references(&[false]) && self.gives_nothing(),
            HostOp::WatchMoment | HostOp::TestAdvanceTo => self.takes(&[TypeDef::DateTime]) && self.gives_nothing(),
            HostOp::TestAdvance | HostOp::TestStandstill => self.takes(&[TypeDef::Duration]) && self.gives_nothing(),
            HostOp::Emit(signal) => {
                let first = self.site.args.first().and_then(|ty| self.module.ty(*ty));
                let to = self.site.args.get(1);
                let known =
                    to.is_none_or(|ty| self.is_reference(*ty) || self.module.ty(*ty) == Some(&TypeDef::Instance));
                self.is_signal(*signal)
                    && first == Some(&TypeDef::Record(*signal))
                    && self.site.args.len() <= 2
                    && known
                    && self.gives_nothing()
            }
            HostOp::MailNext(signal) => {
                self.is_signal(*signal) && self.takes(&[TypeDef::Int]) && self.gives(TypeDef::Int)
            }
            HostOp::MailRead(signal) => {
                self.is_signal(*signal) && self.takes(&[TypeDef::Int]) && self.gives(TypeDef::Record(*signal))
            }
            HostOp::MailTake => self.takes(&[TypeDef::Int]) && self.gives_nothing(),
            _ => return self.branches(),
        };
        Some(right)
    }

    fn branches(&self) -> Option<bool> {
        let right = match &self.site.op {
            HostOp::BranchesBegin | HostOp::SagaUndo | HostOp::SagaEnd => {
                self.takes(&[TypeDef::Int]) && self.gives_nothing()
            }
            HostOp::BranchStart { function, .. } => self.starts(*function, FunctionKind::Branch)?,
            HostOp::UndoNote(function) => self.starts(*function, FunctionKind::Undo)?,
            HostOp::BranchesAtMost | HostOp::BranchDone => self.takes(&[TypeDef::Int]) && self.gives(TypeDef::Bool),
            HostOp::BranchesEnough => self.takes(&[]) && self.gives(TypeDef::Bool),
            HostOp::BranchesCancel | HostOp::BranchesEnd => self.takes(&[]) && self.gives_nothing(),
            HostOp::BranchResult(function) => {
                let result = self.branch(*function)?.result?;
                self.takes(&[TypeDef::Int]) && self.site.result.is_some_and(|ty| self.alike(ty, result))
            }
            HostOp::BranchResults(function) => {
                let result = self.branch(*function)?.result?;
                let element = match self.module.ty(self.site.result?) {
                    Some(TypeDef::List(element)) => *element,
                    _ => return Some(false),
                };
                self.takes(&[]) && self.alike(element, result)
            }
            HostOp::SagaBegin => self.takes(&[]) && self.gives(TypeDef::Int),
            _ => return self.processes(),
        };
        Some(right)
    }

    fn branch(&self, function: FuncIdx) -> Option<&Function> {
        self.module.function(function).filter(|function| function.kind == FunctionKind::Branch)
    }

    /// Whether the arguments are the parameters of a function of this kind.
    fn starts(&self, function: FuncIdx, kind: FunctionKind) -> Option<bool> {
        let function = self.module.function(function)?;
        Some(function.kind == kind && self.takes_alike(&function.params) && self.gives_nothing())
    }

    fn processes(&self) -> Option<bool> {
        let right = match &self.site.op {
            HostOp::CallAction(process) => {
                let process = self.process(*process)?;
                self.takes_inputs(process) && self.gives_result(process)
            }
            HostOp::CallActivity { process, timeout } => {
                let process = self.process(*process)?;
                let (key, inputs) = self.site.args.split_first()?;
                self.module.ty(*key) == Some(&TypeDef::Text)
                    && process.kind == ProcessKind::Activity
                    && !is_job(process)
                    && *timeout > 0
                    && self.are_inputs(inputs, process)
                    && self.gives_result(process)
            }
            HostOp::TestMock { process, inputs, raises } => {
                let process = self.process(*process)?;
                process.kind == ProcessKind::Activity && self.is_mock(process, inputs, *raises)? && self.gives_nothing()
            }
            HostOp::StartChild { process, .. } => {
                let process = self.process(*process)?;
                (process.kind != ProcessKind::Activity || is_job(process))
                    && self.takes_inputs(process)
                    && (self.gives(TypeDef::Instance) || self.gives_nothing())
            }
            HostOp::JoinChild(process) => {
                self.process(*process)?;
                self.takes(&[TypeDef::Instance]) && self.gives(TypeDef::Bool)
            }
            HostOp::ChildResult(process) => {
                let process = self.process(*process)?;
                self.takes(&[TypeDef::Instance]) && self.gives_result(process)
            }
            HostOp::CancelInstance => self.takes(&[TypeDef::Instance]) && self.gives_nothing(),
            HostOp::TestGivenConfig(config) => {
                let config = self.module.config(*config)?;
                self.site.args.as_slice() == [config.ty] && self.gives_nothing()
            }
            HostOp::TestGivenProcess(process) => {
                self.process(*process)?;
                self.takes_references(&[false]) && self.gives_nothing()
            }
            HostOp::TestCount { process, .. } | HostOp::TestCountAll(process) => {
                self.process(*process)?;
                self.takes(&[]) && self.gives(TypeDef::Int)
            }
            HostOp::TestSent { .. } => {
                let (template, to) = self.site.args.split_first()?;
                let named = self.module.ty(*template) == Some(&TypeDef::Text);
                named && to.len() <= 1 && to.iter().all(|ty| self.is_texts(*ty)) && self.gives_nothing()
            }
            HostOp::TestGiveUp(process) | HostOp::TestRetry(process) => {
                self.process(*process)?;
                self.takes(&[]) && self.gives_nothing()
            }
            _ => return self.forms(),
        };
        Some(right)
    }

    fn forms(&self) -> Option<bool> {
        let right = match &self.site.op {
            HostOp::FormOpen(form) => {
                let form = self.module.form(*form)?;
                let [owner, rest @ ..] = self.site.args.as_slice() else { return Some(false) };
                let plain = form.questions().all(|ask| !ask.help && !ask.default && !ask.choices);
                plain
                    && form.questions().count() == form.parts.len()
                    && self.is_reference(*owner)
                    && self.are(rest, &[TypeDef::Text, TypeDef::Optional(self.type_of(TypeDef::DateTime)?)])
                    && self.gives(TypeDef::Ref(self.forms_of_people()?))
            }
            HostOp::FormAnswered => self.takes(&[TypeDef::Ref(self.forms_of_people()?)]) && self.gives(TypeDef::Bool),
            HostOp::FormAnswers(record) => {
                self.takes(&[TypeDef::Ref(self.forms_of_people()?)]) && self.gives(TypeDef::Record(*record))
            }
            HostOp::PageShow(form) => self.takes_page(*form)? && self.gives_nothing(),
            HostOp::PageAnswered => self.takes(&[]) && self.gives(TypeDef::Bool),
            HostOp::PageAnswers(record) => self.takes(&[]) && self.gives(TypeDef::Record(*record)),
            HostOp::TestAnswerForm { fields } => {
                let [user, answers @ ..] = self.site.args.as_slice() else { return Some(false) };
                self.is_reference(*user) && answers.len() == fields.len() && self.gives_nothing()
            }
            HostOp::TestAnswerPage { process, fields } => {
                self.process(*process)?;
                self.site.args.len() == fields.len() && self.gives_nothing()
            }
            HostOp::TestBack(process) => {
                self.process(*process)?;
                self.takes(&[]) && self.gives_nothing()
            }
            _ => false,
        };
        Some(right)
    }

    /// The entity whose records are forms.
    fn forms_of_people(&self) -> Option<EntityIdx> {
        self.module.entity_by_name(FORM).map(|(entity, _)| entity)
    }

    fn type_of(&self, def: TypeDef) -> Option<TypeIdx> {
        let place = self.module.types.iter().position(|known| *known == def)?;
        u16::try_from(place).ok().map(TypeIdx)
    }

    fn are(&self, types: &[TypeIdx], defs: &[TypeDef]) -> bool {
        types.len() == defs.len() && types.iter().zip(defs).all(|(ty, def)| self.module.ty(*ty) == Some(def))
    }

    /// A title, then what each part of the page shows.
    fn takes_page(&self, form: FormIdx) -> Option<bool> {
        let form = self.module.form(form)?;
        let fields = &self.module.record(form.record)?.fields;
        let mut args = self.site.args.iter();
        let mut fields = fields.iter();
        let mut right = args.next().is_some_and(|ty| self.is_text(*ty));
        for part in &form.parts {
            right &= args.next().is_some_and(|ty| self.is_text(*ty));
            let FormPart::Ask(ask) = part else { continue };
            let field = fields.next()?.ty;
            right &= !ask.help || args.next().is_some_and(|ty| self.is_text(*ty));
            right &= !ask.default || args.next().is_some_and(|ty| self.are_alike(self.bare(*ty), self.bare(field)));
            right &= !ask.choices || args.next().is_some_and(|ty| self.is_list_of(*ty, self.bare(field)));
        }
        Some(right && args.next().is_none())
    }

    fn is_text(&self, ty: TypeIdx) -> bool {
        self.module.ty(ty) == Some(&TypeDef::Text)
    }

    /// `T` of `T?`, else the type itself.
    fn bare(&self, ty: TypeIdx) -> TypeIdx {
        match self.module.ty(ty) {
            Some(TypeDef::Optional(inner)) => *inner,
            _ => ty,
        }
    }

    fn are_alike(&self, left: TypeIdx, right: TypeIdx) -> bool {
        self.alike(left, right) || self.is_reference(left) && self.is_reference(right)
    }

    fn is_list_of(&self, list: TypeIdx, item: TypeIdx) -> bool {
        matches!(self.module.ty(list), Some(TypeDef::List(of)) if self.are_alike(*of, item))
    }

    /// The parts of an effect of a rule.
    fn says(&self, effect: RuleEffect, entity: EntityIdx, field: Option<FieldIdx>) -> Option<bool> {
        self.entity(entity)?;
        let ty = field.map(|field| self.field(entity, field));
        let args = self.site.args.as_slice();
        let is_text = |ty: &TypeIdx| self.module.ty(*ty) == Some(&TypeDef::Text);
        let right = match (effect, ty) {
            (RuleEffect::Refuse, None) => self.takes(&[TypeDef::Text]),
            (_, None) => false,
            (RuleEffect::Refuse | RuleEffect::Require, Some(ty)) => ty.is_some() && self.takes(&[TypeDef::Text]),
            (RuleEffect::Default | RuleEffect::Recommend, Some(ty)) => {
                let texts = if effect == RuleEffect::Default { 0 } else { 2 };
                let (value, words) = args.split_first()?;
                self.alike(*value, ty?) && words.len() == texts && words.iter().all(is_text)
            }
            (_, Some(ty)) => ty.is_some() && args.is_empty(),
        };
        Some(right && self.gives_nothing())
    }

    fn is_signal(&self, record: RecordIdx) -> bool {
        self.module.record(record).is_some_and(|def| def.kind == RecordKind::Signal)
    }

    fn entity(&self, entity: EntityIdx) -> Option<&crate::bytecode::module::EntityDef> {
        self.module.entity(entity)
    }

    fn field(&self, entity: EntityIdx, field: FieldIdx) -> Option<TypeIdx> {
        Some(self.entity(entity)?.fields.get(field.index())?.ty)
    }

    fn process(&self, process: ProcessIdx) -> Option<&ProcessDef> {
        self.module.process(process)
    }

    fn query(&self, query: QueryIdx) -> Option<&QueryDef> {
        self.module.query(query)
    }

    /// Whether two types are the same, whatever their places in the table.
    fn alike(&self, left: TypeIdx, right: TypeIdx) -> bool {
        left == right
            || match (self.module.ty(left), self.module.ty(right)) {
                (Some(TypeDef::Optional(left)), Some(TypeDef::Optional(right)))
                | (Some(TypeDef::List(left)), Some(TypeDef::List(right)))
                | (Some(TypeDef::Set(left)), Some(TypeDef::Set(right))) => self.alike(*left, *right),
                (Some(left), Some(right)) => left == right,
                _ => false,
            }
    }

    fn is_reference(&self, ty: TypeIdx) -> bool {
        let ty = match self.module.ty(ty) {
            Some(TypeDef::Optional(inner)) => self.module.ty(*inner),
            other => other,
        };
        matches!(ty, Some(TypeDef::Ref(_) | TypeDef::AnyRef))
    }

    fn takes(&self, types: &[TypeDef]) -> bool {
        self.site.args.len() == types.len()
            && self.site.args.iter().zip(types).all(|(ty, def)| self.module.ty(*ty) == Some(def))
    }

    /// The name of a line, and whom it names.
    fn takes_parties(&self) -> bool {
        let Some((line, parties)) = self.site.args.split_first() else { return false };
        self.module.ty(*line) == Some(&TypeDef::Text) && parties.iter().all(|ty| self.is_party(*ty, true))
    }

    /// A text, a reference, or several of them.
    fn is_party(&self, ty: TypeIdx, may_be_many: bool) -> bool {
        match self.module.ty(ty) {
            Some(TypeDef::Text | TypeDef::Ref(_) | TypeDef::AnyRef) => true,
            Some(TypeDef::Optional(inner)) => {
                !matches!(self.module.ty(*inner), Some(TypeDef::Optional(_))) && self.is_party(*inner, may_be_many)
            }
            Some(TypeDef::List(inner) | TypeDef::Set(inner)) => may_be_many && self.is_party(*inner, false),
            _ => false,
        }
    }

    fn is_texts(&self, ty: TypeIdx) -> bool {
        match self.module.ty(ty) {
            Some(TypeDef::List(inner)) => self.module.ty(*inner) == Some(&TypeDef::Text),
            _ => false,
        }
    }

    fn gives_texts(&self) -> bool {
        self.site.result.is_some_and(|ty| self.is_texts(ty))
    }

    fn takes_alike(&self, types: &[TypeIdx]) -> bool {
        self.site.args.len() == types.len() && self.site.args.iter().zip(types).all(|(a, b)| self.alike(*a, *b))
    }

    /// References, some of which have to be to any entity.
    fn takes_references(&self, any: &[bool]) -> bool {
        self.site.args.len() == any.len()
            && self.site.args.iter().zip(any).all(|(ty, any)| {
                self.is_reference(*ty) && (!any || matches!(self.module.ty(*ty), Some(TypeDef::AnyRef)))
            })
    }

    fn takes_conjuncts(&self, query: QueryIdx, more: &[TypeDef]) -> Option<bool> {
        let query = self.query(query)?;
        let args = self.site.args.len();
        let own = args.checked_sub(more.len())?;
        let tail = self.site.args.get(own..)?;
        let tail_right = tail.iter().zip(more).all(|(ty, def)| self.module.ty(*ty) == Some(def));
        let arguments = query.conjuncts.iter().filter_map(|conjunct| conjunct.argument);
        Some(tail_right && arguments.into_iter().all(|argument| usize::from(argument) < own))
    }

    fn takes_writes(&self, entity: EntityIdx, writes: &[FieldWrite]) -> Option<bool> {
        let (target, operands) = self.site.args.split_first()?;
        let mut right = self.module.ty(*target) == Some(&TypeDef::Ref(entity)) && operands.len() == writes.len();
        for (write, operand) in writes.iter().zip(operands) {
            let field = self.field(entity, write.field)?;
            right &= write.op != WriteOp::Set || self.alike(*operand, field);
        }
        Some(right)
    }

    fn takes_inputs(&self, process: &ProcessDef) -> bool {
        self.are_inputs(&self.site.args, process)
    }

    /// Inputs of an activity that are compared, then its answer or an error.
    fn is_mock(&self, process: &ProcessDef, inputs: &[u16], raises: Option<RecordIdx>) -> Option<bool> {
        let takes: Vec<TypeIdx> =
            process.primary.into_iter().chain(process.inputs.iter().map(|input| input.ty)).collect();
        let mut wanted: Vec<TypeIdx> = Vec::with_capacity(inputs.len() + 1);
        for index in inputs {
            wanted.push(*takes.get(usize::from(*index))?);
        }
        let (given, answer) = self.site.args.split_at_checked(inputs.len())?;
        let is_answer = match (raises, answer) {
            (None, answer) => match (answer, process.result) {
                ([], None) => true,
                ([given], Some(result)) => self.alike(*given, result),
                _ => false,
            },
            (Some(error), [answer]) => {
                let is_error = self.module.record(error).is_some_and(|def| def.kind == RecordKind::Error);
                is_error && self.module.ty(*answer) == Some(&TypeDef::Record(error))
            }
            (Some(_), _) => false,
        };
        let alike = given
            .iter()
            .zip(&wanted)
            .all(|(a, b)| self.alike(*a, *b) || self.is_reference(*a) && self.is_reference(*b));
        Some(is_answer && alike)
    }

    fn are_inputs(&self, args: &[TypeIdx], process: &ProcessDef) -> bool {
        let primary = usize::from(process.primary.is_some());
        let (first, inputs) = args.split_at_checked(primary).unwrap_or_default();
        let types: Vec<TypeIdx> = process.inputs.iter().map(|input| input.ty).collect();
        first.len() == primary
            && first.iter().all(|ty| self.is_reference(*ty))
            && inputs.len() == types.len()
            && inputs.iter().zip(&types).all(|(a, b)| self.alike(*a, *b))
    }

    fn gives(&self, def: TypeDef) -> bool {
        self.site.result.and_then(|ty| self.module.ty(ty)) == Some(&def)
    }

    fn gives_nothing(&self) -> bool {
        self.site.result.is_none()
    }

    fn gives_result(&self, process: &ProcessDef) -> bool {
        match (self.site.result, process.result) {
            (None, _) => true,
            (Some(left), Some(right)) => self.alike(left, right),
            (Some(_), None) => false,
        }
    }
}

/// Whether it is an activity that is done after the commit.
fn is_job(process: &ProcessDef) -> bool {
    process.activity.as_ref().is_some_and(|activity| activity.by.is_job())
}
