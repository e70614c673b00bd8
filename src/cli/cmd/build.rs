//! `abide build`: one project as one verified file.

use crate::cli::args::BuildArgs;
use crate::cli::exit::Exit;
use crate::cli::report::plural;
use crate::cli::term::Term;
use crate::cli::{manifest, output, target};

pub(in crate::cli) fn run(args: &BuildArgs, term: &Term) -> Exit {
    let target = match target::load(&args.path, &args.report, term) {
        Ok(target) => target,
        Err(exit) => return exit,
    };
    if let Some(path) = &args.output
        && let Err(exit) = output::put(path, &target.build, term)
    {
        return exit;
    }
    if args.manifest {
        term.out(&manifest::text(target.program.module(), &target.hash));
    } else if let Some(path) = &args.output {
        let module = target.program.module();
        let processes = plural(module.processes.len(), "process");
        let points = plural(module.points.len(), "suspension point");
        term.out(&format!(
            "built {}: {} {}, {processes}, {points}, {} bytes, {}\n",
            path.display(),
            module.meta.name,
            module.meta.version,
            target.build.len(),
            target.hash.get(..12).unwrap_or(&target.hash),
        ));
    }
    Exit::Fine
}
