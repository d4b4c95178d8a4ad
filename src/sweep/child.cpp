#include "wsel/sweep/child.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include "wsel/core/error.h"
#include "wsel/core/signals.h"

namespace wsel::sweep {
namespace {

constexpr int kNoProgram = 127;  // as a shell says it

int OpenOutput(const std::filesystem::path& path) {
  const int fd = open(
      path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
  if (fd >= 0) return fd;
  throw Error(ErrorKind::kIo, path.string(),
              "cannot be written: " + std::generic_category().message(errno));
}

Ended Read(int status) {
  if (WIFSIGNALED(status)) return {128 + WTERMSIG(status), WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

// In the child, between fork and exec: calls that a signal handler may make.
[[noreturn]] void Become(char* const* words, int out, int err, int kept,
                         pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(kNoProgram);  // it died before the last line
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  pthread_sigmask(SIG_SETMASK, &InheritedSignalMask(), nullptr);
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  if (kept >= 0) fcntl(kept, F_SETFD, 0);
  execv(words[0], words);
  _exit(kNoProgram);
}

}  // namespace

Child::Child(const std::vector<std::string>& words,
             const std::filesystem::path& out, const std::filesystem::path& err,
             int kept) {
  std::vector<char*> pointers;
  for (const std::string& word : words) {
    pointers.push_back(const_cast<char*>(word.c_str()));  // execv changes none
  }
  pointers.push_back(nullptr);
  const int out_fd = OpenOutput(out);
  const int err_fd = out == err ? out_fd : OpenOutput(err);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) Become(pointers.data(), out_fd, err_fd, kept, parent);
  const int code = errno;
  close(out_fd);
  if (err_fd != out_fd) close(err_fd);
  if (pid_ > 0) return;
  throw Error(ErrorKind::kIo, words[0],
              "cannot be started: " + std::generic_category().message(code));
}

Child::~Child() {
  if (pid_ <= 0) return;
  Signal(SIGTERM);
  Wait();
}

Child::Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}

Child& Child::operator=(Child&& other) noexcept {
  std::swap(pid_, other.pid_);
  return *this;
}

std::optional<Ended> Child::Poll() {
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = -1;
  return Read(status);
}

Ended Child::Wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return Read(status);
}

void Child::Signal(int signal) const {
  if (pid_ > 0) kill(pid_, signal);
}

}  // namespace wsel::sweep
