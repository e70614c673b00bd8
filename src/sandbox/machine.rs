//! The interpreter, with its limits: fuel, memory, stack.

use wasmi::{
    Config, Engine, Error, ExternType, FuncType, Instance, Module, Store, StoreLimits, StoreLimitsBuilder, TrapCode,
    ValType,
};

use super::Stop;
use crate::base::limits::{ANSWER_BYTES_MAX, PLUGIN_FUEL_MAX, PLUGIN_FUEL_MILLISECOND, PLUGIN_MEMORY_MAX};

/// What an answer has as its highest bit that says what went wrong.
const WRONG: u64 = 1 << 63;

/// A plug-in for one activity.
#[derive(Debug)]
pub struct Plugin {
    module: Module,
    function: String,
}

impl Plugin {
    /// Reads a plug-in and looks for a function in it.
    ///
    /// # Errors
    /// If it is no WebAssembly, imports something, or lacks what it should export.
    pub fn new(bytes: &[u8], function: &str) -> Result<Self, String> {
        let mut config = Config::default();
        config.consume_fuel(true);
        let module =
            Module::new(&Engine::new(&config), bytes).map_err(|error| format!("it is no WebAssembly: {error}"))?;
        if let Some(import) = module.imports().next() {
            let (from, name) = (import.module(), import.name());
            return Err(format!("it imports `{from}.{name}`, and a plug-in gets nothing from outside"));
        }
        if !matches!(module.get_export("memory"), Some(ExternType::Memory(_))) {
            return Err("it exports no `memory`".to_owned());
        }
        needs(&module, "alloc", &[ValType::I32], ValType::I32)?;
        needs(&module, function, &[ValType::I32, ValType::I32], ValType::I64)?;
        Ok(Self { module, function: function.to_owned() })
    }

    /// Asks it; `timeout` is in microseconds.
    ///
    /// # Errors
    /// With what it says went wrong, or how it broke.
    pub fn call(&self, question: &[u8], timeout: i64) -> Result<String, Stop> {
        let limits =
            StoreLimitsBuilder::new().memory_size(PLUGIN_MEMORY_MAX).instances(1).memories(1).tables(1).build();
        let mut store: Store<StoreLimits> = Store::new(self.module.engine(), limits);
        // LIMIT: PLUGIN_MEMORY_MAX
        store.limiter(|limits| limits);
        let milliseconds = u64::try_from(timeout / 1_000).unwrap_or(0).saturating_add(1);
        // LIMIT: PLUGIN_FUEL_MAX
        let fuel = milliseconds.saturating_mul(PLUGIN_FUEL_MILLISECOND).min(PLUGIN_FUEL_MAX);
        store.set_fuel(fuel).map_err(|error| broke(&error))?;
        let instance = Instance::new(&mut store, &self.module, &[]).map_err(|error| broke(&error))?;
        self.ask(&mut store, instance, question)
    }

    fn ask(&self, store: &mut Store<StoreLimits>, instance: Instance, question: &[u8]) -> Result<String, Stop> {
        let too_long = || Stop::Broke("its inputs are too long for it".to_owned());
        let memory =
            instance.get_memory(&*store, "memory").ok_or_else(|| Stop::Broke("it has no memory".to_owned()))?;
        let alloc = instance.get_typed_func::<i32, i32>(&*store, "alloc").map_err(|error| broke(&error))?;
        let run = instance.get_typed_func::<(i32, i32), i64>(&*store, &self.function).map_err(|error| broke(&error))?;
        let length = i32::try_from(question.len()).map_err(|_| too_long())?;
        let at = alloc.call(&mut *store, length).map_err(|error| broke(&error))?;
        let address = usize::try_from(at.cast_unsigned()).map_err(|_| too_long())?;
        memory.write(&mut *store, address, question).map_err(|_| too_long())?;
        let answer = run.call(&mut *store, (at, length)).map_err(|error| broke(&error))?.cast_unsigned();
        let is_wrong = answer & WRONG != 0;
        let (address, length) = ((answer & !WRONG) >> 32, answer & 0xFFFF_FFFF);
        // LIMIT: ANSWER_BYTES_MAX
        let end = address.saturating_add(length.min(ANSWER_BYTES_MAX));
        let range = usize::try_from(address).ok().zip(usize::try_from(end).ok());
        let bytes = range.and_then(|(from, to)| memory.data(&*store).get(from..to));
        let bytes = bytes.ok_or_else(|| Stop::Broke("its answer lies outside of its memory".to_owned()))?;
        let text = String::from_utf8(bytes.to_vec()).map_err(|_| Stop::Broke("its answer is no text".to_owned()))?;
        if is_wrong { Err(Stop::Said(text)) } else { Ok(text) }
    }
}

/// Whether a plug-in exports such a function.
fn needs(module: &Module, name: &str, params: &[ValType], result: ValType) -> Result<(), String> {
    let wanted = FuncType::new(params.iter().copied(), [result]);
    match module.get_export(name) {
        Some(ExternType::Func(found)) if found == wanted => Ok(()),
        Some(_) => Err(format!("its `{name}` is of another type")),
        None => Err(format!("it exports no function `{name}`")),
    }
}

fn broke(error: &Error) -> Stop {
    let message = match error.as_trap_code() {
        Some(TrapCode::OutOfFuel) => "it took too long".to_owned(),
        Some(TrapCode::GrowthOperationLimited) => "it wanted too much memory".to_owned(),
        Some(code) => format!("it broke: {}", code.trap_message()),
        None => format!("it broke: {error}"),
    };
    Stop::Broke(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plug-in whose function `f` is this body over `$at` and `$length`.
    fn plugin(body: &str) -> Plugin {
        let text = format!(
            "(module (memory (export \"memory\") 1) (global $next (mut i32) (i32.const 1024))
               (func (export \"alloc\") (param $n i32) (result i32)
                 global.get $next global.get $next local.get $n i32.add global.set $next)
               (data (i32.const 0) \"no such thing\")
               (func (export \"f\") (param $at i32) (param $length i32) (result i64) {body}))"
        );
        Plugin::new(&wat::parse_str(text).unwrap(), "f").unwrap()
    }

    const ECHO: &str = "local.get $at i64.extend_i32_u i64.const 32 i64.shl local.get $length i64.extend_i32_u i64.or";

    #[test]
    fn a_plugin_answers_what_it_is_asked() {
        let echo = plugin(ECHO);
        assert_eq!(echo.call(b"{\"a\":1}", 1_000_000), Ok("{\"a\":1}".to_owned()));
        assert_eq!(echo.call(b"", 1_000_000), Ok(String::new()));
    }

    #[test]
    fn it_may_say_what_went_wrong() {
        let answer = plugin("i64.const 0x800000000000000D").call(b"", 1_000_000);
        assert_eq!(answer, Err(Stop::Said("no such thing".to_owned())));
    }

    #[test]
    fn nothing_is_left_of_an_earlier_call() {
        let counts = plugin("i32.const 0 i32.const 0 i32.load8_u i32.const 1 i32.add i32.store8 i64.const 1");
        let first = counts.call(b"", 1_000_000);
        assert_eq!(first, Ok("o".to_owned()));
        assert_eq!(counts.call(b"", 1_000_000), first);
    }

    #[test]
    fn it_is_stopped_where_it_takes_too_much() {
        let told = |body: &str| plugin(body).call(b"", 10_000).unwrap_err().message().to_owned();
        assert_eq!(told("(loop br 0) i64.const 0"), "it took too long");
        assert_eq!(told("unreachable"), "it broke: wasm `unreachable` instruction executed");
        assert_eq!(told("i64.const 0x7FFFFFFF00000001"), "its answer lies outside of its memory");
        let grow =
            "i32.const 1000 memory.grow i64.extend_i32_s i64.const 63 i64.shr_u i64.const 0x800000000000000D i64.mul";
        assert_eq!(told(grow), "no such thing", "memory beyond the limit is not given");
    }

    #[test]
    fn what_is_no_plugin_is_refused() {
        let told = |text: &str| Plugin::new(&wat::parse_str(text).unwrap(), "f").unwrap_err();
        assert!(Plugin::new(b"text", "f").unwrap_err().starts_with("it is no WebAssembly"));
        assert_eq!(told("(module)"), "it exports no `memory`");
        assert_eq!(
            told("(module (import \"env\" \"now\" (func)))"),
            "it imports `env.now`, and a plug-in gets nothing from outside"
        );
        let half = "(memory (export \"memory\") 1)";
        assert_eq!(told(&format!("(module {half})")), "it exports no function `alloc`");
        let alloc = "(func (export \"alloc\") (param i32) (result i32) i32.const 0)";
        assert_eq!(told(&format!("(module {half} {alloc})")), "it exports no function `f`");
        let wrong = "(func (export \"f\") (param i32) (result i64) i64.const 0)";
        assert_eq!(told(&format!("(module {half} {alloc} {wrong})")), "its `f` is of another type");
    }
}
