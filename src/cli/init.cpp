#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <memory>

#include "wsel/checkpoint/writer.h"
#include "wsel/cli/commands.h"
#include "wsel/cli/model_args.h"
#include "wsel/cli/provenance.h"
#include "wsel/cli/weights.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/text_file.h"
#include "wsel/model/init_rule.h"
#include "wsel/select/apply.h"
#include "wsel/select/plan_json.h"
#include "wsel/select/report.h"
#include "wsel/select/scores.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::cli {
namespace {

struct InitArgs {
  std::string teacher;
  std::string teacher_model;
  ModelArgs student;
  std::string output;
  std::string method;
  std::string layers = "first";
  std::string heads = "flat";
  std::string head = "fresh";
  std::string patch_resize = "pinv";
  std::vector<std::string> skip;
  std::string compat;
  int64_t seed = 0;
  std::string plan;
  std::string save_plan;
  std::string hash = "read";
  bool dry_run = false;
  bool json = false;
};

[[noreturn]] void Usage(std::string_view option, std::string_view message) {
  throw Error(ErrorKind::kUsage, option, message);
}

// Refuses what can be told wrong before any file is opened.
void CheckArgs(const InitArgs& args, const CLI::App& command) {
  if (args.student.model.empty() && args.plan.empty()) {
    Usage("--student", "is missing: a model's name (see wsel models)");
  }
  if (args.output.empty() && !args.dry_run) {
    Usage("--output", "is missing: the file to write (or --dry-run)");
  }
  if (args.seed < 0) Usage("--seed", "must not be negative");
  const auto forbid = [&](std::initializer_list<const char*> options,
                          std::string_view why) {
    for (const char* option : options) {
      if (command.count(option) > 0) Usage(option, why);
    }
  };
  if (!args.plan.empty()) {
    forbid({"--student", "--method", "--layers", "--heads", "--head",
            "--patch-resize", "--skip", "--compat", "--seed", "--num-classes",
            "--img-size", "--patch-size", "--depth", "--embed-dim",
            "--num-heads", "--teacher-model"},
           "is already decided by --plan; leave it out");
  }
  if (args.teacher.empty()) {
    forbid({"--teacher-model", "--layers", "--heads", "--head",
            "--patch-resize", "--skip", "--compat", "--hash"},
           "needs a --teacher");
  }
  std::error_code ignored;
  if (!args.teacher.empty() &&
      std::filesystem::equivalent(args.teacher, args.output, ignored)) {
    Usage("--output", "is the teacher's own file; choose another name");
  }
}

select::Options MakeOptions(const InitArgs& args) {
  select::Options options;
  if (!args.method.empty()) {
    options.method = select::Methods().Find(args.method, "--method");
  }
  options.layers = args.layers;
  options.heads = select::HeadRules().Find(args.heads, "--heads");
  options.head = select::HeadSources().Find(args.head, "--head");
  options.patch_resize =
      select::PatchResizes().Find(args.patch_resize, "--patch-resize");
  options.skip = args.skip;
  options.seed = static_cast<uint64_t>(args.seed);
  if (!args.compat.empty()) {
    if (args.compat != "official") {
      Usage("--compat", Unknown("rule", args.compat, {"official"}));
    }
    options.official = true;
  }
  return options;
}

model::Config TeacherModel(const InitArgs& args, const Weights& teacher) {
  if (!args.teacher_model.empty()) return NamedModel(args.teacher_model);
  if (!teacher.model) {
    throw Error(ErrorKind::kMismatch, args.teacher,
                "holds no ViT or ConvNeXt under timm's names; wsel inspect "
                "lists what it holds");
  }
  for (const std::string& assumption : teacher.model->assumptions) {
    spdlog::debug("assumed of the teacher: {}", assumption);
  }
  return teacher.model->config;
}

// The student asked for; under --head reuse with the teacher's classes where
// the user named no number.
model::Config StudentModel(const InitArgs& args, const model::Config& teacher) {
  ModelArgs student = args.student;
  if (args.head == "reuse" && !student.num_classes) {
    student.num_classes = NumClasses(teacher);
  }
  model::Config config = Resolve(student);
  auto* convnext = std::get_if<model::ConvNextConfig>(&config);
  // The official student keeps the MLP's weights as matrices.
  if (!args.compat.empty() && convnext != nullptr) convnext->conv_mlp = false;
  return config;
}

select::Plan PlanFromTeacher(const InitArgs& args, const Weights& teacher) {
  const select::Options options = MakeOptions(args);
  const model::Config config = TeacherModel(args, teacher);
  return PlanSelection(config, teacher.adapted.tensors->Specs(),
                       StudentModel(args, config), options,
                       select::EvidenceOf(*teacher.adapted.tensors));
}

select::Plan PlanWithoutTeacher(const InitArgs& args) {
  const auto& initializers = model::Initializers();
  const std::string name = args.method.empty() ? "timm" : args.method;
  const auto selection = select::Methods().Names();
  if (std::find(selection.begin(), selection.end(), name) != selection.end()) {
    Usage("--method", fmt::format("{} selects from a teacher; give --teacher, "
                                  "or one of {}",
                                  name, initializers.Choices()));
  }
  return select::PlanRandom(Resolve(args.student),
                            initializers.Find(name, "--method"),
                            static_cast<uint64_t>(args.seed));
}

select::Plan MakePlan(const InitArgs& args, const Weights* teacher) {
  if (args.plan.empty()) {
    return teacher == nullptr ? PlanWithoutTeacher(args)
                              : PlanFromTeacher(args, *teacher);
  }
  select::Plan plan = select::PlanFromJson(ReadText(args.plan), args.plan);
  if (plan.teacher && teacher == nullptr) {
    Usage("--teacher", "is missing: the plan selects from a teacher");
  }
  if (!plan.teacher && teacher != nullptr) {
    Usage("--teacher", "has no part in this plan, which draws at random");
  }
  return plan;
}

void SaveText(const std::string& path, std::string_view text) {
  AtomicFile file(path);
  file.Write(text);
  file.Commit();
}

void WriteStudent(const InitArgs& args, const select::Plan& plan,
                  const Weights* teacher, const Invocation& invocation) {
  // The work is split by tensor; threads inside one would only fight.
  at::set_num_threads(1);
  const select::Student student = select::Apply(
      plan, teacher == nullptr ? nullptr : teacher->adapted.tensors.get());
  const checkpoint::Checkpoint* file =
      teacher == nullptr ? nullptr : teacher->file.get();
  const auto scope = HashScopes().Find(args.hash, "--hash");
  const std::string hash =
      file == nullptr ? "" : HashTeacher(*file, student.teacher_digest, scope);
  std::vector<TensorSpec> specs;
  for (const select::Entry& entry : plan.entries) {
    specs.push_back(entry.student);
  }
  checkpoint::Write(
      args.output, specs, [&](size_t i) { return BytesOf(student.tensors[i]); },
      Provenance(invocation, plan, file, hash, scope));
  spdlog::info("wrote {} ({} tensors)", args.output, specs.size());
}

// Open, plan, print, apply, write.
void RunInit(const InitArgs& args, const CLI::App& command,
             const Invocation& invocation) {
  CheckArgs(args, command);
  HashScopes().Find(args.hash, "--hash");
  std::optional<Weights> teacher;
  if (!args.teacher.empty()) teacher = OpenWeights(args.teacher);
  const Weights* source = teacher ? &*teacher : nullptr;
  const select::Plan plan = MakePlan(args, source);
  fmt::print("{}", args.json      ? select::ToJson(plan)
                   : args.dry_run ? select::Report(plan)
                                  : select::Summary(plan));
  if (!args.save_plan.empty()) SaveText(args.save_plan, select::ToJson(plan));
  if (!args.dry_run) WriteStudent(args, plan, source, invocation);
}

}  // namespace

void AddInit(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<InitArgs>();
  CLI::App* c = app.add_subcommand(
      "init", "Make a student checkpoint from a teacher, or at random");
  c->add_option("--teacher", args->teacher,
                "Teacher checkpoint (safetensors, torch zip, TorchScript)");
  c->add_option("--student", args->student.model,
                "Student: a model's name (see wsel models) or a JSON file");
  c->add_option("--output", args->output,
                "File to write: .pth, .pt or .bin for torch.load, else "
                "safetensors");
  c->add_option("--method", args->method,
                fmt::format("With a teacher: {} (default uniform). Without: {} "
                            "(default timm)",
                            select::Methods().Choices(),
                            model::Initializers().Choices()));
  c->add_option("--layers", args->layers,
                "Teacher's blocks: first|last|mid|uniform, or by number "
                "(0,2,4; for a ConvNeXt a list a stage: 0,1/0,1/0,2,4/0,1)")
      ->capture_default_str();
  c->add_option("--heads", args->heads,
                "Attention channels: " + select::HeadRules().Choices())
      ->capture_default_str();
  c->add_option("--skip", args->skip,
                "Leave out components (patch_embed,pos_embed,attn,norm,mlp,"
                "...) or tensors by pattern (blocks.3.*); they are "
                "initialised as timm would")
      ->delimiter(',');
  c->add_option("--head", args->head,
                "Classifier: " + select::HeadSources().Choices())
      ->capture_default_str();
  c->add_option("--num-classes", args->student.num_classes,
                "Classes of the student; 0 for none");
  c->add_option(
       "--patch-resize", args->patch_resize,
       "Patch kernels of another size: " + select::PatchResizes().Choices())
      ->capture_default_str();
  c->add_option("--compat", args->compat,
                "official: to the bit what the paper's script writes (no "
                "tensor with 'head' in its name)");
  c->add_option("--seed", args->seed, "Of all that is drawn")
      ->capture_default_str();
  c->add_option("--img-size", args->student.img_size, "Student's image side");
  c->add_option("--patch-size", args->student.patch_size,
                "Student's patch side");
  c->add_option("--depth", args->student.depth,
                "Student's blocks: 6, or 2,2,6,2 for a ConvNeXt");
  c->add_option("--embed-dim", args->student.embed_dim,
                "Student's width: 192, or 48,96,192,384 for a ConvNeXt");
  c->add_option("--num-heads", args->student.num_heads, "Student's heads");
  c->add_option("--teacher-model", args->teacher_model,
                "What the teacher is (a name or a JSON file), where names and "
                "shapes do not tell");
  c->add_flag("--dry-run", args->dry_run,
              "Decide everything, print where each tensor comes from, write "
              "no student");
  c->add_option("--save-plan", args->save_plan, "Write the plan as JSON");
  c->add_option("--plan", args->plan, "Carry out a saved plan");
  c->add_option("--hash", args->hash,
                "What of the teacher's file is hashed for the record: " +
                    HashScopes().Choices())
      ->capture_default_str();
  c->add_flag("--json", args->json, "Print the plan as JSON");
  c->callback([args, c, &invocation] { RunInit(*args, *c, invocation); });
}

}  // namespace wsel::cli
