// The SDK imports WASI's proc_exit from a module that AssemblyScript dropped with version 0.20. A
// trap ends the VM just as well.
export function proc_exit(code: u32): void {
  unreachable();
}
