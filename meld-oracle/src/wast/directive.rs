//! What a directive is to a fuser.
//!
//! In: the text of one form. Out: a [`Directive`]: which component it holds, if it holds one, and how it reads
//! with another binary in that place.

use wast::parser::{self, ParseBuffer};
use wast::token::Id;
use wast::{QuoteWat, Wast, WastDirective, WastExecute, Wat};

/// A directive of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Directive {
    /// Something that holds a component.
    Component {
        /// What is done with it.
        subject: Subject,
        /// Its binary form.
        bytes: Vec<u8>,
    },
    /// `assert_trap` on a call.
    TrapOnCall {
        /// The text that is expected.
        text: String,
        /// The instance that is called, where it is not the current one.
        on: Option<String>,
    },
    /// `assert_return` and a bare `invoke`.
    Call {
        /// The instance that is called, where it is not the current one.
        on: Option<String>,
    },
    /// `component instance`: instantiates a definition.
    Instantiate {
        /// What the instance is called.
        name: Option<String>,
        /// The definition, where it is not the current one.
        of: Option<String>,
    },
    /// What has nothing to do with fusing: core modules, `register`, text that must not parse.
    Other,
    /// What this version of the parser does not know.
    Unknown(String),
}

/// What a script does with a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Defines it under a name, and instantiates it unless it is a definition.
    Define {
        /// `component definition`.
        definition: bool,
        /// Its identifier, without `$`.
        name: Option<String>,
    },
    /// Asserts that instantiating it traps with this text.
    AssertTrap(String),
    /// Asserts that it cannot be linked, with this text.
    AssertUnlinkable(String),
    /// Asserts that it is not valid or not well-formed.
    AssertRejected,
}

impl Directive {
    /// Reads the directive `form`.
    pub fn parse(form: &str) -> Directive {
        match parse(form) {
            Ok(directive) => directive,
            Err(e) => Directive::Unknown(e.message()),
        }
    }
}

impl Subject {
    /// The directive with `bytes` as its component.
    pub fn render(&self, bytes: &[u8]) -> String {
        let binary = quote(bytes);
        match self {
            Subject::Define { definition, name } => {
                let definition = if *definition { "definition " } else { "" };
                let name = name.as_ref().map_or(String::new(), |name| format!("${} ", quote(name.as_bytes())));
                format!("(component {definition}{name}binary {binary})")
            }
            Subject::AssertTrap(text) => {
                format!("(assert_trap (component binary {binary}) {})", quote(text.as_bytes()))
            }
            Subject::AssertUnlinkable(text) => {
                format!("(assert_unlinkable (component binary {binary}) {})", quote(text.as_bytes()))
            }
            Subject::AssertRejected => format!("(assert_invalid (component binary {binary}) \"\")"),
        }
    }
}

/// `bytes` as a string of the text format.
pub(super) fn quote(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(bytes.len() * 3 + 2);
    text.push('"');
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => text.extend(['\\', byte as char]),
            0x20..0x7f => text.push(byte as char),
            _ => write!(text, "\\{byte:02x}").expect("writing to a string does not fail"),
        }
    }
    text.push('"');
    text
}

fn parse(form: &str) -> Result<Directive, wast::Error> {
    let mut lexer = wast::lexer::Lexer::new(form);
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer)?;
    let mut script = parser::parse::<Wast<'_>>(&buffer)?;
    let Some(directive) = script.directives.pop() else { return Ok(Directive::Other) };
    Ok(match directive {
        WastDirective::Module(wat) if is_component(&wat) => define(wat, false)?,
        WastDirective::ModuleDefinition(wat) if is_component(&wat) => define(wat, true)?,
        WastDirective::ModuleInstance { instance, module, .. } => {
            Directive::Instantiate { name: name(instance), of: name(module) }
        }
        WastDirective::AssertTrap { exec: WastExecute::Wat(mut wat @ Wat::Component(_)), message, .. } => {
            Directive::Component { subject: Subject::AssertTrap(message.to_owned()), bytes: wat.encode()? }
        }
        WastDirective::AssertTrap { exec: WastExecute::Invoke(invoke), message, .. } => {
            Directive::TrapOnCall { text: message.to_owned(), on: name(invoke.module) }
        }
        WastDirective::AssertUnlinkable { module: mut wat @ Wat::Component(_), message, .. } => {
            Directive::Component { subject: Subject::AssertUnlinkable(message.to_owned()), bytes: wat.encode()? }
        }
        WastDirective::AssertInvalid { mut module, .. } | WastDirective::AssertMalformed { mut module, .. }
            if is_component(&module) =>
        {
            // What does not even parse as text never reaches a fuser.
            match module.encode() {
                Ok(bytes) => Directive::Component { subject: Subject::AssertRejected, bytes },
                Err(_) => Directive::Other,
            }
        }
        WastDirective::AssertReturn { exec: WastExecute::Invoke(invoke), .. } | WastDirective::Invoke(invoke) => {
            Directive::Call { on: name(invoke.module) }
        }
        WastDirective::AssertReturn { .. } => Directive::Call { on: None },
        _ => Directive::Other,
    })
}

fn name(id: Option<Id<'_>>) -> Option<String> {
    id.map(|id| id.name().to_owned())
}

fn is_component(wat: &QuoteWat<'_>) -> bool {
    matches!(wat, QuoteWat::Wat(Wat::Component(_)) | QuoteWat::QuoteComponent(..))
}

fn define(mut wat: QuoteWat<'_>, definition: bool) -> Result<Directive, wast::Error> {
    let name = wat.name().map(|id| id.name().to_owned());
    Ok(Directive::Component { subject: Subject::Define { definition, name }, bytes: wat.encode()? })
}

#[cfg(test)]
mod tests {
    use super::{Directive, Subject};

    #[test]
    fn a_component_keeps_its_name_and_place() {
        let Directive::Component { subject, bytes } = Directive::parse("(component definition $\"a b\" (component))")
        else {
            panic!("a component definition");
        };
        assert_eq!(subject, Subject::Define { definition: true, name: Some("a b".to_owned()) });
        let again = Directive::parse(&subject.render(&bytes));
        assert_eq!(again, Directive::Component { subject, bytes });
    }

    #[test]
    fn assertions() {
        let named = |name: &str| Some(name.to_owned());
        let trap = Directive::TrapOnCall { text: "why".to_owned(), on: None };
        assert_eq!(Directive::parse("(assert_trap (invoke \"f\") \"why\")"), trap);
        assert_eq!(Directive::parse("(assert_return (invoke $a \"f\"))"), Directive::Call { on: named("a") });
        let instance = Directive::Instantiate { name: named("a"), of: named("b") };
        assert_eq!(Directive::parse("(component instance $a $b)"), instance);
        assert!(matches!(Directive::parse("(assert_nothing)"), Directive::Unknown(_)));
    }
}
