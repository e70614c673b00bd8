//! Random statements of a body.

use super::project::{Callable, ENTITIES, Project};

/// Whose body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Function,
    Action,
    Realtime,
    Background,
}

/// Whether the process knows the values before the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Old {
    Never,
    Sometimes,
    Always,
}

/// A name in scope.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) name: String,
    pub(super) ty: String,
    /// The entity of a record.
    pub(super) entity: usize,
    pub(super) is_variable: bool,
    /// Only its fields can be read (and set, if pending).
    pub(super) fields_only: bool,
    /// Of a handle: whether the child gives a value.
    pub(super) gives: bool,
}

impl Name {
    pub(super) fn value(name: &str, ty: &str) -> Self {
        let (name, ty) = (name.to_owned(), ty.to_owned());
        Self { name, ty, entity: 0, is_variable: false, fields_only: false, gives: false }
    }

    pub(super) fn record(name: &str, entity: usize) -> Self {
        Self { entity, ..Self::value(name, "record") }
    }

    pub(super) fn pending(self) -> Self {
        Self { fields_only: true, ..self }
    }

    pub(super) fn last(self) -> Self {
        Self { fields_only: true, ..self }
    }
}

/// A body in the making.
pub(super) struct Body<'p> {
    pub(super) project: &'p mut Project,
    kind: Kind,
    /// The first entity that it may create; in a transaction, write at all.
    pub(super) level: usize,
    pub(super) old: Old,
    /// `rec` is about to be written.
    pub(super) pending: bool,
    /// The inputs of an action can be set.
    pub(super) inputs: bool,
    pub(super) calls_nothing: bool,
    /// It emits nothing.
    pub(super) silent: bool,
    /// The first child that it may call.
    pub(super) calls_from: usize,
    /// The action that it is.
    pub(super) own: Option<String>,
    pub(super) result: Option<String>,
    scope: Vec<Name>,
    loops: u32,
    /// Within `atomic`, `finally` and loops over stored records.
    unsuspendable: u32,
    /// Within `finally` nothing is left.
    in_finally: u32,
    caught: u32,
    /// Entities that loops around go through.
    looping: Vec<usize>,
    left: usize,
    text: String,
    indent: usize,
}

impl<'p> Body<'p> {
    pub(super) fn new(project: &'p mut Project, kind: Kind, level: usize) -> Self {
        let left = project.random.between(3, 14);
        Self {
            project,
            kind,
            level,
            old: Old::Never,
            pending: false,
            inputs: false,
            calls_nothing: false,
            silent: false,
            calls_from: 0,
            own: None,
            result: None,
            scope: Vec::new(),
            loops: 0,
            unsuspendable: 0,
            in_finally: 0,
            caught: 0,
            looping: Vec::new(),
            left,
            text: String::new(),
            indent: 1,
        }
    }

    pub(super) fn declare(&mut self, name: Name) {
        self.scope.push(name);
    }

    pub(super) fn names(&self, wanted: impl Fn(&Name) -> bool) -> Vec<Name> {
        self.scope.iter().filter(|name| wanted(name)).cloned().collect()
    }

    pub(super) fn one_of(&mut self, names: &[Name]) -> Option<Name> {
        if names.is_empty() { None } else { Some(names[self.project.random.below(names.len())].clone()) }
    }

    /// A record that can be passed and written.
    pub(super) fn record(&mut self) -> Option<Name> {
        let names = self.names(|name| name.ty == "record" && !name.fields_only);
        self.one_of(&names)
    }

    pub(super) fn record_of(&mut self, entity: usize) -> Option<Name> {
        let names = self.names(|name| name.ty == "record" && !name.fields_only && name.entity == entity);
        self.one_of(&names)
    }

    /// A record that may be written here.
    pub(super) fn writable(&mut self) -> Option<Name> {
        let (kind, level) = (self.kind, self.level);
        let names = self.names(|name| {
            name.ty == "record" && !name.fields_only && (kind == Kind::Background || name.entity >= level)
        });
        self.one_of(&names)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        self.project.random.below(end)
    }

    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.project.random.chance(percent)
    }

    pub(super) fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        self.project.random.pick(all)
    }

    pub(super) fn pick_static(&mut self, all: &[&'static str]) -> &'static str {
        all[self.below(all.len())]
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// Forgets all names but the first ones.
    pub(super) fn keep_params(&mut self, params: usize) {
        self.scope.truncate(params);
    }

    pub(super) fn knows_old(&self) -> Old {
        self.old
    }

    /// `only if`, sometimes.
    pub(super) fn condition(&mut self) -> String {
        if !self.chance(30) {
            return String::new();
        }
        self.project.count("only if");
        format!("    only if {}\n", self.truth(2))
    }

    /// All statements of the body.
    pub(super) fn whole(mut self) -> String {
        let params = self.scope.len();
        if params == 0 && self.kind == Kind::Background {
            // Nothing is known yet but what is stored.
            self.for_query();
        }
        while self.left > 0 {
            self.stmt();
        }
        if self.result.is_some() {
            self.return_value();
        }
        self.on_cancel(params);
        self.text
    }

    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(&"    ".repeat(self.indent));
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A block of its own scope: what `head` begins, `inner` fills and `tail` ends.
    pub(super) fn block(&mut self, head: &str, tail: &str, inner: impl FnOnce(&mut Self)) {
        self.line(head);
        let names = self.scope.len();
        self.indent += 1;
        inner(self);
        self.indent -= 1;
        self.scope.truncate(names);
        self.line(tail);
    }

    /// Some statements.
    pub(super) fn some(&mut self) {
        let count = self.project.random.between(1, 3);
        for _ in 0..count {
            self.stmt();
        }
    }

    pub(super) fn may_wait(&self) -> bool {
        self.kind == Kind::Background && self.unsuspendable == 0
    }

    /// Functions call no others: they could call each other for ever.
    pub(super) fn may_call(&self) -> bool {
        self.kind != Kind::Function
    }

    fn acts(&self) -> bool {
        self.kind != Kind::Function
    }

    fn stmt(&mut self) {
        self.left = self.left.saturating_sub(1);
        let deep = self.indent > 4 || self.left == 0;
        for _ in 0..20 {
            let choice = self.below(if self.acts() { 56 } else { 14 });
            if deep && (6..14).contains(&choice) {
                continue;
            }
            if self.try_stmt(choice) {
                return;
            }
        }
        self.let_value();
    }

    fn try_stmt(&mut self, choice: usize) -> bool {
        match choice {
            0 | 1 => self.let_value(),
            2 => self.variable(),
            3..=5 => return self.set(),
            6 => self.if_else(),
            7 => self.match_stmt(),
            8 => self.for_list(),
            9 => self.while_loop(),
            10 | 11 => self.try_catch(),
            12 => return self.leave(),
            13 => return self.leave_loop(),
            14..=16 => return self.create(),
            17..=21 => return self.update(),
            22 | 23 => return self.change(),
            24 => return self.assign(),
            25 => return self.delete(),
            26 => return self.for_query(),
            27 => self.atomic(),
            28 => return self.act_as(),
            29 | 30 => self.log(),
            31 => self.stage(),
            32..=34 => return self.do_action(),
            35 => return self.do_child(),
            36 => return self.start(),
            37 => return self.cancel(),
            38 => return self.wait_handle(),
            39..=42 => return self.wait(),
            43 => return self.checkpoint(),
            44 => return self.set_pending(),
            45 | 46 => return self.emit(),
            47 | 48 => return self.link(),
            49 | 50 => return self.do_activity(),
            51 => return self.share_or_route(),
            52 => return self.for_relation(),
            _ => return self.find(),
        }
        true
    }

    fn let_value(&mut self) {
        self.project.count("let");
        let ty = self.pick(&["int", "int", "bool", "text", "list of int", "Pair", "int?"]).to_owned();
        let (name, value) = (self.project.name("v"), self.value(&ty, 2));
        self.line(&format!("let {name}: {ty} = {value}"));
        self.declare(Name::value(&name, &ty));
    }

    fn variable(&mut self) {
        self.project.count("var");
        let ty = self.pick(&["int", "int", "bool", "text", "Pair", "list of int", "int?"]).to_owned();
        let (name, value) = (self.project.name("x"), self.value(&ty, 1));
        self.line(&format!("var {name}: {ty} = {value}"));
        self.declare(Name { is_variable: true, ..Name::value(&name, &ty) });
    }

    fn set(&mut self) -> bool {
        if self.inputs && self.chance(30) {
            let value = self.value("int", 2);
            self.project.count("set input");
            self.line(&format!("set inputs.a = {value}"));
            return true;
        }
        let names = self.names(|name| name.is_variable);
        let Some(place) = self.one_of(&names) else { return false };
        self.project.count("set");
        match place.ty.as_str() {
            "Pair" if self.chance(60) => {
                self.project.count("set field");
                let (field, ty) = if self.chance(50) { ("left", "int") } else { ("right", "int?") };
                let value = self.value(ty, 2);
                self.line(&format!("set {}.{field} = {value}", place.name));
            }
            "int" if self.chance(40) => {
                let (op, value) = (self.pick(&["+=", "-=", "*="]), self.value("int", 1));
                self.line(&format!("set {} {op} {value}", place.name));
            }
            ty => {
                let value = self.value(ty, 2);
                self.line(&format!("set {} = {value}", place.name));
            }
        }
        true
    }

    fn if_else(&mut self) {
        self.project.count("if");
        let condition = self.truth(2);
        self.block(&format!("if {condition} {{"), "}", Self::some);
        if self.chance(40) {
            self.project.count("else");
            self.text.truncate(self.text.trim_end().len());
            self.text.push_str(" else {\n");
            let names = self.scope.len();
            self.indent += 1;
            self.some();
            self.indent -= 1;
            self.scope.truncate(names);
            self.line("}");
        }
    }

    fn match_stmt(&mut self) {
        self.project.count("match");
        let moods = self.names(|name| name.ty == "record");
        if let Some(record) = self.one_of(&moods).filter(|_| self.project.random.chance(50)) {
            self.block(&format!("match {}.mood {{", record.name), "}", |me| {
                me.block("calm => {", "}", Self::some);
                if me.chance(50) {
                    let guard = me.truth(1);
                    me.block(&format!("tense if {guard} => {{"), "}", Self::some);
                    me.block("tense or wild => {", "}", Self::some);
                } else {
                    me.block("else => {", "}", Self::some);
                }
            });
            return;
        }
        let subject = self.int(2);
        self.block(&format!("match {subject} {{"), "}", |me| {
            let first = me.below(3);
            me.block(&format!("{first} or {} => {{", first + 7), "}", Self::some);
            me.block(&format!("{} => {{", first + 1), "}", Self::some);
            me.block("else => {", "}", Self::some);
        });
    }

    fn in_loop(&mut self, inner: impl FnOnce(&mut Self)) {
        self.loops += 1;
        inner(self);
        self.loops -= 1;
    }

    fn for_list(&mut self) {
        self.project.count("for list");
        let (name, list) = (self.project.name("e"), self.value("list of int", 1));
        self.block(&format!("for each {name} in {list} {{"), "}", |me| {
            me.declare(Name::value(&name, "int"));
            me.in_loop(Self::some);
        });
    }

    fn while_loop(&mut self) {
        self.project.count("while");
        let name = self.project.name("i");
        let (end, condition) = (self.project.random.between(1, 3), self.truth(1));
        self.line(&format!("var {name} = 0"));
        self.block(&format!("while {name} < {end} and {condition} {{"), "}", |me| {
            me.line(&format!("set {name} += 1"));
            me.declare(Name::value(&name, "int"));
            me.in_loop(Self::some);
        });
    }

    fn for_query(&mut self) -> bool {
        self.project.count("for query");
        let (name, entity) = (self.project.name("r"), self.below(3));
        let condition = self.query_condition(&name, entity);
        let head = format!("for each {name} in find {name} in {} where {condition} {{", ENTITIES[entity]);
        self.loop_over(&head, &name, entity);
        true
    }

    /// A loop over stored records.
    pub(super) fn loop_over(&mut self, head: &str, name: &str, entity: usize) {
        // A loop that suspends sees what is created meanwhile: it must not itself see to it that it never ends.
        let (suspends, calls_nothing) = (self.may_wait() && self.chance(30), self.calls_nothing);
        self.calls_nothing |= self.kind == Kind::Background;
        self.unsuspendable += 1;
        self.block(head, "}", |me| {
            me.declare(Name::record(name, entity));
            me.looping.push(entity);
            me.in_loop(Self::some);
            if suspends {
                me.project.count("suspended loop");
                me.line("wait 1 day");
                me.in_loop(Self::some);
            }
            me.looping.pop();
        });
        self.unsuspendable -= 1;
        self.calls_nothing = calls_nothing;
    }

    fn try_catch(&mut self) {
        self.project.count("try");
        let with_finally = self.chance(40);
        let (has_catch, typed) = (!with_finally || self.chance(60), self.chance(40));
        self.block("try {", "}", |me| {
            me.some();
            if me.chance(40) {
                me.fault();
            }
        });
        if has_catch && typed {
            self.project.count("catch error");
            let (error, bind) = (self.pick(&["Failed", "Blocked"]), self.project.name("c"));
            self.handler(&format!(" catch {bind}: {error} {{"), |me| {
                me.declare(Name::value(&format!("{bind}.reason"), "text"));
                if error == "Blocked" {
                    me.declare(Name::value(&format!("{bind}.level"), "int"));
                }
                me.some();
            });
        }
        if has_catch && (!typed || self.chance(50)) {
            self.project.count("catch");
            let bind = self.project.name("c");
            self.handler(&format!(" catch {bind} {{"), |me| {
                me.declare(Name::value(&format!("{bind}.code"), "text"));
                me.some();
            });
        }
        if with_finally {
            self.project.count("finally");
            self.within_finally(|me| me.continue_block(" finally {", Self::some));
        }
    }

    /// Where nothing is left and nothing waits.
    pub(super) fn within_finally(&mut self, inner: impl FnOnce(&mut Self)) {
        let (loops, caught) = (std::mem::take(&mut self.loops), std::mem::take(&mut self.caught));
        self.unsuspendable += 1;
        self.in_finally += 1;
        inner(self);
        self.in_finally -= 1;
        self.unsuspendable -= 1;
        (self.loops, self.caught) = (loops, caught);
    }

    fn handler(&mut self, head: &str, inner: impl FnOnce(&mut Self)) {
        self.caught += 1;
        self.continue_block(head, inner);
        self.caught -= 1;
    }

    /// A block that follows another one on its last line.
    fn continue_block(&mut self, head: &str, inner: impl FnOnce(&mut Self)) {
        self.text.truncate(self.text.trim_end().len());
        self.text.push_str(head);
        self.text.push('\n');
        let names = self.scope.len();
        self.indent += 1;
        inner(self);
        self.indent -= 1;
        self.scope.truncate(names);
        self.line("}");
    }

    /// A statement that faults, under a condition.
    fn fault(&mut self) {
        self.project.count("raise");
        let condition = self.truth(1);
        let reason = self.text(1);
        let error = if self.chance(50) {
            format!("Failed {{ reason: {reason} }}")
        } else {
            format!("Blocked {{ level: {}, reason: {reason} }}", self.int(1))
        };
        self.block(&format!("if {condition} {{"), "}", |me| me.line(&format!("raise {error}")));
    }

    fn return_value(&mut self) {
        match self.result.clone() {
            Some(ty) => {
                let value = self.value(&ty, 2);
                self.line(&format!("return {value}"));
            }
            None => self.line("return"),
        }
    }

    /// Leaves the body, under a condition.
    fn leave(&mut self) -> bool {
        if self.in_finally > 0 || self.chance(50) {
            return false;
        }
        let condition = self.truth(2);
        self.block(&format!("if {condition} {{"), "}", |me| {
            let stops = me.acts() && me.result.is_none() && me.chance(60);
            if me.caught > 0 && me.chance(50) {
                me.project.count("raise again");
                me.line("raise");
            } else if stops {
                let ending = me.pick(&["succeeded", "canceled"]);
                me.project.count(if ending == "succeeded" { "stop succeeded" } else { "stop canceled" });
                let message = me.text(1);
                me.line(&format!("stop {ending} ({message})"));
            } else {
                me.project.count("return");
                me.return_value();
            }
        });
        true
    }

    fn leave_loop(&mut self) -> bool {
        if self.loops == 0 {
            return false;
        }
        let (condition, verb) = (self.truth(1), self.pick(&["break", "continue"]));
        self.project.count(if verb == "break" { "break" } else { "continue" });
        self.block(&format!("if {condition} {{"), "}", |me| me.line(verb));
        true
    }

    fn create(&mut self) -> bool {
        let mut entity = self.below(3);
        let too_low = if self.kind == Kind::Background { entity <= self.level } else { entity < self.level };
        if too_low {
            let may_ring = self.kind == Kind::Background && self.project.ring && self.loops == 0;
            if may_ring {
                self.project.ring = false;
                self.project.count("ring");
            } else {
                entity = if self.kind == Kind::Background { self.level + 1 } else { self.level };
            }
        }
        if entity > 2 || self.looping.contains(&entity) {
            return self.create_task();
        }
        self.project.count("create");
        let name = self.project.name("n");
        let mut fields = vec![format!("name: {}", self.text(1))];
        if self.chance(50) {
            fields.push(format!("n: {}", self.int(1)));
        }
        if self.chance(30) {
            fields.push(format!("m: {}", self.value("int?", 1)));
        }
        if let Some(above) = self.record_of(entity.saturating_sub(1)) {
            fields.push(format!("up: {}", above.name));
        }
        if entity == 2
            && let Some(other) = self.record().filter(|other| other.entity < 2)
        {
            fields.push(format!("also: {}", other.name));
        }
        if self.chance(30) {
            fields.push(format!("mood: {}", self.pick(&["calm", "tense", "wild"])));
        }
        if self.chance(20) {
            fields.push(format!("amount: {}", self.money()));
        }
        if self.chance(20) {
            fields.push(format!("net: {}", self.coins()));
        }
        if self.chance(20) {
            fields.push(format!("ratio: {}", self.float(1)));
        }
        self.line(&format!("let {name} = create {} {{ {} }}", ENTITIES[entity], fields.join(", ")));
        self.declare(Name::record(&name, entity));
        true
    }

    fn create_task(&mut self) -> bool {
        let Some(record) = self.record() else { return false };
        self.project.count("create task");
        let subject = self.text(1);
        self.line(&format!("create Task {{ subject: {subject}, regarding: {} }}", record.name));
        true
    }

    fn update(&mut self) -> bool {
        let Some(record) = self.writable() else { return false };
        self.project.count("update");
        let mut writes = Vec::new();
        let fields = [
            "n", "m", "flag", "mood", "amount", "rate", "notes", "name", "up", "due", "state", "net", "tax", "ratio",
            "part",
        ];
        let first = self.below(fields.len());
        for number in 0..self.project.random.between(1, 3) {
            let field = fields[(first + number * 3) % fields.len()];
            writes.extend(self.write(&record, field));
        }
        if writes.is_empty() {
            writes.push("flag: true".to_owned());
        }
        self.line(&format!("update {} {{ {} }}", record.name, writes.join(", ")));
        true
    }

    fn write(&mut self, record: &Name, field: &str) -> Option<String> {
        Some(match field {
            "n" if self.chance(50) => format!("n {} {}", self.pick(&["+=", "-=", "*="]), self.int(1)),
            "n" => format!("n: {}", self.int(2)),
            "m" => format!("m: {}", self.value("int?", 1)),
            "flag" => format!("flag: {}", self.truth(1)),
            "mood" => format!("mood: {}", self.pick(&["calm", "tense", "wild"])),
            "amount" => format!("amount: {}", self.money()),
            "rate" if self.chance(40) => format!("rate {} {}", self.pick(&["+=", "*="]), self.decimal()),
            "rate" => format!("rate: {}", self.decimal()),
            "notes" => format!("notes ++= {}", self.text(1)),
            "name" => format!("name: {}", self.text(2)),
            "up" => format!("up: {}", self.record_of(record.entity.saturating_sub(1))?.name),
            "net" => format!("net: {}", self.coins()),
            "tax" => format!("tax: {}", self.coins()),
            "ratio" if self.chance(40) => format!("ratio {} {}", self.pick(&["+=", "-=", "*="]), self.float(0)),
            "ratio" => format!("ratio: {}", self.float(2)),
            "part" => format!("part: {}", self.decimal()),
            "state" => return None,
            _ => format!("due: now() + {}", self.duration()),
        })
    }

    fn change(&mut self) -> bool {
        let Some(record) = self.writable() else { return false };
        self.project.count("change");
        let status = self.pick(&["open", "open.aged", "closed", "void", "open.fresh"]);
        self.line(&format!("change {} to {status}", record.name));
        true
    }

    fn assign(&mut self) -> bool {
        let (Some(record), Some(other)) = (self.writable(), self.record()) else { return false };
        self.project.count("assign");
        if self.chance(50) {
            self.line(&format!("assign {} to {}.owner", record.name, other.name));
            return true;
        }
        let (user, who) = (self.project.name("u"), self.pick(&["Ann", "Bo", "Nobody"]));
        self.line(&format!("let {user} = find one {user}q in User where {user}q.name == \"{who}\""));
        self.block(&format!("if {user} is not none {{"), "}", |me| {
            me.line(&format!("assign {} to {user}", record.name));
        });
        true
    }

    fn delete(&mut self) -> bool {
        let Some(record) = self.writable() else { return false };
        if self.chance(40) {
            return false;
        }
        self.project.count("delete");
        let condition = self.truth(2);
        self.block(&format!("if {condition} {{"), "}", |me| me.line(&format!("delete {}", record.name)));
        true
    }

    fn atomic(&mut self) {
        self.project.count("atomic");
        self.unsuspendable += 1;
        self.block("atomic {", "}", |me| {
            me.some();
            if me.chance(30) {
                me.fault();
            }
        });
        self.unsuspendable -= 1;
    }

    fn act_as(&mut self) -> bool {
        self.project.count("act as");
        let (user, who) = (self.project.name("u"), self.pick(&["Ann", "Bo"]));
        self.line(&format!("let {user} = find one {user}q in User where {user}q.name == \"{who}\""));
        self.block(&format!("if {user} is not none {{"), "}", |me| {
            me.block(&format!("act as {user} {{"), "}", Self::some);
        });
        true
    }

    fn log(&mut self) {
        self.project.count("log");
        let text = self.text(2);
        self.line(&format!("log {text}"));
    }

    fn stage(&mut self) {
        self.project.count("stage");
        let title = self.pick(&["First", "Then", "Last of all"]);
        self.block(&format!("stage \"{title}\" {{"), "}", Self::some);
    }

    fn do_action(&mut self) -> bool {
        if self.calls_nothing {
            return false;
        }
        let (background, level, own) = (self.kind == Kind::Background, self.level, self.own.clone());
        let later = |action: &&Callable| {
            background || (action.level >= level && own.as_ref().is_none_or(|own| action.name > *own))
        };
        let actions: Vec<Callable> = self.project.actions.iter().filter(later).cloned().collect();
        if actions.is_empty() {
            return false;
        }
        let action = actions[self.below(actions.len())].clone();
        let Some(record) = self.record_of(action.entity) else { return false };
        self.project.count("do action");
        let (name, value) = (self.project.name("v"), self.int(1));
        let mut call = format!("do {}({}, {value})", action.name, record.name);
        if self.may_wait() && self.chance(30) {
            self.project.count("retry");
            call.push_str(&format!(" retry {} times", self.project.random.between(1, 2)));
            if self.chance(70) {
                call.push_str(&format!(" after {}", self.pick(&["10 minutes", "1 hour", "2 days"])));
                call.push_str(self.pick(&["", " doubling", " doubling up to 3 hours"]));
            }
        }
        if self.chance(70) {
            self.line(&format!("let {name} = {call}"));
            self.declare(Name::value(&name, "int"));
        } else {
            self.line(&call);
        }
        true
    }

    fn a_child(&mut self) -> Option<(Callable, Name)> {
        let children: Vec<Callable> = self.project.children.iter().skip(self.calls_from).cloned().collect();
        let child = if children.is_empty() { None } else { Some(children[self.below(children.len())].clone()) }?;
        let record = self.record_of(child.entity)?;
        Some((child, record))
    }

    fn do_child(&mut self) -> bool {
        if !self.may_wait() {
            return false;
        }
        let Some((child, record)) = self.a_child() else { return false };
        self.project.count("do child");
        let value = self.int(1);
        let call = format!("do {}({}, {value})", child.name, record.name);
        if child.gives {
            let name = self.project.name("v");
            self.line(&format!("let {name} = {call}"));
            self.declare(Name::value(&name, "int"));
        } else {
            self.line(&call);
        }
        true
    }

    fn start(&mut self) -> bool {
        if self.loops > 0 || self.calls_nothing {
            return false;
        }
        let Some((child, record)) = self.a_child() else { return false };
        self.project.count("start");
        let (name, value) = (self.project.name("h"), self.int(1));
        self.line(&format!("let {name} = start {}({}, {value})", child.name, record.name));
        self.declare(Name { gives: child.gives, ..Name::value(&name, "handle") });
        true
    }

    fn cancel(&mut self) -> bool {
        let handles = self.names(|name| name.ty == "handle");
        let Some(handle) = self.one_of(&handles) else { return false };
        self.project.count("cancel");
        self.line(&format!("cancel {}", handle.name));
        true
    }

    fn wait_handle(&mut self) -> bool {
        let handles = self.names(|name| name.ty == "handle");
        let Some(handle) = self.one_of(&handles).filter(|_| self.may_wait()) else { return false };
        self.project.count("wait handle");
        if handle.gives && self.chance(70) {
            let name = self.project.name("v");
            self.line(&format!("let {name} = wait for {}", handle.name));
            self.declare(Name::value(&name, "int"));
        } else {
            self.line(&format!("wait for {}", handle.name));
        }
        true
    }

    fn wait(&mut self) -> bool {
        if !self.may_wait() {
            return false;
        }
        match self.below(5) {
            0 => {
                self.project.count("wait");
                let duration = self.duration();
                self.line(&format!("wait {duration}"));
            }
            1 if self.chance(50) => self.wait_signal(),
            1 => {
                self.project.count("wait until moment");
                let moment = self.moment();
                self.line(&format!("wait until {moment}"));
            }
            _ => return self.wait_arms(),
        }
        true
    }

    fn wait_arms(&mut self) -> bool {
        if self.record().is_none() {
            return false;
        }
        self.project.count("wait arms");
        self.block("wait {", "}", |me| {
            for _ in 0..me.project.random.between(1, 2) {
                let condition = me.wakeable();
                me.arm(&format!("until {condition}"));
            }
            let handles = me.names(|name| name.ty == "handle");
            if let Some(handle) = me.one_of(&handles) {
                me.project.count("on handle");
                me.arm(&format!("on {}", handle.name));
            }
            if me.chance(25) {
                let (head, name) = (me.signal_head(), me.project.name("s"));
                me.block(&format!("{head} as {name} => {{"), "}", |me| {
                    me.declare_signal(&name);
                    me.some();
                });
            }
            if me.chance(30) {
                let moment = me.moment();
                me.arm(&format!("until {moment}"));
            }
            if me.chance(85) {
                me.project.count("after");
                let duration = me.duration();
                me.arm(&format!("after {duration}"));
            }
        });
        true
    }

    fn arm(&mut self, head: &str) {
        self.block(&format!("{head} => {{"), "}", Self::some);
    }

    fn checkpoint(&mut self) -> bool {
        // It comes with a later milestone.
        false
    }

    fn set_pending(&mut self) -> bool {
        if !self.pending {
            return false;
        }
        self.project.count("set pending");
        let write = match self.below(8) {
            5 => format!("net = {}", self.coins()),
            6 => format!("tax = {}", self.coins()),
            7 => format!("ratio = {}", self.float(1)),
            0 => format!("n = {}", self.int(1)),
            1 => format!("m = {}", self.value("int?", 1)),
            2 => format!("flag = {}", self.truth(1)),
            3 => format!("notes = {}", self.text(1)),
            _ => format!("mood = {}", self.pick(&["calm", "tense", "wild"])),
        };
        self.line(&format!("set rec.{write}"));
        true
    }

    /// A record that is found, for what follows in a block.
    fn find(&mut self) -> bool {
        self.project.count("find one");
        let (name, entity) = (self.project.name("r"), self.below(3));
        let condition = self.query_condition(&format!("{name}q"), entity);
        let order = self.pick(&["", "", " order by ORDER.n", " order by ORDER.n descending then by ORDER.name"]);
        let order = order.replace("ORDER", &format!("{name}q"));
        self.line(&format!("let {name} = find one {name}q in {} where {condition}{order}", ENTITIES[entity]));
        self.block(&format!("if {name} is not none {{"), "}", |me| {
            me.declare(Name::record(&name, entity));
            me.some();
        });
        true
    }
}
