//! The component that the host calls.

use example::greeter::greet::{Person, Problem, greet_all};

wit_bindgen::generate!({ path: "../../../examples/greeter/world.wit", world: "app" });

struct App;

impl Guest for App {
    fn hello() -> String {
        match greet_all(&[person("Ada", &["en"]), person("Yukihiro", &["rb", "ja"])]) {
            Ok(lines) => lines.join("\n"),
            Err(Problem::Nobody) => "nobody is here".to_string(),
            Err(Problem::UnknownLanguages(codes)) => format!("nobody here speaks {}", codes.join(" or ")),
        }
    }

    fn run() {
        assert!(Self::hello() == "Hello, Ada!\nこんにちは, Yukihiro!");
        assert!(matches!(greet_all(&[]), Err(Problem::Nobody)));
        let unknown = greet_all(&[person("Ada", &["en"]), person("Zamenhof", &["eo", ""])]);
        assert!(matches!(unknown, Err(Problem::UnknownLanguages(codes)) if codes == ["eo", ""]));
    }
}

fn person(name: &str, speaks: &[&str]) -> Person {
    Person { name: name.to_string(), speaks: speaks.iter().map(|code| code.to_string()).collect() }
}

export!(App);
