//! What stands for the type parameters of a call while it is being inferred, and what is known of each?
//!
//! ```go
//! slices.Contains(xs, 0) // stand-ins for S and E, so that a generic function can call itself
//! ```
//!
//! Not here: how they are found (`infer`).

use crate::types::Types;
use crate::types::generic::View;
use crate::types::ty::{Kind, Type, TypeParam};

/// The type parameters of one function and their stand-ins.
pub(in crate::types) struct StandIns<'l> {
    pub(super) params: &'l [Type],
    pub(super) given: &'l [Type],
    pub(super) own: Vec<Type>,
}

impl StandIns<'_> {
    /// The type with the stand-ins in place of the originals, and given arguments in place of stand-ins.
    pub(super) fn put_in(&self, types: &Types<'_>, ty: Type) -> Type {
        types.subst(types.subst(ty, self.params, &self.own), &self.own[..self.given.len()], self.given)
    }
}

/// The type parameters to be found and what is known of them from the start.
#[derive(Default)]
pub(in crate::types) struct Slots {
    pub(super) bound: Vec<Type>,
    pub(super) slots: Vec<Slot>,
}

impl Slots {
    /// Makes stand-ins for type parameters; their constraints mention each other and not the originals. No file is so long that a declared type
    /// parameter could have such an offset.
    pub(super) fn add<'l>(
        &mut self,
        view: &mut View<'_, '_>,
        params: &'l [Type],
        given: &'l [Type],
        receiver: (&[Type], &[Type]),
    ) -> Option<StandIns<'l>> {
        let types = view.types;
        if given.len() > params.len() {
            return None;
        }
        let mut own = Vec::new();
        for (at, &param) in params.iter().enumerate() {
            let Kind::Param(original) = types.kind(param) else { return None };
            let stand_in = types.make(Kind::Param(TypeParam { offset: u32::MAX - self.bound.len() as u32, ..*original }));
            own.push(stand_in);
            self.bound.push(stand_in);
            self.slots.push(Slot { ty: given.get(at).copied(), given: at < given.len(), ..Slot::default() });
        }
        for (&param, &stand_in) in params.iter().zip(&own) {
            let constraint = types.subst(view.constraint(param), params, &own);
            view.constraints.insert(stand_in, types.subst(constraint, receiver.0, receiver.1));
        }
        Some(StandIns { params, given, own })
    }
}

/// What was found for a type parameter, or for several that must be the same.
#[derive(Clone, Copy, Default)]
pub(in crate::types) struct Slot {
    pub(super) ty: Option<Type>,
    /// The code writes it.
    pub(super) given: bool,
    /// It is identical to a part of something.
    pub(super) certain: bool,
    /// Something unknown may say more about it.
    pub(super) doubtful: bool,
}
