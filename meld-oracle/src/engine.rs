//! The wasmtime engines of all tests, with every proposal on that wasmtime has.
//!
//! In: nothing. Out: [`engine`], [`concurrent_engine`] and [`pooling_engine`], shared by the whole process, and [`limit`], which gives a store a deadline:
//! a fused loop that never ends must fail a test, not hang it. Compiled code is not optimized: the tests run
//! little code many times over, and compiling is what takes time.

use std::sync::OnceLock;
use std::time::Duration;
use wasmtime::{Config, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Store};

/// Seconds that one store may run before its code traps: scripts wait for nothing else.
const DEADLINE_SECONDS: u64 = 120;

/// Seconds for a store in which functions are called with values at random.
const RANDOM_DEADLINE_SECONDS: u64 = 10;

/// The engine for synchronous components and for core modules.
///
/// It keeps no tasks. With tasks, wasmtime 50 panics where a component passes two borrows to the host in one call, or one
/// at instantiation: the scope of the call is looked for where it was before the first one.
pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| ticking(config().concurrency_support(false)))
}

/// The engine for scripts, which has asynchronous functions and all that goes with them.
pub fn concurrent_engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut config = config();
        config
            .wasm_component_model_async(true)
            .wasm_component_model_more_async_builtins(true)
            .wasm_component_model_async_stackful(true)
            .wasm_component_model_threading(true)
            .wasm_component_model_error_context(true);
        ticking(&config)
    })
}

/// [`engine`], but for where instances come from: a pool with wasmtime's limits by default. They are those of
/// `wasmtime serve`.
pub fn pooling_engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut config = config();
        let pool = PoolingAllocationConfig::default();
        config.concurrency_support(false).allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        ticking(&config)
    })
}

/// An engine whose epoch is advanced once a second.
fn ticking(config: &Config) -> Engine {
    let engine = Engine::new(config).expect("the configuration is fixed and valid");
    let ticker = engine.weak();
    std::thread::spawn(move || {
        while let Some(engine) = ticker.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(Duration::from_secs(1));
        }
    });
    engine
}

/// Gives `store` its deadline, counted from now.
pub fn limit<T>(store: &mut Store<T>) {
    store.set_epoch_deadline(DEADLINE_SECONDS);
}

/// Gives `store` the deadline for calls at random, counted from now.
pub fn limit_random<T>(store: &mut Store<T>) {
    store.set_epoch_deadline(RANDOM_DEADLINE_SECONDS);
}

fn config() -> Config {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::None)
        .epoch_interruption(true)
        .shared_memory(true)
        .wasm_bulk_memory(true)
        .wasm_multi_memory(true)
        .wasm_threads(true)
        .wasm_memory64(true)
        .wasm_reference_types(true)
        .wasm_function_references(true)
        .wasm_gc(true)
        .wasm_simd(true)
        .wasm_relaxed_simd(true)
        .wasm_tail_call(true)
        .wasm_exceptions(true)
        .wasm_custom_page_sizes(true)
        .wasm_extended_const(true)
        .wasm_wide_arithmetic(true)
        .wasm_component_model(true)
        .wasm_component_model_map(true)
        .wasm_component_model_memory64(true)
        .wasm_component_model_fixed_length_lists(true)
        .wasm_component_model_implements(true);
    config
}
