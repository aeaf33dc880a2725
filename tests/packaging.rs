//! What can be said of the packaging without a container engine: that it names what is there, and gives away no rights.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use hearth::config::Config;
use hearth::config::load::Sources;
use hearth::http::door::Length;
use hearth::http::operations;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The lines of a file that say something.
fn lines(name: &str) -> Vec<String> {
    let text = text(name).replace("\\\n", " ");
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

fn arguments<'a>(lines: &'a [String], instruction: &str) -> Vec<&'a str> {
    lines.iter().filter_map(|line| line.strip_prefix(instruction)?.strip_prefix(' ')).map(str::trim).collect()
}

#[test]
fn the_image_is_built_in_three_stages_from_pinned_bases() {
    let lines = lines("Dockerfile");
    let bases = arguments(&lines, "FROM");
    assert_eq!(bases, ["node:22-bookworm-slim AS ui", "rust:1.95-bookworm AS daemon", "debian:bookworm-slim"]);
    let manifest: toml::Table = text("Cargo.toml").parse().expect("TOML");
    let rust_version = manifest["workspace"]["package"]["rust-version"].as_str().expect("a version");
    assert!(bases[1].starts_with(&format!("rust:{rust_version}-")), "the image builds with the declared Rust");
}

#[test]
fn everything_that_is_copied_into_the_image_exists_and_is_let_in() {
    let ignored = lines(".dockerignore");
    assert_eq!(ignored[0], "*", "nothing is let in that is not named");
    let lines = lines("Dockerfile");
    let mut copied = Vec::new();
    for copy in arguments(&lines, "COPY").into_iter().filter(|copy| !copy.starts_with("--from")) {
        let words: Vec<&str> = copy.split_whitespace().collect();
        copied.extend(words[..words.len() - 1].iter().map(|path| path.trim_end_matches('/').to_owned()));
    }
    assert!(copied.len() >= 7, "{copied:?}");
    for path in copied {
        let top = path.split('/').next().expect("a name");
        assert!(ignored.contains(&format!("!{top}")), "{path} is kept out by .dockerignore");
        // The pages are a part of their own: a checkout of the daemon alone builds too, only not this image.
        if top != "static" || root().join("static/package.json").exists() {
            assert!(root().join(&path).exists(), "{path} does not exist");
        }
    }
}

#[test]
fn the_image_runs_without_rights_and_knows_its_health() {
    let lines = lines("Dockerfile");
    let user: u32 = arguments(&lines, "USER")[0].parse().expect("a number, so that a cluster can see it is not root");
    assert!(user >= 10_000, "above what hosts give to people and services");
    let last_stage = lines.iter().rposition(|line| line.starts_with("FROM")).expect("a stage");
    assert!(lines[last_stage..].iter().any(|line| line.starts_with("USER ")), "the last stage drops root");
    assert_eq!(arguments(&lines, "VOLUME"), ["/data"]);
    let health = arguments(&lines, "HEALTHCHECK");
    assert!(health[0].contains(r#"CMD ["hearth", "healthcheck""#), "{health:?}");
    let entry = arguments(&lines, "ENTRYPOINT");
    assert!(entry[0].contains(r#""--data-dir", "/data""#) && entry[0].starts_with(r#"["hearth""#), "{entry:?}");
}

#[test]
fn what_the_image_is_told_to_run_is_understood() {
    let lines = lines("Dockerfile");
    let words = |instruction: &str| -> Vec<String> {
        let value = arguments(&lines, instruction)[0];
        serde_json::from_str(&value[value.find('[').expect("a list")..]).expect("JSON")
    };
    let run: Vec<String> = [words("ENTRYPOINT"), words("CMD")].concat();
    for command in [run, words("HEALTHCHECK")] {
        let parsed = hearth::cli::parse_from(&command, Vec::new()).expect("understood");
        assert_eq!(parsed.sources.file.as_deref(), Some(Path::new("/etc/hearth/hearth.toml")), "{command:?}");
    }
}

#[test]
fn compose_takes_every_right_away_and_lets_nobody_in_without_a_login() {
    let lines = lines("compose.yaml");
    for needed in [
        "read_only: true",
        "- ALL",
        "- no-new-privileges:true",
        "- /tmp",
        "- data:/data",
        "- \"c 188:* rw\"",
        "- \"c 166:* rw\"",
        "HEARTH_SERVER__LISTEN: 0.0.0.0:8080",
        "- \"127.0.0.1:8080:8080\"",
    ] {
        assert!(lines.iter().any(|line| line == needed), "{needed} is missing");
    }
    assert!(!lines.iter().any(|line| line.starts_with("privileged")), "no container needs that");
    let text = text("compose.yaml");
    assert!(!text.contains("AUTH__MODE"), "nobody is let in without a login");
    assert!(!text.contains('\t'), "YAML knows no tabs");
}

#[test]
fn what_compose_sets_is_a_sound_configuration() {
    let environment: Vec<(String, String)> = lines("compose.yaml")
        .iter()
        .filter_map(|line| line.split_once(": ").filter(|(name, _)| name.starts_with("HEARTH_")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    assert_eq!(environment.len(), 1);
    let command =
        ["hearth", "serve", "--config", &root().join("etc/hearth.toml").display().to_string()].map(str::to_owned);
    let invocation = hearth::cli::parse_from(command, environment).expect("understood");
    let mut complaints = Vec::new();
    let config = invocation.load(&mut complaints);
    assert!(config.is_ok(), "{}", String::from_utf8_lossy(&complaints));
}

#[test]
fn the_service_runs_what_the_command_line_understands() {
    let lines = lines("etc/hearth.service");
    let command = lines.iter().find_map(|line| line.strip_prefix("ExecStart=")).expect("a command");
    let parsed = hearth::cli::parse_from(command.split(' '), Vec::new()).expect("understood");
    assert_eq!(parsed.command, hearth::cli::Command::Serve);
    assert_eq!(parsed.sources.data_dir.as_deref(), Some(Path::new("/var/lib/hearth")));
    for needed in [
        "User=hearth",
        "NoNewPrivileges=true",
        "ProtectSystem=strict",
        "RestartPreventExitStatus=2",
        "OOMPolicy=continue",
    ] {
        assert!(lines.iter().any(|line| line == needed), "{needed} is missing");
    }
}

#[test]
fn continuous_integration_runs_what_everybody_runs() {
    let path = root().join(".ci/run");
    assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o111, 0o111, "executable");
    assert_eq!(lines(".ci/run").last().map(String::as_str), Some("exec make test"));
    let makefile = text("Makefile");
    let test = makefile.lines().find(|line| line.starts_with("test:")).expect("a target test");
    for part in ["test-rust", "test-ui", "test-python", "test-e2e"] {
        assert!(test.contains(part), "make test leaves out {part}");
        assert!(makefile.contains(&format!("\n{part}:")), "{part} is no target");
    }
}

#[test]
fn both_licences_come_with_it() {
    assert!(text("LICENSE-MIT").starts_with("MIT License"));
    assert!(text("LICENSE-APACHE").contains("Apache License"));
    let manifest: toml::Table = text("Cargo.toml").parse().expect("TOML");
    assert_eq!(manifest["workspace"]["package"]["license"].as_str(), Some("MIT OR Apache-2.0"));
}

/// What stands behind a word that begins a line, without the `;` of nginx.
fn values<'a>(lines: &'a [String], word: &str) -> Vec<&'a str> {
    let behind = lines.iter().filter_map(|line| line.strip_prefix(word)?.strip_prefix(' '));
    behind.map(|rest| rest.trim_end_matches(['{', ';']).trim()).collect()
}

#[test]
fn the_proxies_ask_where_the_daemon_listens_under_a_fixed_name_and_for_nobody_else() {
    let config = Config::default();
    let listen = config.server.listen;
    let (nginx, caddy) = (lines("etc/nginx.conf"), lines("etc/Caddyfile"));
    assert_eq!(values(&nginx, "proxy_pass"), [format!("http://{listen}")]);
    assert_eq!(values(&caddy, "reverse_proxy"), [listen.to_string()]);
    assert_eq!(values(&nginx, "return")[0], "421");
    assert!(nginx.contains(&"listen 443 ssl default_server;".to_owned()));
    assert_eq!(values(&caddy, "respond"), ["421"]);
    let mib = config.limits.import_bytes >> 20;
    assert_eq!(values(&nginx, "client_max_body_size"), [format!("{mib}m")]);
    assert_eq!(values(&caddy, "max_size"), [format!("{mib}MiB")]);
    for (set, whom, scheme) in [
        (values(&nginx, "proxy_set_header"), "$remote_addr", "$scheme"),
        (values(&caddy, "header_up"), "{remote_host}", "{scheme}"),
    ] {
        for header in [
            "Host roastery.example".to_owned(),
            format!("X-Forwarded-For {whom}"),
            format!("X-Forwarded-Proto {scheme}"),
            "X-Forwarded-Host roastery.example".to_owned(),
        ] {
            assert!(set.contains(&header.as_str()), "{header}: {set:?}");
        }
        assert!(set.contains(&"Forwarded \"\"") || set.contains(&"-Forwarded"), "{set:?}");
    }
    for header in ["Upgrade $http_upgrade", "Connection $connection_upgrade"] {
        assert!(values(&nginx, "proxy_set_header").contains(&header), "{header}");
    }
}

#[test]
fn the_proxies_write_no_token_down() {
    let nginx = lines("etc/nginx.conf");
    let servers = nginx.iter().filter(|line| *line == "server {").count();
    assert!(servers > 1, "{nginx:?}");
    assert_eq!(values(&nginx, "access_log"), vec!["off"; servers]);
    let levels: Vec<_> = values(&nginx, "error_log").iter().filter_map(|set| set.rsplit(' ').next()).collect();
    assert_eq!(levels, vec!["emerg"; servers], "below that, the line of the request is written along");
    let caddy = lines("etc/Caddyfile");
    assert_eq!(values(&caddy, "exclude"), ["http.log.error"]);
    assert_eq!(caddy.iter().filter(|line| line.starts_with("log")).count(), 1, "no log of requests");
}

#[test]
fn what_is_said_of_the_daemon_in_the_files_of_proxies_is_understood_by_it() {
    for name in ["etc/nginx.conf", "etc/Caddyfile"] {
        let text = text(name);
        let told = text.lines().filter_map(|line| line.strip_prefix("#   ")).collect::<Vec<_>>().join("\n");
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("hearth.toml");
        fs::write(&file, told).expect("written");
        let config = Config::load(&Sources { file: Some(file), ..Sources::default() }).expect(name);
        let urls: Vec<String> = config.server.public_urls.iter().map(ToString::to_string).collect();
        assert_eq!((urls, config.server.trusted_proxies.len()), (vec!["https://roastery.example".to_owned()], 2));
    }
}

#[test]
fn the_proxies_wait_as_long_as_sockets_and_streams_do() {
    let nginx = lines("etc/nginx.conf");
    assert_eq!(values(&nginx, "location"), ["/"], "whatever path, the same");
    assert_eq!((values(&nginx, "proxy_read_timeout"), values(&nginx, "proxy_buffering")), (vec!["1h"], vec!["off"]));
    assert_eq!(values(&lines("etc/Caddyfile"), "flush_interval"), ["-1"]);
    let endless: Vec<String> = operations::all()
        .iter()
        .filter(|operation| operation.rule().length != Length::Whole)
        .flat_map(|operation| operation.places().collect::<Vec<_>>())
        .collect();
    for name in ["etc/nginx.conf", "etc/Caddyfile"] {
        let text = text(name);
        for path in ["/ws/live", "/latest/ws/tasks", "/api/os/events"] {
            assert!(text.contains(path) && endless.iter().any(|place| place.starts_with(path)), "{name}: {path}");
        }
    }
}
