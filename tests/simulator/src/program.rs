//! The engine as a program: `dcgm-simulated-engine`.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::sync::Arc;

use crate::Flavour;
use crate::host::Host;
use crate::net::Address;
use crate::process::PROCESS;

const HELP: &str = "\
A simulated DCGM host engine. Nothing it says is about real GPUs.

  --listen ADDRESS   host:port or unix:///path (localhost:5555); port 0: any
  --host NAME        8xh100, 8xh100-mig7, gb200, 1xl4, consumer, recorded:N, none (8xh100)
  --scenario NAME    steady, training, nvlink, hbm-ecc, thermal, xid79, ... (steady)
  --flavour VERSION  4.6 or 3.3.9 (4.6)
  --began MICROS     when the host's time began, since 1970 (now); the same for each engine of a host
  --until-eof        end with standard input

Commands on standard input, one a line: advance MICROS, stop [MICROS], run, freeze, thaw, host NAME, open, quit.
";

struct Options {
    address: String,
    host: String,
    scenario: Option<String>,
    flavour: Flavour,
    began: Option<i64>,
    until_eof: bool,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut options = Self {
            address: "localhost:5555".to_owned(),
            host: "8xh100".to_owned(),
            scenario: None,
            flavour: Flavour::V4_6,
            began: None,
            until_eof: false,
        };
        while let Some(name) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or_else(|| format!("{name} wants a value"))
            };
            match name.as_str() {
                "--listen" => options.address = value()?,
                "--host" => options.host = value()?,
                "--scenario" => options.scenario = Some(value()?),
                "--flavour" => {
                    let version = value()?;
                    options.flavour =
                        Flavour::by_name(&version).ok_or(format!("no flavour {version}"))?;
                }
                "--began" => {
                    options.began = Some(
                        value()?
                            .parse()
                            .map_err(|error| format!("--began: {error}"))?,
                    );
                }
                "--until-eof" => options.until_eof = true,
                "--help" => return Ok(None),
                other => return Err(format!("unknown option {other}; --help lists them")),
            }
        }
        Ok(Some(options))
    }
}

/// Runs the engine until it is killed or receives the command to end. `arguments` are those after the program's
/// name.
///
/// When it listens, it prints one line: `SIMULATED dcgm engine VERSION at ADDRESS`.
pub fn run_engine(arguments: impl Iterator<Item = String>) -> ExitCode {
    let outcome = Options::parse(arguments).and_then(|options| match options {
        Some(options) => serve(&options),
        None => say(HELP),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without standard error the message has no reader.
            let _ = writeln!(io::stderr(), "dcgm-simulated-engine: {error}");
            ExitCode::FAILURE
        }
    }
}

fn say(text: &str) -> Result<(), String> {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    written.map_err(|error| error.to_string())
}

fn serve(options: &Options) -> Result<(), String> {
    let host = match &options.scenario {
        Some(scenario) => format!("{},{scenario}", options.host),
        None => options.host.clone(),
    };
    crate::source::by_name(&host, 0).ok_or(format!("no host {host}"))?;
    let address = Address::parse_uri_any_port(&options.address);
    let address = address.ok_or(format!("not an address: {}", options.address))?;
    PROCESS.set_flavour(options.flavour);
    PROCESS.set_host_since(host, options.began);
    let served = PROCESS.serve(&address, options.flavour);
    let (_, port) = served.ok_or(format!("cannot listen at {}", options.address))?;
    let shown_address = match &address {
        Address::Tcp(host, _) => format!("{host}:{port}"),
        Address::Unix(path) => format!("unix://{path}"),
    };
    say(&format!(
        "SIMULATED dcgm engine {} at {shown_address}",
        options.flavour.version()
    ))?;
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        if !obey(&line)? {
            return Ok(());
        }
    }
    if options.until_eof {
        return Ok(());
    }
    loop {
        std::thread::park();
    }
}

/// Executes a command; returns `false` if it was the command to end.
fn obey(line: &str) -> Result<bool, String> {
    let (command, argument) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
    let number = || {
        argument
            .parse::<i64>()
            .map_err(|error| format!("{command}: {error}"))
    };
    let freeze = |frozen| PROCESS.for_each_host(|host| host.with(|engine| engine.frozen = frozen));
    match command {
        "" => {}
        "advance" => {
            let mut hosts = Vec::new();
            PROCESS.for_each_host(|host| hosts.push(Arc::clone(host)));
            Host::advance(&hosts, &PROCESS.clock, number()?);
        }
        "stop" if argument.is_empty() => PROCESS.clock.stop_at(PROCESS.clock.now()),
        "stop" => PROCESS.clock.stop_at(number()?),
        "run" => PROCESS.clock.run(),
        "freeze" => freeze(true),
        "thaw" => freeze(false),
        "host" => {
            crate::source::by_name(argument, 0).ok_or(format!("no host {argument}"))?;
            PROCESS.change_host(argument);
        }
        "open" => {
            let mut lines = Vec::new();
            PROCESS.for_each_host(|host| {
                let [groups, field_groups, watches, _endless] = host.with(|engine| engine.open());
                lines.push(format!(
                    "open groups {groups} field-groups {field_groups} watches {watches}"
                ));
            });
            let (_, connections) = PROCESS.open_links();
            return say(&format!("{} connections {connections}", lines.join(" "))).map(|()| true);
        }
        "quit" => return Ok(false),
        other => return Err(format!("unknown command {other}")),
    }
    say(&format!("done {command}")).map(|()| true)
}
