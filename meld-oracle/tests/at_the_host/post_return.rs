//! A post-return that calls out traps (`CanonicalABI.md`, `canon_lift`: `may_leave` is clear while it runs). wasmtime has
//! it so where the host has called the function, and lets it through where another component has.

use super::{MEMORIES, component, wrapped};
use meld_core::unstable::synth::TrapClass;
use meld_oracle::engine::{engine, limit};
use meld_oracle::trap;
use wasmtime::component::{Component, Linker};
use wasmtime::{Store, StoreContextMut};

const GUESTS: &str = r#"
(component
  (import "log" (func $log))
  (component $P
    (import "log" (func $log))
    (core func $log (canon lower (func $log)))
    (core module $M
      (import "" "log" (func $log))
      (func (export "f") (result i32) (i32.const 7))
      (func (export "post") (param i32) (call $log)))
    (core instance $i (instantiate $M (with "" (instance (export "log" (func $log))))))
    (func (export "f") (result u32) (canon lift (core func $i "f") (post-return (core func $i "post")))))
  (instance $p (instantiate $P (with "log" (func $log))))
  (component $C
    (import "f" (func $f (result u32)))
    (core func $f (canon lower (func $f)))
    (core module $M
      (import "" "f" (func $f (result i32)))
      (func (export "g") (result i32) (call $f)))
    (core instance $i (instantiate $M (with "" (instance (export "f" (func $f))))))
    (func (export "g") (result u32) (canon lift (core func $i "g"))))
  (instance $c (instantiate $C (with "f" (func $p "f"))))
  (export "f" (func $p "f"))
  (export "g" (func $c "g")))"#;

fn call(bytes: &[u8], name: &str) -> wasmtime::Result<(u32, u32)> {
    let mut linker: Linker<u32> = Linker::new(engine());
    linker.root().func_wrap("log", |mut store: StoreContextMut<'_, u32>, (): ()| {
        *store.data_mut() += 1;
        Ok(())
    })?;
    let mut store = Store::new(engine(), 0);
    limit(&mut store);
    let instance = linker.instantiate(&mut store, &Component::new(engine(), bytes)?)?;
    let (result,) = instance.get_typed_func::<(), (u32,)>(&mut store, name)?.call(&mut store, ())?;
    Ok((result, *store.data()))
}

#[test]
fn calls_out() {
    let input = component(GUESTS);
    let may_leave = "cannot leave component instance";
    // If this changes, `docs/limits.md` says it otherwise.
    assert_eq!(call(&input, "g").expect("wasmtime lets it through between components"), (7, 1));
    let error = call(&input, "f").expect_err("but not under the host");
    assert!(format!("{error:?}").contains(may_leave), "{error:?}");
    for (name, change) in MEMORIES {
        let fused = wrapped(&input, change);
        let error = call(&fused, "g").expect_err(name);
        assert_eq!(trap::class(&format!("{error:?}")), Some(TrapClass::MayLeave), "{name}: {error:?}");
        let error = call(&fused, "f").expect_err(name);
        assert!(trap::same_trap(may_leave, &format!("{error:?}")), "{name}: {error:?}");
    }
}
