# Completion for bash and zsh, made of what the programs say of their options.
COMPLETED = vntrace vnsim vnreplay vnplot vnexec enclavedom/enclavedom
EXTRA_DIST += completion/generate.sh
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
nodist_bashcompletion_DATA = \
	completion/enclavedom completion/vnexec completion/vnplot \
	completion/vnreplay completion/vnsim completion/vntrace
nodist_zshcompletion_DATA = \
	completion/_enclavedom completion/_vnexec completion/_vnplot \
	completion/_vnreplay completion/_vnsim completion/_vntrace
$(nodist_bashcompletion_DATA) $(nodist_zshcompletion_DATA): completion/made.stamp
completion/made.stamp: completion/generate.sh vntrace$(EXEEXT) vnsim$(EXEEXT) \
		vnreplay$(EXEEXT) vnplot$(EXEEXT) vnexec$(EXEEXT) \
		enclavedom/enclavedom$(EXEEXT)
	@$(MKDIR_P) completion
	$(AM_V_GEN)for p in $(COMPLETED); do \
	  n=`basename $$p`; \
	  sh $(srcdir)/completion/generate.sh bash $$n ./$$p > completion/$$n && \
	  sh $(srcdir)/completion/generate.sh zsh $$n ./$$p > completion/_$$n || exit 1; \
	done
	@touch $@
CLEANFILES += completion/made.stamp $(nodist_bashcompletion_DATA) \
	$(nodist_zshcompletion_DATA)
dist_check_SCRIPTS += t/tree/completion.sh.t
