noinst_LIBRARIES += libreplay.a
libreplay_a_SOURCES = \
	replay/bench.c replay/bench.h \
	replay/calibrate.c replay/calibrate.h \
	replay/calibrate_table.c \
	replay/calibration.h \
	replay/command.h \
	replay/command_calibrate.c \
	replay/command_compare.c \
	replay/command_experiment.c \
	replay/command_export.c \
	replay/command_live.c \
	replay/command_merge.c \
	replay/command_reproduce.c \
	replay/command_run.c \
	replay/command_schema.c \
	replay/command_validate.c \
	replay/course.c replay/course.h \
	replay/course_report.c \
	replay/course_store.c replay/course_store.h \
	replay/elastic.h \
	replay/elastic_measured.c \
	replay/elastic_report.c \
	replay/elastic_simulated.c \
	replay/executor.c replay/executor.h \
	replay/experiment.c replay/experiment.h \
	replay/experiment_elastic.c \
	replay/experiment_gavel.c \
	replay/experiment_het.c \
	replay/findings.c replay/findings.h \
	replay/forced.c replay/forced.h \
	replay/generate.c replay/generate.h \
	replay/host.c replay/host.h \
	replay/lab.c replay/lab.h \
	replay/layout.c replay/layout.h \
	replay/live.c replay/live.h \
	replay/live_seat.c replay/live_seat.h \
	replay/live_store.c \
	replay/pool.c \
	replay/report.c replay/report.h \
	replay/report_machine.c \
	replay/report_table.c \
	replay/report_text.c \
	replay/study.h \
	replay/study_blame.c \
	replay/study_report.c \
	replay/study_run.c \
	replay/study_simulate.c \
	replay/sweep.c replay/sweep.h \
	replay/validation.c replay/validation.h \
	replay/validation_split.c \
	replay/workload.c replay/workload.h

libreplay_a_CPPFLAGS = $(AM_CPPFLAGS) \
	-DVN_EXPERIMENTS_DIR='"$(pkgdatadir)/experiments"' \
	-DVN_EXPERIMENTS_SOURCE='"$(abs_top_srcdir)/replay/experiments"'

# The facts that experiments start from.
virtualflowdir = $(pkgdatadir)/experiments/virtualflow
dist_virtualflow_DATA = \
	replay/experiments/virtualflow/9-11_20jobs_8jph.csv \
	replay/experiments/virtualflow/9-12_3jobs.csv \
	replay/experiments/virtualflow/9-13_3jobs.csv \
	replay/experiments/virtualflow/9-14-2_20jobs_12jph.csv \
	replay/experiments/virtualflow/9-14_20jobs_10jph.csv \
	replay/experiments/virtualflow/9-9_3jobs.csv \
	replay/experiments/virtualflow/allocations.csv \
	replay/experiments/virtualflow/costs.csv \
	replay/experiments/virtualflow/costs-20jobs.csv \
	replay/experiments/virtualflow/links-a.csv \
	replay/experiments/virtualflow/links-b.csv \
	replay/experiments/virtualflow/measured.csv \
	replay/experiments/virtualflow/nodes.csv \
	replay/experiments/virtualflow/steps-9-14-2.csv

gavel_htdir = $(pkgdatadir)/experiments/gavel-ht
dist_gavel_ht_DATA = \
	replay/experiments/gavel-ht/1jph.csv \
	replay/experiments/gavel-ht/3jph.csv \
	replay/experiments/gavel-ht/5jph.csv \
	replay/experiments/gavel-ht/7jph.csv \
	replay/experiments/gavel-ht/9jph.csv \
	replay/experiments/gavel-ht/11jph.csv \
	replay/experiments/gavel-ht/nodes.csv \
	replay/experiments/gavel-ht/published.csv \
	replay/experiments/gavel-ht/whole.csv
gaveldir = $(pkgdatadir)/experiments/gavel
dist_gavel_DATA = \
	replay/experiments/gavel/artifact_evaluation.csv \
	replay/experiments/gavel/expected.csv \
	replay/experiments/gavel/minimize_makespan.csv \
	replay/experiments/gavel/steps.csv
hetdir = $(pkgdatadir)/experiments/het
dist_het_DATA = \
	replay/experiments/het/gavel.csv \
	replay/experiments/het/measured.csv \
	replay/experiments/het/profile.csv

bin_PROGRAMS += vnreplay
dist_man_MANS += man/vnreplay.1
# What draws traces is a command of vntrace.
vnreplay_SOURCES = replay/main.c traces/command_generate.c
vnreplay_LDADD = libreplay.a libsim.a libtraces.a libplan.a $(ANALYSIS_LIBS) $(GLPK_LIBS)

# A trace for two devices of one host (vnreplay(1), validate).
examplesdir = $(pkgdatadir)/examples
dist_examples_DATA = replay/examples/two-cores.csv

dist_check_SCRIPTS += t/replay.sh.t t/experiment.sh.t t/course.sh.t \
	t/live.sh.t t/mixed.sh.t \
	t/validate.sh.t

# What the laboratory is for, in half a minute.
DEMO_POLICIES = fifo,fifo-skip,sjf,srtf,las,priority,wfs
DEMO_RECIPE = --preset philly --jobs 5000 --priorities 1:0.7,5:0.2,10:0.1
DEMO_CLUSTER = v100:16x8
.PHONY: demo
demo: vntrace vnreplay vnplot
	@rm -rf demo && $(MKDIR_P) demo
	@echo '== A trace of 5,000 jobs like those of Microsoft'\''s Philly clusters'
	./vntrace generate $(DEMO_RECIPE) --load 0.9 --cluster $(DEMO_CLUSTER) \
		--output demo/philly.csv
	./vntrace stat --cluster $(DEMO_CLUSTER) demo/philly.csv
	@echo
	@echo '== Ten such traces under seven policies'
	./vnreplay run --generate '$(DEMO_RECIPE)' --load 0.9 --seed 1:10 \
		--cluster $(DEMO_CLUSTER) --policy $(DEMO_POLICIES) \
		--results demo/demo.db
	@echo
	@echo '== What they show'
	./vnreplay compare demo/demo.db
	@echo
	@echo '== As figures'
	@for f in jct jct-cdf queue-cdf utilisation; do \
		./vnplot $$f demo/demo.db --output demo/$$f.pdf; \
		case $$? in \
		0) echo "`pwd`/demo/$$f.pdf" ;; \
		3) echo "`pwd`/demo/$$f.gp and .csv" ;; \
		*) exit 1 ;; \
		esac; \
	done

clean-demo:
	-rm -rf demo
.PHONY: clean-demo
clean-local: clean-demo

check_PROGRAMS += t/workload.t
t_workload_t_SOURCES = t/workload.c
t_workload_t_LDADD = libreplay.a libsim.a libtraces.a libplan.a $(ANALYSIS_LIBS) $(GLPK_LIBS) libtap.a

check_PROGRAMS += t/forced.t
t_forced_t_SOURCES = t/forced.c
t_forced_t_LDADD = libreplay.a libsim.a libtraces.a libplan.a $(ANALYSIS_LIBS) $(GLPK_LIBS) libtap.a

check_PROGRAMS += t/host.t
t_host_t_SOURCES = t/host.c
t_host_t_LDADD = libreplay.a libsim.a libtraces.a libplan.a $(ANALYSIS_LIBS) $(GLPK_LIBS) libtap.a
