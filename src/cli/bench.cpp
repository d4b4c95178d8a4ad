#include <memory>

#include "bench_args.h"
#include "commands.h"
#include "options.h"
#include "torch_commands.h"

namespace wsel::cli {

void AddBench(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<BenchArgs>();
  session::BenchRequest& request = args->request;
  CLI::App* c = app.add_subcommand(
      "bench", "Measure latency and throughput of a checkpoint's model");
  c->add_option("CHECKPOINT", request.checkpoint.file,
                "Checkpoint, of any kind that wsel inspect reads")
      ->required();
  AddCheckpointModel(*c, request.checkpoint);
  c->add_option("--batch-size", request.batch_size,
                "Batch size in images that is measured besides 1")
      ->type_name("N")
      ->capture_default_str();
  c->add_option("--seconds", request.seconds,
                "Time of each measurement, of five passes at least")
      ->type_name("SECONDS")
      ->capture_default_str();
  AddDevice(*c, args->device);
  AddJson(*c, args->json);
  invocation.computing.push_back({c, nullptr});
  c->callback([args, &invocation] { invocation.Torch().bench(*args); });
}

}  // namespace wsel::cli
