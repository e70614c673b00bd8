//! A random project as source text: entities, functions, actions, children, workflows, real-time workflows.
//!
//! Nothing happens for ever: a process creates only entities that come after its own, real-time processes and actions
//! write only such, loops count, and children call only later children. (One ring may be there, to meet the guards.)

use std::collections::BTreeMap;

use super::{
    body::{Body, Kind, Name, Old},
    random::Random,
};

/// The entities.
pub(super) const ENTITIES: [&str; 3] = ["Alpha", "Beta", "Gamma"];

/// The constructs that are counted: each has to occur.
pub(super) const CONSTRUCTS: &[&str] = &[
    "act as",
    "action",
    "activity",
    "after",
    "after action",
    "assign",
    "atomic",
    "base",
    "before action",
    "before created",
    "break",
    "call",
    "cancel",
    "catch",
    "catch error",
    "change",
    "changed",
    "child",
    "config",
    "continue",
    "convert",
    "count",
    "create",
    "create task",
    "created",
    "currency",
    "delete",
    "deleted",
    "do action",
    "do child",
    "either",
    "else",
    "emit",
    "emit to handle",
    "exists",
    "finally",
    "find list",
    "find one",
    "float",
    "fold",
    "for list",
    "for query",
    "for relation",
    "function of element",
    "groups",
    "if",
    "is deleted",
    "keep",
    "let",
    "limit",
    "link",
    "log",
    "match",
    "match value",
    "old",
    "old?",
    "on cancel",
    "on handle",
    "on signal",
    "only if",
    "raise",
    "raise again",
    "realtime after",
    "realtime before",
    "relation",
    "retry",
    "return",
    "ring",
    "route",
    "run as",
    "schedule",
    "scope",
    "set",
    "set field",
    "set input",
    "set pending",
    "share",
    "signal starts",
    "stage",
    "start",
    "stop canceled",
    "stop succeeded",
    "suspended loop",
    "tied query",
    "try",
    "unlink",
    "unshare",
    "until deleted",
    "until exists",
    "until relation",
    "until reverse",
    "update",
    "updated",
    "var",
    "wait",
    "wait arms",
    "wait handle",
    "wait on signal",
    "wait until moment",
    "while",
    "workflow",
];

/// What can be started or called.
#[derive(Clone, Debug)]
pub(super) struct Callable {
    pub(super) name: String,
    /// Its primary record.
    pub(super) entity: usize,
    /// Of an action: the first entity that it may write.
    pub(super) level: usize,
    pub(super) gives: bool,
}

/// A project in the making.
pub(super) struct Project {
    pub(super) random: Random,
    /// How often each construct was used.
    pub(super) counts: BTreeMap<&'static str, u32>,
    pub(super) actions: Vec<Callable>,
    pub(super) children: Vec<Callable>,
    /// Processes that can be started by hand.
    pub(super) on_demand: Vec<Callable>,
    /// All background processes.
    pub(super) background: Vec<String>,
    /// Processes that may have an owner: those with a scope, and others.
    pub(super) scoped: Vec<String>,
    /// Whether the one statement that makes a ring may still be written.
    pub(super) ring: bool,
    names: u32,
}

impl Project {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let ring = random.chance(15);
        Self {
            random,
            counts: BTreeMap::new(),
            actions: Vec::new(),
            children: Vec::new(),
            on_demand: Vec::new(),
            background: Vec::new(),
            scoped: Vec::new(),
            ring,
            names: 0,
        }
    }

    /// Notes that a construct was used.
    pub(super) fn count(&mut self, construct: &'static str) {
        *self.counts.entry(construct).or_insert(0) += 1;
    }

    /// A name that nothing else has.
    pub(super) fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    /// The text of the project.
    pub(super) fn generate(&mut self) -> String {
        let mut text = String::from(
            "enum Mood { calm, tense = 5 \"Tense\", wild }\n\
             record Pair { left: int, right: int? }\n\
             error Failed { reason: text }\n\
             signal Ping { n: int, note: text? }\n\
             config cap: int = 7\n\
             config tone: Mood = wild\n\
             config word: text?\n\
             config desk: Queue = Queue[\"Desk\"]\n\
             error Blocked { level: int, reason: text }\n\n",
        );
        for index in 0..ENTITIES.len() {
            self.entity(index, &mut text);
        }
        self.others(&mut text);
        for entity in ENTITIES {
            text.push_str(&format!(
                "fn of_{}(x: {entity}) -> int {{\n    let y = x\n    if y.flag {{ return y.twice }}\n    return \
                 y.n + (x.m ?? 0)\n}}\n\n",
                entity.to_lowercase()
            ));
        }
        for (name, result) in [("fi", "int"), ("fb", "bool"), ("ft", "text")] {
            self.function(name, result, &mut text);
        }
        self.declare_callables();
        for action in self.actions.clone() {
            self.action(&action, &mut text);
        }
        for (index, child) in self.children.clone().iter().enumerate() {
            self.child(index, child, &mut text);
        }
        for index in 0..self.random.between(2, 4) {
            self.workflow(index, &mut text);
        }
        for index in 0..self.random.between(1, 4) {
            self.realtime(index, &mut text);
        }
        if self.random.chance(60) {
            self.around_action(&mut text);
        }
        if self.random.chance(40) {
            self.either(&mut text);
        }
        if self.random.chance(30) {
            self.without_record("Tick", &mut text);
        }
        if self.random.chance(20) {
            self.without_record("Heard", &mut text);
        }
        text
    }

    /// Entities that join others, and what somebody else does.
    fn others(&mut self, text: &mut String) {
        for (name, sides) in [("Bond", ["one: Alpha", "other: Beta"]), ("Tie", ["left: Gamma", "right: Gamma"])] {
            let ways = sides.map(|side| format!("{side}{}", self.random.pick(&["", " on delete cascade"])));
            text.push_str(&format!("entity {name} {{\n    {}\n    {}\n    weight: int = 1\n}}\n\n", ways[0], ways[1]));
        }
        for (index, entity) in ["Bond", "Tie"].into_iter().enumerate() {
            if self.random.chance(40) {
                let event = self.random.pick(&["created", "deleted"]);
                text.push_str(&format!(
                    "workflow Tied{index} for tie: {entity}\n    when {event}\n{{\n    log \"{{tie.weight}}\"\n}}\n\n"
                ));
            }
        }
        let retry = self.random.pick(&["", " retry 2 times", " retry 2 times after 1 hour doubling"]);
        text.push_str(&format!(
            "activity Ask(n: int, t: text) -> int using native timeout 1 minute{retry}\n\
             activity Tell(n: int) using native timeout 1 minute\n\
             activity Weigh(n: int) -> (a: int, b: int?) using native timeout 1 minute{retry}\n\
             activity Nobody(n: int) using native timeout 1 minute\n\n"
        ));
    }

    /// A process for records of two entities, whose fields have different numbers.
    fn either(&mut self, text: &mut String) {
        self.count("either");
        let of = self.random.pick(&["Bond or Alpha", "Beta or Bond", "Gamma or Alpha", "Tie or Bond or Beta"]);
        let has_bond = of.contains("Bond");
        let field = if has_bond { "weight" } else { "n" };
        let update = format!("updated({field})");
        let events = match self.random.below(5) {
            0 if !has_bond => format!("updated(m, {field}), status changed to open or void"),
            1 => format!("written({field}), created"),
            2 => "deleted".to_owned(),
            _ => update,
        };
        let phase = self.random.pick(&["when", "when", "before", "after"]);
        let phase = if phase == "before" && events.contains("created") { "after" } else { phase };
        let (is_deleted, may_lack) = (events == "deleted", events.contains("created"));
        let old = match (is_deleted, may_lack) {
            (true, _) => format!("{{rec.{field}}}"),
            (_, true) => format!("{{old?.{field}}} {{changed({field})}} {{rec.{field}}}"),
            _ => format!("{{old.{field}}} {{changed({field})}} {{rec.{field} - old.{field}}}"),
        };
        let condition = match self.random.below(3) {
            0 if !is_deleted => format!("    only if changed({field})\n"),
            1 => format!("    only if rec.{field} > 0\n"),
            _ => String::new(),
        };
        let head = if phase == "when" { "workflow" } else { "realtime workflow" };
        text.push_str(&format!(
            "{head} Either for rec: {of}\n    {phase} {events}\n{condition}{{\n    log \"{old} {{trigger.kind}}\"\n}}\n\n"
        ));
    }

    /// A workflow that begins by the clock or with a signal.
    fn without_record(&mut self, name: &str, text: &mut String) {
        let mut body = Body::new(self, Kind::Background, 1);
        body.silent = true;
        let mut names = "";
        if name == "Heard" {
            body.project.count("signal starts");
            body.calls_nothing = true;
            names = "when on Ping";
        }
        let statements = body.whole();
        let when = if names.is_empty() { self.schedule() } else { names.to_owned() };
        let condition = match self.random.below(4) {
            0 => "    only if config.cap > 5\n",
            1 => "    only if exists q in Alpha where q.n > 1\n",
            _ => "",
        };
        text.push_str(&format!("workflow {name}\n    {when}\n{condition}{{\n{statements}}}\n\n"));
        self.background.push(name.to_owned());
    }

    fn schedule(&mut self) -> String {
        self.count("schedule");
        let schedule = self.random.pick(&[
            "every 50 hours",
            "every 3 days",
            "every day at 10:30",
            "every monday, thursday at 09:30",
            "every weekday at 18:30",
            "every month on day 31 at 06:00",
            "cron \"30 2 */2 * *\"",
            "cron \"15 12 9 * tue\"",
        ]);
        let zone = self.random.pick(&["", " in \"America/New_York\"", " in \"Asia/Kolkata\""]);
        let zone = if schedule.ends_with("hours") || schedule.ends_with("days") { "" } else { zone };
        format!("when {schedule}{zone}")
    }

    fn entity(&mut self, index: usize, text: &mut String) {
        let name = ENTITIES[index];
        let above = ENTITIES[index.saturating_sub(1)];
        let bounds = self.random.pick(&["", "", " -1..100", " -5..50"]);
        let length = self.random.pick(&["", "(14)", "(40)"]);
        let deleted = self.random.pick(&["", "", " on delete clear", " on delete cascade"]);
        text.push_str(&format!(
            "entity {name} {{\n    name: text(30)\n    n: int{bounds} = 1\n    m: int?\n    flag: bool = false\n    \
             mood: Mood = calm\n    amount: money(USD)?\n    rate: decimal = 0.5\n    notes: text{length} = \"\"\n    \
             due: datetime?\n    up: {above}?{deleted}\n    net: money?\n    tax: money?\n    \
             ratio: float = 0.5f\n    part: decimal(2)?\n    weight: int = 2\n    \
             twice: int computed = n * 2\n"
        ));
        text.push_str(match index {
            0 => "    betas: many Beta through Bond\n",
            1 => "    alphas: many Alpha through Bond\n",
            _ => {
                "    friends: many Gamma through Tie(left, right)\n    admirers: many Gamma through Tie(right, left)\n"
            }
        });
        if index == 2 {
            text.push_str("    also: (Alpha or Beta)?\n");
        } else {
            text.push_str(&format!("    lower: many {} via up\n", ENTITIES[index + 1]));
        }
        let arrows = self.random.pick(&[
            "",
            "open -> closed, void\n        void -> open",
            "open -> closed\n        closed -> void",
            "open.fresh -> open.aged\n        open -> closed, void\n        closed, void -> open",
        ]);
        text.push_str(&format!(
            "    states {{\n        open: fresh, aged\n        closed\n        void = 7 \"Void\"\n        {arrows}\n    }}\n"
        ));
        if self.random.chance(40) {
            text.push_str(self.random.pick(&["    unique name\n", "    unique name, n\n", "    unique up, n\n"]));
        }
        text.push_str("    shown as \"{name}\"\n}\n\n");
    }

    fn function(&mut self, name: &str, result: &str, text: &mut String) {
        let mut body = Body::new(self, Kind::Function, 0);
        for (name, ty) in [("a", "int"), ("b", "int"), ("t", "text"), ("p", "bool"), ("xs", "list of int")] {
            body.declare(Name::value(name, ty));
        }
        body.result = Some(result.to_owned());
        let statements = body.whole();
        text.push_str(&format!(
            "fn {name}(a: int, b: int, t: text, p: bool, xs: list of int) -> {result} {{\n{statements}}}\n\n"
        ));
    }

    /// The heads of what others call, so that bodies can call them.
    fn declare_callables(&mut self) {
        for index in 0..self.random.between(1, 3) {
            let entity = self.random.below(3);
            let (name, level) = (format!("Act{index}"), entity.min(self.random.below(3)));
            self.actions.push(Callable { name, entity, level, gives: true });
        }
        for index in 0..self.random.between(1, 2) {
            let (name, entity) = (format!("Child{index}"), self.random.below(3));
            let gives = self.random.chance(60);
            self.children.push(Callable { name, entity, level: 0, gives });
        }
    }

    fn action(&mut self, action: &Callable, text: &mut String) {
        self.count("action");
        let mut body = Body::new(self, Kind::Action, action.level);
        body.own = Some(action.name.clone());
        body.declare(Name::record("rec", action.entity));
        body.declare(Name::value("a", "int"));
        body.result = Some("int".to_owned());
        let statements = body.whole();
        let (name, entity) = (&action.name, ENTITIES[action.entity]);
        text.push_str(&format!("action {name}(a: int) for rec: {entity} -> int {{\n{statements}}}\n\n"));
        self.on_demand.push(action.clone());
    }

    fn child(&mut self, index: usize, child: &Callable, text: &mut String) {
        self.count("child");
        let mut body = Body::new(self, Kind::Background, child.entity);
        body.calls_from = index + 1;
        body.declare(Name::record("rec", child.entity));
        body.declare(Name::value("a", "int"));
        body.result = child.gives.then(|| "int".to_owned());
        let statements = body.whole();
        let result = if child.gives { " -> int" } else { "" };
        let keep = self.keep();
        let limit = self.limit(&["rec.n", "rec", "a", "a mod 2", "rec.mood", "10 div (rec.n - a)"]);
        let condition = if self.random.chance(20) { "    only if rec.n < 15\n" } else { "" };
        text.push_str(&format!(
            "workflow {}(a: int) for rec: {}{result}\n    when called\n{condition}{keep}{limit}{{\n{statements}}}\n\n",
            child.name, ENTITIES[child.entity]
        ));
        self.background.push(child.name.clone());
    }

    fn keep(&mut self) -> &'static str {
        if self.random.chance(80) {
            return "";
        }
        self.count("keep");
        self.random.pick(&["    keep nothing\n", "    keep 2 days\n"])
    }

    /// `limit … at once`, sometimes, by one of these values or by none.
    fn limit(&mut self, per: &[&str]) -> String {
        if !self.random.chance(25) {
            return String::new();
        }
        self.count("limit");
        let count = self.random.between(1, 2);
        let per = if self.random.chance(60) { format!(" per {}", self.random.pick(per)) } else { String::new() };
        let when_full = self.random.pick(&["", "", " queue", " skip", " newest wins"]);
        format!("    limit {count} at once{per}{when_full}\n")
    }

    /// `scope`, sometimes.
    fn scope(&mut self) -> String {
        if !self.random.chance(15) {
            return String::new();
        }
        self.count("scope");
        format!("    scope {}\n", self.random.pick(&["user", "business unit", "business unit tree"]))
    }

    /// Triggers, with whether there is an `old`.
    fn events(&mut self, phase: &str) -> (String, Old, Option<&'static str>) {
        if self.random.chance(if phase == "when" { 10 } else { 20 }) {
            self.count("deleted");
            return (format!("{phase} deleted"), Old::Never, Some("deleted"));
        }
        if phase == "before" && self.random.chance(40) {
            self.count("before created");
            return ("before created".to_owned(), Old::Never, Some("created"));
        }
        let updates = [
            "updated(n)",
            "updated(n, flag)",
            "updated(m)",
            "written(n)",
            "status changed",
            "status changed to closed",
            "status changed from open to closed or void",
            "assigned",
            "updated(mood), status changed",
        ];
        let update = self.random.pick(&updates);
        if phase != "before" && self.random.chance(60) {
            self.count("created");
            if self.random.chance(50) {
                return (format!("{phase} created"), Old::Never, None);
            }
            return (format!("{phase} created, {update}"), Old::Sometimes, None);
        }
        self.count("updated");
        (format!("{phase} {update}"), Old::Always, None)
    }

    fn workflow(&mut self, index: usize, text: &mut String) {
        self.count("workflow");
        let name = format!("Work{index}");
        let entity = self.random.below(3);
        let (mut events, old, special) = self.events("when");
        let by_hand = special.is_none() && self.random.chance(25);
        let mut old = old;
        if by_hand {
            events.push_str(", on demand");
            old = if old == Old::Always { Old::Sometimes } else { old };
            self.on_demand.push(Callable { name: name.clone(), entity, level: 0, gives: false });
        }
        let signal = if special.is_some() { 0 } else { self.random.below(8) };
        match signal {
            1 if !by_hand => {
                (events, old) = ("when on Ping".to_owned(), Old::Never);
            }
            1 | 2 => {
                events.push_str(", on Ping");
                old = if old == Old::Always { Old::Sometimes } else { old };
            }
            _ => {}
        }
        let mut body = Body::new(self, Kind::Background, entity);
        body.old = old;
        if (1..=2).contains(&signal) {
            body.project.count("signal starts");
            body.silent = true;
            let (name, ty) =
                if events == "when on Ping" { ("trigger.signal.n", "int") } else { ("trigger.signal?.n", "int?") };
            body.declare(Name::value(name, ty));
        }
        let primary = Name::record("rec", entity);
        body.declare(if special.is_some() { primary.last() } else { primary });
        let condition = body.condition();
        let statements = body.whole();
        let run_as = if self.random.chance(30) {
            self.count("run as");
            "    run as caller\n"
        } else {
            ""
        };
        let (keep, scope) = (self.keep(), self.scope());
        let mut per = vec!["rec.n", "rec.mood", "rec.m ?? 0", "rec.up", "10 div rec.n", "rec.rate * 2", "rec.owner"];
        if old == Old::Always {
            per.extend(["old.n", "old.mood"]);
        }
        let limit = self.limit(&per);
        let clauses = format!("{condition}{run_as}{keep}{scope}{limit}");
        let head = format!("workflow {name} for rec: {}\n    {events}\n{clauses}", ENTITIES[entity]);
        text.push_str(&format!("{head}{{\n{statements}}}\n\n"));
        self.scoped.push(name.clone());
        self.background.push(name);
    }

    fn realtime(&mut self, index: usize, text: &mut String) {
        let entity = self.random.below(3);
        let phase = self.random.pick(&["before", "after"]);
        self.count(if phase == "before" { "realtime before" } else { "realtime after" });
        let (events, old, special) = self.events(phase);
        let mut body = Body::new(self, Kind::Realtime, entity + 1);
        body.old = old;
        body.pending = phase == "before" && special != Some("deleted");
        let primary = Name::record("rec", entity);
        body.declare(match (phase, special) {
            ("before", Some("created")) => primary.pending(),
            ("after", Some("deleted")) => primary.last(),
            _ => primary,
        });
        let condition = body.condition();
        let statements = body.whole();
        let rank = if self.random.chance(30) { "    rank 5\n" } else { "" };
        let scope = self.scope();
        self.scoped.push(format!("Now{index}"));
        text.push_str(&format!(
            "realtime workflow Now{index} for rec: {}\n    {events}\n{condition}{scope}{rank}{{\n{statements}}}\n\n",
            ENTITIES[entity]
        ));
    }

    /// A real-time process before or after an action.
    fn around_action(&mut self, text: &mut String) {
        let action = self.actions[self.random.below(self.actions.len())].clone();
        let before = self.random.chance(50);
        self.count(if before { "before action" } else { "after action" });
        let mut body = Body::new(self, Kind::Realtime, action.level.max(1));
        body.level = action.level;
        body.calls_nothing = true;
        body.declare(Name::record("rec", action.entity));
        body.declare(Name::value("inputs.a", "int"));
        body.inputs = before;
        if !before {
            body.declare(Name::value("result", "int"));
        }
        let statements = body.whole();
        let phase = if before { "before" } else { "after" };
        text.push_str(&format!(
            "realtime workflow Around for rec: {}\n    {phase} action {}\n{{\n{statements}}}\n\n",
            ENTITIES[action.entity], action.name
        ));
    }
}
