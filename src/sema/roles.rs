//! Roles: what each right names, and whether it can be.

use super::{
    build::Builder,
    collect::Declared,
    errors::roles as errors,
    names::Def,
    schema::{Depth, EnumId, Member, Right, Role, Target, Verb},
    types::{self, Wanted},
};
use crate::base::distance::did_you_mean;
use crate::syntax::ast::{self, Ident};

/// The enum of `core` whose members are the roles.
const ENUM: &str = "Role";

/// The words of a depth.
const DEPTHS: [(&str, Depth); 4] = [
    ("own", Depth::Own),
    ("business unit", Depth::Unit),
    ("business unit tree", Depth::UnitTree),
    ("organization", Depth::Organization),
];

/// What a verb is a right to.
fn object(verb: Verb) -> &'static str {
    if verb == Verb::Run { "processes" } else { "records" }
}

fn owned(words: Vec<&str>) -> Vec<String> {
    words.into_iter().map(str::to_owned).collect()
}

impl Builder<'_, '_> {
    /// Makes each role a member of the enum that users have a set of. Runs after all enums are built.
    pub(super) fn name_roles(&mut self) {
        let found = self.names.entries.get(ENUM).filter(|entry| entry.library == Some("core"));
        let id = found.and_then(|entry| if let Def::Enum(id) = entry.def { Some(id) } else { None });
        for declared in &self.declarations.roles {
            let member = id.and_then(|id| Some((id, self.schema.enums.get_mut(usize::from(id.0))?)));
            let member = member.map(|(id, known): (EnumId, _)| {
                let value = known.members.iter().map(|member| member.value).max().map_or(1, |last| last + 1);
                let name = declared.name.name.clone();
                known.members.push(Member { label: name.clone(), name, value, span: declared.name.span });
                (id, value)
            });
            let (name, span) = (declared.name.name.clone(), declared.name.span);
            self.schema.roles.push(Role { name, member, rights: Vec::new(), is_broken: false, span });
        }
    }

    /// Reads the rights. Runs after entities and the heads of processes.
    pub(super) fn build_roles(&mut self) {
        for (index, declared) in std::mem::take(&mut self.declarations.roles).iter().enumerate() {
            let lines: Vec<Option<Vec<Right>>> =
                declared.decl.iter().map(|right| self.rights(declared, right)).collect();
            if let Some(role) = self.schema.roles.get_mut(index) {
                role.is_broken = lines.contains(&None);
                role.rights = lines.into_iter().flatten().flatten().collect();
            }
        }
    }

    /// `allow create, read Deal, Account in own`: each verb with each target; nothing after a message.
    fn rights(&mut self, role: &Declared<'_, (), [ast::Right]>, written: &ast::Right) -> Option<Vec<Right>> {
        let verbs: Vec<(Verb, &Ident)> = written.verbs.iter().flat_map(|verb| self.verbs(verb)).collect();
        let depth = written.depth.as_ref().and_then(|depth| self.depth(depth));
        if written.depth.is_some() && depth.is_none() {
            return None;
        }
        let mut rights = Vec::new();
        // A target that does not fit is told for the first verb alone.
        let mut told = verbs.is_empty();
        for (verb, word) in verbs {
            if written.targets.is_empty() && !told {
                self.sink.push(errors::without_target(&word.name, object(verb), word.span));
                told = true;
            }
            for target in &written.targets {
                let right = self.right(role, (verb, word), target, depth, written, told);
                told |= right.is_none();
                rights.extend(right);
            }
        }
        (!told).then_some(rights)
    }

    /// The rights of a word: `use` of a flow is to create, read and update its runs.
    fn verbs<'w>(&mut self, word: &'w Ident) -> Vec<(Verb, &'w Ident)> {
        if word.name == "use" {
            return [Verb::Create, Verb::Read, Verb::Update].map(|verb| (verb, word)).to_vec();
        }
        if let Some((_, verb)) = Verb::WORDS.iter().find(|(known, _)| *known == word.name) {
            return vec![(*verb, word)];
        }
        let near = did_you_mean(&word.name, Verb::WORDS.iter().map(|(known, _)| *known).chain(["use"]));
        self.sink.push(errors::unknown_verb(&word.name, word.span, &owned(near)));
        Vec::new()
    }

    fn depth(&mut self, written: &Ident) -> Option<Depth> {
        let words = written.name.split_whitespace().collect::<Vec<_>>().join(" ");
        let found = DEPTHS.iter().find(|(known, _)| *known == words).map(|(_, depth)| *depth);
        if found.is_none() {
            let near = did_you_mean(&words, DEPTHS.iter().map(|(known, _)| *known));
            self.sink.push(errors::unknown_depth(&words, written.span, &owned(near)));
        }
        found
    }

    /// One verb with one target; nothing after a message, which is left out if one was told.
    fn right(
        &mut self,
        role: &Declared<'_, (), [ast::Right]>,
        (verb, word): (Verb, &Ident),
        target: &Ident,
        depth: Option<Depth>,
        written: &ast::Right,
        told: bool,
    ) -> Option<Right> {
        let is_of_records = Verb::OF_RECORDS.contains(&verb);
        let found = if target.name == "any" { Target::Any } else { self.target(role, (verb, word), target, told)? };
        let owner = match found {
            Target::Entity(entity) => self.schema.entity(entity).map(|entity| (entity.owned_by_user, entity.span)),
            _ => None,
        };
        let at = written.depth.as_ref().map_or(word.span, |depth| depth.span);
        let wrong = match (is_of_records, owner, depth) {
            (false, _, Some(_)) => Some(errors::depth_of_process(&word.name, at)),
            (true, Some((false, declared)), Some(depth)) if depth != Depth::Organization => {
                Some(errors::depth_of_unowned(&target.name, at, declared))
            }
            (true, Some((true, _)), None) if word.name != "use" => {
                Some(errors::without_depth(&target.name, target.span))
            }
            (true, None, None) => Some(errors::without_depth(&target.name, target.span)),
            _ => None,
        };
        if let Some(wrong) = wrong {
            if !told {
                self.sink.push(wrong);
            }
            return None;
        }
        Some(Right { verb, target: found, depth: depth.unwrap_or(Depth::Organization), span: written.span })
    }

    fn target(
        &mut self,
        role: &Declared<'_, (), [ast::Right]>,
        (verb, word): (Verb, &Ident),
        target: &Ident,
        told: bool,
    ) -> Option<Target> {
        let found = self.names.get(role.file, &target.name).map(|entry| (entry.def.clone(), entry.span));
        let is_of_records = Verb::OF_RECORDS.contains(&verb);
        match found {
            Some((Def::Entity(entity), _)) if is_of_records => Some(Target::Entity(entity)),
            Some((Def::Process(process), _)) if !is_of_records => Some(Target::Process(process)),
            Some((Def::Broken | Def::Later(_), _)) => None,
            Some((def, declared)) => {
                if !told {
                    let is = types::kind_words(&def);
                    let message =
                        errors::other_target(&word.name, &target.name, is, object(verb), target.span, Some(declared));
                    self.sink.push(message);
                }
                None
            }
            None => {
                if !told {
                    let wanted = if is_of_records { Wanted::Entity } else { Wanted::Process };
                    types::find(&self.names, role.file, target, wanted, self.sink);
                }
                None
            }
        }
    }
}
