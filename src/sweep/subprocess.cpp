#include "wsel/sweep/subprocess.h"

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

constexpr int kCannotExecute = 127;  // as in a shell

int OpenOutput(const std::filesystem::path& path) {
  const int fd = open(
      path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
  if (fd >= 0) return fd;
  throw Error(ErrorKind::kIo, path.string(),
              "cannot be written: " + std::generic_category().message(errno));
}

ExitStatus ParseStatus(int status) {
  if (WIFSIGNALED(status)) return {128 + WTERMSIG(status), WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

// In the child, between fork and exec: only async-signal-safe calls.
[[noreturn]] void Execute(char* const* argv, int out, int err, int inherited_fd,
                          pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(kCannotExecute);  // it died before prctl
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  pthread_sigmask(SIG_SETMASK, &InheritedSignalMask(), nullptr);
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  if (inherited_fd >= 0) fcntl(inherited_fd, F_SETFD, 0);
  execv(argv[0], argv);
  _exit(kCannotExecute);
}

}  // namespace

Subprocess::Subprocess(const std::vector<std::string>& argv,
                       const std::filesystem::path& out,
                       const std::filesystem::path& err, int inherited_fd) {
  std::vector<char*> pointers;
  for (const std::string& arg : argv) {
    // execv does not modify its arguments.
    pointers.push_back(const_cast<char*>(arg.c_str()));
  }
  pointers.push_back(nullptr);
  const int out_fd = OpenOutput(out);
  const int err_fd = out == err ? out_fd : OpenOutput(err);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) Execute(pointers.data(), out_fd, err_fd, inherited_fd, parent);
  const int code = errno;
  close(out_fd);
  if (err_fd != out_fd) close(err_fd);
  if (pid_ > 0) return;
  throw Error(ErrorKind::kIo, argv[0],
              "cannot be started: " + std::generic_category().message(code));
}

Subprocess::~Subprocess() {
  if (pid_ <= 0) return;
  Signal(SIGTERM);
  Wait();
}

Subprocess::Subprocess(Subprocess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)) {}

Subprocess& Subprocess::operator=(Subprocess&& other) noexcept {
  std::swap(pid_, other.pid_);
  return *this;
}

std::optional<ExitStatus> Subprocess::Poll() {
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = -1;
  return ParseStatus(status);
}

ExitStatus Subprocess::Wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return ParseStatus(status);
}

void Subprocess::Signal(int signal) const {
  if (pid_ > 0) kill(pid_, signal);
}

}  // namespace wsel::sweep
