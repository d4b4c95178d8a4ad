// Preloaded into wsel by signals_test.cpp: sends the process SIGWINCH every
// 5 ms and handles it as a profiler would, on the stack of the thread that is
// interrupted and 64 KB deep. The number of handled signals is written to
// $WSEL_KICKS at exit.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace {

std::atomic<int> kicks = 0;

void Handle(int) {
  volatile char stack[65536];
  memset(const_cast<char*>(stack), 0x5A, sizeof(stack));
  ++kicks;
}

void Kick() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  while (true) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    kill(getpid(), SIGWINCH);
  }
}

__attribute__((constructor)) void Start() {
  if (std::getenv("WSEL_KICKS") == nullptr) return;
  struct sigaction action = {};
  action.sa_handler = Handle;
  action.sa_flags = SA_RESTART;
  sigaction(SIGWINCH, &action, nullptr);
  std::thread(Kick).detach();
}

__attribute__((destructor)) void Report() {
  const char* path = std::getenv("WSEL_KICKS");
  if (path == nullptr) return;
  if (FILE* file = std::fopen(path, "w")) {
    std::fprintf(file, "%d", kicks.load());
    std::fclose(file);
  }
}

}  // namespace
