#include "init_args.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "provenance.h"
#include "wsel/core/error.h"
#include "wsel/core/suggest.h"

namespace wsel::cli {
namespace {

[[noreturn]] void Usage(std::string_view option, std::string_view message) {
  throw Error(ErrorKind::kUsage, option, message);
}

bool SameFile(const std::string& a, const std::string& b) {
  std::error_code ignored;  // of missing files
  return a == b || std::filesystem::equivalent(a, b, ignored);
}

// No output may be an input or the other output.
void CheckFiles(const InitArgs& args) {
  const std::string& student = args.student.model;
  for (const auto& [option, output] :
       {std::pair("--output", args.output),
        std::pair("--save-plan", args.save_plan)}) {
    if (output.empty()) continue;
    for (const std::string& input :
         {args.teacher, args.plan, args.teacher_model, args.family,
          args.student_like,
          student.ends_with(".json") ? student : std::string()}) {
      if (!input.empty() && SameFile(input, output)) {
        Usage(option, fmt::format("would overwrite '{}', which is an input; "
                                  "choose another name",
                                  input));
      }
    }
  }
  if (!args.output.empty() && args.output == args.save_plan) {
    Usage("--save-plan", "is the same file as --output; choose another name");
  }
}

// An empty value is most likely an unset variable of a shell script.
void CheckEmpty(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& value : option->results()) {
      if (value.empty()) Usage(option->get_name(), "is empty");
    }
  }
}

void Forbid(const CLI::App& command, std::initializer_list<const char*> options,
            std::string_view why) {
  for (const char* option : options) {
    if (command.count(option) > 0) Usage(option, why);
  }
}

void CheckGeneric(const InitArgs& args, const CLI::App& command) {
  if (args.family.empty()) {
    Forbid(command, {"--teacher-size", "--student-size"}, "needs --family");
  } else {
    Forbid(command, {"--student-like"},
           "cannot be combined with --family; leave one out");
  }
  if (!IsGenericStudent(args)) return;
  if (args.teacher.empty()) Usage("--teacher", "is missing");
  Forbid(command,
         {"--student", "--head", "--patch-resize", "--compat", "--num-classes",
          "--img-size", "--patch-size", "--depth", "--embed-dim", "--num-heads",
          "--teacher-model"},
         "applies only to ViT and ConvNeXt; leave it out with --family and "
         "--student-like");
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

select::Method SelectionMethod(const std::string& name) {
  if (Contains(model::Initializers().Names(), name)) {
    Usage("--method", fmt::format("{} initialises at random; leave out "
                                  "--teacher, or use one of {}",
                                  name, select::Methods().Choices()));
  }
  return select::Methods().Find(name, "--method");
}

}  // namespace

bool IsGenericStudent(const InitArgs& args) {
  return !args.family.empty() || !args.student_like.empty();
}

void AddInitOptions(CLI::App& command, InitArgs& args) {
  command.add_option(
      "--teacher", args.teacher,
      "Teacher checkpoint, of any kind that wsel inspect reads; without it the "
      "student is randomly initialised");
  command.add_option(
      "--student", args.student.model,
      "Model of the student: a name (see wsel models) or a JSON file");
  command.add_option("--family", args.family,
                     "Instead of --student, for any other architecture: a JSON "
                     "file of its tensor names and dimensions (see "
                     "docs/families.md)");
  command
      .add_option("--teacher-size", args.teacher_size,
                  "With --family, teacher sizes that its shapes do not "
                  "determine: inner.heads=12")
      ->delimiter(',');
  command
      .add_option("--student-size", args.student_size,
                  "With --family, student sizes: width=192,layers=3")
      ->delimiter(',');
  command.add_option("--student-like", args.student_like,
                     "Instead of --student: a checkpoint with the student's "
                     "tensor names and shapes; its values are not read");
  command.add_option("--output", args.output,
                     "Output file: .pth, .pt or .bin for torch.load, else "
                     "safetensors");
  command.add_option(
      "--method", args.method,
      fmt::format("Selection rule, with a teacher: {} (default: uniform). "
                  "Random initialisation, without: {} (default: timm)",
                  select::Methods().Choices(),
                  model::Initializers().Choices()));
  command
      .add_option("--layers", args.layers,
                  "Layer selection: first|last|mid|uniform, or block numbers "
                  "of the teacher (0,2,4; for a ConvNeXt one list per stage: "
                  "0,1/0,1/0,2,4/0,1)")
      ->capture_default_str();
  command
      .add_option(
          "--heads", args.heads,
          "Selection of attention channels: " + select::HeadRules().Choices())
      ->capture_default_str();
  command
      .add_option("--skip", args.skip,
                  "Components (patch_embed,pos_embed,attn,norm,mlp,...) or "
                  "tensor name patterns (blocks.3.*) to initialise at random, "
                  "as timm would, instead of selecting them")
      ->delimiter(',');
  command
      .add_option("--head", args.head,
                  "Classifier: " + select::HeadSources().Choices() +
                      "; reset re-initialises it, reuse selects it from the "
                      "teacher's")
      ->capture_default_str();
  command.add_option("--num-classes", args.student.num_classes,
                     "Number of classes of the student; 0: no classifier; "
                     "default: the model's or, with --head reuse, the "
                     "teacher's");
  command
      .add_option("--patch-resize", args.patch_resize,
                  "Resampling of patch_embed to another patch size: " +
                      select::PatchResizes().Choices())
      ->capture_default_str();
  command.add_option("--compat", args.compat,
                     "official: bit-identical to the paper's script, which "
                     "leaves out tensors with 'head' in their name");
  command.add_option("--seed", args.seed, "Random seed")->capture_default_str();
  command.add_option("--img-size", args.student.img_size,
                     "Image size of the student, in pixels");
  command.add_option("--patch-size", args.student.patch_size,
                     "Patch size of the student, in pixels");
  command.add_option("--depth", args.student.depth,
                     "Number of blocks of the student: 6, or 2,2,6,2 for a "
                     "ConvNeXt");
  command.add_option("--embed-dim", args.student.embed_dim,
                     "Width of the student: 192, or 48,96,192,384 for a "
                     "ConvNeXt");
  command.add_option("--num-heads", args.student.num_heads,
                     "Number of attention heads of the student (ViT)");
  command.add_option(
      "--teacher-model", args.teacher_model,
      "Model of the teacher if it cannot be detected: a name (see wsel models) "
      "or a JSON file");
  command.add_flag(
      "--dry-run", args.dry_run,
      "Print where each tensor of the student comes from; write no student");
  command.add_option("--save-plan", args.save_plan,
                     "Write the plan to this JSON file");
  command.add_option("--plan", args.plan,
                     "Apply a plan written by --save-plan");
  command
      .add_option(
          "--hash", args.hash,
          "Part of the teacher's file that is hashed for the metadata: " +
              HashScopes().Choices())
      ->capture_default_str();
  command.add_flag("--json", args.json, "Print the plan as JSON");
}

void CheckInitArgs(const InitArgs& args, const CLI::App& command) {
  CheckEmpty(command);
  HashScopes().Find(args.hash, "--hash");
  if (args.student.model.empty() && args.plan.empty() &&
      !IsGenericStudent(args)) {
    Usage("--student",
          "is missing: a model name (see wsel models) or a JSON file; or give "
          "--family or --student-like");
  }
  if (args.output.empty() && !args.dry_run) {
    Usage("--output", "is missing: the file to write; or give --dry-run");
  }
  if (args.seed < 0) Usage("--seed", "must not be negative");
  if (!args.plan.empty()) {
    Forbid(command, {"--student",      "--family",       "--teacher-size",
                     "--student-size", "--student-like", "--method",
                     "--layers",       "--heads",        "--head",
                     "--patch-resize", "--skip",         "--compat",
                     "--seed",         "--num-classes",  "--img-size",
                     "--patch-size",   "--depth",        "--embed-dim",
                     "--num-heads",    "--teacher-model"},
           "is determined by --plan; leave it out");
  }
  CheckGeneric(args, command);
  if (args.teacher.empty()) {
    Forbid(command,
           {"--teacher-model", "--layers", "--heads", "--head",
            "--patch-resize", "--skip", "--compat", "--hash"},
           "needs --teacher");
  }
  CheckFiles(args);
}

model::Initializer RandomMethod(const InitArgs& args) {
  const std::string name = args.method.empty() ? "timm" : args.method;
  if (Contains(select::Methods().Names(), name)) {
    Usage("--method", fmt::format("{} selects from a teacher; give --teacher, "
                                  "or use one of {}",
                                  name, model::Initializers().Choices()));
  }
  const auto known = model::Initializers().Names();
  if (!Contains(known, name)) {
    auto all = known;
    const auto rules = select::Methods().Names();
    all.insert(all.end(), rules.begin(), rules.end());
    Usage("--method", Unknown("method", name, all));
  }
  return model::Initializers().Find(name, "--method");
}

select::Options SelectionOptions(const InitArgs& args) {
  select::Options options;
  if (!args.method.empty()) options.method = SelectionMethod(args.method);
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

}  // namespace wsel::cli
