//! What the facts say, and how they are read.
//!
//! Not here: whether Go's own declarations agree with them (`tests/oracle`).

use goleaklint::facts::{EffectKind, ErrorResult, Facts, Kind, Owned, Release, Target};

#[test]
fn an_opened_file_is_owned_unless_there_is_an_error() {
    let facts = Facts::shipped();
    let [resource] = facts.acquires("os.Open") else { panic!("one resource") };
    assert_eq!((resource.owned, resource.error, resource.kind), (Owned::Result(0), ErrorResult::Last, Kind::Fd));
    assert_eq!((resource.noun.as_str(), resource.rule.as_str()), ("*os.File", "file-not-closed"));
    assert_eq!(resource.release, [Release::Method("Close".into())]);
    assert_eq!(facts.results("os.Open").unwrap(), ["*os.File", "error"]);
}

#[test]
fn a_pipe_is_two_resources() {
    let owned: Vec<Owned> = Facts::shipped().acquires("os.Pipe").iter().map(|resource| resource.owned).collect();
    assert_eq!(owned, [Owned::Result(0), Owned::Result(1)]);
}

#[test]
fn methods_are_found_with_and_without_star() {
    let facts = Facts::shipped();
    assert_eq!(facts.acquires("net/http.(*Client).Do"), facts.acquires("net/http.Client.Do"));
    assert_eq!(facts.acquires("net/http.(*Client).Do")[0].component, ".Body");
    assert!(facts.acquires("net/http.(*Client).Head").is_empty());
}

#[test]
fn releases_follow_from_the_types_that_are_acquired() {
    let facts = Facts::shipped();
    for (of, method, kind) in [
        ("*os.File", "Close", Kind::Fd),
        ("net.Conn", "Close", Kind::Fd),
        ("*database/sql.Rows", "Close", Kind::Fd),
        ("*database/sql.Tx", "Rollback", Kind::Fd),
        ("*time.Ticker", "Stop", Kind::Timer),
        ("sync.Mutex", "Unlock", Kind::Lock),
        ("*sync.RWMutex", "RUnlock", Kind::Lock),
        ("*os/exec.Cmd", "Wait", Kind::Process),
        ("runtime.Pinner", "Unpin", Kind::Memory),
        ("*golang.org/x/sync/semaphore.Weighted", "Release", Kind::Lock),
    ] {
        let released = facts.is_release(of, method).unwrap_or_else(|| panic!("{of}.{method}"));
        assert_eq!((released.kind, released.opaque), (kind, false), "{of}.{method}");
    }
    assert!(facts.is_release("io.ReadCloser", "Close").unwrap().opaque);
    assert!(facts.is_release_call("context.CancelFunc").is_some());
    assert_eq!(facts.is_release_function("syscall.Close").unwrap().noun, "file descriptor");
    assert!(facts.is_release_function("C.free").is_some());
    assert!(facts.is_release("*os.File", "Name").is_none());
    assert!(facts.is_release("int", "Close").is_none());
    assert!(facts.is_release_function("fmt.Println").is_none());
}

#[test]
fn fields_and_variables_have_types() {
    let facts = Facts::shipped();
    assert_eq!(facts.field("*net/http.Response", "Body").unwrap(), "io.ReadCloser");
    // Those of the standard library are in its API.
    assert_eq!(facts.field("os/exec.Cmd", "Process"), None);
    let of_user = Facts::parse("[fields]\n\"ex.com/db.Default\" = \"*ex.com/db.Conn\"\n").unwrap();
    assert_eq!(of_user.variable("ex.com/db.Default").unwrap(), "*ex.com/db.Conn");
}

#[test]
fn some_calls_never_return_repeat_or_spawn() {
    let facts = Facts::shipped();
    assert!(
        facts.never_returns("os.Exit")
            && facts.never_returns("log.(*Logger).Fatalf")
            && facts.never_returns("go.uber.org/zap.(*Logger).Fatal")
    );
    assert!(!facts.never_returns("log.Print"));
    assert!(facts.repeats("path/filepath.WalkDir") && facts.repeats("sync.(*Map).Range"));
    assert_eq!(facts.spawns("sync.(*WaitGroup).Go"), Some(0));
    assert_eq!(facts.spawns("time.AfterFunc"), Some(1));
    assert!(facts.serves("net/http.(*Server).Serve"));
    assert!(
        facts.effects("bytes.TrimSpace").iter().any(|effect| effect.kind == EffectKind::ReturnsAlias && effect.target == Target::Arg(0))
    );
}

#[test]
fn the_major_version_may_be_left_out() {
    let facts = Facts::shipped();
    assert!(!facts.acquires("github.com/jackc/pgx/v5/pgxpool.(*Pool).Acquire").is_empty());
    assert_eq!(facts.results("github.com/jackc/pgx/v5.(*Conn).Query").unwrap().len(), 2);
}

#[test]
fn a_user_writes_the_same_tables() {
    let facts = Facts::parse(
        r#"
[[resource]]
acquire = "github.com/x/y.Open"
release = ["Close", "func:github.com/x/y.Free", "call", "drain:Next", "field:Process.Wait"]
rule = "closer-not-closed"
kind = "fd"
exempt_if = { arg = 0, equals = "HEAD" }

[[effect]]
func = "github.com/x/y.(*T).Scan"
arg = 0
effect = "borrows"

[entry]
noreturn = ["github.com/x/y.Die"]

[results]
"github.com/x/y.Open" = ["*github.com/x/y.DB", "error"]
"#,
    )
    .unwrap();
    assert_eq!(facts.acquires("github.com/x/y.Open")[0].release.len(), 5);
    assert!(facts.is_release("*github.com/x/y.DB", "Close").is_some());
    let all = Facts::shipped().with(&facts);
    assert!(all.never_returns("github.com/x/y.Die") && all.never_returns("os.Exit"));
    assert_eq!(all.effects("github.com/x/y.T.Scan").len(), 1);
}

#[test]
fn a_mistake_is_told_with_its_line_and_the_nearest_name() {
    for (text, line, message, help) in [
        ("[[effect]]\nfunc = \"os.Open\"\neffect = \"borow\"\n", 3, "`borow` is no value of `effect`", "did you mean `borrows`?"),
        ("[[effect]]\nfunk = \"os.Open\"\neffect = \"borrows\"\n", 2, "unknown key `funk`", "did you mean `func`?"),
        ("[entrie]\n", 1, "unknown key `entrie`", "did you mean `entry`?"),
        ("[[effect]]\nfunc = \"x\"\n[entri]\n", 3, "unknown key `entri`", "did you mean `entry`?"),
        (
            "\n[[resource]]\nacquire = \"a.B\"\nrelease = [\"Close\"]\nrule = \"x\"\nkind = \"file\"\n",
            6,
            "`file` is no value of `kind`",
            "there is `fd`, `goroutine`, `memory`, `lock`, `disk`, `timer`, `context`, `process`",
        ),
        ("[results]\n\"os.Open\" = 3\n", 2, "`os.Open` must be a text in quotes or a list of them, not an integer", ""),
        ("[fields]\n\"Body\" = \"x\"\n", 2, "`Body` can be no field and no variable", "write `net/http.Response.Body` or `os.Stdin`"),
    ] {
        let error = Facts::parse(text).unwrap_err();
        assert_eq!((error.line, error.message.as_str(), error.help.as_deref().unwrap_or("")), (line, message, help));
    }
    assert!(Facts::parse("[[resource]\n").is_err());
}

#[test]
fn a_function_is_found_by_the_parts_of_its_name() {
    let facts = Facts::shipped();
    let noun = |path, receiver, name| facts.of(path, receiver, name).map(|facts| facts.resources[0].noun.to_string());
    assert_eq!(noun("os", "", "Open").unwrap(), "*os.File");
    assert_eq!(noun("net/http", "Client", "Do").unwrap(), "response body");
    assert_eq!(noun("net", "Listener", "Accept").unwrap(), "net.Conn", "a method of an interface");
    assert_eq!(noun("github.com/jackc/pgx/v5/pgxpool", "Pool", "Acquire").unwrap(), "*pgxpool.Conn", "with any major version");
    assert!(facts.of("sync/atomic", "Pointer", "Store").is_some(), "a generic type by its name");
    assert!(facts.of("os", "File", "Close").unwrap().releases.is_some());
    assert!(facts.of("context", "CancelFunc", "").unwrap().releases.is_some(), "what calling a value of the type does");
    assert!(facts.of("syscall", "", "Close").unwrap().releases_arg.is_some());
    for (path, receiver, name) in
        [("os", "", "Opn"), ("os", "File", "Open"), ("oss", "", "Open"), ("net/http/v2x", "", "Get"), ("", "", "")]
    {
        assert_eq!(facts.of(path, receiver, name), None, "{path} {receiver} {name}");
    }
}

#[test]
fn every_name_is_found_by_its_parts_and_by_its_key() {
    let facts = Facts::shipped();
    let names = facts.functions();
    assert!(names.len() > 500);
    for name in names {
        let by_parts = facts.of(name.path, name.receiver, name.name).unwrap();
        assert_eq!(by_parts.resources, facts.acquires(&name.key()), "{}", name.key());
        assert_eq!(by_parts.effects, facts.effects(&name.key()), "{}", name.key());
    }
}

#[test]
fn every_acquirer_of_the_standard_library_has_result_types() {
    let facts = Facts::shipped();
    let unknown: Vec<_> = facts
        .functions()
        .into_iter()
        .filter(|name| !name.path.contains('.') && name.path != "C")
        .filter(|name| {
            facts.of(name.path, name.receiver, name.name).is_some_and(|facts| !facts.resources.is_empty() && facts.results.is_none())
        })
        .collect();
    assert_eq!(unknown, []);
}
