// Torch-free.
#pragma once

#include <string>

#include "wsel/pretrained/pretrained_checkpoint.h"

namespace wsel::pretrained {

// Names layer scales as `config` has them: timm's RoPE-ViTs with learnt
// positions have the names of DeiT III's original files, so that only the
// file's name or a given model shows that theirs are an Eva's. Nothing for all
// other models.
void NameAsEva(const model::Config& config, PretrainedCheckpoint& checkpoint);

// Sets `published`: the model that config.json or the checkpoint's path names,
// if the detected one is as wide and deep; else a remark. Adds its facts to
// `beside`.
void UsePublished(PretrainedCheckpoint& checkpoint);

// Makes the published model's config the detected one, if it has the file's
// tensors: what these do not show is known then.
void TakePublishedConfig(PretrainedCheckpoint& checkpoint);

// Why names and shapes of the file show no supported model, if its name
// explains it: "timm's NAME has attention pooling"; "" if not.
std::string ReasonByName(const PretrainedCheckpoint& checkpoint);

// Sets warnings, or `unsupported_reason`, for detected models that no name
// confirms and that another published one with equal tensors may be.
void CheckLookAlikes(PretrainedCheckpoint& checkpoint);

}  // namespace wsel::pretrained
