//! What the code of a process can come to: through calls of functions and actions, processes that it starts, and shown
//! names.

use std::collections::BTreeSet;

use crate::{
    base::value::EntityIdx,
    bytecode::{
        host::{HostOp, HostSite},
        isa::Instruction,
        module::{ActivityBy, Module, TriggerEvent},
        types::{FuncIdx, ProcessIdx, SiteIdx, TypeDef, TypeIdx},
    },
};

use super::index;

/// The requests that a process of this build may make, those of everything that it starts among them, each once.
pub(crate) fn requests(module: &Module, process: ProcessIdx) -> Vec<&HostSite> {
    let mut reach =
        Reach { module, processes: BTreeSet::new(), functions: BTreeSet::new(), sites: BTreeSet::new(), rest: vec![] };
    reach.process(process);
    while let Some(function) = reach.rest.pop() {
        reach.code(function);
    }
    reach.sites.into_iter().filter_map(|site| module.sites.get(site.index())).collect()
}

/// The entities that a value of this type may be a record of.
pub(super) fn referred(module: &Module, ty: TypeIdx) -> Vec<EntityIdx> {
    match index::present(module, ty) {
        Some(TypeDef::Ref(entity)) => vec![entity],
        Some(TypeDef::AnyRef) => (0u16..).zip(&module.entities).map(|(entity, _)| EntityIdx(entity)).collect(),
        _ => Vec::new(),
    }
}

struct Reach<'m> {
    module: &'m Module,
    processes: BTreeSet<ProcessIdx>,
    functions: BTreeSet<FuncIdx>,
    sites: BTreeSet<SiteIdx>,
    /// Functions whose code was not looked at yet.
    rest: Vec<FuncIdx>,
}

impl Reach<'_> {
    fn process(&mut self, index: ProcessIdx) {
        let Some(process) = self.module.process(index).filter(|_| self.processes.insert(index)) else { return };
        self.function(process.body);
        let per = process.limit.iter().filter_map(|limit| limit.per.as_ref());
        let asked = process.activity.iter().filter_map(|activity| match &activity.by {
            ActivityBy::Http(http) => Some(&http.texts),
            _ => None,
        });
        for condition in process.only_if.iter().chain(per).chain(asked) {
            self.function(condition.function);
        }
    }

    fn function(&mut self, index: FuncIdx) {
        if self.functions.insert(index) {
            self.rest.push(index);
        }
    }

    fn code(&mut self, function: FuncIdx) {
        let module = self.module;
        for word in module.function(function).map(|function| function.code.as_slice()).unwrap_or_default() {
            match Instruction::decode(*word) {
                Some(Instruction::Call { function, .. }) => self.function(FuncIdx(u32::from(function.0))),
                Some(Instruction::HostCall { site, .. }) if self.sites.insert(site) => {
                    if let Some(site) = module.sites.get(site.index()) {
                        self.site(site);
                    }
                }
                _ => {}
            }
        }
    }

    fn site(&mut self, site: &HostSite) {
        match &site.op {
            HostOp::CallAction(action) => {
                self.process(*action);
                self.around(*action);
            }
            HostOp::StartChild { process, .. } => {
                self.process(*process);
                self.around(*process);
            }
            HostOp::BranchStart { function, .. } | HostOp::UndoNote(function) => self.function(*function),
            HostOp::ShownName { .. } => {
                for ty in &site.args {
                    self.names(referred(self.module, *ty));
                }
            }
            HostOp::Particular(particular) => {
                self.names(self.module.particular(*particular).map(|particular| particular.entity));
            }
            HostOp::Config(config) => {
                let ty = self.module.config(*config).map(|config| config.ty);
                self.names(ty.map(|ty| referred(self.module, ty)).unwrap_or_default());
            }
            _ => {}
        }
    }

    /// What stands before and after an action.
    fn around(&mut self, action: ProcessIdx) {
        for (index, process) in (0u16..).map(ProcessIdx).zip(&self.module.processes) {
            if process.triggers.iter().any(|trigger| trigger.event == TriggerEvent::Action(action)) {
                self.process(index);
            }
        }
    }

    /// The shown names of records of these entities.
    fn names(&mut self, entities: impl IntoIterator<Item = EntityIdx>) {
        for entity in entities {
            if let Some(function) = self.module.entity(entity).and_then(|entity| entity.shown_as) {
                self.function(function);
            }
        }
    }
}
