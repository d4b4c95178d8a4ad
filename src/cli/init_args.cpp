#include "wsel/cli/init_args.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "wsel/cli/provenance.h"
#include "wsel/core/error.h"
#include "wsel/core/suggest.h"

namespace wsel::cli {
namespace {

[[noreturn]] void Usage(std::string_view option, std::string_view message) {
  throw Error(ErrorKind::kUsage, option, message);
}

bool SameFile(const std::string& a, const std::string& b) {
  std::error_code ignored;  // of files that are not there
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
        Usage(option, fmt::format("would overwrite '{}', which is read; choose "
                                  "another name",
                                  input));
      }
    }
  }
  if (!args.output.empty() && args.output == args.save_plan) {
    Usage("--save-plan", "is the file of --output; choose another name");
  }
}

// An empty value is an unset variable of a shell script, and means nothing.
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
    Forbid(command, {"--teacher-size", "--student-size"}, "needs a --family");
  } else {
    Forbid(command, {"--student-like"},
           "says what the student is, as --family does; leave one out");
  }
  if (!AsksForGeneric(args)) return;
  if (args.teacher.empty()) Usage("--teacher", "is missing");
  Forbid(command,
         {"--student", "--head", "--patch-resize", "--compat", "--num-classes",
          "--img-size", "--patch-size", "--depth", "--embed-dim", "--num-heads",
          "--teacher-model"},
         "is for a ViT or ConvNeXt; leave it out with --family and "
         "--student-like");
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

select::Method SelectionMethod(const std::string& name) {
  if (Contains(model::Initializers().Names(), name)) {
    Usage("--method", fmt::format("{} draws a random student; leave out "
                                  "--teacher, or select by one of {}",
                                  name, select::Methods().Choices()));
  }
  return select::Methods().Find(name, "--method");
}

}  // namespace

bool AsksForGeneric(const InitArgs& args) {
  return !args.family.empty() || !args.student_like.empty();
}

void AddInitOptions(CLI::App& command, InitArgs& args) {
  command.add_option(
      "--teacher", args.teacher,
      "Teacher checkpoint (safetensors, torch zip, TorchScript)");
  command.add_option(
      "--student", args.student.model,
      "Student: a model's name (see wsel models) or a JSON file");
  command.add_option("--family", args.family,
                     "Instead of --student, for any other architecture: a JSON "
                     "file of tensors' names and what their dimensions mean "
                     "(configs/families)");
  command
      .add_option("--teacher-size", args.teacher_size,
                  "With --family, what shapes do not tell: inner.heads=12")
      ->delimiter(',');
  command
      .add_option("--student-size", args.student_size,
                  "With --family, the student's sizes: width=192,layers=3")
      ->delimiter(',');
  command.add_option("--student-like", args.student_like,
                     "Instead of --student: a checkpoint of the student's "
                     "names and shapes, whose numbers are not read");
  command.add_option("--output", args.output,
                     "File to write: .pth, .pt or .bin for torch.load, else "
                     "safetensors");
  command.add_option(
      "--method", args.method,
      fmt::format("With a teacher: {} (default uniform). Without: {} "
                  "(default timm)",
                  select::Methods().Choices(),
                  model::Initializers().Choices()));
  command
      .add_option("--layers", args.layers,
                  "Teacher's blocks: first|last|mid|uniform, or by number "
                  "(0,2,4; for a ConvNeXt a list a stage: 0,1/0,1/0,2,4/0,1)")
      ->capture_default_str();
  command
      .add_option("--heads", args.heads,
                  "Attention channels: " + select::HeadRules().Choices())
      ->capture_default_str();
  command
      .add_option("--skip", args.skip,
                  "Leave out components (patch_embed,pos_embed,attn,norm,mlp,"
                  "...) or tensors by pattern (blocks.3.*); they are "
                  "initialised as timm would")
      ->delimiter(',');
  command
      .add_option("--head", args.head,
                  "Classifier: " + select::HeadSources().Choices())
      ->capture_default_str();
  command.add_option("--num-classes", args.student.num_classes,
                     "Classes of the student; 0 for none");
  command
      .add_option(
          "--patch-resize", args.patch_resize,
          "Patch kernels of another size: " + select::PatchResizes().Choices())
      ->capture_default_str();
  command.add_option("--compat", args.compat,
                     "official: to the bit what the paper's script writes (no "
                     "tensor with 'head' in its name)");
  command.add_option("--seed", args.seed, "Of all that is drawn")
      ->capture_default_str();
  command.add_option("--img-size", args.student.img_size,
                     "Student's image side");
  command.add_option("--patch-size", args.student.patch_size,
                     "Student's patch side");
  command.add_option("--depth", args.student.depth,
                     "Student's blocks: 6, or 2,2,6,2 for a ConvNeXt");
  command.add_option("--embed-dim", args.student.embed_dim,
                     "Student's width: 192, or 48,96,192,384 for a ConvNeXt");
  command.add_option("--num-heads", args.student.num_heads, "Student's heads");
  command.add_option(
      "--teacher-model", args.teacher_model,
      "What the teacher is (a name or a JSON file), where names and "
      "shapes do not tell");
  command.add_flag(
      "--dry-run", args.dry_run,
      "Decide everything, print where each tensor comes from, write "
      "no student");
  command.add_option("--save-plan", args.save_plan, "Write the plan as JSON");
  command.add_option("--plan", args.plan, "Carry out a saved plan");
  command
      .add_option("--hash", args.hash,
                  "What of the teacher's file is hashed for the record: " +
                      HashScopes().Choices())
      ->capture_default_str();
  command.add_flag("--json", args.json, "Print the plan as JSON");
}

void CheckInitArgs(const InitArgs& args, const CLI::App& command) {
  CheckEmpty(command);
  HashScopes().Find(args.hash, "--hash");
  if (args.student.model.empty() && args.plan.empty() &&
      !AsksForGeneric(args)) {
    Usage("--student",
          "is missing: a model's name (see wsel models), or --family or "
          "--student-like");
  }
  if (args.output.empty() && !args.dry_run) {
    Usage("--output", "is missing: the file to write (or --dry-run)");
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
           "is already decided by --plan; leave it out");
  }
  CheckGeneric(args, command);
  if (args.teacher.empty()) {
    Forbid(command,
           {"--teacher-model", "--layers", "--heads", "--head",
            "--patch-resize", "--skip", "--compat", "--hash"},
           "needs a --teacher");
  }
  CheckFiles(args);
}

model::Initializer RandomMethod(const InitArgs& args) {
  const std::string name = args.method.empty() ? "timm" : args.method;
  if (Contains(select::Methods().Names(), name)) {
    Usage("--method", fmt::format("{} selects from a teacher; give --teacher, "
                                  "or draw by one of {}",
                                  name, model::Initializers().Choices()));
  }
  const auto known = model::Initializers().Names();
  if (!Contains(known, name)) {
    auto all = known;
    const auto selecting = select::Methods().Names();
    all.insert(all.end(), selecting.begin(), selecting.end());
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
