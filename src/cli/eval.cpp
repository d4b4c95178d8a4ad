#include <memory>

#include "commands.h"
#include "eval_args.h"
#include "options.h"
#include "rank_args.h"
#include "torch_commands.h"

namespace wsel::cli {
namespace {

void AddModel(CLI::App& c, EvalArgs& args) {
  pretrained::CheckpointRequest& checkpoint = args.job.request.checkpoint;
  AddFile(c, "--checkpoint", checkpoint.file,
          "Checkpoint with a classifier, of any kind that wsel inspect reads")
      ->required();
  AddCheckpointModel(c, checkpoint);
  AddMeanAndStd(c, checkpoint.given);
}

void AddData(CLI::App& c, EvalArgs& args) {
  data::DataOptions& data = args.job.request.data;
  AddDataset(c, data);
  pretrained::GivenFacts& given = args.job.request.checkpoint.given;
  AddCrop(c, given);
  AddResize(c, given.pass_order);
  AddClasses(c, data);
  AddChoice(c, "--class-order", args.job.request.class_order,
            pretrained::ClassOrders(),
            "Match the classifier's outputs to the classes by name, or by "
            "position in the order of either library: " +
                pretrained::ClassOrders().Choices());
  AddChoice(c, "--among", args.job.request.among, session::Amongs(),
            "Classes that a prediction may be, if the data set has only some "
            "of the checkpoint's: " +
                session::Amongs().Choices());
  AddWorkers(c, data.workers);
  AddSkipCorrupt(c, data);
}

void AddRun(CLI::App& c, EvalArgs& args) {
  c.add_option("--batch-size", args.job.request.batch_size,
               "Batch size in images; 0: derived from free memory")
      ->type_name("N")
      ->capture_default_str();
  AddOldName(c, "--batch", "--batch-size", args.job.request.batch_size);
  AddChoice(c, "--precision", args.job.request.precision, train::Precisions(),
            "Compute dtype (autocast): " + train::Precisions().Choices() +
                "; auto: that of the checkpoint's run, if there is one");
  AddChoice(c, "--tta", args.job.request.views, session::AllTestViews(),
            "Test-time augmentation, the mean of an image's logits and its "
            "mirror image's: " +
                session::AllTestViews().Choices());
  AddDevice(c, args.job.device);
  AddThreads(c, args.job.threads);
  AddRanks(c, args.job.ranks);
  AddDryRun(c, args.dry_run);
}

void AddOutput(CLI::App& c, EvalArgs& args) {
  session::EvalFiles& files = args.job.files;
  AddFile(c, "--predictions", files.predictions,
          "Write one JSON line per image to this file");
  c.add_flag("--logits", files.logits, "Add logits to --predictions");
  c.add_flag("--probabilities", files.probabilities,
             "Add the probabilities of all classes to --predictions");
  c.add_flag("--ece", args.job.ece,
             "Also report the expected calibration error (15 bins), and the "
             "temperature that minimises the loss, fitted on the evaluated "
             "images themselves");
  AddFile(c, "--confusion", files.confusion,
          "Write the confusion matrix to this CSV file");
  AddFile(c, "--per-class", files.per_class,
          "Write recall and precision of each class to this CSV file");
  AddJson(c, args.json);
}

}  // namespace

void AddEval(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<EvalArgs>();
  CLI::App* c = app.add_subcommand(
      "eval", "Evaluate a checkpoint on the test split of a data set");
  c->option_defaults()->group("Model");
  AddModel(*c, *args);
  c->option_defaults()->group("Data");
  AddData(*c, *args);
  c->option_defaults()->group("Run");
  AddRun(*c, *args);
  c->option_defaults()->group("Output");
  AddOutput(*c, *args);
  invocation.computing.push_back({c, [args] { return !args->dry_run; }});
  c->callback([args, c, &invocation] {
    const auto run = invocation.Torch().eval;
    LogOldNames(*c);
    run(*args, invocation);
  });
}

}  // namespace wsel::cli
