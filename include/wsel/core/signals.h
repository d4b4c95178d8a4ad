// Torch-free.
#pragma once

#include <csignal>

namespace wsel {

// Has all asynchronous signals delivered to one thread of its own from now on:
// they are blocked in the calling thread and in every thread that it starts.
// Call it first in main, before a library can start threads. Signals keep their
// effect (handlers, termination, Ctrl-Z); only the thread that takes them is
// another. Faults (SIGSEGV, ...) and SIGPIPE stay with the thread that causes
// them.
//
// The reason: oneDNN's sgemm points the stack pointer into a buffer on the heap
// (docs/performance.md). The kernel writes a signal's frame below the stack
// pointer, there into memory that belongs to others.
void StartSignalThread();

// The signals that were blocked when the program started: what a child process
// should have blocked, instead of everything.
const sigset_t& InheritedSignalMask();

// While it lives, SIGINT and SIGTERM are recorded instead of ending the
// program; the second one ends it immediately.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
};

// The last signal recorded; 0 if there was none.
int LastStopSignal();

// Records a signal that another rank has received, so that this one stops and
// exits as it does. The next signal that this process receives is recorded too.
void AdoptStopSignal(int signal);

}  // namespace wsel
