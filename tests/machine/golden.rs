//! Bytes that were written once, in `tests/machine/golden`, of every format version: `approval-1.procb`, its snapshot and
//! its export, and `all-1.procb`, which has every variant of every table. They are read, shown, and written again.
//!
//! Files of the newest format that are not there are written by `ABIDE_GOLDEN=write cargo test golden`; files that are
//! there stay what they are.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    path::PathBuf,
};

use abide::{
    base::value::Value,
    bytecode::{
        container::{self, ContainerError},
        isa::Instruction,
        module::{Function, Module},
    },
    engine::{
        Engine, Settings, Write,
        clock::VirtualClock,
        export,
        store::{Store, memory::MemoryStore},
    },
    vm::snapshot::{self, SnapshotError},
};

use super::{
    reader::{self, Definition, Page, Type},
    *,
};

fn path(name: &str, format: u16, ending: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/machine/golden/{name}-{format}.{ending}"))
}

/// A golden file of the newest format; made if it is asked for.
fn golden(name: &str, format: u16, ending: &str, make: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let path = path(name, format, ending);
    if !path.exists() && std::env::var("ABIDE_GOLDEN").is_ok_and(|value| value == "write") {
        std::fs::write(&path, make()).unwrap();
    }
    std::fs::read(&path).unwrap_or_else(|_| {
        panic!(
            "there are no golden bytes of format {format}: run `ABIDE_GOLDEN=write cargo test golden`, and commit them"
        )
    })
}

/// What to do when bytes do not come out as they went in.
fn advice(what: &str, format: u16, place: &str) -> String {
    format!(
        "the bytes of {what} are no longer those of format {format}. If that was not meant, undo it. Else: count up \
         `FORMAT` in {place}, write the change into src/bytecode/FORMAT.md with its number, run \
         `ABIDE_GOLDEN=write cargo test golden`, and keep the files of the old format"
    )
}

fn advice_of_builds() -> String {
    advice("builds", container::FORMAT, "src/bytecode/container.rs")
}

/// A module, line by line, as `reader::build_lines` shows its bytes.
pub(super) fn build_lines(module: &Module) -> Vec<String> {
    fn table<T: Debug>(lines: &mut Vec<String>, name: &str, entries: &[T]) {
        lines.extend(entries.iter().enumerate().map(|(index, entry)| format!("{name} {index}: {entry:?}")));
    }
    let mut lines = vec![format!("meta: {:?}", module.meta)];
    table(&mut lines, "types", &module.types);
    table(&mut lines, "enums", &module.enums);
    table(&mut lines, "records", &module.records);
    table(&mut lines, "entities", &module.entities);
    table(&mut lines, "consts", &module.consts);
    for (index, function) in module.functions.iter().enumerate() {
        let head = Function { code: Vec::new(), ..function.clone() };
        lines.push(format!("functions {index}: {head:?}"));
        for (pc, word) in function.code.iter().enumerate() {
            let instruction = Instruction::decode(*word).unwrap();
            let operands = instruction.operands().iter().zip(instruction.numbers());
            let operands: String = operands.map(|(operand, number)| format!(" {}={number}", operand.name)).collect();
            lines.push(format!("{pc:>6} {}{operands}", instruction.name()));
        }
    }
    table(&mut lines, "processes", &module.processes);
    table(&mut lines, "sites", &module.sites);
    table(&mut lines, "queries", &module.queries);
    table(&mut lines, "configs", &module.configs);
    table(&mut lines, "particulars", &module.particulars);
    table(&mut lines, "forms", &module.forms);
    table(&mut lines, "flows", &module.flows);
    table(&mut lines, "points", &module.points);
    table(&mut lines, "roles", &module.roles);
    table(&mut lines, "tests", &module.tests);
    lines.push(format!("debug: {:?}", module.debug));
    lines
}

/// Reads a golden build, compares it with what the reader reads, and writes it again. Gives what it holds.
fn unchanged(bytes: &[u8]) -> Vec<String> {
    let advice = advice_of_builds();
    let (module, _) = container::decode(bytes).unwrap_or_else(|error| panic!("{error}: {advice}"));
    let shown = build_lines(&module);
    for (read, shown) in reader::build_lines(&Page::read(), bytes).iter().zip(&shown) {
        assert_eq!(read, shown, "{advice}");
    }
    assert!(container::encode(&module).unwrap() == bytes, "{advice}");
    shown
}

#[test]
fn a_golden_build() {
    let bytes =
        golden("approval", container::FORMAT, "procb", || container::encode(approval::program().module()).unwrap());
    let shown = unchanged(&bytes).join("\n");
    insta::with_settings!({ description => advice_of_builds() }, { insta::assert_snapshot!(shown) });
    Program::load(&bytes).unwrap_or_else(|error| panic!("{error}: {}", advice_of_builds()));
}

#[test]
fn a_golden_build_of_all_variants() {
    let bytes = golden("all", container::FORMAT, "procb", all_variants);
    let shown = unchanged(&bytes).join("\n");
    insta::with_settings!({ description => advice_of_builds() }, { insta::assert_snapshot!(shown) });
    for (name, definition) in Page::read().types {
        let Definition::Enum(variants) = definition else { continue };
        for (variant, _) in variants {
            assert!(shown.contains(&variant), "{name}::{variant}: {}", advice_of_builds());
        }
    }
}

/// What is new in the program is also on the page, so that it is in the golden bytes.
#[test]
fn the_page_has_every_variant_and_instruction() {
    let page = Page::read();
    let codec = include_str!("../../src/bytecode/codec.rs");
    for (name, definition) in &page.types {
        let Definition::Enum(variants) = definition else { continue };
        let (_, rest) = codec
            .split_once(&format!("\n    {name} {{\n"))
            .or(codec.split_once(&format!("\n    {name} {{ ")))
            .expect(name);
        // `0 None, 1 Bool(a),` up to the end of the enum.
        let end = rest.find("\n    }").unwrap_or(rest.len()).min(rest.find(", }").unwrap_or(rest.len()));
        let words: Vec<&str> = rest[..end].split([' ', ',', '\n', '(', ')']).filter(|word| !word.is_empty()).collect();
        let known = words.windows(2).filter(|pair| pair[0].parse::<u8>().is_ok()).map(|pair| pair[1]);
        let described = variants.iter().map(|(variant, _)| variant.as_str());
        assert_eq!(described.collect::<Vec<_>>(), known.collect::<Vec<_>>(), "{name}: {}", advice_of_builds());
    }
    assert_eq!(page.instructions.len(), Instruction::COUNT, "{}", advice_of_builds());
}

/// The golden build as a program.
fn golden_program() -> Arc<Program> {
    Arc::new(Program::load(&std::fs::read(path("approval", container::FORMAT, "procb")).unwrap()).unwrap())
}

#[test]
fn a_golden_snapshot() {
    let program = golden_program();
    let bytes = golden("approval", snapshot::FORMAT, "snapshot", || approval::resting(&program).freeze().unwrap());
    let advice = advice("snapshots", snapshot::FORMAT, "src/vm/snapshot.rs");
    let machine = Machine::thaw(&program, &bytes, TimeZone::UTC).unwrap_or_else(|error| panic!("{error}: {advice}"));
    let build = container::encode(program.module()).unwrap();
    let mut shown = reader::snapshot_lines(&Page::read(), &build, &bytes);
    shown.extend(machine.named_values().iter().map(|named| format!("{} = {:?}", named.name, named.value)));
    insta::with_settings!({ description => advice.as_str() }, { insta::assert_snapshot!(shown.join("\n")) });
    assert!(machine.freeze().unwrap() == bytes, "{advice}");
}

/// An engine of the golden build.
fn engine() -> Engine {
    let program = golden_program();
    let build = program.build().to_string();
    let settings = Settings { clock: Box::new(VirtualClock::at(approval::NOW)), seed: 1, build };
    let store: Box<dyn Store> = Box::new(MemoryStore::new());
    Engine::open(store, program, settings).unwrap()
}

#[test]
fn a_golden_export() {
    let bytes = golden("approval", export::FORMAT, "export", || {
        let mut engine = engine();
        let (entity, def) = engine.module().entity_by_name("Purchase").unwrap();
        let write = |name, value| Write::set(def.field_by_name(name).unwrap().0, value);
        let amount = abide::base::value::Money { amount: 80_000_000, currency: abide::base::value::Currency(*b"EUR") };
        let writes = [
            write("title", Value::Text("Laptops".to_owned())),
            write("amount", Value::Money(amount)),
            write("needed_on", Value::Date(20_574)),
        ];
        let purchase = engine.create(None, entity, &writes).unwrap();
        engine.run_until_idle().unwrap();
        engine.export(purchase.id + 1).unwrap()
    });
    let advice = advice("exports", export::FORMAT, "src/engine/export.rs");
    let mut engine = engine();
    let id = engine.import(&bytes).unwrap_or_else(|error| panic!("{error}: {advice}"));
    assert!(engine.export(id).unwrap() == bytes, "{advice}");
    let json: serde_json::Value = serde_json::from_slice(&bytes[38..]).unwrap();
    assert_eq!((&bytes[..4], &bytes[4..6]), (&b"ABEX"[..], &export::FORMAT.to_le_bytes()[..]));
    let shown = serde_json::to_string_pretty(&json).unwrap();
    insta::with_settings!({ description => advice }, { insta::assert_snapshot!(shown) });
}

#[test]
fn other_formats_are_refused_with_both_numbers() {
    let program = golden_program();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/machine/golden");
    for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let bytes = std::fs::read(&file).unwrap();
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        let format: u16 = stem.rsplit_once('-').unwrap().1.parse().unwrap();
        match file.extension().unwrap().to_str() {
            Some("procb") if format != container::FORMAT => {
                let error = container::decode(&bytes).unwrap_err();
                assert_eq!(error, ContainerError::Format(format, container::FORMAT));
            }
            Some("snapshot") if format != snapshot::FORMAT => {
                let error = Machine::thaw(&program, &bytes, TimeZone::UTC).map(|_| ()).unwrap_err();
                assert_eq!(error, SnapshotError::Format(format, snapshot::FORMAT));
            }
            Some("export") if format != export::FORMAT => {
                let error = engine().import(&bytes).unwrap_err().to_string();
                assert!(error.contains(&format!("format {format}, ")), "{error}");
            }
            Some("procb" | "snapshot" | "export") => {}
            other => panic!("{other:?}"),
        }
    }
}

/// A build that follows the definitions of the page and means nothing: it has every variant of every enum, every
/// instruction, and numbers of every length.
fn all_variants() -> Vec<u8> {
    let mut maker = Maker { page: Page::read(), next: BTreeMap::new(), number: 0, word: 0, open: BTreeSet::new() };
    let mut bytes = b"ABIDE\x1A\r\n".to_vec();
    bytes.extend(container::FORMAT.to_le_bytes());
    let sections = maker.page.sections.clone();
    bytes.extend(u16::try_from(sections.len()).unwrap().to_le_bytes());
    for (number, (_, ty)) in (1u16..).zip(&sections) {
        let mut content = Vec::new();
        maker.put(ty, &mut content);
        bytes.extend(number.to_le_bytes());
        bytes.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
        bytes.extend(u32::try_from(reader::crc(&content)).unwrap().to_le_bytes());
        bytes.extend(content);
    }
    let hash: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(&bytes).into();
    bytes.extend(hash);
    bytes
}

struct Maker {
    page: Page,
    /// The next variant of each enum.
    next: BTreeMap<String, usize>,
    number: u64,
    word: usize,
    /// Types that are being written.
    open: BTreeSet<String>,
}

/// A number of builds.
fn put_number(number: u64, out: &mut Vec<u8>) {
    let bytes = number.to_le_bytes();
    match number {
        0..=250 => out.push(bytes[0]),
        251..=0xFFFF => out.extend([&[251], &bytes[..2]].concat()),
        0x1_0000..=0xFFFF_FFFF => out.extend([&[252], &bytes[..4]].concat()),
        _ => out.extend([&[253], &bytes[..]].concat()),
    }
}

impl Maker {
    /// Small numbers, now and then a larger one.
    fn next_number(&mut self) -> u64 {
        self.number += 1;
        if self.number.is_multiple_of(7) { 200 + self.number } else { self.number % 5 }
    }

    fn put(&mut self, ty: &Type, out: &mut Vec<u8>) {
        match ty {
            Type::Number | Type::Signed => put_number(self.next_number(), out),
            Type::Byte => out.push(3),
            Type::Bool => out.push(u8::try_from(self.next_number() & 1).unwrap()),
            Type::Text => {
                let text = format!("é{}", self.next_number());
                put_number(text.len() as u64, out);
                out.extend(text.bytes());
            }
            Type::Currency => out.extend(b"EUR"),
            Type::List(item) => {
                let count = self.count(item);
                put_number(count as u64, out);
                (0..count).for_each(|_| self.put(item, out));
            }
            Type::Optional(inner) => {
                let present = !self.next_number().is_multiple_of(3);
                out.push(u8::from(present));
                if present {
                    self.put(inner, out);
                }
            }
            Type::Pair(left, right) => {
                self.put(left, out);
                self.put(right, out);
            }
            Type::Named(name) if name == "Value" => self.value(out),
            Type::Named(name) if name == "Word" => self.instruction(out),
            Type::Named(name) => match self.page.types[name].clone() {
                Definition::Struct(fields) => fields.iter().for_each(|(_, ty)| self.put(ty, out)),
                Definition::Enum(variants) => {
                    let all = self.variants(name);
                    let next = self.next.entry(name.clone()).or_default();
                    let variant = all[*next % all.len()];
                    *next += 1;
                    out.push(u8::try_from(variant).unwrap());
                    variants[variant].1.iter().for_each(|(_, ty)| self.put(ty, out));
                }
            },
        }
    }

    /// The variants of an enum; one that holds another enum stands there for each variant of that.
    fn variants(&self, name: &str) -> Vec<usize> {
        let Some(Definition::Enum(variants)) = self.page.types.get(name) else { return Vec::new() };
        let inner = |fields: &reader::Fields| fields.iter().map(|(_, ty)| self.needed(ty)).max().unwrap_or_default();
        let times = variants.iter().enumerate().map(|(index, (_, fields))| vec![index; inner(fields).max(1)]);
        times.collect::<Vec<_>>().concat()
    }

    /// How many values of a type it takes to see all variants. Of what is optional a third is absent.
    fn needed(&self, ty: &Type) -> usize {
        match ty {
            Type::Optional(inner) => 2 * self.needed(inner),
            Type::Named(name) => self.variants(name).len(),
            _ => 0,
        }
    }

    /// How many elements a list has.
    fn count(&self, item: &Type) -> usize {
        let Type::Named(name) = item else { return 2 };
        if name == "Word" {
            return self.page.instructions.len() / 3;
        }
        match self.page.types.get(name) {
            Some(Definition::Struct(fields)) if fields.iter().all(|(name, _)| name.is_some()) => {
                fields.iter().map(|(_, ty)| self.needed(ty)).max().unwrap_or_default().clamp(8, 150)
            }
            _ => self.needed(item).max(2),
        }
    }

    /// One value: a list of every kind of node in a record.
    fn value(&mut self, out: &mut Vec<u8>) {
        let Definition::Enum(nodes) = self.page.types["Node"].clone() else { panic!("nodes") };
        let scalars: Vec<_> = nodes.iter().take_while(|(name, _)| name != "List").collect();
        // The first value has all kinds, others one.
        let all = self.open.insert("Value".to_owned());
        if !all {
            put_number(1, out);
            let node = self.next.entry("Node".to_owned()).or_default();
            let node = std::mem::replace(node, *node + 1) % scalars.len();
            out.push(u8::try_from(node).unwrap());
            return scalars[node].1.iter().for_each(|(_, ty)| self.put(ty, out));
        }
        put_number(scalars.len() as u64 + 2, out);
        for (index, (_, fields)) in scalars.iter().enumerate() {
            out.push(u8::try_from(index).unwrap());
            fields.iter().for_each(|(_, ty)| self.put(ty, out));
        }
        out.push(u8::try_from(scalars.len()).unwrap());
        put_number(scalars.len() as u64, out);
        out.push(u8::try_from(scalars.len() + 1).unwrap());
        put_number(1, out);
    }

    fn instruction(&mut self, out: &mut Vec<u8>) {
        let count = self.page.instructions.len();
        let (number, operation) = self.page.instructions.iter().nth(self.word % count).unwrap();
        self.word += 1;
        let (mut word, mut shift, mut operand) = (*number, 16, 0);
        for (name, bits) in &operation.1 {
            operand += 1;
            // A flag is 0 or 1, a currency three letters.
            let bits_of = if name == "currency" { 0x0052_5545 } else { operand & 1 };
            word |= bits_of << shift;
            shift += bits;
        }
        put_number(word, out);
    }
}
