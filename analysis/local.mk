noinst_LIBRARIES += libanalysis.a
libanalysis_a_SOURCES = \
	analysis/figure/allocation.c \
	analysis/figure/cdf.c analysis/figure/cdf.h \
	analysis/choice.c analysis/choice.h \
	analysis/comparison.c analysis/comparison.h \
	analysis/figure/curve.c analysis/figure/curve.h \
	analysis/figure/heat.c \
	analysis/figure/area.c \
	analysis/figure/bars.c analysis/figure/bars.h \
	analysis/figure/timeline.c \
	analysis/figure/measured/convergence.c \
	analysis/figure/measured/memory.c \
	analysis/figure/slowdown.c \
	analysis/figure/speed.c \
	analysis/figure/measured/trained.c analysis/figure/measured/trained.h \
	analysis/figure/sensitivity.c \
	analysis/sweep.c analysis/sweep.h \
	analysis/figure/figure.c analysis/figure/figure.h \
	analysis/figure/jct.c \
	analysis/figure/jct_cdf.c \
	analysis/figure/load.c \
	analysis/figure/queue_cdf.c \
	analysis/figure/rho_cdf.c \
	analysis/figure/measured/segments.c \
	analysis/figure/slo.c \
	analysis/figure/utilisation.c \
	analysis/figure/history.c analysis/figure/history.h \
	analysis/figure/device_hours.c \
	analysis/figure/gantt.c \
	analysis/figure/scatter.c \
	analysis/figure/measured/validate.c \
	analysis/figure/waiting.c \
	analysis/account.c analysis/account.h \
	analysis/draw.c analysis/draw.h \
	analysis/page.c analysis/page.h \
	analysis/experiments.c analysis/experiments.h \
	analysis/request.c analysis/request.h \
	analysis/gnuplot.c analysis/gnuplot.h \
	analysis/plot.c analysis/plot.h \
	analysis/labels.c \
	analysis/runs.c analysis/runs.h \
	analysis/statistics.c analysis/statistics.h \
	analysis/said.c analysis/said.h \
	analysis/table.c analysis/table.h

ANALYSIS_LIBS = libanalysis.a $(BASE_LIBS) $(GSL_LIBS)

bin_PROGRAMS += vnplot
dist_man_MANS += man/vnplot.1
vnplot_SOURCES = analysis/main.c analysis/command/command.h \
	analysis/command/all.c analysis/command/figure.c \
	analysis/command/list.c analysis/command/report.c \
	analysis/command/table.c
vnplot_LDADD = $(ANALYSIS_LIBS)

dist_check_SCRIPTS += t/analysis/allocation.sh.t
dist_check_SCRIPTS += t/analysis/plot.sh.t
dist_check_SCRIPTS += t/analysis/report.sh.t

check_PROGRAMS += t/analysis/statistics.t
t_analysis_statistics_t_SOURCES = t/analysis/statistics.c
t_analysis_statistics_t_LDADD = libtap.a $(ANALYSIS_LIBS)
