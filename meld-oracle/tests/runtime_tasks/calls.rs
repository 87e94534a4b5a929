//! Calls of a runtime module that stands alone, whose imports are a model's.

use meld_core::unstable::synth::TrapClass;
use wasmtime::{Instance, StoreContextMut, Val};

/// What the data of a store has, so that calls can be judged.
pub(crate) trait Judged {
    /// The runtime.
    fn instance(&self) -> Instance;
    /// The trap that an import was called for, since the last call began.
    fn trap(&mut self) -> &mut Option<TrapClass>;
    /// The classes of traps that were expected, and came.
    fn seen(&mut self) -> &mut std::collections::BTreeSet<TrapClass>;
}

pub(crate) type Context<'c, 's, T> = &'c mut StoreContextMut<'s, T>;

/// Calls an export of the runtime.
pub(crate) fn call<T: Judged>(ctx: Context<'_, '_, T>, name: &str, args: &[u32]) -> Result<Vec<u32>, TrapClass> {
    let instance = ctx.data().instance();
    let func = instance.get_func(&mut *ctx, name).unwrap_or_else(|| panic!("the export {name}"));
    let args: Vec<Val> = args.iter().map(|&arg| Val::I32(arg.cast_signed())).collect();
    let mut results = vec![Val::I32(0); func.ty(&*ctx).results().len()];
    *ctx.data_mut().trap() = None;
    match func.call(&mut *ctx, &args, &mut results) {
        Ok(()) => Ok(results.iter().map(|result| result.unwrap_i32().cast_unsigned()).collect()),
        Err(error) => Err(ctx.data_mut().trap().unwrap_or_else(|| panic!("{name} {args:?}: {error:?}"))),
    }
}

pub(crate) fn get<T: Judged>(ctx: Context<'_, '_, T>, name: &str, args: &[u32]) -> u32 {
    call(ctx, name, args).unwrap_or_else(|trap| panic!("{name} {args:?}: {trap:?}"))[0]
}

pub(crate) fn run<T: Judged>(ctx: Context<'_, '_, T>, name: &str, args: &[u32]) {
    call(ctx, name, args).unwrap_or_else(|trap| panic!("{name} {args:?}: {trap:?}"));
}

/// A call that must trap, and change nothing.
pub(crate) fn traps<T: Judged>(ctx: Context<'_, '_, T>, name: &str, args: &[u32], class: TrapClass) {
    assert_eq!(call(ctx, name, args), Err(class), "{name} {args:?}");
    ctx.data_mut().seen().insert(class);
}
