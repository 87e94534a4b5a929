//! A script as text, cut into its top-level forms.
//!
//! In: the text of a `.wast` file. Out: one [`Form`] per top-level parenthesis, with its line. Only the lexer
//! of the `wast` crate is used: a form that the parser of this version does not know is then one directive
//! that cannot run, not a file that cannot be read.

use wast::lexer::{Lexer, TokenKind};

/// One top-level form of a script.
#[derive(Debug, Clone, Copy)]
pub struct Form<'a> {
    /// Line of its first parenthesis, counted from 1.
    pub line: usize,
    /// Its text, with both parentheses.
    pub text: &'a str,
}

/// The top-level forms of `script`, in order.
pub fn forms(script: &str) -> Result<Vec<Form<'_>>, wast::Error> {
    let mut lexer = Lexer::new(script);
    lexer.allow_confusing_unicode(true);
    let mut forms = Vec::new();
    let (mut depth, mut start) = (0usize, 0usize);
    for token in lexer.iter(0) {
        let token = token?;
        match token.kind {
            TokenKind::LParen => {
                if depth == 0 {
                    start = token.offset;
                }
                depth += 1;
            }
            TokenKind::RParen => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    let line = 1 + script[..start].bytes().filter(|&byte| byte == b'\n').count();
                    forms.push(Form { line, text: &script[start..=token.offset] });
                }
            }
            _ => {}
        }
    }
    Ok(forms)
}

#[cfg(test)]
mod tests {
    use super::forms;

    #[test]
    fn lines_strings_and_comments() {
        let script = ";; (not this)\n(a \")\" (b))\n(; nor (this) ;)  (c\n  d)\n";
        let found: Vec<_> = forms(script).unwrap().iter().map(|f| (f.line, f.text)).collect();
        assert_eq!(found, [(2, "(a \")\" (b))"), (3, "(c\n  d)")]);
    }
}
