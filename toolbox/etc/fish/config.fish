# Interactive shells of the toolbox: what bash.bashrc does for bash.  Nothing
# is exported and at first no program is started.

# fish exports USER where it is not set, and programs of the target would see it.
string split0 </proc/$fish_pid/environ | string match -q 'USER=*'; or set -e USER

status is-interactive; or return

set -g fish_greeting

# The session wrote the name of its target.  A directory of the target may
# have any name, so control characters are not printed.
set -g _debug_name target
test -r $HOME/.target; and read -g _debug_name <$HOME/.target

function fish_prompt
    set -l name (string replace -ra '\p{C}' '?' -- $_debug_name)
    set -l directory (string replace -ra '\p{C}' '?' -- "$PWD")
    set -l sign '$'
    fish_is_root_user; and set sign '#'
    printf 'debug %s:%s %s ' "$name" "$directory" $sign
end

alias ls 'ls --color=auto'
alias ll 'ls -l'
alias grep 'grep --color=auto'
alias diff 'diff --color=auto'
alias ip 'ip --color=auto'

function fish_command_not_found
    if test -x /dev/toolbox/libexec/command-not-found
        /dev/toolbox/libexec/command-not-found $argv[1]
    else
        __fish_default_command_not_found_handler $argv[1]
    end
end

# After a command that failed: which capability it may have wanted.
function _debug_after --on-event fish_postexec
    set -l failed $status
    test $failed = 0; and return
    set -l words (string split -n ' ' -- $argv[1])
    test (count $words) = 0; or /dev/toolbox/libexec/debug-joiner --explain $words[1]
end
