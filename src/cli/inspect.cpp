#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "options.h"
#include "wsel/core/dump_json.h"
#include "wsel/core/error.h"
#include "wsel/pretrained/account.h"

namespace wsel::cli {
namespace {

struct InspectArgs {
  std::string file;
  naming::CopyChoice copy;
  bool stats = false;
  bool json = false;
};

void RunInspect(const InspectArgs& args, const CLI::App& command) {
  if (args.file.empty()) {
    throw Error(ErrorKind::kUsage, "FILE", "is missing: the checkpoint");
  }
  const auto checkpoint = pretrained::Open(args.file, args.copy);
  pretrained::Account account = AccountOf(checkpoint, args.stats);
  account.why_unknown = WithOptions(account.why_unknown, command);
  if (args.json) {
    fmt::print("{}\n", DumpJson(ToJson(account), 1));
  } else {
    fmt::print("{}", AccountText(account));
  }
}

}  // namespace

void AddInspect(CLI::App& app, const Invocation&) {
  const auto args = std::make_shared<InspectArgs>();
  CLI::App* c = app.add_subcommand(
      "inspect",
      "Print a checkpoint's container, source library, model and tensors");
  c->add_option("FILE", args->file,
                "Checkpoint: safetensors, PyTorch, TorchScript or .npz");
  AddCopyChoice(*c, args->copy);
  c->add_flag("--stats", args->stats,
              "Add min, max, mean, std and NaN count of each tensor");
  AddJson(*c, args->json);
  c->callback([args, c] { RunInspect(*args, *c); });
}

}  // namespace wsel::cli
