noinst_LIBRARIES += libtraces.a
libtraces_a_SOURCES = \
	traces/draw/arrival.c traces/draw/arrival.h \
	traces/draw/burst.c \
	traces/import/clock.c traces/import/clock.h \
	traces/draw/duration.c traces/draw/duration.h \
	traces/draw/fit.c \
	traces/import/import.c traces/import/import.h \
	traces/import/acme.c \
	traces/import/gavel.c \
	traces/import/helios.c \
	traces/import/json.c traces/import/json.h \
	traces/import/life.c traces/import/life.h \
	traces/import/openb.c \
	traces/import/pai.c \
	traces/import/pai_sim.c \
	traces/import/map.c \
	traces/import/pacific.c traces/import/pacific.h \
	traces/import/philly.c \
	traces/import/philly_csv.c \
	traces/import/pollux.c \
	traces/import/report.c \
	traces/import/slurm.c \
	traces/import/swf.c \
	traces/import/tiresias.c \
	traces/import/trace.c \
	traces/import/virtualflow.c \
	traces/draw/weighted.c traces/draw/weighted.h \
	traces/draw/model.c traces/draw/model.h \
	traces/draw/preset.c \
	traces/draw/recipe.c traces/draw/recipe.h \
	traces/ids.c traces/ids.h \
	traces/trace.c traces/trace.h \
	traces/trace_row.c traces/trace_row.h \
	traces/trace_write.c

dist_man_MANS += man/vntrace.1

bin_PROGRAMS += vntrace
vntrace_SOURCES = \
	traces/main.c traces/command/command.h \
	traces/command/generate.c \
	traces/command/import.c \
	traces/command/stat.c
vntrace_LDADD = libtraces.a libplan.a $(GSL_LIBS) $(BASE_LIBS)

check_PROGRAMS += t/traces/clock.t t/traces/ids.t t/traces/trace.t
t_traces_ids_t_SOURCES = t/traces/ids.c
t_traces_ids_t_LDADD = libtraces.a libplan.a $(BASE_LIBS) libtap.a
t_traces_clock_t_SOURCES = t/traces/clock.c
t_traces_clock_t_LDADD = libtraces.a libplan.a $(BASE_LIBS) libtap.a
t_traces_trace_t_SOURCES = t/traces/trace.c
t_traces_trace_t_LDADD = libtraces.a libplan.a $(BASE_LIBS) libtap.a

dist_check_SCRIPTS += t/traces/import.sh.t t/traces/found.sh.t
EXTRA_DIST += t/data/import t/data/bad

check_PROGRAMS += t/traces/generate.t
t_traces_generate_t_SOURCES = t/traces/generate.c
t_traces_generate_t_LDADD = libtraces.a libplan.a $(GSL_LIBS) $(BASE_LIBS) libtap.a
dist_check_SCRIPTS += t/traces/generate.sh.t t/traces/stat.sh.t
