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
use crate::ast::{Expr, ExprId};
use crate::parse::DeclKind;
use crate::project::{DeclId, PackageId};
use crate::rule::Pass;
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

/// How a line begins that decides something, or what it has in it.
const ASKS: &[&str] = &["if ", "switch ", "return ", "for "];
const DECIDES: &[&str] = &[" := ", " = ", " == ", " != "];

/// Addresses that only clients on the same machine can reach, in what starts to listen.
const LOCAL: &[&str] = &["\"localhost:", "\"127.0.0.1:", "\"[::1]:", "\"unix\"", "IPv4(127,", "ListenUnix(", "FileListener("];
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
    let ways: Vec<(&str, String)> = match name {
        "FormValue" | "PostFormValue" => REPLACE_FORM.iter().map(|&(word, way)| (word, way.to_owned())).collect(),
        "Get" => REPLACE_FORM
            .iter()
            .map(|&(word, way)| (word, way.to_owned()))
            .chain(["Set", "Del"].map(|way| ("Header", format!(".Header.{way}({argument}"))))
            .collect(),
        "PathValue" => vec![("SetPathValue", ".SetPathValue(".to_owned())],
        _ => vec![(name, format!(".{name} = "))],
    };
    ways.iter().any(|(word, way)| all(pass, word).any(|decl| pass.project().text(decl).contains(way.as_str())))
}

/// Whether the way there asks for a method or path other than those that the handler is registered for.
fn asks_what_cannot_be(pass: &Pass, site: &Site, own: &[DeclId]) -> bool {
    let routes: Vec<Route> =
        pass.module().registrations(pass.sema(), &site.entry).iter().map(|&(decl, call)| Route::of(pass, decl, call)).collect();
    let text = |word: &str| own.iter().any(|&decl| pass.project().text(decl).contains(word));
    let is_other = routes.iter().all(Route::has_method) && text(".Method") || routes.iter().all(Route::is_whole_path) && text("URL.Path");
    !routes.is_empty() && is_other
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
/// ask.
fn asks(pass: &Pass, input: &str, own: &[DeclId]) -> bool {
    let name = input.split('(').next().unwrap_or(input);
    let mentioning: Vec<DeclId> = all(pass, name).filter(|&decl| pass.project().text(decl).contains(input)).collect();
    // `clientIP`, which returns it
    let helpers = mentioning.iter().filter(|&&decl| {
        let outline = pass.project().decl(decl);
        outline.kind == DeclKind::Func && pass.project().text(decl).lines().next().is_some_and(|head| head.contains(" string"))
    });
    let mut words: Vec<String> = helpers.filter_map(|&decl| Some(format!("{}(", pass.project().decl(decl).names.first()?.0))).collect();
    words.push(input.to_owned());
    let asking = |decl: &DeclId| {
        let text = pass.project().text(*decl);
        let is_asked = |line: &str| {
            let decides =
                ASKS.iter().any(|asks| line.trim_start().starts_with(asks)) || DECIDES.iter().any(|decides| line.contains(decides));
            decides && words.iter().any(|word| line.contains(word.as_str()))
        };
        REFUSALS.iter().any(|refusal| text.contains(refusal)) && text.lines().any(is_asked)
    };
    let through: Vec<DeclId> = words.iter().flat_map(|word| all(pass, word.trim_end_matches('('))).collect();
    mentioning.iter().chain(&through).filter(|decl| !own.contains(decl)).any(asking)
}

/// Whether the program listens where only clients on the same machine can come, as far as its `main` package or what starts to listen says so.
fn is_local(pass: &Pass) -> bool {
    let project = pass.project();
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
    in_mains.any(says) || LISTENS.iter().flat_map(|word| all(pass, word)).any(says)
}

/// The declarations of the analysed code that may have a name, tests apart.
pub(super) fn all<'a>(pass: &'a Pass, word: &'a str) -> impl Iterator<Item = DeclId> + 'a {
    let packages = (0..pass.project().packages.len() as u32).map(PackageId);
    let decls = packages.flat_map(move |package| pass.sema().decls_that_mention(package, word));
    decls.filter(|decl| !pass.project().file(decl.file).test)
}
