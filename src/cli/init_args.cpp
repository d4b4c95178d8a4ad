#include "init_args.h"

#include <fmt/format.h>

#include "options.h"
#include "wsel/core/error.h"
#include "wsel/core/suggest.h"

namespace wsel::cli {
namespace {

using session::InitRequest;

void AddSizes(CLI::App& command, const std::string& name, select::Sizes& sizes,
              const std::string& help) {
  command
      .add_option_function<std::vector<std::string>>(
          name,
          [&sizes, name](const std::vector<std::string>& items) {
            sizes = select::SizesFromText(items, name);
          },
          help)
      ->delimiter(',')
      ->type_name("NAME=N,...");
}

void AddTeacher(CLI::App& c, InitRequest& args) {
  AddFile(c, "--teacher", args.student.teacher,
          "Teacher checkpoint, of any kind that wsel inspect reads; without it "
          "the student is randomly initialised");
  AddCopyChoice(c, args.student.copy);
  c.add_option("--teacher-model", args.student.teacher_model,
               "Model of the teacher if it cannot be detected: a name (see "
               "wsel models) or a JSON file")
      ->type_name("MODEL");
  AddChoice(c, "--hash", args.hash, pretrained::HashScopes(),
            "Part of the teacher's file that is hashed for the metadata: " +
                pretrained::HashScopes().Choices());
}

// The student's model, or the budget that it is made for.
void AddStudent(CLI::App& c, session::ModelOptions& student,
                std::string& budget) {
  c.add_option("--student", student.model,
               "Model of the student: a name (see wsel models) or a JSON file")
      ->type_name("MODEL");
  c.add_option("--budget", budget,
               "Instead of --student: the teacher with fewer and narrower "
               "blocks, chosen by the calibration images to lose least within "
               "params=3M, flops=0.6G (twice the multiply-adds of an image) or "
               "latency=8ms@224x1 (image size and batch size, on this "
               "processor; without them the student's size, one image); "
               "--depth, --embed-dim and --num-heads fix what is not to be "
               "chosen")
      ->type_name("KIND=N");
  c.add_option("--num-classes", student.num_classes,
               "Number of classes of the student; 0: no classifier")
      ->type_name("N")
      ->default_str(
          "the model's or, with --head reuse or --budget, the teacher's");
  AddModelSizes(c, student, "the student");
  c.add_option("--in-chans", student.in_chans,
               "Channels of the student's images: 3 (RGB), 1 (grey) or "
               "another number; the teacher's first convolution is adapted as "
               "in timm")
      ->type_name("N");
}

void AddOtherStudent(CLI::App& c, session::StudentOptions& student) {
  AddFile(c, "--family", student.family,
          "Instead of --student, for any other architecture: a JSON file of "
          "its tensor names and dimensions (see docs/families.md)");
  AddSizes(c, "--teacher-size", student.teacher_sizes,
           "With --family, teacher sizes that its shapes do not determine: "
           "inner.heads=12");
  AddSizes(c, "--student-size", student.student_sizes,
           "With --family, student sizes: width=192,layers=3");
  AddFile(c, "--student-like", student.student_like,
          "Instead of --student: a checkpoint with the student's tensor names "
          "and shapes; its values are not read");
}

// "fresh" is an old name of "reset".
void AddHead(CLI::App& c, select::Head& head) {
  c.add_option_function<std::string>(
       "--head",
       [&head](const std::string& text) {
         head = text == "fresh" ? select::Head::kReset
                                : select::HeadSources().Find(text, "--head");
       },
       "Classifier: " + select::HeadSources().Choices() +
           "; reset re-initialises it, reuse selects it from the teacher's")
      ->default_str(std::string(select::HeadSources().NameOf(head)))
      ->type_name("NAME");
}

void AddSelection(CLI::App& c, session::StudentOptions& student) {
  select::Options& options = student.selection;
  c.add_option(
       "--method", student.method,
       fmt::format("Selection rule, with a teacher: {}; without one, random "
                   "initialisation: {}",
                   select::Methods().Choices(),
                   model::Initializers().Choices()))
      ->type_name("NAME")
      ->default_str("uniform, or timm without a teacher");
  c.add_option(
       "--layers", options.layers,
       "Layer selection: first|last|mid|uniform, best (drops the blocks "
       "that the features of the calibration images depend on least), "
       "or block numbers of the teacher (0,2,4; for a ConvNeXt one list per "
       "stage: 0,1/0,1/0,2,4/0,1)")
      ->type_name("RULE")
      ->capture_default_str();
  AddChoice(
      c, "--heads", options.heads, select::HeadRules(),
      "Selection of attention channels: " + select::HeadRules().Choices());
  c.add_option("--skip", options.skip,
               "Components (patch_embed,pos_embed,attn,norm,mlp,...) or tensor "
               "name patterns (blocks.3.*) to initialise at random, as timm "
               "would, instead of selecting them")
      ->delimiter(',')
      ->type_name("NAME,...");
  AddHead(c, options.head);
  AddChoice(c, "--patch-resize", options.patch_resize, select::PatchResizes(),
            "Resampling of patch_embed to another patch size: " +
                select::PatchResizes().Choices());
  c.add_option_function<std::string>(
       "--compat",
       [&options](const std::string& text) {
         if (text != "official") {
           throw Error(ErrorKind::kUsage, "--compat",
                       Unknown("rule", text, {"official"}));
         }
         options.official = true;
       },
       "Code to agree with: official, bit-identical to the paper's script, "
       "which leaves out tensors with 'head' in their name")
      ->type_name("NAME");
  c.add_option("--seed", student.seed, "Random seed")
      ->type_name("N")
      ->capture_default_str();
  AddFile(c, "--plan", student.plan, "Apply a plan written by --save-plan");
}

void AddCalibration(CLI::App& c, session::CalibrationRequest& calibration) {
  data::DataOptions& data = calibration.data;
  c.add_option(
       "--calibrate", data.name,
       "Data set (see wsel datasets): its training images choose or fit the "
       "weights (--method activation, taylor, regression, projection; --layers "
       "best; --budget), and others of them measure the student's agreement "
       "with the teacher. Labels are needed only by taylor: the data set "
       "folder may be a folder of images, or a list of them (--labels)")
      ->type_name("NAME");
  c.add_option("--data-root", data.root, "Folder that holds it")
      ->type_name("DIR");
  c.add_option(
       "--calibration-images", calibration.images,
       "Number of images that choose or fit the weights, balanced by class "
       "and drawn with --seed; agreement is measured on a quarter as "
       "many others, at most 128")
      ->type_name("N")
      ->capture_default_str();
  AddLabels(c, data.labels, data.multi_label);
  AddSubset(c, data, "; the calibration images are drawn from it");
  c.add_option("--val-split", data.val_split,
               "Leave out this share of the training images, which a training "
               "with the same value and split seed validates on")
      ->type_name("SHARE");
  c.add_option("--split-seed", data.split_seed, "Seed of --val-split")
      ->type_name("N")
      ->capture_default_str();
  c.add_option("--train-range", data.train_range,
               "Draw them from this index range of the training images: "
               "54000,60000")
      ->delimiter(',')
      ->type_name("FIRST,END");
  AddClasses(c, data);
}

void AddOutput(CLI::App& c, InitRequest& args) {
  AddFile(c, "--output", args.output,
          "Output file: .pth, .pt or .bin for torch.load, else safetensors");
  AddFile(c, "--save-plan", args.save_plan, "Write the plan to this JSON file");
  c.add_flag(
      "--dry-run", args.dry_run,
      "Print where each tensor of the student comes from; write no student");
  c.add_flag("--json", args.json, "Print the plan as JSON");
}

}  // namespace

void AddInitOptions(CLI::App& command, InitRequest& args) {
  command.option_defaults()->group("Teacher");
  AddTeacher(command, args);
  command.option_defaults()->group("Student");
  AddStudent(command, args.student.student, args.student.budget);
  command.option_defaults()->group("Student of any other architecture");
  AddOtherStudent(command, args.student);
  command.option_defaults()->group("Selection");
  AddSelection(command, args.student);
  command.option_defaults()->group("Calibration images");
  AddCalibration(command, args.student.calibration);
  AddThreads(command, args.threads);
  command.option_defaults()->group("Output");
  AddOutput(command, args);
}

}  // namespace wsel::cli
