//! May something elsewhere see to it that few clients come to a handler, or none for long?
//!
//! ```go
//! func allowed(r *http.Request) bool { return list[r.RemoteAddr] } // a middleware may ask this before
//! http.ListenAndServe("localhost:8080", nil)                        // few clients can come
//! ```
//!
//! Asked only of containers with an entry for each client: what else clients send is not bounded by who they are.
//!
//! Not here: the conditions on the way from the handler to what it does (`reach`).

use super::site::Site;
use crate::project::{DeclId, PackageId};
use crate::rule::Pass;
use crate::sema::Callee;

/// What libraries call a client's address.
const ADDRESSES: &[&str] = &["RemoteAddr", "RemoteIP", "ClientIP", "RealIP", "IP"];

/// What answers a request with a refusal, and what functions return that tell whether to.
const REFUSALS: &[&str] =
    &[") bool {", ") error {", ", error) {", ", bool) {", "http.Error(", "WriteHeader(", "Abort", "Forbidden", "Unauthorized"];

/// How a line begins that decides something, or what it has in it.
const ASKS: &[&str] = &["if ", "switch ", "return ", "for "];
const DECIDES: &[&str] = &[" := ", " = ", " == ", " != "];

/// What stands before an address that is only written down.
const WRITES: &[&str] = &["log", "Log", "Print", "printf", "Info", "Warn", "Error", "Debug", "slog", "//"];

/// Addresses that only clients on the same machine can reach, in what starts to listen.
const LOCAL: &[&str] = &["\"localhost:", "\"127.0.0.1:", "\"[::1]:", "\"unix\""];
const LISTENS: &[&str] = &["ListenAndServe", "ListenAndServeTLS", "Listen", "Run", "Start", "Server"];

/// Whether a handler's container may have few keys after all, or the program ends with it.
pub(super) fn may_be_bounded(pass: &Pass, site: &Site) -> bool {
    let own = site.decls();
    own.iter().any(|&decl| ends_program(pass, decl)) || address(pass, site).is_some_and(|word| asks(pass, word, &own) || is_local(pass))
}

/// The name of the address that the key is made of.
fn address(pass: &Pass, site: &Site) -> Option<&'static str> {
    let (decl, node) = site.input()?;
    let text = pass.text(decl, node);
    ADDRESSES.iter().find(|word| text.trim_end_matches("()").ends_with(&format!(".{word}"))).copied()
}

/// Whether another function asks for the address, and may refuse. One that only writes it down does not ask.
fn asks(pass: &Pass, word: &str, own: &[DeclId]) -> bool {
    let is_asked = |line: &str| {
        let (begins, decides) =
            (ASKS.iter().any(|asks| line.trim_start().starts_with(asks)), DECIDES.iter().any(|decides| line.contains(decides)));
        (begins || decides) && line.find(word).is_some_and(|at| !WRITES.iter().any(|writes| line[..at].contains(writes)))
    };
    all(pass, word).filter(|decl| !own.contains(decl)).any(|decl| {
        let text = pass.project().text(decl);
        text.lines().any(is_asked) && REFUSALS.iter().any(|refusal| text.contains(refusal))
    })
}

/// Whether the program listens where only clients on the same machine can come.
fn is_local(pass: &Pass) -> bool {
    let listens = LISTENS.iter().flat_map(|word| all(pass, word));
    listens.into_iter().any(|decl| LOCAL.iter().any(|local| pass.project().text(decl).contains(local)))
}

/// Whether a function ends the program.
fn ends_program(pass: &Pass, decl: DeclId) -> bool {
    let sema = pass.sema();
    sema.tree(decl).index.calls.iter().any(|&call| match sema.callee(decl, call) {
        Callee::Function(function) => function.decls.is_empty() && sema.facts.never_returns(&function.key),
        _ => false,
    })
}

/// The declarations of the analysed code that may have a name, tests apart.
fn all<'a>(pass: &'a Pass, word: &'a str) -> impl Iterator<Item = DeclId> + 'a {
    let packages = (0..pass.project().packages.len() as u32).map(PackageId);
    let decls = packages.flat_map(move |package| pass.sema().decls_that_mention(package, word));
    decls.filter(|decl| !pass.project().file(decl.file).test)
}
