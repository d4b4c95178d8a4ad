# c10d's Gloo and NCCL are inside LibTorch; their headers are not. Without them
# everything else works, and several ranks are an error that says so.

# Of Gloo only headers: linking the system's libgloo would put two of them into
# one program.
find_path(GLOO_INCLUDE_DIR gloo/rendezvous/store.h)
if(GLOO_INCLUDE_DIR)
  set(WITH_GLOO USE_DISTRIBUTED USE_C10D_GLOO)
  target_include_directories(wsel_distributed_torch SYSTEM PRIVATE
    ${GLOO_INCLUDE_DIR})
  message(STATUS "Gloo's headers: ${GLOO_INCLUDE_DIR}")
else()
  set(WITH_GLOO "")
  message(STATUS "Gloo's headers (libgloo-dev) were not found: no --ranks")
endif()

# NCCL's and CUDA's headers lie beside a full wheel, in a folder per package or
# in one for all. c10d's NCCL is in torch_cuda, which a LibTorch that is chosen at
# run time (WSEL_CUDA=runtime) may lack.
set(WITH_NCCL "")
if(LIBTORCH_BACKEND STREQUAL "CPU and CUDA")
  file(GLOB NVIDIA_INCLUDES ${LIBTORCH_ROOT}/../nvidia/*/include)
  find_path(NCCL_INCLUDE_DIR nccl.h PATHS ${NVIDIA_INCLUDES})
  find_path(CUDA_RUNTIME_INCLUDE_DIR cuda_runtime_api.h
    PATHS ${NVIDIA_INCLUDES} /usr/local/cuda/include)
  if(NCCL_INCLUDE_DIR AND CUDA_RUNTIME_INCLUDE_DIR)
    set(WITH_NCCL USE_DISTRIBUTED USE_C10D_NCCL)
    target_include_directories(wsel_distributed_torch SYSTEM PRIVATE
      ${NCCL_INCLUDE_DIR} ${CUDA_RUNTIME_INCLUDE_DIR} ${NVIDIA_INCLUDES})
    target_link_libraries(wsel_distributed_torch PUBLIC torch_cuda c10_cuda)
    message(STATUS "NCCL's headers: ${NCCL_INCLUDE_DIR}")
  else()
    message(STATUS "nccl.h or cuda_runtime_api.h was not found: no ranks on GPUs")
  endif()
else()
  message(STATUS "LibTorch's CUDA is not linked: no ranks on GPUs")
endif()

# The precompiled header is made without these definitions.
set_source_files_properties(src/distributed/gloo.cpp PROPERTIES
  COMPILE_DEFINITIONS "${WITH_GLOO}" SKIP_PRECOMPILE_HEADERS ON)
set_source_files_properties(src/distributed/nccl.cpp PROPERTIES
  COMPILE_DEFINITIONS "${WITH_NCCL}" SKIP_PRECOMPILE_HEADERS ON)
