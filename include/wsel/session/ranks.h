#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "wsel/data/dataset.h"
#include "wsel/distributed/process_group.h"
#include "wsel/recipe/recipe.h"
#include "wsel/run/run_folder.h"

namespace wsel::session {

// What the ranks of a run have to agree on. Every rank calls these functions;
// one that differs from the first throws.

// The folder of a run: the first rank creates and locks it, and the others see
// it. Errors: as run::RunFolder; kIo if this rank does not see what the first
// one does there.
run::RunFolder OpenFolder(const std::string& output,
                          distributed::ProcessGroup* group);

// Errors: kConfig with the differences, without those that affect no result.
void RequireSameRecipe(const recipe::Recipe& recipe,
                       distributed::ProcessGroup& group);

// `facts` by name, such as options and digests, nested or not, which are the
// first rank's. Errors: kConfig at `where` with those that differ.
void RequireSame(const std::string& where, const nlohmann::ordered_json& facts,
                 distributed::ProcessGroup& group);

// What a data set contains, for RequireSame: numbers of images and classes, and
// a digest of the names of both and of the labels.
nlohmann::ordered_json DescribeImages(const data::Dataset& set);
// "4000 0123456789ab": the number of images, and a digest of their names,
// labels and classes.
std::string ImagesAndDigest(const data::Dataset& set);

// Takes over what the first rank resolved for its device: precision and the
// sizes of batches.
void AdoptAutoOptions(recipe::Recipe& recipe, distributed::ProcessGroup& group);

}  // namespace wsel::session
