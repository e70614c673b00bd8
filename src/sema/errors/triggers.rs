//! E05 and W05: what starts a process, and what its writes start.
