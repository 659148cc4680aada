#!/bin/sh
# Completion of a program's commands and options, made of what --help says,
# which is printed from the tables that the program reads its options by:
#
#     sh completion/generate.sh bash|zsh PROGRAM BINARY
#
# Choices (text|csv|json) are words, policies are asked for, the rest is files.
set -eu
shell=$1 program=$2 binary=$3
tab=$(printf '\t')

# A line "COMMAND OPTION LETTER ARGUMENT HELP" an option, with tabs between,
# '-' where there is no letter or argument.
rows() { # command, or '-'
    set -- "$1" "$([ "$1" = - ] || echo "$1")"
    # shellcheck disable=SC2086
    "$binary" $2 --help < /dev/null 2> /dev/null | awk -v command="$1" '
        function put() {
            gsub(/[\047"`$\\:\[\]]/, "", help)
            if (option != "")
                print command "\t" option "\t" letter "\t" argument "\t" help
            option = ""
        }
        /^ +(-[A-Za-z], )?--[a-z]/ {
            put()
            sub(/^ +/, "")
            letter = argument = "-"
            if (/^-[A-Za-z], /) {
                letter = substr($0, 1, 2)
                $0 = substr($0, 5)
            }
            match($0, /^--[a-z0-9-]+/)
            option = substr($0, 1, RLENGTH)
            help = substr($0, RLENGTH + 1)
            if (match(help, /^ [^ ]+/)) {
                argument = substr(help, 2, RLENGTH - 1)
                help = substr(help, RLENGTH + 1)
            }
            sub(/^ +/, "", help)
            next
        }
        option != "" && /^            / {
            sub(/^ +/, "")
            help = help (help == "" ? "" : " ") $0
            next
        }
        {put()}
        END {put()}'
}
commands=$("$binary" --help | sed -nE 's/^  ([a-z][a-z-]*)  .*/\1/p')
all() {
    rows -
    for command in $commands; do
        rows "$command"
    done
}
# What may stand behind an option, as words of the shell; nothing: a file.
words() { # option, argument
    case $1:$2 in
    *:*[A-Z]* | *:*[\[\]=,.:]*)
        test "$1" != --policy ||
            echo "\$(vnsim --policies 2> /dev/null | awk '/^[a-z]/ {print \$1}')"
        ;;
    *\|*) echo "${2#*:}" | tr '|' ' ' ;;
    esac
    return 0
}
for_bash() {
    name=_$(echo "$program" | tr - _)
    echo "# bash completion of $program, made by completion/generate.sh"
    echo "$name() {"
    echo '    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=-'
    if test -n "$commands"; then
        echo '    case ${COMP_WORDS[1]} in'
        echo "    $(echo $commands | sed 's/ / | /g')) command=\${COMP_WORDS[1]} ;;"
        echo '    esac'
    fi
    echo '    case "$command $prev" in'
    all | while IFS=$tab read -r command option letter argument _; do
        test "$argument" != - || continue
        pattern="\"$command $option\""
        test "$letter" = - || pattern="$pattern | \"$command $letter\""
        choices=$(words "$option" "$argument")
        if test -n "$choices"; then
            echo "    $pattern) COMPREPLY=(\$(compgen -W \"$choices\" -- \"\$cur\")); return ;;"
        else
            echo "    $pattern) compopt -o default; COMPREPLY=(); return ;;"
        fi
    done
    echo '    esac'
    echo '    case "$command $cur" in'
    for command in - $commands; do
        echo "    \"$command -\"*) COMPREPLY=(\$(compgen -W \"$(rows "$command" |
            cut -f 2 | tr '\n' ' ' | sed 's/ $//')\" -- \"\$cur\")); return ;;"
    done
    echo '    esac'
    echo '    compopt -o default'
    echo "    COMPREPLY=()"
    echo '    if [ "$COMP_CWORD" = 1 ]; then'
    echo "        COMPREPLY=(\$(compgen -W \"$(echo $commands)\" -- \"\$cur\"))"
    echo '    fi'
    echo '}'
    echo "complete -F $name $program"
}
zsh_options() { # command
    rows "$1" | while IFS=$tab read -r _ option letter argument help; do
        action=
        if test "$argument" != -; then
            choices=$(words "$option" "$argument")
            action=":$(echo "$argument" | tr -d ':[]"`$\\'):_files"
            test -z "$choices" || action=":$option:($choices)"
            test "$option" != --policy || action=":policy:{compadd -- $choices}"
        fi
        echo "        \"*${option}[$help]$action\" \\"
        test "$letter" = - || echo "        \"*${letter}[$help]$action\" \\"
    done
}
for_zsh() {
    echo "#compdef $program"
    echo "# zsh completion of $program, made by completion/generate.sh"
    echo 'case $words[2] in'
    for command in $commands; do
        echo "$command)"
        echo '    _arguments -s \'
        zsh_options "$command"
        echo '        "*:file:_files"'
        echo '    ;;'
    done
    echo '*)'
    echo '    _arguments -s \'
    zsh_options -
    test -z "$commands" || echo "        \"1:command:($(echo $commands))\" \\"
    echo '        "*:file:_files"'
    echo '    ;;'
    echo 'esac'
}
case $shell in
bash) for_bash ;;
zsh) for_zsh ;;
*)
    echo "generate.sh: '$shell', expected bash or zsh" >&2
    exit 2
    ;;
esac
