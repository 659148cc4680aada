noinst_LIBRARIES += libtraces.a
libtraces_a_SOURCES = \
	traces/arrival.c traces/arrival.h \
	traces/burst.c \
	traces/clock.c traces/clock.h \
	traces/duration.c traces/duration.h \
	traces/fit.c \
	traces/import.c traces/import.h \
	traces/import_acme.c \
	traces/import_gavel.c \
	traces/import_helios.c \
	traces/import_json.c traces/import_json.h \
	traces/import_life.c traces/import_life.h \
	traces/import_openb.c \
	traces/import_pai.c \
	traces/import_pai_sim.c \
	traces/import_philly.c \
	traces/import_philly_csv.c \
	traces/import_pollux.c \
	traces/import_report.c \
	traces/import_swf.c \
	traces/import_tiresias.c \
	traces/import_trace.c \
	traces/import_virtualflow.c \
	traces/mix.c traces/mix.h \
	traces/preset.c \
	traces/recipe.c traces/recipe.h \
	traces/trace.c traces/trace.h \
	traces/trace_row.c traces/trace_row.h \
	traces/trace_write.c

dist_man_MANS += man/vntrace.1

bin_PROGRAMS += vntrace
vntrace_SOURCES = \
	traces/main.c traces/command.h \
	traces/command_generate.c \
	traces/command_import.c \
	traces/command_stat.c
vntrace_LDADD = libtraces.a libplan.a $(GSL_LIBS) $(BASE_LIBS)

check_PROGRAMS += t/clock.t t/trace.t
t_clock_t_SOURCES = t/clock.c
t_clock_t_LDADD = libtraces.a libplan.a $(BASE_LIBS) libtap.a
t_trace_t_SOURCES = t/trace.c
t_trace_t_LDADD = libtraces.a libplan.a $(BASE_LIBS) libtap.a

dist_check_SCRIPTS += t/import.sh.t
EXTRA_DIST += t/data/import t/data/bad

check_PROGRAMS += t/generate.t
t_generate_t_SOURCES = t/generate.c
t_generate_t_LDADD = libtraces.a libplan.a $(GSL_LIBS) $(BASE_LIBS) libtap.a
dist_check_SCRIPTS += t/generate.sh.t t/stat.sh.t
