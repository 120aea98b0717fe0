//! Which rules are there? The list of all, and their families' engines.
//!
//! ```go
//! defer f.Close() // in a loop: defer-in-loop
//! ```
//!
//! Not here: what a rule is (`rule`), what is shown of its findings (`engine`).

mod afterfunc_not_stopped;
mod balance;
mod blocked_under_lock;
mod cgo_handle_not_deleted;
mod cgo_memory_not_freed;
mod channel_double_send;
mod channel_fields;
mod closer_not_closed;
mod closure_captures_large;
mod cond_wait_never_signalled;
mod conn_not_closed;
mod context_afterfunc_not_stopped;
mod context_cancel_lost;
mod context_large_value;
mod defer_in_loop;
mod defer_never_runs;
mod double_lock;
mod dynamic_global_registration;
mod errgroup_limit_self_deadlock;
mod errgroup_wait_missing;
mod exec_not_waited;
mod file_not_closed;
mod finalizer_never_runs;
mod goroutine_blocked_receive;
mod goroutine_blocked_select;
mod goroutine_blocked_send;
mod goroutine_nil_channel;
mod goroutine_no_exit;
mod goroutine_range_unclosed;
mod goroutine_spawn_unbounded;
mod grown_buffer_returned;
mod growth;
mod high_water_buffer;
mod http_body_not_closed;
mod http_transport_per_call;
mod interior_pointer_retained;
mod io_pipe_unclosed;
mod iter_pull_not_stopped;
mod lifetime;
mod lock_order_cycle;
mod locked_fields;
mod locked_os_thread;
mod map_never_shrinks;
mod metric_label_cardinality;
mod mmap_not_unmapped;
mod mutex_not_unlocked;
mod nan_map_key;
mod pinner_not_unpinned;
mod profile_not_stopped;
mod range_over_ticker_no_exit;
mod raw_fd_not_closed;
mod retention;
mod semaphore_not_released;
mod signal_notify_not_stopped;
mod slice_pop_retains;
mod spawns;
mod sql_handle;
mod sql_row_not_scanned;
mod sql_rows_not_closed;
mod sql_stmt;
mod sql_tx_not_finished;
mod stuck;
mod subslice_retained;
mod substring_retained;
mod suppression_without_reason;
mod sync_pool_oversized;
mod temp_not_removed;
mod test_server_not_closed;
mod tick_in_function;
mod ticker_not_stopped;
mod time_after_in_loop;
mod timer_not_stopped;
mod unbounded_global_map;
mod unbounded_global_slice;
mod unbounded_struct_cache;
mod unbounded_sync_map;
mod unused_suppression;
mod waitgroup_by_value;
mod waitgroup_never_done;
mod worker_never_stopped;

use crate::rule::Rule;

/// Every rule, sorted by id.
pub const ALL: &[Rule] = &[
    afterfunc_not_stopped::RULE,
    blocked_under_lock::RULE,
    cgo_handle_not_deleted::RULE,
    cgo_memory_not_freed::RULE,
    channel_double_send::RULE,
    closer_not_closed::RULE,
    closure_captures_large::RULE,
    cond_wait_never_signalled::RULE,
    conn_not_closed::RULE,
    context_afterfunc_not_stopped::RULE,
    context_cancel_lost::RULE,
    context_large_value::RULE,
    defer_in_loop::RULE,
    defer_never_runs::RULE,
    double_lock::RULE,
    dynamic_global_registration::RULE,
    errgroup_limit_self_deadlock::RULE,
    errgroup_wait_missing::RULE,
    exec_not_waited::RULE,
    file_not_closed::RULE,
    finalizer_never_runs::RULE,
    goroutine_blocked_receive::RULE,
    goroutine_blocked_select::RULE,
    goroutine_blocked_send::RULE,
    goroutine_nil_channel::RULE,
    goroutine_no_exit::RULE,
    goroutine_range_unclosed::RULE,
    goroutine_spawn_unbounded::RULE,
    grown_buffer_returned::RULE,
    high_water_buffer::RULE,
    http_body_not_closed::RULE,
    http_transport_per_call::RULE,
    interior_pointer_retained::RULE,
    io_pipe_unclosed::RULE,
    iter_pull_not_stopped::RULE,
    lock_order_cycle::RULE,
    locked_os_thread::RULE,
    map_never_shrinks::RULE,
    metric_label_cardinality::RULE,
    mmap_not_unmapped::RULE,
    mutex_not_unlocked::RULE,
    nan_map_key::RULE,
    pinner_not_unpinned::RULE,
    profile_not_stopped::RULE,
    range_over_ticker_no_exit::RULE,
    raw_fd_not_closed::RULE,
    semaphore_not_released::RULE,
    signal_notify_not_stopped::RULE,
    slice_pop_retains::RULE,
    sql_handle::RULE,
    sql_row_not_scanned::RULE,
    sql_rows_not_closed::RULE,
    sql_stmt::RULE,
    sql_tx_not_finished::RULE,
    subslice_retained::RULE,
    substring_retained::RULE,
    suppression_without_reason::RULE,
    sync_pool_oversized::RULE,
    temp_not_removed::RULE,
    test_server_not_closed::RULE,
    tick_in_function::RULE,
    ticker_not_stopped::RULE,
    time_after_in_loop::RULE,
    timer_not_stopped::RULE,
    unbounded_global_map::RULE,
    unbounded_global_slice::RULE,
    unbounded_struct_cache::RULE,
    unbounded_sync_map::RULE,
    unused_suppression::RULE,
    waitgroup_by_value::RULE,
    waitgroup_never_done::RULE,
    worker_never_stopped::RULE,
];

/// The rules about comments that silence others. They run when all others have run, and what the comments did is in `Pass::silencers`.
pub const ABOUT_COMMENTS: &[&str] = &["suppression-without-reason", "unused-suppression"];
