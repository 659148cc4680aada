noinst_LIBRARIES += libexec.a
libexec_a_SOURCES = \
	vnode_exec/device/host/claim.c \
	vnode_exec/check.c vnode_exec/check.h \
	vnode_exec/interrupt.c vnode_exec/interrupt.h \
	vnode_exec/train/replica_memory.c vnode_exec/train/replica_memory.h \
	vnode_exec/train/text.c vnode_exec/train/text.h \
	vnode_exec/train/checkpoint.c vnode_exec/train/checkpoint.h \
	vnode_exec/train/comm.c vnode_exec/train/comm.h \
	vnode_exec/control.c vnode_exec/control.h \
	vnode_exec/array/array.c vnode_exec/array/array.h \
	vnode_exec/array/npy.c vnode_exec/array/npz.c \
	vnode_exec/array/safetensors.c \
	vnode_exec/train/weights.c vnode_exec/train/weights.h \
	vnode_exec/trained.c vnode_exec/trained.h \
	vnode_exec/data/data.c vnode_exec/data/data.h \
	vnode_exec/data/arrays.c vnode_exec/data/cifar.c \
	vnode_exec/data/csv.c vnode_exec/data/example.c \
	vnode_exec/data/idx.c vnode_exec/data/normal.c \
	vnode_exec/data/tokens.c \
	vnode_exec/device/device.c vnode_exec/device/device.h \
	vnode_exec/device/count.c vnode_exec/device/count.h \
	vnode_exec/device/host/host.c vnode_exec/device/host/host.h vnode_exec/device/host/tile.h \
	vnode_exec/device/reference/reference.c vnode_exec/device/formula.h \
	vnode_exec/train/executor.c vnode_exec/train/executor.h \
	vnode_exec/train/executor_resize.c vnode_exec/train/executor_step.c \
	vnode_exec/train/executor_sync.c \
	vnode_exec/model/graph.c vnode_exec/model/graph.h \
	vnode_exec/job.c vnode_exec/job.h \
	vnode_exec/model/layer_image.c vnode_exec/model/layer_linear.c \
	vnode_exec/model/layer_sequence.c \
	vnode_exec/model/layer_join.c vnode_exec/model/layer_drop.c \
	vnode_exec/model/model.c vnode_exec/model/model.h \
	vnode_exec/model/build.c vnode_exec/model/build.h \
	vnode_exec/model/kinds.c \
	vnode_exec/model/expression.c vnode_exec/model/expression.h \
	vnode_exec/options.c vnode_exec/options.h \
	vnode_exec/train/probe.c vnode_exec/train/probe.h \
	vnode_exec/record.c vnode_exec/record.h \
	vnode_exec/device/reference/reference.h \
	vnode_exec/device/reference/column.c vnode_exec/device/reference/conv.c \
	vnode_exec/device/reference/element.c vnode_exec/device/reference/gemm.c \
	vnode_exec/device/reference/row.c vnode_exec/device/reference/update.c \
	vnode_exec/train/replica.c vnode_exec/train/replica.h \
	vnode_exec/train/seat.c vnode_exec/train/seat.h \
	vnode_exec/device/spec.c vnode_exec/device/spec.h \
	vnode_exec/train/stage.c vnode_exec/train/stage.h \
	vnode_exec/train/stage_plan.c vnode_exec/train/stage_solve.c \
	vnode_exec/device/host/team.c vnode_exec/device/host/team.h \
	vnode_exec/train/train.c vnode_exec/train/train.h \
	vnode_exec/train/worker.c vnode_exec/train/worker.h
# The shipped models are installed, and compiled in.
MODEL_FILES = vnode_exec/models/mlp.yaml vnode_exec/models/resnet8.yaml \
	vnode_exec/models/resnet20.yaml vnode_exec/models/gpt.yaml
modelsdir = $(pkgdatadir)/models
dist_models_DATA = $(MODEL_FILES)
EXTRA_DIST += vnode_exec/model/shipped.sh
nodist_libexec_a_SOURCES = vnode_exec/model/shipped.c
CLEANFILES += vnode_exec/model/shipped.c
vnode_exec/model/shipped.c: $(MODEL_FILES) vnode_exec/model/shipped.sh
	$(AM_V_GEN)$(MKDIR_P) vnode_exec/model && \
	(cd $(srcdir) && sh vnode_exec/model/shipped.sh $(MODEL_FILES)) > $@.tmp && \
	mv $@.tmp $@
# Nothing may be contracted: every fused multiply-add is written as one.
libexec_a_CFLAGS = $(AM_CFLAGS) $(MPI_CFLAGS) -ffp-contract=off
EXEC_LIBS = libexec.a libhost_base.a $(HOST_ISA_LIBS) $(CUDA_BACKEND) \
	libexec.a libplan.a libbase.a $(CUDA_LIBS) $(MPI_LIBS) $(ZIP_LIBS) $(JANSSON_LIBS) -lz -lpthread

# The CUDA backend, by nvcc; and by the C++ compiler, as the tests run it.
CUDA_KERNELS = vnode_exec/device/cuda/cuda.cu \
	vnode_exec/device/cuda/arena.cu vnode_exec/device/cuda/blas.cu \
	vnode_exec/device/cuda/column.cu vnode_exec/device/cuda/conv.cu \
	vnode_exec/device/cuda/element.cu vnode_exec/device/cuda/gemm.cu vnode_exec/device/cuda/graph.cu \
	vnode_exec/device/cuda/row.cu vnode_exec/device/cuda/update.cu
CUDA_INCLUDED = vnode_exec/device/cuda/cuda.h vnode_exec/device/cuda/arena.h \
	vnode_exec/device/cuda/emulation.h vnode_exec/device/cuda/tile.h
EXTRA_DIST += $(CUDA_KERNELS) $(CUDA_INCLUDED) vnode_exec/device/cuda/emulation.cc
CUDA_COMPILE = $(NVCC) $(CUDA_FLAGS) $(NVCC_FLAGS) -I. -I$(top_srcdir)
SUFFIXES += .cu
.cu.o:
	$(AM_V_GEN)$(CUDA_COMPILE) -c -o $@ $<
if HAVE_CUDA
noinst_LIBRARIES += libcuda.a
libcuda_a_SOURCES = $(CUDA_KERNELS) $(CUDA_INCLUDED)
CUDA_BACKEND = libcuda.a
$(libcuda_a_OBJECTS): $(CUDA_INCLUDED) vnode_exec/device/device.h \
	vnode_exec/device/formula.h config.h
endif
if HAVE_CXX
check_LIBRARIES += libcuda_host.a
libcuda_host_a_SOURCES = vnode_exec/device/cuda/emulation.cc vnode_exec/device/device.c
libcuda_host_a_CPPFLAGS = $(AM_CPPFLAGS) -DHAVE_CUDA_BACKEND=1
check_PROGRAMS += t/exec/emulation.t t/exec/device_cuda.t
t_exec_emulation_t_SOURCES = t/exec/emulation.cc
t_exec_emulation_t_LDADD = libexec.a $(BASE_LIBS) libtap.a -lpthread
t_exec_device_cuda_t_SOURCES = t/exec/device.c
nodist_EXTRA_t_exec_device_cuda_t_SOURCES = t/exec/linked.cc
t_exec_device_cuda_t_LDADD = libcuda_host.a $(EXEC_LIBS) $(BASE_LIBS) libtap.a -ldl
EXTRA_PROGRAMS += t/exec/vnexec-cuda
t_exec_vnexec_cuda_SOURCES = $(vnexec_SOURCES)
nodist_EXTRA_t_exec_vnexec_cuda_SOURCES = t/exec/linked.cc
t_exec_vnexec_cuda_LDADD = libcuda_host.a $(EXEC_LIBS) $(BASE_LIBS) -ldl
check_DATA += t/exec/vnexec-cuda$(EXEEXT) $(CUBLAS_HOST)
endif
CUBLAS_HOST = t/exec/cublas/libcublas_host.so.13 t/exec/cublas/libcublas_host.so.12
$(CUBLAS_HOST): t/exec/cublas_host.c
	$(AM_V_GEN)$(MKDIR_P) t/exec/cublas && $(CC) -shared -fPIC -I. \
	    -DNAME="\"$@\"" $(AM_CFLAGS) $(CFLAGS) -o $@ \
	    $(top_srcdir)/t/exec/cublas_host.c
CLEANFILES += $(CUBLAS_HOST) $(EXTRA_PROGRAMS)
EXTRA_DIST += t/exec/cublas_host.c

bin_PROGRAMS += vnexec
vnexec_SOURCES = vnode_exec/main.c vnode_exec/command/command.h \
	vnode_exec/command/devices.c vnode_exec/command/eval.c \
	vnode_exec/command/data.c vnode_exec/command/export.c vnode_exec/command/model.c \
	vnode_exec/command/predict.c vnode_exec/command/sample.c \
	vnode_exec/command/profile.c vnode_exec/command/run.c \
	vnode_exec/command/run.h vnode_exec/command/run_control.c \
	vnode_exec/command/run_keep.c vnode_exec/command/run_report.c \
	vnode_exec/command/work.c
dist_man_MANS += man/vnexec.1 man/vnexec-model.5 man/vnexec-checkpoint.5
vnexec_LDADD = $(EXEC_LIBS) $(BASE_LIBS)

# The host's arithmetic, once for each instruction set.
HOST_SOURCES = vnode_exec/device/host/gemm.c vnode_exec/device/host/conv.c \
	vnode_exec/device/host/row.c vnode_exec/device/host/column.c \
	vnode_exec/device/host/element.c vnode_exec/device/host/update.c \
	vnode_exec/device/host/table.c
HOST_CFLAGS = $(AM_CFLAGS) -ffp-contract=off -fno-math-errno \
	-fno-trapping-math
noinst_LIBRARIES += libhost_base.a
libhost_base_a_SOURCES = $(HOST_SOURCES)
libhost_base_a_CPPFLAGS = $(AM_CPPFLAGS) -DVN_ISA=_base
libhost_base_a_CFLAGS = $(HOST_CFLAGS) $(HOST_OPTIMIZE)
if X86_64
HOST_ISA_LIBS = libhost_v3.a libhost_v4.a
noinst_LIBRARIES += libhost_v3.a libhost_v4.a
libhost_v3_a_SOURCES = $(HOST_SOURCES)
libhost_v3_a_CPPFLAGS = $(AM_CPPFLAGS) -DVN_ISA=_v3
libhost_v3_a_CFLAGS = $(HOST_CFLAGS) $(HOST_OPTIMIZE) -march=x86-64-v3
libhost_v4_a_SOURCES = $(HOST_SOURCES)
libhost_v4_a_CPPFLAGS = $(AM_CPPFLAGS) -DVN_ISA=_v4
libhost_v4_a_CFLAGS = $(HOST_CFLAGS) $(HOST_OPTIMIZE) -march=x86-64-v4 \
	-mprefer-vector-width=512
endif

check_PROGRAMS += t/exec/device.t
t_exec_device_t_SOURCES = t/exec/device.c
t_exec_device_t_LDADD = $(EXEC_LIBS) $(BASE_LIBS) libtap.a

check_PROGRAMS += t/exec/spec.t
t_exec_spec_t_SOURCES = t/exec/spec.c
t_exec_spec_t_LDADD = $(EXEC_LIBS) $(BASE_LIBS) libtap.a

check_PROGRAMS += t/exec/array.t
t_exec_array_t_SOURCES = t/exec/array.c
t_exec_array_t_LDADD = $(EXEC_LIBS) $(BASE_LIBS) libtap.a
EXTRA_DIST += t/data/array

check_PROGRAMS += t/exec/model.t
t_exec_model_t_SOURCES = t/exec/model.c
t_exec_model_t_LDADD = $(EXEC_LIBS) $(BASE_LIBS) libtap.a
dist_check_SCRIPTS += t/exec/model.sh.t t/exec/own.sh.t t/exec/data.sh.t t/exec/tune.sh.t
EXTRA_DIST += t/exec/own.py
EXTRA_DIST += t/data/model

check_PROGRAMS += t/exec/gradient.t
t_exec_gradient_t_SOURCES = t/exec/gradient.c
t_exec_gradient_t_LDADD = $(EXEC_LIBS) $(BASE_LIBS) libtap.a
dist_check_SCRIPTS += t/exec/diverge.sh.t t/exec/isa.sh.t t/exec/kept.sh.t t/exec/ranks.sh.t t/exec/wishes.sh.t
dist_check_SCRIPTS += t/exec/exec.sh.t t/exec/control.sh.t t/exec/cuda.sh.t t/exec/launches.sh.t t/exec/ptx.sh.t

# What can be chosen of each stands at its top.
EXTRA_DIST += t/bench/exec.sh t/bench/torch.py t/bench/couple.sh \
	t/bench/memory.sh t/bench/scaling.sh \
	vnode_exec/MEASURED.md vnode_exec/memory.svg
# For a few minutes on a machine with a GPU; it takes a build with CUDA.
EXTRA_DIST += t/gpu/bundle.sh t/gpu/gpu_check.sh t/gpu/torch_steps.py t/gpu/cases
dist_check_SCRIPTS += t/exec/bundle.sh.t
.PHONY: gpu-bundle
gpu-bundle: vnexec t/exec/device.t
	bash $(top_srcdir)/t/gpu/bundle.sh ./vnexec t/exec/device.t \
	    $(top_srcdir)/t/gpu/cases .gpu
.PHONY: bench-exec bench-couple bench-memory bench-scaling
bench-exec: vnexec
	$(top_srcdir)/t/bench/exec.sh
bench-couple: vnexec
	$(top_srcdir)/t/bench/couple.sh
bench-memory: vnexec vnreplay
	$(top_srcdir)/t/bench/memory.sh
bench-scaling: vnexec
	$(top_srcdir)/t/bench/scaling.sh
