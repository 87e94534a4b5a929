//! Runs the fused `station.wat` as a core module: `async-host MODULE INTERFACE`.

use async_host::{Answer, Error, Functions, Host, Kit, Source, Val};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the sensor says, for each run.
const CHUNKS: [&[&[u8]]; 3] = [&[&[1, 2, 3], &[4, 5]], &[&[10, 20], &[30]], &[&[1]]];

/// Writes a chunk every five milliseconds, and closes the stream behind the last.
fn go_on(host: &mut Host<'_, '_>, source: Source, chunks: &'static [&'static [u8]]) {
    host.after(Duration::from_millis(5), move |host| match chunks.split_first() {
        Some((chunk, rest)) => {
            host.write(source, chunk)?;
            go_on(host, source, rest);
            Ok(())
        }
        None => host.close(source),
    });
}

fn run(module: &str, interface: &str) -> Result<(), Error> {
    let read = |file: &str| std::fs::read(file).map_err(|error| Error::new(format!("{file}: {error}")));
    let interface = String::from_utf8(read(interface)?).map_err(|error| Error::new(error.to_string()))?;
    let sums: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let mut functions = Functions::default();
    functions.add("demo:station/host@1.0.0#sleep", |_, params| match params {
        [Val::I32(milliseconds)] => {
            Ok(Answer::After(Duration::from_millis(u64::from(milliseconds.cast_unsigned())), Vec::new()))
        }
        _ => Err(Error::new("`sleep` has one parameter")),
    });
    let mut calls = CHUNKS.into_iter();
    functions.add("demo:station/host@1.0.0#readings", move |host, _| {
        let (index, source) = host.stream(1)?;
        go_on(host, source, calls.next().unwrap_or_default());
        Ok(Answer::Now(index.to_le_bytes().to_vec()))
    });
    let heard = Arc::clone(&sums);
    functions.add("demo:station/host@1.0.0#report", move |host, params| {
        let [Val::I32(index)] = *params else { return Err(Error::new("`report` has one parameter")) };
        let mut all = heard.lock().map_err(|error| Error::new(error.to_string()))?;
        let (number, heard) = (all.len(), Arc::clone(&heard));
        all.push(Vec::new());
        host.read(index.cast_unsigned(), move |bytes| {
            if let Ok(mut all) = heard.lock() {
                all[number].extend(bytes);
            }
        })?;
        Ok(Answer::Now(Vec::new()))
    });
    let mut kit = Kit::new(&read(module)?, &interface, functions)?;
    let tasks = [2, 3].map(|milliseconds| kit.call("run", &[Val::I32(milliseconds)]));
    kit.run()?;
    for (at, task) in tasks.into_iter().enumerate() {
        let Some([Val::I32(result)]) = kit.result(task?) else { return Err(Error::new("`run` has not returned")) };
        let all = sums.lock().map_err(|error| Error::new(error.to_string()))?;
        let sums: Vec<String> = all[at].iter().map(u8::to_string).collect();
        println!("run {}: {result}, sums {}", at + 1, sums.join(" "));
    }
    let third = kit.call("run", &[Val::I32(60_000)])?;
    kit.cancel(third);
    kit.run()?;
    let cancelled = kit.has_ended(third) && kit.result(third).is_none();
    println!("run 3: {}", if cancelled { "cancelled" } else { "not cancelled" });
    println!("left: {}", kit.entries());
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [module, interface] = &arguments[..] else {
        eprintln!("async-host MODULE INTERFACE");
        return ExitCode::FAILURE;
    };
    match run(module, interface) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
