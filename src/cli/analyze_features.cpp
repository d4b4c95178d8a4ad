#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "wsel/analyze/feature_table.h"
#include "wsel/cli/analyze.h"
#include "wsel/cli/analyze_subjects.h"
#include "wsel/cli/data_sets.h"
#include "wsel/cli/dry_run.h"
#include "wsel/cli/restart.h"
#include "wsel/core/atomic_file.h"
#include "wsel/data/sampler.h"
#include "wsel/data/subset.h"
#include "wsel/train/pictures.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;
using analyze::BlockRow;
using analyze::ModelFeatures;

struct FeaturesArgs {
  SubjectArgs subjects;
  data::DataOptions data;
  std::string output;
  bool json = false;
};

// Some hundred tell what a block does; all would take long.
constexpr int64_t kPictures = 512;
constexpr int64_t kBatch = 32;

data::Dataset PicturesToLookAt(const data::DataOptions& options) {
  const data::Dataset set = OpenDataSets(options).train;
  if (!options.subset.empty() || set.size() <= kPictures) return set;
  return data::Subset(set, {.count = kPictures}, options.subset_seed);
}

std::vector<analyze::BlockFeatures> Profile(const Subject& subject,
                                            const data::Dataset& set,
                                            int64_t workers) {
  model::Config config = subject.config;
  model::SetNumClasses(config, 0);  // no head is needed, and some have none
  model::Model model = model::Build(config);
  Load(model, *subject.weights);
  const auto size = static_cast<int>(ImageSize(config));
  train::Uploader uploader(c10::kCPU, subject.normalisation);
  data::Loader loader(set, train::EvalPictures({.img_size = size}),
                      data::EvalBatches(set.size(), kBatch),
                      {.img_size = size,
                       .batch_size = kBatch,
                       .workers = static_cast<int>(workers)});
  spdlog::info("{}: {} pictures", subject.name, set.size());
  return analyze::ProfileOf(model, loader, uploader);
}

// The teacher's profile is held, the others one at a time.
std::vector<ModelFeatures> TablesOf(const std::vector<Subject>& subjects,
                                    const Subject* teacher,
                                    const data::Dataset& set, int64_t workers) {
  std::vector<analyze::BlockFeatures> held;
  if (teacher != nullptr) held = Profile(*teacher, set, workers);
  std::vector<ModelFeatures> models;
  for (const Subject& subject : subjects) {
    const auto profile =
        &subject == teacher ? held : Profile(subject, set, workers);
    models.push_back(analyze::TableOf(subject.name, profile, held));
  }
  return models;
}

void Print(const ModelFeatures& model, const ModelFeatures* teacher) {
  fmt::print("{}\n  {:18}  {:>5}  {:>9}  {:>14}{}\n", model.name, "block",
             "width", "rms", "effective rank",
             teacher == nullptr ? "" : "  most like the teacher's (CKA)");
  for (const BlockRow& row : model.rows) {
    fmt::print("  {:18}  {:5}  {:9.4g}  {:14.2f}", row.block, row.width,
               row.rms, row.effective_rank);
    if (const int64_t best = MostAlike(row); best >= 0) {
      const auto at = static_cast<size_t>(best);
      fmt::print("  {} ({:.3f})", teacher->rows[at].block, row.cka[at]);
    }
    fmt::print("\n");
  }
}

// Of no number nlohmann makes null.
void PrintJson(const std::vector<ModelFeatures>& models, int64_t pictures) {
  Json json = {{"pictures", pictures}, {"models", Json::array()}};
  for (const ModelFeatures& model : models) {
    Json blocks = Json::array();
    for (const BlockRow& row : model.rows) {
      blocks.push_back({{"block", row.block},
                        {"width", row.width},
                        {"rms", row.rms},
                        {"effective_rank", row.effective_rank},
                        {"teacher_cka", row.cka},
                        {"teacher_cosine", row.cosine}});
    }
    json["models"].push_back({{"model", model.name}, {"blocks", blocks}});
  }
  // A file's name need not be UTF-8.
  fmt::print("{}\n", json.dump(1, ' ', false, Json::error_handler_t::replace));
}

// Open, run, compare, write, draw, print.
void RunFeatures(const FeaturesArgs& args) {
  if (args.subjects.dry_run) {
    DryRunSubjects(args.subjects);
    const DataSizes sizes = DryRunSizes(args.data, Splits::kBoth);
    fmt::print("data        {}, {}\n", args.data.name, CountText(sizes.train));
    return;
  }
  const auto subjects = OpenSubjects(args.subjects);
  const data::Dataset set = PicturesToLookAt(args.data);
  const AnalysisFolder folder(args.output);
  const auto teacher = std::ranges::find_if(subjects, &Subject::is_teacher);
  const bool compares = teacher != subjects.end();
  const auto models = TablesOf(subjects, compares ? &*teacher : nullptr, set,
                               args.data.workers);
  const ModelFeatures* compared =
      compares ? &models[static_cast<size_t>(teacher - subjects.begin())]
               : nullptr;
  WriteTextFile(folder / "depth.csv", DepthCsv(models));
  folder.Draw("depth.png", DepthScript(models));
  if (compares) {
    WriteTextFile(folder / "similarity.csv", SimilarityCsv(models, *compared));
    folder.Draw("similarity.png", SimilarityScript(models, *compared));
  }
  if (args.json) {
    PrintJson(models, set.size());
    return;
  }
  for (const ModelFeatures& model : models) Print(model, compared);
}

}  // namespace

void AddAnalyzeFeatures(CLI::App& analyze, const Invocation& invocation) {
  const auto args = std::make_shared<FeaturesArgs>();
  CLI::App* c = analyze.add_subcommand(
      "features",
      "What models make of pictures, block by block: scale, effective rank, "
      "likeness to the teacher (CKA, cosine)");
  AddSubjectOptions(*c, args->subjects);
  c->add_option("--dataset", args->data.name, "See wsel datasets")->required();
  c->add_option("--data-root", args->data.root,
                "The folder that holds the data set")
      ->required();
  c->add_option("--subset", args->data.subset,
                fmt::format("Training pictures, balanced by class: 500, 0.1 or "
                            "10% (default {}, or all if less)",
                            kPictures));
  c->add_option("--workers", args->data.workers, "Threads that load pictures");
  c->add_option("--output", args->output,
                "Folder for depth.csv and .png and, with a teacher, "
                "similarity.csv and .png");
  c->add_flag("--json", args->json, "Print JSON");
  c->callback([args, &invocation] {
    RestartForTraining(invocation.argv);
    RunFeatures(*args);
  });
}

}  // namespace wsel::cli
