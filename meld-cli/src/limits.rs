//! How much a fusion may make, as the command line says: options of `fuse` and of `inspect`.

use meld_core::{Fuser, Limit};

/// Limits.
#[derive(clap::Args)]
pub(crate) struct Limits {
    /// Let a fusion make up to N of a kind of thing. NAME is `instances`, `definitions`, `exports`, `functions`,
    /// `entities`, `bytes`, `instructions` or `types`; the error for too many says which, and where
    #[arg(long, value_name = "NAME=N", value_parser = parse_limit)]
    limit: Vec<(Limit, u64)>,
}

impl Limits {
    /// Hands the options on.
    pub(crate) fn apply(&self, fuser: &mut Fuser) {
        for (limit, most) in &self.limit {
            fuser.limit(*limit, *most);
        }
    }
}

/// Parses `NAME=N`.
fn parse_limit(text: &str) -> Result<(Limit, u64), String> {
    let (name, number) = text.split_once('=').ok_or("expected NAME=N")?;
    let number = number.parse().map_err(|_| format!("`{number}` is not a number"))?;
    Ok((name.parse()?, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits() {
        assert_eq!(parse_limit("exports=7"), Ok((Limit::Exports, 7)));
        for wrong in ["exports", "exports=", "exports=x", "exports=-1", "nothing=1"] {
            assert!(parse_limit(wrong).is_err(), "{wrong}");
        }
    }

    /// The help names all of them.
    #[test]
    fn help_is_complete() {
        let command = <Limits as clap::Args>::augment_args(clap::Command::new("meld"));
        let help = command.get_arguments().find_map(|arg| arg.get_help()).expect("it has a help").to_string();
        for limit in Limit::ALL {
            assert!(help.contains(&format!("`{}`", limit.name())), "{limit}");
        }
    }
}
