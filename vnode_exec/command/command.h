/*
 * The commands of vnexec; each returns the program's exit status.  To add
 * one, write vnode_exec/command/NAME.c and name it in main.c.
 */
#ifndef VNODE_EXEC_COMMAND_COMMAND_H
#define VNODE_EXEC_COMMAND_COMMAND_H

int vn_command_train(int argc, char **argv);
int vn_command_eval(int argc, char **argv);
int vn_command_profile(int argc, char **argv);
int vn_command_model(int argc, char **argv);
int vn_command_export(int argc, char **argv);
int vn_command_predict(int argc, char **argv);
int vn_command_sample(int argc, char **argv);
int vn_command_data(int argc, char **argv);
int vn_command_work(int argc, char **argv);
int vn_command_digest(int argc, char **argv);
int vn_command_devices(int argc, char **argv);

#endif /* VNODE_EXEC_COMMAND_COMMAND_H */
