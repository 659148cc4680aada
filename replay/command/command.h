/*
 * The commands of vnreplay, each in replay/command/NAME.c.
 *
 * To add one, write that file, name it here, in main.c and in local.mk, and
 * describe it in man/vnreplay.1.
 */
#ifndef REPLAY_COMMAND_COMMAND_H
#define REPLAY_COMMAND_COMMAND_H

/* argv[0] is the command's name; returns the exit status. */
int vn_command_sweep(int argc, char **argv);
int vn_command_compare(int argc, char **argv);
int vn_command_claims(int argc, char **argv);
int vn_command_experiment(int argc, char **argv);
int vn_command_export(int argc, char **argv);
int vn_command_figures(int argc, char **argv);
int vn_command_init(int argc, char **argv);
int vn_command_list(int argc, char **argv);
int vn_command_sbatch(int argc, char **argv);
int vn_command_timeline(int argc, char **argv);
int vn_command_live(int argc, char **argv);
int vn_command_calibrate(int argc, char **argv);
int vn_command_validate(int argc, char **argv);
int vn_command_merge(int argc, char **argv);
int vn_command_reproduce(int argc, char **argv);
int vn_command_schema(int argc, char **argv);

#endif /* REPLAY_COMMAND_COMMAND_H */
