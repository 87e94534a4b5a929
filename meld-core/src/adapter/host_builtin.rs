//! Built-ins of the principal, which the host carries out.
//!
//! In: a [`HostBuiltin`]. Out: its core signature (`CanonicalABI.md`, "Canonical Definitions"). The function itself is an import of the fused
//! module: the built-in works on the state of the component around it, which is that of the principal.

use super::Adapters;
use crate::abi::Pointer;
use crate::abi::types::{FuncType, TypeDef, ValType as InterfaceType};
use crate::dfg::{HostBuiltin, HostBuiltinKind as Kind};
use wasm_encoder::ValType::{self, I32, I64};

impl Adapters<'_> {
    /// Core parameters and results of a built-in whose memory has 32-bit addresses.
    pub(super) fn host_builtin_signature(&self, builtin: &HostBuiltin) -> (Vec<ValType>, Vec<ValType>) {
        let (params, results): (&[ValType], &[ValType]) = match builtin.kind {
            Kind::TaskReturn => return (self.task_return_params(builtin.ty), Vec::new()),
            Kind::ThreadNewIndirect => {
                let params = builtin.start.iter().flat_map(|start| [start.index, start.closure]);
                return (params.map(Pointer::core_type).collect(), vec![I32]);
            }
            Kind::TaskCancel => (&[], &[]),
            Kind::StreamNew | Kind::FutureNew => (&[], &[I64]),
            Kind::StreamRead | Kind::StreamWrite => (&[I32, I32, I32], &[I32]),
            Kind::FutureRead
            | Kind::FutureWrite
            | Kind::ErrorContextNew
            | Kind::WaitableSetWait
            | Kind::WaitableSetPoll => (&[I32, I32], &[I32]),
            Kind::StreamForward | Kind::FutureForward | Kind::ErrorContextDebugMessage | Kind::WaitableJoin => {
                (&[I32, I32], &[])
            }
            Kind::SubtaskCancel { .. }
            | Kind::StreamCancelRead { .. }
            | Kind::StreamCancelWrite { .. }
            | Kind::FutureCancelRead { .. }
            | Kind::FutureCancelWrite { .. }
            | Kind::ThreadSuspendThenResume
            | Kind::ThreadYieldThenResume
            | Kind::ThreadSuspendThenPromote
            | Kind::ThreadYieldThenPromote => (&[I32], &[I32]),
            Kind::SubtaskDrop
            | Kind::StreamDropReadable
            | Kind::StreamDropWritable
            | Kind::FutureDropReadable
            | Kind::FutureDropWritable
            | Kind::ErrorContextDrop
            | Kind::WaitableSetDrop
            | Kind::ThreadResumeLater => (&[I32], &[]),
            Kind::WaitableSetNew | Kind::ThreadIndex | Kind::ThreadYield | Kind::ThreadSuspend => (&[], &[I32]),
        };
        (params.to_vec(), results.to_vec())
    }

    /// Whether a built-in reads or writes strings in memory: a result, the elements of a stream, the value of a future, a message.
    pub(super) fn host_builtin_has_strings(&self, builtin: &HostBuiltin) -> bool {
        let value = match builtin.ty {
            Some(InterfaceType::Def(id)) => match self.abi.types()[id] {
                TypeDef::Stream(element) | TypeDef::Future(element) => element,
                _ => builtin.ty,
            },
            ty => ty,
        };
        matches!(builtin.kind, Kind::ErrorContextNew | Kind::ErrorContextDebugMessage)
            || value.is_some_and(|ty| self.abi.facts(ty).has_strings)
    }

    /// The result of a function comes to `task.return` as the parameters of a lifted function do.
    pub(super) fn task_return_params(&self, result: Option<InterfaceType>) -> Vec<ValType> {
        let params = result.map(|ty| (String::new(), ty)).into_iter().collect();
        let ty = FuncType { is_async: false, params, result: None };
        self.abi.signature(&ty, crate::abi::signature::CanonSide::Lift).params
    }
}
