//! `abide disasm`: the listing of a build, or of what a project compiles to.

use crate::bytecode::disasm;
use crate::bytecode::types::FuncIdx;
use crate::cli::args::DisasmArgs;
use crate::cli::exit::Exit;
use crate::cli::target;
use crate::cli::term::Term;

pub(in crate::cli) fn run(args: &DisasmArgs, term: &Term) -> Exit {
    let target = match target::load(&args.path, &args.report, term) {
        Ok(target) => target,
        Err(exit) => return exit,
    };
    let module = target.program.module();
    let Some(name) = &args.function else {
        term.out(&disasm::module(module));
        return Exit::Fine;
    };
    let found = (0..).zip(&module.functions).find(|(_, function)| function.name == *name);
    let Some((index, _)) = found else {
        term.err(&format!("error: there is no function or process `{name}`\n"));
        return Exit::Usage;
    };
    term.out(&disasm::function(module, FuncIdx(index)));
    Exit::Fine
}
