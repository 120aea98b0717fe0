//! In which build is a file looked at? Names mean different things on different platforms; in one build they mean one.
//!
//! ```go
//! // open_windows.go uses handle: the one of handle_windows.go, not of handle_unix.go
//! ```
//!
//! Not here: which builds a file is in (`project::constraint`).

use super::Types;
use super::memo::Memo;
use crate::project::{Build, DeclId};
use crate::source::FileId;

/// The number of a build; 0 is the usual one, linux/amd64 with cgo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BuildId(u32);

/// The builds that files are looked at in.
pub(super) struct Builds {
    of_file: Memo<FileId, BuildId>,
    numbers: Memo<Build, u32>,
    builds: boxcar::Vec<Build>,
}

impl Builds {
    pub(super) fn new() -> Builds {
        let builds = Builds { of_file: Memo::new(), numbers: Memo::new(), builds: boxcar::Vec::new() };
        builds.number(Build::default());
        builds
    }

    fn number(&self, build: Build) -> BuildId {
        BuildId(*self.numbers.get_or(build.clone(), || self.builds.push(build) as u32))
    }
}

impl Types<'_> {
    /// The build in which a file is looked at; a file that no build has is looked at in the usual one.
    pub fn build_of(&self, file: FileId) -> BuildId {
        let build = || self.project.file(file).constraint.build().map_or_else(BuildId::default, |build| self.builds.number(build));
        *self.builds.of_file.get_or(file, build)
    }

    /// What a build is.
    pub(super) fn build(&self, id: BuildId) -> &Build {
        self.builds.builds.get(id.0 as usize).expect("invariant: numbers are given to builds only")
    }

    /// Whether a declaration is there for a file that is looked at in a build. Test files are seen by the tests of their directory.
    pub(super) fn is_visible(&self, decl: DeclId, from: FileId, build: BuildId) -> bool {
        if decl.file == from {
            return true;
        }
        let (there, here) = (self.project.file(decl.file), self.project.file(from));
        if there.test && !(here.test && there.source.path.parent() == here.source.path.parent()) {
            return false;
        }
        there.constraint.holds(self.build(build))
    }
}
