//! May something elsewhere see to it that few clients come to a handler, or none for long?
//!
//! ```go
//! func allowed(r *http.Request) bool { return list[r.RemoteAddr] } // a middleware may ask this before
//! http.ListenAndServe("localhost:8080", nil)                        // few clients can come
//! ```
//!
//! Asked of what makes the key, wherever a function asks the same of its request; and of a client's address, whether any can come.
//!
//! Not here: the conditions on the way from the handler to what it does (`reach`).

use super::site::Site;
use crate::ast::{Expr, ExprId, Node, Stmt};
use crate::parse::DeclKind;
use crate::project::{DeclId, PackageId};
use crate::rule::Pass;
use crate::sema::Callee;
use crate::types::Constant;

/// What libraries call a client's address.
const ADDRESSES: &[&str] = &["RemoteAddr", "RemoteIP", "ClientIP", "RealIP", "IP"];

/// What answers a request with a refusal, and what functions return that tell whether to.
const REFUSALS: &[&str] = &[
    ") bool {",
    ") error {",
    ", error) {",
    ", bool) {",
    "http.Error(",
    "WriteHeader(",
    "Abort",
    "Forbidden",
    "Unauthorized",
    "NotFound",
    "Redirect(",
];

const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// How a request's form is changed: a word of it, and how it stands there.
const REPLACE_FORM: &[(&str, &str)] = &[
    ("Form", ".Form = "),
    ("Form", ".Form.Set("),
    ("Form", ".Form.Del("),
    ("PostForm", ".PostForm = "),
    ("PostForm", ".PostForm.Set("),
    ("RawQuery", ".URL.RawQuery = "),
];

/// How a handler asks for a field, and how a middleware goes on.
const FIELDS: &[&str] = &["FormValue", "PostFormValue", "Get"];
const PASSES_ON: &[&str] = &["ServeHTTP(", "Next(", "next("];

/// What stands in functions that get requests.
const HANDLES: &[&str] = &["http.ResponseWriter", "http.Handler", "gin.Context", "echo.Context", "fiber.Ctx"];

/// How a line begins that decides something, or what it has in it.
const ASKS: &[&str] = &["if ", "switch ", "return ", "for "];
const DECIDES: &[&str] = &[" := ", " = ", " == ", " != "];

/// Addresses that only clients on the same machine can reach, in what starts to listen.
const LOCAL: &[&str] =
    &["\"localhost:", "\"127.0.0.1:", "\"[::1]:", "\"unix\"", "IPv4(127,", "ListenUnix(", "FileListener(", "ParseIP(\"127.0.0.1\")"];
/// Names of this machine, in what joins one with a port, or declares it.
const HOSTS: &[&str] = &["\"localhost\"", "\"127.0.0.1\"", "\"::1\""];
const LISTENS: &[&str] = &["ListenAndServe", "ListenAndServeTLS", "Listen", "ListenUnix", "FileListener", "Run", "Start", "Server"];

/// Whether a container may have few keys after all.
pub(super) fn may_be_bounded(pass: &Pass, site: &Site) -> bool {
    let own = site.decls();
    if site.is_handler() && asks_what_cannot_be(pass, site, &own) {
        return true;
    }
    let Some(input) = input(pass, site).filter(|_| site.is_handler()) else { return false };
    let is_address = ADDRESSES.iter().any(|word| input.trim_end_matches("()") == *word);
    asks(pass, &input, &own) || is_replaced(pass, &input) || is_address && is_local(pass)
}

/// Whether a function of the program puts something else in place of what the client sent: `r.RemoteAddr = ""` in a middleware.
fn is_replaced(pass: &Pass, input: &str) -> bool {
    let (name, argument) = input.split_once('(').map_or((input, ""), |(name, rest)| (name, rest.trim_end_matches(')')));
    let form = || REPLACE_FORM.iter().map(|&(word, way)| (word, way.to_owned()));
    let ways: Vec<(&str, String)> = match name {
        "FormValue" | "PostFormValue" => form().collect(),
        "Get" => form().chain(["Set", "Del"].map(|way| ("Header", format!(".Header.{way}({argument}")))).collect(),
        "PathValue" => vec![("SetPathValue", ".SetPathValue(".to_owned())],
        _ => vec![(name, format!(".{name} = "))],
    };
    // An outgoing request is changed elsewhere.
    let replaces = |decl: DeclId, way: &str| {
        let text = pass.project().text(decl);
        text.contains(way) && HANDLES.iter().any(|word| text.contains(word))
    };
    let found = || ways.iter().flat_map(|(word, way)| all(pass, word).filter(|&decl| replaces(decl, way)).collect::<Vec<_>>()).collect();
    !pass.module().once("what replaces an input", input, found).is_empty()
}

/// Whether the way there asks for a method or path other than those that the handler is registered for.
fn asks_what_cannot_be(pass: &Pass, site: &Site, own: &[DeclId]) -> bool {
    let routes: Vec<Route> =
        pass.module().registrations(pass.sema(), &site.entry).iter().map(|&(decl, call)| Route::of(pass, decl, call)).collect();
    let asked = |word: &str| own.iter().any(|&decl| is_asked_for(pass, decl, word));
    let is_other = routes.iter().all(Route::has_method) && asked(".Method") || routes.iter().all(Route::is_whole_path) && asked("URL.Path");
    !routes.is_empty() && is_other
}

/// Whether a condition or a `switch` of a function has a word.
fn is_asked_for(pass: &Pass, decl: DeclId, word: &str) -> bool {
    let tree = pass.sema().tree(decl);
    tree.stmts.iter().any(|stmt| match *stmt {
        Stmt::If { cond: asked, .. } | Stmt::Switch { tag: Some(asked), .. } => pass.text(decl, Node::Expr(asked)).contains(word),
        _ => false,
    })
}

/// What a handler is registered for.
struct Route<'p> {
    /// The name of what is called: `HandleFunc`.
    name: &'p str,
    pattern: String,
}

impl<'p> Route<'p> {
    fn of(pass: &Pass<'p>, decl: DeclId, call: ExprId) -> Route<'p> {
        let tree = pass.sema().tree(decl);
        let Expr::Call { fun, args, .. } = tree.expr(call) else { return Route { name: "", pattern: String::new() } };
        let name = match *tree.expr(*fun) {
            Expr::Selector { sel, .. } => tree.ident(sel),
            _ => tree.ident(*fun),
        };
        let pattern = args.first().and_then(|&arg| match pass.sema().types.info(decl).constant(arg) {
            Some(Constant::Str(text)) => Some(String::from_utf8_lossy(text).into_owned()),
            _ => None,
        });
        Route { name: name.unwrap_or_default(), pattern: pattern.unwrap_or_default() }
    }

    /// `mux.HandleFunc("GET /x", h)`, `router.GET("/x", h)`, `router.HandleFunc("/x", h).Methods("GET")`
    fn has_method(&self) -> bool {
        self.name == "Methods"
            || METHODS.iter().any(|method| self.name.eq_ignore_ascii_case(method) || self.pattern.starts_with(&format!("{method} ")))
    }

    /// `mux.HandleFunc("/x", h)`: no path below it.
    fn is_whole_path(&self) -> bool {
        self.pattern.contains('/') && !self.pattern.ends_with(['/', '}', '*'])
    }
}

/// How a request is asked for what makes the key, without the request: `RemoteAddr`, `FormValue("name")`.
fn input(pass: &Pass, site: &Site) -> Option<String> {
    let (decl, node) = site.input()?;
    let text = pass.text(decl, node);
    let at = text.find('(').unwrap_or(text.len());
    Some(text[text[..at].rfind('.')? + 1..].to_owned())
}

/// Whether another function asks for it, itself or through a function that returns it, and may refuse. One that only writes it down does not
/// ask, nor does another handler, which nobody comes past.
fn asks(pass: &Pass, input: &str, own: &[DeclId]) -> bool {
    let asking = pass.module().once("what asks for an input and may refuse", input, || asking(pass, input));
    asking.iter().any(|decl| !own.contains(decl))
}

fn asking(pass: &Pass, input: &str) -> Vec<DeclId> {
    let inputs = same_inputs(input);
    let name_of = |input: &str| input.split(['(', '[']).next().unwrap_or(input).to_owned();
    let mentions = |input: &String| {
        let name = name_of(input);
        let found = all(pass, &name).filter(|&decl| pass.project().text(decl).contains(input.as_str()));
        found.collect::<Vec<_>>()
    };
    let mentioning: Vec<DeclId> = inputs.iter().flat_map(mentions).collect();
    // `clientIP`, which returns it
    let helpers = mentioning.iter().filter(|&&decl| {
        let outline = pass.project().decl(decl);
        let returns = |head: &str| head.contains(" string") || head.contains("(string") || head.contains(" bool)");
        outline.kind == DeclKind::Func && pass.project().text(decl).lines().next().is_some_and(returns)
    });
    let mut words: Vec<String> = helpers.filter_map(|&decl| Some(format!("{}(", pass.project().decl(decl).names.first()?.0))).collect();
    let through: Vec<DeclId> = words.iter().flat_map(|word| all(pass, word.trim_end_matches('('))).collect();
    words.extend(inputs);
    let asks = |decl: DeclId| {
        let text = pass.project().text(decl);
        let is_asked = |line: &str| {
            let decides =
                ASKS.iter().any(|asks| line.trim_start().starts_with(asks)) || DECIDES.iter().any(|decides| line.contains(decides));
            decides && words.iter().any(|word| line.contains(word.as_str()))
        };
        let passes_on = || PASSES_ON.iter().any(|word| text.contains(word)) || !pass.sema().is_handler(decl, None);
        REFUSALS.iter().any(|refusal| text.contains(refusal)) && text.lines().any(is_asked) && passes_on()
    };
    mentioning.into_iter().chain(through).filter(|&decl| asks(decl)).collect()
}

/// The ways to ask for the same: a field of the form or of the address.
fn same_inputs(input: &str) -> Vec<String> {
    let Some((name, argument)) = input.split_once('(').filter(|(name, _)| FIELDS.contains(name)) else { return vec![input.to_owned()] };
    let argument = argument.trim_end_matches(')');
    FIELDS.iter().map(|other| format!("{other}({argument})")).chain([format!("Form[{argument}]"), format!("{name}({argument})")]).collect()
}

/// Whether the program listens where only clients on the same machine can come, as far as its `main` package or what starts to listen says so,
/// and nothing that it calls listens for all.
fn is_local(pass: &Pass) -> bool {
    !pass.module().once("what listens for this machine only", "", || local(pass)).is_empty()
}

fn local(pass: &Pass) -> Vec<DeclId> {
    let project = pass.project();
    let for_all = |decl: DeclId| {
        let sema = pass.sema();
        let tree = sema.tree(decl);
        tree.index.calls.iter().any(|&call| {
            let Expr::Call { args, .. } = tree.expr(call) else { return false };
            let first = args.first().map_or("", |&arg| pass.text(decl, Node::Expr(arg)));
            let is_port = first.starts_with("\":") || first.starts_with("\"0.0.0.0:");
            is_port && matches!(sema.callee(decl, call), Callee::Function(function) if sema.facts.serves(&function.key))
        })
    };
    if ["ListenAndServe", "ListenAndServeTLS"].iter().flat_map(|word| all(pass, word)).any(for_all) {
        return Vec::new();
    }
    let says = |decl: DeclId| {
        let text = project.text(decl);
        let joins = project.decl(decl).kind != DeclKind::Func || text.contains("JoinHostPort(");
        LOCAL.iter().any(|local| text.contains(local)) || joins && HOSTS.iter().any(|host| text.contains(host))
    };
    let mains = (0..project.packages.len() as u32).map(PackageId).filter(|&package| project.package(package).name == "main");
    let mut in_mains =
        mains.flat_map(|package| &project.package(package).files).filter(|&&file| !project.file(file).test).flat_map(|&file| {
            let count = project.file(file).outline.decls.len() as u32;
            (0..count).map(move |index| DeclId { file, index })
        });
    in_mains
        .find(|&decl| says(decl))
        .or_else(|| LISTENS.iter().flat_map(|word| all(pass, word)).find(|&decl| says(decl)))
        .into_iter()
        .collect()
}

/// The declarations of the analysed code that may have a name, tests apart.
pub(super) fn all<'a>(pass: &'a Pass, word: &'a str) -> impl Iterator<Item = DeclId> + 'a {
    let packages = (0..pass.project().packages.len() as u32).map(PackageId);
    let decls = packages.flat_map(move |package| pass.sema().decls_that_mention(package, word));
    decls.filter(|decl| !pass.project().file(decl.file).test)
}
