//! Business process flows, as what they stand for: an entity of runs, functions over it, and real-time workflows before and
//! after each move (`code`, `moves`). They are declarations like any other from then on, so checking, compiling, running,
//! querying and migrating them is nobody's special case. What only a flow can get wrong is told before, from the tree
//! (`graph`, `related`), and once its conditions are typed (`asked`).

mod asked;
pub(super) mod code;
mod graph;
mod heads;
mod moves;
mod related;
mod tree;

use std::collections::BTreeMap;

use super::{collect::SourceTree, errors::flows as errors, names::Names, schema::FlowHead};
use crate::base::limits::FLOWS_PER_ENTITY_MAX;
use crate::diag::Sink;
use crate::syntax::ast::{File, FlowDecl, Item, ItemKind};

pub(super) use asked::check;
use graph::Plan;
use related::Related;
use tree::At;

/// The flows of a project, and the declarations that they become.
pub(super) struct Flows<'a> {
    plans: Vec<Plan<'a>>,
    /// For each file with flows.
    files: Vec<(SourceTree<'a>, File)>,
}

/// Reads the flows of all files.
pub(super) fn read<'a>(trees: &[SourceTree<'a>], sink: &mut Sink) -> Flows<'a> {
    let flows = || trees.iter().flat_map(|tree| tree.tree.items.iter().filter_map(|item| Some((*tree, flow(item)?))));
    if flows().next().is_none() {
        return Flows { plans: Vec::new(), files: Vec::new() };
    }
    let related = Related::of(trees);
    let mut plans = Vec::new();
    let mut items: Vec<(SourceTree<'a>, Vec<Item>)> = Vec::new();
    for (tree, decl) in flows() {
        let made = match Plan::of(decl, tree, &related, sink) {
            Some(plan) => {
                let made = code::items(&plan);
                plans.push(plan);
                made
            }
            // What is wrong was told; uses of it are silent.
            None => vec![At(decl.name.span).item(ItemKind::Error { name: Some(decl.name.clone()) })],
        };
        items.push((tree, made));
    }
    items.extend(applied(&plans, sink));
    let file = |(tree, items): (SourceTree<'a>, Vec<Item>)| (tree, File { items, span: tree.tree.span });
    Flows { files: items.into_iter().map(file).collect(), plans }
}

fn flow(item: &Item) -> Option<&FlowDecl> {
    match &item.kind {
        ItemKind::Flow(decl) => Some(decl),
        _ => None,
    }
}

/// What applies flows to new records: of several for one entity the first in order that fits.
fn applied<'a>(plans: &[Plan<'a>], sink: &mut Sink) -> Vec<(SourceTree<'a>, Vec<Item>)> {
    let mut of_entity: BTreeMap<&str, Vec<&Plan<'a>>> = BTreeMap::new();
    for plan in plans {
        if let Some(binding) = plan.bindings.first() {
            of_entity.entry(&binding.entity.name).or_default().push(plan);
        }
    }
    let mut items = Vec::new();
    for (entity, mut plans) in of_entity {
        // LIMIT: FLOWS_PER_ENTITY_MAX
        if let Some(last) = plans.last().filter(|_| plans.len() > FLOWS_PER_ENTITY_MAX) {
            let span = last.decl.name.span;
            sink.push(errors::too_many(entity, "flows", plans.len(), FLOWS_PER_ENTITY_MAX, span));
        }
        plans.retain(|plan| plan.decl.on_created.is_some());
        plans.sort_by_key(|plan| plan.decl.order.unwrap_or(i64::MAX));
        let mut before: Vec<(&str, &str)> = Vec::new();
        for plan in plans {
            let behind = i64::try_from(FLOWS_PER_ENTITY_MAX + before.len()).unwrap_or(0);
            let rank = (i64::MAX / 2).saturating_add(behind);
            if let Some(process) = moves::apply(plan, &before, rank) {
                let at = At(plan.decl.name.span);
                items.push((plan.tree, vec![at.item(ItemKind::Process(Box::new(process)))]));
            }
            let record = plan.bindings.first().map(|binding| binding.name.name.as_str());
            before.push((plan.name(), record.unwrap_or_default()));
        }
    }
    items
}

impl<'a> Flows<'a> {
    /// The declarations, in the files of their flows.
    pub(super) fn trees<'s>(&'s self) -> impl Iterator<Item = SourceTree<'s>>
    where
        'a: 's,
    {
        self.files.iter().map(|(tree, file)| SourceTree { tree: file, ..*tree })
    }

    /// What people and the engine see of the flows, once everything has a number.
    pub(super) fn heads(&self, names: &Names) -> Vec<FlowHead> {
        self.plans.iter().filter_map(|plan| heads::head(plan, names)).collect()
    }
}
