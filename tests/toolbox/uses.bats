#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016 # the strings are for the shell of the target
# shellcheck disable=SC2154 # output and status are set by inside
#
# Each tool of the toolbox does its real work in a target that has nothing: no /usr, no /bin, no accounts.  See
# tests/lib/toolbox-target.bash for where it runs.  Servers listen on loopback, in the target, and end with their test.

setup_file() {
	# shellcheck source=tests/lib/toolbox-target.bash
	. "$BATS_TEST_DIRNAME/../lib/toolbox-target.bash"
	target_start
}

teardown_file() {
	. "$BATS_TEST_DIRNAME/../lib/toolbox-target.bash"
	target_stop
}

setup() {
	. "$BATS_TEST_DIRNAME/../lib/toolbox-target.bash"
}

# What the command printed is shown if a check of it fails.
succeeds() {
	inside "set -e; scratch=\$(mktemp -d); trap 'cd /; rm -rf \$scratch' EXIT; cd \$scratch; $1"
	printf 'status %s:\n%s\n' "$status" "$output"
	[ "$status" -eq 0 ]
}

prints() {
	local pattern
	for pattern; do
		grep -qE -e "$pattern" <<<"$output" || {
			echo "not printed: $pattern"
			return 1
		}
	done
}

prints_not() {
	! grep -qE -e "$1" <<<"$output"
}

# For the strings: a terminal is a pane of tmux, which is read as text.
pane='
trap "tmux -L pane kill-server 2>/dev/null || :; cd /; rm -rf \$scratch" EXIT
open() { tmux -L pane -f /dev/null new-session -d -x 100 -y 30 "$1"; }
keys() { tmux -L pane send-keys "$@"; }
see() { tmux -L pane capture-pane -p; }
await() {
	for _ in $(seq 100); do see | grep -qE -e "$1" && return; sleep 0.05; done
	echo "never shown: $1"; see; return 1
}
gone() {
	for _ in $(seq 100); do tmux -L pane has-session 2>/dev/null || return 0; sleep 0.05; done
	echo "still there:"; see; return 1
}
'

# For the strings: waits until something listens on a TCP port.
listening='
listening() {
	for _ in $(seq 100); do ss -Htln "sport = :$1" | grep -q . && return; sleep 0.05; done
	echo "nothing listens on $1"; return 1
}
'

# For the strings: an authority that nobody trusts, and a server certificate of it for "localhost".
authority='
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=test authority" \
	-keyout ca.key -out ca.pem 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout server.key -out server.csr 2>/dev/null
printf "subjectAltName=DNS:localhost\n" >extensions
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -days 2 -extfile extensions -out server.pem 2>/dev/null
'

# -- shell and classic tools --

@test "bash: arrays, arithmetic, process substitution, functions" {
	succeeds 'a=(x y z); f() { echo "${a[*]^^}" $((6 * 7)); }; f; cat <(echo substituted); echo "${BASH_VERSINFO[0]}"'
	prints '^X Y Z 42$' '^substituted$' '^5$'
}

@test "bash: a command that does not exist gives 127 and one line" {
	inside 'no-such-command-here'
	[ "$status" -eq 127 ]
	prints 'no-such-command-here: command not found$'
	[ "$(wc -l <<<"$output")" -eq 1 ]
}

@test "bash: prompt, aliases and completion in an interactive shell" {
	succeeds "$pane"'open "$SHELL"; await "^debug .*:/.* [#\$] ?$"
		keys "type ll" Enter; await "aliased to"
		keys "cd /; echo at:\$PWD" Enter; await "^at:/$"
		keys "cd; PS0=; declare -x | grep -c -e PS1 -e _debug" Enter; await "^0$"
		keys "find / -newe" Tab; await "find / -newer"; keys C-c; keys "exit" Enter; gone'
}

@test "sh: the alias for programs that start a shell" {
	succeeds 'readlink -f /dev/sh; awk "BEGIN { system(\"echo from the shell\") }"'
	prints '/bin/bash$' '^from the shell$'
}

@test "coreutils: sort, cut, uniq, tr, head, tail, wc, seq, paste, join" {
	succeeds 'seq 20 | shuf | sort -n | tail -n 3 | paste -sd+; printf "b 1\na 2\nb 3\n" | cut -d" " -f1 | sort | uniq -c | tr -s " "
		join <(printf "1 a\n2 b\n") <(printf "2 c\n"); printf abc | wc -c'
	prints '^18\+19\+20$' '^ 2 b$' '^2 b c$' '^3$'
}

@test "coreutils: cp, mv, ln, stat, chmod, dd, truncate, du, sha256sum, base64, date, numfmt" {
	succeeds 'dd if=/dev/zero of=a bs=1k count=64 status=none; cp -a a b; mv b c; ln -s c d; chmod 640 c; stat -Lc "%a %s" d
		sha256sum a | cut -c1-16; truncate -s 1M e; du --apparent-size -k e | cut -f1; echo text | base64 | base64 -d
		date -u -d @86400 +%F; numfmt --to=iec 1048576; install -m 755 a f; test -x f'
	prints '^640 65536$' '^de2f256064a0af79$' '^1024$' '^text$' '^1970-01-02$' '^1\.0M$'
}

@test "coreutils: whoami, id and stty without accounts" {
	succeeds 'whoami; id -un; script -qec "stty size; tty" /dev/null'
	prints '^root' '/dev/pts/[0-9]'
}

@test "find and xargs" {
	succeeds 'mkdir -p a/b; touch a/b/x.log a/y.txt; find . -name "*.log" -printf "%P\n"; find . -type f -print0 | xargs -0 -n1 basename | sort | xargs
		find . -name y.txt -exec sh -c "echo found \$0" {} \;'
	prints '^a/b/x.log$' '^x.log y.txt$' '^found ./a/y.txt$'
}

@test "grep: basic, extended, perl, and recursive" {
	succeeds 'printf "foo1\nbar22\n" >f; grep -E "[0-9]{2}" f; grep -oP "(?<=foo)\d" f; grep -rc foo .'
	prints '^bar22$' '^1$' '^\./f:1$'
}

@test "sed: in place, groups, ranges" {
	succeeds 'printf "one\ntwo\nthree\n" >f; sed -i -E "s/^(t)(.*)/\2\1/" f; sed -n "2,\$p" f'
	prints '^wot$' '^hreet$'
}

@test "awk: fields, associative arrays, time functions, an included library" {
	succeeds 'printf "a 1\nb 2\na 3\n" | awk "{ s[\$1] += \$2 } END { print s[\"a\"], strftime(\"%Y\", 0, 1) }"
		awk "@include \"join\"; BEGIN { split(\"x y\", p); print join(p, 1, 2, \"-\") }"
		awk "@load \"filefuncs\"; BEGIN { stat(\"/etc/hosts\", s); print s[\"type\"] }"'
	prints '^4 1970$' '^x-y$' '^file$'
}

@test "less: pages, searches, and quits" {
	succeeds "$pane"'seq 1 500 >numbers; open "less numbers"; await "^25$"; keys /313 Enter; await "^313$"; keys G; await "^500$"; keys q; gone'
}

@test "diff, cmp, patch-like output, diff3, sdiff" {
	succeeds 'printf "a\nb\n" >x; printf "a\nc\n" >y; diff -u x y && exit 1; cmp x y || :; sdiff -w 20 x y || :; diff -l x y || :'
	prints '^\+c$' '^-b$' 'x y differ' '\|.*c'
}

@test "tree, file and which" {
	succeeds 'mkdir -p d/e; touch d/e/f; tree d; file /dev/toolbox/bin/bash; printf "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\2\x08\2\0\0\0" >p; file p; file -bi /etc/hosts
		printf "#!/bin/sh\necho\n" >s; file s; which ls'
	prints 'e$' '1 file' 'ELF 64-bit LSB pie' 'PNG image data, 1 x 2' 'text/plain' 'POSIX shell script' '^/dev/toolbox/bin/ls$'
}

# -- processes --

@test "ps, pgrep, pidof, pstree: a process of ours" {
	succeeds 'sleep 77.7 & p=$!; ps -o pid=,args= -p $p; [ "$(pgrep -f "^sleep 77.7")" = $p ]; pstree -p $$ | grep -q "sleep($p)"; ps aux | grep -c sleep; pwdx $p; kill $p'
	prints 'sleep 77\.7'
}

@test "top, free, vmstat, uptime, slabtop-like views of /proc" {
	succeeds 'top -b -n 1 | head -n 7; free -m; vmstat 1 1; uptime; TERM=dumb watch --version'
	prints '^Tasks:' '^Mem:' 'procs' 'load average' 'watch from procps'
}

@test "watch runs a command again and again" {
	succeeds "$pane"'open "watch -n 0.1 cat n"; echo first >n; await first; echo second >n; await second; keys q C-c; gone'
}

@test "fuser, killall, lsof: who holds a file" {
	succeeds 'exec 9>held; fuser held 2>/dev/null | grep -qw $$; lsof -t held | grep -qw $$; lsof -p $$ | grep held; exec 9>&-
		cp /dev/toolbox/bin/sleep ./unique-name; ./unique-name 60 & killall unique-name; wait $! || echo "ended by $?"'
	prints 'held' 'ended by 143'
}

@test "lsof shows a listening socket" {
	succeeds "$listening"'nc -lk 127.0.0.1 7001 & p=$!; listening 7001; lsof -nP -iTCP:7001; ss -tlnp "sport = :7001"; kill $p'
	prints 'TCP 127\.0\.0\.1:7001 \(LISTEN\)' 'users:\(\("nc'
}

@test "strace follows a process and its files" {
	succeeds 'strace -f -e trace=openat,execve -o log sh -c "cat /etc/hosts; true" >/dev/null; grep -c /etc/hosts log; sleep 30 & p=$!
		timeout -s INT 1 strace -p $p -o attached || :; kill $p; grep -c nanosleep attached'
	prints '^1$'
}

@test "htop draws the processes and quits" {
	succeeds "$pane"'open htop; await "PID.*USER"; await "Load average"; keys F10; gone'
}

# -- util-linux --

@test "util-linux: findmnt, mount, lsblk, df, mountpoint" {
	succeeds 'findmnt -no FSTYPE /dev/toolbox; mount | grep -c " /dev/toolbox "; df -T /dev/toolbox | tail -n 1; mountpoint -q /proc; lsblk -o NAME,SIZE | head -n 1'
	prints '^erofs$' '^[1-9]' 'erofs' '^NAME +SIZE'
}

@test "util-linux: column, hexdump, rev, look at text" {
	succeeds 'printf "a bb\nccc d\n" | column -t; printf AB | hexdump -C; printf AB | xxd -p; echo abc | rev; printf "a\tb" | expand -t4 | cat -A; echo x | od -An -tx1'
	prints '^ccc  d$' '41 42' '^4142$' '^cba$' '^a   b' '78 0a'
}

@test "util-linux: setpriv, flock, timeout, taskset, prlimit, ionice, logger-like tools" {
	succeeds 'setpriv --no-new-privs --bounding-set -all grep -E "NoNewPrivs|CapBnd" /proc/self/status; flock -n lock -c "echo locked"; timeout 0.1 sleep 9 || echo timeout $?
		taskset -p $$; prlimit --nofile --raw --noheadings; nice -n 5 ionice -c3 true; getopt -o a: -- -a 1 x; uuidgen -r | wc -c; mcookie | wc -c; cal >/dev/null 2>&1 || :'
	prints 'NoNewPrivs:.1' 'CapBnd:.0{16}' '^locked$' '^timeout 124$' 'affinity' "^ -a '1' -- 'x'\$"
}

@test "util-linux: script records a terminal, lsns lists namespaces" {
	succeeds 'script -qec "echo in a terminal" typescript; grep -c "in a terminal" typescript; lsns -p $$ | grep -c mnt'
	prints '^in a terminal' '^1$'
}

@test "util-linux: unshare and nsenter enter namespaces" {
	[ -z "${DEBUG_TARGET-}" ] || skip "a session may not make namespaces"
	succeeds 'unshare -u sh -c "hostname inner; hostname"; unshare -u sleep 30 & p=$!
		sleep 0.2; nsenter -t $p -u hostname other; nsenter -t $p -u hostname; hostname; kill $p'
	prints '^inner$' '^other$'
}

# -- editors --

@test "vim edits by commands, with its runtime and help" {
	succeeds 'printf "one\ntwo\n" >f; vim -es -c "%s/two/2/" -c "normal Gothree" -c wq f </dev/null; cat f
		vim -es -c "syntax on" -c "e x.py" -c "redir! > out" -c "set filetype? syntax?" -c "redir END" -c "qa!" </dev/null; cat out
		vim -es -c "help motion.txt" -c "w! help" -c "qa!" </dev/null; grep -c motion help
		printf "#!/usr/bin/env python3\n" >script; vim -es -c "redir! > type" -c "set ft?" -c "redir END" -c "qa!" script </dev/null; cat type'
	prints '^2$' '^three$' 'filetype=python' 'syntax=python'
}

@test "vim in a terminal" {
	succeeds "$pane"'open "vi f"; await "^~"; keys i "typed here" Escape; await "typed here"; keys ":wq" Enter; gone; cat f'
	prints '^typed here$'
}

@test "nano in a terminal, with colours for the syntax" {
	succeeds "$pane"'printf "# comment\n" >f.sh; open "nano f.sh"; await "GNU nano"; keys "text " ; await "text # comment"
		tmux -L pane capture-pane -pe | grep -qE "$(printf "\033")\[[0-9;]*m ?# comment"; keys C-o Enter; keys C-x; gone; cat f.sh'
	prints '^text # comment$'
}

# -- network --

@test "curl: https with a given authority, and refused without" {
	succeeds "$authority$listening"'echo secret >page; openssl s_server -quiet -accept 127.0.0.1:7443 -cert server.pem -key server.key -WWW & p=$!; listening 7443
		curl -sS --cacert ca.pem https://localhost:7443/page; curl -sS https://localhost:7443/page 2>&1 && exit 1 || echo "refused $?"; kill $p'
	prints '^secret$' '^refused 60$' 'unable to get local issuer certificate|self-signed certificate'
}

@test "wget: https with a given authority, and refused without" {
	succeeds "$authority$listening"'echo secret >page; openssl s_server -quiet -accept 127.0.0.1:7444 -cert server.pem -key server.key -WWW & p=$!; listening 7444
		wget -qO- --ca-certificate=ca.pem https://localhost:7444/page; wget -qO- https://localhost:7444/page && exit 1 || echo "refused $?"; kill $p'
	prints '^secret$' '^refused 5$'
}

@test "openssl: x509, s_client, digests, keys, and the public authorities" {
	succeeds "$authority$listening"'openssl x509 -in server.pem -noout -subject -ext subjectAltName; openssl verify -CAfile ca.pem server.pem
		openssl s_server -quiet -accept 127.0.0.1:7445 -cert server.pem -key server.key -www & p=$!; listening 7445
		openssl s_client -connect localhost:7445 -CAfile ca.pem -verify_return_error </dev/null 2>&1 | grep "Verify return"; kill $p
		printf abc | openssl sha256; printf abc | openssl md4 -provider legacy
		csplit -sz -f ca- /dev/ssl/certs/ca-certificates.crt "/BEGIN/" "{5}"; openssl verify ca-02'
	prints 'CN *= *localhost' 'DNS:localhost' 'server.pem: OK' 'Verify return code: 0' 'ba7816bf' 'a448017a' 'ca-02: OK'
}

@test "ip, ss, bridge, tc: names and addresses" {
	succeeds 'ip -brief address show lo; ip route show table local | head -n 1; ip rule; ss -s; ip -j link | jq -r ".[0].ifname"; ip -4 route get 127.0.0.1; tc qdisc show dev lo'
	prints '^lo .*127\.0\.0\.1/8' 'lookup local' '^Total:' '^lo$' 'local 127\.0\.0\.1 dev lo' 'noqueue'
}

@test "ping and tracepath to loopback" {
	succeeds 'ping -c 2 -i 0.2 127.0.0.1; ping -c 1 localhost; tracepath -n -m 3 127.0.0.1'
	prints '2 received|2 packets transmitted, 2' '127\.0\.0\.1'
}

@test "dig, host, nslookup: a resolver that answers 192.0.2.7" {
	succeeds "$listening"'cat >answer <<-"EOF"
			query=$(dd bs=512 count=1 status=none | xxd -p | tr -d "\n")
			name=${query:24}; name=${name%%0000010001*}
			printf %s "${query:0:4}81800001000100000000${name}0000010001c00c00010001000000000004c0000207" | xxd -r -p
		EOF
		socat -T1 UDP4-RECVFROM:7053,bind=127.0.0.1,fork EXEC:"bash answer" & p=$!; sleep 0.5
		dig @127.0.0.1 -p 7053 +short +noedns +tries=2 +time=2 example.test A
		host -p 7053 -t A example.test 127.0.0.1 || :; nslookup -port=7053 -type=A example.test 127.0.0.1 || :; kill $p'
	prints '^192\.0\.2\.7$' 'example.test has address 192\.0\.2\.7' 'Address: 192\.0\.2\.7'
}

@test "nc and socat carry data over TCP and unix sockets" {
	succeeds "$listening"'nc -l 127.0.0.1 7002 >got & p=$!; listening 7002; echo by nc | nc -N 127.0.0.1 7002; wait $p; cat got
		socat -u UNIX-LISTEN:s,unlink-close OPEN:got2,creat & p=$!; for _ in $(seq 50); do [ -S s ] && break; sleep 0.05; done; echo by socat | socat -u - UNIX-CONNECT:s; wait $p; cat got2
		socat TCP-LISTEN:7003,bind=127.0.0.1 SYSTEM:"echo from a shell" & p=$!; listening 7003; socat -u TCP:127.0.0.1:7003 -; wait $p'
	prints '^by nc$' '^by socat$' '^from a shell$'
}

@test "tcpdump captures packets on loopback and reads them again" {
	succeeds 'timeout 10 tcpdump -i lo -c 2 -w capture icmp 2>log & p=$!; for _ in $(seq 100); do grep -q listening log && break; sleep 0.05; done
		ping -c 2 -i 0.2 127.0.0.1 >/dev/null; wait $p || { cat log; exit 1; }; tcpdump -nr capture 2>/dev/null'
	prints 'ICMP echo request' 'ICMP echo reply'
}

@test "net-tools and netbase: ifconfig, netstat, services by name" {
	succeeds "$listening"'ifconfig lo; route -n; nc -lk 127.0.0.1 5432 & p=$!; listening 5432; netstat -tl; kill $p; getent services https; getent protocols icmp'
	prints 'inet 127\.0\.0\.1' 'localhost:postgresql' '^https +443/tcp' '^icmp +1'
}

# -- data, archives, terminals --

@test "jq: queries, dates, and its own functions" {
	succeeds 'echo "{\"a\":[1,2,{\"b\":\"x\"}]}" | jq -c ".a | map(numbers) | add, (.a? // .[0])"; jq -n "0 | todate"; jq -rn "[\"a\",\"b\"] | @csv"'
	prints '^3$' '1970-01-01T00:00:00Z' '"a","b"'
}

@test "tar with gzip, xz, zstd, bzip2: round trips" {
	succeeds 'mkdir d; seq 1000 >d/f; for z in gzip xz zstd bzip2; do tar -c --$z -f a.$z d; mkdir out.$z; tar -xf a.$z -C out.$z; cmp d/f out.$z/d/f; echo $z ok; done
		gzip -k d/f; zcat d/f.gz | tail -n 1; zgrep -c 99 d/f.gz; xz -9 d/f; xzcat d/f.xz | wc -l; file a.zstd; bzip2 -tv a.bzip2; zstd -t a.zstd'
	prints 'gzip ok' 'xz ok' 'zstd ok' 'bzip2 ok' 'Zstandard' '^1000$'
}

@test "tmux: windows, panes, and the shell it starts" {
	succeeds "$pane"'open "$SHELL"; tmux -L pane split-window; tmux -L pane new-window; tmux -L pane list-panes -s | wc -l; keys "echo \$TERM \$0" Enter; await "tmux-256color|screen"
		tmux -L pane new-window; await "^debug .* [#\$]"; tmux -L pane kill-server'
	prints '^3$'
}

@test "terminals: terminfo of many kinds, tput, clear, reset" {
	succeeds 'for t in xterm xterm-256color screen screen-256color tmux tmux-256color linux vt100 rxvt-unicode-256color alacritty kitty foot dumb; do infocmp $t >/dev/null || echo "no $t"; done
		tput -T xterm-256color colors; TERM=xterm clear | xxd -p | cut -c1-6; toe -a | wc -l'
	prints '^256$' '^1b5b' 
	prints_not '^no '
}

@test "locale: characters wider than a byte" {
	succeeds 'printf "äöü€\n" | wc -m; echo "${#LANG}"; x=äöü€; echo ${#x}; echo ÄÖ | awk "{ print tolower(\$0), length(\$0) }"; printf "ä\nb\n" | grep -c "^.$"; locale charmap; ls --quoting-style=literal -d /etc'
	prints '^5$' '^4$' 'äö 2' '^2$' '^UTF-8$'
}

@test "getent: hosts of the target, accounts of the toolbox" {
	local host=target
	[ -z "${DEBUG_TARGET-}" ] || host=localhost
	succeeds 'getent hosts localhost; getent passwd root; getent passwd nobody; getent group nogroup; getent passwd tcpdump | cut -d: -f1; getent passwd 4711 || echo "none $?"; getent hosts '"$host"'; setpriv --reuid 4711 --regid 4711 --clear-groups whoami'
	prints '(127\.0\.0\.1|::1) .*localhost' '^root:' '^nobody:.*:65534:' '^nogroup:.*:65534' '^tcpdump$' '^none 2$' '^4711$'
}

@test "iconv: character sets that are modules" {
	succeeds 'printf "äöü" | iconv -t ISO-8859-15 | xxd -p; printf "\xa4\xa2" | iconv -f EUC-JP -t UTF-8; printf "Grüße" | iconv -t CP850 | iconv -f CP850; iconv -l | wc -l'
	prints '^e4f6fc$' 'あ' 'Grüße'
}

# -- fidelity: what is not the toolbox's --

@test "the target's files are what tools see" {
	[ -z "${DEBUG_TARGET-}" ] || skip "the marker is in the simulated target"
	succeeds 'cd /; ls /usr; cat /usr/marker; ls /; cat /etc/hostname; test ! -e /bin/sh; test ! -e /usr/bin; test ! -e /etc/ssl; find /usr -type f; stat -c %s /usr/marker; realpath /usr/marker'
	prints '^marker$' '^of the target$' '^target$' '^/usr/marker$'
	prints_not '^bin$'
	inside 'cat /etc/passwd'
	[ "$status" -ne 0 ]
	prints 'No such file'
}

@test "a child's environment has only the variables of the session" {
	# HOSTNAME is what Docker adds to the target's own.
	TERM=xterm inside 'env | cut -d= -f1 | grep -vx HOSTNAME | sort | xargs'
	[ "$output" = "HOME LANG PATH PWD SHELL SHLVL TERM TMPDIR TMUX_TMPDIR _" ]
}

@test "25 tools ignore hostile variables of the loader" {
	local probes='set -e
		ls / >/dev/null; cat /etc/hosts >/dev/null; sort </etc/hosts >/dev/null; find /etc -name hosts >/dev/null; grep -q localhost /etc/hosts
		sed -n 1p /etc/hosts >/dev/null; awk "{ n++ } END { exit !n }" /etc/hosts; ps ax >/dev/null; free >/dev/null; findmnt >/dev/null
		xxd -l 4 /etc/hosts >/dev/null; column -t /etc/hosts >/dev/null; vim -es -c "qa!" </dev/null; curl -sS file:///etc/hosts >/dev/null
		openssl version >/dev/null; ip link >/dev/null; ss -t >/dev/null; ping -qc1 127.0.0.1 >/dev/null; dig -v >/dev/null 2>&1; jq -n 1 >/dev/null
		tar -cf /dev/null /etc/hosts 2>/dev/null; gzip </etc/hosts | zcat >/dev/null; xz </etc/hosts | xzcat >/dev/null; tmux -V >/dev/null
		lsof -t /etc/hosts >/dev/null || :; tree /etc >/dev/null; file /etc/hosts >/dev/null; strace -o /dev/null true; sh -c :; echo all done'

	inside_with LD_PRELOAD=/etc/hosts LD_LIBRARY_PATH=/etc:/usr:/tmp LD_AUDIT=/no/such/audit.so LD_BIND_NOW=1 LD_DEBUG=all -- "$probes"
	echo "$output"
	[ "$output" = "all done" ]
	inside_with LD_PRELOAD=/no/such/library.so LD_LIBRARY_PATH=. LD_SHOW_AUXV=1 LD_TRACE_LOADED_OBJECTS=1 -- "$probes"
	echo "$output"
	[ "$output" = "all done" ]
}

@test "no tool searches the target for its own libraries or data" {
	succeeds 'export LC_ALL=C.UTF-8
		for c in "curl -sS file:///etc/hosts" "vim -es -c qa! x" "openssl version" "iconv -t CP850 /etc/hosts" "tput cols" "file /etc/hosts" "ip link" "jq -n 1" "getent services ssh" "bash -ic :" "awk 1 /etc/hosts" "nano -h" "tmux -V" "dig -v"; do
			strace -f -e trace=%file -o log $c >/dev/null 2>&1 </dev/null || :
			grep -oE "\"/(usr|lib|lib64|bin|sbin|etc)/[^\"]*\"" log | grep -vE "\"/etc/(hosts|passwd|group|resolv.conf|host.conf|gai.conf|localtime|shadow|iproute2|selinux/config)" | sed "s|^|$c: |" || :
		done'
	[ -z "$output" ]
}

@test "every program of the toolbox finds its libraries" {
	succeeds 'for f in /dev/toolbox/bin/* /dev/toolbox/sbin/* $(find /dev/toolbox/lib/ -name "*.so*" -type f); do
			[ "$(head -c 4 "$f" | tail -c 3)" = ELF ] || continue
			/dev/ld --list "$f" 2>/dev/null | grep "not found" | sed "s|^|$f: |" || :
		done'
	[ -z "$output" ]
}

@test "command-not-found: one package, several, none, and names that are no names" {
	succeeds '/dev/libexec/command-not-found ngrep 2>&1 || echo "$?"; /dev/libexec/command-not-found sendmail 2>&1 || :
		/dev/libexec/command-not-found no-such-command 2>&1 || echo "$?"'
	prints '^debug: command `ngrep` was not found; package `ngrep` has it: install ngrep$' '^127$' \
		'^debug: command `sendmail` was not found; these packages have it: ([a-z0-9.+-]+, ){4}[a-z0-9.+-]+: install [a-z0-9.+-]+$' \
		'^debug: command `no-such-command` was not found, neither in the toolbox nor in the target.s PATH$'
	succeeds 'for name in "" "ngre." ".*" "-f" "--help" "[a-z]" "a	b" "ngrep
ngrep" "\\bngrep" "$(printf "ngrep\033]0;x\007\302\233m\r")" "/etc/hosts" "$(head -c 5000 /dev/zero | tr "\0" A)"; do
			/dev/libexec/command-not-found "$name" 2>&1 || echo "$?"
		done'
	[ "$(grep -c '^127$' <<<"$output")" = 12 ]
	[ "$(grep -c 'neither in the toolbox nor' <<<"$output")" = 12 ]
	[ "$(grep -c '[[:cntrl:]]' <<<"$output")" = 0 ]
	prints '`\[a-z\]`' '`ngrep\^\[\]0;x\^GM-BM-\^\[m\^M`' '`a\?b`' '`ngrep\?ngrep`'
	# Where there is no look.
	succeeds 'mkdir bin; for p in head tr cat grep cut sed; do ln -s /dev/bin/$p bin/; done
		PATH=$PWD/bin /dev/sh /dev/libexec/command-not-found ngrep 2>&1 || echo "$?"'
	prints 'install ngrep$' '^127$'
}
