//! A guest's shadow stack is a megabyte unless the linker is told otherwise. On a small machine that is all there is.

fn main() {
    for argument in ["-z", "stack-size=4096"] {
        println!("cargo::rustc-link-arg={argument}");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
