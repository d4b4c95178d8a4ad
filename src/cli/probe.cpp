#include <memory>
#include <utility>
#include <vector>

#include "commands.h"
#include "options.h"
#include "probe_args.h"
#include "torch_commands.h"

namespace wsel::cli {
namespace {

void AddOptimisation(CLI::App& c, ProbeArgs& args) {
  probe::ProbeOptions& options = args.request.options;
  auto& schedule = options.recipe.schedule;
  c.option_defaults()->group("Optimisation")->always_capture_default();
  c.add_option("--solver", args.request.solver,
               "Solver: " + probe::ProbeSolvers().Choices() +
                   "; lbfgs standardises the features and fits logistic "
                   "regression to convergence, as scikit-learn's "
                   "StandardScaler and LogisticRegression do; lars and sgd "
                   "follow MAE's recipe, with batch norm")
      ->type_name("NAME");
  c.add_option("--l2", options.logistic.l2,
               "L2 penalty (only --solver lbfgs): 1 / C of scikit-learn")
      ->type_name("PENALTY");
  c.add_option("--epochs", schedule.epochs,
               "Training epochs (only --solver lars or sgd)")
      ->type_name("N");
  c.add_option("--warmup-epochs", schedule.warmup_epochs,
               "Warmup epochs (only --solver lars or sgd)")
      ->type_name("N");
  c.add_option("--batch-size", options.recipe.batch_size,
               "Batch size in images (only --solver lars or sgd)")
      ->type_name("N");
  c.add_option("--lr", schedule.lr,
               "Learning rate per 256 images, scaled by the batch size (only "
               "--solver lars or sgd)")
      ->type_name("RATE");
  c.add_option("--seed", options.recipe.seed,
               "Random seed (only --solver lars or sgd)")
      ->type_name("N");
  c.add_flag("--augment", options.augment,
             "Apply MAE's random crops and flips (only --solver lars or sgd); "
             "features are then recomputed in each epoch");
  c.option_defaults()->always_capture_default(false);
}

// Options of the other solvers.
void RejectUnused(const CLI::App& command,
                  const session::ProbeRequest& request) {
  const bool lbfgs = probe::ProbeSolvers().Find(request.solver, "solver") ==
                     probe::ProbeSolver::kLbfgs;
  using Option = std::pair<const char*, const char*>;  // and its field
  const auto unused =
      lbfgs ? std::vector<Option>{{"--epochs", "epochs"},
                                  {"--warmup-epochs", "warmup_epochs"},
                                  {"--batch-size", "batch_size"},
                                  {"--lr", "lr"},
                                  {"--seed", "seed"}}
            : std::vector<Option>{{"--l2", "l2"}};
  for (const auto& [option, field] : unused) {
    if (command.count(option) == 0) continue;
    throw Error(ErrorKind::kUsage, field, "needs `solver` {}",
                lbfgs ? "lars or sgd" : "lbfgs");
  }
}

}  // namespace

void AddProbe(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<ProbeArgs>();
  CLI::App* c = app.add_subcommand(
      "probe",
      "Fit a linear probe on a model's frozen features, or on raw pixels");
  c->option_defaults()->group("Model");
  c->add_option(
       "--checkpoint", args->request.backbone.file,
       "Checkpoint of the backbone; its pooled features are classified")
      ->type_name("FILE");
  AddCheckpointModel(*c, args->request.backbone);
  c->add_flag("--pixels", args->request.pixels,
              "Classify raw pixels instead, as a baseline");
  c->option_defaults()->group("Data");
  AddDataset(*c, args->request.data);
  AddSubset(*c, args->request.data);
  c->add_option("--split-seed", args->request.data.split_seed,
                "Seed of a split that the data set lacks (EuroSAT)")
      ->type_name("N")
      ->capture_default_str();
  c->add_option("--train-range", args->request.data.train_range,
                "First and end index of the training images: 54000,60000")
      ->delimiter(',')
      ->type_name("FIRST,END");
  AddClasses(*c, args->request.data);
  AddResize(*c, args->request.backbone.given.pass_order);
  AddSkipCorrupt(*c, args->request.data);
  AddOptimisation(*c, *args);
  c->option_defaults()->group("Run");
  AddWorkers(*c, args->request.data.workers);
  c->add_option("--device", args->request.device,
                "Device that computes features: auto|cpu|cuda or cuda:1")
      ->type_name("NAME")
      ->capture_default_str();
  AddThreads(*c, args->request.threads);
  AddDryRun(*c, args->dry_run);
  AddJson(*c, args->json);
  invocation.computing.push_back({c, [args] { return !args->dry_run; }});
  c->callback([args, c, &invocation] {
    const auto run = invocation.Torch().probe;
    LogOldNames(*c);
    RejectUnused(*c, args->request);
    run(*args);
  });
}

}  // namespace wsel::cli
